import { base64url } from 'jose';
import * as v from 'valibot';
import type { Jwks } from '../../contracts/licence/api.ts';
import { AppError } from '../../contracts/errors.ts';
import {
  REVOCATIONS_MAX,
  TOKEN_MAX,
  TOKEN_TYPES,
  entitlementClaimsSchema,
  leaseClaimsSchema,
  revocationsClaimsSchema,
  type EntitlementClaims,
  type LeaseClaims,
  type RevocationsClaims,
} from '../../contracts/licence/tokens.ts';

/** Claims by the kind of token. */
export interface TokenClaims {
  readonly entitlement: EntitlementClaims;
  readonly lease: LeaseClaims;
  readonly revocations: RevocationsClaims;
}

const headerSchema = v.strictObject({
  alg: v.literal('EdDSA'),
  typ: v.string(),
  kid: v.pipe(v.string(), v.minLength(1), v.maxLength(128)),
});

/** What the browser itself, or its replacement, says of a signature. */
export type VerifySignature = (
  publicKey: Uint8Array<ArrayBuffer>,
  signature: Uint8Array<ArrayBuffer>,
  message: Uint8Array<ArrayBuffer>,
) => Promise<boolean>;

/** The browser's own Ed25519. Rejects where it has none. */
export const verifyNatively: VerifySignature = async (publicKey, signature, message) => {
  const key = await crypto.subtle.importKey('raw', publicKey, { name: 'Ed25519' }, false, ['verify']);
  return crypto.subtle.verify({ name: 'Ed25519' }, key, signature, message);
};

/** Ed25519 for browsers without it; fetched only there. @source RFC 8032 */
export const verifyInScript: VerifySignature = async (publicKey, signature, message) => {
  const { verifyAsync } = await import('@noble/ed25519');
  return verifyAsync(signature, message, publicKey);
};

const verifyAnyhow: VerifySignature = async (...input) => {
  try {
    return await verifyNatively(...input);
  } catch {
    return verifyInScript(...input);
  }
};

const refused = (reason: string, cause?: unknown): AppError =>
  new AppError('ERR_LICENCE_TOKEN', `a token was refused: ${reason}`, { cause });
const UNKNOWN_KEY = { reason: 'kid' } as const;

/** Whether a token was refused for nothing but its key, which is none of those that the page knows. */
export function isUnknownKey(cause: unknown): boolean {
  return (
    cause instanceof AppError &&
    cause.code === 'ERR_LICENCE_TOKEN' &&
    cause.details['reason'] === UNKNOWN_KEY.reason
  );
}

/** Bytes of a part of a token; only the one right spelling of them. */
function bytesOf(part: string, what: string): Uint8Array<ArrayBuffer> {
  if (!/^[\w-]+$/.test(part)) throw refused(`its ${what} is no base64url`);
  let bytes: Uint8Array;
  try {
    bytes = base64url.decode(part);
  } catch (cause) {
    throw refused(`its ${what} is no base64url`, cause);
  }
  if (base64url.encode(bytes) !== part) throw refused(`its ${what} has a second spelling`);
  return new Uint8Array(bytes);
}

function jsonOf(bytes: Uint8Array, what: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw refused(`its ${what} is no JSON`, cause);
  }
}

async function verify<Schema extends v.GenericSchema>(
  token: string,
  typ: string,
  schema: Schema,
  keys: Jwks['keys'],
  check: VerifySignature,
): Promise<v.InferOutput<Schema>> {
  if (token.length > (typ === TOKEN_TYPES.revocations ? REVOCATIONS_MAX : TOKEN_MAX))
    throw refused('it is too long');
  const parts = token.split('.');
  const [header = '', payload = '', signature = ''] = parts;
  if (parts.length !== 3) throw refused('it has not three parts');
  const head = v.safeParse(headerSchema, jsonOf(bytesOf(header, 'header'), 'header'));
  if (!head.success) throw refused('its header');
  if (head.output.typ !== typ) throw refused('it is of another type');
  const key = keys.find((one) => one.kid === head.output.kid);
  if (key === undefined) {
    throw new AppError('ERR_LICENCE_TOKEN', 'a token was refused: its key is not a known one', {
      details: UNKNOWN_KEY,
    });
  }
  const sealed = bytesOf(signature, 'signature');
  const publicKey = bytesOf(key.x, 'key');
  if (sealed.length !== 64 || publicKey.length !== 32) throw refused('its signature');
  // Not one claim is read before this holds.
  const holds = await check(publicKey, sealed, new TextEncoder().encode(`${header}.${payload}`));
  if (!holds) throw refused('its signature does not hold');
  const claims = v.safeParse(schema, jsonOf(bytesOf(payload, 'claims'), 'claims'));
  if (!claims.success) throw refused('its claims');
  return claims.output;
}

const SCHEMAS = {
  entitlement: entitlementClaimsSchema,
  lease: leaseClaimsSchema,
  revocations: revocationsClaimsSchema,
} as const;

/**
 * Claims of a token, after its signature: a compact JWS of at most {@link TOKEN_MAX} characters (a list of revocations:
 * {@link REVOCATIONS_MAX}), `EdDSA` alone, of the wanted type, by one of the given keys. Issuer, device, origin and time are for the caller to judge.
 *
 * @throws ERR_LICENCE_TOKEN; {@link isUnknownKey} tells a key that the page doesn't know from all else.
 * @source RFC 8725
 */
export function verifyToken<Kind extends keyof TokenClaims>(
  kind: Kind,
  token: string,
  keys: Jwks['keys'],
  check: VerifySignature = verifyAnyhow,
): Promise<v.InferOutput<(typeof SCHEMAS)[Kind]>> {
  return verify(token, TOKEN_TYPES[kind], SCHEMAS[kind], keys, check);
}
