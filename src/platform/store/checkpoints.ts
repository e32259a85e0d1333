import { AppError } from '../../contracts/errors.ts';
import type { FlowCheckpoints } from '../../core/flow/runtime.ts';
import { crc32 } from '../../core/media/crc32.ts';
import { findFile, makeFolder, namesIn, packsFolder, removeEntry, writeFile } from '../packs/disk.ts';

/** Folder of all saved states in the private file system: a folder for each job. */
const FOLDER = 'checkpoints';
/** The two take turns, so that a write that was cut leaves the one before. */
const SLOTS = ['0', '1'] as const;
/** Serial, length and CRC-32 of what follows, each 32 bits, little-endian. */
const HEAD = 12;
/** How long a job waits for the same job to end elsewhere. */
const PATIENCE_MS = 10_000;

const folderName = (jobId: string): string => encodeURIComponent(jobId).replaceAll('.', '%2E');
const lockName = (jobId: string): string => `stillwake-checkpoint-${folderName(jobId)}`;

interface Slot {
  readonly serial: number;
  readonly bytes: Uint8Array;
}

async function readSlot(folder: FileSystemDirectoryHandle, name: string): Promise<Slot | null> {
  const file = await findFile(folder, name);
  if (file === null || file.size < HEAD) return null;
  let all: Uint8Array;
  try {
    all = new Uint8Array(await file.arrayBuffer());
  } catch {
    return null;
  }
  const view = new DataView(all.buffer);
  const bytes = all.subarray(HEAD);
  const whole = view.getUint32(4, true) === bytes.length && view.getUint32(8, true) === crc32(bytes);
  return whole ? { serial: view.getUint32(0, true), bytes } : null;
}

class Checkpoints implements FlowCheckpoints {
  readonly #jobId: string;
  #serial: number | null = null;

  constructor(jobId: string) {
    this.#jobId = jobId;
  }

  async load(): Promise<Uint8Array | null> {
    return (await this.#newest())?.bytes ?? null;
  }

  async save(bytes: Uint8Array): Promise<void> {
    const before = this.#serial ?? (await this.#newest())?.serial ?? 0;
    const serial = before + 1;
    const all = new Uint8Array(HEAD + bytes.length);
    const view = new DataView(all.buffer);
    view.setUint32(0, serial, true);
    view.setUint32(4, bytes.length, true);
    view.setUint32(8, crc32(bytes), true);
    all.set(bytes, HEAD);
    await writeFile(await this.#folder(), SLOTS[serial % 2 === 0 ? 0 : 1], all);
    this.#serial = serial;
  }

  async #folder(): Promise<FileSystemDirectoryHandle> {
    return makeFolder(await packsFolder(FOLDER), folderName(this.#jobId));
  }

  async #newest(): Promise<Slot | null> {
    const folder = await this.#folder();
    const slots = await Promise.all(SLOTS.map((name) => readSlot(folder, name)));
    return slots.reduce((best, slot) => ((slot?.serial ?? -1) > (best?.serial ?? -1) ? slot : best), null);
  }
}

/**
 * Makes a clip with a place for its state in the private file system, which outlives worker, tab and browser. Saving
 * replaces all or nothing, whenever it is cut; inside a worker, since only there files can be written in place.
 *
 * @throws ERR_MODEL_BUSY (retryable) while the same job runs elsewhere; whatever `work` throws.
 */
export async function withCheckpoints<T>(
  jobId: string,
  work: (checkpoints: FlowCheckpoints) => Promise<T>,
): Promise<T> {
  // A worker that has just been ended lets go in a moment.
  const patience = AbortSignal.timeout(PATIENCE_MS);
  let begun = false;
  try {
    return await navigator.locks.request(lockName(jobId), { signal: patience }, () => {
      begun = true;
      return work(new Checkpoints(jobId));
    });
  } catch (cause) {
    if (begun || !patience.aborted) throw cause;
    throw new AppError('ERR_MODEL_BUSY', `${jobId} is running already`, {
      retryable: true,
      details: { job: jobId },
      cause,
    });
  }
}

/** Forgets the state of a job that came to its end. Unknown ones are fine; never rejects. */
export async function removeCheckpoints(jobId: string): Promise<void> {
  try {
    await removeEntry(await packsFolder(FOLDER), folderName(jobId));
  } catch {
    // It is tidied away by the next visit.
  }
}

/** Forgets the states of all jobs but those that may still go on, and those that run. Never rejects. */
export async function tidyCheckpoints(keep: Iterable<string>): Promise<void> {
  try {
    const kept = new Set(Array.from(keep, folderName));
    const { held = [] } = await navigator.locks.query();
    for (const { name } of held) if (name !== undefined) kept.add(name.replace('stillwake-checkpoint-', ''));
    const folder = await packsFolder(FOLDER);
    for (const name of await namesIn(folder, 'directory'))
      if (!kept.has(name)) await removeEntry(folder, name);
  } catch {
    // What can't be removed now is tidied away by the next visit.
  }
}
