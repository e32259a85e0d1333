import { expect } from 'vitest';
import * as v from 'valibot';
import type { FlowShape } from '../../../src/core/flow/layout.ts';
import { toLatents } from '../../../src/core/flow/layout.ts';
import type { FlowNoise } from '../../../src/core/flow/noise.ts';
import type { FlowFrame } from '../../../src/core/flow/runtime.ts';

const shape = v.array(v.number());
const names = v.record(v.string(), v.string());
/** `references.json`. */
export const referencesSchema = v.object({
  stamp: v.string(),
  family: v.picklist(['ltx', 'wan']),
  graphs: v.array(v.object({ graph: v.string(), inputs: names, outputs: names })),
  schedule: v.object({ sigmas: v.array(v.number()), timesteps: v.array(v.number()) }),
  clips: v.array(
    v.object({
      name: v.string(),
      size: v.object({ width: v.number(), height: v.number(), frames: v.number() }),
      sampler: v.object({ kind: v.picklist(['euler', 'stochastic']), sigmas: v.array(v.number()) }),
      causal: v.optional(v.boolean()),
      cos: v.string(),
      sin: v.string(),
      picture: v.string(),
      embedding: v.string(),
      noise: v.string(),
      stepNoise: v.optional(v.string()),
      decodeNoise: v.optional(v.string()),
      steps: v.string(),
      frames: v.string(),
    }),
  ),
  tensors: v.array(
    v.object({ name: v.string(), type: v.string(), shape, file: v.string(), sha256: v.string() }),
  ),
});

/** What diffusers makes of a small checkpoint. */
export type References = v.InferOutput<typeof referencesSchema>;
/** One clip that both sides make. */
export type ReferenceClip = References['clips'][number];

/** A reference tensor; ids are plain numbers. */
export interface ReferenceTensor {
  readonly type: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A reference's bytes as numbers. */
export function numbers(type: string, bytes: Uint8Array<ArrayBuffer>): Float32Array {
  switch (type) {
    case 'float32':
      return new Float32Array(bytes.buffer);
    case 'uint8':
      return Float32Array.from(bytes);
    case 'int64':
      return Float32Array.from(new BigInt64Array(bytes.buffer), Number);
    default:
      throw new Error(`tensors of ${type} are not read`);
  }
}

/** Largest difference over the reference's largest size. */
export function relativeError(found: Float32Array, wanted: Float32Array): number {
  if (found.length !== wanted.length) return Infinity;
  let worst = 0;
  let size = 0;
  for (let i = 0; i < found.length; i++) {
    worst = Math.max(worst, Math.abs((found[i] ?? NaN) - (wanted[i] ?? NaN)));
    size = Math.max(size, Math.abs(wanted[i] ?? NaN));
  }
  return worst / size;
}

/** A picture's bytes [H, W, 3] as planes of 0…1. */
export function planesOf({ data }: ReferenceTensor): Float32Array {
  const size = data.length / 3;
  return Float32Array.from(
    { length: data.length },
    (_, i) => (data[(i % size) * 3 + Math.floor(i / size)] ?? 0) / 255,
  );
}

/** Peak signal-to-noise ratio in dB between frames and reference bytes [n, H, W, 3]. */
export function psnr(frames: readonly FlowFrame[], wanted: ReferenceTensor): number {
  let sum = 0;
  let at = 0;
  for (const { planes, width, height } of frames) {
    const size = width * height;
    for (let i = 0; i < size; i++) {
      for (let c = 0; c < 3; c++, at++) {
        const off = Math.round(255 * (planes[c * size + i] ?? NaN)) - (wanted.data[at] ?? NaN);
        sum += off * off;
      }
    }
  }
  expect(at).toBe(wanted.data.length);
  return 10 * Math.log10((255 * 255 * at) / Math.max(sum, 1e-9));
}

/** The noise that a reference clip was made with. */
export function noiseOf(
  clip: ReferenceClip,
  tensor: (name: string) => ReferenceTensor,
  shape: FlowShape,
): FlowNoise {
  const wanted = (name: string | undefined): Float32Array => {
    if (name === undefined) throw new Error('this clip has no such noise');
    return tensor(name).data;
  };
  return {
    start: () => wanted(clip.noise),
    decode: () => wanted(clip.decodeNoise),
    step(index, length) {
      // Kept as tokens without the picture's.
      const still = shape.pictureTokens * shape.tokenWidth;
      const moving = length - still;
      const tokens = new Float32Array(length);
      tokens.set(wanted(clip.stepNoise).subarray(index * moving, (index + 1) * moving), still);
      return toLatents(tokens, shape);
    },
  };
}
