import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { sha256Hex } from '../ort/pack-source.ts';
import { diskError } from './disk.ts';
import { chunkCount, chunkSpan, type PlannedFile } from './plan.ts';

/** What a file on disk turned out to be. */
export interface FileVerdict {
  /** Whether it is the pack's file, to the last byte. */
  readonly whole: boolean;
  /** Chunks that are right; of a file without a list, those that are there at all. */
  readonly have: ReadonlySet<number>;
}

/** How a file is read. */
export interface CheckOptions {
  readonly chunkBytes: number;
  readonly signal: AbortSignal;
  /** Called with each chunk's length once it was read. */
  readonly onBytes: (bytes: number) => void;
  /**
   * Leaves the hash of a whole file out where its chunks have theirs: an installation has found that both say the same, and
   * the browser's own hashing takes whole buffers only.
   */
  readonly chunksSuffice?: boolean;
}

async function readSpan(
  file: File,
  path: string,
  from: number,
  to: number,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await file.slice(from, to).arrayBuffer());
  } catch (cause) {
    throw diskError(cause, path);
  }
}

/**
 * Chunks of a file on disk that need not be fetched. What was begun of a file without a list counts by its length alone; it
 * is checked when it is whole.
 */
export async function surveyFile(
  planned: PlannedFile,
  file: File | null,
  { chunkBytes, signal, onBytes }: CheckOptions,
): Promise<ReadonlySet<number>> {
  const have = new Set<number>();
  if (file === null) return have;
  if (planned.chunks === null && file.size >= planned.bytes) {
    const verdict = await verifyFile(planned, file, { chunkBytes, signal, onBytes });
    return verdict.whole ? verdict.have : have;
  }
  for (let index = 0; index < chunkCount(planned.bytes, chunkBytes); index += 1) {
    const [from, to] = chunkSpan(planned, index, chunkBytes);
    if (file.size < to) break;
    if (planned.chunks !== null) {
      signal.throwIfAborted();
      const bytes = await readSpan(file, planned.path, from, to);
      onBytes(bytes.length);
      if ((await sha256Hex(bytes)) !== planned.chunks[index]) continue;
    }
    have.add(index);
  }
  return have;
}

/**
 * Reads a whole file again: each chunk against its hash, and the file against its own.
 *
 * @param file as it is on disk; null where there is none.
 * @throws AbortError, ERR_STORE_FAILED
 */
export async function verifyFile(
  planned: PlannedFile,
  file: File | null,
  { chunkBytes, signal, onBytes, chunksSuffice = false }: CheckOptions,
): Promise<FileVerdict> {
  const have = new Set<number>();
  if (file === null) return { whole: false, have };
  const count = chunkCount(planned.bytes, chunkBytes);
  const isByChunks = planned.chunks !== null && (count === 1 || chunksSuffice);
  const running = isByChunks ? null : sha256.create();
  for (let index = 0; index < count; index += 1) {
    signal.throwIfAborted();
    const [from, to] = chunkSpan(planned, index, chunkBytes);
    const bytes = await readSpan(file, planned.path, from, to);
    onBytes(bytes.length);
    running?.update(bytes);
    if (bytes.length !== to - from) continue;
    if (planned.chunks === null || (await sha256Hex(bytes)) === planned.chunks[index]) have.add(index);
  }
  const right = running === null || bytesToHex(running.digest()) === planned.sha256;
  return { whole: right && have.size === count && file.size === planned.bytes, have };
}
