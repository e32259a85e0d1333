import type { AppCommands, AppState, ShownError } from '../contracts/app.api.ts';
import { AppError } from '../contracts/errors.ts';
import type { ClipRecord, PictureRecord } from '../contracts/records.ts';
import { PORTRAIT, type ClipSettings } from '../contracts/settings.ts';
import { validateSettings } from '../core/job/validate.ts';
import type { LicenceGate } from './licence/types.ts';
import type { Packs } from './packs.ts';
import type { Queue } from './queue.ts';
import { toAppError, toShownError } from './shown-error.ts';
import type { Stage } from './stage.ts';
import type { StateStore } from './state-store.ts';

export interface JobsOptions {
  readonly state: StateStore<AppState>;
  readonly queue: Queue;
  readonly stage: Stage;
  readonly gate: LicenceGate;
  readonly packs: Pick<Packs, 'find'>;
  readonly onError: (error: ShownError) => void;
}

/** Commands that begin jobs, and finding the clip that one begins from. */
export interface Jobs extends Pick<AppCommands, 'makeClip' | 'retryJob' | 'regenerate'> {
  /** The clip of that id; when there is none, the error is told and null returned. */
  clipById(clipId: string): ClipRecord | null;
}

/** A seed that wasn't chosen by anyone. */
export function randomSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] ?? 1;
}

/** Everything that begins a job passes the licence's gate first. */
export function createJobs({ state, queue, stage, gate, packs, onError }: JobsOptions): Jobs {
  /** Queues at the price of the moment; anew when another tab spent what was there a moment ago. */
  const paid = async <T>(
    settings: ClipSettings,
    write: (price: number | undefined) => Promise<T>,
  ): Promise<T> => {
    // What it costs depends on the pack, and one that isn't here makes no clip.
    if (settings.pack !== PORTRAIT) await packs.find(settings.pack);
    const price = await gate.admit(settings);
    try {
      return await write(price);
    } catch (cause) {
      if (price === undefined || toAppError(cause).code !== 'ERR_LICENCE_FUNDS') throw cause;
      return write(await gate.admit(settings));
    }
  };

  const add = async (
    picture: Pick<PictureRecord, 'id' | 'characterId'>,
    settings: ClipSettings,
  ): Promise<string> => {
    const job = { pictureId: picture.id, characterId: picture.characterId, settings };
    const { id } = await paid(settings, (price) => queue.add(price === undefined ? job : { ...job, price }));
    return id;
  };

  const clipById = (clipId: string): ClipRecord | null => {
    const clip = state.state.clips.find((one) => one.id === clipId) ?? null;
    if (clip === null) {
      onError(
        toShownError(
          new AppError('ERR_STORE_NOT_FOUND', `there is no clip ${clipId}`, {
            details: { what: 'clip', id: clipId },
          }),
        ),
      );
    }
    return clip;
  };

  return {
    clipById,
    async makeClip() {
      try {
        const settings = validateSettings(state.state.settings);
        const record = await stage.keep();
        if (record === null) throw new AppError('ERR_INPUT_NOT_FOUND', 'no picture is open');
        // A model that makes its own pictures reads the words itself.
        if (stage.lease !== null && settings.pack === PORTRAIT) {
          const { renderer, workerId } = stage.lease;
          await renderer.api.readMotion(workerId, settings.motion, settings.seconds);
        }
        return await add(record, settings);
      } catch (cause) {
        const error = toShownError(cause);
        // Only beside the words that Portrait reads there is a place for what is wrong with them.
        const isReading = error.code.startsWith('ERR_INPUT_PR') && state.state.settings.pack === PORTRAIT;
        state.set(isReading ? { scoreError: error } : { alert: error });
        return null;
      }
    },
    async retryJob(jobId) {
      try {
        const job = state.state.jobs.find((one) => one.record.id === jobId);
        if (job === undefined) return;
        await paid(job.record.settings, (price) => queue.retry(jobId, price));
      } catch (cause) {
        onError(toShownError(cause));
      }
    },
    async regenerate(clipId) {
      const clip = clipById(clipId);
      if (clip === null) return;
      try {
        await add(
          { id: clip.pictureId, characterId: clip.characterId },
          { ...clip.settings, seed: randomSeed() },
        );
      } catch (cause) {
        onError(toShownError(cause));
      }
    },
  };
}
