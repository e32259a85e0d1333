import type { Context, ErrorHandler, MiddlewareHandler } from 'hono';
import type * as v from 'valibot';
import type { Account, Jwks, LicenceErrorCode } from '../src/contracts/licence/api.ts';
import type { LedgerEntry } from '../src/contracts/licence/ledger.ts';
import type { Policy } from '../src/contracts/licence/policy.ts';
import type {
  DeviceKey,
  EntitlementClaims,
  LeaseClaims,
  RevocationsClaims,
} from '../src/contracts/licence/tokens.ts';
import type { ApiError } from './api-error.ts';

/** What a column holds. BIGINT comes back as a number, checked to be a safe integer. */
export type Value = string | number | boolean | null;
/** A row by its columns' names. */
export type Row = Readonly<Record<string, Value>>;

/** Something that answers SQL: `$1`, `$2`, … stand for parameters; values are never written into the text. */
export interface Queryable {
  query<T extends Row = Row>(sql: string, params?: readonly Value[]): Promise<readonly T[]>;
}

/** A transaction under way: use it instead of the database until the function ends. */
export type Transaction = Queryable;

/** The database: PGlite or PostgreSQL, one SQL for both. Owner: whoever opened it closes it. */
export interface Database extends Queryable {
  readonly kind: 'pglite' | 'postgres';
  /**
   * Runs a function in a transaction; what it throws undoes everything. After a deadlock or a serialisation failure it
   * is run again, a bounded number of times, so it has no effect outside of the database.
   *
   * @throws ApiError ERR_SERVER_BUSY when all tries fail or no connection comes free.
   */
  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** Milliseconds since 1970. Tests give one that they turn. */
export interface Clock {
  nowMs(): number;
}

export const LICENCE_STATES = ['active', 'ended', 'revoked'] as const;
export type LicenceState = (typeof LICENCE_STATES)[number];

/** A licence as the operator sees it. Amounts in Moments; granted = balance + leased + committed + lapsed, always. */
export interface Licence {
  readonly id: string;
  /** The operator's or provider's own name for it, e.g. a subscription's id; one licence each. */
  readonly reference: string | null;
  readonly keyHint: string;
  readonly policy: string;
  readonly tier: string;
  readonly state: LicenceState;
  readonly origins: readonly string[];
  readonly features: readonly string[];
  readonly epoch: number;
  readonly metered: boolean;
  readonly createdAtMs: number;
  readonly periodStartMs: number;
  /** Null where the allowance comes once. */
  readonly periodEndMs: number | null;
  readonly granted: number;
  readonly balance: number;
  readonly leased: number;
  readonly committed: number;
  readonly lapsed: number;
  /** Committed in the present period. */
  readonly spent: number;
}

export interface NewLicence {
  readonly policy: string;
  readonly tier: string;
  readonly origins?: readonly string[];
  readonly features?: readonly string[];
  readonly metered?: boolean;
  readonly reference?: string | null;
  /** A key of one's own making (demonstration); else one is made. In the form of `keySchema`, its check right. */
  readonly key?: string;
}

export interface LicenceChange {
  readonly tier?: string;
  /** Not back from `revoked`. */
  readonly state?: 'active' | 'ended';
  readonly origins?: readonly string[];
  readonly features?: readonly string[];
  /** Voids every entitlement issued so far. */
  readonly raiseEpoch?: boolean;
}

export interface AuditEntry {
  readonly id: number;
  readonly atMs: number;
  /** E.g. `operator:main`, `webhook:stripe`, `device:<id>`, `server`. */
  readonly actor: string;
  readonly licenceId: string | null;
  readonly action: string;
  readonly details: Readonly<Record<string, Value>>;
}

/** One page: newest first; `next` goes into `after` of the next call. */
export interface PageRequest {
  /** 1 to 200. */
  readonly limit: number;
  readonly after: string | null;
}
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

/**
 * Books. Each function runs in the given transaction, locks the licence's row first, refills the allowance and takes
 * ended leases back before it does its own work, and writes the audit log (`actor` of whoever did it).
 */
export interface Accounting {
  /** @throws ApiError ERR_REQUEST_INVALID (no such policy or tier), ERR_OPERATOR_CONFLICT (reference or key is taken). */
  createLicence(
    tx: Transaction,
    actor: string,
    licence: NewLicence,
  ): Promise<{ readonly licence: Licence; readonly key: string }>;
  /** @throws ApiError ERR_REQUEST_NOT_FOUND, ERR_REQUEST_INVALID, ERR_OPERATOR_CONFLICT (it is revoked). */
  changeLicence(tx: Transaction, actor: string, id: string, change: LicenceChange): Promise<Licence>;
  /** Adds to granted and balance. @param amount above 0. @throws ApiError ERR_REQUEST_NOT_FOUND */
  grant(tx: Transaction, actor: string, id: string, amount: number, reason: string): Promise<Licence>;
  /** Like grant, but below 0 too: a correction. @throws ApiError ERR_REQUEST_NOT_FOUND */
  adjust(tx: Transaction, actor: string, id: string, amount: number, reason: string): Promise<Licence>;
  /** committed → balance. @throws ApiError ERR_REQUEST_NOT_FOUND, ERR_OPERATOR_CONFLICT (more than was committed). */
  refund(tx: Transaction, actor: string, id: string, amount: number, reason: string): Promise<Licence>;
  /** For good; the epoch goes up. Twice is the same as once. @throws ApiError ERR_REQUEST_NOT_FOUND */
  revoke(tx: Transaction, actor: string, id: string, reason: string): Promise<Licence>;
  /**
   * Ends a device that is frozen or lost: its leases go back to the balance (`release`) or count as spent
   * (`forfeit`); it is deactivated.
   *
   * @throws ApiError ERR_REQUEST_NOT_FOUND
   */
  settleDevice(
    tx: Transaction,
    actor: string,
    deviceId: string,
    how: 'release' | 'forfeit',
  ): Promise<Licence>;
  /** By the whole key, whatever its state; null for none. Locks nothing, changes nothing. */
  findByKey(tx: Queryable, key: string): Promise<Licence | null>;
  findById(tx: Queryable, id: string): Promise<Licence | null>;
  findByReference(tx: Queryable, reference: string): Promise<Licence | null>;
  list(tx: Queryable, page: PageRequest): Promise<Page<Licence>>;
  /** What its devices see. Refills first. @throws ApiError ERR_REQUEST_NOT_FOUND */
  account(tx: Transaction, id: string): Promise<Account>;
  auditList(
    tx: Queryable,
    page: PageRequest & { readonly licenceId: string | null },
  ): Promise<Page<AuditEntry>>;
  /** Origins registered for some licence, for CORS. */
  isRegisteredOrigin(tx: Queryable, origin: string): Promise<boolean>;
  /** Those with an epoch above 0. */
  /** Licences whose epoch went up so lately that something issued before may still hold. */
  revoked(tx: Queryable): Promise<readonly { readonly sub: string; readonly epoch: number }[]>;
  /**
   * Marks an outside event (a webhook's id) as dealt with, in the transaction of its effect.
   *
   * @returns false when it was marked before: do nothing then.
   */
  once(tx: Transaction, caller: string, eventId: string): Promise<boolean>;
}

/** A device, as far as a request needs it. */
export interface Device {
  readonly id: string;
  readonly licenceId: string;
  readonly thumbprint: string;
  readonly name: string;
  readonly state: 'active' | 'deactivated' | 'frozen';
}

/** What devices do to the books. */
export interface DeviceAccounting {
  findDevice(tx: Queryable, thumbprint: string): Promise<Device | null>;
  /** @throws ApiError ERR_LICENCE_KEY, ERR_LICENCE_DEVICES_FULL, ERR_LICENCE_DEVICE (the key is another licence's). */
  activate(
    tx: Transaction,
    request: {
      readonly key: string;
      readonly publicKey: DeviceKey;
      readonly thumbprint: string;
      readonly name: string;
    },
  ): Promise<{ readonly licence: Licence; readonly device: Device }>;
  /** Notes that it was seen. @throws ApiError ERR_LICENCE_DEVICE */
  refresh(tx: Transaction, device: Device): Promise<Licence>;
  /** @throws ApiError ERR_LICENCE_DEVICE, ERR_REQUEST_NOT_FOUND */
  deactivate(tx: Transaction, device: Device, targetId: string): Promise<void>;
  /** @throws ApiError ERR_LICENCE_DEVICE, ERR_LICENCE_TIER, ERR_LICENCE_FUNDS */
  lease(
    tx: Transaction,
    device: Device,
    min: number,
    want: number,
  ): Promise<{
    readonly leaseId: string;
    readonly amount: number;
    readonly issuedAtS: number;
    readonly expiresAtS: number;
  }>;
  /**
   * @returns the head after it; a fork is given back, not thrown, for freezing the device is to stay.
   * @throws ApiError ERR_LEDGER_GAP, ERR_LEDGER_DAMAGED
   */
  sync(
    tx: Transaction,
    device: Device,
    entries: readonly LedgerEntry[],
  ): Promise<
    | { readonly seq: number; readonly hash: string; readonly refusal?: undefined }
    | { readonly refusal: ApiError }
  >;
  /** Last entry that the server has of the device. */
  head(tx: Queryable, deviceId: string): Promise<{ readonly seq: number; readonly hash: string }>;
}

/** Signs with one key; publishes it, the next one, and old ones whose tokens may still hold. */
export interface Signer {
  /** Issuer that stands in every token. */
  readonly issuer: string;
  signEntitlement(claims: Omit<EntitlementClaims, 'iss' | 'aud'>): Promise<string>;
  signLease(claims: Omit<LeaseClaims, 'iss' | 'aud'>): Promise<string>;
  signRevocations(claims: Omit<RevocationsClaims, 'iss' | 'aud' | 'sub'>): Promise<string>;
  /** Reads the database now and then: not to be called within a transaction. */
  jwks(): Promise<Jwks>;
  /** Looks whether another instance has changed the keys; not to be called within a transaction. */
  ready(): Promise<void>;
  /** Keys are about to change: they are read anew with each use for some seconds. Other instances see it within 60. */
  keysChange(): void;
}

/** Single-use numbers for proofs. */
export interface Nonces {
  issue(): string;
  /** @returns whether it is the server's, fresh, and wasn't used before; it is used now. */
  use(nonce: string): Promise<boolean>;
}

/** All that routes work with. */
export interface Services {
  readonly database: Database;
  readonly clock: Clock;
  /** By id. */
  readonly policies: ReadonlyMap<string, Policy>;
  readonly accounting: Accounting;
  readonly devices: DeviceAccounting;
  readonly signer: Signer;
  readonly nonces: Nonces;
}

/** Who asks. `id` of it is what idempotency keys belong to, and what the audit log names. */
export type Caller =
  | { readonly kind: 'none'; readonly id: 'none' }
  | { readonly kind: 'device'; readonly id: string; readonly device: Device }
  | { readonly kind: 'activate'; readonly id: string; readonly thumbprint: string; readonly jwk: DeviceKey }
  | { readonly kind: 'operator'; readonly id: string }
  | { readonly kind: 'webhook'; readonly id: string };

/** A request as an authenticator sees it: the body's own bytes, for signatures are over them. */
export interface RawRequest {
  readonly method: string;
  /** Without origin and query. */
  readonly path: string;
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** What a handler gets besides its checked body. */
export interface RouteContext {
  readonly services: Services;
  /** The request's one transaction. */
  readonly tx: Transaction;
  readonly caller: Caller;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly nowMs: number;
  readonly raw: RawRequest;
}

/** What comes of a request. `refusal`: an error answer whose transaction is kept all the same. */
export type Answer =
  { readonly body: unknown; readonly refusal?: undefined } | { readonly refusal: ApiError };

export type RouteSchema = v.BaseSchema<unknown, unknown, v.BaseIssue<unknown>>;

/** One line of the interface's table: served by `createApp`, described by the OpenAPI document. Made with `route()`. */
export interface Route {
  readonly method: 'GET' | 'POST';
  /** hono's way of writing: `/v1/operator/licences/:id`. */
  readonly path: string;
  /** `operationId`, e.g. `activate`. */
  readonly name: string;
  readonly summary: string;
  readonly auth: 'device' | 'activate' | 'operator' | 'webhook' | 'none';
  /** Wants `Idempotency-Key`; the first answer that succeeds is kept and given again. */
  readonly idempotent: boolean;
  /** Longest body, bytes; 0 for GET. */
  readonly bodyMax: number;
  readonly request: RouteSchema | null;
  readonly query: RouteSchema | null;
  /** Status of an answer that is no refusal. */
  readonly success: 200 | 201;
  readonly response: RouteSchema;
  /** Codes besides those that every route may answer with. */
  readonly errors: readonly LicenceErrorCode[];
  /** False: no transaction is opened; `tx` is the database itself (public GETs). */
  readonly transaction: boolean;
  /** Seconds an answer may be kept by caches; 0: `no-store`. */
  readonly maxAgeS: number;
  /**
   * Checks body and query; what comes back does the work in the transaction, and may be called again after a deadlock.
   *
   * @throws ApiError ERR_REQUEST_INVALID
   */
  prepare(body: unknown, query: Readonly<Record<string, string>>): (context: RouteContext) => Promise<Answer>;
}

/** hono's environment; middleware may read what has been set so far (for its log line) after `next()`. */
export interface AppEnvironment {
  Variables: {
    route?: Route;
    caller?: Caller;
    /** True when a kept answer was given again. */
    replayed?: boolean;
    /** Code of the refusal. */
    errorCode?: LicenceErrorCode;
    requestId?: string;
    /** The body's bytes, where middleware has read them already (within the route's limit). */
    rawBody?: Uint8Array<ArrayBuffer>;
  };
}
export type AppContext = Context<AppEnvironment>;
export type Middleware = MiddlewareHandler<AppEnvironment>;

/** One look at a request by the rate limiter. */
export interface Hit {
  readonly route: Route;
  /** Whom it comes from, see {@link AppOptions.address}. */
  readonly address: string;
  /** Null before it is known who asks; then a licence's id, an operator's, or the digest of the key tried. */
  readonly subject: string | null;
}

/** How the app is put together: see `createApp(services, options)` in app.ts. */
export interface AppOptions {
  /** Served besides the device's routes: operator, webhook, openapi.json. */
  readonly routes: readonly Route[];
  /** Runs before everything else, in this order: log, security headers, CORS. */
  readonly middleware: readonly Middleware[];
  /** Browser origins of licences that have no list of their own. */
  readonly appOrigins: readonly string[];
  /** The address to limit by. Default: `unknown` for all. */
  address?(context: AppContext): string;
  /** Called before authentication and again after it. @throws ApiError ERR_REQUEST_RATE */
  limit?(hit: Hit): void | Promise<void>;
  /** @throws ApiError ERR_OPERATOR_KEY */
  authenticateOperator?(request: RawRequest): Promise<Extract<Caller, { kind: 'operator' }>>;
  /** @throws ApiError ERR_WEBHOOK_SIGNATURE */
  authenticateWebhook?(request: RawRequest, route: Route): Promise<Extract<Caller, { kind: 'webhook' }>>;
  /** Turns what was thrown into the answer; default: `ApiError` as it is, everything else ERR_SERVER. */
  readonly onError?: ErrorHandler<AppEnvironment>;
}
