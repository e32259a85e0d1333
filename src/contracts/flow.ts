import * as v from 'valibot';
import { AppError } from './errors.ts';
import type { Pack } from './pack.ts';
import { PRESETS } from './settings.ts';

const count = v.pipe(v.number(), v.integer(), v.minValue(1));
const whole = v.pipe(v.number(), v.integer(), v.minValue(0));
const name = v.pipe(v.string(), v.nonEmpty());

/** Graphs of a flow pack, by id. `text_encoder` is optional. */
export const FLOW_GRAPHS = {
  textEncoder: 'text_encoder',
  encode: 'vae_encode',
  context: 'dit_context',
  step: 'dit_step',
  decode: 'vae_decode',
} as const;

/**
 * Names and shapes at the borders of a flow pack's graphs; −1 in `pack.json` where a size is free. All float32 unless
 * said otherwise. `C` latent channels, `F` latent frames, `h`, `w` latent rows and columns, `P` = C·patch cells,
 * `N` tokens, `T` words, `E` width of an embedding, `L` layers, `D` width of the denoiser, `R` width of the positions.
 *
 * | graph | inputs | outputs |
 * | --- | --- | --- |
 * | `text_encoder` | `ids` int64 [1, T], no padding | `embedding` [1, T, E] |
 * | `vae_encode` | `image` [1, 3, H, W] in −1…1 | `latent` [1, C, h, w], the mean, before normalising |
 * | `dit_context` | `embedding` [1, T, E] | `context` [L, 2, T, D]: keys and values of every cross-attention |
 * | `dit_step` | `latents` [1, N, P], `context`, `cos` and `sin` [1, N, R], `timesteps` [2], `mask` [1, N, 1] | `velocity` [1, N, P] |
 * | `vae_decode`, `tiles` | `latents` [1, C, F, h, w], after undoing the normalisation unless `normalised` | `frames` [1, 3, n, H, W] |
 * | `vae_decode`, `stream` | `latents` [1, C, h, w], `memory_i` | `frames` [1, 3, temporal, H, W], `next_memory_i` |
 *
 * A free axis is named in the graph by its letter of this table (`n` for the frames of a run, `2h` for rows of a memory of scale 2), so that a session can be made
 * for one size. `dit_context` may fill prompts up: what `dit_step` then has as T is what `dit_context` gives, not the words.
 * `timesteps[0]` holds where `mask` is 1 (the picture's own tokens), `timesteps[1]` where it is 0. Tokens run over latent
 * frames, then rows, then columns of patches; within a token over channels, then the patch's frames, rows, columns.
 */
export type FlowGraphId = (typeof FLOW_GRAPHS)[keyof typeof FLOW_GRAPHS];

const samplerSchema = v.object({
  /** `euler`: x ← x − (σ − σ′)·v. `stochastic`: x₀ = x − σ·v; x ← (1 − σ′)·x₀ + σ′·ε. */
  kind: v.picklist(['euler', 'stochastic']),
  /** Falling from at most 1 to 0; one step between each two. */
  sigmas: v.pipe(
    v.array(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
    v.minLength(2),
    v.check((sigmas) => sigmas.at(-1) === 0, 'the last sigma is 0'),
    v.check((sigmas) => sigmas.every((s, i) => i === 0 || s < (sigmas[i - 1] ?? 0)), 'sigmas fall'),
  ),
  /** The denoiser's timestep is σ times this. */
  timestepScale: v.pipe(v.number(), v.gtValue(0)),
});

const positionsSchema = v.variant('kind', [
  /**
   * LTX: positions in seconds and pixels over `maximum`, (π/2)·θ^linspace(0, 1, ⌊R/6⌋) frequencies of 2g − 1, the three
   * axes interleaved per frequency, each repeated twice, identity entries in front up to R.
   */
  v.object({
    kind: v.literal('ltx'),
    /** R. */
    width: count,
    theta: v.pipe(v.number(), v.gtValue(0)),
    /** Seconds, pixels, pixels. */
    maximum: v.strictTuple([v.number(), v.number(), v.number()]),
    /** True: latent frame f stands at frame max(0, temporal·(f − 1) + 1), where it begins; false: at temporal·f. */
    causal: v.optional(v.boolean(), true),
  }),
  /** Wan: whole patch indices; a head's `split` of frames, rows, columns, each in interleaved pairs. R is the head's width. */
  v.object({
    kind: v.literal('wan'),
    width: count,
    theta: v.pipe(v.number(), v.gtValue(0)),
    split: v.strictTuple([count, count, count]),
  }),
]);

const decodeSchema = v.variant('kind', [
  /** Not causal: temporal tiles overlap and are blended. */
  v.object({
    kind: v.literal('tiles'),
    /** Latent frames of a tile, and how many of them the next tile has again. */
    frames: count,
    overlap: count,
    /** Share of fresh noise that is mixed into the latents before decoding: z ← (1 − n)·z + n·ε. */
    noise: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
    normalised: v.boolean(),
    /** Values that stand for black and white. */
    range: v.strictTuple([v.number(), v.number()]),
  }),
  /** Causal, one latent frame at a time with the memory of the one before; zeros at the start. */
  v.object({
    kind: v.literal('stream'),
    /** `memory_i` inputs: channels, and rows and columns as multiples of the latent's. */
    memory: v.array(v.object({ channels: count, scale: count })),
    /** Frames of the first latent frame that are thrown away. */
    dropFrames: whole,
    normalised: v.boolean(),
    range: v.strictTuple([v.number(), v.number()]),
  }),
]);

const perUnit = v.optional(v.pipe(v.number(), v.minValue(0)), 0);
const memoryEntries = {
  fixed: whole,
  perToken: perUnit,
  perTokenSquared: perUnit,
  perPixel: perUnit,
  /** A second line; the larger counts. In small pictures most is taken by weights that a run turns to floats. */
  least: v.optional(v.object({ fixed: whole, perPixel: perUnit })),
};

/** What a graph needs while it runs, bytes: `fixed + perToken·N + perTokenSquared·N² + perPixel·W·H·frames of one run`. */
const activationSchema = v.object({
  ...memoryEntries,
  /** The largest single buffer among them, in the same terms. */
  largest: v.object(memoryEntries),
  /** What it needs besides where it runs on a processor: weights as floats, scores of attention. */
  processor: v.optional(v.object(memoryEntries)),
});

/** What one run of a graph computes, floating-point operations, in the terms of its memory. */
const workSchema = v.object({
  fixed: v.optional(v.pipe(v.number(), v.minValue(0)), 0),
  perToken: v.optional(v.pipe(v.number(), v.minValue(0)), 0),
  perTokenSquared: v.optional(v.pipe(v.number(), v.minValue(0)), 0),
  perPixel: v.optional(v.pipe(v.number(), v.minValue(0)), 0),
});

/** Constants of a `flow` pack. */
export const flowConstantsSchema = v.object({
  family: v.picklist(['ltx', 'wan']),
  latent: v.object({
    channels: count,
    /** Frames per latent frame after the first: n frames are (n − 1)/temporal + 1 latent frames. */
    temporal: count,
    /** Pixels per latent row and column. */
    spatial: count,
    /** Normalised latent = (latent − mean)/std, per channel. */
    mean: v.array(v.number()),
    std: v.array(v.pipe(v.number(), v.gtValue(0))),
  }),
  /** Latent frames, rows and columns in a token. */
  patch: v.strictTuple([count, count, count]),
  /** Frames a second that the model was made for. */
  fps: v.pipe(v.number(), v.gtValue(0)),
  sampler: samplerSchema,
  positions: positionsSchema,
  text: v.object({
    /** E. */
    width: count,
    maxTokens: count,
    /** File ids of the ready motions' embeddings, each a tensor [T, E]; those left out need `text_encoder`. */
    presets: v.partial(v.object(v.entriesFromList(PRESETS, name))),
    /** File ids of `tokenizer.json` and `tokenizer_config.json`; null without a text encoder. */
    tokenizer: v.nullable(v.object({ json: name, config: name })),
  }),
  decode: decodeSchema,
  /** Linear map of normalised latents to 0…1 RGB: `matrix[c]` is a channel's red, green, blue. */
  preview: v.object({
    matrix: v.array(v.strictTuple([v.number(), v.number(), v.number()])),
    bias: v.strictTuple([v.number(), v.number(), v.number()]),
  }),
  /**
   * Least PSNR, dB, of frame 0 with the picture at 96 px on the long side, as the exporter measured it on pictures; left out
   * where nothing but the picture itself will do.
   */
  fidelity: v.optional(v.number()),
  /** Sizes that may be asked for, the usual one first: pixels and frames. */
  sizes: v.pipe(v.array(v.object({ width: count, height: count, frames: count })), v.minLength(1)),
  activations: v.record(name, activationSchema),
  /** By graph; what is left out is told from the weights alone, and times are then less sure. */
  work: v.optional(v.record(name, workSchema), {}),
  /** What a graphics card has to offer. */
  needs: v.optional(
    v.object({
      /** Products run in halves: without `shader-f16` the pack can't run on a graphics card. */
      shaderF16: v.optional(v.boolean(), false),
      /** Bytes per token² that a step also holds, in one piece, where there are no `subgroups`. */
      scores: v.optional(v.pipe(v.number(), v.minValue(0)), 0),
    }),
    { shaderF16: false, scores: 0 },
  ),
});

/** Constants of a `flow` pack, parsed. */
export type FlowConstants = v.InferOutput<typeof flowConstantsSchema>;

/** Width and height in pixels, and frames, of a clip. */
export type FlowSize = FlowConstants['sizes'][number];

/**
 * Constants of a pack whose engine is `flow`.
 * @throws ERR_MODEL_DAMAGED when they are incomplete or disagree with each other; `details.path` says where.
 */
export function flowConstants(pack: Pack): FlowConstants {
  const fail = (path: string, why: string): never => {
    throw new AppError('ERR_MODEL_DAMAGED', `constants of ${pack.id} are not valid: ${why}`, {
      details: { path },
    });
  };
  const result = v.safeParse(flowConstantsSchema, pack.constants);
  if (!result.success) return fail(v.getDotPath(result.issues[0]) ?? '', v.summarize(result.issues));
  const constants = result.output;
  const { channels, mean, std, spatial, temporal } = constants.latent;
  if (mean.length !== channels) fail('latent.mean', 'one mean per channel');
  if (std.length !== channels) fail('latent.std', 'one deviation per channel');
  if (constants.preview.matrix.length !== channels) fail('preview.matrix', 'one row per channel');
  if (constants.decode.kind === 'tiles' && constants.decode.overlap >= constants.decode.frames) {
    fail('decode.overlap', 'tiles overlap by less than a tile');
  }
  const [pt, ph, pw] = constants.patch;
  if (pt !== 1) fail('patch.0', 'a token holds one latent frame, so that the picture has tokens of its own');
  const { positions } = constants;
  if (positions.kind === 'wan') {
    const [t, y, x] = positions.split;
    const even = positions.split.every((part) => part % 2 === 0);
    if (t + y + x !== positions.width || !even)
      fail('positions.split', 'even parts that add up to the width');
  }
  for (const [i, { width, height, frames }] of constants.sizes.entries()) {
    const latentFrames = (frames - 1) / temporal + 1;
    const fits =
      width % (spatial * pw) === 0 && height % (spatial * ph) === 0 && Number.isInteger(latentFrames);
    if (!fits) fail(`sizes.${i}`, 'a size is not made of whole patches');
  }
  return constants;
}
