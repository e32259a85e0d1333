import { CLOCK_TOLERANCE_S } from '../../contracts/licence/tokens.ts';

/** What a device knows of the time; plain data, kept with the entitlement. Whole seconds. */
export interface ClockState {
  /** What to add to the device's clock: the server's time less the device's, at the last refresh. */
  readonly offsetS: number;
  /** Latest corrected time that was ever read since then. */
  readonly maxS: number;
}

/** A device that never heard from a server: its own clock is believed as long as it goes forward. */
export const FIRST_CLOCK: ClockState = { offsetS: 0, maxS: 0 };

/** The time, and whether it can be true. */
export interface ClockReading {
  /** Seconds since 1970; never less than an earlier reading's, so that what has ended stays ended. */
  readonly nowS: number;
  /** The clock went back by more than honest clocks differ: spending waits for {@link setClock}. */
  readonly back: boolean;
  /** To be kept in place of the state that was read. */
  readonly next: ClockState;
}

/**
 * Reads the time by the device's clock as corrected at the last refresh.
 *
 * @param localS the device's clock, seconds since 1970.
 */
export function readClock(state: ClockState, localS: number): ClockReading {
  const corrected = Math.floor(localS) + state.offsetS;
  // A clock that says nothing sensible is one that can't be trusted.
  if (!Number.isFinite(corrected)) return { nowS: state.maxS, back: true, next: state };
  const nowS = Math.max(corrected, state.maxS);
  return {
    nowS,
    back: corrected < state.maxS - CLOCK_TOLERANCE_S,
    next: nowS === state.maxS ? state : { ...state, maxS: nowS },
  };
}

/**
 * Sets the clock by a time that can be trusted: the server's at a refresh, or, where a host mints entitlements without
 * an API, `iat` of an entitlement that is newer than every one before it. Whatever was seen before is forgotten.
 *
 * @param serverS that time, seconds since 1970.
 * @param localS the device's clock at the same moment.
 */
export function setClock(_state: ClockState, serverS: number, localS: number): ClockState {
  const trusted = Math.floor(serverS);
  return { offsetS: trusted - Math.floor(localS), maxS: trusted };
}
