import type { FlowPreview } from '../../src/core/flow/preview.ts';
import { rgbaFromPlanes } from '../../src/core/flow/picture.ts';

/** Long side of the live picture, pixels. */
const SIDE = 320;

/** RGBA pixels as a small JPEG of the clip's shape, smoothed where it is larger than they are. */
async function jpeg(
  pixels: Uint8ClampedArray<ArrayBuffer>,
  size: { readonly width: number; readonly height: number },
): Promise<Blob | undefined> {
  const { width, height } = size;
  const scale = SIDE / Math.max(width, height);
  const canvas = new OffscreenCanvas(Math.round(width * scale), Math.round(height * scale));
  const context = canvas.getContext('2d');
  if (context === null) return undefined;
  const bitmap = await createImageBitmap(new ImageData(pixels, width, height));
  try {
    context.imageSmoothingQuality = 'high';
    context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  } finally {
    bitmap.close();
  }
  return canvas.convertToBlob({ type: 'image/jpeg', quality: 0.7 });
}

/** What the middle of a clip in the making will look like. */
export function previewJpeg({ width, height, frames, pixels }: FlowPreview): Promise<Blob | undefined> {
  const bytes = 4 * width * height;
  const at = Math.floor(frames / 2) * bytes;
  return jpeg(pixels.slice(at, at + bytes), { width, height });
}

/** A finished frame, planes [3, H, W] of 0…1. */
export function frameJpeg(
  planes: Float32Array,
  size: { readonly width: number; readonly height: number },
): Promise<Blob | undefined> {
  return jpeg(rgbaFromPlanes(planes), size);
}
