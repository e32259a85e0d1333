import {
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  importJWK,
  SignJWT,
  type JWTPayload,
} from 'jose';
import * as v from 'valibot';
import type { Jwks } from '../../src/contracts/licence/api.ts';
import { AUDIENCE, TOKEN_TYPES } from '../../src/contracts/licence/tokens.ts';
import type { Clock, Database, Signer } from '../services.ts';

/** How long an instance goes without looking for keys that another one has made. */
const RELOAD_MS = 60_000;

/** A private signing key, Ed25519. Never logged, never sent. */
export const signingKeySchema = v.object({
  kty: v.literal('OKP'),
  crv: v.literal('Ed25519'),
  x: v.pipe(v.string(), v.regex(/^[\w-]{43}$/)),
  d: v.pipe(v.string(), v.regex(/^[\w-]{43}$/)),
});
export type SigningKey = v.InferOutput<typeof signingKeySchema>;

/** What a signer is made of. */
export interface SignerOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly issuer: string;
  /** From configuration, oldest first, the last one signs; empty or left out: kept in the database. */
  readonly keys?: readonly SigningKey[];
}

interface Loaded {
  readonly kid: string;
  readonly x: string;
  readonly key: Awaited<ReturnType<typeof importJWK>>;
}

async function load(jwk: SigningKey): Promise<Loaded> {
  const { kty, crv, x } = jwk;
  return { kid: await calculateJwkThumbprint({ kty, crv, x }), x, key: await importJWK(jwk, 'EdDSA') };
}

async function generate(): Promise<{ kid: string; jwk: SigningKey }> {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  const jwk = v.parse(signingKeySchema, await exportJWK(privateKey));
  return { jwk, kid: await calculateJwkThumbprint({ kty: jwk.kty, crv: jwk.crv, x: jwk.x }) };
}

const INSERT = 'INSERT INTO signing_keys (kid, private_jwk, created_at_ms) VALUES ($1, $2, $3)';

/** Makes the signer; a key is made and kept when there is none. */
export async function createSigner(options: SignerOptions): Promise<Signer> {
  const { database, clock, issuer } = options;
  const given = options.keys ?? [];
  let keys: readonly Loaded[] = await Promise.all(given.map(load));
  let loadedAtMs = clock.nowMs();

  async function reload(): Promise<void> {
    const rows = await database.query<{ private_jwk: string }>(
      'SELECT private_jwk FROM signing_keys ORDER BY number',
    );
    const stored = rows.map((row) => v.parse(signingKeySchema, JSON.parse(row.private_jwk)));
    keys = await Promise.all([...stored, ...given].map(load));
    loadedAtMs = clock.nowMs();
  }

  function stale(): boolean {
    return Math.abs(clock.nowMs() - loadedAtMs) > RELOAD_MS;
  }

  /** Never waits for the database: whoever signs may be within a transaction that holds the only connection. */
  function current(): readonly Loaded[] {
    if (stale()) {
      loadedAtMs = clock.nowMs();
      void reload().catch(() => undefined);
    }
    return keys;
  }

  if (given.length === 0) {
    const made = await generate();
    await database.transaction(async (tx) => {
      // Of several instances that start at once, the first one's key is everybody's.
      await tx.query('LOCK TABLE signing_keys IN EXCLUSIVE MODE');
      const rows = await tx.query('SELECT kid FROM signing_keys LIMIT 1');
      if (rows.length === 0) {
        await tx.query(INSERT, [made.kid, JSON.stringify(made.jwk), clock.nowMs()]);
      }
    });
  }
  await reload();

  async function sign(typ: string, claims: JWTPayload): Promise<string> {
    const newest = current().at(-1);
    if (newest === undefined) throw new Error('There is no signing key.');
    return new SignJWT({ ...claims, iss: issuer, aud: AUDIENCE })
      .setProtectedHeader({ alg: 'EdDSA', typ, kid: newest.kid })
      .sign(newest.key);
  }

  return {
    issuer,
    signEntitlement: (claims) => sign(TOKEN_TYPES.entitlement, { ...claims }),
    signLease: (claims) => sign(TOKEN_TYPES.lease, { ...claims }),
    signRevocations: (claims) => sign(TOKEN_TYPES.revocations, { ...claims, sub: 'revocations' }),
    jwks: async (): Promise<Jwks> => {
      if (stale()) await reload();
      return {
        keys: keys.map(({ kid, x }) => ({ kty: 'OKP', crv: 'Ed25519', x, kid, alg: 'EdDSA', use: 'sig' })),
      };
    },
    rotate: async () => {
      const { kid, jwk } = await generate();
      await database.query(INSERT, [kid, JSON.stringify(jwk), clock.nowMs()]);
      await reload();
      return { kid };
    },
  };
}
