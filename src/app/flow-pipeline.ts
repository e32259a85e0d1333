import type { EncodeJobRequest } from '../contracts/encode.api.ts';
import { AppError } from '../contracts/errors.ts';
import { flowConstants } from '../contracts/flow.ts';
import { planFlowClip } from '../core/flow/clip-plan.ts';
import { wordsOf } from '../core/flow/fit-wish.ts';
import { cropSubject } from '../core/flow/picture.ts';
import { drawAndEncode, unlessAborted } from './draw-and-encode.ts';
import type { Engine, PictureLease } from './engine.ts';
import type { DrawnClip, MakeClipRequest } from './pipeline.ts';
import { isAbort } from './shown-error.ts';
import { makeReference } from './small-picture.ts';

/**
 * True of a clip by a flow pack: every pixel comes out of a trained network.
 * @source IPTC digital source type vocabulary, http://cv.iptc.org/newscodes/digitalsourcetype/
 */
const SOURCE_TYPE: EncodeJobRequest['sourceType'] = 'trainedAlgorithmicMedia';

/**
 * Frames by an installed flow pack. A worker whose device was lost is ended, so that the next attempt has another; what was
 * done is saved under the job's id.
 *
 * @param again whether this is the second attempt, after a loss.
 * @throws ERR_INPUT_PACK, ERR_MODEL_*, ERR_GPU_*, ERR_INPUT_*, ERR_WORKER_*, ERR_MEDIA_*; AbortError
 */
export async function drawFlow(
  engine: Engine,
  request: MakeClipRequest,
  { report }: PictureLease,
  startedMs: number,
  again: boolean,
): Promise<DrawnClip> {
  const { jobId, picture, settings, onProgress, signal } = request;
  const knowledge = engine.flowKnowledge;
  const pack = await unlessAborted(engine.findPack(settings.pack), signal);
  const constants = flowConstants(pack);
  // Without it every size counts, and the worker says what does not fit.
  const measured =
    knowledge === null ? null : await unlessAborted(knowledge.measure(), signal).catch(rethrowAbort);
  const fits = knowledge?.fits(pack, settings);
  const clip = planFlowClip(pack, constants, settings, report, cropSubject(report), fits);
  const { size, crop, width, height } = clip;
  const reference = await unlessAborted(makeReference(picture.blob, clip, picture.matte), signal);
  const drawnFromMs = performance.now() - startedMs;
  const lease = engine.flow();
  try {
    const [drawn, encoded] = await drawAndEncode(
      engine,
      request,
      {
        jobId,
        width,
        height,
        fps: settings.fps,
        frames: clip.frames,
        settings,
        title: request.title,
        reference,
        ...(constants.fidelity === undefined ? {} : { fidelityDb: constants.fidelity }),
        sourceType: SOURCE_TYPE,
      },
      {
        worker: 'flow',
        draw: (port) =>
          lease.api.renderFlow(
            {
              jobId,
              version: pack.version,
              settings,
              picture: { blob: picture.blob, matte: picture.matte },
              size,
              crop,
              width,
              height,
              ...engine.flowPlace,
              // A graphics card that failed when it was measured would fail again.
              ...(measured?.provider === 'wasm' ? { provider: 'wasm' } : {}),
            },
            port,
            ({ progress, ...step }, preview) => {
              onProgress?.(
                step.stage === 'load' ? { stage: 'prepare', step } : { stage: 'model', progress, step },
              );
              if (preview !== undefined) request.onPreview?.(preview);
            },
          ),
        cancel: () => lease.api.cancel(jobId),
      },
    );
    const words = wordsOf(pack, constants, settings.motion);
    knowledge?.learn(pack, { size, frames: clip.modelFrames, fps: clip.modelFps, words }, drawn);
    return { drawn, encoded, notices: clip.notices, drawnFromMs, provider: drawn.provider };
  } catch (cause) {
    const isLost = cause instanceof AppError && cause.code === 'ERR_GPU_LOST';
    if (isLost) lease.end(cause);
    // A device lost once may be a driver's hiccup; and at another size the second attempt could not go on with the steps.
    if (!isLost || again) knowledge?.failed(pack, size, cause);
    throw cause;
  } finally {
    lease.release();
  }
}

/** A machine that can't be measured is no reason to make no clip. */
function rethrowAbort(cause: unknown): null {
  if (isAbort(cause)) throw cause;
  return null;
}
