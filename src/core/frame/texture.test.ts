import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textureSize } from './texture.ts';

describe('the size of a texture', () => {
  it('is what was asked for where it fits', () => {
    expect(textureSize({ width: 3000, height: 2000 }, 1200, 8192)).toEqual({ width: 1200, height: 800 });
  });

  it('is even, and never longer than the machine’s textures, for any picture', () => {
    const side = fc.integer({ min: 64, max: 8192 });
    fc.assert(
      fc.property(
        side,
        side,
        fc.double({ min: 2, max: 40_000, noNaN: true }),
        fc.constantFrom(2048, 4096, 8192, 16384),
        (width, height, across, longest) => {
          const size = textureSize({ width, height }, across, longest);
          for (const one of [size.width, size.height]) {
            expect(one % 2).toBe(0);
            expect(one).toBeGreaterThanOrEqual(2);
            expect(one).toBeLessThanOrEqual(longest);
          }
          const wanted = Math.min(across, longest, (longest * width) / height);
          expect(Math.abs(size.width - wanted)).toBeLessThanOrEqual(2);
        },
      ),
    );
  });

  it('keeps a tall panorama that reaches the limit inside it', () => {
    expect(textureSize({ width: 1000, height: 9700 }, 1080, 8192)).toEqual({ width: 844, height: 8192 });
  });
});
