import { at, sizeOf } from '../ir.ts';
import type { Quantizer } from './writer.ts';

/** Layers with fewer weights stay in half floats: they save nothing and cost most. */
const FEWEST_WEIGHTS = 1024;

/** Nearest int8 with one symmetric scale per channel; layers that are small stay in half floats. */
export const roundToInt8: Quantizer = ({ data, shape }, axis) => {
  if (data.length < FEWEST_WEIGHTS) return null;
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
    return scale === 0 ? 0 : Math.round(value / scale);
  });
  return { data: rounded, scales };
};
