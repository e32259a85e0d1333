import {
  PARTS_MAX,
  type LedgerEntry,
  type LedgerEvent,
  type LedgerLease,
  type LedgerPart,
  type LedgerState,
  type ReleaseReason,
} from '../../contracts/licence/ledger.ts';
import { TOKEN_PERIOD_MAX_S } from '../../contracts/licence/tokens.ts';
import { canonicalJson } from './canonical.ts';
import { digest } from './digest.ts';

/** Why an entry or an event does not fit. */
export type LedgerFault =
  /** Its hash isn't that of its fields. */
  | 'hash'
  /** It isn't the next one: its number or the hash before it. */
  | 'order'
  /** It belongs to another device. */
  | 'device'
  /** It spends what isn't there, ends what isn't open, or repeats what may come once. */
  | 'arithmetic';

/** A ledger that is not whole, or an event that does not fit into it. */
export class LedgerError extends Error {
  override readonly name = 'LedgerError';
  readonly fault: LedgerFault;

  constructor(fault: LedgerFault, message: string) {
    super(message);
    this.fault = fault;
  }
}

/** The hash before the first entry of a device. */
export function originHash(deviceId: string): string {
  return digest(`stillwake-ledger:${deviceId}`);
}

/** A ledger without entries. */
export function emptyLedger(deviceId: string): LedgerState {
  return {
    deviceId,
    head: { seq: 0, hash: originHash(deviceId) },
    leases: [],
    reservations: {},
    totals: { leased: 0, committed: 0, returned: 0 },
  };
}

/** Hash of an entry's fields, {@link LedgerEntry.hash} itself left out. */
export function entryHash({ deviceId, seq, prev, atMs, event }: Omit<LedgerEntry, 'hash'>): string {
  return digest(canonicalJson({ deviceId, seq, prev, atMs, event }));
}

/** Sum of the parts of a reservation. */
export function partsTotal(parts: readonly LedgerPart[]): number {
  return parts.reduce((sum, part) => sum + part.amount, 0);
}

/** Set aside by all open reservations together. */
export function reservedTotal(state: LedgerState): number {
  return Object.values(state.reservations).reduce((sum, parts) => sum + partsTotal(parts), 0);
}

/** Free to be set aside at a time: what is left of leases that haven't ended. */
export function freeTotal(state: LedgerState, nowS: number): number {
  return state.leases.reduce((sum, lease) => sum + (lease.expiresAtS > nowS ? lease.left : 0), 0);
}

const wrong = (message: string): LedgerError => new LedgerError('arithmetic', message);

/** Takes from a lease, or gives back to it with a negative amount. */
function draw(leases: readonly LedgerLease[], leaseId: string, amount: number): LedgerLease[] {
  const lease = leases.find((one) => one.leaseId === leaseId);
  if (lease === undefined) throw wrong(`there is no lease ${leaseId}`);
  if (lease.left < amount) throw wrong(`lease ${leaseId} has ${lease.left} left, not ${amount}`);
  return leases.map((one) => (one === lease ? { ...one, left: one.left - amount } : one));
}

/**
 * Leases without those that are used up and can't come in again when another does: no token holds for longer than
 * {@link TOKEN_PERIOD_MAX_S}, so the new one was signed after those had ended.
 */
function withoutEnded(
  leases: readonly LedgerLease[],
  reservations: LedgerState['reservations'],
  newestExpiresAtS: number,
): LedgerLease[] {
  const reserved = new Set(Object.values(reservations).flatMap((parts) => parts.map((part) => part.leaseId)));
  return leases.filter(
    (lease) =>
      lease.left > 0 ||
      reserved.has(lease.leaseId) ||
      lease.expiresAtS > newestExpiresAtS - TOKEN_PERIOD_MAX_S,
  );
}

function without(
  reservations: LedgerState['reservations'],
  jobId: string,
): { parts: readonly LedgerPart[]; rest: LedgerState['reservations'] } {
  const parts = Object.hasOwn(reservations, jobId) ? reservations[jobId] : undefined;
  if (parts === undefined) throw wrong(`nothing is set aside for job ${jobId}`);
  return { parts, rest: Object.fromEntries(Object.entries(reservations).filter(([id]) => id !== jobId)) };
}

/** What an event does to leases, reservations and totals. */
function applyEvent(
  state: LedgerState,
  event: LedgerEvent,
): Pick<LedgerState, 'leases' | 'reservations' | 'totals'> {
  const { leases, reservations, totals } = state;
  switch (event.type) {
    case 'lease': {
      const { leaseId, amount, expiresAtS } = event;
      if (leases.some((one) => one.leaseId === leaseId)) throw wrong(`lease ${leaseId} is here already`);
      return {
        leases: [
          ...withoutEnded(leases, reservations, expiresAtS),
          { leaseId, amount, expiresAtS, left: amount },
        ],
        reservations,
        totals: { ...totals, leased: totals.leased + amount },
      };
    }
    case 'reserve': {
      if (Object.hasOwn(reservations, event.jobId))
        throw wrong(`job ${event.jobId} has a reservation already`);
      const ids = new Set(event.parts.map((part) => part.leaseId));
      if (ids.size !== event.parts.length) throw wrong('a reservation names a lease twice');
      return {
        leases: event.parts.reduce<readonly LedgerLease[]>(
          (left, part) => draw(left, part.leaseId, part.amount),
          leases,
        ),
        reservations: { ...reservations, [event.jobId]: event.parts },
        totals,
      };
    }
    case 'commit': {
      const { parts, rest } = without(reservations, event.jobId);
      return {
        leases,
        reservations: rest,
        totals: { ...totals, committed: totals.committed + partsTotal(parts) },
      };
    }
    case 'release': {
      const { parts, rest } = without(reservations, event.jobId);
      return {
        leases: parts.reduce<readonly LedgerLease[]>(
          (left, part) => draw(left, part.leaseId, -part.amount),
          leases,
        ),
        reservations: rest,
        totals,
      };
    }
    case 'return':
      return {
        leases: draw(leases, event.leaseId, event.amount),
        reservations,
        totals: { ...totals, returned: totals.returned + event.amount },
      };
  }
}

/**
 * The state after an entry.
 *
 * @throws LedgerError when the entry isn't whole, isn't the next one, or does not fit.
 */
export function applyEntry(state: LedgerState, entry: LedgerEntry): LedgerState {
  if (entry.deviceId !== state.deviceId)
    throw new LedgerError('device', `an entry of device ${entry.deviceId}`);
  if (entry.hash !== entryHash(entry)) throw new LedgerError('hash', `entry ${entry.seq} was changed`);
  if (entry.seq !== state.head.seq + 1 || entry.prev !== state.head.hash) {
    throw new LedgerError('order', `entry ${entry.seq} does not follow entry ${state.head.seq}`);
  }
  return { ...state, ...applyEvent(state, entry.event), head: { seq: entry.seq, hash: entry.hash } };
}

/**
 * Writes an event as the next entry.
 *
 * @throws LedgerError (`arithmetic`) when it does not fit; nothing has changed then.
 */
export function appendEvent(
  state: LedgerState,
  event: LedgerEvent,
  atMs: number,
): { readonly state: LedgerState; readonly entry: LedgerEntry } {
  const fields = { deviceId: state.deviceId, seq: state.head.seq + 1, prev: state.head.hash, atMs, event };
  const entry: LedgerEntry = { ...fields, hash: entryHash(fields) };
  return { state: applyEntry(state, entry), entry };
}

/**
 * Reads a whole ledger anew.
 *
 * @throws LedgerError at the first entry that is missing, changed or out of place.
 */
export function replayLedger(deviceId: string, entries: readonly LedgerEntry[]): LedgerState {
  return entries.reduce(applyEntry, emptyLedger(deviceId));
}

/** Takes a price from leases, one after the other; null when they don't hold enough. */
function partsFrom(leases: readonly LedgerLease[], price: number): LedgerPart[] | null {
  let missing = price;
  const parts: LedgerPart[] = [];
  for (const lease of leases) {
    if (missing === 0) break;
    const amount = Math.min(missing, lease.left);
    parts.push({ leaseId: lease.leaseId, amount });
    missing -= amount;
  }
  return missing === 0 && parts.length > 0 ? parts : null;
}

/**
 * Sets a price aside for a job, from the leases that end first; from the largest, should those be too many for one
 * reservation.
 *
 * @param price Moments, more than 0.
 * @returns the event, or null when the leases that haven't ended don't hold enough.
 */
export function reserveEvent(
  state: LedgerState,
  jobId: string,
  price: number,
  nowS: number,
): Extract<LedgerEvent, { type: 'reserve' }> | null {
  const usable = state.leases.filter((lease) => lease.left > 0 && lease.expiresAtS > nowS);
  const first = partsFrom(
    usable.toSorted((a, b) => a.expiresAtS - b.expiresAtS),
    price,
  );
  const parts =
    first !== null && first.length > PARTS_MAX
      ? partsFrom(usable.toSorted((a, b) => b.left - a.left).slice(0, PARTS_MAX), price)
      : first;
  return parts === null ? null : { type: 'reserve', jobId, parts };
}

/** Gives back what is left of every lease, or only of those that have ended. */
export function returnEvents(
  state: LedgerState,
  which: 'all' | { readonly endedAtS: number },
): LedgerEvent[] {
  return state.leases
    .filter((lease) => lease.left > 0 && (which === 'all' || lease.expiresAtS <= which.endedAtS))
    .map((lease) => ({ type: 'return', leaseId: lease.leaseId, amount: lease.left }));
}

/** Lets a job's reservation go, if it has one. */
export function releaseEvent(
  state: LedgerState,
  jobId: string,
  reason: ReleaseReason,
): Extract<LedgerEvent, { type: 'release' }> | null {
  return Object.hasOwn(state.reservations, jobId) ? { type: 'release', jobId, reason } : null;
}
