import { AppError } from '../../contracts/errors.ts';

/** The name of an error of the database, whatever class the browser uses for it. */
function nameOf(cause: unknown): string {
  return typeof cause === 'object' && cause !== null && 'name' in cause ? String(cause.name) : '';
}

/**
 * An error of IndexedDB as ours: a full disk, a database of a newer version, or anything else. An AppError and an
 * AbortError of our own pass unchanged.
 */
export function storeError(cause: unknown): Error {
  if (cause instanceof AppError) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  switch (nameOf(cause)) {
    case 'QuotaExceededError':
      return new AppError('ERR_STORE_QUOTA', `the disk space given to this site is full: ${message}`, {
        cause,
        retryable: true,
      });
    case 'VersionError':
      return new AppError(
        'ERR_STORE_NEWER_VERSION',
        `the gallery was written by a newer version: ${message}`,
        {
          cause,
        },
      );
    default:
      return new AppError('ERR_STORE_FAILED', `the gallery could not be read or written: ${message}`, {
        cause,
        retryable: true,
      });
  }
}
