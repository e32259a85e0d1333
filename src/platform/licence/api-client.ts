import * as v from 'valibot';
import {
  deactivateResponseSchema,
  errorBodySchema,
  leaseResponseSchema,
  ledgerResponseSchema,
  nonceResponseSchema,
  policyResponseSchema,
  revocationsResponseSchema,
  sessionSchema,
  type ActivateRequest,
  type DeactivateRequest,
  type LeaseRequest,
  type LedgerRequest,
  type Session,
} from '../../contracts/licence/api.ts';
import { AppError, type ErrorCode } from '../../contracts/errors.ts';
import {
  IDEMPOTENCY_HEADER,
  NONCE_HEADER,
  PROOF_HEADER,
  TOKEN_TYPES,
} from '../../contracts/licence/tokens.ts';
import type { Json } from '../../core/licence/canonical.ts';
import { digest } from '../../core/licence/digest.ts';
import { signClaims, type DeviceKeyPair } from './device-key.ts';

/** A clock that went so much further than time did was set by someone, milliseconds. */
const CLOCK_SET_MS = 60_000;
/** How long one try may take, milliseconds. */
const TIMEOUT_MS = 15_000;
/** Pauses before the second and third try after a failure of the network, milliseconds. */
const PAUSES_MS = [300, 1200];

export interface ApiClientOptions {
  /** Address of the service, with or without a path. */
  readonly url: string;
  readonly fetch: (input: string, init: RequestInit) => Promise<Response>;
  /** Signs the proofs. */
  readonly key: () => DeviceKeyPair;
  /** The machine's clock, milliseconds since 1970; the service's own corrects it. */
  readonly now: () => number;
  readonly timeoutMs?: number;
  readonly pausesMs?: readonly number[];
}

/** The licence service. Every call may throw ERR_LICENCE_OFFLINE, ERR_LICENCE_RATE and ERR_LICENCE_FAILED. */
export interface ApiClient {
  activate(body: ActivateRequest): Promise<Session>;
  refresh(): Promise<Session>;
  /** @param idempotencyKey with the same one and the same body the same lease comes again. */
  lease(body: LeaseRequest, idempotencyKey: string): Promise<v.InferOutput<typeof leaseResponseSchema>>;
  /** @throws ERR_LICENCE_LEDGER; its details have the service's `code` and what it says beside it. */
  sync(body: LedgerRequest): Promise<v.InferOutput<typeof ledgerResponseSchema>>;
  deactivate(body: DeactivateRequest): Promise<v.InferOutput<typeof deactivateResponseSchema>>;
  policy(): Promise<v.InferOutput<typeof policyResponseSchema>>;
  revocations(): Promise<v.InferOutput<typeof revocationsResponseSchema>>;
}

/** What the service's codes are called here; any other is ERR_LICENCE_FAILED. */
const CODES: Readonly<Record<string, ErrorCode>> = {
  ERR_LICENCE_KEY: 'ERR_LICENCE_KEY',
  ERR_LICENCE_DEVICE: 'ERR_LICENCE_DEVICE',
  ERR_LICENCE_DEVICES_FULL: 'ERR_LICENCE_DEVICES_FULL',
  ERR_LICENCE_FUNDS: 'ERR_LICENCE_FUNDS',
  ERR_LICENCE_TIER: 'ERR_LICENCE_TIER',
  ERR_LEDGER_GAP: 'ERR_LICENCE_LEDGER',
  ERR_LEDGER_FORKED: 'ERR_LICENCE_LEDGER',
  ERR_LEDGER_DAMAGED: 'ERR_LICENCE_LEDGER',
  ERR_REQUEST_ORIGIN: 'ERR_LICENCE_ORIGIN',
  ERR_REQUEST_RATE: 'ERR_LICENCE_RATE',
};

const offline = (cause: unknown): AppError =>
  new AppError('ERR_LICENCE_OFFLINE', 'the licence service can’t be reached', { cause, retryable: true });

/** Seconds to wait, in either form of the header; null when it says nothing sensible. @source RFC 9110, 10.2.3 */
function retryAfterS(header: string | null, nowMs: number): number | null {
  if (header === null) return null;
  const seconds = /^\d{1,9}$/.test(header) ? Number(header) : (Date.parse(header) - nowMs) / 1000;
  return seconds > 0 ? Math.ceil(seconds) : null;
}

async function errorOf(response: Response, nowMs: number): Promise<AppError> {
  const { status } = response;
  const parsed = v.safeParse(errorBodySchema, await response.json().catch(() => null));
  const wait = retryAfterS(response.headers.get('Retry-After'), nowMs);
  const waits = wait === null ? {} : { retryAfterS: wait };
  const retryable = status === 429 || status >= 500;
  if (!parsed.success) {
    // A proxy's own page, or anything else that isn't the service.
    const code = status === 429 ? 'ERR_LICENCE_RATE' : 'ERR_LICENCE_FAILED';
    return new AppError(code, `the licence service answered ${status}`, {
      details: { status, ...waits },
      retryable,
    });
  }
  const { code, message, details } = parsed.output.error;
  return new AppError(
    Object.hasOwn(CODES, code) ? (CODES[code] ?? 'ERR_LICENCE_FAILED') : 'ERR_LICENCE_FAILED',
    message,
    { details: { ...details, code, status, ...waits }, retryable },
  );
}

/** Opens no connection yet. */
export function createApiClient(options: ApiClientOptions): ApiClient {
  const base = options.url.replace(/\/+$/, '');
  const pauses = options.pausesMs ?? PAUSES_MS;
  let nonce: string | null = null;
  /** The service's clock less the machine's. */
  let skewMs = 0;

  const once = async (path: string, init: RequestInit): Promise<Response> => {
    let response: Response;
    try {
      response = await options.fetch(`${base}${path}`, {
        ...init,
        cache: 'no-store',
        credentials: 'omit',
        redirect: 'error',
        referrerPolicy: 'no-referrer',
        signal: AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS),
      });
    } catch (cause) {
      throw offline(cause);
    }
    nonce = response.headers.get(NONCE_HEADER) ?? nonce;
    return response;
  };

  const read = async <Schema extends v.GenericSchema>(
    response: Response,
    schema: Schema,
  ): Promise<v.InferOutput<Schema>> => {
    if (!response.ok) throw await errorOf(response, options.now());
    let body: unknown;
    try {
      body = await response.json();
    } catch (cause) {
      // Cut off on its way, or no JSON at all: what the request did is unknown, so it is asked again.
      throw cause instanceof SyntaxError ? failed('no JSON', cause) : offline(cause);
    }
    const parsed = v.safeParse(schema, body);
    if (!parsed.success) throw failed(parsed.issues[0].message, undefined);
    return parsed.output;
  };

  /** Tries again after a failure of the network, and when the service is busy for a moment. */
  const persistently = async <T>(attempt: () => Promise<T>): Promise<T> => {
    for (const pauseMs of pauses) {
      try {
        return await attempt();
      } catch (cause) {
        if (!(cause instanceof AppError)) throw cause;
        if (cause.code !== 'ERR_LICENCE_OFFLINE' && cause.details['status'] !== 503) throw cause;
        // A nonce that may have arrived is used up.
        nonce = null;
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    return attempt();
  };

  const get = <Schema extends v.GenericSchema>(
    path: string,
    schema: Schema,
  ): Promise<v.InferOutput<Schema>> =>
    persistently(async () => read(await once(path, { method: 'GET' }), schema));

  /** What the machine's clock was off by when it was last compared: time that passes doesn't change it. */
  let comparedAt: { readonly wall: number; readonly steady: number } | null = null;
  /** Whether the machine's clock was set since it was compared: a proof by it would be refused. */
  const wasClockSet = (): boolean => {
    if (comparedAt === null) return true;
    const passed = options.now() - comparedAt.wall - (performance.now() - comparedAt.steady);
    return Math.abs(passed) > CLOCK_SET_MS;
  };
  const freshNonce = async (): Promise<string> => {
    const known = nonce;
    nonce = null;
    if (known !== null && !wasClockSet()) return known;
    const answer = await read(await once('/v1/nonce', { method: 'GET' }), nonceResponseSchema);
    skewMs = answer.serverTimeMs - options.now();
    comparedAt = { wall: options.now(), steady: performance.now() };
    // The answer's header has another one, for the next request.
    return answer.nonce;
  };

  const post = <Schema extends v.GenericSchema>(
    path: string,
    body: Json,
    schema: Schema,
    idempotencyKey: string = crypto.randomUUID(),
  ): Promise<v.InferOutput<Schema>> => {
    const text = JSON.stringify(body);
    const send = async (): Promise<Response> => {
      const claims = {
        htm: 'POST',
        htu: new URL(`${base}${path}`).pathname,
        nonce: await freshNonce(),
        iat: Math.floor((options.now() + skewMs) / 1000),
        ath: digest(text),
      };
      return once(path, {
        method: 'POST',
        body: text,
        headers: {
          'Content-Type': 'application/json',
          [IDEMPOTENCY_HEADER]: idempotencyKey,
          [PROOF_HEADER]: await signClaims(options.key(), TOKEN_TYPES.proof, claims, true),
        },
      });
    };
    return persistently(async () => {
      const response = await send();
      if (response.status === 401) {
        const error = await errorOf(response, options.now());
        if (error.details['code'] !== 'ERR_LICENCE_NONCE') throw error;
        return read(await send(), schema);
      }
      return read(response, schema);
    });
  };

  return {
    activate: (body) => post('/v1/activate', body, sessionSchema),
    refresh: () => post('/v1/refresh', {}, sessionSchema),
    lease: (body, idempotencyKey) => post('/v1/leases', body, leaseResponseSchema, idempotencyKey),
    sync: (body) => post('/v1/ledger', body, ledgerResponseSchema),
    deactivate: ({ deviceId }) =>
      post('/v1/deactivate', deviceId === undefined ? {} : { deviceId }, deactivateResponseSchema),
    policy: () => get('/v1/policy', policyResponseSchema),
    revocations: () => get('/v1/revocations', revocationsResponseSchema),
  };
}

const failed = (reason: string, cause: unknown): AppError =>
  new AppError('ERR_LICENCE_FAILED', `the licence service’s answer isn’t understood: ${reason}`, {
    cause,
    retryable: true,
  });
