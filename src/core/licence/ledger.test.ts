import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import {
  ledgerEntrySchema,
  type LedgerEntry,
  type LedgerEvent,
  type LedgerState,
} from '../../contracts/licence/ledger.ts';
import { appendEvent, applyEntry, entryHash, originHash, replayLedger, reservedTotal } from './ledger.ts';
import {
  DEVICE,
  commit,
  faultOf,
  giveBack,
  lease,
  longBook,
  release,
  reserve,
  run,
  start,
  steps,
  write,
} from './test-ledger.ts';

describe('a ledger', () => {
  it('of whatever events: leased = committed + returned + left + reserved, nothing ever below 0', () => {
    let written = 0;
    fc.assert(
      fc.property(steps, (all) => {
        const { state, entries } = run(all);
        const { leased, committed, returned } = state.totals;
        const left = state.leases.reduce((sum, one) => sum + one.left, 0);
        expect(committed + returned + left + reservedTotal(state)).toBe(leased);
        for (const one of state.leases) {
          expect(one.left).toBeGreaterThanOrEqual(0);
          expect(one.left).toBeLessThanOrEqual(one.amount);
        }
        // The same sums, counted from the entries alone.
        const sum = (type: 'lease' | 'return'): number =>
          entries.reduce((total, { event }) => (event.type === type ? total + event.amount : total), 0);
        expect(leased).toBe(sum('lease'));
        expect(returned).toBe(sum('return'));
        written += entries.length;
      }),
      { numRuns: 400 },
    );
    expect(written).toBeGreaterThan(1000);
  });

  it('read anew is what it was while it was written, also from any place on, and through JSON', () => {
    fc.assert(
      fc.property(longBook, fc.nat(), ({ state, entries }, place) => {
        expect(replayLedger(DEVICE, entries)).toEqual(state);
        const cut = place % (entries.length + 1);
        const half = replayLedger(DEVICE, entries.slice(0, cut));
        expect(entries.slice(cut).reduce(applyEntry, half)).toEqual(state);
        const copied = JSON.parse(JSON.stringify(half)) as LedgerState;
        const later = JSON.parse(JSON.stringify(entries.slice(cut))) as LedgerEntry[];
        expect(later.reduce(applyEntry, structuredClone(copied))).toEqual(state);
      }),
    );
  });

  it('has entries that the API takes, numbered and bound to those before', () => {
    fc.assert(
      fc.property(longBook, ({ state, entries }) => {
        entries.forEach((entry, i) => {
          expect(v.is(ledgerEntrySchema, entry)).toBe(true);
          expect(entry.seq).toBe(i + 1);
          expect(entry.prev).toBe(entries[i - 1]?.hash ?? originHash(DEVICE));
          expect(entry.hash).toBe(entryHash(entry));
        });
        expect(state.head).toEqual({
          seq: entries.length,
          hash: entries.at(-1)?.hash ?? originHash(DEVICE),
        });
      }),
    );
  });

  it('with any entry removed, twice, or in another place is found', () => {
    fc.assert(
      fc.property(longBook, fc.nat(), fc.nat(), ({ state, entries }, from, to) => {
        fc.pre(entries.length >= 2);
        const [a, b] = [from % entries.length, to % entries.length];
        const moved = entries.filter((_, i) => i !== a);
        const [taken] = entries.slice(a, a + 1);
        if (taken === undefined) throw new Error('there is an entry');
        // The last entry's absence shows at the head, any other's at the entry after it.
        if (a === entries.length - 1) expect(replayLedger(DEVICE, moved).head).not.toEqual(state.head);
        else expect(faultOf(() => replayLedger(DEVICE, moved))).toBe('order');
        expect(faultOf(() => replayLedger(DEVICE, entries.toSpliced(b, 0, taken)))).toBe('order');
        if (a !== b) expect(faultOf(() => replayLedger(DEVICE, moved.toSpliced(b, 0, taken)))).toBe('order');
      }),
    );
  });

  it('with any one field of any entry changed is found', () => {
    const book = write(
      start,
      lease('a', 100),
      reserve('j1', ['a', 60]),
      commit('j1'),
      lease('b', 50),
      reserve('j2', ['a', 40], ['b', 10]),
      release('j2'),
      giveBack('b', 50),
    );
    /** Every value of a JSON tree changed, one at a time. */
    const changed = (value: unknown): unknown[] => {
      if (typeof value === 'number') return [value + 1, value - 1, -value, value * 10, String(value)];
      if (typeof value === 'string') return [`${value}x`, value.slice(1), value.toUpperCase() + 'A', null];
      if (Array.isArray(value)) {
        const items: unknown[] = value;
        return [
          ...items.flatMap((item, i) => changed(item).map((other) => items.with(i, other))),
          items.slice(1),
          [...items, ...items],
        ];
      }
      if (typeof value === 'object' && value !== null) {
        return [
          ...Object.entries(value).flatMap(([name, member]) =>
            changed(member).map((other) => ({ ...value, [name]: other })),
          ),
          ...Object.keys(value).map((name) =>
            Object.fromEntries(Object.entries(value).filter(([other]) => other !== name)),
          ),
        ];
      }
      return [];
    };
    let tried = 0;
    book.entries.forEach((entry, i) => {
      for (const other of changed(entry)) {
        const forged = JSON.parse(JSON.stringify(other)) as LedgerEntry;
        const parsed = v.safeParse(ledgerEntrySchema, forged);
        tried++;
        if (!parsed.success) continue;
        expect(faultOf(() => replayLedger(DEVICE, book.entries.with(i, parsed.output)))).not.toBeNull();
      }
      // Also with a hash of its own that is right: the next entry, or the head, does not follow it.
      const event: LedgerEvent =
        entry.event.type === 'lease' ? { ...entry.event, amount: entry.event.amount + 1000 } : entry.event;
      const fields = { ...entry, event, atMs: entry.atMs + 1 };
      const forged = book.entries.with(i, { ...fields, hash: entryHash(fields) });
      if (i < book.entries.length - 1) expect(faultOf(() => replayLedger(DEVICE, forged))).toBe('order');
      else expect(replayLedger(DEVICE, forged).head).not.toEqual(book.state.head);
    });
    expect(tried).toBeGreaterThan(200);
  });

  it('of another device is found', () => {
    const { entries } = write(start, lease('a', 1));
    expect(faultOf(() => replayLedger('other', entries))).toBe('device');
    const [first] = entries;
    if (first === undefined) throw new Error('there is an entry');
    const fields = { ...first, deviceId: 'other' };
    // Its first entry is bound to the device by the hash before it, even when rehashed.
    expect(faultOf(() => replayLedger('other', [{ ...fields, hash: entryHash(fields) }]))).toBe('order');
  });

  it('with a number left out is found, even when the hashes are right', () => {
    const { state, entries } = write(start, lease('a', 1), lease('b', 1));
    const [, second] = entries;
    if (second === undefined) throw new Error('there are two entries');
    for (const seq of [1, 3, 4]) {
      const fields = { ...second, seq };
      const forged = { ...fields, hash: entryHash(fields) };
      expect(faultOf(() => replayLedger(DEVICE, [...entries.slice(0, 1), forged]))).toBe('order');
    }
    expect(replayLedger(DEVICE, entries)).toEqual(state);
  });

  it('that was forked has the same number and another hash', () => {
    const common = write(start, lease('a', 100));
    const one = write(common, reserve('j1', ['a', 50]));
    const other = write(common, reserve('j2', ['a', 50]));
    expect(one.state.head.seq).toBe(other.state.head.seq);
    expect(one.state.head.hash).not.toBe(other.state.head.hash);
    expect(faultOf(() => other.entries.slice(1).reduce(applyEntry, one.state))).toBe('order');
  });
});

describe('an event that does not fit', () => {
  const book = write(start, lease('a', 100), lease('b', 50), reserve('open', ['a', 30]));

  it.each<readonly [string, LedgerEvent]>([
    ['a lease that is here', lease('a', 1)],
    ['a reservation of a job that has one', reserve('open', ['b', 1])],
    ['a reservation of more than is left', reserve('j', ['a', 71])],
    ['a reservation from a lease that isn’t here', reserve('j', ['x', 1])],
    ['a reservation that names a lease twice', reserve('j', ['a', 1], ['a', 1])],
    ['a reservation that is right in its first part only', reserve('j', ['a', 1], ['b', 51])],
    ['a commit of a job without a reservation', commit('j')],
    ['a release of a job without a reservation', release('j')],
    ['a commit of what every object has', commit('toString')],
    ['a release of what every object has', release('__proto__')],
    ['a return of more than is left', giveBack('a', 71)],
    ['a return of what is set aside', giveBack('a', 100)],
    ['a return to no lease', giveBack('x', 1)],
  ])('%s is refused and changes nothing', (_what, event) => {
    const before = structuredClone(book.state);
    expect(faultOf(() => appendEvent(book.state, event, 0))).toBe('arithmetic');
    expect(book.state).toEqual(before);
  });

  it('includes a second commit, a second release, and one after the other', () => {
    for (const first of [commit('open'), release('open')]) {
      const after = write(book, first).state;
      expect(faultOf(() => appendEvent(after, commit('open'), 0))).toBe('arithmetic');
      expect(faultOf(() => appendEvent(after, release('open'), 0))).toBe('arithmetic');
    }
  });

  it('includes a lease that was used up: it never comes in twice', () => {
    const spent = write(start, lease('a', 10), reserve('j', ['a', 10]), commit('j')).state;
    expect(faultOf(() => appendEvent(spent, lease('a', 10), 0))).toBe('arithmetic');
    const returned = write(start, lease('a', 10), giveBack('a', 10)).state;
    expect(faultOf(() => appendEvent(returned, lease('a', 10), 0))).toBe('arithmetic');
  });
});
