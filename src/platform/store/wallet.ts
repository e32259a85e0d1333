import { AppError } from '../../contracts/errors.ts';
import type { LedgerEntry, LedgerEvent, LedgerState, ReleaseReason } from '../../contracts/licence/ledger.ts';
import type { JobRecord, JobState } from '../../contracts/records.ts';
import type * as accountingModule from './accounting.ts';
import type { Database, Transaction } from './open.ts';
import type { WalletRow } from './schema.ts';

/** The arithmetic of Moments; loaded by the first transaction that finds a ledger, never where there is none. */
export type Accounting = typeof accountingModule;

/** Ends a transaction that found a ledger before the arithmetic was loaded; it is tried anew then. */
export const accountingMissing = new Error('the arithmetic of the ledger is not loaded yet');

/** @throws ERR_STORE_FAILED when the page's files can't be reached. */
export async function loadAccounting(): Promise<Accounting> {
  try {
    return await import('./accounting.ts');
  } catch (cause) {
    throw new AppError('ERR_STORE_FAILED', 'a part of the application could not be loaded', {
      cause,
      retryable: true,
    });
  }
}

const WALLET_KEY = 'wallet';

/** The wallet, read outside a writing transaction. */
export async function readWallet(database: Database): Promise<WalletRow | null> {
  return (await database.get('wallet', WALLET_KEY)) ?? null;
}

/** Entries `afterSeq` + 1 … of a device, at most `limit`, in order. */
export function readEntries(
  database: Database,
  deviceId: string,
  afterSeq: number,
  limit: number,
): Promise<LedgerEntry[]> {
  const range = IDBKeyRange.bound([deviceId, afterSeq], [deviceId, Infinity], true, false);
  return database.getAll('ledger', range, limit);
}

/** The wallet inside one writing transaction over `wallet` and `ledger`; other connections wait meanwhile. */
export interface Books {
  /** Whether anything was written. */
  readonly changed: boolean;
  row(): Promise<WalletRow | null>;
  put(row: WalletRow): Promise<void>;
  /** Appends events to the ledger, whatever its fault. Null, and nothing, where there is no ledger. */
  append(
    make: (state: LedgerState, accounting: Accounting) => readonly LedgerEvent[],
  ): Promise<WalletRow | null>;
  /**
   * Sets a job's price aside unless that is so already.
   *
   * @throws ERR_LICENCE_FUNDS, ERR_LICENCE_LEDGER, ERR_LICENCE_CLOCK, ERR_LICENCE_DEVICE
   */
  reserve(job: JobRecord): Promise<void>;
  /** Spends what is set aside for a job, if anything is. */
  commit(jobId: string): Promise<void>;
  /** Lets go what is set aside for a job, if anything is. */
  release(jobId: string, reason: ReleaseReason): Promise<void>;
}

/** What a job's end in a state lets go for, or null when it lets nothing go. */
export function releaseReason(state: JobState): ReleaseReason | null {
  return state === 'cancelled' || state === 'failed' || state === 'interrupted' ? state : null;
}

/**
 * @param now the machine's clock, milliseconds since 1970. Leases that ended by then can't be set aside, and nothing can
 * while it is behind a time that any tab has seen.
 */
export function createBooks(
  transaction: Transaction,
  accounting: Accounting | null,
  now: () => number,
): Books {
  const table = transaction.objectStore('wallet');
  let changed = false;

  const row = async (): Promise<WalletRow | null> => (await table.get(WALLET_KEY)) ?? null;
  const put = async (next: WalletRow): Promise<void> => {
    changed = true;
    await table.put(next, WALLET_KEY);
  };
  const write = async (
    found: WalletRow & { readonly ledger: LedgerState },
    make: (state: LedgerState, accounting: Accounting) => readonly LedgerEvent[],
  ): Promise<WalletRow> => {
    if (accounting === null) throw accountingMissing;
    const atMs = Math.max(0, Math.floor(now()));
    const { state, entries } = accounting.appendAll(found.ledger, make(found.ledger, accounting), atMs);
    if (entries.length === 0) return found;
    // What was seen of the time is kept with what was done at it.
    const clock = accounting.readClock(found.clock, now() / 1000).next;
    const next = { ...found, clock, ledger: state };
    // `add`: an entry is never written over another.
    for (const entry of entries) await transaction.objectStore('ledger').add(entry);
    await put(next);
    return next;
  };
  const withLedger = async (): Promise<(WalletRow & { readonly ledger: LedgerState }) | null> => {
    const found = await row();
    return found === null || found.ledger === null ? null : { ...found, ledger: found.ledger };
  };
  /** False when state and entries drifted apart: someone wrote the one without the other. */
  const isWhole = async ({
    fault,
    ledger: { deviceId, head },
  }: WalletRow & { readonly ledger: LedgerState }): Promise<boolean> => {
    if (fault !== null) return false;
    const entries = transaction.objectStore('ledger');
    if ((await entries.getKey([deviceId, head.seq + 1])) !== undefined) return false;
    return head.seq === 0 || (await entries.get([deviceId, head.seq]))?.hash === head.hash;
  };

  /** The end of a job counts even when the ledger is at fault: a clip is never lost for its sake. */
  const settle = async (jobId: string, event: LedgerEvent): Promise<void> => {
    const found = await withLedger();
    if (found === null || !Object.hasOwn(found.ledger.reservations, jobId)) return;
    if (await isWhole(found)) {
      try {
        await write(found, () => [event]);
        return;
      } catch (cause) {
        // Of a ledger that was changed by hand, what comes after needs not fit.
        if (!(cause instanceof AppError) || cause.code !== 'ERR_LICENCE_LEDGER') throw cause;
      }
    }
    if (found.fault === null) await put({ ...found, fault: 'damaged' });
  };

  return {
    get changed() {
      return changed;
    },
    row,
    put,
    async append(make) {
      const found = await withLedger();
      return found === null ? null : write(found, make);
    },
    async reserve(job) {
      const price = job.price ?? 0;
      if (price === 0) return;
      const found = await row();
      if (found === null) return;
      const { ledger } = found;
      if (ledger === null || found.deviceId !== ledger.deviceId) {
        throw new AppError('ERR_LICENCE_FUNDS', 'this device holds nothing', { details: { price, free: 0 } });
      }
      if (Object.hasOwn(ledger.reservations, job.id)) return;
      if (found.removed === true) {
        throw new AppError('ERR_LICENCE_DEVICE', 'this device is no longer one of a licence that holds');
      }
      if (accounting === null) throw accountingMissing;
      const { nowS, back } = accounting.readClock(found.clock, now() / 1000);
      if (back) {
        throw new AppError('ERR_LICENCE_CLOCK', 'the clock went back: spending waits for a refresh', {
          retryable: true,
        });
      }
      if (!(await isWhole({ ...found, ledger }))) {
        throw new AppError('ERR_LICENCE_LEDGER', 'the ledger of this device is not whole', {
          details: { fault: found.fault ?? 'damaged' },
        });
      }
      await write({ ...found, ledger }, (state, { reserve }) => reserve(state, job.id, price, nowS));
    },
    commit: (jobId) => settle(jobId, { type: 'commit', jobId }),
    release: (jobId, reason) => settle(jobId, { type: 'release', jobId, reason }),
  };
}
