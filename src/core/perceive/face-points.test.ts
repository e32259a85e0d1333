import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FacePoints } from '../../contracts/perception.ts';
import { CANONICAL_FACE } from './canonical-face.ts';
import { EYE_LEFT, EYE_RIGHT } from './iris.ts';
import { ANCHORS, fitFacePoints } from './face-points.ts';

const CAT: FacePoints = {
  eyeLeft: [171, 116],
  eyeRight: [318, 134],
  nose: [263, 243],
  mouthLeft: [220, 262],
  mouthRight: [296, 268],
};

const place = (landmarks: Float32Array, index: number): [number, number] => [
  landmarks[3 * index] ?? NaN,
  landmarks[3 * index + 1] ?? NaN,
];

describe('the canonical face', () => {
  test('is a whole, even face with the left eye at the left', () => {
    expect(CANONICAL_FACE.length).toBe(3 * 478);
    expect(place(CANONICAL_FACE, 468)[0]).toBeCloseTo(-0.5, 2);
    expect(place(CANONICAL_FACE, 473)[0]).toBeCloseTo(0.5, 2);
    EYE_LEFT.contour.forEach((left, i) => {
      const right = EYE_RIGHT.contour[i] ?? 0;
      expect(place(CANONICAL_FACE, left)[0]).toBeCloseTo(-place(CANONICAL_FACE, right)[0], 2);
      expect(place(CANONICAL_FACE, left)[1]).toBeCloseTo(place(CANONICAL_FACE, right)[1], 2);
    });
  });

  test('has its features in order from brow to chin, the nose nearest', () => {
    const ys = [10, 9, 168, 4, 13, 17, 152].map((index) => place(CANONICAL_FACE, index)[1]);
    expect(ys).toEqual([...ys].sort((a, b) => a - b));
    expect(CANONICAL_FACE[3 * 4 + 2]).toBeLessThan(CANONICAL_FACE[3 * 152 + 2] ?? -9);
    expect(CANONICAL_FACE[3 * 234 + 2]).toBeGreaterThan(CANONICAL_FACE[3 * 4 + 2] ?? 9);
  });
});

describe('fitting', () => {
  test('the mesh meets all five points', () => {
    const { landmarks, score } = fitFacePoints(CAT);
    expect(score).toBe(1);
    expect(landmarks.length).toBe(3 * 478);
    for (const name of ['eyeLeft', 'eyeRight', 'nose', 'mouthLeft', 'mouthRight'] as const) {
      const [x, y] = place(landmarks, ANCHORS[name]);
      expect(x).toBeCloseTo(CAT[name][0], 2);
      expect(y).toBeCloseTo(CAT[name][1], 2);
    }
  });

  test('the box holds the mesh', () => {
    const { box, landmarks } = fitFacePoints(CAT);
    for (let i = 0; i < 478; i++) {
      const [x, y] = place(landmarks, i);
      expect(x).toBeGreaterThanOrEqual(box[0] - 1e-3);
      expect(x).toBeLessThanOrEqual(box[0] + box[2] + 1e-3);
      expect(y).toBeGreaterThanOrEqual(box[1] - 1e-3);
      expect(y).toBeLessThanOrEqual(box[1] + box[3] + 1e-3);
    }
  });

  test('points placed by the face’s own sides give the same face', () => {
    const swapped: FacePoints = {
      eyeLeft: CAT.eyeRight,
      eyeRight: CAT.eyeLeft,
      nose: CAT.nose,
      mouthLeft: CAT.mouthRight,
      mouthRight: CAT.mouthLeft,
    };
    expect(fitFacePoints(swapped).landmarks).toEqual(fitFacePoints(CAT).landmarks);
  });

  test('the fit moves, turns and grows with the points', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -0.6, max: 0.6, noNaN: true }),
        fc.double({ min: 0.5, max: 3, noNaN: true }),
        fc.double({ min: -200, max: 200, noNaN: true }),
        (angle, scale, shift) => {
          const move = ([x, y]: readonly [number, number]): [number, number] => [
            (x * Math.cos(angle) - y * Math.sin(angle)) * scale + shift,
            (x * Math.sin(angle) + y * Math.cos(angle)) * scale - shift,
          ];
          const base = fitFacePoints(CAT).landmarks;
          const moved = fitFacePoints({
            eyeLeft: move(CAT.eyeLeft),
            eyeRight: move(CAT.eyeRight),
            nose: move(CAT.nose),
            mouthLeft: move(CAT.mouthLeft),
            mouthRight: move(CAT.mouthRight),
          }).landmarks;
          for (const index of [10, 33, 152, 234, 454, 475]) {
            const [x, y] = move(place(base, index));
            expect(Math.abs(place(moved, index)[0] - x)).toBeLessThan(0.05);
            expect(Math.abs(place(moved, index)[1] - y)).toBeLessThan(0.05);
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  const bad: [string, Partial<FacePoints>][] = [
    ['eyes on each other', { eyeRight: [172, 116] }],
    ['a point that is no number', { nose: [NaN, 3] }],
    ['an infinite point', { mouthLeft: [Infinity, 3] }],
    [
      'all on one line',
      { eyeLeft: [0, 0], eyeRight: [100, 100], nose: [50, 50], mouthLeft: [20, 20], mouthRight: [80, 80] },
    ],
  ];
  test.each(bad)('refuses %s', (_, change) => {
    expect(() => fitFacePoints({ ...CAT, ...change })).toThrowError(
      expect.objectContaining({ code: 'ERR_INPUT_ARGUMENT' }),
    );
  });
});
