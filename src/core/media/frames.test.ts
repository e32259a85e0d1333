import { describe, expect, test } from 'vitest';
import { compareSmall, smallFromRgba, smallFromYuv, smallSize } from './compare.ts';
import {
  FrozenRuns,
  isBlack,
  lumaOf,
  mayBeBlack,
  mayStandStill,
  meanDifference,
  samePicture,
  sharpness,
} from './frame-stats.ts';
import type { Plane } from './frame-stats.ts';

const plane = (width: number, height: number, value: (x: number, y: number) => number, pad = 0): Plane => {
  const stride = width + pad;
  const data = new Uint8Array(stride * height + 5);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) data[5 + y * stride + x] = value(x, y);
  }
  return { data, offset: 5, stride, width, height };
};
const wave = (shift: number) => (x: number) => 128 + 60 * Math.sin((x + shift) / 4);

describe('standing still', () => {
  test('noise below the threshold is the same, a small move is not', () => {
    const still = plane(64, 48, wave(0));
    expect(
      samePicture(
        still,
        plane(64, 48, (x, y) => wave(0)(x) + ((x + y) % 2)),
      ),
    ).toBe(true);
    expect(samePicture(still, plane(64, 48, wave(0.2)))).toBe(false);
    // One block alone is enough, also at an edge that is no multiple of 16, and whatever the stride is.
    const spot = plane(70, 50, (x, y) => (x > 64 && y > 44 ? 140 : 100));
    expect(
      samePicture(
        plane(70, 50, () => 100),
        spot,
      ),
    ).toBe(false);
    expect(
      samePicture(
        plane(70, 50, (x) => wave(0)(x), 10),
        plane(70, 50, (x) => wave(0)(x), 10),
      ),
    ).toBe(true);
  });

  test('runs are counted from their first frame, so that a drift ends them', () => {
    const runs = new FrozenRuns();
    for (let i = 0; i < 4; i += 1) runs.add(plane(64, 48, wave(0)));
    runs.add(plane(64, 48, wave(5)));
    expect(runs.longest).toBe(4);
    const drift = new FrozenRuns();
    for (let i = 0; i < 60; i += 1) drift.add(plane(64, 48, wave(i * 0.02)));
    expect(drift.longest).toBeLessThan(15);
  });
});

test('a clip may stand still only of a picture in which nothing can be seen to move', () => {
  expect(mayStandStill(plane(512, 384, () => 120))).toBe(true);
  expect(mayStandStill(plane(512, 384, (_x, y) => 90 + (50 * y) / 384))).toBe(true);
  expect(mayStandStill(plane(512, 52, () => 120))).toBe(true);
  expect(mayStandStill(plane(512, 384, wave(0)))).toBe(false);
  expect(
    mayStandStill(plane(512, 384, (x, y) => (x > 250 && x < 260 && y > 180 && y < 190 ? 30 : 235))),
  ).toBe(false);
});

test('a clip may be black only of a picture that is', () => {
  const night = (moon: number): Plane => plane(400, 300, (x, y) => (x < moon && y < moon ? 220 : 20));
  expect(mayBeBlack(night(0))).toBe(true);
  expect(mayBeBlack(night(12))).toBe(true);
  expect(isBlack(night(12))).toBe(true);
  expect(mayBeBlack(night(60))).toBe(false);
  // Between the two measures lies no picture whose clip would be refused as black.
  expect(mayBeBlack(plane(64, 48, () => 26))).toBe(true);
});

test('luma of RGBA is of limited range', () => {
  const { data, width, height, stride } = lumaOf(Uint8Array.of(0, 0, 0, 255, 255, 255, 255, 255), 2, 1);
  expect([...data, width, height, stride]).toEqual([16, 235, 2, 1, 2]);
});

test('black is black nearly everywhere', () => {
  expect(isBlack(plane(80, 80, () => 16))).toBe(true);
  expect(isBlack(plane(80, 80, (x) => (x > 70 ? 90 : 16)))).toBe(false);
});

test('difference and sharpness', () => {
  expect(
    meanDifference(
      plane(64, 64, () => 50),
      plane(64, 64, () => 57),
    ),
  ).toBe(7);
  expect(sharpness(plane(64, 64, wave(0)))).toBeGreaterThan(sharpness(plane(64, 64, () => 90)));
});

describe('likeness', () => {
  const rgba = (value: (x: number, y: number) => readonly number[]) => {
    const data = new Uint8ClampedArray(64 * 48 * 4);
    for (let y = 0; y < 48; y += 1)
      for (let x = 0; x < 64; x += 1) data.set([...value(x, y), 255], (y * 64 + x) * 4);
    return { width: 64, height: 48, rgba: data };
  };
  const scene = (x: number, y: number): readonly number[] => [40 + 3 * x, 200 - 3 * y, 90 + x + y];
  /** The scene through limited-range BT.709, with half as much chroma either way. */
  const yuv = (colour: (x: number, y: number) => readonly number[]): [Plane, Plane, Plane] => {
    const part = (x: number, y: number) => {
      const [r = 0, g = 0, b = 0] = colour(x, y);
      const luma = 0.2126 * r + 0.7152 * g + 0.0722 * b;
      return [luma, (b - luma) / 1.8556, (r - luma) / 1.5748] as const;
    };
    return [
      plane(64, 48, (x, y) => Math.round(16 + (part(x, y)[0] * 219) / 255)),
      plane(32, 24, (x, y) => Math.round(128 + (part(2 * x + 0.5, 2 * y + 0.5)[1] * 224) / 255)),
      plane(32, 24, (x, y) => Math.round(128 + (part(2 * x + 0.5, 2 * y + 0.5)[2] * 224) / 255)),
    ];
  };
  const { width, height } = smallSize(64, 48, 32);
  const reference = smallFromRgba(rgba(scene), width, height);

  test('the same picture by either way', () => {
    expect([width, height]).toEqual([32, 24]);
    const likeness = compareSmall(reference, smallFromYuv(yuv(scene), width, height));
    expect(likeness.db).toBeGreaterThan(38);
    expect(likeness.meanShift).toBeLessThan(2);
    expect(likeness.contrast).toBeCloseTo(1, 1);
    expect(compareSmall(reference, reference).db).toBe(99);
  });

  test('limited range taken for full has 0.86 of the contrast', () => {
    const squeezed = smallFromRgba(
      rgba((x, y) => scene(x, y).map((v) => 16 + (v * 219) / 255)),
      width,
      height,
    );
    expect(compareSmall(reference, squeezed).contrast).toBeCloseTo(0.859, 2);
  });

  test('a mirrored picture is not alike', () => {
    expect(
      compareSmall(
        reference,
        smallFromRgba(
          rgba((x, y) => scene(63 - x, y)),
          width,
          height,
        ),
      ).db,
    ).toBeLessThan(15);
  });

  test('a flat picture has no contrast to compare; sizes must agree', () => {
    const flat = smallFromRgba(
      rgba(() => [9, 9, 9]),
      width,
      height,
    );
    expect(compareSmall(flat, reference).contrast).toBeNull();
    expect(() => compareSmall(flat, smallFromRgba(rgba(scene), 4, 4))).toThrow(RangeError);
  });
});
