import { AppError } from '../contracts/errors.ts';

/** A part of a picture in fractions `[x, y, width, height]`. */
type Crop = readonly [number, number, number, number];

const WHOLE: Crop = [0, 0, 1, 1];

/**
 * Draws a picture file small: upright, flattened on `matte`.
 *
 * @param size of the result in pixels.
 * @throws ERR_INPUT_DAMAGED when the browser can't decode it.
 */
async function drawSmall(
  blob: Blob,
  size: { readonly width: number; readonly height: number },
  matte: string,
  crop: Crop,
): Promise<OffscreenCanvas> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(blob, { imageOrientation: 'from-image' });
  } catch (cause) {
    throw new AppError('ERR_INPUT_DAMAGED', 'the picture could not be decoded', { cause });
  }
  try {
    const canvas = new OffscreenCanvas(size.width, size.height);
    const context = canvas.getContext('2d', { willReadFrequently: true });
    if (context === null) throw new AppError('ERR_ENV_UNSUPPORTED', 'there is no 2D canvas');
    context.fillStyle = matte;
    context.fillRect(0, 0, size.width, size.height);
    context.imageSmoothingQuality = 'high';
    const [x, y, w, h] = crop;
    context.drawImage(
      bitmap,
      x * bitmap.width,
      y * bitmap.height,
      w * bitmap.width,
      h * bitmap.height,
      0,
      0,
      size.width,
      size.height,
    );
    return canvas;
  } finally {
    bitmap.close();
  }
}

/** Scales a size down to `maxSide` on its long side; never up. */
function fit(
  size: { readonly width: number; readonly height: number },
  maxSide: number,
): { width: number; height: number } {
  const scale = Math.min(1, maxSide / Math.max(size.width, size.height));
  return {
    width: Math.max(1, Math.round(size.width * scale)),
    height: Math.max(1, Math.round(size.height * scale)),
  };
}

/** Long side of a thumbnail in pixels. */
const THUMBNAIL_SIDE = 320;
/** Long side of the reference in pixels: enough to tell a wrong picture, wrong colours or a wrong crop. */
const REFERENCE_SIDE = 512;

/** A small JPEG for lists, at most 320 px on the long side. @param size the picture's upright size. */
export async function makeThumbnail(
  blob: Blob,
  size: { readonly width: number; readonly height: number },
  matte: string,
): Promise<Blob> {
  const canvas = await drawSmall(blob, fit(size, THUMBNAIL_SIDE), matte, WHOLE);
  return canvas.convertToBlob({ type: 'image/jpeg', quality: 0.85 });
}

/**
 * What a clip's first frame should show, decoded here and not by the engine, so that the verifier compares the file
 * with the picture itself.
 *
 * @returns RGBA, at most 512 px on the long side, of the clip's shape; owned by the caller.
 */
export async function makeReference(
  blob: Blob,
  clip: { readonly width: number; readonly height: number; readonly crop: Crop },
  matte: string,
): Promise<{ width: number; height: number; rgba: Uint8ClampedArray }> {
  const size = fit(clip, REFERENCE_SIDE);
  const canvas = await drawSmall(blob, size, matte, clip.crop);
  const context = canvas.getContext('2d');
  if (context === null) throw new AppError('ERR_ENV_UNSUPPORTED', 'there is no 2D canvas');
  return { ...size, rgba: context.getImageData(0, 0, size.width, size.height).data };
}
