import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ease, softLimit } from './maths.ts';
import { drift, hash32, Random } from './random.ts';

describe('randomness', () => {
  it('is the same on every machine', () => {
    expect(hash32(0)).toBe(0);
    const random = new Random(7, 1);
    expect([hash32(1), hash32(0xffffffff), random.next(), drift(5, 1.25)]).toMatchInlineSnapshot(`
      [
        1753845952,
        1734902346,
        0.3277945558074862,
        -0.08574888316862335,
      ]
    `);
  });

  it('is even and stays in its range', () => {
    const random = new Random(3, 2);
    const values = Array.from({ length: 4000 }, () => random.next());
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...values)).toBeLessThan(1);
    expect(values.reduce((sum, value) => sum + value, 0) / values.length).toBeCloseTo(0.5, 1);
    expect(new Random(3, 3).next()).not.toBe(values[0]);
  });

  it('noise is small, smooth and differs from seed to seed', () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), fc.double({ min: 0, max: 200, noNaN: true }), (seed, x) => {
        expect(Math.abs(drift(seed, x))).toBeLessThanOrEqual(1);
        expect(Math.abs(drift(seed, x + 0.001) - drift(seed, x))).toBeLessThan(0.01);
      }),
    );
  });
});

describe('shapes', () => {
  it('ease starts and ends at rest and never passes its ends', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -1, max: 2, noNaN: true }),
        fc.double({ min: -0.5, max: 0.6, noNaN: true }),
        (u, skew) => {
          expect(ease(u, skew)).toBeGreaterThanOrEqual(0);
          expect(ease(u, skew)).toBeLessThanOrEqual(1);
          expect(ease(u + 0.01, skew)).toBeGreaterThanOrEqual(ease(u, skew) - 1e-12);
        },
      ),
    );
    expect(ease(0.001, 0.3)).toBeLessThan(1e-7);
    expect(1 - ease(0.999, 0.3)).toBeLessThan(1e-7);
  });

  it('softLimit leaves small values alone and never passes the limit', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -1e6, max: 1e6, noNaN: true }),
        fc.double({ min: 0.1, max: 20, noNaN: true }),
        (value, limit) => {
          expect(Math.abs(softLimit(value, limit))).toBeLessThanOrEqual(limit);
          if (Math.abs(value) <= 0.85 * limit) expect(softLimit(value, limit)).toBe(value);
        },
      ),
    );
  });
});
