import { AppError } from '../../src/contracts/errors.ts';
import { FRAMES_IN_FLIGHT } from '../../src/contracts/frame-port.ts';
import type { CreditMessage, FrameMessage } from '../../src/contracts/frame-port.ts';
import { neutralPose } from '../../src/contracts/pose.ts';
import type { RenderJobRequest, RenderJobResult, RenderProgress } from '../../src/contracts/render.api.ts';
import { frameCount } from '../../src/contracts/settings.ts';
import { outputFrame } from '../../src/core/frame/output.ts';
import { toVideoFrame } from '../../src/platform/gpu/renderer.ts';
import type { Renderer } from '../../src/platform/gpu/renderer.ts';
import { frameDurationUs, frameTimestampUs } from '../../src/platform/media/time.ts';
import { fromErrorRecord, toErrorRecord } from '../../src/platform/thread/error-record.ts';
import { largestZoom, plannedMotion } from './motion.ts';
import type { OpenPicture } from './pictures.ts';

const LIVE_SIDE = 320;
const LIVE_INTERVAL_MS = 500;

/** Waits for the encoder's credits, for its refusal, and for a cancellation. */
class Flow {
  #credits = FRAMES_IN_FLIGHT;
  #stopped: Error | null = null;
  #wake: (() => void) | null = null;

  constructor(port: MessagePort) {
    port.onmessage = ({ data }: MessageEvent<CreditMessage>) => {
      if (data.type === 'credit') this.#credits++;
      else this.stop(data.error ? fromErrorRecord(data.error) : aborted());
      this.#wake?.();
    };
    port.onmessageerror = () => this.stop(new AppError('ERR_WORKER_FAILED', 'a credit could not be read'));
  }

  stop(reason: Error): void {
    this.#stopped ??= reason;
    this.#wake?.();
  }

  check(): void {
    if (this.#stopped) throw this.#stopped;
  }

  /** Takes one credit, waiting for it if need be. */
  async take(): Promise<void> {
    this.check();
    while (this.#credits === 0) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
      this.#wake = null;
      this.check();
    }
    this.#credits--;
  }
}

const aborted = (): DOMException => new DOMException('the job was cancelled', 'AbortError');

/** A running job; `cancel` ends it before its next frame. */
export interface RunningJob {
  readonly result: Promise<RenderJobResult>;
  cancel(): void;
}

/** Draws a clip, frame by frame, into a port; see frame-port.ts. */
export function startJob(
  renderer: Renderer,
  picture: OpenPicture,
  request: RenderJobRequest,
  port: MessagePort,
  onProgress: RenderProgress,
): RunningJob {
  const flow = new Flow(port);
  const run = async (): Promise<RenderJobResult> => {
    const started = performance.now();
    const { settings } = request;
    const frame = outputFrame(
      { width: picture.report.width, height: picture.report.height },
      settings.resolution,
      settings.aspect,
      picture.report.subjectBox,
    );
    const frames = frameCount(settings.seconds, settings.fps);
    const { report, plan } = plannedMotion(
      settings.motion,
      picture.report.traits,
      settings.seconds,
      settings.seed,
    );
    // A closer camera shows more of the picture than its frame's size, if the picture has more.
    const fitting = frame.width / frame.crop[2];
    const across = Math.max(fitting, Math.min(fitting * largestZoom(plan), picture.bitmap.width));
    const scene = await picture.scene(renderer, across);
    const pose = neutralPose();
    let firstFrameMs = 0;
    let liveAt = 0;
    try {
      for (let index = 0; index < frames; index++) {
        await flow.take();
        plan.poseAt(index / settings.fps, pose);
        const planes = await scene.planes(picture.rig.deform(pose), frame);
        const video = toVideoFrame(
          planes,
          frameTimestampUs(index, settings.fps),
          frameDurationUs(index, settings.fps),
        );
        port.postMessage({ type: 'frame', index, frame: video } satisfies FrameMessage, [video]);
        const now = performance.now();
        if (index === 0) firstFrameMs = now - started;
        let live: Blob | undefined;
        if (now - liveAt > LIVE_INTERVAL_MS) {
          liveAt = now;
          const scale = LIVE_SIDE / Math.max(frame.width, frame.height);
          // The mesh is shared: a preview may have bent it while the frame was read back.
          const bitmap = await scene.bitmap(picture.rig.deform(pose), {
            width: Math.max(2, Math.round(frame.width * scale)),
            height: Math.max(2, Math.round(frame.height * scale)),
            crop: frame.crop,
          });
          live = await jpeg(bitmap);
        }
        onProgress(index + 1, frames, live);
      }
      const renderMs = performance.now() - started;
      flow.check();
      port.postMessage({ type: 'end', frames } satisfies FrameMessage);
      return {
        frames,
        width: frame.width,
        height: frame.height,
        notices: report.notices,
        firstFrameMs,
        renderMs,
      };
    } finally {
      scene.close();
    }
  };
  const result = run().catch((error: unknown) => {
    port.postMessage({ type: 'abort', error: toErrorRecord(error) } satisfies FrameMessage);
    throw error;
  });
  return { result, cancel: () => flow.stop(aborted()) };
}

async function jpeg(bitmap: ImageBitmap): Promise<Blob> {
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  canvas.getContext('bitmaprenderer')?.transferFromImageBitmap(bitmap);
  return canvas.convertToBlob({ type: 'image/jpeg', quality: 0.7 });
}
