import { AppError } from '../../contracts/errors.ts';
import { sha256Hex } from '../ort/pack-source.ts';
import { verifyFile } from './check.ts';
import { FileWriter, findFile } from './disk.ts';
import type { Meter } from './meter.ts';
import type { Patience } from './patience.ts';
import { chunkCount, chunkSpan, type PlannedFile } from './plan.ts';
import { wrongLength, type Opened, type PackReader } from './reader.ts';

/** What all files of one installation share. */
export interface TransferOptions {
  /** Of the pack's version. */
  readonly folder: FileSystemDirectoryHandle;
  readonly chunkBytes: number;
  readonly patience: Patience;
  readonly meter: Meter;
  readonly signal: AbortSignal;
  /** A file's source has been opened, and with it is known what to ask for when going on. */
  readonly onOpened: () => void;
}

const notThePacks = (path: string, changed: boolean, why: string): AppError =>
  new AppError(
    changed ? 'ERR_MODEL_CHANGED' : 'ERR_MODEL_DAMAGED',
    `${path} is not the file that the pack describes: ${why}`,
    { details: { file: path, why } },
  );

/** One file on its way: chunks are put together, checked and only then written. */
class Transfer {
  readonly #file: PlannedFile;
  readonly #have: Set<number>;
  readonly #options: TransferOptions;
  readonly #writer: FileWriter;
  readonly #buffer: Uint8Array<ArrayBuffer>;
  readonly #count: number;
  #restarted = false;
  changed = false;

  constructor(file: PlannedFile, have: Set<number>, writer: FileWriter, options: TransferOptions) {
    this.#file = file;
    this.#have = have;
    this.#writer = writer;
    this.#options = options;
    this.#count = chunkCount(file.bytes, options.chunkBytes);
    this.#buffer = new Uint8Array(Math.min(options.chunkBytes, file.bytes));
  }

  get done(): boolean {
    return this.#have.size === this.#count;
  }

  /** Forgets what is there, of a file whose parts can't be told from each other. */
  restart(): void {
    for (const index of this.#have) this.#options.meter.add(-this.#length(index));
    this.#have.clear();
    this.#writer.truncate(0);
    this.#restarted = true;
  }

  /** Reads as much as the source gives in one go. @throws as {@link PackReader.open} */
  async fill(reader: PackReader): Promise<void> {
    const { signal, chunkBytes } = this.#options;
    let first = 0;
    while (this.#have.has(first)) first += 1;
    let last = first;
    while (last < this.#count && !this.#have.has(last)) last += 1;
    const to = Math.min(last * chunkBytes, this.#file.bytes);
    const opened = await reader.open(this.#file, first * chunkBytes, to, signal);
    this.changed ||= opened.changed;
    this.#options.onOpened();
    if (this.#file.chunks === null && opened.changed && first > 0 && !this.#restarted) this.restart();
    const at = await this.#take(opened);
    if (this.done || at >= to) return;
    if (reader.kind !== 'url') throw wrongLength(this.#file.path, at, this.#file.bytes);
    throw new AppError('ERR_MODEL_UNREACHABLE', `${this.#file.path} was cut short at ${at}`, {
      retryable: true,
      details: { file: this.#file.path, why: 'cut short' },
    });
  }

  /** Resolves with where the source ended. */
  async #take({ at: start, pieces }: Opened): Promise<number> {
    const { chunkBytes } = this.#options;
    let at = start;
    for await (const piece of pieces) {
      let used = 0;
      while (used < piece.length && at < this.#file.bytes) {
        const index = Math.floor(at / chunkBytes);
        const [from, to] = chunkSpan(this.#file, index, chunkBytes);
        const part = piece.subarray(used, used + to - at);
        this.#buffer.set(part, at - from);
        at += part.length;
        used += part.length;
        // A source may begin in the middle of a chunk; that one is asked for again.
        if (at === to && !this.#have.has(index) && from >= start) await this.#keep(index);
      }
      if (this.done) break;
    }
    return at;
  }

  async #keep(index: number): Promise<void> {
    const { signal, chunkBytes, meter, patience } = this.#options;
    signal.throwIfAborted();
    const bytes = this.#buffer.subarray(0, this.#length(index));
    const { chunks, path } = this.#file;
    if (chunks !== null && (await sha256Hex(bytes)) !== chunks[index]) {
      throw notThePacks(path, this.changed, `chunk ${index} has another hash`);
    }
    this.#writer.write(index * chunkBytes, bytes);
    this.#have.add(index);
    patience.progress();
    meter.add(bytes.length);
  }

  #length(index: number): number {
    const [from, to] = chunkSpan(this.#file, index, this.#options.chunkBytes);
    return to - from;
  }
}

async function fetchChunks(
  file: PlannedFile,
  have: Set<number>,
  reader: PackReader,
  options: TransferOptions,
  fromScratch: boolean,
): Promise<boolean> {
  const { folder, patience, signal } = options;
  const writer = await FileWriter.open(folder, file.path);
  try {
    const transfer = new Transfer(file, have, writer, options);
    if (writer.bytes > file.bytes) writer.truncate(file.bytes);
    if (fromScratch) transfer.restart();
    else if (file.chunks === null) writer.truncate(Math.min(file.bytes, have.size * options.chunkBytes));
    while (!transfer.done) {
      await patience.ready();
      signal.throwIfAborted();
      try {
        await transfer.fill(reader);
      } catch (error) {
        await patience.after(error, signal);
      }
    }
    return transfer.changed;
  } finally {
    writer.close();
  }
}

/**
 * Brings what is missing of one file. Whatever ends it, each chunk that is on disk is whole and checked, or, of a file
 * without a list, whole.
 *
 * @param have chunks that are there; grows.
 * @throws as {@link PackReader.open}, ERR_MODEL_DAMAGED or, where the source said so, ERR_MODEL_CHANGED for wrong bytes;
 * ERR_STORE_QUOTA, ERR_STORE_FAILED, ERR_MODEL_BUSY, AbortError.
 */
export async function bringFile(
  file: PlannedFile,
  have: Set<number>,
  reader: PackReader,
  options: TransferOptions,
): Promise<void> {
  const began = have.size;
  const changed = await fetchChunks(file, have, reader, options, false);
  if (file.chunks !== null) return;
  const { folder, chunkBytes, signal } = options;
  const isWhole = async (): Promise<boolean> => {
    const read = { chunkBytes, signal, onBytes: () => undefined };
    return (await verifyFile(file, await findFile(folder, file.path), read)).whole;
  };
  if (await isWhole()) return;
  if (began > 0) {
    // What was there from the last time may be what is wrong.
    await fetchChunks(file, have, reader, options, true);
    if (await isWhole()) return;
  }
  const writer = await FileWriter.open(folder, file.path);
  writer.truncate(0);
  writer.close();
  have.clear();
  throw notThePacks(file.path, changed, 'it has another hash');
}
