import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FlowConstants } from '../../../src/contracts/flow.ts';
import type { DecodeTile } from '../../../src/core/flow/decode.ts';
import { decodeFrames } from '../../../src/core/flow/decode.ts';
import type { FlowShape } from '../../../src/core/flow/layout.ts';
import { flowShape } from '../../../src/core/flow/layout.ts';
import { normals } from '../../../src/core/flow/noise.ts';
import { GraphShelf } from '../../../src/core/flow/shelf.ts';
import { blendShares, frameOf, spatialOverlap, tileStarts } from '../../../src/core/flow/tiling.ts';
import { localDecoder } from './local-decoder.ts';

describe('tiles', () => {
  test('cover everything, share what they should, and are no more than needed', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 40 }),
        fc.nat(39),
        (length, size, less) => {
          const overlap = Math.min(less, size - 1);
          const starts = tileStarts(length, size, overlap);
          expect(starts[0]).toBe(0);
          expect((starts.at(-1) ?? 0) + size).toBeGreaterThanOrEqual(length);
          if (size < length) expect((starts.at(-1) ?? 0) + size).toBe(length);
          for (const [i, start] of starts.slice(1).entries()) {
            expect((starts[i] ?? 0) + size - start).toBeGreaterThanOrEqual(overlap);
            expect(start).toBeGreaterThan(starts[i] ?? 0);
          }
          // One tile fewer, each sharing no more than it must, would not reach the end.
          const reach = size + (starts.length - 2) * (size - overlap);
          if (starts.length > 1) expect(reach).toBeLessThan(length);
        },
      ),
    );
  });

  test('that never move on are refused', () => {
    expect(() => tileStarts(10, 4, 4)).toThrow(RangeError);
    expect(() => tileStarts(10, 4, -1)).toThrow(RangeError);
  });

  test('count for 1 together everywhere, also where three meet', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 60 }),
        fc.integer({ min: 2, max: 12 }),
        fc.nat(11),
        (length, size, less) => {
          const overlap = Math.min(less, size - 1);
          const starts = tileStarts(length, size, overlap);
          const spans = starts.map((start) => [start, start + Math.min(size, length)] as const);
          const shares = blendShares(spans);
          const sums = new Float64Array(length);
          for (const [i, [from]] of spans.entries()) {
            for (const [k, share] of (shares[i] ?? new Float64Array()).entries()) {
              expect(share).toBeGreaterThanOrEqual(0);
              sums[from + k] = (sums[from + k] ?? 0) + share;
            }
          }
          for (const sum of sums) expect(Math.abs(sum - 1)).toBeLessThan(1e-12);
        },
      ),
    );
  });

  test('fade into each other in equal steps', () => {
    const [first, second] = blendShares([
      [0, 5],
      [3, 8],
    ]);
    expect([...(first ?? [])].map((share) => share.toFixed(3))).toEqual([
      '1.000',
      '1.000',
      '1.000',
      '0.667',
      '0.333',
    ]);
    expect([...(second ?? [])].map((share) => share.toFixed(3))).toEqual([
      '0.333',
      '0.667',
      '1.000',
      '1.000',
      '1.000',
    ]);
  });

  test('of few cells still share some', () => {
    expect([2, 3, 8, 16, 40].map(spatialOverlap)).toEqual([1, 2, 2, 2, 5]);
  });
});

describe('decoding', () => {
  const layout = {
    latent: { channels: 3, temporal: 4, spatial: 2 },
    patch: [1, 1, 1] as [number, number, number],
  };
  const shape = flowShape(layout, { width: 22, height: 14, frames: 29 });
  const latents = normals(5, [0, 0, 0], 3 * shape.latentFrames * 11 * 7);
  const tiles = (frames: number, overlap: number): FlowConstants['decode'] => ({
    kind: 'tiles',
    frames,
    overlap,
    noise: 0,
    normalised: true,
    range: [-4, 4],
  });
  const stream: FlowConstants['decode'] = {
    kind: 'stream',
    memory: [{ channels: 3, scale: 1 }],
    dropFrames: 3,
    normalised: true,
    range: [-20, 20],
  };
  const whole: DecodeTile = { rows: 7, columns: 11 };

  async function decode(
    constants: FlowConstants['decode'],
    tile: DecodeTile,
    of: FlowShape = shape,
  ): Promise<{
    frames: Float32Array[];
    runsBefore: number[];
    runs: number;
    told: [number, number][];
    inUse: number;
  }> {
    const runtime = localDecoder(constants, 4, 2);
    const shelf = new GraphShelf(runtime, false, () => 0, undefined);
    const told: [number, number][] = [];
    const frames: Float32Array[] = [];
    const runsBefore: number[] = [];
    const stream = decodeFrames({
      decode: constants,
      shape: of,
      latents,
      tile,
      shelf,
      runtime,
      onRun: (done, total) => told.push([done, total]),
    });
    for await (const frame of stream) {
      frames.push(frame);
      runsBefore.push(runtime.runs);
    }
    return { frames, runsBefore, runs: runtime.runs, told, inUse: runtime.inUse };
  }

  function worst(a: readonly Float32Array[], b: readonly Float32Array[]): number {
    expect(a.length).toBe(b.length);
    let most = 0;
    for (const [k, frame] of a.entries()) {
      expect(frame.length).toBe(b[k]?.length);
      for (let i = 0; i < frame.length; i++)
        most = Math.max(most, Math.abs((frame[i] ?? NaN) - (b[k]?.[i] ?? NaN)));
    }
    return most;
  }

  test.each([
    [3, 1, whole],
    [4, 2, whole],
    [3, 2, whole],
    [8, 1, { rows: 3, columns: 4 }],
    [3, 1, { rows: 4, columns: 11 }],
    [5, 3, { rows: 2, columns: 3 }],
  ])(
    'in tiles of %d latent frames, sharing %d, of %j cells gives what decoding at once does',
    async (n, overlap, tile) => {
      const at = await decode(tiles(8, 1), whole);
      expect(at.runs).toBe(1);
      expect(at.frames).toHaveLength(29);
      const parts = await decode(tiles(n, overlap), tile);
      expect(worst(parts.frames, at.frames)).toBeLessThan(3e-7);
      expect(parts.told.at(-1)).toEqual([parts.runs, parts.runs]);
      expect(parts.inUse).toBe(0);
    },
  );

  test('hands out frames before later tiles are decoded', async () => {
    // Tiles of 3 start at 0, 2, 3 and 5 of 8: frames before 8 are final after the first run.
    const { runsBefore, runs } = await decode(tiles(3, 1), whole);
    expect(runs).toBe(4);
    expect(runsBefore.filter((count) => count === 1)).toHaveLength(8);
    expect(runsBefore.at(-1)).toBe(4);
  });

  test.each([whole, { rows: 3, columns: 4 }])('a stream remembers, tile by tile (%j)', async (tile) => {
    const { frames, runsBefore, runs, inUse } = await decode(stream, tile);
    expect(frames).toHaveLength(29);
    const tilesOf = runs / 8;
    expect(runsBefore[0]).toBe(tilesOf);
    expect(inUse).toBe(0);
    // Frame 4·f shows the sum of latent frames 0…f, and 3 hundredths for being the fourth of its run.
    let most = 0;
    for (let f = 0; f < 8; f++) {
      for (let c = 0; c < 3; c++) {
        for (let cell = 0; cell < 77; cell++) {
          let sum = 0;
          for (let g = 0; g <= f; g++) sum += latents[(c * 8 + g) * 77 + cell] ?? 0;
          const at = c * 22 * 14 + Math.floor(cell / 11) * 2 * 22 + (cell % 11) * 2;
          most = Math.max(most, Math.abs((frames[4 * f]?.[at] ?? NaN) - (sum + 0.03 + 20) / 40));
        }
      }
    }
    expect(most).toBeLessThan(1e-6);
  });

  test('a stream that is left early frees its memory', async () => {
    const runtime = localDecoder(stream, 4, 2);
    const shelf = new GraphShelf(runtime, false, () => 0, undefined);
    const frames = decodeFrames({ decode: stream, shape, latents, tile: whole, shelf, runtime });
    await frames.next();
    expect(runtime.inUse).toBeGreaterThan(0);
    await frames.return();
    expect(runtime.inUse).toBe(0);
  });

  test('black and white are where the pack says, and nothing goes beyond', () => {
    const data = Float32Array.of(-3, -1, 0, 1, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    const block = { data, frames: 1, width: 5, height: 1 };
    expect([...frameOf(block, 0, [-1, 1]).subarray(0, 5)]).toEqual([0, 0, 0.5, 1, 1]);
  });
});
