import type { ShownError } from '../contracts/app.api.ts';
import type { ScoreReport } from '../contracts/render.api.ts';
import type { ClipSettings, Motion } from '../contracts/settings.ts';
import { coalesce } from './coalesce.ts';
import type { PictureLease, Renderer } from './engine.ts';
import { isAbort, toShownError } from './shown-error.ts';

export interface PreviewsOptions {
  /** The picture on the stage, or null. */
  readonly lease: () => PictureLease | null;
  readonly settings: () => ClipSettings;
  /** What the present motion means for the present picture. */
  readonly onScore: (score: ScoreReport | null, error: ShownError | null) => void;
}

/** Why the preview stands still; it plays when there is no reason left. */
export type PauseReason = 'asked' | 'hidden' | 'job';

/** The live picture of the studio: what plays follows the picture and the settings. */
export interface Previews {
  attach(
    canvas: HTMLCanvasElement,
    options: { readonly maxSidePx: number; readonly onLost?: () => void },
  ): () => void;
  /** Brings score and canvases up to the present picture and settings; the newest input wins. */
  update(): void;
  pause(reason: PauseReason, paused: boolean): void;
  /** A still of a preset on the present picture, or null. The caller closes it. */
  still(motion: Motion, maxSidePx: number): Promise<ImageBitmap | null>;
  /** The worker is gone and the canvases with it. */
  lost(): void;
}

interface Attachment {
  readonly canvas: HTMLCanvasElement;
  readonly maxSidePx: number;
  readonly onLost: (() => void) | undefined;
  /** Who draws on it; the canvas goes there only once there is a picture, so that no worker starts before. */
  renderer: Renderer | null;
  paused: boolean | null;
}

/** Does nothing until a picture is open. */
export function createPreviews(options: PreviewsOptions): Previews {
  const attachments = new Map<string, Attachment>();
  const reasons = new Set<PauseReason>();

  const setPaused = async (id: string, attachment: Attachment): Promise<void> => {
    const paused = reasons.size > 0;
    if (attachment.renderer === null || attachment.paused === paused) return;
    attachment.paused = paused;
    await attachment.renderer.api.pausePreview(id, paused);
  };

  const show = async (id: string, attachment: Attachment, lease: PictureLease): Promise<void> => {
    // Any of these waits may see the canvas taken away: the worker knows nothing of it any more then.
    const isThere = (): boolean => attachments.get(id) === attachment;
    if (!isThere()) return;
    const { motion, seed, seconds, aspect } = options.settings();
    if (attachment.renderer === null) {
      attachment.renderer = lease.renderer;
      await lease.renderer.api.attachPreview(id, attachment.canvas.transferControlToOffscreen());
      if (!isThere()) return;
    }
    await lease.renderer.api.setPreview({
      previewId: id,
      pictureId: lease.workerId,
      motion,
      seed,
      seconds,
      aspect,
      maxSidePx: attachment.maxSidePx,
    });
    if (isThere()) await setPaused(id, attachment);
  };

  const sync = coalesce(async () => {
    const lease = options.lease();
    if (lease === null) {
      options.onScore(null, null);
      return;
    }
    try {
      const { motion, seconds } = options.settings();
      const score = await lease.renderer.api.readMotion(lease.workerId, motion, seconds);
      if (options.lease() !== lease) return;
      options.onScore(score, null);
      for (const [id, attachment] of [...attachments]) await show(id, attachment, lease);
    } catch (cause) {
      if (options.lease() !== lease || lease.renderer.lost || isAbort(cause)) return;
      options.onScore(null, toShownError(cause));
    }
  });
  const update = (): void => void sync();

  return {
    attach(canvas, { maxSidePx, onLost }) {
      const id = crypto.randomUUID();
      attachments.set(id, { canvas, maxSidePx, onLost, renderer: null, paused: null });
      update();
      return () => {
        const attachment = attachments.get(id);
        attachments.delete(id);
        // By whoever draws on it, whether or not a picture is still open: a canvas left behind would be kept for good.
        attachment?.renderer?.api.detachPreview(id).catch(() => undefined);
      };
    },
    update,
    pause(reason, paused) {
      if (paused) reasons.add(reason);
      else reasons.delete(reason);
      for (const [id, attachment] of attachments) setPaused(id, attachment).catch(() => undefined);
    },
    async still(motion, maxSidePx) {
      const lease = options.lease();
      if (lease === null) return null;
      try {
        const still = await lease.renderer.api.presetStill(lease.workerId, motion, maxSidePx);
        if (options.lease() === lease) return still;
        still.close();
        return null;
      } catch {
        // A missing still is a blank tile, not a failure; what ails the engine shows where it is needed.
        return null;
      }
    },
    lost() {
      for (const [id, attachment] of [...attachments]) {
        if (attachment.renderer === null) continue;
        attachments.delete(id);
        attachment.onLost?.();
      }
    },
  };
}
