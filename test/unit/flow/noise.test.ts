import { describe, expect, test } from 'vitest';
import { exactLog, normalQuantile, normals, philox, seededNoise } from '../../../src/core/flow/noise.ts';

describe('philox', () => {
  /** @source known answers of the Random123 library, `philox4x32 10` */
  test.each([
    [
      [0, 0, 0, 0],
      [0, 0],
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    ],
    [
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ] as const)('gives the known words for %j', (counter, key, words) => {
    const out = new Uint32Array(4);
    philox([...counter], [...key], out);
    expect([...out]).toEqual(words);
  });
});

describe('quantiles', () => {
  /** @source CPython 3.11 `statistics.NormalDist().inv_cdf` */
  test.each([
    [0.5, 0],
    [0.6, 0.2533471031357998],
    [0.925, 1.439531470938456],
    [0.926, 1.4466320671589785],
    [0.02, -2.0537489106318225],
    [1e-3, -3.090232306167813],
    [1e-6, -4.753424308822899],
    [1e-10, -6.361340902404056],
    [1e-14, -7.650628092935268],
    [1e-16, -8.222082216130435],
  ])('of %f', (probability, quantile) => {
    expect(Math.abs(normalQuantile(probability) - quantile)).toBeLessThanOrEqual(1e-15 * Math.abs(quantile));
  });

  test('are odd, and grow across every seam', () => {
    for (const p of [2 ** -53, 1e-12, 1e-3, 0.0749, 0.0751, 0.3]) {
      // 1 − p is not exact for all of these; 1 − (1 − p) is.
      const q = 1 - p;
      expect(normalQuantile(1 - q)).toBe(-normalQuantile(q));
    }
    let last = -Infinity;
    for (let p = 0.0005; p < 1; p += 0.0005) {
      const value = normalQuantile(p);
      expect(value).toBeGreaterThan(last);
      last = value;
    }
  });

  test('the logarithm is one', () => {
    for (const x of [1, 0.99, 0.5, 0.075, 1e-5, 2 ** -53, 0.7071067811865476]) {
      expect(Math.abs(exactLog(x) - Math.log(x))).toBeLessThanOrEqual(4e-16 * Math.max(1, -Math.log(x)));
    }
  });
});

describe('noise', () => {
  const N = 1 << 19;
  const sample = normals(12345, [1, 0, 0], N);

  test('is normal: moments, and shares below each quantile', () => {
    const mean = (power: number): number => sample.reduce((sum, z) => sum + z ** power, 0) / N;
    // Four standard errors of each.
    expect(Math.abs(mean(1))).toBeLessThan(4 / Math.sqrt(N));
    expect(Math.abs(mean(2) - 1)).toBeLessThan(4 * Math.sqrt(2 / N));
    expect(Math.abs(mean(3))).toBeLessThan(4 * Math.sqrt(15 / N));
    expect(Math.abs(mean(4) - 3)).toBeLessThan(4 * Math.sqrt(96 / N));
    for (const p of [0.0001, 0.001, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99, 0.999, 0.9999]) {
      const bound = normalQuantile(p);
      const share = sample.reduce((n, z) => n + (z < bound ? 1 : 0), 0) / N;
      expect(Math.abs(share - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / N));
    }
    expect(Math.max(...sample.subarray(0, 65536))).toBeGreaterThan(3.5);
  });

  test('of neighbours, of segments, steps and seeds is unrelated', () => {
    const related = (a: Float32Array, b: Float32Array): number => {
      let sum = 0;
      for (let i = 0; i < b.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
      return Math.abs(sum) / Math.sqrt(b.length);
    };
    for (const lag of [1, 2, 3, 4, 16, 160, 640]) {
      expect(related(sample, sample.subarray(lag))).toBeLessThan(4);
      // Sizes, too, are unrelated.
      const squares = sample.map((z) => (z * z - 1) / Math.SQRT2);
      expect(related(squares, squares.subarray(lag))).toBeLessThan(4);
    }
    const n = 65536;
    const others = [
      seededNoise(7).start(n),
      seededNoise(8).start(n),
      seededNoise(7, 1).start(n),
      seededNoise(7).step(0, n),
      seededNoise(7).step(1, n),
      seededNoise(7, 1).step(0, n),
      seededNoise(7).decode(n),
    ];
    for (const [i, a] of others.entries()) {
      for (const b of others.slice(i + 1)) expect(related(a, b)).toBeLessThan(4);
    }
  });

  test('depends on the index alone, not on how much is drawn', () => {
    expect(normals(9, [2, 3, 4], 7)).toEqual(normals(9, [2, 3, 4], 1000).slice(0, 7));
  });

  test('is the same on every machine', () => {
    expect([...seededNoise(1).start(4)]).toEqual([
      0.33735576272010803, 0.9640345573425293, 1.339842438697815, 0.0690009742975235,
    ]);
    expect([...normals(1, [1, 0, 1], 4)]).toEqual([
      -0.10815482586622238, -0.5240214467048645, 0.7015260457992554, 0.7601584196090698,
    ]);
    // Every bit of half a million numbers, folded into one; NumPy, doing the same operations, gets the same.
    const bits = new Uint32Array(sample.buffer);
    let fold = 0;
    for (const word of bits) fold = (Math.imul(fold ^ word, 0x01000193) + 1) >>> 0;
    expect(fold).toBe(2685878786);
  });
});
