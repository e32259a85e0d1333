import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';
import * as v from 'valibot';
import { TOKEN_PERIOD_MAX_S } from '../../src/contracts/licence/tokens.ts';
import { audit } from '../accounting/book.ts';
import { ApiError } from '../api-error.ts';
import type { Queryable, Row, Transaction } from '../services.ts';

/** How long an instance goes without looking for keys that another one has made, milliseconds. */
export const RELOAD_MS = 60_000;

/** A private signing key, Ed25519. Never logged, never sent. */
export const signingKeySchema = v.object({
  kty: v.literal('OKP'),
  crv: v.literal('Ed25519'),
  x: v.pipe(v.string(), v.regex(/^[\w-]{43}$/)),
  d: v.pipe(v.string(), v.regex(/^[\w-]{43}$/)),
});
export type SigningKey = v.InferOutput<typeof signingKeySchema>;

/**
 * `next`: shown, so that pages can pin it, but not signing yet. `signing`: the one. `old`: shown until no token of it
 * holds any more. `retired`: shown no longer, its private part deleted.
 */
export const KEY_STATES = ['next', 'signing', 'old', 'retired'] as const;

/** A signing key as operators see it. Times in milliseconds since 1970. */
export interface KeyView {
  readonly kid: string;
  readonly state: (typeof KEY_STATES)[number];
  readonly createdAtMs: number;
  /** When it began to sign. */
  readonly promotedAtMs: number | null;
  /** When another one began to. */
  readonly supersededAtMs: number | null;
  readonly retiredAtMs: number | null;
  /** From when on no token of it can hold; null while it signs, or never did. */
  readonly retireFromMs: number | null;
}

interface KeyRow extends Row {
  readonly kid: string;
  readonly created_at_ms: number;
  readonly promoted_at_ms: number | null;
  readonly superseded_at_ms: number | null;
  readonly retired_at_ms: number | null;
}

function viewOf(row: KeyRow): KeyView {
  const { promoted_at_ms: promoted, superseded_at_ms: superseded, retired_at_ms: retired } = row;
  return {
    kid: row.kid,
    state:
      retired !== null ? 'retired' : promoted === null ? 'next' : superseded === null ? 'signing' : 'old',
    createdAtMs: row.created_at_ms,
    promotedAtMs: promoted,
    supersededAtMs: superseded,
    retiredAtMs: retired,
    // Another instance may sign with it until it looks again.
    retireFromMs: superseded === null ? null : superseded + RELOAD_MS + TOKEN_PERIOD_MAX_S * 1000,
  };
}

/** All signing keys there ever were, oldest first. */
export async function listKeys(tx: Queryable): Promise<readonly KeyView[]> {
  const rows = await tx.query<KeyRow>(
    `SELECT kid, created_at_ms, promoted_at_ms, superseded_at_ms, retired_at_ms FROM signing_keys
     ORDER BY number`,
  );
  return rows.map(viewOf);
}

async function generate(): Promise<{ kid: string; jwk: SigningKey }> {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  const jwk = v.parse(signingKeySchema, await exportJWK(privateKey));
  return { jwk, kid: await calculateJwkThumbprint({ kty: jwk.kty, crv: jwk.crv, x: jwk.x }) };
}

async function insert(tx: Transaction, nowMs: number, promotedAtMs: number | null): Promise<string> {
  const { kid, jwk } = await generate();
  await tx.query(
    'INSERT INTO signing_keys (kid, private_jwk, created_at_ms, promoted_at_ms) VALUES ($1, $2, $3, $4)',
    [kid, JSON.stringify(jwk), nowMs, promotedAtMs],
  );
  return kid;
}

/** One change of the keys at a time; others may read them meanwhile. */
async function locked(tx: Transaction): Promise<readonly KeyView[]> {
  await tx.query('LOCK TABLE signing_keys IN EXCLUSIVE MODE');
  return listKeys(tx);
}

/** Makes the first key where there is none: of several instances that start at once, the first one's is everybody's. */
export async function firstKey(tx: Transaction, nowMs: number): Promise<void> {
  if ((await locked(tx)).length === 0) await insert(tx, nowMs, nowMs);
}

async function shown(tx: Transaction, kid: string): Promise<KeyView> {
  const key = (await listKeys(tx)).find((one) => one.kid === kid);
  if (key === undefined) throw new ApiError('ERR_REQUEST_NOT_FOUND', 'There is no such key.');
  return key;
}

const conflict = (message: string, details: Readonly<Record<string, number | string>> = {}): ApiError =>
  new ApiError('ERR_OPERATOR_CONFLICT', message, { details });

/** Makes the next key and shows it. @throws ApiError ERR_OPERATOR_CONFLICT when there is a next one already. */
export async function stageKey(tx: Transaction, actor: string, nowMs: number): Promise<KeyView> {
  const next = (await locked(tx)).find(({ state }) => state === 'next');
  if (next !== undefined) throw conflict('There is a next key already.', { kid: next.kid });
  const kid = await insert(tx, nowMs, null);
  await audit(tx, nowMs, actor, null, 'key.stage', { kid });
  return shown(tx, kid);
}

/**
 * Lets the next key sign from now on; other instances follow within {@link RELOAD_MS}.
 *
 * @throws ApiError ERR_REQUEST_NOT_FOUND, ERR_OPERATOR_CONFLICT (it is not the next one).
 */
export async function promoteKey(
  tx: Transaction,
  actor: string,
  kid: string,
  nowMs: number,
): Promise<KeyView> {
  await locked(tx);
  const { state } = await shown(tx, kid);
  if (state !== 'next') throw conflict('Only the next key can begin to sign.', { state });
  await tx.query(
    `UPDATE signing_keys SET superseded_at_ms = $1
     WHERE promoted_at_ms IS NOT NULL AND superseded_at_ms IS NULL AND retired_at_ms IS NULL`,
    [nowMs],
  );
  await tx.query('UPDATE signing_keys SET promoted_at_ms = $2 WHERE kid = $1', [kid, nowMs]);
  await audit(tx, nowMs, actor, null, 'key.promote', { kid });
  return shown(tx, kid);
}

/**
 * Takes a key out of sight and deletes its private part. Twice is the same as once.
 *
 * @param compromised takes it out although tokens of it may still hold.
 * @throws ApiError ERR_REQUEST_NOT_FOUND, ERR_OPERATOR_CONFLICT (it signs, or tokens of it may still hold).
 */
export async function retireKey(
  tx: Transaction,
  actor: string,
  kid: string,
  compromised: boolean,
  nowMs: number,
): Promise<KeyView> {
  await locked(tx);
  const key = await shown(tx, kid);
  if (key.state === 'retired') return key;
  if (key.state === 'signing') throw conflict('The key signs; let another one sign first.');
  if (key.retireFromMs !== null && nowMs < key.retireFromMs && !compromised) {
    throw conflict('Tokens of this key may still hold.', { retireFromMs: key.retireFromMs });
  }
  await tx.query(`UPDATE signing_keys SET retired_at_ms = $2, private_jwk = '' WHERE kid = $1`, [kid, nowMs]);
  await audit(tx, nowMs, actor, null, 'key.retire', { kid, compromised });
  return shown(tx, kid);
}
