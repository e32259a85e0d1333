import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import * as v from 'valibot';
import { AppError } from '../../contracts/errors.ts';
import { crc32 } from '../media/crc32.ts';

/** How far a clip has come. */
export interface FlowCheckpoint {
  /** {@link settingsHash} of all that determines the clip. */
  readonly settings: string;
  /** Seed of the clip's noise; what comes next follows from it. */
  readonly seed: number;
  /** Tokens [N, P] of every finished part of a longer clip. */
  readonly finished: readonly Float32Array[];
  /** Tokens of the part in the making, and how many of its steps are done; null between two parts. */
  readonly current: { readonly tokens: Float32Array; readonly done: number } | null;
}

const MAGIC = 0x43465753; // "SWFC"
const VERSION = 1;
/** Magic, version, header length. */
const FRONT = 12;

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const headerSchema = v.strictObject({
  settings: v.string(),
  seed: count,
  finished: v.array(count),
  current: v.nullable(v.strictObject({ length: count, done: count })),
});

/** SHA-256, hexadecimal, of values that determine a clip: numbers, texts and 32-bit arrays, in this order. */
export function settingsHash(parts: readonly (string | number | Float32Array)[]): string {
  const hash = sha256.create();
  for (const part of parts) {
    // A length in front keeps neighbours apart.
    const bytes = part instanceof Float32Array ? floatBytes([part]) : utf8ToBytes(String(part));
    hash.update(utf8ToBytes(`${bytes.length}:`)).update(bytes);
  }
  return bytesToHex(hash.digest());
}

/** Arrays as little-endian bytes, one after another. */
function floatBytes(arrays: readonly Float32Array[]): Uint8Array {
  const bytes = new Uint8Array(4 * arrays.reduce((sum, { length }) => sum + length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const array of arrays) {
    for (let i = 0; i < array.length; i++, at += 4) view.setFloat32(at, array[i] ?? 0, true);
  }
  return bytes;
}

/** A checkpoint as bytes: magic, version, header in JSON, numbers, CRC-32 of all before. */
export function writeCheckpoint({ settings, seed, finished, current }: FlowCheckpoint): Uint8Array {
  const header = utf8ToBytes(
    JSON.stringify({
      settings,
      seed,
      finished: finished.map(({ length }) => length),
      current: current && { length: current.tokens.length, done: current.done },
    }),
  );
  const numbers = floatBytes(current ? [...finished, current.tokens] : finished);
  const bytes = new Uint8Array(FRONT + header.length + numbers.length + 4);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, VERSION, true);
  view.setUint32(8, header.length, true);
  bytes.set(header, FRONT);
  bytes.set(numbers, FRONT + header.length);
  view.setUint32(bytes.length - 4, crc32(bytes.subarray(0, -4)), true);
  return bytes;
}

function damaged(why: string): AppError {
  return new AppError('ERR_STORE_FAILED', `a clip’s saved state can’t be used: ${why}`, {
    details: { what: 'checkpoint', why },
  });
}

/**
 * Reads what {@link writeCheckpoint} wrote.
 * @throws ERR_STORE_FAILED when it is damaged (`details.what` is `checkpoint`), ERR_STORE_NEWER_VERSION when a later
 * release wrote it.
 */
export function readCheckpoint(bytes: Uint8Array): FlowCheckpoint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < FRONT + 4 || view.getUint32(0, true) !== MAGIC) throw damaged('it is something else');
  const version = view.getUint32(4, true);
  if (version > VERSION) {
    throw new AppError('ERR_STORE_NEWER_VERSION', 'a later release saved the state of this clip', {
      details: { what: 'checkpoint', version },
    });
  }
  if (crc32(bytes.subarray(0, -4)) !== view.getUint32(bytes.length - 4, true)) {
    throw damaged('its checksum disagrees');
  }
  const headerEnd = FRONT + view.getUint32(8, true);
  if (headerEnd > bytes.length - 4) throw damaged('it is cut short');
  // The checksum agrees, so the header is what was written.
  const text = Array.from(bytes.subarray(FRONT, headerEnd), (byte) => String.fromCharCode(byte)).join('');
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), headerSchema), text);
  if (!parsed.success) throw damaged('its header is not one');
  const { settings, seed, finished, current } = parsed.output;
  const lengths = current ? [...finished, current.length] : finished;
  const total = lengths.reduce((sum, length) => sum + length, 0);
  if (headerEnd + 4 * total + 4 !== bytes.length) throw damaged('it has another length than it says');
  let at = headerEnd;
  const arrays = lengths.map((length) => {
    const array = new Float32Array(length);
    for (let i = 0; i < length; i++, at += 4) array[i] = view.getFloat32(at, true);
    return array;
  });
  const tokens = current && arrays.pop();
  return {
    settings,
    seed,
    finished: arrays,
    current: current && tokens ? { tokens, done: current.done } : null,
  };
}
