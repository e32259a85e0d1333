import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFramePlanes, framePlanesToRgba } from '../draw/planes.ts';
import { VideoPlanes } from './video-planes.ts';

/** Planes of a picture, 0…1. @param at red, green and blue of a place, fractions of the picture. */
function draw(width: number, height: number, at: (x: number, y: number) => readonly number[]): Float32Array {
  const planes = new Float32Array(3 * width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const colour = at((x + 0.5) / width, (y + 0.5) / height);
      for (let c = 0; c < 3; c++) planes[(c * height + y) * width + x] = colour[c] ?? 0;
    }
  }
  return planes;
}

/** What a decoder shows of it. */
function shown(planes: Float32Array, given: [number, number], wanted: [number, number]): Uint8ClampedArray {
  const [width, height] = wanted;
  const made = new VideoPlanes({ width: given[0], height: given[1] }, { width, height }).draw(planes);
  const rgba = new Uint8ClampedArray(4 * width * height);
  framePlanesToRgba(made, rgba);
  return rgba;
}

describe('frames of a model as video', () => {
  it.each([
    ['black', [0, 0, 0], [16, 128, 128]],
    ['white', [1, 1, 1], [235, 128, 128]],
    ['red', [1, 0, 0], [63, 102, 240]],
    ['green', [0, 1, 0], [173, 42, 26]],
    ['blue', [0, 0, 1], [32, 240, 118]],
  ] as const)('%s has the bytes of BT.709 in limited range', (_name, colour, bytes) => {
    const { data, offsets } = new VideoPlanes({ width: 8, height: 4 }, { width: 16, height: 8 }).draw(
      draw(8, 4, () => colour),
    );
    expect(offsets.map((offset) => data[offset])).toEqual(bytes);
    expect(new Set(data.subarray(offsets[1], offsets[2]))).toEqual(new Set([bytes[1]]));
  });

  it.each([
    ['the same size', [40, 24], [40, 24]],
    ['a larger one', [40, 24], [120, 72]],
    ['a smaller one', [120, 72], [40, 24]],
    ['another shape', [64, 48], [90, 120]],
  ] as const)('keeps a smooth picture at %s', (_name, given, wanted) => {
    const at = (x: number, y: number): number[] => [0.2 + 0.6 * x, 0.3 + 0.4 * y, 0.7 - 0.3 * x * y];
    const found = shown(draw(given[0], given[1], at), [...given], [...wanted]);
    const [width, height] = wanted;
    for (let y = 2; y < height - 2; y++) {
      for (let x = 2; x < width - 2; x++) {
        const right = at((x + 0.5) / width, (y + 0.5) / height);
        for (let c = 0; c < 3; c++) {
          expect(Math.abs((found[4 * (y * width + x) + c] ?? 0) - 255 * (right[c] ?? 0))).toBeLessThan(6);
        }
      }
    }
  });

  it('gives the same bytes as the planes of the portrait pack where nothing is scaled', () => {
    const frame = createFramePlanes(8, 6);
    expect(
      new VideoPlanes({ width: 8, height: 6 }, { width: 8, height: 6 }).draw(draw(8, 6, () => [0, 0, 0])),
    ).toMatchObject({
      width: 8,
      height: 6,
      stride: frame.stride,
      offsets: frame.offsets,
    });
  });

  it('averages what is too fine to show, instead of picking pixels', () => {
    const found = shown(
      draw(64, 64, (x) => (Math.floor(x * 64) % 2 === 0 ? [1, 1, 1] : [0, 0, 0])),
      [64, 64],
      [16, 16],
    );
    // The outermost are taken twice at the border.
    for (let y = 0; y < 16; y++) {
      for (let x = 2; x < 14; x++) expect(Math.abs((found[4 * (16 * y + x)] ?? 0) - 127.5)).toBeLessThan(8);
    }
  });

  it('never leaves the legal range, even where sharp edges overshoot', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 48, maxLength: 48 }), (dots) => {
        const planes = Float32Array.from({ length: 144 }, (_, i) => (dots[i % 48] ? 1 : 0));
        const { data, offsets } = new VideoPlanes({ width: 8, height: 6 }, { width: 24, height: 18 }).draw(
          planes,
        );
        const luma = data.subarray(0, offsets[1]);
        expect(Math.min(...luma)).toBeGreaterThanOrEqual(16);
        expect(Math.max(...luma)).toBeLessThanOrEqual(235);
        expect(Math.max(...data)).toBeLessThanOrEqual(240);
      }),
      { numRuns: 40 },
    );
  });

  it('refuses a frame of another size', () => {
    const video = new VideoPlanes({ width: 8, height: 6 }, { width: 8, height: 6 });
    expect(() => video.draw(new Float32Array(3))).toThrow(RangeError);
  });
});
