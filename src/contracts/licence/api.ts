import * as v from 'valibot';
import { ledgerEntrySchema } from './ledger.ts';
import { amountSchema, nameSchema, policySchema } from './policy.ts';
import { deviceKeySchema } from './tokens.ts';

const uuidSchema = v.pipe(v.string(), v.uuid());
const msSchema = v.pipe(v.number(), v.integer(), v.minValue(0));
const tokenSchema = v.pipe(v.string(), v.minLength(1));

/** Every code that the licence API answers with, and its HTTP status. */
export const LICENCE_ERRORS = {
  /** A field is missing, extra, or of a wrong type. */
  ERR_REQUEST_INVALID: 400,
  ERR_REQUEST_NOT_JSON: 400,
  ERR_REQUEST_TOO_LARGE: 413,
  ERR_REQUEST_NOT_FOUND: 404,
  ERR_REQUEST_METHOD: 405,
  /** No `Idempotency-Key`, or one that isn't 8 to 128 characters of letters, digits, `_` and `-`. */
  ERR_REQUEST_IDEMPOTENCY: 400,
  /** The same `Idempotency-Key` came with another request before. */
  ERR_REQUEST_IDEMPOTENCY_REUSED: 422,
  ERR_REQUEST_RATE: 429,
  /** The page's origin isn't one of the licence's. */
  ERR_REQUEST_ORIGIN: 403,
  /** A key that doesn't exist, one that was revoked, one that ended: all the same to a stranger. */
  ERR_LICENCE_KEY: 401,
  /** No proof, a forged one, one for another request, one used before, one too old. */
  ERR_LICENCE_PROOF: 401,
  /** The proof is right but its nonce isn't fresh: try again with the new one in the answer. */
  ERR_LICENCE_NONCE: 401,
  /** The device is not, or no longer, one of a licence that holds. */
  ERR_LICENCE_DEVICE: 401,
  ERR_LICENCE_DEVICES_FULL: 409,
  ERR_LICENCE_FUNDS: 402,
  /** The tier may not make clips. */
  ERR_LICENCE_TIER: 403,
  /** The entries don't begin where the server's copy ends; the answer's details say where that is. */
  ERR_LEDGER_GAP: 409,
  /** The same place in the ledger holds another entry already: a copy was restored. */
  ERR_LEDGER_FORKED: 409,
  /** An entry's hash, order or arithmetic is wrong. */
  ERR_LEDGER_DAMAGED: 422,
  ERR_OPERATOR_KEY: 401,
  ERR_WEBHOOK_SIGNATURE: 401,
  ERR_OPERATOR_CONFLICT: 409,
  ERR_SERVER_BUSY: 503,
  ERR_SERVER: 500,
} as const;
export type LicenceErrorCode = keyof typeof LICENCE_ERRORS;

/** Body of every answer that is no success. */
export const errorBodySchema = v.object({
  error: v.object({
    code: v.string(),
    message: v.string(),
    details: v.optional(v.record(v.string(), v.union([v.string(), v.number(), v.boolean(), v.null()]))),
  }),
});
export type ErrorBody = v.InferOutput<typeof errorBodySchema>;

/** A licence key: five groups of five, Crockford's base 32, the last character a check. */
export const keySchema = v.pipe(v.string(), v.maxLength(64), v.regex(/^SW(-[0-9A-HJKMNP-TV-Z]{5}){5}$/));

/** Longest body of any request, and of a ledger's sync, bytes. */
export const BODY_MAX = 16 * 1024;
export const LEDGER_BODY_MAX = 512 * 1024;
/** Most entries in one sync. */
export const SYNC_MAX = 500;

export const activateRequestSchema = v.strictObject({
  key: keySchema,
  device: v.strictObject({
    publicKey: deviceKeySchema,
    name: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(60)),
  }),
});
export type ActivateRequest = v.InferOutput<typeof activateRequestSchema>;
export const refreshRequestSchema = v.strictObject({});
export const deactivateRequestSchema = v.strictObject({
  /** Another device of the same licence; left out: the one that asks. */
  deviceId: v.optional(uuidSchema),
});
export type DeactivateRequest = v.InferOutput<typeof deactivateRequestSchema>;
export const leaseRequestSchema = v.strictObject({
  /** At least this much must come, or nothing does. */
  min: v.pipe(amountSchema, v.minValue(1)),
  /** More is welcome up to this; the server gives what policy and balance allow. */
  want: v.pipe(amountSchema, v.minValue(1)),
});
export type LeaseRequest = v.InferOutput<typeof leaseRequestSchema>;
export const ledgerRequestSchema = v.strictObject({
  entries: v.pipe(v.array(ledgerEntrySchema), v.maxLength(SYNC_MAX)),
});
export type LedgerRequest = v.InferOutput<typeof ledgerRequestSchema>;

export const deviceViewSchema = v.object({
  id: uuidSchema,
  name: v.string(),
  activatedAtMs: msSchema,
  lastSeenAtMs: msSchema,
  /** `frozen`: its ledger forked; an operator has to settle it. */
  state: v.picklist(['active', 'deactivated', 'frozen']),
  /** Moments reserved for it and, as far as the server knows, unspent. */
  leased: amountSchema,
});
export type DeviceView = v.InferOutput<typeof deviceViewSchema>;

/** A licence as its devices see it. */
export const accountSchema = v.object({
  /** Last characters of the key, for people to tell it by. */
  keyHint: v.string(),
  policy: nameSchema,
  tier: nameSchema,
  state: v.picklist(['active', 'ended', 'revoked']),
  /** Neither leased nor spent. Below 0 when a device spent offline what had come back meanwhile. */
  balance: v.pipe(v.number(), v.integer()),
  /** Reserved for all devices together. */
  leased: amountSchema,
  /** Spent in the present period. */
  spent: amountSchema,
  allowance: amountSchema,
  /** Null when the allowance comes once and no month of an earlier tier is under way. */
  period: v.nullable(v.object({ startMs: msSchema, endMs: msSchema })),
  devices: v.array(deviceViewSchema),
  /** What happened to the balance, newest first, at most 50. */
  history: v.array(
    v.object({
      atMs: msSchema,
      kind: v.picklist(['grant', 'lapse', 'lease', 'commit', 'release', 'refund', 'adjust']),
      /** With a sign: above 0 what came (grant, release, refund), below 0 what went (lease, commit, lapse). */
      amount: v.pipe(v.number(), v.integer()),
      device: v.nullable(v.string()),
    }),
  ),
});
export type Account = v.InferOutput<typeof accountSchema>;

/** Answer of activate and refresh. */
export const sessionSchema = v.object({
  deviceId: uuidSchema,
  /** Compact JWS. */
  entitlement: tokenSchema,
  policy: policySchema,
  account: accountSchema,
  /** What of this device's ledger the server has. */
  ledger: v.object({ seq: v.pipe(v.number(), v.integer(), v.minValue(0)), hash: v.string() }),
  serverTimeMs: msSchema,
});
export type Session = v.InferOutput<typeof sessionSchema>;

export const leaseResponseSchema = v.object({
  lease: tokenSchema,
  account: accountSchema,
  serverTimeMs: msSchema,
});
export const ledgerResponseSchema = v.object({
  seq: v.pipe(v.number(), v.integer(), v.minValue(0)),
  hash: v.string(),
  account: accountSchema,
  serverTimeMs: msSchema,
});
export const deactivateResponseSchema = v.object({ account: v.nullable(accountSchema) });
/** Answer of `GET /v1/entitlement`, for a device with a proof: what it has now, nothing new is made. */
export const entitlementResponseSchema = v.object({ account: accountSchema, serverTimeMs: msSchema });
export const policyResponseSchema = v.object({ policy: policySchema });
export const nonceResponseSchema = v.object({ nonce: v.string(), serverTimeMs: msSchema });
export const revocationsResponseSchema = v.object({ revocations: tokenSchema });
export const jwksSchema = v.object({
  keys: v.array(
    v.object({
      kty: v.literal('OKP'),
      crv: v.literal('Ed25519'),
      x: v.string(),
      kid: v.string(),
      alg: v.literal('EdDSA'),
      use: v.literal('sig'),
    }),
  ),
});
export type Jwks = v.InferOutput<typeof jwksSchema>;
