import fc from 'fast-check';
import { expect, test } from 'vitest';
import { periodAt } from './calendar.ts';

const at = (text: string): number => Date.parse(`${text}Z`);
const iso = (ms: number): string => new Date(ms).toISOString().slice(0, 16);

test('a licence of the 31st has the last day of shorter months, and the 31st again after them', () => {
  const began = at('2027-01-31T10:30');
  const starts = ['2027-01-31', '2027-02-28', '2027-03-31', '2027-04-30', '2027-05-31', '2027-06-30'];
  for (const [i, start] of starts.entries()) {
    const period = periodAt('anniversary', began, at(`${start}T10:30`));
    expect(iso(period.startMs)).toBe(`${start}T10:30`);
    if (starts[i + 1] !== undefined) expect(iso(period.endMs)).toBe(`${starts[i + 1]}T10:30`);
    // A millisecond before, it is still the one before.
    expect(periodAt('anniversary', began, period.endMs - 1)).toEqual(period);
  }
  const leap = periodAt('anniversary', began, at('2028-03-01T00:00'));
  expect([iso(leap.startMs), iso(leap.endMs)]).toEqual(['2028-02-29T10:30', '2028-03-31T10:30']);
  const newYear = periodAt('anniversary', at('2027-12-30T23:59'), at('2028-02-29T23:58'));
  expect([iso(newYear.startMs), iso(newYear.endMs)]).toEqual(['2028-01-30T23:59', '2028-02-29T23:59']);
});

test('every time is in one period, which ends where the next one begins', () => {
  const time = fc.integer({ min: at('2020-01-01T00:00'), max: at('2060-01-01T00:00') });
  fc.assert(
    fc.property(fc.constantFrom('anniversary' as const, 'utc-month' as const), time, time, (kind, a, b) => {
      const [began, now] = [Math.min(a, b), Math.max(a, b)];
      const period = periodAt(kind, began, now);
      expect(period.startMs).toBeLessThanOrEqual(now);
      expect(period.endMs).toBeGreaterThan(now);
      expect(periodAt(kind, began, period.endMs).startMs).toBe(period.endMs);
      const days = (period.endMs - period.startMs) / 86_400_000;
      expect(days).toBeGreaterThanOrEqual(28);
      expect(days).toBeLessThanOrEqual(31);
    }),
    { numRuns: 2000 },
  );
});
