import { describe, expect, test } from 'vitest';
import { samePads, transpose } from './ir.ts';

describe('samePads', () => {
  test.each([
    ['an even stride puts the odd pixel at the end', [128, 128], [5, 5], [2, 2], [1, 1], [1, 1, 2, 2]],
    ['an odd size with stride 2 is symmetric', [7, 7], [3, 3], [2, 2], [1, 1], [1, 1, 1, 1]],
    ['stride 1 keeps the size', [9, 5], [3, 1], [1, 1], [1, 1], [1, 0, 1, 0]],
    ['dilation widens the kernel', [8, 8], [3, 3], [1, 1], [2, 2], [2, 2, 2, 2]],
    ['a stride beyond the kernel needs none', [8, 8], [1, 1], [2, 2], [1, 1], [0, 0, 0, 0]],
  ] as const)('%s', (_, size, kernel, strides, dilations, pads) => {
    expect(samePads(size, kernel, strides, dilations)).toEqual(pads);
  });
});

describe('transpose', () => {
  test('moves every element to its place', () => {
    const source = { shape: [2, 3, 4], data: Float32Array.from({ length: 24 }, (_, i) => i) };
    const { shape, data } = transpose(source, [2, 0, 1]);
    expect(shape).toEqual([4, 2, 3]);
    for (let a = 0; a < 2; a++)
      for (let b = 0; b < 3; b++)
        for (let c = 0; c < 4; c++) expect(data[(c * 2 + a) * 3 + b]).toBe((a * 3 + b) * 4 + c);
  });

  test('there and back is where it was', () => {
    const source = { shape: [3, 1, 2, 5], data: Float32Array.from({ length: 30 }, (_, i) => i * i) };
    expect(transpose(transpose(source, [3, 2, 0, 1]), [2, 3, 1, 0])).toEqual(source);
  });
});
