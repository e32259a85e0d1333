import { describe, expect, test } from 'vitest';
import { LTX_RAW, WAN_RAW } from '../../test/unit/flow/constants.ts';
import { flowConstants } from './flow.ts';
import { parsePack } from './pack.ts';

const tensor = { name: 'x', type: 'float32', shape: [1] };
const pack = (constants: Record<string, unknown>): ReturnType<typeof parsePack> =>
  parsePack({
    format: 1,
    id: 'tiny',
    version: '1.0.0',
    engine: 'flow',
    title: 'Tiny',
    licence: { spdx: 'MIT', text: 'text' },
    source: 'made',
    tier: 'advanced',
    graphs: [
      {
        id: 'dit_step',
        file: 'a.onnx',
        sha256: 'a'.repeat(64),
        bytes: 1,
        opset: 21,
        dtype: 'fp32',
        inputs: [tensor],
        outputs: [tensor],
        licence: 'MIT',
        source: 'made',
      },
    ],
    constants,
    limits: {},
  });

describe('constants of a flow pack', () => {
  test.each([LTX_RAW, WAN_RAW])('are taken, and what may be left out is filled in', (raw) => {
    const constants = flowConstants(pack(raw));
    expect(constants.work).toEqual({});
    expect(constants.activations['dit_step']).toMatchObject({ perToken: 0, largest: { perPixel: 0 } });
    if (constants.positions.kind === 'ltx') expect(constants.positions.causal).toBe(true);
  });

  test.each([
    ['rising levels', { sampler: { ...LTX_RAW.sampler, sigmas: [0.5, 0.7, 0] } }, 'sampler.sigmas'],
    ['levels that don’t end at 0', { sampler: { ...LTX_RAW.sampler, sigmas: [1, 0.5] } }, 'sampler.sigmas'],
    ['a mean too few', { latent: { ...LTX_RAW.latent, mean: [0] } }, 'latent.mean'],
    ['a deviation too few', { latent: { ...LTX_RAW.latent, std: [1] } }, 'latent.std'],
    ['a deviation of 0', { latent: { ...LTX_RAW.latent, std: [1, 0, 1, 1] } }, 'latent.std.1'],
    [
      'a preview of another width',
      { preview: { ...LTX_RAW.preview, matrix: [[0, 0, 0]] } },
      'preview.matrix',
    ],
    ['tiles that never move on', { decode: { ...LTX_RAW.decode, overlap: 4 } }, 'decode.overlap'],
    ['a width of half a patch', { sizes: [{ width: 150, height: 96, frames: 25 }] }, 'sizes.0'],
    ['frames that are no latent frames', { sizes: [{ width: 160, height: 96, frames: 24 }] }, 'sizes.0'],
    ['tokens of two latent frames', { patch: [2, 1, 1] }, 'patch.0'],
    [
      'a split of another sum',
      { positions: { ...WAN_RAW.positions, split: [44, 42, 40] } },
      'positions.split',
    ],
    ['an odd split', { positions: { ...WAN_RAW.positions, split: [43, 43, 42] } }, 'positions.split'],
    ['an unknown decoder', { decode: { kind: 'magic' } }, 'decode.kind'],
    ['no sizes', { sizes: [] }, 'sizes'],
  ])('are refused with %s', (_, change, path) => {
    expect(() => flowConstants(pack({ ...LTX_RAW, ...change }))).toThrow(
      expect.objectContaining({ code: 'ERR_MODEL_DAMAGED', details: { path } }),
    );
  });
});
