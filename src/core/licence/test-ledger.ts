import fc from 'fast-check';
import {
  RELEASE_REASONS,
  type LedgerEntry,
  type LedgerEvent,
  type LedgerState,
} from '../../contracts/licence/ledger.ts';
import {
  LedgerError,
  appendEvent,
  emptyLedger,
  releaseEvent,
  reserveEvent,
  returnEvents,
  type LedgerFault,
} from './ledger.ts';

/** The device of every ledger here. */
export const DEVICE = '7f9c24e8-3b1a-4f56-9d0e-5a1b2c3d4e5f';
/** A time, seconds since 1970. */
export const T = 1_800_000_000;
/** Seconds. */
export const DAY = 86_400;

/** A ledger with its entries. */
export interface Book {
  readonly state: LedgerState;
  readonly entries: readonly LedgerEntry[];
}
/** A book without entries. */
export const start: Book = { state: emptyLedger(DEVICE), entries: [] };

/** Writes events, each as the next entry. @throws LedgerError */
export function write(book: Book, ...events: LedgerEvent[]): Book {
  return events.reduce((before, event) => {
    const { state, entry } = appendEvent(before.state, event, 1000 * T + before.entries.length);
    return { state, entries: [...before.entries, entry] };
  }, book);
}

/** What an act throws: the fault of a LedgerError, or null for nothing. Any other error is the test's. */
export function faultOf(act: () => unknown): LedgerFault | null {
  try {
    act();
    return null;
  } catch (error) {
    if (error instanceof LedgerError) return error.fault;
    throw error;
  }
}

/** A lease comes in. */
export const lease = (leaseId: string, amount: number, expiresAtS = T + DAY): LedgerEvent => ({
  type: 'lease',
  leaseId,
  amount,
  expiresAtS,
});
/** A job sets parts of leases aside. */
export const reserve = (jobId: string, ...parts: (readonly [string, number])[]): LedgerEvent => ({
  type: 'reserve',
  jobId,
  parts: parts.map(([leaseId, amount]) => ({ leaseId, amount })),
});
/** A job’s clip was saved. */
export const commit = (jobId: string): LedgerEvent => ({ type: 'commit', jobId });
/** A job was cancelled. */
export const release = (jobId: string): LedgerEvent => ({ type: 'release', jobId, reason: 'cancelled' });
/** A part of a lease goes back. */
export const giveBack = (leaseId: string, amount: number): LedgerEvent => ({
  type: 'return',
  leaseId,
  amount,
});

/** Few names, so that events often meet: also names that objects have by birth. */
const leaseIds = fc.constantFrom(...'abcdefghij', '__proto__', 'constructor');
const jobIds = fc.constantFrom('j1', 'j2', 'j3', '__proto__', 'toString');
const amounts = fc.integer({ min: 1, max: 100 });
/** Times around {@link T} at which leases end. */
export const expiries = fc.integer({ min: T, max: T + 40 * DAY });
const anyEvent: fc.Arbitrary<LedgerEvent> = fc.oneof(
  fc.record({
    type: fc.constant('lease' as const),
    leaseId: leaseIds,
    amount: amounts,
    expiresAtS: expiries,
  }),
  fc.record({
    type: fc.constant('reserve' as const),
    jobId: jobIds,
    parts: fc.array(fc.record({ leaseId: leaseIds, amount: fc.integer({ min: 1, max: 60 }) }), {
      minLength: 1,
      maxLength: 3,
    }),
  }),
  fc.record({ type: fc.constant('commit' as const), jobId: jobIds }),
  fc.record({
    type: fc.constant('release' as const),
    jobId: jobIds,
    reason: fc.constantFrom(...RELEASE_REASONS),
  }),
  fc.record({ type: fc.constant('return' as const), leaseId: leaseIds, amount: amounts }),
);

/** Also what the helpers propose, so that long ledgers that fit come about. */
type Step =
  | { readonly kind: 'event'; readonly event: LedgerEvent }
  | { readonly kind: 'price'; readonly jobId: string; readonly price: number; readonly nowS: number }
  | { readonly kind: 'drop'; readonly jobId: string }
  | { readonly kind: 'give-back'; readonly endedAtS: number | null };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('event' as const), event: anyEvent }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('price' as const),
      jobId: jobIds,
      price: amounts,
      nowS: expiries,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('drop' as const), jobId: jobIds }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('give-back' as const), endedAtS: fc.option(expiries) }),
  },
);

function eventsOf(state: LedgerState, one: Step): (LedgerEvent | null)[] {
  switch (one.kind) {
    case 'event':
      return [one.event];
    case 'price':
      return [reserveEvent(state, one.jobId, one.price, one.nowS)];
    case 'drop':
      return [releaseEvent(state, one.jobId, 'failed')];
    case 'give-back':
      return returnEvents(state, one.endedAtS === null ? 'all' : { endedAtS: one.endedAtS });
  }
}

/** Writes what fits of some steps; what does not fit must change nothing. */
export function run(steps: readonly Step[]): Book {
  return steps.reduce<Book>((book, one) => {
    let now = book;
    for (const event of eventsOf(book.state, one)) {
      if (event === null) continue;
      const before = JSON.stringify(now.state);
      try {
        now = write(now, event);
      } catch (error) {
        if (!(error instanceof LedgerError)) throw error;
        if (error.fault !== 'arithmetic' || JSON.stringify(now.state) !== before) {
          throw new Error('what does not fit has changed something', { cause: error });
        }
      }
    }
    return now;
  }, start);
}
/** Any steps at all, many of which don't fit. */
export const steps = fc.array(step, { maxLength: 60, size: 'max' });
/** A ledger of some length. */
export const longBook = fc
  .array(step, { minLength: 30, maxLength: 80, size: 'max' })
  .map((all) => run([{ kind: 'event', event: lease('first', 500, T + 40 * DAY) }, ...all]));
