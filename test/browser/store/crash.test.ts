import { deleteDB } from 'idb';
import { afterEach, expect, it } from 'vitest';
import { partsTotal, replayLedger } from '../../../src/core/licence/ledger.ts';
import { createStore, type Store } from '../../../src/platform/store/store.ts';
import type { CrashOrder } from './crash-worker.ts';
import { DEVICE, fund } from './funds.ts';
import { clip, freshName, job, picture } from './records.ts';

const GRANTED = 400;
const CRASHES = 24;

let name = '';
let store: Store;
afterEach(async () => {
  store.close();
  await deleteDB(name);
});

async function begin(): Promise<void> {
  name = freshName();
  store = createStore({ name });
  await fund(store, GRANTED);
}

/** Works in a thread of its own, and ends it in the middle once it has come so far and a little further. */
async function workAndCrash(seed: number): Promise<void> {
  const worker = new Worker(new URL('./crash-worker.ts', import.meta.url), { type: 'module' });
  await new Promise<void>((resolve, reject) => {
    worker.onerror = (event) => reject(new Error(event.message));
    worker.onmessage = ({ data }: MessageEvent<number>) => {
      if (data >= 2 + (seed % 5)) resolve();
    };
    worker.postMessage({ name, seed } satisfies CrashOrder);
  });
  // The worker goes on; where in its transactions this comes, nobody knows.
  for (let i = 0; i < seed % 7; i += 1) await store.wallet();
  worker.terminate();
}

/** Everything adds up, whatever came to an end where. */
async function expectSound(): Promise<number> {
  const row = await store.wallet();
  if (row?.ledger === null || row === null) throw new Error('the ledger is gone');
  const { ledger } = row;
  const entries = await store.ledgerEntries(DEVICE, 0, 1e6);
  expect(row.fault).toBeNull();
  expect(replayLedger(DEVICE, entries)).toEqual(ledger);
  const held = ledger.leases.reduce((sum, lease) => sum + lease.left, 0);
  const reserved = Object.values(ledger.reservations).reduce((sum, parts) => sum + partsTotal(parts), 0);
  // Granted = committed + released (returned) + still leased.
  expect(ledger.totals.committed + ledger.totals.returned + held + reserved).toBe(GRANTED);
  const [jobs, { clips }] = await Promise.all([store.jobs(), store.library()]);
  const prices = new Map(jobs.map((one) => [one.id, one.price ?? 0]));
  const done = jobs.filter(({ state }) => state === 'done');
  // A clip for each job that is done, and a charge for each, once; and no other.
  expect(new Set(done.map(({ clipId }) => clipId))).toEqual(new Set(clips.map(({ id }) => id)));
  const committed = entries.flatMap(({ event }) => (event.type === 'commit' ? [event.jobId] : []));
  expect([...committed].sort()).toEqual(done.map(({ id }) => id).sort());
  expect(ledger.totals.committed).toBe(committed.reduce((sum, id) => sum + (prices.get(id) ?? NaN), 0));
  // What is set aside belongs to a job that waits or runs.
  const open = jobs.filter(({ state }) => state === 'queued' || state === 'running').map(({ id }) => id);
  expect(Object.keys(ledger.reservations).sort()).toEqual(open.sort());
  return done.length;
}

it(`after ${CRASHES} crashes at any point, granted = committed + released + still leased, and each clip is paid once`, async () => {
  await begin();
  for (let seed = 1; seed <= CRASHES; seed += 1) {
    await workAndCrash(seed);
    await expectSound();
  }
  expect(await expectSound()).toBeGreaterThan(0);
  expect(await store.releaseStranded()).toEqual([]);
});

/** Calls the store with what no type allows. */
async function callWith(method: 'saveClip' | 'addJob', ...input: readonly unknown[]): Promise<unknown> {
  const found: unknown = Reflect.get(store, method);
  if (typeof found !== 'function') throw new TypeError(`the store has no ${method}`);
  return Reflect.apply(found, store, input);
}

it('a transaction that fails half way has changed nothing', async () => {
  await begin();
  const one = job(picture('nobody'), { price: 7 });
  await store.addJob(one);
  await store.changeJob(one.id, ['queued'], { state: 'running' });
  const before = await store.wallet();
  // The second half of what is written can't be stored: the first is undone with it.
  const bad = { ...clip(picture('nobody')), notices: [(): void => undefined] };
  await expect(callWith('saveClip', bad, one.id)).rejects.toMatchObject({
    code: 'ERR_STORE_FAILED',
  });
  const twice = { ...one, settings: (): void => undefined };
  await expect(callWith('addJob', { ...twice, id: 'another' })).rejects.toMatchObject({
    code: 'ERR_STORE_FAILED',
  });
  expect(await store.wallet()).toEqual(before);
  expect(await store.job(one.id)).toMatchObject({ state: 'running' });
  await expectSound();
});
