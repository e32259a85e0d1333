import { clipName } from '../core/job/names.ts';
import type { ClipMaker, MadeClip } from './pipeline.ts';
import type { JobRunner } from './queue.ts';
import type { AppWords } from './words.ts';

export interface RunnerOptions {
  readonly make: ClipMaker;
  readonly words: AppWords;
  readonly characterName: (characterId: string) => string;
  /** @param totalMs from the job's start to the file verified. */
  readonly onMade: (made: MadeClip, totalMs: number) => void;
}

/** Makes a job's clip by the pipeline, and of it the record that the gallery keeps. */
export function createRunner({ make, words, characterName, onMade }: RunnerOptions): JobRunner {
  return async (job, picture, watch) => {
    const title = clipName(characterName(job.characterId), job.settings.motion, words.presets);
    const startedMs = performance.now();
    const made = await make({
      jobId: job.id,
      picture: {
        id: picture.id,
        blob: picture.blob,
        matte: picture.matte,
        ...(picture.points === undefined ? {} : { points: picture.points }),
      },
      settings: job.settings,
      title,
      ...watch,
    });
    onMade(made, performance.now() - startedMs);
    return {
      id: crypto.randomUUID(),
      characterId: job.characterId,
      pictureId: job.pictureId,
      name: title,
      file: made.file,
      poster: made.poster,
      width: made.width,
      height: made.height,
      frames: made.frames,
      durationS: made.durationS,
      sizeBytes: made.file.size,
      settings: job.settings,
      notices: made.notices,
      createdAtMs: Date.now(),
    };
  };
}
