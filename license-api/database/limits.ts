import { createHmac, randomBytes } from 'node:crypto';
import { ApiError } from '../api-error.ts';
import type { Clock, Database, Hit } from '../services.ts';

/** How often something may happen: `burst` at once, `perMinute` in the long run. */
export interface AttemptRate {
  readonly burst: number;
  readonly perMinute: number;
}

/** Tries to activate, by address and by key, of all instances together. */
export const ATTEMPTS: AttemptRate = { burst: 10, perMinute: 10 };

const SETTING = 'attempts-secret';
/** How often rows that no longer matter are deleted: once in so many tries. */
const PRUNE_EVERY = 64;

/**
 * Counts tries to activate in the database, so that several instances together let through no more than one. What is
 * kept of an address and of a key is a MAC of it, and only until its bucket is full again. Each name has one number:
 * when its bucket will be full; a try moves it on, and is refused where that would be beyond the whole bucket.
 *
 * A try is counted after the device's proof held, both names in one statement; the guard in memory comes before it, so
 * that a flood does not reach the database.
 *
 * @param rate of each address and of each key.
 * @returns for `AppOptions.limit`; it throws ApiError ERR_REQUEST_RATE with `Retry-After`.
 * @source ITU-T I.371, generic cell rate algorithm (virtual scheduling)
 */
export function attemptLimit(
  database: Database,
  clock: Clock,
  rate: AttemptRate = ATTEMPTS,
): (hit: Hit) => Promise<void> {
  const stepMs = Math.ceil(60_000 / rate.perMinute);
  const wholeMs = stepMs * rate.burst;
  let tries = 0;
  let secret: Promise<Buffer> | null = null;

  async function readSecret(): Promise<Buffer> {
    await database.query('INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
      SETTING,
      randomBytes(32).toString('base64url'),
    ]);
    const [row] = await database.query<{ value: string }>('SELECT value FROM settings WHERE name = $1', [
      SETTING,
    ]);
    if (row === undefined) throw new Error('The secret of attempts was not kept.');
    return Buffer.from(row.value, 'base64url');
  }

  return async ({ route, address, subject }) => {
    if (route.auth !== 'activate' || subject === null) return;
    secret ??= readSecret();
    const key = await secret.catch((error: unknown) => {
      secret = null;
      throw error;
    });
    const nameOf = (kind: string, text: string): string =>
      `${kind}:${createHmac('sha256', key).update(`${kind} ${text}`).digest('base64url')}`;
    const nowMs = clock.nowMs();
    if (tries++ % PRUNE_EVERY === 0) {
      // A clock that was set back leaves rows that would refuse for long: those go as well.
      await database.query(
        'DELETE FROM attempts WHERE full_at_ms <= $1::bigint OR full_at_ms > $1::bigint + 2 * $2::bigint',
        [nowMs, wholeMs],
      );
    }
    // Addresses before keys in every statement: two tries lock what they share in the same order.
    const names = [nameOf('address', address), nameOf('key', subject)];
    const taken = await database.query<{ name: string }>(
      `INSERT INTO attempts (name, full_at_ms) VALUES ($1, $3::bigint + $4::bigint), ($2, $3::bigint + $4::bigint)
       ON CONFLICT (name) DO UPDATE SET full_at_ms = greatest(attempts.full_at_ms, $3::bigint) + $4::bigint
         WHERE greatest(attempts.full_at_ms, $3::bigint) + $4::bigint <= $3::bigint + $5::bigint
       RETURNING name`,
      [...names, nowMs, stepMs, wholeMs],
    );
    if (taken.length === names.length) return;
    const [row] = await database.query<{ full_at_ms: number }>(
      'SELECT coalesce(max(full_at_ms), 0)::bigint AS full_at_ms FROM attempts WHERE name = $1 OR name = $2',
      names,
    );
    const waitMs = (row?.full_at_ms ?? nowMs) + stepMs - wholeMs - nowMs;
    const retryAfterS = Math.max(1, Math.ceil(waitMs / 1000));
    throw new ApiError('ERR_REQUEST_RATE', 'Too many requests; wait a little.', {
      details: { retryAfterS },
      headers: { 'Retry-After': String(retryAfterS) },
    });
  };
}
