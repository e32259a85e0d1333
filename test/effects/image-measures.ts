import type { Box } from './face-measures.ts';
import type { Raster } from './raster.ts';

/** Brightness of a picture, 0…255, row by row. */
export interface Luma {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

/** Brightness (BT.709) of a raster. */
export function lumaOf(raster: Raster): Luma {
  const { width, height, data } = raster;
  const out = new Float32Array(width * height);
  for (let k = 0; k < out.length; k++) {
    out[k] = 0.2126 * (data[k * 4] ?? 0) + 0.7152 * (data[k * 4 + 1] ?? 0) + 0.0722 * (data[k * 4 + 2] ?? 0);
  }
  return { width, height, data: out };
}

/** A box rounded to whole pixels and kept `margin` pixels inside the picture. */
export function clampBox(box: Box, picture: Luma, margin = 0): Box {
  const clamp = (value: number, most: number): number =>
    Math.min(most - margin, Math.max(margin, Math.round(value)));
  return {
    x0: clamp(box.x0, picture.width),
    y0: clamp(box.y0, picture.height),
    x1: clamp(box.x1, picture.width),
    y1: clamp(box.y1, picture.height),
  };
}

/** Number of pixels of a box; 0 when it is empty. */
export function boxArea(box: Box): number {
  return Math.max(0, box.x1 - box.x0) * Math.max(0, box.y1 - box.y0);
}

/**
 * Peak signal-to-noise ratio of two pictures inside a box, in dB; 99 when they are equal.
 * Mean over the box, so slow drift and noise count alike.
 */
export function psnr(a: Luma, b: Luma, box?: Box): number {
  const { x0, y0, x1, y1 } = box ?? { x0: 0, y0: 0, x1: a.width, y1: a.height };
  let sum = 0;
  for (let y = y0; y < y1; y++) {
    for (let x = x0; x < x1; x++) {
      const k = y * a.width + x;
      sum += ((a.data[k] ?? 0) - (b.data[k] ?? 0)) ** 2;
    }
  }
  const mean = sum / Math.max(1, boxArea({ x0, y0, x1, y1 }));
  return mean < 1e-9 ? 99 : Math.min(99, 10 * Math.log10(255 ** 2 / mean));
}

/** Mean absolute difference of two pictures inside a box, in grey levels. */
export function meanDifference(a: Luma, b: Luma, box?: Box): number {
  const { x0, y0, x1, y1 } = box ?? { x0: 0, y0: 0, x1: a.width, y1: a.height };
  let sum = 0;
  for (let y = y0; y < y1; y++) {
    for (let x = x0; x < x1; x++) {
      const k = y * a.width + x;
      sum += Math.abs((a.data[k] ?? 0) - (b.data[k] ?? 0));
    }
  }
  return sum / Math.max(1, boxArea({ x0, y0, x1, y1 }));
}

/** Half the size, each pixel the mean of four. */
export function halved(picture: Luma): Luma {
  const width = picture.width >> 1;
  const height = picture.height >> 1;
  const data = new Float32Array(width * height);
  const value = (x: number, y: number): number => picture.data[y * picture.width + x] ?? 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [u, v] = [x * 2, y * 2];
      data[y * width + x] = (value(u, v) + value(u + 1, v) + value(u, v + 1) + value(u + 1, v + 1)) / 4;
    }
  }
  return { width, height, data };
}

function sample(picture: Luma, x: number, y: number): number {
  const u = Math.min(picture.width - 1.001, Math.max(0, x));
  const v = Math.min(picture.height - 1.001, Math.max(0, y));
  const x0 = Math.floor(u);
  const y0 = Math.floor(v);
  const k = y0 * picture.width + x0;
  const { data, width } = picture;
  const top = (data[k] ?? 0) * (1 - u + x0) + (data[k + 1] ?? 0) * (u - x0);
  const low = (data[k + width] ?? 0) * (1 - u + x0) + (data[k + width + 1] ?? 0) * (u - x0);
  return top * (1 - v + y0) + low * (v - y0);
}

/** A movement of a region, in pixels. */
export interface Shift {
  readonly dx: number;
  readonly dy: number;
  /** Smaller eigenvalue of the mean gradient matrix: how well the region's texture pins it down both ways. */
  readonly texture: number;
}

/** A picture and its halves, largest first. */
export type Pyramid = readonly Luma[];

/** A picture with its halves, at most `levels` in all. */
export function pyramidOf(picture: Luma, levels = 3): Pyramid {
  const out = [picture];
  while (out.length < levels) {
    const last = out[out.length - 1];
    if (last === undefined || Math.min(last.width, last.height) < 32) break;
    out.push(halved(last));
  }
  return out;
}

/**
 * How far what lies in a box has moved, by least squares on the brightness (Lucas–Kanade), coarse to fine.
 *
 * @param from picture at rest
 * @param to later picture of the same size
 * @param box where to look, in pixels of the largest level
 */
export function shiftOf(from: Pyramid, to: Pyramid, box: Box): Shift {
  let dx = 0;
  let dy = 0;
  let texture = 0;
  for (let level = Math.min(from.length, to.length) - 1; level >= 0; level--) {
    const a = from[level];
    const b = to[level];
    if (a === undefined || b === undefined) continue;
    const scale = 1 / (1 << level);
    const { x0, y0, x1, y1 } = clampBox(
      { x0: box.x0 * scale, y0: box.y0 * scale, x1: box.x1 * scale, y1: box.y1 * scale },
      a,
      1,
    );
    if (x1 - x0 < 4 || y1 - y0 < 4) continue;
    dx *= 2;
    dy *= 2;
    for (let turn = 0; turn < 6; turn++) {
      let [gxx, gxy, gyy, bx, by] = [0, 0, 0, 0, 0];
      for (let y = y0; y < y1; y++) {
        for (let x = x0; x < x1; x++) {
          const k = y * a.width + x;
          const gx = ((a.data[k + 1] ?? 0) - (a.data[k - 1] ?? 0)) / 2;
          const gy = ((a.data[k + a.width] ?? 0) - (a.data[k - a.width] ?? 0)) / 2;
          const difference = sample(b, x + dx, y + dy) - (a.data[k] ?? 0);
          // Large differences are something passing by, not this surface moving.
          const weight = 1 / (1 + (difference / 24) ** 2);
          gxx += weight * gx * gx;
          gxy += weight * gx * gy;
          gyy += weight * gy * gy;
          bx += weight * gx * difference;
          by += weight * gy * difference;
        }
      }
      const area = (x1 - x0) * (y1 - y0);
      const middle = (gxx + gyy) / 2;
      texture = (middle - Math.hypot((gxx - gyy) / 2, gxy)) / area;
      const determinant = gxx * gyy - gxy * gxy;
      if (determinant < 1e-6 * area * area) break;
      const stepX = -(gyy * bx - gxy * by) / determinant;
      const stepY = -(gxx * by - gxy * bx) / determinant;
      dx += stepX;
      dy += stepY;
      if (Math.hypot(stepX, stepY) < 0.003) break;
    }
  }
  return { dx, dy, texture };
}

/** Strength of a rhythm in a series. */
export interface Rhythm {
  /** Frequency of the best-fitting wave, in Hz. */
  readonly hz: number;
  /** Half the way from its top to its bottom, in the series' unit. */
  readonly amplitude: number;
  /** Share of the series' variance that the wave explains, 0…1. */
  readonly share: number;
}

/**
 * The wave that explains a series best, found by fitting one wave after another with a level of its own.
 *
 * @param series evenly spaced values
 * @param rate values a second
 */
export function rhythmOf(series: readonly number[], rate: number, fromHz = 0.1, toHz = 1.5): Rhythm {
  const n = series.length;
  const mean = series.reduce((sum, value) => sum + value, 0) / Math.max(1, n);
  const total = series.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  let best: Rhythm = { hz: 0, amplitude: 0, share: 0 };
  if (n < 8 || total === 0) return best;
  for (let hz = fromHz; hz <= toHz; hz += 0.005) {
    // Normal equations of level, cosine and sine, solved by elimination.
    const rows = [new Float64Array(4), new Float64Array(4), new Float64Array(4)] as const;
    series.forEach((value, index) => {
      const angle = (2 * Math.PI * hz * index) / rate;
      const basis = [1, Math.cos(angle), Math.sin(angle)] as const;
      rows.forEach((row, r) => {
        basis.forEach((factor, c) => {
          row[c] = (row[c] ?? 0) + (basis[r] ?? 0) * factor;
        });
        row[3] = (row[3] ?? 0) + (basis[r] ?? 0) * value;
      });
    });
    const solution = solve3(rows);
    if (solution === null) continue;
    const [level, cosine, sine] = solution;
    const left = series.reduce((sum, value, index) => {
      const angle = (2 * Math.PI * hz * index) / rate;
      return sum + (value - level - cosine * Math.cos(angle) - sine * Math.sin(angle)) ** 2;
    }, 0);
    const share = 1 - left / total;
    if (share > best.share) best = { hz, amplitude: Math.hypot(cosine, sine), share };
  }
  return best;
}

function solve3(rows: readonly [Float64Array, Float64Array, Float64Array]): [number, number, number] | null {
  for (let column = 0; column < 3; column++) {
    const pivot = rows[column] ?? new Float64Array(4);
    const head = pivot[column] ?? 0;
    if (Math.abs(head) < 1e-9) return null;
    rows.forEach((row, index) => {
      if (index === column) return;
      const factor = (row[column] ?? 0) / head;
      for (let k = column; k < 4; k++) row[k] = (row[k] ?? 0) - factor * (pivot[k] ?? 0);
    });
  }
  return [
    (rows[0][3] ?? 0) / (rows[0][0] ?? 1),
    (rows[1][3] ?? 0) / (rows[1][1] ?? 1),
    (rows[2][3] ?? 0) / (rows[2][2] ?? 1),
  ];
}
