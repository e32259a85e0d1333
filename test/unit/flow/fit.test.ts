import { describe, expect, test } from 'vitest';
import type { FlowConstants } from '../../../src/contracts/flow.ts';
import { flowConstantsSchema } from '../../../src/contracts/flow.ts';
import type { Pack } from '../../../src/contracts/pack.ts';
import { parsePack } from '../../../src/contracts/pack.ts';
import { sayAbout, sayBytes } from '../../../src/core/flow/fit-words.ts';
import type { DeviceLimits } from '../../../src/core/flow/memory.ts';
import { memoryPlan } from '../../../src/core/flow/memory.ts';
import { flowSeconds, learntSpeed } from '../../../src/core/flow/speed.ts';
import type { FlowWish } from '../../../src/core/flow/speed.ts';
import * as v from 'valibot';
import { LTX_RAW } from './constants.ts';

const GIB = 1024 ** 3;
const MIB = 1024 ** 2;

const terms = (perToken: number, perPixel: number, squared = 0): Record<string, unknown> => ({
  fixed: 0,
  perToken,
  perTokenSquared: squared,
  perPixel,
});

/** Memory and arithmetic of about LTX 2B's size. */
const constants: FlowConstants = v.parse(flowConstantsSchema, {
  ...LTX_RAW,
  sizes: [
    { width: 512, height: 320, frames: 25 },
    { width: 704, height: 480, frames: 25 },
    { width: 1216, height: 704, frames: 73 },
  ],
  activations: {
    vae_encode: { ...terms(0, 400), largest: terms(0, 200) },
    dit_context: { ...terms(0, 0), fixed: 60 * MIB, largest: { ...terms(0, 0), fixed: 30 * MIB } },
    dit_step: { ...terms(60_000, 0, 130), largest: terms(24_000, 0, 128) },
    vae_decode: { ...terms(0, 200), largest: terms(0, 100) },
    text_encoder: { ...terms(0, 0), fixed: 100 * MIB, largest: { ...terms(0, 0), fixed: 60 * MIB } },
  },
  work: {
    vae_encode: terms(0, 2_000_000),
    dit_context: { ...terms(0, 0), fixed: 3e10 },
    dit_step: terms(4e9, 0, 230_000),
    vae_decode: terms(0, 1_500_000),
    text_encoder: { ...terms(0, 0), fixed: 1.2e12 },
  },
});

const tensor = { name: 'x', type: 'float32', shape: [1] };
const graph = (id: string, weights: number): Record<string, unknown> => ({
  id,
  file: `${id}.onnx`,
  sha256: 'a'.repeat(64),
  bytes: MIB,
  opset: 21,
  dtype: 'int4',
  inputs: [tensor],
  outputs: [tensor],
  licence: 'MIT',
  source: 'made',
  shards: [{ path: 'w', file: `${id}.bin`, sha256: 'b'.repeat(64), bytes: weights }],
});
const pack: Pack = parsePack({
  format: 1,
  id: 'ltx',
  version: '1.0.0',
  engine: 'flow',
  title: 'LTX',
  licence: { spdx: 'MIT', text: 'text' },
  source: 'made',
  tier: 'advanced',
  graphs: [
    graph('text_encoder', 2600 * MIB),
    graph('vae_encode', 460 * MIB),
    graph('dit_context', 200 * MIB),
    graph('dit_step', 1000 * MIB),
    graph('vae_decode', 900 * MIB),
  ],
  constants: {},
  limits: {},
});

const card: DeviceLimits = {
  provider: 'webgpu',
  maxBufferSize: 2 * GIB,
  maxStorageBufferBindingSize: 2 * GIB,
  streams: true,
  deviceBytes: 8 * GIB,
};
const [usual, larger, huge] = constants.sizes;
if (!usual || !larger || !huge) throw new Error('three sizes');
const wish: FlowWish = { size: usual, frames: 75, fps: 25, words: 0 };

describe('the plan', () => {
  test('adds up what the manifest says', () => {
    const plan = memoryPlan(pack, constants, usual, card, false);
    // 4·10·16 tokens; 512·320·25 pixels of one run of the decoder.
    const step = plan.graphs.find((memory) => memory.graph === 'dit_step');
    expect(step).toMatchObject({
      weights: 1000 * MIB,
      activations: 60_000 * 640 + 130 * 640 ** 2,
      largest: 24_000 * 640 + 128 * 640 ** 2,
    });
    const decode = plan.graphs.find((memory) => memory.graph === 'vae_decode');
    expect(decode?.activations).toBe(200 * 512 * 320 * 25);
    expect(plan.problems).toEqual([]);
    expect(plan.oneSession).toBe(false);
    expect(plan.peakBytes).toBe(2560 * MIB + (decode?.activations ?? 0));
    expect(plan.graphs.some((memory) => memory.graph === 'text_encoder')).toBe(false);
  });

  test('holds one graph at a time where all together are too much', () => {
    const plan = memoryPlan(pack, constants, usual, { ...card, deviceBytes: 3 * GIB }, false);
    expect(plan.oneSession).toBe(true);
    expect(plan.peakBytes).toBe(900 * MIB + 200 * 512 * 320 * 25);
    expect(plan.problems).toEqual([]);
    // Nobody knows what the card holds: better be careful.
    const unknown: DeviceLimits = {
      provider: 'webgpu',
      maxBufferSize: GIB,
      maxStorageBufferBindingSize: GIB,
      streams: true,
    };
    expect(memoryPlan(pack, constants, usual, unknown, false).oneSession).toBe(true);
  });

  test('decodes in tiles where one buffer would be too large, in as few as will do', () => {
    const small = { ...card, maxStorageBufferBindingSize: 128 * MIB };
    const plan = memoryPlan(pack, constants, usual, small, false);
    expect(plan.problems).toEqual([]);
    const { rows, columns } = plan.decodeTile;
    const largest = (r: number, c: number): number => 100 * r * c * 32 * 32 * 25;
    expect(largest(10, 16)).toBeGreaterThan(128 * MIB);
    expect(largest(rows, columns)).toBeLessThanOrEqual(128 * MIB);
    expect(plan.graphs.find((memory) => memory.graph === 'vae_decode')?.largest).toBe(largest(rows, columns));
    expect(plan.decodeRuns).toBe(5);
    expect(memoryPlan(pack, constants, usual, card, false).decodeRuns).toBe(1);
  });

  test('says what stands in the way', () => {
    const tiny = { ...card, maxBufferSize: 32 * MIB };
    const { problems } = memoryPlan(pack, constants, usual, tiny, false);
    expect(problems).toContainEqual({
      graph: 'dit_step',
      what: 'buffer',
      needs: 24_000 * 640 + 128 * 640 ** 2,
      gives: 32 * MIB,
    });
    const noRoom = memoryPlan(pack, constants, usual, { ...card, deviceBytes: GIB }, false);
    expect(noRoom.problems.map(({ graph, what }) => `${graph} ${what}`)).toEqual(['dit_step device']);
  });
});

describe('the time', () => {
  const plan = memoryPlan(pack, constants, usual, card, false);

  test('is work over speed, for every run, and making the sessions', () => {
    const step = 4e9 * 640 + 230_000 * 640 ** 2;
    const pixels = 512 * 320;
    const parts = 4; // 75 frames in parts of 25 that go on 18 frames later.
    const work = 3e10 + parts * (2_000_000 * pixels + 7 * step + 1_500_000 * pixels * 25);
    const ready = { probe: 5e9, openMs: 0 };
    expect(flowSeconds(pack, constants, wish, plan, ready)).toBeCloseTo(work / 5e9 / 1000, 9);
    expect(flowSeconds(pack, constants, wish, plan, { probe: 5e9, openMs: 100 })).toBeCloseTo(
      work / 5e9 / 1000 + 0.4,
      9,
    );
    // One at a time, each part of the clip makes encoder, step and decoder anew.
    const alone = { ...plan, oneSession: true };
    expect(flowSeconds(pack, constants, wish, alone, { probe: 5e9, openMs: 100 })).toBeCloseTo(
      work / 5e9 / 1000 + 1.3,
      9,
    );
  });

  const one = { ...wish, frames: 25 };
  const times = {
    openMs: 800,
    runMs: 1510,
    runs: { dit_step: [900, 100, 110], vae_decode: [400] },
    sinkMs: 50,
    totalMs: 2500,
    resumedSteps: 0,
  };

  test('of a pack that ran before is what it took then', () => {
    const learnt = learntSpeed(pack, constants, one, plan, times);
    expect(Object.keys(learnt.graphs).sort()).toEqual(['dit_step', 'vae_decode']);
    expect(learnt.openMs).toBe(200);
    // 140 ms of the total were neither sessions nor the encoder's.
    expect(learnt.restMs).toBeCloseTo(140 / (512 * 320 * 25), 12);
    const seconds = flowSeconds(pack, constants, one, plan, { probe: 1e15, ...learnt });
    expect(seconds).toBeCloseTo((7 * 110 + 400 + 800 + 140) / 1000, 3);
  });

  test('changes by half with each job, and a job that went on from a saved state tells of its runs alone', () => {
    const before = learntSpeed(pack, constants, one, plan, times);
    const faster = { ...times, runs: { dit_step: [55] }, openMs: 400, resumedSteps: 5 };
    const after = learntSpeed(pack, constants, one, plan, faster, before);
    expect((after.graphs['dit_step'] ?? 0) / (before.graphs['dit_step'] ?? 1)).toBeCloseTo(1.5, 9);
    expect(after.graphs['vae_decode']).toBe(before.graphs['vae_decode']);
    expect([after.openMs, after.restMs]).toEqual([before.openMs, before.restMs]);
    const whole = learntSpeed(pack, constants, one, plan, { ...faster, resumedSteps: 0 }, before);
    expect(whole.openMs).toBe(150);
  });

  test('is not told where the machine could not be measured, unless every graph ran before', () => {
    expect(flowSeconds(pack, constants, wish, plan, { probe: null })).toBeNull();
    const graphs = { vae_encode: 1e9, dit_context: 1e9, dit_step: 1e9, vae_decode: 1e9 };
    expect(flowSeconds(pack, constants, wish, plan, { probe: null, graphs })).toBeGreaterThan(1);
  });

  test('is told from weights where the pack does not say, and not at all where they don’t tell', () => {
    const { dit_step: _, ...work } = constants.work;
    const some = flowSeconds(pack, { ...constants, work }, wish, plan, { probe: 5e9 });
    const all = flowSeconds(pack, constants, wish, plan, { probe: 5e9 });
    expect((some ?? 0) / (all ?? 1)).toBeGreaterThan(0.8);
    expect((some ?? 0) / (all ?? 1)).toBeLessThan(1.25);
    expect(flowSeconds(pack, { ...constants, work: {} }, wish, plan, { probe: 5e9 })).toBeNull();
  });
});

describe('the words', () => {
  test.each([
    [0.4, 'about a second'],
    [4.4, 'about 4 s'],
    [38, 'about 40 s'],
    [100, 'about 2 min'],
    [7300, 'about 2 h'],
  ])('says %d s as %s', (seconds, words) => {
    expect(sayAbout(seconds)).toBe(words);
  });

  test.each([
    [1.24e9, '1.2 GB'],
    [256 * MIB, '268 MB'],
    [2000, '2 kB'],
  ])('says %d bytes as %s', (bytes, words) => {
    expect(sayBytes(bytes)).toBe(words);
  });
});
