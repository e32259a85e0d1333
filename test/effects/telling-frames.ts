import { at, EYE_OUTLINE, SIDES, type Box } from './face-measures.ts';
import { lumaOf } from './image-measures.ts';
import type { Landmarks } from './oracle.ts';
import type { Raster } from './raster.ts';

/** Frames are compared in views of this size. */
const VIEW_PX = 64;
/** A difference in an eye counts this often: an eye is small, and a shut one says more than a moved shoulder. */
const EYE_WEIGHT = 6;

/**
 * A part of a picture, scaled to a longest side, by averaging or interpolating as needed.
 *
 * @returns a raster that the caller owns
 */
export function cropTo(raster: Raster, box: Box, sidePx: number): Raster {
  const scale = sidePx / Math.max(box.x1 - box.x0, box.y1 - box.y0);
  const width = Math.max(1, Math.round((box.x1 - box.x0) * scale));
  const height = Math.max(1, Math.round((box.y1 - box.y0) * scale));
  const data = new Uint8Array(width * height * 4);
  // Enough samples a pixel that no source pixel is skipped.
  const samples = Math.max(1, Math.ceil(1 / scale));
  const bilinear = (x: number, y: number, channel: number): number => {
    const u = Math.min(raster.width - 1.001, Math.max(0, x - 0.5));
    const v = Math.min(raster.height - 1.001, Math.max(0, y - 0.5));
    const [x0, y0] = [Math.floor(u), Math.floor(v)];
    const k = (y0 * raster.width + x0) * 4 + channel;
    const low = k + raster.width * 4;
    const { data: source } = raster;
    const top = (source[k] ?? 0) * (1 - u + x0) + (source[k + 4] ?? 0) * (u - x0);
    const bottom = (source[low] ?? 0) * (1 - u + x0) + (source[low + 4] ?? 0) * (u - x0);
    return top * (1 - v + y0) + bottom * (v - y0);
  };
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let channel = 0; channel < 3; channel++) {
        let sum = 0;
        for (let sy = 0; sy < samples; sy++) {
          for (let sx = 0; sx < samples; sx++) {
            const u = box.x0 + (x + (sx + 0.5) / samples) / scale;
            const v = box.y0 + (y + (sy + 0.5) / samples) / scale;
            sum += bilinear(u, v, channel);
          }
        }
        data[(y * width + x) * 4 + channel] = Math.round(sum / samples ** 2);
      }
      data[(y * width + x) * 4 + 3] = 255;
    }
  }
  return { width, height, data };
}

function weightsOf(view: Box, face: Landmarks | null, width: number, height: number): Float32Array {
  const weights = new Float32Array(width * height).fill(1);
  if (face === null) return weights;
  for (const side of SIDES) {
    const points = EYE_OUTLINE[side].map((index) => at(face, index));
    const across = (x: number): number => ((x - view.x0) / (view.x1 - view.x0)) * width;
    const down = (y: number): number => ((y - view.y0) / (view.y1 - view.y0)) * height;
    const xs = points.map(([x]) => across(x));
    const ys = points.map(([, y]) => down(y));
    for (let y = Math.floor(Math.min(...ys)); y <= Math.max(...ys); y++) {
      for (let x = Math.floor(Math.min(...xs)); x <= Math.max(...xs); x++) {
        if (x >= 0 && y >= 0 && x < width && y < height) weights[y * width + x] = EYE_WEIGHT;
      }
    }
  }
  return weights;
}

/**
 * The frames that say most about a clip: the first, then again and again the one least like those chosen.
 *
 * @param view part of the frame that is looked at
 * @param count how many
 * @returns indices in order of time
 */
export function tellingFrames(
  frames: readonly Raster[],
  view: Box,
  face: Landmarks | null,
  count: number,
): number[] {
  const small = frames.map((frame) => lumaOf(cropTo(frame, view, VIEW_PX)));
  const [first] = small;
  if (first === undefined) return [];
  const weights = weightsOf(view, face, first.width, first.height);
  const unlike = (a: number, b: number): number => {
    const [left, right] = [small[a], small[b]];
    if (left === undefined || right === undefined) return 0;
    return left.data.reduce(
      (sum, value, k) => sum + (weights[k] ?? 1) * (value - (right.data[k] ?? 0)) ** 2,
      0,
    );
  };
  const chosen = [0];
  const nearest = frames.map((_, index) => unlike(index, 0));
  while (chosen.length < Math.min(count, frames.length)) {
    const next = nearest.indexOf(Math.max(...nearest));
    chosen.push(next);
    nearest.forEach((value, index) => {
      nearest[index] = Math.min(value, unlike(index, next));
    });
  }
  return [...new Set(chosen)].sort((a, b) => a - b);
}
