import {
  BlobReader,
  ERR_AMBIGUOUS_ARCHIVE,
  ERR_ENCRYPTED,
  ERR_ENCRYPTED_CENTRAL_DIRECTORY,
  ERR_ENTRY_DATA_OUT_OF_BOUNDS,
  ERR_INVALID_UNCOMPRESSED_SIZE,
  ERR_OVERLAPPING_ENTRY,
  ERR_UNSAFE_FILENAME,
  ZipReader,
  type FileEntry,
} from '@zip.js/zip.js/lib/zip-core-native.js';
import { AppError } from '../../contracts/errors.ts';
import { entriesByPath } from './paths.ts';
import { collect, missing, piecesOf, wrongLength, type PackReader } from './reader.ts';

/** More than any pack has; a directory of millions of names is an attack on the reader. */
const ENTRIES_MAX = 20_000;

/** What the library says when an archive was made to mean two things, or to lead somewhere. */
const UNSAFE: ReadonlySet<string> = new Set([
  ERR_AMBIGUOUS_ARCHIVE,
  ERR_ENCRYPTED,
  ERR_ENCRYPTED_CENTRAL_DIRECTORY,
  ERR_ENTRY_DATA_OUT_OF_BOUNDS,
  ERR_INVALID_UNCOMPRESSED_SIZE,
  ERR_OVERLAPPING_ENTRY,
  ERR_UNSAFE_FILENAME,
]);

const unsafe = (path: string, why: string, cause?: unknown): AppError =>
  new AppError('ERR_MODEL_UNSAFE', `the archive was refused at ${path}: ${why}`, {
    details: { file: path, why },
    cause,
  });

function zipError(cause: unknown, path: string): Error {
  if (cause instanceof AppError) return cause;
  if (cause instanceof DOMException && cause.name === 'AbortError') return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  if ([...UNSAFE].some((known) => message.startsWith(known))) return unsafe(path, message, cause);
  return new AppError('ERR_MODEL_DAMAGED', `the archive can't be read at ${path}: ${message}`, {
    details: { file: path, why: message },
    cause,
  });
}

/** Unpacks as it is read. Never gives more than `bytesMax`. */
async function* unpack(
  entry: FileEntry,
  path: string,
  bytesMax: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  const stop = new AbortController();
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  let failure: unknown = null;
  const unpacking = entry
    .getData(writable, {
      signal: AbortSignal.any([signal, stop.signal]),
      checkOverlappingEntry: true,
      // The pack's own hash says more than the archive's sum.
      checkSignature: false,
    })
    .catch(async (cause: unknown) => {
      failure = cause;
      await writable.abort(cause).catch(() => undefined);
    });
  let bytes = 0;
  try {
    for await (const piece of piecesOf(readable)) {
      bytes += piece.length;
      if (bytes > bytesMax) throw unsafe(path, 'it unpacks to more than it says');
      yield piece;
    }
    await unpacking;
    if (failure !== null) throw zipError(failure, path);
  } catch (cause) {
    signal.throwIfAborted();
    throw zipError(failure ?? cause, path);
  } finally {
    stop.abort();
    await unpacking;
  }
}

/**
 * Files of an archive, unpacked one by one as they are asked for; nothing that the pack doesn't name is ever unpacked.
 *
 * @throws ERR_MODEL_DAMAGED when it is no archive; ERR_MODEL_UNSAFE, ERR_MODEL_MISSING as {@link entriesByPath}, also for
 * encrypted entries and archives that could be read in two ways.
 */
export async function zipReader(file: File): Promise<PackReader> {
  const zip = new ZipReader(new BlobReader(file), {
    strictness: 'strict',
    useWebWorkers: false,
    useCompressionStream: true,
  });
  const listed: [string, FileEntry][] = [];
  try {
    let count = 0;
    for await (const entry of zip.getEntriesGenerator()) {
      count += 1;
      if (count > ENTRIES_MAX) throw unsafe(file.name, 'it has too many entries');
      if (entry.encrypted) throw unsafe(entry.filename, 'it is encrypted');
      if (!entry.directory) listed.push([entry.filename, entry]);
    }
  } catch (cause) {
    throw zipError(cause, file.name);
  }
  const entries = entriesByPath(listed);
  return {
    kind: 'zip',
    async small(path, bytesMax, signal) {
      const entry = entries.get(path);
      if (entry === undefined) return null;
      if (entry.uncompressedSize > bytesMax) throw unsafe(path, 'it is far too large');
      return collect(path, unpack(entry, path, entry.uncompressedSize, signal), bytesMax);
    },
    async open({ path, bytes }, _from, _to, signal) {
      const entry = entries.get(path);
      if (entry === undefined) throw missing(path, 'it is not in the archive');
      if (entry.uncompressedSize !== bytes) throw wrongLength(path, entry.uncompressedSize, bytes);
      return { at: 0, changed: false, pieces: unpack(entry, path, bytes, signal) };
    },
  };
}
