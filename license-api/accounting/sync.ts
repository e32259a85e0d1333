import type { LedgerEntry, LedgerPart, LedgerState } from '../../src/contracts/licence/ledger.ts';
import { applyEntry, entryHash, LedgerError } from '../../src/core/licence/ledger.ts';
import { ApiError } from '../api-error.ts';
import type { Device, DeviceAccounting, Transaction } from '../services.ts';
import {
  audit,
  closeBook,
  commitHeld,
  releaseHeld,
  saveLease,
  selectLeases,
  type Book,
  type LeaseRow,
} from './book.ts';

function damaged(entry: LedgerEntry, fault: string): ApiError {
  return new ApiError('ERR_LEDGER_DAMAGED', 'An entry of the ledger is not what it has to be.', {
    details: { seq: entry.seq, fault },
  });
}

/** What entries do to leases, in their order. */
interface Effect {
  readonly kind: 'commit' | 'release';
  readonly part: LedgerPart;
}

/** Takes a lease into the ledger, once, and only the one that was given to this device. */
function enterLease(leases: ReadonlyMap<string, LeaseRow>, entered: Set<string>, entry: LedgerEntry): void {
  if (entry.event.type !== 'lease') return;
  const { leaseId, amount, expiresAtS } = entry.event;
  const lease = leases.get(leaseId);
  const right =
    lease !== undefined &&
    !lease.in_ledger &&
    !entered.has(leaseId) &&
    lease.amount === amount &&
    lease.expires_at_ms === expiresAtS * 1000;
  if (!right) throw damaged(entry, 'lease');
  entered.add(leaseId);
}

/** The next state, and what it does to leases. @throws ApiError ERR_LEDGER_DAMAGED */
function step(state: LedgerState, entry: LedgerEntry): { state: LedgerState; effects: Effect[] } {
  const { event } = entry;
  const { reservations } = state;
  // A job may be named like a member that every object has.
  const open = event.type === 'commit' && Object.hasOwn(reservations, event.jobId);
  const parts = open ? (reservations[event.jobId] ?? []) : [];
  const effects: Effect[] = parts.map((part) => ({ kind: 'commit', part }));
  if (event.type === 'return') {
    effects.push({ kind: 'release', part: { leaseId: event.leaseId, amount: event.amount } });
  }
  try {
    return { state: applyEntry(state, entry), effects };
  } catch (error) {
    if (error instanceof LedgerError) throw damaged(entry, error.fault);
    throw error;
  }
}

/** Stops a device whose ledger has two histories; what it holds stays held until an operator settles it. */
async function freeze(tx: Transaction, book: Book, device: Device, entry: LedgerEntry): Promise<ApiError> {
  await closeBook(tx, book);
  const rows = await tx.query(
    `UPDATE devices SET state = 'frozen' WHERE id = $1 AND state = 'active' RETURNING id`,
    [device.id],
  );
  if (rows.length > 0) {
    await audit(tx, book.nowMs, 'server', book.row.id, 'device.freeze', {
      deviceId: device.id,
      seq: entry.seq,
    });
  }
  return new ApiError('ERR_LEDGER_FORKED', 'This place of the ledger holds another entry already.', {
    details: { seq: entry.seq },
  });
}

/**
 * Books a device's entries: all of them or none. Entries that are known already are passed over.
 * The book is open, and closed by this.
 *
 * @returns the head, or the refusal of a forked ledger, whose transaction has to be kept.
 * @throws ApiError ERR_LEDGER_GAP, ERR_LEDGER_DAMAGED
 */
export async function syncLedger(
  tx: Transaction,
  book: Book,
  device: Device,
  entries: readonly LedgerEntry[],
): ReturnType<DeviceAccounting['sync']> {
  const [stored] = await tx.query<{ ledger_state: string }>(
    'SELECT ledger_state FROM devices WHERE id = $1',
    [device.id],
  );
  if (stored === undefined) throw new ApiError('ERR_LICENCE_DEVICE', 'There is no such device.');
  // Written by this function alone.
  let state = JSON.parse(stored.ledger_state) as LedgerState;
  const known = state.head;
  const [first] = entries;
  if (device.state === 'frozen') {
    // The refusal's transaction is kept, and with it what opening the book took back from other devices.
    await closeBook(tx, book);
    return {
      refusal: new ApiError(
        'ERR_LEDGER_FORKED',
        'The ledger of this device forked; it has to be settled first.',
      ),
    };
  }
  if (first === undefined) {
    await closeBook(tx, book);
    return known;
  }
  if (first.seq > known.seq + 1) {
    throw new ApiError('ERR_LEDGER_GAP', 'Entries before these are missing.', { details: { ...known } });
  }

  const hashes = await tx.query<{ seq: number; hash: string }>(
    'SELECT seq, hash FROM ledger_entries WHERE device_id = $1 AND seq >= $2 AND seq <= $3',
    [device.id, first.seq, entries.at(-1)?.seq ?? first.seq],
  );
  const hashOf = new Map(hashes.map(({ seq, hash }) => [seq, hash]));
  const leases = new Map(
    (await selectLeases(tx, 'device_id = $1', [device.id])).map((lease) => [lease.id, { ...lease }]),
  );
  const entered = new Set<string>();
  const effects: Effect[] = [];
  const added: LedgerEntry[] = [];
  for (const [index, entry] of entries.entries()) {
    if (entry.seq !== first.seq + index) throw damaged(entry, 'order');
    if (entry.deviceId !== device.id) throw damaged(entry, 'device');
    if (entry.hash !== entryHash(entry)) throw damaged(entry, 'hash');
    if (entry.seq <= known.seq) {
      if (hashOf.get(entry.seq) !== entry.hash) return { refusal: await freeze(tx, book, device, entry) };
      continue;
    }
    // Whole in itself, but after another entry than ours: its device has another past.
    if (entry.seq === known.seq + 1 && entry.prev !== known.hash) {
      return { refusal: await freeze(tx, book, device, entry) };
    }
    enterLease(leases, entered, entry);
    const next = step(state, entry);
    state = next.state;
    effects.push(...next.effects);
    added.push(entry);
  }
  if (added.length === 0) {
    await closeBook(tx, book);
    return known;
  }

  const touched = new Set<LeaseRow>();
  for (const { kind, part } of effects) {
    const lease = leases.get(part.leaseId);
    if (lease === undefined) throw new Error('a ledger holds a lease that its device never had');
    if (kind === 'commit') commitHeld(book, lease, part.amount);
    // What was taken back at its end meanwhile has come back once; it does not come back again.
    else if (lease.held > 0) releaseHeld(book, lease, Math.min(part.amount, lease.held));
    touched.add(lease);
  }
  for (const id of entered) {
    const lease = leases.get(id);
    if (lease === undefined) continue;
    lease.in_ledger = true;
    touched.add(lease);
  }
  for (const lease of touched) await saveLease(tx, lease);
  await tx.query(
    `INSERT INTO ledger_entries (device_id, seq, hash, entry, received_at_ms)
     SELECT $1, (e->>'seq')::bigint, e->>'hash', e::text, $3 FROM json_array_elements($2::json) e`,
    [device.id, JSON.stringify(added), book.nowMs],
  );
  await tx.query('UPDATE devices SET ledger_seq = $2, ledger_hash = $3, ledger_state = $4 WHERE id = $1', [
    device.id,
    state.head.seq,
    state.head.hash,
    JSON.stringify(state),
  ]);
  await closeBook(tx, book);
  return state.head;
}
