import { describe, expect, test } from 'vitest';
import type { Plane } from './mask.ts';
import { boxMean, guidedFilter, luma, patchesOf, sampleBilinear } from './mask.ts';

function plane(width: number, height: number, value: (x: number, y: number) => number): Plane {
  const data = new Float32Array(width * height);
  for (let i = 0; i < data.length; i++) data[i] = value(i % width, Math.floor(i / width));
  return { width, height, data };
}

test('brightness weighs green most and white is 1', () => {
  const { data } = luma({
    width: 3,
    height: 1,
    data: Uint8Array.of(255, 255, 255, 255, 0, 255, 0, 255, 0, 0, 255, 255),
  });
  expect(data[0]).toBeCloseTo(1);
  expect(data[1]).toBeCloseTo(0.7152);
  expect(data[2]).toBeCloseTo(0.0722);
});

test('sampling meets the pixels at their centres and holds at the border', () => {
  const ramp = plane(4, 4, (x, y) => x + 10 * y);
  expect(sampleBilinear(ramp, 2.5, 1.5)).toBeCloseTo(12);
  expect(sampleBilinear(ramp, 2, 1.5)).toBeCloseTo(11.5);
  expect(sampleBilinear(ramp, -5, 99)).toBeCloseTo(30);
});

describe('window means', () => {
  test('equal the mean counted one by one', () => {
    const source = plane(7, 5, (x, y) => Math.sin(3 * x + 5 * y * y));
    for (const radius of [0, 1, 2, 9]) {
      const mean = boxMean(source, radius);
      for (let y = 0; y < 5; y++) {
        for (let x = 0; x < 7; x++) {
          let sum = 0;
          let count = 0;
          for (let j = Math.max(0, y - radius); j <= Math.min(4, y + radius); j++) {
            for (let i = Math.max(0, x - radius); i <= Math.min(6, x + radius); i++) {
              sum += source.data[j * 7 + i] ?? 0;
              count++;
            }
          }
          expect(mean.data[y * 7 + x]).toBeCloseTo(sum / count, 5);
        }
      }
    }
  });
});

test('the guided filter moves a blurred edge to the guide’s edge', () => {
  const guide = plane(40, 20, (x) => (x < 20 ? 0.1 : 0.8));
  const soft = plane(40, 20, (x) => Math.min(1, Math.max(0, (x - 14) / 12)));
  const refined = guidedFilter(soft, guide, 6, 1e-4);
  const step = (p: Plane): number => (p.data[10 * 40 + 20] ?? 0) - (p.data[10 * 40 + 19] ?? 0);
  expect(step(refined)).toBeGreaterThan(3 * step(soft));
});

test('patches are told apart, the largest first', () => {
  const source = plane(8, 6, (x, y) => (x < 3 && y < 3 ? 1 : x === 7 ? 0.9 : x === 5 && y === 5 ? 0.8 : 0));
  const { labels, patches } = patchesOf(source, 0.5);
  expect(patches.map(({ area }) => area)).toEqual([9, 6, 1]);
  expect(patches[0]?.box).toEqual([0, 0, 3, 3]);
  expect(patches[1]?.box).toEqual([7, 0, 1, 6]);
  expect(labels[0]).toBe(patches[0]?.label);
  expect(labels[4]).toBe(0);
  expect(
    patchesOf(
      plane(3, 3, () => 0),
      0.5,
    ).patches,
  ).toEqual([]);
});
