import { ApiError } from '../api-error.ts';

/** Serialisation failure, deadlock, lock not available, and a row that another made first. @source PostgreSQL manual, appendix A */
const RETRIED: ReadonlySet<unknown> = new Set(['40001', '40P01', '55P03', '23505']);
const TRIES = 6;
const FIRST_WAIT_MS = 5;

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}

/**
 * Runs a transaction again when the database gave it up for the sake of another one.
 *
 * @throws ApiError ERR_SERVER_BUSY when all tries end so; whatever else the work throws.
 */
export async function withRetry<T>(work: () => Promise<T>): Promise<T> {
  for (let failed = 0; ; failed++) {
    try {
      return await work();
    } catch (error) {
      if (!RETRIED.has(codeOf(error))) throw error;
      if (failed + 1 >= TRIES) {
        throw new ApiError('ERR_SERVER_BUSY', 'Too many requests want the same record; try again.', {
          headers: { 'Retry-After': '1' },
          cause: error,
        });
      }
      // A random share of a doubling wait, so that those who collided don't collide again.
      const waitMs = Math.random() * FIRST_WAIT_MS * 2 ** failed;
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  }
}

/** BIGINT as a number. @throws RangeError beyond what a number holds exactly. */
export function safeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError('a BIGINT beyond the safe integers');
  return value;
}

/** Type of BIGINT in the protocol. */
export const BIGINT_OID = 20;
