import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import * as v from 'valibot';
import type { FlowConstants, FlowSize } from '../../../src/contracts/flow.ts';
import { flowConstants, flowConstantsSchema } from '../../../src/contracts/flow.ts';
import type { Pack } from '../../../src/contracts/pack.ts';
import { parsePack } from '../../../src/contracts/pack.ts';
import { usualWish, wordsOf } from '../../../src/core/flow/fit-wish.ts';
import { sayFit } from '../../../src/core/flow/fit-words.ts';
import type { FitFacts } from '../../../src/core/flow/fit.ts';
import { flowFit } from '../../../src/core/flow/fit.ts';
import type { DeviceLimits } from '../../../src/core/flow/memory.ts';
import type { FlowSpeed } from '../../../src/core/flow/speed.ts';
import { LTX_RAW } from './constants.ts';
import { folderPack } from './node-runtime.ts';
import { tinyFolder } from './references.ts';

/** The description of a pack with random numbers in LTX-Video 2B's shapes. */
const LTX_2B = parsePack(
  JSON.parse(readFileSync(new URL('../../fixtures/flow/ltx-2b.pack.json', import.meta.url), 'utf8')),
);
const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

/** A machine: what it gives, and how fast it is. */
interface TestMachine {
  readonly limits: DeviceLimits;
  readonly facts: FitFacts;
  readonly speed: FlowSpeed;
}

const wasm = (heapBytes: number, probe: number): TestMachine => ({
  limits: { provider: 'wasm', maxBufferSize: 0, maxStorageBufferBindingSize: 0, heapBytes, streams: false },
  facts: { shaderF16: false, subgroups: false },
  speed: { probe },
});
const card = (binding: number, change: Partial<DeviceLimits> = {}, facts: FitFacts = {}): TestMachine => ({
  limits: {
    provider: 'webgpu',
    maxBufferSize: Math.max(binding, 256 * MIB),
    maxStorageBufferBindingSize: binding,
    heapBytes: 4 * GIB,
    streams: true,
    ...change,
  },
  facts: { shaderF16: true, subgroups: true, ...facts },
  speed: { probe: 4e9 },
});

/** 25 GFLOP/s of WebAssembly, 4 TFLOP/s of a card. */
const MACHINES = {
  'no GPU': wasm(4 * GIB, 25e6),
  'no GPU, small heap': wasm(1 * GIB, 25e6),
  // Shapes of the adapter are there, but networks run in WebAssembly.
  SwiftShader: {
    ...wasm(4 * GIB, 25e6),
    limits: { ...card(128 * MIB).limits, provider: 'wasm', streams: false },
  },
  '128 MiB bindings': card(128 * MIB),
  '512 MiB bindings': card(512 * MIB),
  '2 GiB': card(2 * GIB),
  '4 GiB': card(4 * GIB),
  'no f16': card(2 * GIB, {}, { shaderF16: false }),
  'no subgroups': card(2 * GIB, {}, { subgroups: false }),
  'small heap beside a card': card(2 * GIB, { heapBytes: 384 * MIB }),
  'card of 1 GiB': card(2 * GIB, { deviceBytes: 1 * GIB }),
  'card of 1.34 GB': card(2 * GIB, { deviceBytes: 1.34e9 }),
} satisfies Record<string, TestMachine>;
type MachineName = keyof typeof MACHINES;

const judge = (
  pack: Pack,
  name: MachineName,
  wish = usualWish(flowConstants(pack)),
  change: FitFacts = {},
) => {
  const { limits, facts, speed } = MACHINES[name];
  return flowFit(pack, flowConstants(pack), wish, limits, speed, { ...facts, ...change });
};
const sizeOf = (pack: Pack, index: number): FlowSize => {
  const size = flowConstants(pack).sizes[index];
  if (!size) throw new Error(`no size ${index}`);
  return size;
};

describe.each(['ltx', 'wan'] as const)('the small %s pack', async (family) => {
  const pack = await folderPack(tinyFolder(family));

  test.each(Object.keys(MACHINES) as MachineName[])('fits a machine with %s', (name) => {
    const fit = judge(pack, name);
    expect(fit).toMatchObject({ fits: true, instead: null });
    expect(fit.sentence).toMatch(/^Fits; about (a second|\d s) for 3 s at 96×64\.$/);
  });
});

const FITS_SOON = /^Fits; about \d+ s for 3 s at 512×320\.$/;

describe('a pack of LTX 2B’s shapes', () => {
  test.each([
    [
      'no GPU',
      true,
      /^Fits; about \d+ (min|h) for 3 s at 512×320\. The browser has no graphics card to use here; /,
    ],
    ['SwiftShader', true, /^Fits; about \d+ (min|h) for 3 s at 512×320\. The browser has no graphics card/],
    [
      'no GPU, small heap',
      false,
      /^Does not fit at 512×320: a step needs \d\.\d GB in the browser, which gives 1\.0 GB\. No size of this model fits\.$/,
    ],
    [
      '128 MiB bindings',
      false,
      /^Does not fit at 512×320: reading the picture needs 151 MB in one piece, and this graphics card gives 134 MB\. No size/,
    ],
    ['512 MiB bindings', true, FITS_SOON],
    ['2 GiB', true, FITS_SOON],
    ['4 GiB', true, FITS_SOON],
    ['no f16', true, FITS_SOON],
    ['no subgroups', true, FITS_SOON],
    [
      'small heap beside a card',
      false,
      /^Does not fit at 512×320: .* in the browser, which gives 362 MB\. No size/,
    ],
    [
      'card of 1 GiB',
      false,
      /^Does not fit at 512×320: a step needs 1\.\d GB, and this graphics card has 1\.1 GB\. No size of this model fits\.$/,
    ],
  ] as const)('on a machine with %s', (name, fits, sentence) => {
    const fit = judge(LTX_2B, name);
    expect(fit.sentence).toMatch(sentence);
    expect(fit.fits).toBe(fits);
    // What is said in another language is the same.
    expect(fit.said.map(sayFit).join(' ')).toBe(fit.sentence);
  });

  const large = { ...usualWish(flowConstants(LTX_2B)), size: { width: 704, height: 480, frames: 25 } };

  test('at a large size: what stands in the way, and a size that fits', () => {
    expect(judge(LTX_2B, '2 GiB', large).fits).toBe(true);
    const fit = judge(LTX_2B, 'card of 1.34 GB', large);
    expect(fit).toMatchObject({ fits: false, instead: sizeOf(LTX_2B, 0) });
    expect(fit.sentence).toMatch(
      /^Does not fit at 704×480: a step needs 1\.4 GB, and this graphics card has 1\.3 GB\. It fits at 512×320; about \d+ s for 3 s\.$/,
    );
  });

  test('in one part: a size in more parts', () => {
    const wish = { ...large, size: { width: 512, height: 320, frames: 73 }, frames: 73 };
    expect(judge(LTX_2B, 'card of 1.34 GB', wish).sentence).toMatch(
      /It fits at 512×320 in parts of 25 frames; about \d+ s for 2\.9 s\.$/,
    );
  });

  test('after memory ran out: a smaller size, or none', () => {
    const failed = (size: FlowSize): boolean => size.width * size.height >= 704 * 480;
    expect(judge(LTX_2B, '4 GiB', large, { failed }).sentence).toMatch(
      /^Does not fit at 704×480: this machine ran out of memory there\. It fits at 512×320; about \d+ s for 3 s\.$/,
    );
    const never = judge(LTX_2B, '4 GiB', large, { failed: () => true });
    expect(never.sentence).toMatch(/ran out of memory there\. No size of this model fits\.$/);
  });
});

/** The pack with other constants. */
const changed = (pack: Pack, change: Record<string, unknown>): Pack => ({
  ...pack,
  constants: { ...pack.constants, ...change },
});

describe('what a card lacks is spoken of where it matters', () => {
  test('16-bit numbers, for a pack that computes in them, on a card', () => {
    const halves = changed(LTX_2B, { needs: { shaderF16: true } });
    expect(judge(halves, 'no f16')).toMatchObject({ fits: false, seconds: null, instead: null });
    expect(judge(halves, 'no f16').sentence).toMatch(/^Can’t run here: .*shader-f16/);
    expect(judge(halves, '2 GiB').fits).toBe(true);
    expect(judge(halves, 'no GPU').fits).toBe(true);
  });

  test('subgroups, where a step would then hold too much', () => {
    const large = { width: 1216, height: 704, frames: 73 };
    // Room for everything but the scores of 32 heads.
    const pack = changed(LTX_2B, { needs: { scores: 4 * 32 }, activations: {}, sizes: [large] });
    const one = changed(pack, {
      activations: { dit_step: { fixed: 0, perToken: 1000, largest: { fixed: 0, perToken: 1000 } } },
    });
    expect(judge(one, '2 GiB').fits).toBe(true);
    const fit = judge(one, 'no subgroups');
    expect(fit.fits).toBe(false);
    expect(fit.sentence).toMatch(/a step needs .* in one piece.* With subgroups, .* it would need less\./);
    const small = changed(one, { sizes: [sizeOf(LTX_2B, 0)] });
    expect(judge(small, 'no subgroups').sentence).not.toMatch(/subgroups/);
  });
});

describe('the wish', () => {
  test('has words to read only where nothing is ready', () => {
    const constants = flowConstants(LTX_2B);
    expect(wordsOf(LTX_2B, constants, { kind: 'preset', preset: 'breathing' })).toBe(0);
    expect(wordsOf(LTX_2B, constants, { kind: 'prompt', prompt: 'x'.repeat(100) })).toBe(26);
    expect(wordsOf(LTX_2B, constants, { kind: 'prompt', prompt: 'x'.repeat(5000) })).toBe(128);
    expect(usualWish(constants)).toMatchObject({ size: sizeOf(LTX_2B, 0), words: 0 });
    const bare: FlowConstants = v.parse(flowConstantsSchema, LTX_RAW);
    expect(usualWish({ ...bare, text: { ...bare.text, presets: {} } }).words).toBe(64);
  });

  test('that only a text encoder keeps from fitting: a ready motion is named', () => {
    const encoder = {
      ...LTX_2B.graphs.find(({ id }) => id === 'dit_context'),
      id: 'text_encoder',
      shards: [{ path: 'w', file: 'te.bin', sha256: 'a'.repeat(64), bytes: 6e9 }],
    };
    const pack = parsePack({
      ...LTX_2B,
      graphs: [...LTX_2B.graphs.filter(({ id }) => id !== encoder.id), encoder],
    });
    const wish = { ...usualWish(flowConstants(pack)), words: 30 };
    const fit = judge(pack, 'no GPU', wish);
    expect(fit.sentence).toMatch(
      /reading the prompt needs .* A ready motion fits, since nothing has to be read/,
    );
  });

  test('for a pack that does not say its work: told from weights, or no time', () => {
    const { work: _, ...constants } = LTX_2B.constants;
    const fit = judge({ ...LTX_2B, constants }, '2 GiB');
    expect(fit.sentence).toBe('Fits; 3 s at 512×320.');
    expect(fit.seconds).toBeNull();
  });
});
