import type { FlowConstants } from '../../contracts/flow.ts';
import type { FlowShape } from './layout.ts';
import { toLatents } from './layout.ts';

/** A small moving picture of a clip in the making: one pixel per latent cell. */
export interface FlowPreview {
  readonly width: number;
  readonly height: number;
  /** As many pictures as there are latent frames, in order. */
  readonly frames: number;
  /** RGBA bytes, [frames, height, width, 4], opaque. */
  readonly pixels: Uint8ClampedArray;
}

/**
 * What normalised latents look like by the pack's linear map.
 * @param tokens [N, P] of the clean estimate.
 */
export function flowPreview(
  tokens: Float32Array,
  shape: FlowShape,
  { matrix, bias }: FlowConstants['preview'],
): FlowPreview {
  const latents = toLatents(tokens, shape);
  const { channels, latentFrames: frames, latentWidth: width, latentHeight: height } = shape;
  const cells = frames * width * height;
  const pixels = new Uint8ClampedArray(4 * cells).fill(255);
  for (let colour = 0; colour < 3; colour++) {
    const sums = new Float64Array(cells).fill(bias[colour] ?? 0);
    for (let c = 0; c < channels; c++) {
      const weight = matrix[c]?.[colour] ?? 0;
      for (let i = 0; i < cells; i++) sums[i] = (sums[i] ?? 0) + weight * (latents[c * cells + i] ?? 0);
    }
    for (let i = 0; i < cells; i++) pixels[4 * i + colour] = 255 * (sums[i] ?? 0);
  }
  return { width, height, frames, pixels };
}
