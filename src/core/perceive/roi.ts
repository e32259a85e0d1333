import type { Pyramid } from './bitmap.ts';

/** A rotated square in the picture: centre and side in pixels, angle in radians, clockwise on the screen. */
export interface Roi {
  readonly cx: number;
  readonly cy: number;
  readonly size: number;
  readonly angle: number;
}

/** How a crop becomes a network's input. */
export interface CropOptions {
  /** Side of the square input in pixels. */
  readonly side: number;
  /** Value of black and of white. */
  readonly range: readonly [number, number];
  /** What lies outside the picture: black, or the nearest pixel. */
  readonly border: 'black' | 'edge';
  /** Mirrors the crop left to right. */
  readonly mirror?: boolean;
}

/** A square around a box `[x, y, width, height]`: its longer side × `scale`. */
export function boxRoi(box: readonly [number, number, number, number], scale: number, angle = 0): Roi {
  const [x, y, width, height] = box;
  return { cx: x + width / 2, cy: y + height / 2, size: Math.max(width, height) * scale, angle };
}

/** The smallest square that holds a whole picture. */
export function frameRoi(width: number, height: number): Roi {
  return { cx: width / 2, cy: height / 2, size: Math.max(width, height), angle: 0 };
}

/** From a place in the square (0…1, 0…1; not mirrored) to pixels of the picture. */
export function roiToPicture(roi: Roi, u: number, v: number): [number, number] {
  const cos = Math.cos(roi.angle) * roi.size;
  const sin = Math.sin(roi.angle) * roi.size;
  return [roi.cx + (u - 0.5) * cos - (v - 0.5) * sin, roi.cy + (u - 0.5) * sin + (v - 0.5) * cos];
}

/** From pixels of the picture to a place in the square (0…1, 0…1 inside). */
export function pictureToRoi(roi: Roi, x: number, y: number): [number, number] {
  const cos = Math.cos(roi.angle) / roi.size;
  const sin = Math.sin(roi.angle) / roi.size;
  const dx = x - roi.cx;
  const dy = y - roi.cy;
  return [dx * cos + dy * sin + 0.5, dy * cos - dx * sin + 0.5];
}

/**
 * The rotated square around some points: axis-aligned in the square's own frame, centred on the points' bounding box
 * there, its longer side × `scale`.
 *
 * @param points (x, y, …) with `stride` numbers a point.
 * @param angle the square's angle in radians.
 */
export function pointsRoi(
  points: Float32Array,
  stride: number,
  count: number,
  angle: number,
  scale: number,
): Roi {
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  let x0 = Infinity;
  let x1 = -Infinity;
  let y0 = Infinity;
  let y1 = -Infinity;
  for (let i = 0; i < count; i++) {
    const px = points[i * stride] ?? 0;
    const py = points[i * stride + 1] ?? 0;
    const x = px * cos + py * sin;
    const y = py * cos - px * sin;
    x0 = Math.min(x0, x);
    x1 = Math.max(x1, x);
    y0 = Math.min(y0, y);
    y1 = Math.max(y1, y);
  }
  const x = (x0 + x1) / 2;
  const y = (y0 + y1) / 2;
  return {
    cx: x * cos - y * sin,
    cy: x * sin + y * cos,
    size: Math.max(x1 - x0, y1 - y0) * scale,
    angle,
  };
}

/**
 * Cuts a rotated rectangle out of a picture by bilinear sampling, from the halving that fits the reduction.
 *
 * @param stretch width of the rectangle as a multiple of its height (1 is a square of side `roi.size`, which is its
 *   height here).
 * @returns `[3, side, side]` planes, red first, in `options.range`; owned by the caller.
 */
export function cropPlanes(picture: Pyramid, roi: Roi, options: CropOptions, stretch = 1): Float32Array {
  const { side, border } = options;
  const [black, white] = options.range;
  const out = new Float32Array(3 * side * side).fill(black);
  const reduction = (roi.size * Math.max(1, stretch)) / side;
  const wanted = Math.max(0, Math.floor(Math.log2(Math.max(1, reduction))));
  const level = Math.min(wanted, picture.levels.length - 1);
  const base = picture.levels[0];
  const bitmap = picture.levels[level];
  if (!base || !bitmap) return out;
  const { width, height, data } = bitmap;
  const fx = width / base.width;
  const fy = height / base.height;
  const gain = (white - black) / 255;
  const stepX = options.mirror ? -1 / side : 1 / side;
  const startU = (options.mirror ? 1 : 0) + stepX / 2;
  const cos = Math.cos(roi.angle) * roi.size;
  const sin = Math.sin(roi.angle) * roi.size;
  const plane = side * side;
  for (let row = 0; row < side; row++) {
    const v = (row + 0.5) / side - 0.5;
    for (let column = 0; column < side; column++) {
      const u = (startU + column * stepX - 0.5) * stretch;
      const px = (roi.cx + u * cos - v * sin) * fx - 0.5;
      const py = (roi.cy + u * sin + v * cos) * fy - 0.5;
      if (border === 'black' && (px < -0.5 || py < -0.5 || px > width - 0.5 || py > height - 0.5)) continue;
      const x = Math.min(width - 1, Math.max(0, px));
      const y = Math.min(height - 1, Math.max(0, py));
      const x0 = Math.floor(x);
      const y0 = Math.floor(y);
      const tx = x - x0;
      const ty = y - y0;
      const right = x0 + 1 < width ? 4 : 0;
      const below = y0 + 1 < height ? 4 * width : 0;
      const at = 4 * (y0 * width + x0);
      const w00 = (1 - tx) * (1 - ty) * gain;
      const w10 = tx * (1 - ty) * gain;
      const w01 = (1 - tx) * ty * gain;
      const w11 = tx * ty * gain;
      const to = row * side + column;
      for (let k = 0; k < 3; k++) {
        const i = at + k;
        out[to + k * plane] =
          black +
          (data[i] ?? 0) * w00 +
          (data[i + right] ?? 0) * w10 +
          (data[i + below] ?? 0) * w01 +
          (data[i + below + right] ?? 0) * w11;
      }
    }
  }
  return out;
}
