import { AppError } from '../../contracts/errors.ts';

/** An RGBA picture, 8 bits a channel, row by row, `data.length = 4 × width × height`; alpha is ignored. */
export interface Bitmap {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray | Uint8Array;
}

/** A picture with its halvings, so that a strongly reduced crop does not alias. */
export interface Pyramid {
  readonly levels: readonly Bitmap[];
}

/** Side below which a further halving helps no network. */
const SMALLEST_SIDE = 64;

/**
 * Halves a picture by averaging 2 × 2 pixels; an odd last row or column is averaged with itself.
 *
 * @returns a new picture, owned by the caller.
 */
export function halve(source: Bitmap): Bitmap {
  const width = Math.max(1, (source.width + 1) >> 1);
  const height = Math.max(1, (source.height + 1) >> 1);
  const data = new Uint8ClampedArray(width * height * 4);
  const from = source.data;
  for (let y = 0; y < height; y++) {
    const y0 = 2 * y * source.width;
    const y1 = Math.min(2 * y + 1, source.height - 1) * source.width;
    for (let x = 0; x < width; x++) {
      const x0 = 2 * x;
      const x1 = Math.min(x0 + 1, source.width - 1);
      const a = 4 * (y0 + x0);
      const b = 4 * (y0 + x1);
      const c = 4 * (y1 + x0);
      const d = 4 * (y1 + x1);
      const to = 4 * (y * width + x);
      for (let k = 0; k < 4; k++) {
        data[to + k] =
          ((from[a + k] ?? 0) + (from[b + k] ?? 0) + (from[c + k] ?? 0) + (from[d + k] ?? 0)) / 4;
      }
    }
  }
  return { width, height, data };
}

/**
 * The picture and its halvings down to 64 px. Level 0 is the given picture itself (not copied).
 *
 * @throws ERR_INPUT_ARGUMENT when the size and the data do not agree.
 */
export function pyramid(picture: Bitmap): Pyramid {
  const { width, height, data } = picture;
  if (!Number.isInteger(width) || !Number.isInteger(height) || width < 1 || height < 1) {
    throw new AppError('ERR_INPUT_ARGUMENT', 'a picture needs a positive whole width and height', {
      details: { width, height },
    });
  }
  if (data.length !== 4 * width * height) {
    throw new AppError('ERR_INPUT_ARGUMENT', 'the picture data does not fit its size', {
      details: { width, height, bytes: data.length },
    });
  }
  const levels: Bitmap[] = [picture];
  let last = picture;
  while (Math.min(last.width, last.height) > SMALLEST_SIDE) {
    last = halve(last);
    levels.push(last);
  }
  return { levels };
}
