import type { EncodeJobRequest, EncodeJobResult, VerifyReport } from '../contracts/encode.api.ts';
import { AppError, type ErrorCode } from '../contracts/errors.ts';
import type { StageTimes } from '../contracts/headless.api.ts';
import type { FacePoints } from '../contracts/perception.ts';
import type { PictureReport, RenderCapabilities, RenderJobResult } from '../contracts/render.api.ts';
import { frameCount, type ClipSettings, type Notice } from '../contracts/settings.ts';
import { outputFrame } from '../core/frame/output.ts';
import type { ProgressEvent } from '../core/job/progress.ts';
import { validateSettings } from '../core/job/validate.ts';
import type { Engine } from './engine.ts';
import { isAbort } from './shown-error.ts';
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

/** A worker that hasn't stopped so long after it was asked to is ended. */
const GRACE_MS = 3000;

/** Losses after which a fresh worker is worth a second try. */
const LOSSES: readonly ErrorCode[] = ['ERR_GPU_LOST', 'ERR_WORKER_FAILED', 'ERR_WORKER_TERMINATED'];

/**
 * True of a portrait clip: the person's own picture, moved by warps that trained networks place, with small parts
 * (lids, teeth) painted in.
 * @source IPTC digital source type vocabulary, http://cv.iptc.org/newscodes/digitalsourcetype/
 */
const SOURCE_TYPE: EncodeJobRequest['sourceType'] = 'compositeWithTrainedAlgorithmicMedia';

const isLoss = (cause: unknown): boolean => cause instanceof AppError && LOSSES.includes(cause.code);

/** Resolves when all have settled or the time is over; true when all have. */
async function settledWithin(promises: readonly Promise<unknown>[], ms: number): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  try {
    return await Promise.race([Promise.allSettled(promises).then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Rejects with AbortError as soon as the signal says so; what goes on meanwhile is left to end by itself. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  // Its failure is of no interest to anyone once the job is cancelled.
  work.catch(() => undefined);
  signal.throwIfAborted();
  let stop: () => void = () => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(new DOMException('the job was cancelled', 'AbortError'));
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** Draws and encodes at once; when one side fails or the job is cancelled, both end before this does. */
async function drawAndEncode(
  engine: Engine,
  request: MakeClipRequest,
  encodeRequest: EncodeJobRequest,
  render: (port: MessagePort) => Promise<RenderJobResult>,
  cancelRender: () => Promise<void>,
): Promise<[RenderJobResult, EncodeJobResult]> {
  const { jobId, onProgress, signal } = request;
  const encoder = engine.encoder();
  const channel = new MessageChannel();
  const encoding = encoder.encode(encodeRequest, channel.port2, (stage, done, total) =>
    onProgress?.({ stage, done, total }),
  );
  const rendering = render(channel.port1);
  const both = [rendering, encoding] as const;
  try {
    return await unlessAborted(Promise.all(both), signal);
  } catch (first) {
    const settled = new Set<string>();
    rendering.finally(() => settled.add('render')).catch(() => undefined);
    encoding.finally(() => settled.add('encode')).catch(() => undefined);
    cancelRender().catch(() => undefined);
    encoder.cancel(jobId).catch(() => undefined);
    if (!(await settledWithin(both, GRACE_MS))) {
      for (const which of ['render', 'encode'] as const) if (!settled.has(which)) engine.drop(which);
    }
    if (signal?.aborted) throw new DOMException('the job was cancelled', 'AbortError');
    // One side's failure stops the other, which then says only that it was stopped: the cause is the better answer.
    const outcomes = await Promise.allSettled(both);
    const causes = outcomes.flatMap((outcome): unknown[] =>
      outcome.status === 'rejected' ? [outcome.reason] : [],
    );
    const cause: unknown = [first, ...causes].find((reason) => !isAbort(reason)) ?? first;
    throw cause;
  }
}

async function attempt(engine: Engine, request: MakeClipRequest): Promise<MadeClip> {
  const { jobId, picture, settings, onProgress, signal } = request;
  const startedMs = performance.now();
  onProgress?.({ stage: 'prepare' });
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
      const { report, renderer, workerId } = lease;
      const reading = renderer.api.readMotion(workerId, settings.motion, settings.seconds);
      const score = await unlessAborted(reading, signal);
      const clip = outputFrame(report, settings.resolution, settings.aspect, report.subjectBox);
      const reference = await unlessAborted(makeReference(picture.blob, clip, picture.matte), signal);
      const drawnFromMs = performance.now() - startedMs;
      const frames = frameCount(settings.seconds, settings.fps);
      const [drawn, encoded] = await drawAndEncode(
        engine,
        request,
        {
          jobId,
          width: clip.width,
          height: clip.height,
          fps: settings.fps,
          frames,
          settings,
          title: request.title,
          reference,
          sourceType: SOURCE_TYPE,
        },
        (port) =>
          renderer.api.render({ jobId, pictureId: workerId, settings }, port, (done, total, preview) => {
            onProgress?.({ stage: 'render', done, total });
            if (preview !== undefined) request.onPreview?.(preview);
          }),
        () => renderer.api.cancel(jobId),
      );
      return {
        file: encoded.file,
        poster: encoded.poster,
        width: encoded.verify.width,
        height: encoded.verify.height,
        frames: encoded.verify.frames,
        durationS: encoded.verify.durationS,
        codec: encoded.codec,
        notices: mergeNotices(report.notices, score.notices, drawn.notices),
        report,
        verify: encoded.verify,
        capabilities: renderer.capabilities,
        stagesMs: {
          decode: report.decodeMs,
          perceive: report.perceiveMs,
          firstFrame: drawnFromMs + drawn.firstFrameMs,
          render: drawn.renderMs,
          encode: encoded.encodeMs,
          verify: encoded.verifyMs,
          total: performance.now() - startedMs,
        },
      };
    } catch (cause) {
      // A worker whose device is gone lives on; a fresh one is surer than mending it.
      if (cause instanceof AppError && cause.code === 'ERR_GPU_LOST') lease.renderer.end(cause);
      throw cause;
    } finally {
      lease.release();
    }
  } finally {
    if (!held) opening.then((lease) => lease.release()).catch(() => undefined);
  }
}

/** All notices, each code and sentence once. */
function mergeNotices(...lists: readonly (readonly Notice[])[]): Notice[] {
  const seen = new Map<string, Notice>();
  for (const notice of lists.flat()) {
    const key = `${notice.code}\n${notice.message}`;
    if (!seen.has(key)) seen.set(key, notice);
  }
  return [...seen.values()];
}

/**
 * The one way of a clip: decode, perceive, read the motion, draw while encoding, verify. Used by the queue and by the
 * command line. Nothing is kept when it fails. A lost worker or device is rebuilt and the job run once more.
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
    return attempt(engine, request);
  }
}
