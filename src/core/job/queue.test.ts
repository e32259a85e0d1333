import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JobRecord, JobState } from '../../contracts/records.ts';
import { DEFAULT_SETTINGS } from '../../contracts/settings.ts';
import { lastOrder, moveWaiting, sortJobs, waitingJobs } from './queue.ts';

const job = (id: string, order: number, state: JobState = 'queued', createdAtMs = order): JobRecord => ({
  id,
  pictureId: 'p',
  characterId: 'c',
  settings: DEFAULT_SETTINGS,
  state,
  order,
  createdAtMs,
});

function apply(jobs: readonly JobRecord[], changes: readonly JobRecord[]): JobRecord[] {
  return jobs.map((one) => changes.find((change) => change.id === one.id) ?? one);
}
const ids = (jobs: readonly JobRecord[]): string[] => jobs.map((one) => one.id);

describe('the order of jobs', () => {
  it('is running, waiting, ended', () => {
    const jobs = [
      job('old', 1, 'done'),
      job('b', 5),
      job('new', 2, 'failed'),
      job('a', 3),
      job('now', 9, 'running'),
    ];
    expect(ids(sortJobs(jobs))).toEqual(['now', 'a', 'b', 'new', 'old']);
    expect(lastOrder(jobs)).toBe(10);
    expect(lastOrder([])).toBe(1);
  });

  it('moves any waiting job to any place and keeps the others in theirs', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 12 }),
        fc.nat(),
        fc.integer({ min: -3, max: 20 }),
        (orders, pick, place) => {
          const jobs = orders.map((order) => job(`j${order}`, order));
          const before = ids(waitingJobs(jobs));
          const id = before[pick % before.length] ?? '';
          const after = ids(waitingJobs(apply(jobs, moveWaiting(jobs, id, place))));
          const at = Math.min(before.length - 1, Math.max(0, place));
          expect(after[at]).toBe(id);
          expect(after.filter((one) => one !== id)).toEqual(before.filter((one) => one !== id));
        },
      ),
    );
  });

  it('moves nothing that does not wait', () => {
    const jobs = [job('now', 1, 'running'), job('a', 2)];
    expect(moveWaiting(jobs, 'now', 1)).toEqual([]);
    expect(moveWaiting(jobs, 'nobody', 0)).toEqual([]);
    expect(moveWaiting(jobs, 'a', NaN)).toEqual([]);
    expect(moveWaiting(jobs, 'a', 0)).toEqual([]);
  });
});
