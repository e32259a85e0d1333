import { AppError } from '../../contracts/errors.ts';
import { LEDGER_BODY_MAX, SYNC_MAX, type Account, type Jwks } from '../../contracts/licence/api.ts';
import type { LedgerEntry } from '../../contracts/licence/ledger.ts';
import type { LeaseClaims } from '../../contracts/licence/tokens.ts';
import type { judgeLease } from '../../core/licence/entitlement.ts';
import { freeTotal, originHash, returnEvents } from '../../core/licence/ledger.ts';
import type { WalletRow } from '../store/store.ts';
import type { ApiClient } from './api-client.ts';
import { isWhole, keptTokens, staleLeases } from './ledger-check.ts';
import type { WalletOptions } from './types.ts';
import { isUnknownKey, verifyToken } from './verify-token.ts';

/** Most characters of entries in one request; the rest of a body is small. */
const SYNC_CHARACTERS = LEDGER_BODY_MAX - 1024;
/** How often a service may send the ledger back to an earlier place before that is a fault. */
const GAPS_MAX = 3;

/** A ledger that nothing may be spent from. */
export const damaged = (
  message: string,
  fault: NonNullable<WalletRow['fault']> = 'damaged',
  cause?: unknown,
): AppError => new AppError('ERR_LICENCE_LEDGER', message, { cause, details: { fault } });

/** Whether the service has answered for good: the same request would be answered so again. */
function isFinal(cause: unknown): boolean {
  if (!(cause instanceof AppError) || isUnknownKey(cause)) return false;
  const { status } = cause.details;
  if (typeof status === 'number') return status >= 400 && status < 500 && status !== 429;
  return cause.code !== 'ERR_LICENCE_OFFLINE' && cause.code !== 'ERR_LICENCE_FAILED';
}

/** What the ledger's work needs of its wallet. */
export interface LedgerContext {
  readonly store: WalletOptions['store'];
  readonly keys: Jwks['keys'];
  readonly hasApi: boolean;
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
  /** As the wallet's `lease` says. */
  lease(wanted: number, most: number): Promise<void>;
}

/** All of it is called by one tab at a time. */
export function createLedgerWork(context: LedgerContext): LedgerWork {
  const { store, keys, hasApi, service, nowS, adopt, change, refusalOfLease, accountChange } = context;

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
    if (all.length > ledger.head.seq) {
      // Another tab has written meanwhile, the state too; or someone wrote entries alone.
      const now = (await store.wallet())?.ledger;
      if (now?.deviceId !== ledger.deviceId || now.head.seq > ledger.head.seq) return check();
    }
    const holds = await isWhole({ ...found, ledger }, all, keys, nowS(), hasApi);
    const wanted = holds ? (found.fault === 'damaged' ? null : found.fault) : (found.fault ?? 'damaged');
    if (wanted !== found.fault) await change((latest) => ({ ...latest, fault: wanted }));
    else await adopt(found);
    if (holds && wanted === null) {
      await takeForgotten(found, all);
      await returnStale(found);
    }
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

  const returnStale = async (found: WalletRow): Promise<void> => {
    const stale = hasApi ? await staleLeases(found, keys) : [];
    if (stale.length === 0) return;
    const next = await store.appendLedger((state) =>
      returnEvents(state, 'all').filter((event) => event.type === 'return' && stale.includes(event.leaseId)),
    );
    if (next !== null) await adopt(next);
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
  const stop = async (fault: 'forked' | 'refused', cause?: unknown): Promise<never> => {
    await change((latest) => ({ ...latest, fault }));
    const what = fault === 'forked' ? 'knows another history of this device' : 'refused this device’s ledger';
    throw damaged(`the licence service ${what}`, fault, cause);
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
        if ((await hashAt(deviceId, answer.seq)) !== answer.hash) await stop('forked');
        if (answer.seq <= found.syncedSeq && ++gaps > GAPS_MAX) await stop('forked');
        await change((latest) => ({ ...latest, ...accountChange(answer.account), syncedSeq: answer.seq }));
      } catch (cause) {
        if (!(cause instanceof AppError) || cause.details['code'] === undefined) throw cause;
        if (cause.code !== 'ERR_LICENCE_LEDGER') throw cause;
        const { code, seq, hash } = cause.details;
        if (code === 'ERR_LEDGER_DAMAGED') await stop('refused', cause);
        const isGap = code === 'ERR_LEDGER_GAP' && typeof seq === 'number' && ++gaps <= GAPS_MAX;
        if (!isGap || (await hashAt(deviceId, seq)) !== hash) await stop('forked', cause);
        if (typeof seq === 'number') await change((latest) => ({ ...latest, syncedSeq: seq }));
      }
    }
  };

  /** Asks for a lease, or for one whose answer was lost: with the same key it is given once. */
  const ask = async ({ key, min, want }: NonNullable<WalletRow['pendingLease']>): Promise<void> => {
    try {
      const answer = await service().lease({ min, want }, key);
      const claims = await verifyToken('lease', answer.lease, keys);
      const refusal = refusalOfLease(claims);
      if (refusal !== null) throw new AppError(refusal.code, `a lease was refused: ${refusal.reason}`);
      await takeLease(answer.lease, claims);
      await change((latest) => ({ ...latest, ...accountChange(answer.account), pendingLease: null }));
    } catch (cause) {
      if (isFinal(cause)) await change((latest) => ({ ...latest, pendingLease: null }));
      throw cause;
    }
  };
  const current = async (): Promise<WalletRow> => {
    const found = await store.wallet();
    if (found === null) throw damaged('the wallet is gone');
    if (found.fault !== null) throw damaged('the ledger of this device is not whole', found.fault);
    await adopt(found);
    return found;
  };
  const lease = async (wanted: number, most: number): Promise<void> => {
    const { pendingLease } = await current();
    if (pendingLease !== undefined && pendingLease !== null) {
      await ask(pendingLease).catch((cause: unknown) => {
        // What was refused for good is forgotten, and asked for anew.
        if (!isFinal(cause)) throw cause;
      });
    }
    const free = (row: WalletRow): number => (row.ledger === null ? 0 : freeTotal(row.ledger, nowS()));
    if (free(await current()) >= wanted) return;
    // What was spent counts as held until the service has heard of it.
    await sync('ended');
    const row = await current();
    const here = free(row);
    const min = wanted - here;
    const devices = row.account?.devices.filter((device) => device.state === 'active').length ?? 1;
    const share = Math.ceil((row.account?.balance ?? 0) / Math.max(1, devices));
    const want = Math.max(min, Math.min(most - here, share));
    const pending = { key: crypto.randomUUID(), min, want };
    await change((latest) => ({ ...latest, pendingLease: pending }));
    await ask(pending);
  };

  return { hashAt, check, takeLease, sync, lease };
}
