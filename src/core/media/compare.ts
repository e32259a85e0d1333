import type { Plane } from './frame-stats.ts';

/** A small picture for comparisons: RGB, 8 bits' range but not rounded, row by row `[H,W,3]`. */
export interface SmallPicture {
  readonly width: number;
  readonly height: number;
  readonly rgb: Float32Array;
}

/** Mean of the samples of a plane that lie in a box given in fractions of the plane. */
function boxMean(plane: Plane, left: number, top: number, right: number, bottom: number): number {
  const x0 = Math.min(plane.width - 1, Math.floor(left * plane.width));
  const x1 = Math.max(x0 + 1, Math.min(plane.width, Math.round(right * plane.width)));
  const y0 = Math.min(plane.height - 1, Math.floor(top * plane.height));
  const y1 = Math.max(y0 + 1, Math.min(plane.height, Math.round(bottom * plane.height)));
  let sum = 0;
  for (let y = y0; y < y1; y += 1) {
    const row = plane.offset + y * plane.stride;
    for (let x = x0; x < x1; x += 1) sum += plane.data[row + x] ?? 0;
  }
  return sum / ((x1 - x0) * (y1 - y0));
}

/** Size of the comparison: `long` pixels on the long side, at least 1 on the other. */
export function smallSize(width: number, height: number, long: number): { width: number; height: number } {
  const scale = long / Math.max(width, height);
  return {
    width: Math.max(1, Math.round(width * scale)),
    height: Math.max(1, Math.round(height * scale)),
  };
}

/**
 * Scales Y, Cb and Cr planes down by means and turns them into RGB.
 *
 * @param planes limited-range BT.709; chroma planes of any size.
 * @source ITU-R BT.709-6, 3.2 to 3.5
 */
export function smallFromYuv(
  planes: readonly [y: Plane, cb: Plane, cr: Plane],
  width: number,
  height: number,
): SmallPicture {
  const rgb = new Float32Array(width * height * 3);
  for (let j = 0; j < height; j += 1) {
    for (let i = 0; i < width; i += 1) {
      const box = [i / width, j / height, (i + 1) / width, (j + 1) / height] as const;
      const y = ((boxMean(planes[0], ...box) - 16) * 255) / 219;
      const cb = ((boxMean(planes[1], ...box) - 128) * 255) / 224;
      const cr = ((boxMean(planes[2], ...box) - 128) * 255) / 224;
      const at = (j * width + i) * 3;
      rgb[at] = Math.min(255, Math.max(0, y + 1.5748 * cr));
      rgb[at + 1] = Math.min(255, Math.max(0, y - 0.1873 * cb - 0.4681 * cr));
      rgb[at + 2] = Math.min(255, Math.max(0, y + 1.8556 * cb));
    }
  }
  return { width, height, rgb };
}

/** Scales an RGBA picture `[H,W,4]` down (or up) by means; alpha is ignored. */
export function smallFromRgba(
  picture: { readonly width: number; readonly height: number; readonly rgba: Uint8ClampedArray },
  width: number,
  height: number,
): SmallPicture {
  const rgb = new Float32Array(width * height * 3);
  for (let j = 0; j < height; j += 1) {
    const y0 = Math.min(picture.height - 1, Math.floor((j * picture.height) / height));
    const y1 = Math.max(y0 + 1, Math.min(picture.height, Math.round(((j + 1) * picture.height) / height)));
    for (let i = 0; i < width; i += 1) {
      const x0 = Math.min(picture.width - 1, Math.floor((i * picture.width) / width));
      const x1 = Math.max(x0 + 1, Math.min(picture.width, Math.round(((i + 1) * picture.width) / width)));
      let [r, g, b] = [0, 0, 0];
      for (let y = y0; y < y1; y += 1) {
        for (let x = x0; x < x1; x += 1) {
          const at = (y * picture.width + x) * 4;
          r += picture.rgba[at] ?? 0;
          g += picture.rgba[at + 1] ?? 0;
          b += picture.rgba[at + 2] ?? 0;
        }
      }
      const count = (x1 - x0) * (y1 - y0);
      rgb.set([r / count, g / count, b / count], (j * width + i) * 3);
    }
  }
  return { width, height, rgb };
}

/** How alike two pictures are. */
export interface Likeness {
  /** Peak signal-to-noise ratio in dB over all three channels; 99 at most. */
  readonly db: number;
  /** Largest difference of a channel's mean, in levels of 255. */
  readonly meanShift: number;
  /**
   * Contrast of the second picture as a multiple of the first's, from the luma's spread; null where the first is too
   * flat to tell. A range taken for the other one makes 1.16 or 0.86 of it.
   */
  readonly contrast: number | null;
}

/** PSNR never says more than this; equal pictures have no noise at all. */
const DB_MAX = 99;
/** Spread of luma, in levels, below which contrast is not compared. */
const FLAT = 12;

/** Compares two small pictures of one size: `b` against the reference `a`. @throws RangeError when sizes differ. */
export function compareSmall(a: SmallPicture, b: SmallPicture): Likeness {
  if (a.width !== b.width || a.height !== b.height) throw new RangeError('The pictures differ in size');
  const pixels = a.width * a.height;
  const sumA = [0, 0, 0];
  const sumB = [0, 0, 0];
  const luma = { a: 0, aa: 0, b: 0, bb: 0 };
  let squares = 0;
  for (let i = 0; i < pixels; i += 1) {
    let ya = 0;
    let yb = 0;
    for (let c = 0; c < 3; c += 1) {
      const va = a.rgb[i * 3 + c] ?? 0;
      const vb = b.rgb[i * 3 + c] ?? 0;
      squares += (va - vb) ** 2;
      sumA[c] = (sumA[c] ?? 0) + va;
      sumB[c] = (sumB[c] ?? 0) + vb;
      const weight = [0.2126, 0.7152, 0.0722][c] ?? 0;
      ya += weight * va;
      yb += weight * vb;
    }
    luma.a += ya;
    luma.aa += ya * ya;
    luma.b += yb;
    luma.bb += yb * yb;
  }
  const spread = (sum: number, square: number): number =>
    Math.sqrt(Math.max(0, square / pixels - (sum / pixels) ** 2));
  const spreadA = spread(luma.a, luma.aa);
  const mse = squares / (pixels * 3);
  return {
    db: mse === 0 ? DB_MAX : Math.min(DB_MAX, 10 * Math.log10(255 ** 2 / mse)),
    meanShift: Math.max(...sumA.map((sum, c) => Math.abs(sum - (sumB[c] ?? 0)) / pixels)),
    contrast: spreadA < FLAT ? null : spread(luma.b, luma.bb) / spreadA,
  };
}
