import { describe, expect, test } from 'vitest';
import {
  cropSubject,
  nearestSize,
  pictureCrop,
  planesFromRgba,
  rgbaFromPlanes,
} from '../../../src/core/flow/picture.ts';

describe('the crop', () => {
  test.each([
    // A wide picture into a square: the middle, or the subject, never beyond the edge.
    [{ width: 300, height: 100 }, { width: 64, height: 64 }, null, [1 / 3, 0, 1 / 3, 1]],
    [{ width: 300, height: 100 }, { width: 64, height: 64 }, [0.8, 0, 0.2, 1], [2 / 3, 0, 1 / 3, 1]],
    [{ width: 300, height: 100 }, { width: 64, height: 64 }, [0.3, 0, 0.2, 1], [0.4 - 1 / 6, 0, 1 / 3, 1]],
    // A tall one into a wide frame keeps the top of a tall subject.
    [{ width: 100, height: 200 }, { width: 100, height: 50 }, [0.2, 0.1, 0.6, 0.8], [0, 0.1, 1, 0.25]],
    [{ width: 100, height: 200 }, { width: 100, height: 50 }, null, [0, 0.375, 1, 0.25]],
    [{ width: 512, height: 320 }, { width: 512, height: 320 }, [0, 0, 0.1, 0.1], [0, 0, 1, 1]],
  ] as const)('of %j for %j around %j', (source, size, subject, crop) => {
    const found = pictureCrop(source, size, subject);
    for (const [i, value] of crop.entries()) expect(found[i]).toBeCloseTo(value, 12);
    // No stretching.
    const shape = (found[2] * source.width) / (found[3] * source.height);
    expect(shape).toBeCloseTo(size.width / size.height, 9);
  });
});

describe('the size', () => {
  const sizes = [
    { width: 512, height: 320, frames: 25 },
    { width: 320, height: 512, frames: 25 },
    { width: 512, height: 320, frames: 73 },
    { width: 320, height: 512, frames: 73 },
    { width: 416, height: 416, frames: 73 },
  ];

  test.each([
    [16 / 9, 20, 0],
    [9 / 16, 25, 1],
    [1.5, 26, 2],
    [0.6, 300, 3],
    [1, 60, 4],
    // Among the short ones none is square, but the pack has one that is.
    [1, 20, 4],
  ])('for a shape of %f and %d frames', (ratio, frames, index) => {
    expect(nearestSize(sizes, ratio, frames)).toBe(sizes[index]);
  });
});

test('bytes become planes and come back', () => {
  const pixels = Uint8ClampedArray.from({ length: 4 * 256 }, (_, i) => (i % 4 === 3 ? 255 : (i * 7) & 255));
  const planes = planesFromRgba(pixels);
  expect(planes).toHaveLength(3 * 256);
  expect(planes[256]).toBe(Math.fround((pixels[1] ?? 0) / 255));
  expect(rgbaFromPlanes(planes)).toEqual(pixels);
});

test('a picture in which nobody was found is cropped around its middle, not its top', () => {
  const tall = { width: 300, height: 4000 };
  const whole = [0, 0, 1, 1] as const;
  const crop = (faceBox: readonly [number, number, number, number] | null): readonly number[] =>
    pictureCrop(tall, { width: 512, height: 320 }, cropSubject({ subjectBox: whole, faceBox }));
  expect(crop(null)[1]).toBeCloseTo(0.5 - 300 / 1.6 / 4000 / 2, 4);
  expect(crop([0.4, 0.05, 0.2, 0.1])[1]).toBe(0);
  expect(cropSubject({ subjectBox: [0.1, 0.2, 0.5, 0.5], faceBox: null })).toEqual([0.1, 0.2, 0.5, 0.5]);
});
