import { AppError } from '../../contracts/errors.ts';

/** Shortest and longest side of a picture, in pixels (F1). */
export const PICTURE_SIDE_MIN = 64;
export const PICTURE_SIDE_MAX = 8192;
/** Most pixels of a picture (F1). */
export const PICTURE_PIXELS_MAX = 50_000_000;
/** Longest file that is read at all: more than 50 megapixels of 16-bit RGBA without compression come to. */
export const PICTURE_BYTES_MAX = 500_000_000;

/**
 * Refuses a size outside of the limits.
 *
 * @throws ERR_INPUT_DAMAGED when a side is 0, ERR_INPUT_TOO_SMALL, ERR_INPUT_TOO_LARGE; details carry the size and
 * the limit that it breaks.
 */
export function checkPictureSize(width: number, height: number): void {
  const details = { width, height };
  if (width < 1 || height < 1) {
    throw new AppError('ERR_INPUT_DAMAGED', 'the picture says that it has no pixels', { details });
  }
  if (Math.max(width, height) > PICTURE_SIDE_MAX) {
    throw new AppError('ERR_INPUT_TOO_LARGE', `the picture is ${width}×${height} px`, {
      details: { ...details, sideMax: PICTURE_SIDE_MAX },
    });
  }
  if (width * height > PICTURE_PIXELS_MAX) {
    throw new AppError('ERR_INPUT_TOO_LARGE', `the picture is ${width}×${height} px`, {
      details: { ...details, pixelsMax: PICTURE_PIXELS_MAX },
    });
  }
  if (Math.min(width, height) < PICTURE_SIDE_MIN) {
    throw new AppError('ERR_INPUT_TOO_SMALL', `the picture is ${width}×${height} px`, {
      details: { ...details, sideMin: PICTURE_SIDE_MIN },
    });
  }
}
