import { decodeJwt } from 'jose';
import * as v from 'valibot';
import type { Jwks } from '../../contracts/licence/api.ts';
import type { LedgerEntry, LedgerState } from '../../contracts/licence/ledger.ts';
import { canonicalJson } from '../../core/licence/canonical.ts';
import { originHash, replayLedger } from '../../core/licence/ledger.ts';
import type { WalletRow } from '../store/store.ts';
import { readOwnClaims, signClaims } from './device-key.ts';
import { isUnknownKey, verifyToken } from './verify-token.ts';

const SEAL_TYPE = 'stillwake-seal+jwt';
const sealSchema = v.strictObject({ deviceId: v.string(), seq: v.number(), hash: v.string() });
/** Tokens of leases that ended longer ago are forgotten, and their entries no longer held against them, seconds. */
const KEPT_S = 62 * 86_400;

/** A ledger's head, signed by the device. */
export function sealOf(key: WalletRow['key'], { deviceId, head }: LedgerState): Promise<string> {
  return signClaims(key, SEAL_TYPE, { deviceId, seq: head.seq, hash: head.hash }, false);
}

/** Tokens of leases, verified before, without those that ended long ago. */
export function keptTokens(tokens: Readonly<Record<string, string>>, nowS: number): Record<string, string> {
  return Object.fromEntries(
    Object.entries(tokens).filter(([, token]) => (decodeJwt(token).exp ?? 0) > nowS - KEPT_S),
  );
}

function stateText({ deviceId, head, leases, reservations, totals }: LedgerState): string {
  return canonicalJson({
    deviceId,
    head: { ...head },
    leases: leases.map((lease) => ({ ...lease })),
    reservations: { ...reservations },
    totals: { ...totals },
  });
}

/** Hash of the ledger after entry `seq`; null when there is no such entry. */
function hashAt(deviceId: string, entries: readonly LedgerEntry[], seq: number): string | null {
  return seq === 0 ? originHash(deviceId) : (entries[seq - 1]?.hash ?? null);
}

/** Whether something may still be spent from a lease, or is set aside of it. */
function isInUse({ leases, reservations }: LedgerState, leaseId: string): boolean {
  const isReserved = Object.values(reservations).some((parts) =>
    parts.some((part) => part.leaseId === leaseId),
  );
  return isReserved || leases.some((lease) => lease.leaseId === leaseId && lease.left > 0);
}

/**
 * Leases of which something is left though the page no longer knows the key that they were signed with. Where there is
 * a service they go back to it.
 */
export async function staleLeases(row: WalletRow, keys: Jwks['keys']): Promise<string[]> {
  const stale: string[] = [];
  for (const { leaseId, left } of row.ledger?.leases ?? []) {
    const token = Object.hasOwn(row.leaseTokens, leaseId) ? row.leaseTokens[leaseId] : undefined;
    if (left === 0 || token === undefined) continue;
    const cause: unknown = await verifyToken('lease', token, keys).then(
      () => null,
      (refusal: unknown) => refusal,
    );
    if (isUnknownKey(cause)) stale.push(leaseId);
  }
  return stale;
}

/**
 * Whether entries, state, seal and the tokens of leases all fit together. A token whose key the page no longer knows
 * (keys are changed now and then) says nothing: it is passed over where a service has the last word, and where nothing
 * can be spent of it any more.
 *
 * @param entries all up to the state's head, in order.
 * @param nowS corrected time, seconds.
 * @param hasApi whether a service hears of every entry.
 */
export async function isWhole(
  row: WalletRow & { readonly ledger: LedgerState },
  entries: readonly LedgerEntry[],
  keys: Jwks['keys'],
  nowS: number,
  hasApi: boolean,
): Promise<boolean> {
  const { ledger } = row;
  try {
    if (stateText(replayLedger(ledger.deviceId, entries)) !== stateText(ledger)) return false;
  } catch {
    return false;
  }
  if (row.seal === null) return false;
  const seal = v.safeParse(sealSchema, await readOwnClaims(row.key.publicKey, SEAL_TYPE, row.seal));
  // A seal may be older than the head, which moves first, but never newer.
  if (!seal.success || seal.output.deviceId !== ledger.deviceId || seal.output.seq > ledger.head.seq)
    return false;
  if (hashAt(ledger.deviceId, entries, seal.output.seq) !== seal.output.hash) return false;
  for (const { event } of entries) {
    if (event.type !== 'lease' || event.expiresAtS <= nowS - KEPT_S) continue;
    const token = Object.hasOwn(row.leaseTokens, event.leaseId) ? row.leaseTokens[event.leaseId] : undefined;
    if (token === undefined) return false;
    try {
      const claims = await verifyToken('lease', token, keys);
      const { jti, amount, exp, cnf } = claims;
      const isSame = jti === event.leaseId && amount === event.amount && exp === event.expiresAtS;
      if (!isSame || cnf.jkt !== row.key.thumbprint) return false;
    } catch (cause) {
      const isOver = event.expiresAtS <= nowS && !isInUse(ledger, event.leaseId);
      if (!isUnknownKey(cause) || !(hasApi || isOver)) return false;
    }
  }
  return true;
}
