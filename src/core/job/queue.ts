import type { JobRecord, JobState } from '../../contracts/records.ts';

/** States of a job that still wants to run or does. */
export const ACTIVE_STATES: readonly JobState[] = ['queued', 'running'];
/** States from which a job can be started again. */
export const RETRY_STATES: readonly JobState[] = ['failed', 'cancelled', 'interrupted'];

const RANK: Readonly<Record<JobState, number>> = {
  running: 0,
  queued: 1,
  interrupted: 2,
  failed: 2,
  cancelled: 2,
  done: 2,
};

/** Jobs as they are shown: running first, then waiting in their order, then ended ones, the newest first. */
export function sortJobs(jobs: readonly JobRecord[]): JobRecord[] {
  return [...jobs].sort((a, b) => {
    const rank = RANK[a.state] - RANK[b.state];
    if (rank !== 0) return rank;
    return RANK[a.state] === 2 ? b.createdAtMs - a.createdAtMs || b.order - a.order : a.order - b.order;
  });
}

/** Waiting jobs in the order in which they will run. */
export function waitingJobs(jobs: readonly JobRecord[]): JobRecord[] {
  return jobs.filter((job) => job.state === 'queued').sort((a, b) => a.order - b.order);
}

/** The order number that puts a new job behind all others. */
export function lastOrder(jobs: readonly JobRecord[]): number {
  return jobs.reduce((most, job) => Math.max(most, job.order), 0) + 1;
}

/**
 * Moves a waiting job so that it runs as number `place` of the waiting ones (0 is next; beyond the end is last).
 *
 * @returns the records whose order changed; empty when the job doesn't wait or is there already.
 */
export function moveWaiting(jobs: readonly JobRecord[], jobId: string, place: number): JobRecord[] {
  const waiting = waitingJobs(jobs);
  const moved = waiting.find((job) => job.id === jobId);
  if (moved === undefined || Number.isNaN(place)) return [];
  const others = waiting.filter((job) => job !== moved);
  const at = Math.min(others.length, Math.max(0, Math.trunc(place)));
  const target = [...others.slice(0, at), moved, ...others.slice(at)];
  // The same set of numbers, dealt out anew: nothing else's place changes.
  return target.flatMap((job, i) => {
    const order = waiting[i]?.order ?? job.order;
    return order === job.order ? [] : [{ ...job, order }];
  });
}
