import { neutralPose } from '../../src/contracts/pose.ts';
import type { RenderJobRequest, RenderJobResult, RenderProgress } from '../../src/contracts/render.api.ts';
import { frameCount } from '../../src/contracts/settings.ts';
import { outputFrame } from '../../src/core/frame/output.ts';
import type { Renderer } from '../../src/platform/gpu/renderer.ts';
import { aborted, FrameCredits } from './frame-credits.ts';
import { largestZoom, plannedMotion } from './motion.ts';
import type { OpenPicture } from './pictures.ts';

const LIVE_SIDE = 320;
const LIVE_INTERVAL_MS = 500;

/** A running job; `cancel` ends it before its next frame. */
export interface RunningJob<Result = RenderJobResult> {
  readonly result: Promise<Result>;
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
  const credits = new FrameCredits(port, request.settings.fps);
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
        await credits.take();
        plan.poseAt(index / settings.fps, pose);
        credits.send(index, await scene.planes(picture.rig.deform(pose), frame));
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
      credits.end(frames);
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
    credits.abort(error);
    throw error;
  });
  return { result, cancel: () => credits.stop(aborted()) };
}

async function jpeg(bitmap: ImageBitmap): Promise<Blob> {
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  canvas.getContext('bitmaprenderer')?.transferFromImageBitmap(bitmap);
  return canvas.convertToBlob({ type: 'image/jpeg', quality: 0.7 });
}
