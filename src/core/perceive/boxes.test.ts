import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { anchorCentres, FACE_GRIDS, PALM_GRIDS, POSE_GRIDS } from './anchors.ts';
import type { Detection } from './boxes.ts';
import { decodeBoxes, detectionToPicture, joinOverlapping, overlap, sigmoid } from './boxes.ts';
import { tiles } from './find-faces.ts';

describe('anchors', () => {
  test.each([
    ['face', FACE_GRIDS, 896],
    ['palm', PALM_GRIDS, 2016],
    ['pose', POSE_GRIDS, 2254],
  ] as const)('the %s detector has its number of anchors, inside the input', (_, grids, count) => {
    const centres = anchorCentres(grids);
    expect(centres.length).toBe(2 * count);
    for (const value of centres) {
      expect(value).toBeGreaterThan(0);
      expect(value).toBeLessThan(1);
    }
  });

  test('two anchors share each fine cell, six each coarse one', () => {
    const centres = anchorCentres(FACE_GRIDS);
    expect([...centres.subarray(0, 6)]).toEqual([0.03125, 0.03125, 0.03125, 0.03125, 0.09375, 0.03125]);
    expect([...centres.subarray(2 * 512, 2 * 512 + 2)]).toEqual([0.0625, 0.0625]);
    expect(centres[2 * 518]).toBe(0.1875);
  });
});

describe('decoding', () => {
  test('boxes and keypoints are relative to their anchor', () => {
    const centres = Float32Array.of(0.25, 0.5, 0.75, 0.5);
    const boxes = Float32Array.of(...[0, 0, 10, 10, 0, 0], ...[8, -16, 32, 64, 4, 4]);
    const [found, ...others] = decodeBoxes(boxes, Float32Array.of(-5, 2), centres, 128, 0.5);
    expect(others).toEqual([]);
    expect(found?.score).toBeCloseTo(sigmoid(2));
    expect(found?.box).toEqual([0.8125 - 0.125, 0.375 - 0.25, 0.25, 0.5]);
    expect([...(found?.keypoints ?? [])]).toEqual([0.78125, 0.53125]);
  });

  test('a box without a size is dropped', () => {
    const boxes = Float32Array.of(0, 0, -3, 10);
    expect(decodeBoxes(boxes, Float32Array.of(9), Float32Array.of(0.5, 0.5), 128, 0.5)).toEqual([]);
  });

  test('output that does not fit its anchors is refused', () => {
    expect(() =>
      decodeBoxes(new Float32Array(7), new Float32Array(2), new Float32Array(4), 128, 0.5),
    ).toThrow(RangeError);
  });

  test('the sigmoid is bounded and safe', () => {
    expect(sigmoid(0)).toBe(0.5);
    expect(sigmoid(1e9)).toBeLessThanOrEqual(1);
    expect(sigmoid(-1e9)).toBeGreaterThanOrEqual(0);
  });
});

const box = fc.tuple(
  fc.double({ min: -10, max: 10, noNaN: true }),
  fc.double({ min: -10, max: 10, noNaN: true }),
  fc.double({ min: 0.1, max: 8, noNaN: true }),
  fc.double({ min: 0.1, max: 8, noNaN: true }),
);
const detection = fc.record({
  box,
  score: fc.double({ min: 0.5, max: 1, noNaN: true }),
  keypoints: fc.constant(Float32Array.of(1, 2)),
});

describe('joining', () => {
  test('overlap is symmetric, 1 with itself, 0 apart', () => {
    fc.assert(
      fc.property(box, box, (a, b) => {
        expect(overlap(a, b)).toBeCloseTo(overlap(b, a), 9);
        expect(overlap(a, a)).toBeCloseTo(1, 9);
      }),
    );
    expect(overlap([0, 0, 1, 1], [1, 0, 1, 1])).toBe(0);
    expect(overlap([0, 0, 2, 1], [1, 0, 2, 1])).toBeCloseTo(1 / 3);
  });

  test('one thing seen many times is one thing, weighted by score', () => {
    const seen: Detection[] = [
      { box: [0, 0, 10, 10], score: 0.9, keypoints: Float32Array.of(5, 5) },
      { box: [1, 0, 10, 10], score: 0.6, keypoints: Float32Array.of(6, 5) },
      { box: [40, 40, 5, 5], score: 0.7, keypoints: Float32Array.of(42, 42) },
    ];
    const joined = joinOverlapping(seen);
    expect(joined.length).toBe(2);
    expect(joined[0]?.score).toBe(0.9);
    expect(joined[0]?.box[0]).toBeCloseTo(0.4);
    expect(joined[0]?.keypoints[0]).toBeCloseTo(5.4);
  });

  test('never more than there were, best first', () => {
    fc.assert(
      fc.property(fc.array(detection, { maxLength: 12 }), (seen) => {
        const joined = joinOverlapping(seen);
        expect(joined.length).toBeLessThanOrEqual(seen.length);
        expect(joined.length === 0).toBe(seen.length === 0);
        const scores = joined.map(({ score }) => score);
        expect(scores).toEqual([...scores].sort((a, b) => b - a));
      }),
    );
  });

  test('a detection in a crop maps to the picture', () => {
    const found: Detection = { box: [0.25, 0.25, 0.5, 0.5], score: 1, keypoints: Float32Array.of(0.5, 0) };
    const mapped = detectionToPicture(found, { cx: 100, cy: 50, size: 40, angle: 0 });
    expect(mapped.box).toEqual([90, 40, 20, 20]);
    expect([...mapped.keypoints]).toEqual([100, 30]);
  });
});

test('tiles cover the picture, overlap, and stay inside', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 160, max: 1024 }),
      fc.integer({ min: 160, max: 1024 }),
      fc.double({ min: 0.3, max: 1, noNaN: true }),
      (width, height, share) => {
        const side = Math.min(width, height) * share;
        const all = tiles(width, height, side);
        for (const { cx, cy, size } of all) {
          expect(cx - size / 2).toBeGreaterThanOrEqual(-1e-6);
          expect(cy + size / 2).toBeLessThanOrEqual(height + 1e-6);
        }
        const xs = [...new Set(all.map(({ cx }) => cx))].sort((a, b) => a - b);
        for (let i = 1; i < xs.length; i++)
          expect((xs[i] ?? 0) - (xs[i - 1] ?? 0)).toBeLessThanOrEqual(side / 2 + 1e-6);
        expect((xs[0] ?? 0) - side / 2).toBeCloseTo(xs.length === 1 ? width / 2 - side / 2 : 0, 6);
        if (xs.length > 1) expect((xs[xs.length - 1] ?? 0) + side / 2).toBeCloseTo(width, 6);
      },
    ),
  );
});
