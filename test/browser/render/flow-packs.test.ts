import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { flowConstants } from '../../../src/contracts/flow.ts';
import type { Pack } from '../../../src/contracts/pack.ts';
import type { FlowJobRequest, RenderApi } from '../../../src/contracts/render.api.ts';
import { DEFAULT_SETTINGS } from '../../../src/contracts/settings.ts';
import { sha256Hex } from '../../../src/platform/ort/pack-source.ts';
import type { WorkerConnection } from '../../../src/platform/thread/connect-worker.ts';
import { cleanDisk, installChanged, installTiny, request, startFlow, take } from './flow-harness.ts';

let worker: WorkerConnection<RenderApi>;

beforeAll(async () => {
  await cleanDisk();
  worker = startFlow();
});
afterAll(async () => {
  worker.terminate();
  await cleanDisk();
});

async function jobOf(pack: string, change: Partial<FlowJobRequest> = {}): Promise<FlowJobRequest> {
  const settings = { ...DEFAULT_SETTINGS, seconds: 0.5, fps: 24, resolution: '480p', pack } as const;
  return request('ltx', { settings, size: { width: 32, height: 64, frames: 17 }, ...change });
}

type Graph = Pack['graphs'][number];
const withGraphs = (pack: Pack, change: (graph: Graph) => Graph): Pack => ({
  ...pack,
  graphs: pack.graphs.map(change),
});

/** A graph's file with every `from` in it as `to`, of the same length; the pack then describes it as it is. */
async function replaceIn(
  pack: Pack,
  files: Map<string, Uint8Array<ArrayBuffer>>,
  id: string,
  [from, to]: readonly [string, string],
): Promise<Pack> {
  const graph = pack.graphs.find((candidate) => candidate.id === id);
  const bytes = files.get(graph?.file ?? '');
  if (!graph || !bytes) throw new Error(`no graph ${id}`);
  const [old, fresh] = [new TextEncoder().encode(from), new TextEncoder().encode(to)];
  for (let at = 0; at + old.length <= bytes.length; at++) {
    if (old.every((byte, k) => bytes[at + k] === byte)) bytes.set(fresh, at);
  }
  const sha256 = await sha256Hex(bytes);
  return withGraphs(pack, (one) => (one.id === id ? { ...one, sha256, chunks: undefined } : one));
}

describe('a pack that is not what it says', () => {
  test('has a graph of another shape', async () => {
    await installChanged('ltx', 'other-shape', (pack) =>
      withGraphs(pack, (graph) => {
        const narrow = ({ name, shape, ...rest }: Graph['outputs'][number]): Graph['outputs'][number] => ({
          ...rest,
          name,
          shape: name === 'context' ? [...shape.slice(0, 3), 16] : shape,
        });
        return { ...graph, inputs: graph.inputs.map(narrow), outputs: graph.outputs.map(narrow) };
      }),
    );
    await expect(take(worker, await jobOf('other-shape'))).rejects.toMatchObject({
      code: 'ERR_MODEL_DAMAGED',
      details: { path: 'dit_context.context', expected: 'float32 [2, 2, -1, 16]' },
    });
  });

  test('has an operator that nobody knows', async () => {
    await installChanged('ltx', 'odd-operator', (pack, files) =>
      replaceIn(pack, files, 'dit_step', ['LayerNormalization', 'LayerImagination--']),
    );
    await expect(take(worker, await jobOf('odd-operator'))).rejects.toMatchObject({
      code: 'ERR_MODEL_DAMAGED',
      details: { path: 'dit_step', why: 'unknown-operator' },
    });
  });

  test('has a graph that is none', async () => {
    await installChanged('ltx', 'no-graph', async (pack, files) => {
      const graph = pack.graphs.find(({ id }) => id === 'vae_encode');
      const bytes = new Uint8Array(graph?.bytes ?? 0).fill(7);
      files.set(graph?.file ?? '', bytes);
      const sha256 = await sha256Hex(bytes);
      return withGraphs(pack, (one) =>
        one.id === 'vae_encode' ? { ...one, sha256, chunks: undefined } : one,
      );
    });
    await expect(take(worker, await jobOf('no-graph'))).rejects.toMatchObject({
      code: 'ERR_MODEL_FAILED',
      details: { graph: 'vae_encode' },
    });
  });

  test('has borders that no engine has', async () => {
    await installChanged('ltx', 'odd-border', (pack) =>
      withGraphs(pack, (graph) =>
        graph.id === 'dit_step'
          ? { ...graph, outputs: graph.outputs.map((output) => ({ ...output, name: 'speed' })) }
          : graph,
      ),
    );
    await expect(take(worker, await jobOf('odd-border'))).rejects.toMatchObject({
      code: 'ERR_MODEL_DAMAGED',
    });
  });

  test('needs more than any machine gives', async () => {
    await installChanged('ltx', 'too-big', (pack) => ({
      ...pack,
      constants: {
        ...pack.constants,
        activations: { dit_step: { fixed: 2 ** 40, largest: { fixed: 2 ** 40 } } },
      },
    }));
    const error: unknown = await take(worker, await jobOf('too-big')).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: 'ERR_MODEL_FAILED', details: { why: 'does-not-fit' } });
    expect(error).toHaveProperty('details.sentence', expect.stringContaining('32×64'));
  });

  test('reads no prompts, and still makes its ready motions', async () => {
    await installChanged('ltx', 'no-words', (pack) => ({
      ...pack,
      graphs: pack.graphs.filter(({ id }) => id !== 'text_encoder'),
      constants: { ...pack.constants, text: { ...flowConstants(pack).text, tokenizer: null } },
    }));
    const job = await jobOf('no-words');
    expect((await take(worker, job)).frames).toHaveLength(12);
    const motion = { kind: 'prompt', prompt: 'the disc moves left' } as const;
    const spoken = await jobOf('no-words', { settings: { ...job.settings, motion } });
    await expect(take(worker, spoken)).rejects.toMatchObject({ code: 'ERR_INPUT_PROMPT_NOT_UNDERSTOOD' });
  });

  test('keeps nobody else from a clip', async () => {
    await installTiny('ltx');
    expect((await take(worker, await jobOf('tiny-ltx'))).frames).toHaveLength(12);
  });
});
