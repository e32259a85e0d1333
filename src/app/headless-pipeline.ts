import { AppError } from '../contracts/errors.ts';
import type { HeadlessApi } from '../contracts/headless.api.ts';
import { progressMeter } from '../core/job/progress.ts';
import { toErrorRecord } from '../platform/thread/error-record.ts';
import type { Engine } from './engine.ts';
import { makeClip } from './pipeline.ts';
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

/** The pipeline without an interface, on an engine of its own that lives as long as the page. */
export function createHeadless(engine: Engine): HeadlessApi {
  let serial = 0;
  return {
    async makeClip(request, onProgress) {
      const startedMs = performance.now();
      const { settings } = request;
      const meter = progressMeter();
      const number = (serial += 1);
      try {
        const blob = await fetchPicture(request.pictureUrl);
        const made = await makeClip(engine, {
          jobId: `job-${number}`,
          picture: { id: `picture-${number}`, blob, matte: MATTE },
          settings,
          title: '',
          onProgress: (event) => onProgress(meter.update(event, performance.now())),
        });
        onProgress(meter.update({ stage: 'save' }, performance.now()));
        await upload(request.uploadUrl, made.file);
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
