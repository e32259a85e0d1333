import { AppError } from '../../src/contracts/errors.ts';
import type { MotionPlan, Pose } from '../../src/contracts/pose.ts';
import { neutralPose } from '../../src/contracts/pose.ts';
import type { PreviewRequest, ScoreReport } from '../../src/contracts/render.api.ts';
import { outputFrame } from '../../src/core/frame/output.ts';
import type { OutputFrame } from '../../src/core/frame/output.ts';
import type { Renderer, Scene } from '../../src/platform/gpu/renderer.ts';
import type { OpenPicture } from './pictures.ts';
import { plannedMotion } from './motion.ts';

/** How long a change of motion takes to blend in, seconds. */
const BLEND_S = 0.3;
/** Least time between frames where the processor draws, so that the rest of the machine stays usable. */
const SOFTWARE_INTERVAL_MS = 55;

const POSE_KEYS = Object.keys(neutralPose()) as (keyof Pose)[];

interface Playing {
  readonly picture: OpenPicture;
  readonly scene: Scene;
  readonly sceneWidth: number;
  readonly frame: OutputFrame;
  readonly plan: MotionPlan;
  readonly startedMs: number;
}

/** One canvas and what plays on it. */
class Preview {
  readonly #renderer: Renderer;
  readonly #context: ImageBitmapRenderingContext;
  readonly #canvas: OffscreenCanvas;
  readonly #pose = neutralPose();
  readonly #shown = neutralPose();
  readonly #from = neutralPose();
  #playing: Playing | null = null;
  #paused = false;
  #ticking = false;
  #closed = false;
  #turn = 0;

  constructor(renderer: Renderer, canvas: OffscreenCanvas) {
    const context = canvas.getContext('bitmaprenderer');
    if (!context) throw new AppError('ERR_ENV_UNSUPPORTED', 'a canvas without a bitmap renderer');
    this.#renderer = renderer;
    this.#canvas = canvas;
    this.#context = context;
  }

  /** Plays a motion; the last call wins. */
  async set(request: PreviewRequest, picture: OpenPicture): Promise<ScoreReport> {
    const turn = ++this.#turn;
    const { report, plan } = plannedMotion(
      request.motion,
      picture.report.traits,
      request.seconds,
      request.seed,
    );
    const shape = outputFrame(picture.size, '480p', request.aspect, picture.report.subjectBox);
    const scale = Math.min(1.6, request.maxSidePx / Math.max(shape.width, shape.height));
    const frame: OutputFrame = {
      width: Math.max(2, Math.round(shape.width * scale)),
      height: Math.max(2, Math.round(shape.height * scale)),
      crop: shape.crop,
    };
    const sceneWidth = Math.round((frame.width / frame.crop[2]) * 1.04);
    const before = this.#playing;
    const same = before?.picture === picture && before.sceneWidth === sceneWidth;
    const scene = same ? before.scene : await picture.scene(this.#renderer, sceneWidth);
    if (turn !== this.#turn || this.#closed) {
      if (!same) scene.close();
      return report;
    }
    if (!same) before?.scene.close();
    Object.assign(this.#from, before?.picture === picture ? this.#shown : neutralPose());
    this.#playing = { picture, scene, sceneWidth, frame, plan, startedMs: performance.now() };
    this.#canvas.width = frame.width;
    this.#canvas.height = frame.height;
    await this.#draw(performance.now());
    this.#tick();
    return report;
  }

  pause(paused: boolean): void {
    this.#paused = paused;
    if (!paused) this.#tick();
  }

  /** Stops what plays of a picture that is being closed. */
  forget(picture: OpenPicture): void {
    if (this.#playing?.picture !== picture) return;
    this.#playing.scene.close();
    this.#playing = null;
  }

  close(): void {
    this.#closed = true;
    this.#playing?.scene.close();
    this.#playing = null;
  }

  async #draw(nowMs: number): Promise<void> {
    const playing = this.#playing;
    if (!playing) return;
    const sinceS = (nowMs - playing.startedMs) / 1000;
    playing.plan.poseAt(sinceS % playing.plan.durationS, this.#pose);
    const t = Math.min(1, sinceS / BLEND_S);
    const blend = t * t * (3 - 2 * t);
    for (const key of POSE_KEYS)
      this.#shown[key] = this.#from[key] + (this.#pose[key] - this.#from[key]) * blend;
    const bitmap = await playing.scene.bitmap(playing.picture.rig.deform(this.#shown), playing.frame);
    if (this.#closed) bitmap.close();
    else this.#context.transferFromImageBitmap(bitmap);
  }

  #tick(): void {
    if (this.#ticking) return;
    this.#ticking = true;
    let last = 0;
    const step = (nowMs: number): void => {
      if (this.#closed || this.#paused || !this.#playing) {
        this.#ticking = false;
        return;
      }
      if (this.#renderer.software && nowMs - last < SOFTWARE_INTERVAL_MS) {
        requestAnimationFrame(step);
        return;
      }
      last = nowMs;
      this.#draw(performance.now()).then(
        () => requestAnimationFrame(step),
        // A lost device is reported by the next call; the preview just stops.
        () => (this.#ticking = false),
      );
    };
    requestAnimationFrame(step);
  }
}

/** The canvases that play live. */
export class Previews {
  readonly #previews = new Map<string, Preview>();

  attach(id: string, canvas: OffscreenCanvas, renderer: Renderer): void {
    this.detach(id);
    this.#previews.set(id, new Preview(renderer, canvas));
  }

  /** @throws ERR_INPUT_NOT_FOUND for a canvas that was not attached. */
  set(request: PreviewRequest, picture: OpenPicture): Promise<ScoreReport> {
    const preview = this.#previews.get(request.previewId);
    if (!preview) throw new AppError('ERR_INPUT_NOT_FOUND', `no preview ${request.previewId}`);
    return preview.set(request, picture);
  }

  pause(id: string, paused: boolean): void {
    this.#previews.get(id)?.pause(paused);
  }

  detach(id: string): void {
    this.#previews.get(id)?.close();
    this.#previews.delete(id);
  }

  forget(picture: OpenPicture): void {
    for (const preview of this.#previews.values()) preview.forget(picture);
  }
}
