import type { ShownError } from '../contracts/app.api.ts';
import type { ScoreReport } from '../contracts/render.api.ts';
import type { ClipSettings, Motion } from '../contracts/settings.ts';
import { coalesce } from './coalesce.ts';
import type { PictureLease } from './engine.ts';
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
  /** Whether the canvas went to the worker; it goes only once there is a picture, so that no worker starts before. */
  handed: boolean;
  paused: boolean | null;
}

/** Does nothing until a picture is open. */
export function createPreviews(options: PreviewsOptions): Previews {
  const attachments = new Map<string, Attachment>();
  const reasons = new Set<PauseReason>();

  const setPaused = async (id: string, attachment: Attachment, lease: PictureLease): Promise<void> => {
    const paused = reasons.size > 0;
    if (!attachment.handed || attachment.paused === paused) return;
    attachment.paused = paused;
    await lease.renderer.api.pausePreview(id, paused);
  };

  const show = async (id: string, attachment: Attachment, lease: PictureLease): Promise<void> => {
    const { motion, seed, seconds, aspect } = options.settings();
    if (!attachment.handed) {
      attachment.handed = true;
      await lease.renderer.api.attachPreview(id, attachment.canvas.transferControlToOffscreen());
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
    await setPaused(id, attachment, lease);
  };

  const sync = coalesce(async () => {
    const lease = options.lease();
    if (lease === null) {
      options.onScore(null, null);
      return;
    }
    try {
      const score = await lease.renderer.api.readMotion(lease.workerId, options.settings().motion);
      if (options.lease() !== lease) return;
      options.onScore(score, null);
      for (const [id, attachment] of attachments) await show(id, attachment, lease);
    } catch (cause) {
      if (options.lease() !== lease || lease.renderer.lost || isAbort(cause)) return;
      options.onScore(null, toShownError(cause));
    }
  });
  const update = (): void => void sync();

  return {
    attach(canvas, { maxSidePx, onLost }) {
      const id = crypto.randomUUID();
      attachments.set(id, { canvas, maxSidePx, onLost, handed: false, paused: null });
      update();
      return () => {
        const attachment = attachments.get(id);
        attachments.delete(id);
        const lease = options.lease();
        if (attachment?.handed !== true || lease === null) return;
        lease.renderer.api.detachPreview(id).catch(() => undefined);
      };
    },
    update,
    pause(reason, paused) {
      if (paused) reasons.add(reason);
      else reasons.delete(reason);
      const lease = options.lease();
      if (lease === null) return;
      for (const [id, attachment] of attachments) setPaused(id, attachment, lease).catch(() => undefined);
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
        if (!attachment.handed) continue;
        attachments.delete(id);
        attachment.onLost?.();
      }
    },
  };
}
