import * as v from 'valibot';
import { amountSchema, nameSchema } from './policy.ts';

/** `typ` of each kind of token: a token of one kind is never taken for another. @source RFC 8725, 3.11 */
export const TOKEN_TYPES = {
  entitlement: 'stillwake-entitlement+jwt',
  lease: 'stillwake-lease+jwt',
  revocations: 'stillwake-revocations+jwt',
  proof: 'stillwake-proof+jwt',
} as const;

/** Whom all tokens for the application are for. */
export const AUDIENCE = 'stillwake';
/** Longest token that is looked at, in characters: one with as many origins and features as it may have fits. */
export const TOKEN_MAX = 32_768;
/** Longest list of revocations that is looked at, in characters: some 13,000 licences. */
export const REVOCATIONS_MAX = 2 ** 20;
/** How far two honest clocks may differ, seconds. */
export const CLOCK_TOLERANCE_S = 300;
/** Longest time between `iat` and `exp` of an entitlement or a lease: 31 days, in seconds. */
export const TOKEN_PERIOD_MAX_S = 31 * 86_400;
/** How old a device's proof may be, seconds. */
export const PROOF_MAX_AGE_S = 300;

const secondsSchema = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(253402300799));
const idSchema = v.pipe(v.string(), v.regex(/^[\w-]{1,64}$/));
/** SHA-256 thumbprint of a public key, base64url. @source RFC 7638 */
export const thumbprintSchema = v.pipe(v.string(), v.regex(/^[\w-]{43}$/));
/** A web origin as browsers write it: scheme, host, port when it isn't the scheme's own; no path. */
export const originSchema = v.pipe(
  v.string(),
  v.maxLength(255),
  v.check((text) => {
    try {
      const url = new URL(text);
      return url.origin === text && (url.protocol === 'https:' || url.protocol === 'http:');
    } catch {
      return false;
    }
  }, 'an origin such as https://example.com'),
);

const common = {
  iss: v.pipe(v.string(), v.minLength(1), v.maxLength(255)),
  aud: v.literal(AUDIENCE),
  sub: idSchema,
  jti: idSchema,
  iat: secondsSchema,
};

/** What a signed entitlement says (T5). Unknown claims are passed over, so that a later issuer can add some. */
export const entitlementClaimsSchema = v.object({
  ...common,
  exp: secondsSchema,
  /** Policy and tier; what the tier may do is the policy's to say. */
  policy: nameSchema,
  tier: nameSchema,
  /** Extras beyond the tier, by name, e.g. `adult-vouched`. */
  features: v.pipe(v.array(nameSchema), v.maxLength(32)),
  /** Where it may be used; empty: anywhere. */
  origins: v.pipe(v.array(originSchema), v.maxLength(64)),
  /** The device's public key. @source RFC 7800 */
  cnf: v.object({ jkt: thumbprintSchema }),
  /** Goes up when everything issued before is to be void. */
  epoch: v.pipe(v.number(), v.integer(), v.minValue(0)),
  /** False where the host counts by itself: prices and balances don't show, locks do. */
  metered: v.boolean(),
});
export type EntitlementClaims = v.InferOutput<typeof entitlementClaimsSchema>;

/** What a signed lease says: so many Moments are this device's to spend until `exp`. `jti` is the lease's id. */
export const leaseClaimsSchema = v.object({
  ...common,
  exp: secondsSchema,
  cnf: v.object({ jkt: thumbprintSchema }),
  amount: v.pipe(amountSchema, v.minValue(1)),
});
export type LeaseClaims = v.InferOutput<typeof leaseClaimsSchema>;

/** Entitlements of `sub` with an epoch below the given one are void. `sub` of the list itself is `revocations`. */
export const revocationsClaimsSchema = v.object({
  ...common,
  revoked: v.array(v.object({ sub: idSchema, epoch: v.pipe(v.number(), v.integer(), v.minValue(0)) })),
});
export type RevocationsClaims = v.InferOutput<typeof revocationsClaimsSchema>;

/** A device's public key: Ed25519, or P-256 where the browser lacks it. Private members are refused. */
export const deviceKeySchema = v.variant('kty', [
  v.strictObject({
    kty: v.literal('OKP'),
    crv: v.literal('Ed25519'),
    x: v.pipe(v.string(), v.regex(/^[\w-]{43}$/)),
  }),
  v.strictObject({
    kty: v.literal('EC'),
    crv: v.literal('P-256'),
    x: v.pipe(v.string(), v.regex(/^[\w-]{43}$/)),
    y: v.pipe(v.string(), v.regex(/^[\w-]{43}$/)),
  }),
]);
export type DeviceKey = v.InferOutput<typeof deviceKeySchema>;

/**
 * What a device signs with each request, sent in the header {@link PROOF_HEADER}: a compact JWS (`EdDSA` or `ES256`)
 * whose protected header has `typ` = {@link TOKEN_TYPES}.proof and `jwk` = the device's public key. It holds for one
 * request alone: method, path, body, and a nonce of the server's, which is used up by it.
 * @source shaped after RFC 9449 (DPoP), with the body's hash added
 */
export const proofClaimsSchema = v.strictObject({
  htm: v.picklist(['GET', 'POST']),
  /** Path of the request, without origin and query. */
  htu: v.pipe(v.string(), v.maxLength(255)),
  /** From {@link NONCE_HEADER} of any earlier answer, or `GET /v1/nonce`. */
  nonce: v.pipe(v.string(), v.minLength(16), v.maxLength(128)),
  iat: secondsSchema,
  /** SHA-256 of the request's body, base64url; of nothing for GET. */
  ath: thumbprintSchema,
});
export type ProofClaims = v.InferOutput<typeof proofClaimsSchema>;

export const PROOF_HEADER = 'Stillwake-Proof';
export const NONCE_HEADER = 'Stillwake-Nonce';
export const IDEMPOTENCY_HEADER = 'Idempotency-Key';
