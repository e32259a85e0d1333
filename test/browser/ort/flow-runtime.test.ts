import { describe, expect, test } from 'vitest';
import * as v from 'valibot';
import { FLOW_GRAPHS, flowConstants } from '../../../src/contracts/flow.ts';
import { parsePack, type Pack } from '../../../src/contracts/pack.ts';
import { runFlow } from '../../../src/core/flow/engine.ts';
import { flowShape } from '../../../src/core/flow/layout.ts';
import type { FlowFrame } from '../../../src/core/flow/runtime.ts';
import { openFlowRuntime, type FlowPackSource } from '../../../src/platform/ort/flow-runtime.ts';
import { checkFile } from '../../../src/platform/ort/pack-source.ts';
import {
  noiseOf,
  numbers,
  planesOf,
  psnr,
  referencesSchema,
  relativeError,
  type ReferenceTensor,
  type References,
} from '../../unit/flow/golden-clip.ts';

const WASM = new URL('/ort/', location.href).href;
/** Relative error of a graph: WebAssembly sums in another order than torch, a GPU's sines are its own. */
const PROVIDERS = [
  { provider: 'wasm', within: 1e-4 },
  { provider: 'webgpu', within: 1e-3 },
] as const;

async function bytesOf(url: URL): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url.href}: ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** A small pack of the project, as the test server has it. @param change overrides of its constants. */
async function tinySource(folder: URL, change: Record<string, unknown> = {}): Promise<FlowPackSource> {
  const raw = parsePack(JSON.parse(new TextDecoder().decode(await bytesOf(new URL('pack.json', folder)))));
  const pack: Pack = { ...raw, constants: { ...raw.constants, ...change } };
  return {
    pack,
    async read(path, check) {
      const bytes = await bytesOf(new URL(path, folder));
      if (check) await checkFile(path, bytes, check);
      return bytes;
    },
    blob: async (path) => new Blob([await bytesOf(new URL(path, folder))]),
  };
}

async function openReferences(folder: URL): Promise<{
  references: References;
  tensor: (name: string) => ReferenceTensor;
}> {
  const base = new URL('references/', folder);
  const text = new TextDecoder().decode(await bytesOf(new URL('references.json', base)));
  const references = v.parse(referencesSchema, JSON.parse(text));
  const all = new Map(
    await Promise.all(
      references.tensors.map(
        async ({ name, type, shape, file }) =>
          [name, { type, shape, data: numbers(type, await bytesOf(new URL(file, base))) }] as const,
      ),
    ),
  );
  const tensor = (name: string): ReferenceTensor => {
    const found = all.get(name);
    if (!found) throw new Error(`no reference ${name}`);
    return found;
  };
  return { references, tensor };
}

describe.each(['ltx', 'wan'] as const)('the small %s pack', (family) => {
  const folder = new URL(`/models/tiny/${family}/`, location.href);

  test.each(PROVIDERS)('each graph gives what its module does on $provider', async ({ within, provider }) => {
    const source = await tinySource(folder);
    const { references, tensor } = await openReferences(folder);
    const runtime = await openFlowRuntime({ source, wasmUrl: WASM, provider });
    expect(references.graphs.map(({ graph }) => graph).sort()).toEqual(Object.values(FLOW_GRAPHS).sort());
    for (const { graph, inputs, outputs } of references.graphs) {
      const session = await runtime.open(graph, {});
      const feeds = Object.entries(inputs).map(([name, reference]) => {
        const { type, shape, data } = tensor(reference);
        return [name, type === 'int64' ? runtime.words([...data]) : runtime.floats(data, shape)] as const;
      });
      const found = await session.run(Object.fromEntries(feeds));
      for (const [name, reference] of Object.entries(outputs)) {
        const numbersFound = (await found[name]?.read()) ?? new Float32Array();
        expect(relativeError(numbersFound, tensor(reference).data), `${graph}.${name}`).toBeLessThan(within);
      }
      for (const used of [...Object.values(found), ...feeds.map(([, one]) => one)]) used.release();
      await session.release();
    }
  });

  test.each(PROVIDERS)(
    'a whole clip has the frames of diffusers’ pipeline on $provider',
    async ({ provider }) => {
      const { references, tensor } = await openReferences(folder);
      const clip = references.clips.at(-1);
      if (!clip) throw new Error('there is no reference clip');
      const plain = flowConstants((await tinySource(folder)).pack);
      const source = await tinySource(folder, {
        sampler: { ...plain.sampler, ...clip.sampler },
        positions: { ...plain.positions, ...(clip.causal === undefined ? {} : { causal: clip.causal }) },
      });
      const shape = flowShape(flowConstants(source.pack), clip.size);
      const { shape: of = [], data: embedding } = tensor(clip.embedding);
      const frames: FlowFrame[] = [];
      const job = {
        size: clip.size,
        frames: clip.size.frames,
        picture: planesOf(tensor(clip.picture)),
        prompt: { embedding, words: of[1] ?? 0 },
        seed: 0,
      };
      await runFlow(source.pack, job, {
        runtime: await openFlowRuntime({
          source,
          wasmUrl: WASM,
          provider,
        }),
        sink: async (frame) => void frames.push(frame),
        noise: () => noiseOf(clip, tensor, shape),
        now: () => performance.now(),
      });
      expect(psnr(frames, tensor(clip.frames))).toBeGreaterThan(40);
    },
  );
});

test('a graph that isn’t one is refused with its name', async () => {
  const source = await tinySource(new URL('/models/tiny/ltx/', location.href));
  const runtime = await openFlowRuntime({
    source: { ...source, read: async () => new Uint8Array(100) },
    wasmUrl: WASM,
    provider: 'wasm',
  });
  await expect(runtime.open('dit_step', {})).rejects.toMatchObject({
    code: 'ERR_MODEL_FAILED',
    details: { graph: 'dit_step' },
  });
  await expect(runtime.open('no_such_graph', {})).rejects.toMatchObject({ code: 'ERR_MODEL_MISSING' });
});
