import { AppError } from '../../contracts/errors.ts';
import { PICTURE_TYPES, readPictureHeader } from '../../core/media/picture-header.ts';
import type { PictureHeader } from '../../core/media/picture-header.ts';
import { checkPictureSize, PICTURE_BYTES_MAX } from '../../core/media/picture-limits.ts';
import { SNIFF_BYTES, sniffFormat } from '../../core/media/sniff.ts';

/** How to open a picture. */
export interface DecodeOptions {
  /** Colour under transparent pixels, `#rrggbb`. */
  readonly matte: string;
  /** Longest side of the bitmap; a larger picture is scaled down. */
  readonly maxSidePx?: number;
}

/** An opened picture. */
export interface DecodedPicture {
  /** Oriented, opaque, sRGB; the caller closes it. */
  readonly bitmap: ImageBitmap;
  /** Oriented size of the picture itself in pixels; the bitmap is smaller where it was scaled down. */
  readonly width: number;
  readonly height: number;
}

/** Rows that are searched for a visible pixel at once. */
const STRIP_ROWS = 128;

/**
 * Opens a picture: JPEG, PNG, WebP, AVIF or GIF (its first frame), told apart by the bytes; turned as its EXIF
 * orientation says; transparent parts filled with the matte. Works in a worker and in a page. The size is read from
 * the header and checked before anything is decoded.
 *
 * @throws ERR_INPUT_EMPTY, ERR_INPUT_NOT_A_PICTURE, ERR_INPUT_UNSUPPORTED_FORMAT (`details.format`), ERR_INPUT_DAMAGED
 * (`details.reason`), ERR_INPUT_TOO_SMALL and ERR_INPUT_TOO_LARGE (`details.width`, `details.height` and the limit),
 * ERR_INPUT_TRANSPARENT when no pixel shows, ERR_INPUT_NOT_FOUND when the file can no longer be read, and RangeError
 * for a matte that is no `#rrggbb`.
 */
export async function decodePicture(blob: Blob, options: DecodeOptions): Promise<DecodedPicture> {
  if (!/^#[0-9a-f]{6}$/i.test(options.matte)) throw new RangeError(`No matte: ${options.matte}`);
  const bytes = await readAll(blob);
  const header = readPictureHeader(bytes);
  let bitmap = await decode(bytes, header);
  try {
    const { width, height } = bitmap;
    checkPictureSize(width, height);
    const scale = Math.min(1, (options.maxSidePx ?? Infinity) / Math.max(width, height));
    if (scale < 1) {
      const resizeWidth = Math.max(1, Math.round(width * scale));
      const resizeHeight = Math.max(1, Math.round(height * scale));
      bitmap = replace(
        bitmap,
        await createImageBitmap(bitmap, { resizeWidth, resizeHeight, resizeQuality: 'high' }),
      );
    }
    if (header.mayBeTransparent) bitmap = replace(bitmap, flatten(bitmap, options.matte));
    return { bitmap, width, height };
  } catch (error) {
    bitmap.close();
    throw error;
  }
}

const replace = (before: ImageBitmap, after: ImageBitmap): ImageBitmap => {
  before.close();
  return after;
};

/** All bytes of a file that can be a picture by its size and its first bytes. */
async function readAll(blob: Blob): Promise<Uint8Array<ArrayBuffer>> {
  try {
    // The format first: a long film need not be read to be refused.
    sniffFormat(new Uint8Array(await blob.slice(0, SNIFF_BYTES).arrayBuffer()));
    if (blob.size > PICTURE_BYTES_MAX) {
      throw new AppError('ERR_INPUT_TOO_LARGE', 'the file is too long for a picture', {
        details: { sizeBytes: blob.size, sizeBytesMax: PICTURE_BYTES_MAX },
      });
    }
    return new Uint8Array(await blob.arrayBuffer());
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    // A file that was moved, changed or unplugged after it was chosen.
    throw new AppError('ERR_INPUT_NOT_FOUND', 'the file can no longer be read', { retryable: true, cause });
  }
}

async function decode(bytes: Uint8Array<ArrayBuffer>, header: PictureHeader): Promise<ImageBitmap> {
  const type = PICTURE_TYPES[header.format];
  try {
    // Oriented by default in browsers of today; older ones need the word.
    return await createImageBitmap(new Blob([bytes], { type }), { imageOrientation: 'from-image' });
  } catch (cause) {
    if (typeof ImageDecoder !== 'undefined' && !(await ImageDecoder.isTypeSupported(type))) {
      throw new AppError('ERR_INPUT_UNSUPPORTED_FORMAT', `this browser does not read ${header.format}`, {
        details: { format: header.format.toUpperCase() },
        cause,
      });
    }
    throw new AppError('ERR_INPUT_DAMAGED', `the ${header.format.toUpperCase()} can't be decoded`, {
      details: { format: header.format, reason: 'the browser can not decode it' },
      cause,
    });
  }
}

/** The picture on an opaque ground. The bitmap stays open. @throws ERR_INPUT_TRANSPARENT when nothing of it shows. */
function flatten(bitmap: ImageBitmap, matte: string): ImageBitmap {
  const { width, height } = bitmap;
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (context === null) throw new AppError('ERR_ENV_UNSUPPORTED', 'there is no 2D canvas');
  context.drawImage(bitmap, 0, 0);
  let shows = false;
  for (let top = 0; top < height && !shows; top += STRIP_ROWS) {
    const { data } = context.getImageData(0, top, width, Math.min(STRIP_ROWS, height - top));
    for (let i = 3; i < data.length && !shows; i += 4) shows = (data[i] ?? 0) > 0;
  }
  if (!shows) throw new AppError('ERR_INPUT_TRANSPARENT', 'every pixel of the picture is transparent');
  context.globalCompositeOperation = 'destination-over';
  context.fillStyle = matte;
  context.fillRect(0, 0, width, height);
  return canvas.transferToImageBitmap();
}
