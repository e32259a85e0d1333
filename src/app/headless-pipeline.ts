import { AppError } from '../contracts/errors.ts';
import type { HeadlessApi } from '../contracts/headless.api.ts';
import { progressMeter } from '../core/job/progress.ts';
import { validateSettings } from '../core/job/validate.ts';
import { removeCheckpoints } from '../platform/store/checkpoints.ts';
import { toErrorRecord } from '../platform/thread/error-record.ts';
import type { Engine } from './engine.ts';
import type { Till } from './licence/till.ts';
import { makeClip, type ClipMaker } from './pipeline.ts';
import { toAppError } from './shown-error.ts';

/** Colour under transparent pixels. */
const MATTE = '#ffffff';

/** Fetches the picture. @throws ERR_INPUT_NOT_FOUND */
async function fetchPicture(url: string): Promise<Blob> {
  try {
    const response = await fetch(url);
    if (!response.ok) throw new AppError('ERR_INPUT_NOT_FOUND', `the picture answers ${response.status}`);
    return await response.blob();
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError('ERR_INPUT_NOT_FOUND', 'the picture could not be fetched', { cause });
  }
}

/** Hands the file over. @throws ERR_INPUT_OUTPUT */
async function upload(url: string, file: Blob): Promise<void> {
  try {
    const response = await fetch(url, {
      method: 'PUT',
      body: file,
      headers: { 'content-type': 'video/mp4' },
    });
    if (!response.ok) throw new AppError('ERR_INPUT_OUTPUT', `the clip was not taken: ${response.status}`);
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError('ERR_INPUT_OUTPUT', 'the clip could not be handed over', { cause });
  }
}

export interface HeadlessOptions {
  /** Charges for each clip; left out: nothing is metered. */
  readonly till?: Promise<Till>;
  /** Makes a clip instead of the engine. */
  readonly make?: ClipMaker;
}

/**
 * The pipeline without an interface, on an engine of its own that lives as long as the page. Where there is a licence a
 * clip is charged once it was handed over.
 */
export function createHeadless(engine: Engine, options: HeadlessOptions = {}): HeadlessApi {
  const make: ClipMaker = options.make ?? ((request) => makeClip(engine, request));
  const charged: Till['charged'] = async (settings, work) => {
    if (options.till === undefined) return work(crypto.randomUUID());
    return (await options.till).charged(settings, work);
  };
  let serial = 0;
  return {
    async makeClip(request, onProgress) {
      const startedMs = performance.now();
      const { settings } = request;
      const meter = progressMeter();
      const number = (serial += 1);
      try {
        const made = await charged(validateSettings(settings), async (jobId) => {
          const blob = await fetchPicture(request.pictureUrl);
          const clip = await make({
            jobId,
            picture: { id: `picture-${number}`, blob, matte: MATTE },
            settings,
            title: '',
            onProgress: (event) => onProgress(meter.update(event, performance.now())),
          }).finally(() => removeCheckpoints(jobId));
          onProgress(meter.update({ stage: 'save' }, performance.now()));
          await upload(request.uploadUrl, clip.file);
          return clip;
        });
        return {
          ok: true,
          result: {
            width: made.width,
            height: made.height,
            fps: settings.fps,
            frames: made.frames,
            seconds: made.durationS,
            sizeBytes: made.file.size,
            pack: settings.pack,
            provider: made.capabilities.provider,
            renderer: made.capabilities.renderer,
            notices: made.notices,
            stagesMs: { ...made.stagesMs, total: performance.now() - startedMs },
            verify: made.verify,
          },
        };
      } catch (cause) {
        return { ok: false, error: toErrorRecord(toAppError(cause)) };
      }
    },
  };
}
