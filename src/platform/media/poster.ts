import { meanDifference, sharpness } from '../../core/media/frame-stats.ts';
import type { Plane } from '../../core/media/frame-stats.ts';

/** Longest side of a poster. */
const POSTER_MAX_PX = 640;
const POSTER_QUALITY = 0.86;

/**
 * Chooses a clip's telling frame while the frames go by: the one that is farthest from the first frame without being
 * less sharp than it, so that the poster shows the motion, but neither a blur nor closed eyes. Holds one frame open.
 */
export class PosterPicker {
  private first: { readonly luma: Uint8Array; readonly sharpness: number } | null = null;
  private best: VideoFrame | null = null;
  private bestScore = -1;

  /** Looks at a frame, which the caller closes, and its luma plane, which may change afterwards. */
  add(frame: VideoFrame, luma: Plane): void {
    const crisp = sharpness(luma);
    if (this.first === null) {
      const size = luma.stride * luma.height;
      this.first = { luma: luma.data.slice(luma.offset, luma.offset + size), sharpness: crisp };
    }
    const from: Plane = { ...luma, data: this.first.luma, offset: 0 };
    const moved = meanDifference(from, luma);
    const ratio = this.first.sharpness === 0 ? 1 : Math.min(1, crisp / this.first.sharpness);
    const score = moved * ratio ** 8;
    if (score <= this.bestScore) return;
    this.bestScore = score;
    this.best?.close();
    this.best = frame.clone();
  }

  /** The chosen frame as a JPEG, at most 640 px on the long side. @throws DOMException when it can't be drawn. */
  async toJpeg(): Promise<Blob> {
    const frame = this.best;
    if (frame === null) throw new DOMException('No frame was looked at', 'InvalidStateError');
    const scale = Math.min(1, POSTER_MAX_PX / Math.max(frame.displayWidth, frame.displayHeight));
    const width = Math.max(1, Math.round(frame.displayWidth * scale));
    const height = Math.max(1, Math.round(frame.displayHeight * scale));
    const canvas = new OffscreenCanvas(width, height);
    // Kept in memory: a GPU canvas would be read back for the JPEG, which takes ten times as long.
    const context = canvas.getContext('2d', { alpha: false, willReadFrequently: true });
    if (context === null) throw new DOMException('No 2D context', 'NotSupportedError');
    context.imageSmoothingQuality = 'high';
    context.drawImage(frame, 0, 0, width, height);
    return canvas.convertToBlob({ type: 'image/jpeg', quality: POSTER_QUALITY });
  }

  /** Closes the frame that it holds; fine at any time. */
  dispose(): void {
    this.best?.close();
    this.best = null;
  }
}
