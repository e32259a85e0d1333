import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Bitmap } from './bitmap.ts';
import { halve, pyramid } from './bitmap.ts';
import { boxRoi, cropPlanes, frameRoi, pictureToRoi, pointsRoi, roiToPicture } from './roi.ts';

const finite = (min: number, max: number) => fc.double({ min, max, noNaN: true });
const anyRoi = fc.record({
  cx: finite(-500, 500),
  cy: finite(-500, 500),
  size: finite(1, 2000),
  angle: finite(-Math.PI, Math.PI),
});

/** Red grows to the right, green downwards, blue is constant. */
function ramp(width: number, height: number): Bitmap {
  const data = new Uint8ClampedArray(4 * width * height);
  for (let i = 0; i < width * height; i++) {
    data.set([i % width, Math.floor(i / width), 77, 255], 4 * i);
  }
  return { width, height, data };
}

describe('squares', () => {
  test('a place mapped to the picture and back is the same place', () => {
    fc.assert(
      fc.property(anyRoi, finite(-1, 2), finite(-1, 2), (roi, u, v) => {
        const [x, y] = roiToPicture(roi, u, v);
        const [a, b] = pictureToRoi(roi, x, y);
        expect(a).toBeCloseTo(u, 6);
        expect(b).toBeCloseTo(v, 6);
      }),
    );
  });

  test('a quarter turn puts the square’s right at the picture’s bottom', () => {
    const [x, y] = roiToPicture({ cx: 10, cy: 10, size: 4, angle: Math.PI / 2 }, 1, 0.5);
    expect(x).toBeCloseTo(10);
    expect(y).toBeCloseTo(12);
  });

  test('a box gives the square of its longer side', () => {
    expect(boxRoi([10, 20, 30, 40], 1.5)).toEqual({ cx: 25, cy: 40, size: 60, angle: 0 });
    expect(frameRoi(300, 200)).toEqual({ cx: 150, cy: 100, size: 300, angle: 0 });
  });

  test('points turned with the square give the same size', () => {
    fc.assert(
      fc.property(finite(-3, 3), (angle) => {
        const roi = { cx: 50, cy: 60, size: 40, angle };
        const corners = [
          [0, 0.25],
          [1, 0.25],
          [0, 0.75],
          [1, 0.75],
        ] as const;
        const points = Float32Array.from(corners.flatMap(([u, v]) => roiToPicture(roi, u, v)));
        const found = pointsRoi(points, 2, 4, angle, 1);
        expect(found.size).toBeCloseTo(40, 3);
        expect(found.cx).toBeCloseTo(50, 3);
        expect(found.cy).toBeCloseTo(60, 3);
      }),
    );
  });
});

describe('crops', () => {
  const picture = pyramid(ramp(64, 64));

  test('the whole frame at its own size is the picture', () => {
    const planes = cropPlanes(picture, frameRoi(64, 64), { side: 64, range: [0, 255], border: 'black' });
    for (const [x, y] of [
      [0, 0],
      [63, 0],
      [5, 40],
      [63, 63],
    ] as const) {
      expect(planes[y * 64 + x]).toBeCloseTo(x, 3);
      expect(planes[4096 + y * 64 + x]).toBeCloseTo(y, 3);
      expect(planes[8192 + y * 64 + x]).toBeCloseTo(77, 3);
    }
  });

  test('a mirrored crop runs from right to left', () => {
    const planes = cropPlanes(picture, frameRoi(64, 64), {
      side: 64,
      range: [0, 255],
      border: 'black',
      mirror: true,
    });
    expect(planes[0]).toBeCloseTo(63, 3);
    expect(planes[63]).toBeCloseTo(0, 3);
  });

  test('a rotated crop samples along its own axes', () => {
    const roi = { cx: 32, cy: 32, size: 16, angle: Math.PI / 2 };
    const planes = cropPlanes(picture, roi, { side: 16, range: [0, 255], border: 'edge' });
    // The crop's first row runs down the picture at its right side.
    expect(planes[0]).toBeCloseTo(39, 2);
    expect(planes[256]).toBeCloseTo(24, 2);
    expect(planes[256 + 15]).toBeCloseTo(39, 2);
  });

  test('outside is black or the edge, as asked', () => {
    const roi = { cx: 0, cy: 32, size: 32, angle: 0 };
    const black = cropPlanes(picture, roi, { side: 32, range: [-1, 1], border: 'black' });
    const edge = cropPlanes(picture, roi, { side: 32, range: [-1, 1], border: 'edge' });
    expect(black[2 * 1024]).toBe(-1);
    expect(edge[2 * 1024]).toBeCloseTo((77 / 255) * 2 - 1, 5);
    expect(black[2 * 1024 + 31]).toBeCloseTo((77 / 255) * 2 - 1, 5);
  });

  test('the range is kept whatever the square', () => {
    fc.assert(
      fc.property(anyRoi, (roi) => {
        const planes = cropPlanes(picture, roi, { side: 8, range: [0, 1], border: 'edge' });
        for (const value of planes) {
          expect(value).toBeGreaterThanOrEqual(0);
          expect(value).toBeLessThanOrEqual(1);
        }
      }),
      { numRuns: 40 },
    );
  });

  test('a strong reduction averages instead of picking pixels', () => {
    const data = new Uint8ClampedArray(4 * 512 * 512);
    for (let i = 0; i < 512 * 512; i++)
      data.fill((i + Math.floor(i / 512)) % 2 === 0 ? 255 : 0, 4 * i, 4 * i + 4);
    const checked = pyramid({ width: 512, height: 512, data });
    const planes = cropPlanes(checked, frameRoi(512, 512), { side: 64, range: [0, 1], border: 'edge' });
    for (const value of planes) expect(value).toBeCloseTo(0.5, 1);
  });
});

describe('pictures', () => {
  test('halving keeps odd sizes and the average', () => {
    const half = halve(ramp(5, 3));
    expect([half.width, half.height]).toEqual([3, 2]);
    expect(half.data[0]).toBe(0);
    expect(half.data[4 * 2]).toBe(4);
  });

  test.each([
    [0, 4, 0],
    [4, 4, 63],
    [2.5, 2, 20],
    [NaN, 1, 4],
  ])('a picture of %s × %s with %s bytes is refused', (width, height, bytes) => {
    expect(() => pyramid({ width, height, data: new Uint8Array(bytes) })).toThrowError(
      expect.objectContaining({ code: 'ERR_INPUT_ARGUMENT' }),
    );
  });
});
