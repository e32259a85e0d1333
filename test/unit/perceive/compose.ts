import type { Bitmap } from '../../../src/core/perceive/bitmap.ts';
import { pyramid } from '../../../src/core/perceive/bitmap.ts';
import type { Roi } from '../../../src/core/perceive/roi.ts';
import { cropPlanes } from '../../../src/core/perceive/roi.ts';

/** A grey canvas. */
export function canvas(width: number, height: number): Bitmap {
  return { width, height, data: new Uint8ClampedArray(4 * width * height).fill(110) };
}

/** Draws the square `from` of a picture as a `side` px square at (x, y) of a canvas. */
export function paste(target: Bitmap, source: Bitmap, from: Roi, x: number, y: number, side: number): void {
  const planes = cropPlanes(pyramid(source), from, { side, range: [0, 255], border: 'edge' });
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      const at = row * side + column;
      const to = 4 * ((y + row) * target.width + x + column);
      for (let k = 0; k < 3; k++) target.data[to + k] = planes[k * side * side + at] ?? 0;
      target.data[to + 3] = 255;
    }
  }
}

/** The whole of a square picture, turned by an angle in radians. */
export function turned(source: Bitmap, angle: number): Bitmap {
  const out = canvas(source.width, source.height);
  const roi = { cx: source.width / 2, cy: source.height / 2, size: source.width, angle };
  paste(out, source, roi, 0, 0, source.width);
  return out;
}
