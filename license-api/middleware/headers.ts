import { IDEMPOTENCY_HEADER, NONCE_HEADER, PROOF_HEADER } from '../../src/contracts/licence/tokens.ts';
import { ApiError } from '../api-error.ts';
import type { AppContext, Middleware } from '../services.ts';
import { errorResponse } from './errors.ts';

const SECURITY: Readonly<Record<string, string>> = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
};

/** Answers are kept by nobody, taken for nothing else, and set no cookie. */
export function securityHeaders(): Middleware {
  return async (c, next) => {
    await next();
    for (const [name, value] of Object.entries(SECURITY)) c.res.headers.set(name, value);
    c.res.headers.delete('Set-Cookie');
    if (!c.res.headers.has('Cache-Control')) c.res.headers.set('Cache-Control', 'no-store');
  };
}

/** Which pages of other origins may talk to the service. */
export interface CorsOptions {
  /** Origins that always may. */
  readonly appOrigins: readonly string[];
  /** Whether any licence has the origin. */
  readonly isRegistered: (origin: string) => Promise<boolean>;
  /** Called before {@link isRegistered}, which asks the database. @throws ApiError ERR_REQUEST_RATE */
  readonly limit?: (context: AppContext) => void;
  /** Milliseconds. */
  readonly now?: () => number;
}

/** How long an origin that was registered is taken to be so, and how many are remembered. */
const REMEMBER_MS = 60_000;
const REMEMBER_MOST = 1000;
const ORIGIN = /^https?:\/\/[a-z0-9.:[\]-]{1,240}$/;

const ALLOWED_HEADERS = ['Content-Type', PROOF_HEADER, IDEMPOTENCY_HEADER].join(', ');
const EXPOSED_HEADERS = [NONCE_HEADER, 'Retry-After'].join(', ');

/**
 * Lets pages of registered origins read answers (CORS), without credentials. A preflight of any other origin is
 * refused, so that nothing is sent; operators' and webhooks' paths have no CORS at all.
 *
 * @source Fetch Standard, 3.2 (HTTP CORS protocol)
 */
export function cors({ appOrigins, isRegistered, limit, now = Date.now }: CorsOptions): Middleware {
  const known = new Map<string, number>();
  const allowed = async (origin: string, c: AppContext): Promise<boolean> => {
    if (appOrigins.includes(origin)) return true;
    if (!ORIGIN.test(origin)) return false;
    if ((known.get(origin) ?? 0) > now()) return true;
    known.delete(origin);
    limit?.(c);
    if (!(await isRegistered(origin))) return false;
    if (known.size >= REMEMBER_MOST) known.clear();
    known.set(origin, now() + REMEMBER_MS);
    return true;
  };
  return async (c, next) => {
    const origin = c.req.header('origin');
    const preflight =
      c.req.method === 'OPTIONS' && c.req.header('access-control-request-method') !== undefined;
    const open =
      origin !== undefined &&
      !/^\/(v1\/operator|webhooks)(\/|$)/.test(c.req.path) &&
      (await allowed(origin, c));
    if (preflight) {
      c.res = open
        ? new Response(null, {
            status: 204,
            headers: {
              'Access-Control-Allow-Methods': 'GET, POST',
              'Access-Control-Allow-Headers': ALLOWED_HEADERS,
              'Access-Control-Max-Age': '600',
            },
          })
        : errorResponse(new ApiError('ERR_REQUEST_ORIGIN', 'This page is not registered here.'));
    } else {
      await next();
    }
    c.res.headers.append('Vary', 'Origin');
    if (!open) return;
    c.res.headers.set('Access-Control-Allow-Origin', origin);
    c.res.headers.set('Access-Control-Expose-Headers', EXPOSED_HEADERS);
  };
}
