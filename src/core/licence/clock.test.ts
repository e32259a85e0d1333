import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CLOCK_TOLERANCE_S } from '../../contracts/licence/tokens.ts';
import { FIRST_CLOCK, readClock, setClock, type ClockState } from './clock.ts';

const T = 1_800_000_000;
const DAY = 86_400;
const YEAR = 365 * DAY;

describe('the clock', () => {
  it('that is right is believed', () => {
    const state = setClock(FIRST_CLOCK, T, T);
    expect(state).toEqual({ offsetS: 0, maxS: T });
    expect(readClock(state, T + DAY)).toEqual({
      nowS: T + DAY,
      back: false,
      next: { offsetS: 0, maxS: T + DAY },
    });
  });

  it('that no server ever set is believed as long as it goes forward', () => {
    const first = readClock(FIRST_CLOCK, T);
    expect(first).toMatchObject({ nowS: T, back: false });
    expect(readClock(first.next, T - DAY)).toMatchObject({ nowS: T, back: true });
  });

  it('a year ahead works by its offset after a refresh', () => {
    const state = setClock(FIRST_CLOCK, T, T + YEAR);
    expect(readClock(state, T + YEAR + 60)).toMatchObject({ nowS: T + 60, back: false });
  });

  it('a year behind works by its offset after a refresh', () => {
    const state = setClock(FIRST_CLOCK, T, T - YEAR);
    expect(readClock(state, T - YEAR + 60)).toMatchObject({ nowS: T + 60, back: false });
  });

  it('that was a year ahead at the refresh and is put right is back until the next', () => {
    const state = setClock(FIRST_CLOCK, T, T + YEAR);
    const { back, next } = readClock(state, T + 3600);
    expect(back).toBe(true);
    expect(readClock(next, T + 7200).back).toBe(true);
    const again = setClock(next, T + 7300, T + 7300);
    expect(readClock(again, T + 7301)).toMatchObject({ nowS: T + 7301, back: false });
  });

  it('set a year ahead ends what ends, and set back again is back until a refresh', () => {
    const state = setClock(FIRST_CLOCK, T, T);
    const ahead = readClock(state, T + YEAR);
    expect(ahead).toMatchObject({ nowS: T + YEAR, back: false });
    const returned = readClock(ahead.next, T + 60);
    // Going back does not bring to life what had ended meanwhile.
    expect(returned).toMatchObject({ nowS: T + YEAR, back: true });
    expect(readClock(setClock(returned.next, T + 120, T + 120), T + 121)).toMatchObject({
      nowS: T + 121,
      back: false,
    });
  });

  it('set a year behind is back until it catches up or is refreshed', () => {
    const state = readClock(setClock(FIRST_CLOCK, T, T), T + 100).next;
    expect(readClock(state, T - YEAR)).toMatchObject({ nowS: T + 100, back: true });
    expect(readClock(state, T + 101)).toMatchObject({ nowS: T + 101, back: false });
  });

  it('may differ by what honest clocks differ, and no second more', () => {
    const state: ClockState = { offsetS: 0, maxS: T };
    expect(readClock(state, T - CLOCK_TOLERANCE_S)).toEqual({ nowS: T, back: false, next: state });
    expect(readClock(state, T - CLOCK_TOLERANCE_S - 1).back).toBe(true);
  });

  it.each([NaN, Infinity, -Infinity])('that says %d is not believed', (localS) => {
    const state: ClockState = { offsetS: 5, maxS: T };
    expect(readClock(state, localS)).toEqual({ nowS: T, back: true, next: state });
  });

  it('creeping back in small steps never goes below the tolerance in sum', () => {
    let state = setClock(FIRST_CLOCK, T, T);
    const readings = Array.from({ length: 10 }, (_, i) => {
      const reading = readClock(state, T - i * 100);
      state = reading.next;
      return reading.back;
    });
    expect(readings).toEqual([false, false, false, false, true, true, true, true, true, true]);
  });

  it('never tells an earlier time than before, whatever the device says', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: T - YEAR, max: T + YEAR }),
        fc.array(fc.double({ min: T - 2 * YEAR, max: T + 2 * YEAR, noNaN: true }), { maxLength: 40 }),
        (local, times) => {
          let state = setClock(FIRST_CLOCK, T, local);
          let last = T;
          for (const time of times) {
            const { nowS, back, next } = readClock(state, time);
            expect(nowS).toBeGreaterThanOrEqual(last);
            expect(Number.isSafeInteger(nowS)).toBe(true);
            expect(next.maxS).toBe(nowS);
            if (back) expect(Math.floor(time) + state.offsetS).toBeLessThan(last - CLOCK_TOLERANCE_S);
            else expect(nowS).toBe(Math.max(last, Math.floor(time) + state.offsetS));
            [state, last] = [next, nowS];
          }
        },
      ),
    );
  });

  it('is whatever the server says at a refresh, from any state', () => {
    fc.assert(
      fc.property(
        fc.record({ offsetS: fc.integer({ min: -YEAR, max: YEAR }), maxS: fc.nat(2 * T) }),
        fc.nat(2 * T),
        (state, local) => {
          expect(readClock(setClock(state, T, local), local)).toMatchObject({ nowS: T, back: false });
        },
      ),
    );
  });
});
