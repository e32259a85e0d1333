import type { Policy } from '../../src/contracts/licence/policy.ts';

/** A period of the allowance: from `startMs` up to, but without, `endMs`. Milliseconds since 1970. */
export interface Period {
  readonly startMs: number;
  readonly endMs: number;
}

/** The same day and time so many months later; where the month has no such day, its last one. UTC. */
function monthsAfter(ms: number, months: number): number {
  const begin = new Date(ms);
  const first = Date.UTC(begin.getUTCFullYear(), begin.getUTCMonth() + months, 1);
  const lastDay = new Date(
    Date.UTC(begin.getUTCFullYear(), begin.getUTCMonth() + months + 1, 0),
  ).getUTCDate();
  const day = Math.min(begin.getUTCDate(), lastDay);
  const timeOfDay = ms - Date.UTC(begin.getUTCFullYear(), begin.getUTCMonth(), begin.getUTCDate());
  return first + (day - 1) * 86_400_000 + timeOfDay;
}

/**
 * The monthly period that a time lies in.
 *
 * @param beganAtMs when the licence began; with `anniversary` months are counted from it, not from one another, so
 *   that a licence of the 31st comes back to the 31st after February.
 */
export function periodAt(calendar: Policy['calendar'], beganAtMs: number, nowMs: number): Period {
  const begin = new Date(beganAtMs);
  const now = new Date(nowMs);
  if (calendar === 'utc-month') {
    const [year, month] = [now.getUTCFullYear(), now.getUTCMonth()];
    return { startMs: Date.UTC(year, month, 1), endMs: Date.UTC(year, month + 1, 1) };
  }
  let months = (now.getUTCFullYear() - begin.getUTCFullYear()) * 12 + now.getUTCMonth() - begin.getUTCMonth();
  if (monthsAfter(beganAtMs, months) > nowMs) months -= 1;
  return { startMs: monthsAfter(beganAtMs, months), endMs: monthsAfter(beganAtMs, months + 1) };
}
