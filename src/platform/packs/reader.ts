import { AppError } from '../../contracts/errors.ts';
import type { PlannedFile } from './plan.ts';

/** Some of a file, as it comes. */
export interface Opened {
  /** Where in the file the first byte lies; not after the one that was asked for. */
  readonly at: number;
  /** Whether the file is known to be another one than when it was begun. */
  readonly changed: boolean;
  /** Pieces of any length in order; ending the loop lets go of the source. Rejects like {@link PackReader.open}. */
  readonly pieces: AsyncIterable<Uint8Array>;
}

/** Where a pack's files come from. */
export interface PackReader {
  readonly kind: 'url' | 'folder' | 'zip';
  /**
   * A small file as a whole, unchecked. Null where there is none.
   * @throws ERR_MODEL_UNREACHABLE, ERR_MODEL_UNSAFE, ERR_MODEL_DAMAGED when it is longer than `bytesMax`.
   */
  small(path: string, bytesMax: number, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer> | null>;
  /**
   * A file from `from` on; all of it, or at least as far as `to`.
   * @throws ERR_MODEL_MISSING, ERR_MODEL_UNREACHABLE (retryable), ERR_MODEL_CHANGED, ERR_MODEL_UNSAFE, ERR_MODEL_DAMAGED
   */
  open(file: PlannedFile, from: number, to: number, signal: AbortSignal): Promise<Opened>;
}

/** @throws ERR_MODEL_MISSING, so that each reader says it in the same way */
export function missing(path: string, why: string, cause?: unknown): AppError {
  return new AppError('ERR_MODEL_MISSING', `${path} could not be read: ${why}`, {
    details: { file: path, why },
    cause,
  });
}

/** A file that has another length than the pack says. */
export function wrongLength(
  path: string,
  bytes: number,
  expectedBytes: number,
  code: 'ERR_MODEL_DAMAGED' | 'ERR_MODEL_CHANGED' = 'ERR_MODEL_DAMAGED',
): AppError {
  return new AppError(code, `${path} has ${bytes} bytes and should have ${expectedBytes}`, {
    details: { file: path, bytes, expectedBytes },
  });
}

/** Pieces of a stream; whoever stops reading cancels it. */
export async function* piecesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** Reads small files to their end. @throws ERR_MODEL_DAMAGED beyond `bytesMax` */
export async function collect(
  path: string,
  pieces: AsyncIterable<Uint8Array>,
  bytesMax: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of pieces) {
    bytes += piece.length;
    if (bytes > bytesMax) throw wrongLength(path, bytes, bytesMax);
    parts.push(piece);
  }
  const all = new Uint8Array(bytes);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
