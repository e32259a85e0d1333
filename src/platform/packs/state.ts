import * as v from 'valibot';
import { parsePack, type Pack } from '../../contracts/pack.ts';
import { findFile, writeFile } from './disk.ts';
import { PACK_FILE } from './plan.ts';

/** No path of a pack can have this letter, so that no file of a pack is ever taken for its state. */
const SLOTS = ['~state.0.json', '~state.1.json'] as const;
/** Names that are kept beside a pack's own files. */
export const STATE_FILES: readonly string[] = SLOTS;

const stateSchema = v.object({
  format: v.literal(1),
  /** Rises with each write; the two slots take turns, so that a torn write leaves the one before. */
  serial: v.pipe(v.number(), v.integer(), v.minValue(0)),
  state: v.picklist(['installed', 'partial', 'damaged']),
  /** The exact text of `pack.json`. */
  packText: v.string(),
  /** The exact text of `pack.sig`. */
  signature: v.nullable(v.string()),
  from: v.union([
    v.object({ kind: v.literal('url'), url: v.string() }),
    v.object({ kind: v.picklist(['folder', 'zip']) }),
  ]),
  installedAtMs: v.nullable(v.number()),
  verifiedAtMs: v.nullable(v.number()),
  damagedFiles: v.array(v.string()),
  /** ETag or date of each file that has been begun, by path. */
  validators: v.record(v.string(), v.string()),
});

/** What is remembered of a kept pack. It is written last: nothing but it makes a pack installed. */
export type KeptState = v.InferOutput<typeof stateSchema>;
/** A state before it has a serial. */
export type NewState = Omit<KeptState, 'format' | 'serial'>;

async function readText(folder: FileSystemDirectoryHandle, path: string): Promise<string | null> {
  try {
    return (await (await findFile(folder, path))?.text()) ?? null;
  } catch {
    return null;
  }
}

async function readSlot(folder: FileSystemDirectoryHandle, slot: string): Promise<KeptState | null> {
  const text = await readText(folder, slot);
  if (text === null) return null;
  try {
    const result = v.safeParse(stateSchema, JSON.parse(text));
    return result.success ? result.output : null;
  } catch {
    return null;
  }
}

/** `pack.json` of a state. Null where it isn't a pack. */
export function packOfText(text: string): Pack | null {
  try {
    return parsePack(JSON.parse(text));
  } catch {
    return null;
  }
}

/**
 * The newest state that was written whole. Where there is none but a `pack.json`, the pack is partial. Null where there is
 * neither.
 */
export async function readState(folder: FileSystemDirectoryHandle): Promise<KeptState | null> {
  const slots = await Promise.all(SLOTS.map((slot) => readSlot(folder, slot)));
  const newest = slots.reduce(
    (best, one) => (one !== null && one.serial > (best?.serial ?? -1) ? one : best),
    null,
  );
  if (newest !== null && packOfText(newest.packText) !== null) return newest;
  const packText = await readText(folder, PACK_FILE);
  if (packText === null || packOfText(packText) === null) return null;
  return {
    format: 1,
    serial: 0,
    state: 'partial',
    packText,
    signature: null,
    from: { kind: 'folder' },
    installedAtMs: null,
    verifiedAtMs: null,
    damagedFiles: [],
    validators: {},
  };
}

/** Writes a state whole or not at all. Its caller holds the pack's lock. @throws ERR_STORE_QUOTA, ERR_STORE_FAILED */
export async function writeState(folder: FileSystemDirectoryHandle, state: NewState): Promise<KeptState> {
  const serial = ((await readState(folder))?.serial ?? 0) + 1;
  const whole: KeptState = { ...state, format: 1, serial };
  await writeFile(folder, SLOTS[serial % 2 === 0 ? 0 : 1], new TextEncoder().encode(JSON.stringify(whole)));
  return whole;
}
