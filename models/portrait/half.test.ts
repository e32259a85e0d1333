import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesToFloats, floatsToHalves, fromHalf, halvesToFloats, toHalf } from './half.ts';

describe('half floats', () => {
  test('every half survives the way through a float', () => {
    for (let bits = 0; bits < 0x10000; bits++) {
      const value = fromHalf(bits);
      if (Number.isNaN(value)) expect(Number.isNaN(fromHalf(toHalf(value)))).toBe(true);
      else if (toHalf(value) !== bits) expect(toHalf(value)).toBe(bits);
    }
  });

  test('a float becomes the nearest half', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, min: -65504, max: 65504 }), (value) => {
        const bits = toHalf(value);
        const error = Math.abs(fromHalf(bits) - value);
        for (const beside of [bits - 1, bits + 1]) {
          if ((beside & 0x7c00) === 0x7c00 || beside < 0) continue;
          expect(error).toBeLessThanOrEqual(Math.abs(fromHalf(beside) - value));
        }
      }),
    );
  });

  test.each([
    [1, 0x3c00],
    [-2, 0xc000],
    [1 + 2 ** -11, 0x3c00],
    [1 + 3 * 2 ** -11, 0x3c02],
    [2 ** -24, 1],
    [2 ** -26, 0],
    [65504, 0x7bff],
    [1e6, 0x7c00],
    [-Infinity, 0xfc00],
  ])('%f is %i', (value, bits) => {
    expect(toHalf(value)).toBe(bits);
  });

  test('views that are not aligned are read all the same', () => {
    const bytes = new Uint8Array(9);
    bytes.set(floatsToHalves(Float32Array.of(0.5, -3)), 1);
    expect([...halvesToFloats(bytes.subarray(1, 5))]).toEqual([0.5, -3]);
    bytes.set(new Uint8Array(Float32Array.of(1.25).buffer), 5);
    expect([...bytesToFloats(bytes.subarray(5, 9))]).toEqual([1.25]);
  });
});
