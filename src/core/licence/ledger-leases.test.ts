import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PARTS_MAX } from '../../contracts/licence/ledger.ts';
import { TOKEN_PERIOD_MAX_S } from '../../contracts/licence/tokens.ts';
import {
  appendEvent,
  freeTotal,
  partsTotal,
  releaseEvent,
  reserveEvent,
  reservedTotal,
  returnEvents,
} from './ledger.ts';
import {
  DAY,
  T,
  commit,
  expiries,
  giveBack,
  lease,
  longBook,
  release,
  reserve,
  start,
  write,
} from './test-ledger.ts';

describe('leases', () => {
  it('that are used up are forgotten once they have surely ended, and no others are', () => {
    const used = write(
      start,
      lease('a', 10, T),
      reserve('j', ['a', 10]),
      commit('j'),
      lease('b', 10, T),
      lease('c', 10, T),
      reserve('k', ['c', 10]),
    );
    const soon = write(used, lease('d', 1, T + TOKEN_PERIOD_MAX_S - 1)).state;
    expect(soon.leases.map(({ leaseId }) => leaseId)).toEqual(['a', 'b', 'c', 'd']);
    const later = write(used, lease('d', 1, T + TOKEN_PERIOD_MAX_S)).state;
    expect(later.leases.map(({ leaseId }) => leaseId)).toEqual(['b', 'c', 'd']);
    // What was set aside still comes back to the lease that it was from.
    expect(write({ state: later, entries: [] }, release('k')).state.leases[1]?.left).toBe(10);
  });

  it('keep a state small over years', () => {
    let book = start;
    for (let day = 0; day < 400; day++) {
      book = write(book, lease(`l${day}`, 5, T + (day + 7) * DAY), reserve('j', [`l${day}`, 5]), commit('j'));
    }
    expect(book.state.leases.length).toBeLessThanOrEqual(33);
    expect(book.state.totals).toEqual({ leased: 2000, committed: 2000, returned: 0 });
  });
});

describe('setting aside', () => {
  const book = write(start, lease('late', 100, T + 300), lease('early', 30, T + 100), lease('gone', 500, T));

  it('takes from the leases that end first, never from those that have ended', () => {
    expect(reserveEvent(book.state, 'j', 50, T)).toEqual(reserve('j', ['early', 30], ['late', 20]));
    expect(reserveEvent(book.state, 'j', 50, T + 100)).toEqual(reserve('j', ['late', 50]));
    expect(freeTotal(book.state, T)).toBe(130);
    expect(freeTotal(book.state, T + 100)).toBe(100);
    expect(freeTotal(book.state, T + 300)).toBe(0);
  });

  it('proposes exactly the price, and only what fits, whenever there is enough', () => {
    fc.assert(
      fc.property(longBook, fc.integer({ min: 1, max: 300 }), expiries, ({ state }, price, nowS) => {
        const event = reserveEvent(state, 'new', price, nowS);
        expect(event !== null).toBe(freeTotal(state, nowS) >= price);
        if (event === null) return;
        expect(partsTotal(event.parts)).toBe(price);
        const after = appendEvent(state, event, 0).state;
        expect(freeTotal(after, nowS)).toBe(freeTotal(state, nowS) - price);
        const undone = releaseEvent(after, 'new', 'failed');
        if (undone === null) throw new Error('there is a reservation');
        expect(appendEvent(after, undone, 0).state.leases).toEqual(state.leases);
      }),
    );
  });

  it('has nothing to propose for nothing', () => {
    expect(reserveEvent(book.state, 'j', 0, T)).toBeNull();
    expect(reserveEvent(start.state, 'j', 1, T)).toBeNull();
  });

  it('draws on the largest leases when it would need too many', () => {
    const many = Array.from({ length: 100 }, (_, i) => lease(`l${i}`, i < 90 ? 1 : 50, T + 1 + i));
    const { state } = write(start, ...many);
    const event = reserveEvent(state, 'j', 200, T);
    expect(event?.parts.length).toBeLessThanOrEqual(PARTS_MAX);
    expect(partsTotal(event?.parts ?? [])).toBe(200);
    const small = write(start, ...many.slice(0, 90));
    expect(partsTotal(reserveEvent(small.state, 'j', 64, T)?.parts ?? [])).toBe(64);
    expect(reserveEvent(small.state, 'j', 65, T)).toBeNull();
  });
});

describe('giving back', () => {
  it('everything leaves what is set aside, and nothing else', () => {
    fc.assert(
      fc.property(longBook, (book) => {
        const after = write(book, ...returnEvents(book.state, 'all')).state;
        expect(after.leases.every(({ left }) => left === 0)).toBe(true);
        expect(reservedTotal(after)).toBe(reservedTotal(book.state));
        expect(returnEvents(after, 'all')).toEqual([]);
      }),
    );
  });

  it('what has ended leaves what hasn’t', () => {
    const book = write(start, lease('a', 5, T), lease('b', 6, T + 1));
    expect(returnEvents(book.state, { endedAtS: T })).toEqual([giveBack('a', 5)]);
  });

  it('of a job without a reservation is nothing', () => {
    expect(releaseEvent(start.state, 'j', 'failed')).toBeNull();
    expect(releaseEvent(start.state, 'toString', 'failed')).toBeNull();
  });
});
