import { AppError } from '../../contracts/errors.ts';
import { entriesByPath } from './paths.ts';
import { collect, missing, piecesOf, wrongLength, type PackReader } from './reader.ts';

/** A file that was moved away or written to since it was chosen. */
function readError(cause: unknown, path: string): unknown {
  if (!(cause instanceof DOMException) || cause.name === 'AbortError') return cause;
  if (cause.name === 'NotFoundError') return missing(path, 'it is gone', cause);
  return new AppError('ERR_MODEL_CHANGED', `${path} changed since it was chosen: ${cause.message}`, {
    details: { file: path },
    cause,
  });
}

async function* piecesOfFile(
  file: Blob,
  path: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  try {
    for await (const piece of piecesOf(file.stream())) {
      signal.throwIfAborted();
      yield piece;
    }
  } catch (cause) {
    throw readError(cause, path);
  }
}

/**
 * Files of a chosen folder, or of another version on this machine.
 *
 * @throws ERR_MODEL_UNSAFE, ERR_MODEL_MISSING as {@link entriesByPath}
 */
export function folderReader(files: readonly { readonly path: string; readonly file: File }[]): PackReader {
  return filesReader(entriesByPath(files.map(({ path, file }) => [path, file] as const)));
}

/** Files by the paths that a pack gives them. */
export function filesReader(files: ReadonlyMap<string, File>): PackReader {
  return {
    kind: 'folder',
    async small(path, bytesMax, signal) {
      const file = files.get(path);
      return file === undefined ? null : collect(path, piecesOfFile(file, path, signal), bytesMax);
    },
    async open(planned, from, to, signal) {
      const file = files.get(planned.path);
      if (file === undefined) throw missing(planned.path, 'it is not in the folder');
      if (file.size !== planned.bytes) throw wrongLength(planned.path, file.size, planned.bytes);
      return { at: from, changed: false, pieces: piecesOfFile(file.slice(from, to), planned.path, signal) };
    },
  };
}
