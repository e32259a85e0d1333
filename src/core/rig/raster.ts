import type { Mask } from '../../contracts/perception.ts';
import { clamp } from './maths.ts';

/** A scalar field sampled on a regular raster that covers the whole picture. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

export function createRaster(width: number, height: number): Raster {
  return { width, height, data: new Float32Array(width * height) };
}

/** A raster of the picture's shape whose long side has `longSide` samples. */
export function rasterFor(pictureWidth: number, pictureHeight: number, longSide: number): Raster {
  const scale = longSide / Math.max(pictureWidth, pictureHeight);
  return createRaster(
    Math.max(2, Math.round(pictureWidth * scale)),
    Math.max(2, Math.round(pictureHeight * scale)),
  );
}

/** Bilinear value at fractions of the picture (0 … 1), clamped at the borders. */
export function sampleRaster(
  raster: { readonly width: number; readonly height: number; readonly data: ArrayLike<number> },
  u: number,
  v: number,
): number {
  const { width, height, data } = raster;
  const x = clamp(u * width - 0.5, 0, width - 1);
  const y = clamp(v * height - 0.5, 0, height - 1);
  const i = Math.min(width - 1, Math.floor(x));
  const j = Math.min(height - 1, Math.floor(y));
  const i1 = Math.min(width - 1, i + 1);
  const j1 = Math.min(height - 1, j + 1);
  const fx = x - i;
  const fy = y - j;
  const a = (data[j * width + i] ?? 0) * (1 - fx) + (data[j * width + i1] ?? 0) * fx;
  const b = (data[j1 * width + i] ?? 0) * (1 - fx) + (data[j1 * width + i1] ?? 0) * fx;
  return a * (1 - fy) + b * fy;
}

/** A mask resampled to a raster, 0 … 1. */
export function maskToRaster(mask: Mask, like: Raster): Raster {
  const out = createRaster(like.width, like.height);
  for (let y = 0, n = 0; y < out.height; y++)
    for (let x = 0; x < out.width; x++, n++)
      out.data[n] = sampleRaster(mask, (x + 0.5) / out.width, (y + 0.5) / out.height) / 255;
  return out;
}

function blurLine(
  source: Float32Array,
  target: Float32Array,
  start: number,
  step: number,
  count: number,
  r: number,
): void {
  const norm = 1 / (2 * r + 1);
  const at = (i: number): number => source[start + clamp(i, 0, count - 1) * step] as number;
  let sum = 0;
  for (let i = -r; i <= r; i++) sum += at(i);
  for (let i = 0; i < count; i++) {
    target[start + i * step] = sum * norm;
    sum += at(i + r + 1) - at(i - r);
  }
}

/** Close to a Gaussian of the given radius (three box passes), in place; radius in samples. */
export function blurRaster(raster: Raster, radius: number): Raster {
  const r = Math.max(1, Math.round(radius / 1.7));
  if (radius < 0.5) return raster;
  const { width, height, data } = raster;
  const scratch = new Float32Array(data.length);
  for (let pass = 0; pass < 3; pass++) {
    for (let y = 0; y < height; y++) blurLine(data, scratch, y * width, 1, width, r);
    for (let x = 0; x < width; x++) blurLine(scratch, data, x, width, height, r);
  }
  return raster;
}
