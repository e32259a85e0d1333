import { at, sizeOf } from '../ir.ts';
import type { Weights } from '../ir.ts';
import type { Int8Weights, Quantizer } from './writer.ts';

/** Layers with fewer weights stay in half floats: they save nothing and cost most. */
export const FEWEST_WEIGHTS = 1024;

/** Stores every layer as half floats. */
export const asHalf: Quantizer = () => null;

/**
 * The nearest int8 values with one symmetric scale per channel.
 * @param axis the axis of the channels.
 */
export function roundToInt8({ data, shape }: Weights, axis: number): Int8Weights {
  const channels = at(shape, axis);
  const inner = sizeOf(shape.slice(axis + 1));
  const channelOf = (i: number): number => Math.floor(i / inner) % channels;
  const scales = new Float32Array(channels);
  data.forEach((value, i) => {
    const channel = channelOf(i);
    scales[channel] = Math.max(at(scales, channel), Math.abs(value) / 127);
  });
  const rounded = Int8Array.from(data, (value, i) => {
    const scale = at(scales, channelOf(i));
    return scale === 0 ? 0 : Math.max(-127, Math.min(127, Math.round(value / scale)));
  });
  return { data: rounded, scales };
}

/**
 * Stores layers as int8, but small ones and those named as half floats.
 * @param half numbers of the layers that stay, in order of appearance.
 */
export function int8Except(half: Iterable<number>): Quantizer {
  const kept = new Set(half);
  return (weights, axis, layer) =>
    kept.has(layer) || weights.data.length < FEWEST_WEIGHTS ? null : roundToInt8(weights, axis);
}
