import { describe, expect, test } from 'vitest';
import type { Pack, PackGraph } from '../../../src/contracts/pack.ts';
import { checkFlowPack } from '../../../src/core/flow/checks.ts';
import { folderPack } from './node-runtime.ts';
import { tinyFolder } from './references.ts';

const ltx = await folderPack(tinyFolder('ltx'));

type Tensor = PackGraph['inputs'][number];

/** The pack with one tensor changed. */
function changed(graphId: string, tensorName: string, change: (tensor: Tensor) => Partial<Tensor>): Pack {
  const side = <T extends Tensor | PackGraph['outputs'][number]>(tensors: readonly T[]): T[] =>
    tensors.map((tensor) => (tensor.name === tensorName ? { ...tensor, ...change(tensor) } : tensor));
  return {
    ...ltx,
    graphs: ltx.graphs.map((graph) =>
      graph.id === graphId ? { ...graph, inputs: side(graph.inputs), outputs: side(graph.outputs) } : graph,
    ),
  };
}

const axis =
  (at: number, size: number) =>
  ({ shape }: Tensor): Partial<Tensor> => ({ shape: shape.map((old, i) => (i === at ? size : old)) });

const SEED: Tensor = { name: 'seed', type: 'float32', shape: [1] };

/** `graphs.i` of a graph. */
const at = (id: string): string => `graphs.${ltx.graphs.findIndex((graph) => graph.id === id)}`;

describe('a flow pack', () => {
  test('whose borders fit its constants is taken', () => {
    expect(checkFlowPack(ltx).latent.channels).toBe(16);
  });

  test.each([
    ['latent channels', 'vae_encode', 'latent', axis(1, 8), 'outputs.0.shape.1'],
    ['colours', 'vae_encode', 'image', axis(1, 4), 'inputs.0.shape.1'],
    ['a free axis that is not', 'dit_step', 'timesteps', axis(0, -1), 'inputs.4.shape.0'],
    ['token width', 'dit_step', 'latents', axis(2, 64), 'inputs.0.shape.2'],
    ['velocity', 'dit_step', 'velocity', axis(2, 17), 'outputs.0.shape.2'],
    ['positions', 'dit_step', 'cos', axis(2, 34), 'inputs.2.shape.2'],
    ['layers of two graphs', 'dit_context', 'context', axis(0, 3), 'inputs.1.shape.0'],
    ['an embedding', 'dit_context', 'embedding', axis(2, 31), 'inputs.0.shape.2'],
    ['tokens fixed at another count', 'dit_step', 'mask', axis(1, 7), 'inputs.5.shape.1'],
    ['frames’ colours', 'vae_decode', 'frames', axis(1, 1), 'outputs.0.shape.1'],
    ['a type', 'text_encoder', 'ids', () => ({ type: 'int32' }) as const, 'inputs.0.type'],
    ['axes', 'vae_decode', 'latents', () => ({ shape: [1, 16, -1, -1] }), 'inputs.0.shape'],
    ['a name', 'dit_step', 'sin', () => ({ name: 'sine' }), 'inputs'],
  ] as const)('with %s that disagree is refused', (_, graph, tensor, change, path) => {
    const where = tensor === 'context' && graph === 'dit_context' ? at('dit_step') : at(graph);
    expect(() => checkFlowPack(changed(graph, tensor, change))).toThrow(
      expect.objectContaining({
        code: 'ERR_MODEL_DAMAGED',
        details: { path: `${where}.${path}`, graph: where === at('dit_step') ? 'dit_step' : graph },
      }),
    );
  });

  test('with an input that nobody feeds is refused', () => {
    const graphs = ltx.graphs.map((graph) =>
      graph.id === 'vae_decode' ? { ...graph, inputs: [...graph.inputs, SEED] } : graph,
    );
    expect(() => checkFlowPack({ ...ltx, graphs })).toThrow(
      expect.objectContaining({ code: 'ERR_MODEL_DAMAGED' }),
    );
  });

  test.each(['vae_encode', 'dit_context', 'dit_step', 'vae_decode', 'text_encoder'])(
    'without %s is told so',
    (id) => {
      const graphs = ltx.graphs.filter((graph) => graph.id !== id);
      expect(() => checkFlowPack({ ...ltx, graphs })).toThrow(
        expect.objectContaining({ code: 'ERR_MODEL_MISSING', details: { pack: 'tiny-ltx', graph: id } }),
      );
    },
  );

  test('without a tokenizer needs no text encoder', async () => {
    const constants = checkFlowPack(ltx);
    const pack = await folderPack(tinyFolder('ltx'), { text: { ...constants.text, tokenizer: null } });
    const graphs = pack.graphs.filter(({ id }) => id !== 'text_encoder');
    expect(checkFlowPack({ ...pack, graphs }).text.tokenizer).toBeNull();
  });

  test('whose ready embedding is not there, or has another width, is refused', () => {
    const files = ltx.files.filter(({ id }) => id !== 'preset.breathing');
    expect(() => checkFlowPack({ ...ltx, files })).toThrow(
      expect.objectContaining({
        code: 'ERR_MODEL_MISSING',
        details: { pack: 'tiny-ltx', file: 'preset.breathing' },
      }),
    );
    const wider = ltx.files.map((file) =>
      file.id === 'preset.breathing' && file.tensor
        ? { ...file, tensor: { ...file.tensor, shape: [file.tensor.shape[0] ?? 0, 33] } }
        : file,
    );
    expect(() => checkFlowPack({ ...ltx, files: wider })).toThrow(
      expect.objectContaining({ code: 'ERR_MODEL_DAMAGED' }),
    );
  });

  test('of another engine is refused', () => {
    expect(() => checkFlowPack({ ...ltx, engine: 'portrait' })).toThrow(
      expect.objectContaining({ code: 'ERR_MODEL_DAMAGED', details: { path: 'engine' } }),
    );
  });
});
