import type { EncodeJobRequest, EncodeJobResult, VerifyReport } from '../contracts/encode.api.ts';
import { AppError, type ErrorCode } from '../contracts/errors.ts';
import type { StageTimes } from '../contracts/headless.api.ts';
import type { FacePoints } from '../contracts/perception.ts';
import type {
  PictureReport,
  Provider,
  RenderCapabilities,
  RenderJobResult,
} from '../contracts/render.api.ts';
import { frameCount, PORTRAIT, type ClipSettings, type Notice } from '../contracts/settings.ts';
import { outputFrame } from '../core/frame/output.ts';
import type { ProgressEvent } from '../core/job/progress.ts';
import { validateSettings } from '../core/job/validate.ts';
import { drawAndEncode, unlessAborted } from './draw-and-encode.ts';
import type { Engine, PictureLease } from './engine.ts';
import { drawFlow } from './flow-pipeline.ts';
import { makeReference } from './small-picture.ts';

/** What a clip is made of. */
export interface MakeClipRequest {
  readonly jobId: string;
  readonly picture: {
    readonly id: string;
    readonly blob: Blob;
    readonly matte: string;
    readonly points?: FacePoints;
  };
  readonly settings: ClipSettings;
  /** Written into the file. */
  readonly title: string;
  readonly onProgress?: (event: ProgressEvent) => void;
  /** A small JPEG of the frame last drawn, now and then. */
  readonly onPreview?: (picture: Blob) => void;
  readonly signal?: AbortSignal;
}

/** A finished and verified clip. The caller owns the blobs. */
export interface MadeClip {
  /** Id of the pack that made it. */
  readonly pack: string;
  readonly file: Blob;
  readonly poster: Blob;
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  readonly durationS: number;
  readonly codec: string;
  readonly notices: readonly Notice[];
  readonly report: PictureReport;
  readonly verify: VerifyReport;
  readonly capabilities: RenderCapabilities;
  readonly stagesMs: StageTimes;
}

/** Makes one clip; {@link makeClip} bound to an engine. */
export type ClipMaker = (request: MakeClipRequest) => Promise<MadeClip>;

/** Losses after which a fresh worker is worth a second try. */
const LOSSES: readonly ErrorCode[] = ['ERR_GPU_LOST', 'ERR_WORKER_FAILED', 'ERR_WORKER_TERMINATED'];

/**
 * True of a portrait clip: the person's own picture, moved by warps that trained networks place, with small parts
 * (lids, teeth) painted in.
 * @source IPTC digital source type vocabulary, http://cv.iptc.org/newscodes/digitalsourcetype/
 */
const SOURCE_TYPE: EncodeJobRequest['sourceType'] = 'compositeWithTrainedAlgorithmicMedia';

const isLoss = (cause: unknown): boolean => cause instanceof AppError && LOSSES.includes(cause.code);

/** A clip that was drawn and encoded. */
export interface DrawnClip {
  readonly drawn: RenderJobResult;
  readonly encoded: EncodeJobResult;
  /** What the engine had to say of it. */
  readonly notices: readonly Notice[];
  /** From the attempt's beginning to that of the drawing. */
  readonly drawnFromMs: number;
  /** Where networks ran that drew it; the renderer's own where they are those of the portrait pack. */
  readonly provider?: Provider;
}

/** Frames by the portrait pack. */
async function drawPortrait(
  engine: Engine,
  request: MakeClipRequest,
  lease: PictureLease,
  startedMs: number,
): Promise<DrawnClip> {
  const { jobId, picture, settings, onProgress, signal } = request;
  const { report, renderer, workerId } = lease;
  try {
    const reading = renderer.api.readMotion(workerId, settings.motion, settings.seconds);
    const score = await unlessAborted(reading, signal);
    const clip = outputFrame(report, settings.resolution, settings.aspect, report.subjectBox);
    const reference = await unlessAborted(makeReference(picture.blob, clip, picture.matte), signal);
    const drawnFromMs = performance.now() - startedMs;
    const [drawn, encoded] = await drawAndEncode(
      engine,
      request,
      {
        jobId,
        width: clip.width,
        height: clip.height,
        fps: settings.fps,
        frames: frameCount(settings.seconds, settings.fps),
        settings,
        title: request.title,
        reference,
        sourceType: SOURCE_TYPE,
      },
      {
        worker: 'render',
        draw: (port) =>
          renderer.api.render({ jobId, pictureId: workerId, settings }, port, (done, total, preview) => {
            onProgress?.({ stage: 'render', done, total });
            if (preview !== undefined) request.onPreview?.(preview);
          }),
        cancel: () => renderer.api.cancel(jobId),
      },
    );
    return { drawn, encoded, notices: [...report.notices, ...score.notices], drawnFromMs };
  } catch (cause) {
    // A worker whose device is gone lives on; a fresh one is surer than mending it.
    if (cause instanceof AppError && cause.code === 'ERR_GPU_LOST') renderer.end(cause);
    throw cause;
  }
}

async function attempt(engine: Engine, request: MakeClipRequest, again = false): Promise<MadeClip> {
  const { picture, settings, signal } = request;
  const startedMs = performance.now();
  request.onProgress?.({ stage: 'prepare' });
  const opening = engine.openPicture({
    pictureId: picture.id,
    blob: picture.blob,
    matte: picture.matte,
    ...(picture.points === undefined ? {} : { points: picture.points }),
  });
  let held = false;
  try {
    const lease = await unlessAborted(opening, signal);
    held = true;
    try {
      const draw = settings.pack === PORTRAIT ? drawPortrait : drawFlow;
      const { drawn, encoded, ...made } = await draw(engine, request, lease, startedMs, again);
      const { report, renderer } = lease;
      const { provider } = made;
      return {
        pack: settings.pack,
        file: encoded.file,
        poster: encoded.poster,
        width: encoded.verify.width,
        height: encoded.verify.height,
        frames: encoded.verify.frames,
        durationS: encoded.verify.durationS,
        codec: encoded.codec,
        notices: distinct([...made.notices, ...drawn.notices]),
        report,
        verify: encoded.verify,
        capabilities: { ...renderer.capabilities, ...(provider === undefined ? {} : { provider }) },
        stagesMs: {
          decode: report.decodeMs,
          perceive: report.perceiveMs,
          firstFrame: made.drawnFromMs + drawn.firstFrameMs,
          render: drawn.renderMs,
          encode: encoded.encodeMs,
          verify: encoded.verifyMs,
          total: performance.now() - startedMs,
        },
      };
    } finally {
      lease.release();
    }
  } finally {
    if (!held) opening.then((lease) => lease.release()).catch(() => undefined);
  }
}

/** All notices, each code and sentence once. */
function distinct(notices: readonly Notice[]): Notice[] {
  const seen = new Map<string, Notice>();
  for (const notice of notices) {
    const key = `${notice.code}\n${notice.message}`;
    if (!seen.has(key)) seen.set(key, notice);
  }
  return [...seen.values()];
}

/**
 * The one way of a clip: decode, perceive, read the motion, draw while encoding, verify. Used by the queue and by the
 * command line. Nothing is kept when it fails. A lost worker or device is rebuilt and the job run once more; a flow pack
 * then goes on from its last step.
 *
 * @throws ERR_INPUT_*, ERR_MODEL_*, ERR_GPU_*, ERR_MEDIA_*, ERR_ENV_*, ERR_WORKER_*; DOMException AbortError when
 * `signal` says so.
 */
export async function makeClip(engine: Engine, input: MakeClipRequest): Promise<MadeClip> {
  const request = { ...input, settings: validateSettings(input.settings) };
  try {
    return await attempt(engine, request);
  } catch (cause) {
    if (!isLoss(cause) || request.signal?.aborted) throw cause;
    return attempt(engine, request, true);
  }
}
