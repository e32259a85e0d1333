import { getConnInfo } from '@hono/node-server/conninfo';
import { ApiError } from '../api-error.ts';
import type { AppContext, Hit } from '../services.ts';

/** How often something may happen: `burst` at once, `perMinute` in the long run. */
export interface Rate {
  readonly burst: number;
  readonly perMinute: number;
}

/**
 * Token buckets by name, at most `most` of them: the one that was used longest ago goes first, and it has been
 * filling up for longest, so little is forgotten.
 */
export class Buckets {
  readonly #rate: Rate;
  readonly #now: () => number;
  readonly #most: number;
  readonly #buckets = new Map<string, { tokens: number; atMs: number }>();

  /** @param now monotonic or wall clock, milliseconds. */
  constructor(rate: Rate, now: () => number = Date.now, most = 20_000) {
    this.#rate = rate;
    this.#now = now;
    this.#most = most;
  }

  /** How many are kept. */
  get size(): number {
    return this.#buckets.size;
  }

  /** Takes one token; returns 0, or the seconds until there is one, and then nothing is taken. */
  take(name: string): number {
    const { burst, perMinute } = this.#rate;
    const perMs = perMinute / 60_000;
    const nowMs = this.#now();
    const bucket = this.#buckets.get(name) ?? { tokens: burst, atMs: nowMs };
    const tokens = Math.min(burst, bucket.tokens + Math.max(0, nowMs - bucket.atMs) * perMs);
    this.#buckets.delete(name);
    this.#buckets.set(name, { tokens: tokens >= 1 ? tokens - 1 : tokens, atMs: nowMs });
    if (this.#buckets.size > this.#most) {
      const oldest = this.#buckets.keys().next();
      if (oldest.done !== true) this.#buckets.delete(oldest.value);
    }
    return tokens >= 1 ? 0 : (1 - tokens) / perMs / 1000;
  }
}

/** Limits of one instance; each counts for itself, so n instances together let through n times as much. */
export interface Limits {
  /** Every request, by address. */
  readonly address: Rate;
  /** Requests of a licence's devices together, after their proofs held. */
  readonly subject: Rate;
  /** Tries to activate, by address and by the digest of the key that was tried. */
  readonly activate: Rate;
  /** Requests of operators, by address; counted before the key is looked at. */
  readonly operator: Rate;
}

/** Generous for a person with several devices behind one address, tight for whoever tries keys. */
export const LIMITS: Limits = {
  address: { burst: 240, perMinute: 1200 },
  subject: { burst: 120, perMinute: 300 },
  activate: { burst: 10, perMinute: 10 },
  operator: { burst: 60, perMinute: 300 },
};

/** Looks in the database for origins that aren't known, by address. */
const ORIGINS: Rate = { burst: 60, perMinute: 120 };

/** Takes a token, or refuses. @throws ApiError ERR_REQUEST_RATE */
function spend(buckets: Buckets, name: string): void {
  const retryAfterS = Math.ceil(buckets.take(name));
  if (retryAfterS === 0) return;
  throw new ApiError('ERR_REQUEST_RATE', 'Too many requests; wait a little.', {
    details: { retryAfterS },
    headers: { 'Retry-After': String(retryAfterS) },
  });
}

/** What `CorsOptions.limit` is to be: a flood of origins that nobody registered reaches no database. */
export function originLimit(
  address: (context: AppContext) => string,
  now: () => number = Date.now,
): (context: AppContext) => void {
  const buckets = new Buckets(ORIGINS, now);
  return (context) => spend(buckets, address(context));
}

/**
 * What `AppOptions.limit` is to be: counts requests by address before it is known who asks, and by licence after.
 *
 * @param now clock in milliseconds.
 * @returns a function that throws ApiError ERR_REQUEST_RATE with `Retry-After`.
 */
export function rateLimit(limits: Limits = LIMITS, now: () => number = Date.now): (hit: Hit) => void {
  const buckets = {
    address: new Buckets(limits.address, now),
    subject: new Buckets(limits.subject, now),
    activate: new Buckets(limits.activate, now),
    operator: new Buckets(limits.operator, now),
  };
  const take = (kind: keyof Limits, name: string): void => spend(buckets[kind], name);
  return ({ route, address, subject }) => {
    const name = subject ?? address;
    if (subject === null) take('address', address);
    if (route.auth === 'activate') take('activate', `${subject === null ? 'address' : 'key'} ${name}`);
    else if (route.auth === 'operator' && subject === null) take('operator', name);
    else if (route.auth === 'device' && subject !== null) take('subject', name);
  };
}

const IPV4 = /^\d{1,3}(\.\d{1,3}){3}$/;

/** The network that an IPv6 address is in (its first 64 bits), or the address itself. */
export function networkOf(address: string): string {
  const bare = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  if (IPV4.test(bare) || !bare.includes(':')) return bare;
  const [head = '', tail] = bare.toLowerCase().split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const gap = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  const groups = [...before, ...Array.from({ length: gap }, () => '0'), ...after];
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}

/**
 * Whom a request came from: the socket's other end; behind a proxy that is trusted, the last hop that this proxy
 * wrote into `X-Forwarded-For`. Anything before it may be made up.
 */
export function addressOf(trustProxy: boolean): (context: AppContext) => string {
  return (c) => {
    const hop = trustProxy ? c.req.header('x-forwarded-for')?.split(',').at(-1)?.trim() : undefined;
    if (hop !== undefined && hop.length <= 45 && /^[\da-f:.]+$/i.test(hop)) return networkOf(hop);
    // A request that a test makes has no socket.
    const env: unknown = c.env;
    if (typeof env !== 'object' || env === null || !('incoming' in env)) return 'unknown';
    return networkOf(getConnInfo(c).remote.address ?? 'unknown');
  };
}
