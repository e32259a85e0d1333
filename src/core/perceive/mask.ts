import type { Bitmap } from './bitmap.ts';

/** A plane of numbers, row by row. */
export interface Plane {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

/** Brightness of a picture, 0…1 (BT.709 weights on the stored values). */
export function luma(picture: Bitmap): Plane {
  const { width, height, data } = picture;
  const out = new Float32Array(width * height);
  for (let i = 0; i < out.length; i++) {
    out[i] =
      ((data[4 * i] ?? 0) * 0.2126 + (data[4 * i + 1] ?? 0) * 0.7152 + (data[4 * i + 2] ?? 0) * 0.0722) / 255;
  }
  return { width, height, data: out };
}

/** Value at a place in pixels (pixel centres at .5), bilinear, the border's value outside. */
export function sampleBilinear(plane: Plane, x: number, y: number): number {
  const { width, height, data } = plane;
  const px = Math.min(width - 1, Math.max(0, x - 0.5));
  const py = Math.min(height - 1, Math.max(0, y - 0.5));
  const x0 = Math.floor(px);
  const y0 = Math.floor(py);
  const x1 = Math.min(width - 1, x0 + 1);
  const y1 = Math.min(height - 1, y0 + 1);
  const tx = px - x0;
  const ty = py - y0;
  const top = (data[y0 * width + x0] ?? 0) * (1 - tx) + (data[y0 * width + x1] ?? 0) * tx;
  const bottom = (data[y1 * width + x0] ?? 0) * (1 - tx) + (data[y1 * width + x1] ?? 0) * tx;
  return top * (1 - ty) + bottom * ty;
}

/** Mean over a square window of `2 × radius + 1`, the window cut off at the borders. */
export function boxMean(plane: Plane, radius: number): Plane {
  const { width, height, data } = plane;
  const across = new Float32Array(data.length);
  for (let y = 0; y < height; y++) {
    const row = y * width;
    let sum = 0;
    for (let x = 0; x <= Math.min(radius, width - 1); x++) sum += data[row + x] ?? 0;
    for (let x = 0; x < width; x++) {
      const first = Math.max(0, x - radius);
      const last = Math.min(width - 1, x + radius);
      across[row + x] = sum / (last - first + 1);
      if (x + radius + 1 < width) sum += data[row + x + radius + 1] ?? 0;
      if (x - radius >= 0) sum -= data[row + x - radius] ?? 0;
    }
  }
  const out = new Float32Array(data.length);
  const sums = new Float64Array(width);
  for (let y = 0; y <= Math.min(radius, height - 1); y++) {
    for (let x = 0; x < width; x++) sums[x] = (sums[x] ?? 0) + (across[y * width + x] ?? 0);
  }
  for (let y = 0; y < height; y++) {
    const count = Math.min(height - 1, y + radius) - Math.max(0, y - radius) + 1;
    const enter = y + radius + 1 < height ? (y + radius + 1) * width : -1;
    const leave = y - radius >= 0 ? (y - radius) * width : -1;
    for (let x = 0; x < width; x++) {
      const sum = sums[x] ?? 0;
      out[y * width + x] = sum / count;
      sums[x] = sum + (enter < 0 ? 0 : (across[enter + x] ?? 0)) - (leave < 0 ? 0 : (across[leave + x] ?? 0));
    }
  }
  return { width, height, data: out };
}

/**
 * Pulls a soft mask's edge to the edges of a picture: within each window the result is a linear function of the guide.
 *
 * @param radius window radius in pixels.
 * @param softness variance of the guide below which the mask is only blurred.
 * @returns a new plane of the mask's size, not clamped.
 * @source K. He, J. Sun, X. Tang, "Guided Image Filtering", ECCV 2010
 */
export function guidedFilter(mask: Plane, guide: Plane, radius: number, softness: number): Plane {
  const { width, height } = mask;
  const combine = (a: Plane, b: Plane, how: (x: number, y: number) => number): Plane => {
    const data = new Float32Array(a.data.length);
    for (let i = 0; i < data.length; i++) data[i] = how(a.data[i] ?? 0, b.data[i] ?? 0);
    return { width, height, data };
  };
  const product = (x: number, y: number): number => x * y;
  const guideMean = boxMean(guide, radius);
  const maskMean = boxMean(mask, radius);
  const guideSquare = boxMean(combine(guide, guide, product), radius);
  const both = boxMean(combine(guide, mask, product), radius);
  const slope = new Float32Array(width * height);
  const offset = new Float32Array(width * height);
  for (let i = 0; i < slope.length; i++) {
    const g = guideMean.data[i] ?? 0;
    const m = maskMean.data[i] ?? 0;
    const a = ((both.data[i] ?? 0) - g * m) / ((guideSquare.data[i] ?? 0) - g * g + softness);
    slope[i] = a;
    offset[i] = m - a * g;
  }
  const a = boxMean({ width, height, data: slope }, radius);
  const b = boxMean({ width, height, data: offset }, radius);
  const out = combine(a, guide, product);
  for (let i = 0; i < out.data.length; i++) out.data[i] = (out.data[i] ?? 0) + (b.data[i] ?? 0);
  return out;
}

/** One connected patch of a mask. */
export interface Patch {
  /** Number written at its pixels in {@link Patches.labels}, from 1. */
  readonly label: number;
  readonly area: number;
  /** `[x, y, width, height]` in pixels. */
  readonly box: readonly [number, number, number, number];
}

/** A mask's connected patches, largest first. */
export interface Patches {
  /** Label of each pixel's patch, 0 outside. */
  readonly labels: Int32Array;
  readonly patches: readonly Patch[];
}

/** The 4-connected patches where a plane exceeds a threshold. */
export function patchesOf(plane: Plane, threshold: number): Patches {
  const { width, height, data } = plane;
  const labels = new Int32Array(width * height);
  const stack: number[] = [];
  const patches: Patch[] = [];
  for (let start = 0; start < labels.length; start++) {
    if (labels[start] !== 0 || (data[start] ?? 0) <= threshold) continue;
    const label = patches.length + 1;
    let area = 0;
    let [x0, y0, x1, y1] = [width, height, 0, 0];
    labels[start] = label;
    stack.push(start);
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      const x = at % width;
      const y = (at - x) / width;
      area++;
      x0 = Math.min(x0, x);
      x1 = Math.max(x1, x);
      y0 = Math.min(y0, y);
      y1 = Math.max(y1, y);
      const visit = (next: number): void => {
        if (labels[next] === 0 && (data[next] ?? 0) > threshold) {
          labels[next] = label;
          stack.push(next);
        }
      };
      if (x > 0) visit(at - 1);
      if (x + 1 < width) visit(at + 1);
      if (y > 0) visit(at - width);
      if (y + 1 < height) visit(at + width);
    }
    patches.push({ label, area, box: [x0, y0, x1 - x0 + 1, y1 - y0 + 1] });
  }
  patches.sort((a, b) => b.area - a.area);
  return { labels, patches };
}
