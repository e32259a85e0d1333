/**
 * Mints entitlements and leases with a key of one's own, for a host whose accounts and payments live elsewhere.
 * This file needs `jose` and nothing else of this project, so that a host's server can take it as it is.
 */
import { randomUUID } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, SignJWT, type JWK } from 'jose';

/** Seconds of a day. */
const DAY_S = 86_400;

/** A key that signs, as it lies in its file. `d` is secret. */
export interface SigningKey {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly x: string;
  readonly d: string;
  readonly kid: string;
}

/** The public half of a {@link SigningKey}, as the page's configuration lists it. */
export interface VerifyingKey {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly x: string;
  readonly kid: string;
  readonly alg: 'EdDSA';
  readonly use: 'sig';
}

/** What is minted, for whom. */
export interface Grantee {
  /** The page's configured issuer, letter for letter. */
  readonly issuer: string;
  /** The host's own name for the customer: 1 to 64 letters, digits, `_` and `-`; nothing personal belongs there. */
  readonly subject: string;
  /** Thumbprint of the device's key, from the page's account screen. @source RFC 7638 */
  readonly device: string;
  /** Whole days for which the token holds. */
  readonly days: number;
  /** When it is minted, seconds since 1970; now when left out. */
  readonly nowS?: number;
}

/** An entitlement's own claims. */
export interface EntitlementGrant extends Grantee {
  readonly policy: string;
  readonly tier: string;
  /** Where it may be used; empty: anywhere. */
  readonly origins: readonly string[];
  readonly features: readonly string[];
  /** Higher than before when everything minted earlier for this customer is to be void. */
  readonly epoch: number;
  /** False where the host counts by itself. */
  readonly metered: boolean;
}

/** A lease's own claims: Moments that the device may spend until the end. */
export interface LeaseGrant extends Grantee {
  readonly amount: number;
}

/** Makes a key; its id is its RFC 7638 thumbprint, so that two keys never share one. */
export async function newSigningKey(): Promise<SigningKey> {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  const { x, d } = await exportJWK(privateKey);
  if (x === undefined || d === undefined) throw new Error('the key has no Ed25519 members');
  const kid = await calculateJwkThumbprint({ kty: 'OKP', crv: 'Ed25519', x });
  return { kty: 'OKP', crv: 'Ed25519', x, d, kid };
}

/** The half of a key that anybody may see. */
export function verifyingKey({ kty, crv, x, kid }: SigningKey): VerifyingKey {
  return { kty, crv, x, kid, alg: 'EdDSA', use: 'sig' };
}

async function sign(
  key: SigningKey,
  typ: string,
  to: Grantee,
  claims: Readonly<Record<string, unknown>>,
): Promise<string> {
  const nowS = to.nowS ?? Math.floor(Date.now() / 1000);
  const jwk: JWK = { kty: key.kty, crv: key.crv, x: key.x, d: key.d };
  return new SignJWT({ ...claims, cnf: { jkt: to.device } })
    .setProtectedHeader({ alg: 'EdDSA', kid: key.kid, typ })
    .setIssuer(to.issuer)
    .setAudience('stillwake')
    .setSubject(to.subject)
    .setJti(randomUUID())
    .setIssuedAt(nowS)
    .setExpirationTime(nowS + to.days * DAY_S)
    .sign(await importJWK(jwk, 'EdDSA'));
}

/** A compact JWS that gives a device its tier. */
export function mintEntitlement(key: SigningKey, grant: EntitlementGrant): Promise<string> {
  const { policy, tier, origins, features, epoch, metered } = grant;
  return sign(key, 'stillwake-entitlement+jwt', grant, { policy, tier, origins, features, epoch, metered });
}

/** A compact JWS that gives a device Moments to spend. Minting it twice gives twice: keep what was minted. */
export function mintLease(key: SigningKey, grant: LeaseGrant): Promise<string> {
  return sign(key, 'stillwake-lease+jwt', grant, { amount: grant.amount });
}
