import { AppError } from '../../contracts/errors.ts';
import { LEDGER_BODY_MAX, SYNC_MAX, type Account, type Jwks } from '../../contracts/licence/api.ts';
import type { LedgerEntry } from '../../contracts/licence/ledger.ts';
import type { LeaseClaims } from '../../contracts/licence/tokens.ts';
import type { judgeLease } from '../../core/licence/entitlement.ts';
import { originHash, returnEvents } from '../../core/licence/ledger.ts';
import type { WalletRow } from '../store/store.ts';
import type { ApiClient } from './api-client.ts';
import { isWhole, keptTokens } from './ledger-check.ts';
import type { WalletOptions } from './types.ts';
import { verifyToken } from './verify-token.ts';

/** Most characters of entries in one request; the rest of a body is small. */
const SYNC_CHARACTERS = LEDGER_BODY_MAX - 1024;
/** How often a service may send the ledger back to an earlier place before that is a fault. */
const GAPS_MAX = 3;

/** A ledger that nothing may be spent from. */
export const damaged = (message: string, cause?: unknown): AppError =>
  new AppError('ERR_LICENCE_LEDGER', message, { cause });

/** What the ledger's work needs of its wallet. */
export interface LedgerContext {
  readonly store: WalletOptions['store'];
  readonly keys: Jwks['keys'];
  /** @throws ERR_LICENCE_OFFLINE where there is no service. */
  readonly service: () => ApiClient;
  readonly nowS: () => number;
  readonly row: () => WalletRow;
  readonly adopt: (row: WalletRow) => Promise<unknown>;
  readonly change: (fn: (row: WalletRow) => WalletRow) => Promise<unknown>;
  readonly refusalOfLease: (claims: LeaseClaims) => ReturnType<typeof judgeLease>;
  readonly accountChange: (account: Account) => Partial<WalletRow>;
}

/** Checking the ledger, taking leases into it, telling it to the service. */
export interface LedgerWork {
  /** Hash after entry `seq` of a device; null when there is no such entry. */
  hashAt(deviceId: string, seq: number): Promise<string | null>;
  check(): Promise<boolean>;
  takeLease(token: string, claims: LeaseClaims): Promise<void>;
  sync(giveBack: 'ended' | 'all'): Promise<void>;
}

/** All of it is called by one tab at a time. */
export function createLedgerWork(context: LedgerContext): LedgerWork {
  const { store, keys, service, nowS, adopt, change, refusalOfLease, accountChange } = context;

  const hashAt = async (deviceId: string, seq: number): Promise<string | null> => {
    if (seq === 0) return originHash(deviceId);
    return (await store.ledgerEntries(deviceId, seq - 1, 1))[0]?.hash ?? null;
  };
  /** Verifies the whole ledger; takes in leases whose tokens were kept but whose entries weren't written. */
  const check = async (): Promise<boolean> => {
    const found = await store.wallet();
    if (found === null || found.ledger === null) return true;
    const ledger = found.ledger;
    const all = await store.ledgerEntries(ledger.deviceId, 0, 1e9);
    const entries = all.slice(0, ledger.head.seq);
    const holds = await isWhole({ ...found, ledger }, entries, keys, nowS());
    const wanted = holds ? (found.fault === 'damaged' ? null : found.fault) : (found.fault ?? 'damaged');
    if (wanted !== found.fault) await change((latest) => ({ ...latest, fault: wanted }));
    else await adopt(found);
    if (holds && wanted === null) await takeForgotten(found, all);
    return wanted === null;
  };
  const takeForgotten = async (found: WalletRow, entries: readonly LedgerEntry[]): Promise<void> => {
    const known = new Set(entries.map(({ event }) => (event.type === 'lease' ? event.leaseId : '')));
    for (const [leaseId, token] of Object.entries(found.leaseTokens)) {
      if (known.has(leaseId)) continue;
      const claims = await verifyToken('lease', token, keys).catch(() => null);
      if (claims === null || claims.jti !== leaseId || refusalOfLease(claims) !== null) continue;
      await book(claims);
    }
  };

  const book = async ({ jti, amount, exp }: LeaseClaims): Promise<void> => {
    const next = await store.appendLedger((state) =>
      state.leases.some((lease) => lease.leaseId === jti)
        ? []
        : [{ type: 'lease', leaseId: jti, amount, expiresAtS: exp }],
    );
    if (next !== null) await adopt(next);
  };
  /** Keeps a lease's token, then books it; a token that is here already was booked already. */
  const takeLease = async (token: string, claims: LeaseClaims): Promise<void> => {
    let isNew = false;
    await change((latest) => {
      isNew = !Object.hasOwn(latest.leaseTokens, claims.jti);
      return isNew
        ? { ...latest, leaseTokens: { ...keptTokens(latest.leaseTokens, nowS()), [claims.jti]: token } }
        : latest;
    });
    if (isNew) await book(claims);
  };

  const batch = (entries: readonly LedgerEntry[]): LedgerEntry[] => {
    let characters = 0;
    return entries.filter((entry, i) => {
      characters += JSON.stringify(entry).length + 1;
      return i === 0 || characters <= SYNC_CHARACTERS;
    });
  };
  const fork = async (cause: unknown): Promise<never> => {
    await change((latest) => ({ ...latest, fault: 'forked' }));
    throw damaged('the licence service knows another history of this device', cause);
  };
  const sync = async (giveBack: 'ended' | 'all'): Promise<void> => {
    if (context.row().fault === null) {
      const next = await store.appendLedger((state) =>
        returnEvents(state, giveBack === 'all' ? 'all' : { endedAtS: nowS() }),
      );
      if (next !== null) await adopt(next);
    }
    for (let gaps = 0; ;) {
      const found = await store.wallet();
      if (found === null || found.ledger === null || found.fault !== null) return;
      const { deviceId, head } = found.ledger;
      const entries = batch(await store.ledgerEntries(deviceId, found.syncedSeq, SYNC_MAX));
      if (entries.length === 0 || found.syncedSeq >= head.seq) {
        await adopt(found);
        return;
      }
      try {
        const answer = await service().sync({ entries });
        if ((await hashAt(deviceId, answer.seq)) !== answer.hash) await fork(undefined);
        if (answer.seq <= found.syncedSeq && ++gaps > GAPS_MAX) await fork(undefined);
        await change((latest) => ({ ...latest, ...accountChange(answer.account), syncedSeq: answer.seq }));
      } catch (cause) {
        if (!(cause instanceof AppError) || cause.details['code'] === undefined) throw cause;
        if (cause.code !== 'ERR_LICENCE_LEDGER') throw cause;
        const { code, seq, hash } = cause.details;
        const isGap = code === 'ERR_LEDGER_GAP' && typeof seq === 'number' && ++gaps <= GAPS_MAX;
        if (!isGap || (await hashAt(deviceId, seq)) !== hash) await fork(cause);
        if (typeof seq === 'number') await change((latest) => ({ ...latest, syncedSeq: seq }));
      }
    }
  };

  return { hashAt, check, takeLease, sync };
}
