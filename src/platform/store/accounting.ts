import { AppError } from '../../contracts/errors.ts';
import type { LedgerEntry, LedgerEvent, LedgerState } from '../../contracts/licence/ledger.ts';
import { LedgerError, appendEvent, freeTotal, reserveEvent } from '../../core/licence/ledger.ts';
import { readClock } from '../../core/licence/clock.ts';

export { readClock };

/**
 * Events as entries, one after the other.
 *
 * @throws ERR_LICENCE_LEDGER when one does not fit.
 */
export function appendAll(
  state: LedgerState,
  events: readonly LedgerEvent[],
  atMs: number,
): { state: LedgerState; entries: LedgerEntry[] } {
  const entries: LedgerEntry[] = [];
  try {
    for (const event of events) {
      const next = appendEvent(state, event, atMs);
      state = next.state;
      entries.push(next.entry);
    }
  } catch (cause) {
    if (!(cause instanceof LedgerError)) throw cause;
    throw new AppError('ERR_LICENCE_LEDGER', cause.message, { cause, details: { fault: cause.fault } });
  }
  return { state, entries };
}

/**
 * Sets a price aside.
 *
 * @throws ERR_LICENCE_FUNDS
 */
export function reserve(state: LedgerState, jobId: string, price: number, nowS: number): LedgerEvent[] {
  const event = reserveEvent(state, jobId, price, nowS);
  if (event === null) {
    const free = freeTotal(state, nowS);
    throw new AppError('ERR_LICENCE_FUNDS', `${price} are needed, ${free} are free on this device`, {
      details: { price, free },
    });
  }
  return [event];
}
