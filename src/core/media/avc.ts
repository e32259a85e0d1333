import { readSps, writeSpsColour } from './sps.ts';
import type { SpsInfo, StreamColour } from './sps.ts';

const NAL_SPS = 7;
/** Most significant bits of a length-prefixed NAL unit's header are flags; the type is the low five. */
const nalType = (nal: Uint8Array): number => (nal[0] ?? 0) & 31;

/** A decoder configuration record (`avcC`) in parts. @source ISO/IEC 14496-15, 5.3.3 */
export interface AvcConfig {
  readonly lengthSize: number;
  readonly sps: readonly Uint8Array[];
  /** Everything after the sequence parameter sets, from the number of picture parameter sets on. */
  readonly rest: Uint8Array;
}

/** Takes an `avcC` record apart. @throws RangeError when it is none, or cut short. */
export function readAvcConfig(record: Uint8Array): AvcConfig {
  if (record[0] !== 1 || record.length < 7) throw new RangeError('Not an AVC configuration record');
  const count = (record[5] ?? 0) & 31;
  const sps: Uint8Array[] = [];
  let at = 6;
  for (let i = 0; i < count; i += 1) {
    const length = ((record[at] ?? 0) << 8) | (record[at + 1] ?? 0);
    if (length === 0 || at + 2 + length > record.length) throw new RangeError('A parameter set is cut short');
    sps.push(record.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  if (sps.length === 0) throw new RangeError('An AVC configuration record without a parameter set');
  return { lengthSize: ((record[4] ?? 0) & 3) + 1, sps, rest: record.subarray(at) };
}

/** What the first sequence parameter set of an `avcC` record says. @throws RangeError when it can't be read. */
export function readAvcSps(record: Uint8Array): SpsInfo {
  const first = readAvcConfig(record).sps[0];
  if (first === undefined) throw new RangeError('An AVC configuration record without a parameter set');
  return readSps(first);
}

/** An `avcC` record whose sequence parameter sets say `colour`; a new array. */
export function writeAvcConfigColour(record: Uint8Array, colour: StreamColour): Uint8Array<ArrayBuffer> {
  const { sps, rest } = readAvcConfig(record);
  const parts: number[] = [...record.subarray(0, 6)];
  for (const set of sps) {
    const written = writeSpsColour(set, colour);
    parts.push(written.length >> 8, written.length & 255, ...written);
  }
  parts.push(...rest);
  return Uint8Array.from(parts);
}

/**
 * The same for a sample of length-prefixed NAL units, where an encoder repeats its parameter sets in the stream.
 *
 * @returns `sample` itself where it carries no set or nothing changes.
 * @throws RangeError when a NAL unit reaches past the end.
 */
export function writeSampleColour(sample: Uint8Array, lengthSize: number, colour: StreamColour): Uint8Array {
  const out: Uint8Array[] = [];
  let changed = false;
  let at = 0;
  while (at < sample.length) {
    let length = 0;
    for (let i = 0; i < lengthSize; i += 1) length = length * 256 + (sample[at + i] ?? 0);
    const start = at + lengthSize;
    if (length === 0 || start + length > sample.length) throw new RangeError('A NAL unit is cut short');
    const nal = sample.subarray(start, start + length);
    const written = nalType(nal) === NAL_SPS ? writeSpsColour(nal, colour) : nal;
    if (written !== nal) changed = true;
    const prefix = new Uint8Array(lengthSize);
    for (let i = 0; i < lengthSize; i += 1) {
      prefix[i] = Math.floor(written.length / 256 ** (lengthSize - 1 - i)) & 255;
    }
    out.push(prefix, written);
    at = start + length;
  }
  if (!changed) return sample;
  const joined = new Uint8Array(out.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of out) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

const hex = (value: number): string => value.toString(16).padStart(2, '0');

/** The codec string of an `avcC` record, `avc1.PPCCLL`: what the stream is, not what was asked of the encoder. */
export function avcCodecString(record: Uint8Array): string {
  return `avc1.${hex(record[1] ?? 0)}${hex(record[2] ?? 0)}${hex(record[3] ?? 0)}`;
}
