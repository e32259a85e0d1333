import { importJWK, SignJWT, type JWTPayload } from 'jose';
import * as v from 'valibot';
import type { Jwks } from '../../src/contracts/licence/api.ts';
import { AUDIENCE, TOKEN_TYPES } from '../../src/contracts/licence/tokens.ts';
import type { Clock, Database, Signer } from '../services.ts';
import { firstKey, RELOAD_MS, signingKeySchema } from './rotation.ts';

/** How long keys are read anew with each use after a change: its transaction has to end first. */
const CHANGING_MS = 5000;

/** What a signer is made of. */
export interface SignerOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly issuer: string;
}

interface Loaded {
  readonly kid: string;
  readonly x: string;
  readonly key: Awaited<ReturnType<typeof importJWK>>;
  readonly signs: boolean;
}

/** Makes the signer; a key is made and kept when there is none. */
export async function createSigner({ database, clock, issuer }: SignerOptions): Promise<Signer> {
  let keys: readonly Loaded[] = [];
  let loadedAtMs = clock.nowMs();
  let changingUntilMs = -Infinity;
  let loading: Promise<void> | null = null;

  async function load(): Promise<void> {
    const rows = await database.query<{ kid: string; private_jwk: string; signs: boolean }>(
      `SELECT kid, private_jwk, promoted_at_ms IS NOT NULL AND superseded_at_ms IS NULL AS signs
       FROM signing_keys WHERE retired_at_ms IS NULL ORDER BY number`,
    );
    keys = await Promise.all(
      rows.map(async ({ kid, private_jwk, signs }) => {
        const jwk = v.parse(signingKeySchema, JSON.parse(private_jwk));
        return { kid, signs, x: jwk.x, key: await importJWK(jwk, 'EdDSA') };
      }),
    );
    loadedAtMs = clock.nowMs();
  }

  function reload(): Promise<void> {
    loading ??= load().finally(() => {
      loading = null;
    });
    return loading;
  }

  function stale(): boolean {
    const nowMs = clock.nowMs();
    return nowMs < changingUntilMs || Math.abs(nowMs - loadedAtMs) > RELOAD_MS;
  }

  await database.transaction((tx) => firstKey(tx, clock.nowMs()));
  await reload();

  async function sign(typ: string, claims: JWTPayload): Promise<string> {
    // Never waits for the database: whoever signs may be within a transaction that holds the only connection.
    if (stale()) void reload().catch(() => undefined);
    const signing = keys.find(({ signs }) => signs);
    if (signing === undefined) throw new Error('There is no signing key.');
    return new SignJWT({ ...claims, iss: issuer, aud: AUDIENCE })
      .setProtectedHeader({ alg: 'EdDSA', typ, kid: signing.kid })
      .sign(signing.key);
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
    ready: async () => {
      if (stale()) await reload();
    },
    keysChange: () => {
      changingUntilMs = clock.nowMs() + CHANGING_MS;
    },
  };
}
