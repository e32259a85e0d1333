import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { flowConstants } from '../../../src/contracts/flow.ts';
import { packGraph, parsePack } from '../../../src/contracts/pack.ts';
import type { DeviceLimits } from '../../../src/core/flow/memory.ts';
import { evaluate, graphMemory, heapTogether, memoryPlan } from '../../../src/core/flow/memory.ts';

const GIB = 1024 ** 3;
const size = { width: 512, height: 320, frames: 25 };
/** Share of the picture in the decoder's tile that was measured: 4 × 4 of 10 × 16 cells. */
const TILE = 16 / 160;
const manifest = new URL('../../fixtures/flow/ltx-2b.pack.json', import.meta.url);
/** A pack in LTX 2B's shapes, int4 with an int8 autoencoder, as the exporter described it. */
const pack = parsePack(JSON.parse(await readFile(manifest, 'utf8')));
const constants = flowConstants(pack);
const wasm: DeviceLimits = {
  provider: 'wasm',
  maxBufferSize: 0,
  maxStorageBufferBindingSize: 0,
  streams: false,
};
const card: DeviceLimits = {
  provider: 'webgpu',
  maxBufferSize: 2 * GIB,
  maxStorageBufferBindingSize: 2 * GIB,
  streams: true,
};

const memoryOf = (id: string, limits: DeviceLimits): ReturnType<typeof graphMemory> =>
  graphMemory(pack, constants, size, limits, packGraph(pack, id), id === 'vae_decode' ? TILE : 1);

describe('the heap of a pack in LTX 2B’s shapes', () => {
  // Megabytes of WebAssembly's memory in Chromium 156: `npm run full -- --run`.
  test.each([
    ['dit_context', 261, 313],
    ['vae_encode', 245, 423],
    ['dit_step', 1416, 1837],
    ['vae_decode', 572, 1310],
  ])('for %s is what was measured, or a little more', (id, opened, ran) => {
    const { opening, heap } = memoryOf(id, wasm);
    expect(opening / 1e6 / opened).toBeGreaterThan(1);
    expect(opening / 1e6 / opened).toBeLessThan(1.15);
    expect(heap / 1e6 / ran).toBeGreaterThan(1);
    // Runs of less than half a gigabyte stand in nobody's way.
    expect(heap / 1e6 / ran).toBeLessThan(ran > 500 ? 1.15 : 1.65);
  });

  test('with all sessions open is what was measured, or a little more', () => {
    const idle = { ...constants, activations: {} };
    const { heapBytes, oneSession } = memoryPlan(pack, idle, size, wasm, true);
    expect(oneSession).toBe(false);
    expect(heapBytes / 1e6 / 2267).toBeGreaterThan(1);
    expect(heapBytes / 1e6 / 2267).toBeLessThan(1.15);
  });

  test('with all sessions open and run is what was measured, or a little more', () => {
    const memories = pack.graphs.map(({ id }) => memoryOf(id, wasm));
    const heap = heapTogether('wasm', pack.graphs, memories);
    expect(heap / 1e6 / 3024).toBeGreaterThan(1);
    expect(heap / 1e6 / 3024).toBeLessThan(1.15);
  });

  test.each([
    ['dit_context', 152],
    ['dit_step', 489],
  ])('for %s on a graphics card is that of its halves', (id, opened) => {
    for (const streams of [true, false]) {
      const { opening, heap } = memoryOf(id, { ...card, streams });
      expect(heap).toBe(opening);
      expect(opening / 1e6 / opened).toBeGreaterThan(1);
      expect(opening / 1e6 / opened).toBeLessThan(1.2);
    }
  });

  test('is next to nothing on a graphics card where weights are bytes', () => {
    expect(memoryOf('vae_encode', card).heap).toBeLessThan(20e6);
    expect(memoryOf('vae_decode', card).heap).toBeLessThan(20e6);
  });

  test('holds every session below 4 GiB, and all of them where WebAssembly computes', () => {
    const plan = memoryPlan(pack, constants, size, wasm, true);
    expect(plan.problems).toEqual([]);
    expect(plan.oneSession).toBe(false);
    expect(plan.heapBytes).toBeLessThan(4 * GIB);
    expect(plan.heapBytes).toBeGreaterThan(Math.max(...plan.graphs.map(({ heap }) => heap)));
    const small = memoryPlan(pack, constants, size, { ...wasm, heapBytes: 2.5 * GIB }, true);
    expect(small.problems).toEqual([]);
    expect(small.oneSession).toBe(true);
    expect(small.heapBytes).toBe(Math.max(...small.graphs.map(({ heap }) => heap)));
  });

  test('decodes in tiles, or says what is missing, where the heap is smaller yet', () => {
    const whole = memoryPlan(pack, constants, size, wasm, false);
    expect(whole.decodeTile).toEqual({ rows: 10, columns: 16 });
    // Nine tenths of it are planned with: enough for a step, and not quite for all of the picture.
    const most = Math.max(...whole.graphs.map(({ heap }) => heap));
    const tiled = memoryPlan(pack, constants, size, { ...wasm, heapBytes: (0.99 * most) / 0.9 }, false);
    expect(tiled.problems).toEqual([]);
    expect(tiled.decodeRuns).toBeGreaterThan(whole.decodeRuns);
    const none = memoryPlan(pack, constants, size, { ...wasm, heapBytes: GIB }, false);
    expect(none.problems.map(({ graph, what }) => `${graph} ${what}`)).toContain('dit_step heap');
  });
});

describe('halves', () => {
  const graph = packGraph(pack, 'vae_decode');
  const heapOf = (dtype: 'fp16' | 'int8', limits: DeviceLimits, halfBytes?: number): number => {
    const { halfBytes: _, ...rest } = graph;
    const changed = { ...rest, dtype, ...(halfBytes === undefined ? {} : { halfBytes }) };
    return graphMemory(pack, constants, size, limits, changed).opening;
  };

  test('of a pack that doesn’t say how many they are: all of fp16, none of int8', () => {
    expect(heapOf('fp16', card)).toBe(heapOf('fp16', card, 529e6));
    expect(heapOf('fp16', card)).toBeGreaterThan(2.9 * 529e6);
    expect(heapOf('int8', card)).toBeLessThan(20e6);
    expect(heapOf('int8', wasm)).toBeGreaterThan(heapOf('int8', wasm, 0));
  });

  test('become floats on the card', () => {
    const { weights } = memoryOf('dit_step', card);
    const step = packGraph(pack, 'dit_step');
    const stored = step.shards.reduce((sum, { bytes }) => sum + bytes, 0);
    expect(weights).toBe(stored + (step.halfBytes ?? 0));
  });
});

test('the larger of two lines counts', () => {
  const terms = {
    fixed: 0,
    perToken: 0,
    perTokenSquared: 0,
    perPixel: 2,
    least: { fixed: 100, perPixel: 1 },
  };
  expect([10, 100, 200].map((pixels) => evaluate(terms, 0, pixels))).toEqual([110, 200, 400]);
});
