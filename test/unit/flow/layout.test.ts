import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  cutLatents,
  denormalise,
  flowShape,
  framesOf,
  normalise,
  pictureMask,
  toLatents,
  toTokens,
  wholeFrames,
} from '../../../src/core/flow/layout.ts';
import { LTX, WAN } from './constants.ts';

const count = (length: number): Float32Array => Float32Array.from({ length }, (_, i) => i);

describe('shapes', () => {
  test('of LTX-Video at 512×320, 25 frames', () => {
    const constants = { latent: { channels: 128, temporal: 8, spatial: 32 }, patch: LTX.patch };
    expect(flowShape(constants, { width: 512, height: 320, frames: 25 })).toMatchObject({
      latentFrames: 4,
      latentHeight: 10,
      latentWidth: 16,
      tokens: 640,
      pictureTokens: 160,
      tokenWidth: 128,
    });
  });

  test('of Wan 2.2 at 1280×704, 121 frames', () => {
    const constants = { latent: { channels: 48, temporal: 4, spatial: 16 }, patch: WAN.patch };
    expect(flowShape(constants, { width: 1280, height: 704, frames: 121 })).toMatchObject({
      latentFrames: 31,
      latentHeight: 44,
      latentWidth: 80,
      rows: 22,
      columns: 40,
      tokens: 31 * 22 * 40,
      tokenWidth: 192,
    });
  });

  test.each([
    { width: 150, height: 96, frames: 25 },
    { width: 160, height: 90, frames: 25 },
    { width: 160, height: 96, frames: 24 },
    { width: 0, height: 96, frames: 25 },
  ])('refuses %j', (size) => {
    expect(() => flowShape(LTX, size)).toThrow(RangeError);
  });

  test('frames go up to whole latent frames', () => {
    expect([1, 2, 9, 10, 72].map((n) => wholeFrames(n, 8))).toEqual([1, 9, 9, 17, 73]);
    expect(framesOf(10, 8)).toBe(73);
  });
});

describe('tokens', () => {
  test('run over frames, rows, columns, and inside over channels, rows, columns', () => {
    const constants = { latent: { channels: 2, temporal: 4, spatial: 1 }, patch: WAN.patch };
    const shape = flowShape(constants, { width: 6, height: 4, frames: 9 });
    const tokens = toTokens(count(2 * 3 * 4 * 6), shape);
    // Token 0, and token 7: frame 1, row 0, column 1.
    expect([...tokens.subarray(0, 8)]).toEqual([0, 1, 6, 7, 72, 73, 78, 79]);
    expect([...tokens.subarray(56, 64)]).toEqual([26, 27, 32, 33, 98, 99, 104, 105]);
  });

  test('come back as the latents they were', () => {
    fc.assert(
      fc.property(
        fc.record({
          channels: fc.integer({ min: 1, max: 5 }),
          rows: fc.integer({ min: 1, max: 4 }),
          columns: fc.integer({ min: 1, max: 4 }),
          frames: fc.integer({ min: 1, max: 4 }),
          patchHeight: fc.integer({ min: 1, max: 3 }),
          patchWidth: fc.integer({ min: 1, max: 3 }),
        }),
        ({ channels, rows, columns, frames, patchHeight, patchWidth }) => {
          const shape = flowShape(
            { latent: { channels, temporal: 4, spatial: 8 }, patch: [1, patchHeight, patchWidth] },
            { width: columns * patchWidth * 8, height: rows * patchHeight * 8, frames: (frames - 1) * 4 + 1 },
          );
          const latents = count(shape.tokens * shape.tokenWidth);
          const tokens = toTokens(latents, shape);
          expect(toLatents(tokens, shape)).toEqual(latents);
          expect(new Set(tokens).size).toBe(tokens.length);
        },
      ),
      { numRuns: 50 },
    );
  });

  test('of the picture come first and are masked', () => {
    const shape = flowShape(LTX, { width: 160, height: 96, frames: 25 });
    const mask = pictureMask(shape);
    expect(mask).toHaveLength(60);
    expect([...mask.entries()].filter(([, m]) => m === 1).map(([i]) => i)).toEqual([...count(15)]);
    const latents = toLatents(
      Float32Array.from({ length: 60 * 4 }, (_, i) => mask[Math.floor(i / 4)] ?? 0),
      shape,
    );
    // In every channel the first frame, and nothing else.
    for (let c = 0; c < 4; c++) {
      expect(latents.subarray(c * 60, c * 60 + 15).every((m) => m === 1)).toBe(true);
      expect(latents.subarray(c * 60 + 15, c * 60 + 60).every((m) => m === 0)).toBe(true);
    }
  });

  test('are not made of a part of a frame', () => {
    const shape = flowShape(LTX, { width: 160, height: 96, frames: 25 });
    expect(() => toTokens(new Float32Array(7), shape)).toThrow(RangeError);
  });
});

test('latents are normalised by channel, and back', () => {
  const latents = Float32Array.of(1.5, 2.5, 1.75, -0.25, 0.5, 1, 5, -3);
  const { mean, std } = LTX.latent;
  const same = latents.slice();
  normalise(same, mean, std);
  expect([...same]).toEqual([1, 2, 1, 0, 1, 2, 1, -1]);
  denormalise(same, mean, std);
  expect(same).toEqual(latents);
});

test('a box is cut out of latents', () => {
  const shape = flowShape(LTX, { width: 160, height: 96, frames: 25 });
  const part = cutLatents(count(240), shape, { frames: [1, 3], rows: [1, 2], columns: [2, 4] });
  expect([...part.subarray(0, 4)]).toEqual([22, 23, 37, 38]);
  expect([...part.subarray(12)]).toEqual([202, 203, 217, 218]);
  const whole = { frames: [0, 4], rows: [0, 3], columns: [0, 5] } as const;
  expect(cutLatents(count(240), shape, whole)).toEqual(count(240));
});
