import type { FlowConstants } from '../../../src/contracts/flow.ts';
import { flowConstantsSchema } from '../../../src/contracts/flow.ts';
import * as v from 'valibot';

const none = { fixed: 0, largest: { fixed: 0 } };
const activations = {
  vae_encode: none,
  dit_context: none,
  dit_step: none,
  vae_decode: none,
};

/** As they stand in a `pack.json`, of LTX's form: 8×32×32 pixels a latent cell, a token per cell. */
export const LTX_RAW = {
  family: 'ltx',
  latent: {
    channels: 4,
    temporal: 8,
    spatial: 32,
    mean: [0.5, -0.25, 0, 1],
    std: [1, 2, 0.5, 4],
  },
  patch: [1, 1, 1],
  fps: 25,
  sampler: {
    kind: 'euler',
    sigmas: [1, 0.9937, 0.9875, 0.9812, 0.975, 0.9094, 0.725, 0],
    timestepScale: 1000,
  },
  positions: { kind: 'ltx', width: 64, theta: 10000, maximum: [20, 2048, 2048] },
  text: { width: 16, maxTokens: 128, presets: { breathing: 'preset-breathing' }, tokenizer: null },
  decode: { kind: 'tiles', frames: 4, overlap: 1, noise: 0.025, normalised: false, range: [-1, 1] },
  preview: {
    matrix: [
      [0.1, 0, 0],
      [0, 0.1, 0],
      [0, 0, 0.1],
      [0.05, 0.05, 0.05],
    ],
    bias: [0.5, 0.5, 0.5],
  },
  sizes: [{ width: 160, height: 96, frames: 25 }],
  activations,
};

/** The same, of Wan's form: 4×16×16 pixels a latent cell, 1×2×2 cells a token. */
export const WAN_RAW = {
  ...LTX_RAW,
  family: 'wan',
  latent: { channels: 4, temporal: 4, spatial: 16, mean: [0, 0, 0, 0], std: [1, 1, 1, 1] },
  patch: [1, 2, 2],
  fps: 24,
  sampler: { kind: 'stochastic', sigmas: [1, 0.75, 0.5, 0.25, 0], timestepScale: 1000 },
  positions: { kind: 'wan', width: 128, theta: 10000, split: [44, 42, 42] },
  decode: {
    kind: 'stream',
    memory: [{ channels: 8, scale: 1 }],
    dropFrames: 3,
    normalised: true,
    range: [0, 1],
  },
  sizes: [{ width: 160, height: 96, frames: 13 }],
};

/** {@link LTX_RAW}, parsed. */
export const LTX: FlowConstants = v.parse(flowConstantsSchema, LTX_RAW);
/** {@link WAN_RAW}, parsed. */
export const WAN: FlowConstants = v.parse(flowConstantsSchema, WAN_RAW);
