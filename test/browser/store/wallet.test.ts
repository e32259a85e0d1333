import { deleteDB, openDB } from 'idb';
import { afterEach, describe, expect, it } from 'vitest';
import type { JobRecord } from '../../../src/contracts/records.ts';
import { freeTotal, replayLedger } from '../../../src/core/licence/ledger.ts';
import { createStore, type Store } from '../../../src/platform/store/store.ts';
import { DEVICE, fund } from './funds.ts';
import { setQuota, startAnew } from './quota.ts';
import { character, clip, freshName, job, noise, picture } from './records.ts';

const open: { store: Store; name: string }[] = [];
const DAY_MS = 86_400_000;

function connect(name: string, now?: () => number): Store {
  const store = createStore({ name, ...(now === undefined ? {} : { now }) });
  open.push({ store, name });
  return store;
}

/** A store whose device holds so many Moments. */
async function funded(amount: number, name = freshName()): Promise<Store> {
  const store = connect(name);
  await fund(store, amount);
  return store;
}

async function free(store: Store): Promise<number> {
  const ledger = (await store.wallet())?.ledger;
  return ledger === null || ledger === undefined ? -1 : freeTotal(ledger, Date.now() / 1000);
}

/** What was kept is what the entries come to, and nothing was lost or made on the way. */
async function expectSound(store: Store): Promise<void> {
  const ledger = (await store.wallet())?.ledger;
  const entries = await store.ledgerEntries(DEVICE, 0, 1000);
  expect(replayLedger(DEVICE, entries)).toEqual(ledger);
}

const priced = (price: number, change: Partial<JobRecord> = {}): JobRecord =>
  job(picture('nobody'), { price, ...change });

afterEach(async () => {
  await setQuota(null);
  const names = new Set(open.map((one) => one.name));
  for (const { store } of open.splice(0)) store.close();
  for (const name of names) await deleteDB(name);
});

describe('Moments', () => {
  it('are set aside with the job, spent with the clip', async () => {
    const store = await funded(10);
    const one = priced(4);
    await store.addJob(one);
    expect(await free(store)).toBe(6);
    await store.changeJob(one.id, ['queued'], { state: 'running' });
    await store.saveClip(clip(picture('nobody')), one.id);
    expect((await store.wallet())?.ledger).toMatchObject({ reservations: {}, totals: { committed: 4 } });
    await store.removeJobs([one.id]);
    expect(await free(store)).toBe(6);
    await expectSound(store);
  });

  it.each(['cancelled', 'failed', 'interrupted'] as const)('come back when a job is %s', async (state) => {
    const store = await funded(10);
    const one = priced(10);
    await store.addJob(one);
    await store.changeJob(one.id, ['queued'], { state });
    expect(await free(store)).toBe(10);
    await store.changeJob(one.id, [state], { state: 'queued' });
    expect(await free(store)).toBe(0);
    await store.removeJobs([one.id]);
    expect(await free(store)).toBe(10);
    await expectSound(store);
  });

  it('are not set aside beyond what is there, and the job is not kept then', async () => {
    const store = await funded(3);
    const one = priced(4);
    await expect(store.addJob(one)).rejects.toMatchObject({
      code: 'ERR_LICENCE_FUNDS',
      details: { price: 4, free: 3 },
    });
    expect(await store.jobs()).toEqual([]);
    const past = priced(4, { state: 'failed' });
    await store.putJobs([past]);
    await expect(store.changeJob(past.id, ['failed'], { state: 'queued' })).rejects.toMatchObject({
      code: 'ERR_LICENCE_FUNDS',
    });
    expect(await store.job(past.id)).toEqual(past);
    await expectSound(store);
  });

  it('are spent once by two tabs at once', async () => {
    const name = freshName();
    const first = await funded(10, name);
    const second = connect(name);
    const tries = Array.from({ length: 12 }, (_, i) => (i % 2 === 0 ? first : second).addJob(priced(3)));
    const ends = await Promise.allSettled(tries);
    expect(ends.filter((end) => end.status === 'fulfilled')).toHaveLength(3);
    expect(await first.jobs()).toHaveLength(3);
    expect(await free(second)).toBe(1);
    await expectSound(first);
  });

  it('come back after a crash that left nothing of the job, or a job that neither waits nor runs', async () => {
    const name = freshName();
    const store = await funded(10, name);
    const [gone, ended, running] = [priced(1), priced(2), priced(3)];
    for (const one of [gone, ended, running]) await store.addJob(one);
    await store.changeJob(running.id, ['queued'], { state: 'running' });
    const raw = await openDB(name);
    await raw.delete('jobs', gone.id);
    await raw.put('jobs', { ...ended, state: 'interrupted' });
    raw.close();
    expect((await store.releaseStranded()).sort()).toEqual([gone.id, ended.id].sort());
    expect(await free(store)).toBe(7);
    expect(await store.releaseStranded()).toEqual([]);
    await expectSound(store);
  });

  it('are not spent for a clip that a full disk refuses', async () => {
    const name = freshName();
    await startAnew(6 * 2 ** 20);
    const store = await funded(10, name);
    const one = priced(4);
    await store.addJob(one);
    await store.changeJob(one.id, ['queued'], { state: 'running' });
    const portrait = picture(character().id);
    const large = clip(portrait, { file: noise(8 * 2 ** 20, 'video/mp4') });
    await expect(store.saveClip(large, one.id)).rejects.toMatchObject({ code: 'ERR_STORE_QUOTA' });
    expect((await store.wallet())?.ledger?.totals.committed).toBe(0);
    expect(Object.keys((await store.wallet())?.ledger?.reservations ?? {})).toEqual([one.id]);
    await setQuota(null);
    await store.saveClip(large, one.id);
    expect((await store.wallet())?.ledger?.totals.committed).toBe(4);
    await expectSound(store);
  });

  it('of a ledger whose state was set back are not spent twice, and the clip is kept', async () => {
    const name = freshName();
    const store = await funded(10, name);
    const before = await store.wallet();
    await store.addJob(priced(10));
    const raw = await openDB(name);
    await raw.put('wallet', before, 'wallet');
    raw.close();
    await expect(store.addJob(priced(10))).rejects.toMatchObject({ code: 'ERR_LICENCE_LEDGER' });
  });

  it('of a lease that ended are not set aside', async () => {
    const name = freshName();
    await funded(10, name);
    const later = connect(name, () => Date.now() + 2 * DAY_MS);
    await expect(later.addJob(priced(1))).rejects.toMatchObject({ code: 'ERR_LICENCE_FUNDS' });
  });

  it('are not set aside while the clock is back, though only another tab has seen it go forward', async () => {
    const name = freshName();
    let offsetMs = 0;
    const store = await funded(10, name);
    const other = connect(name, () => Date.now() + offsetMs);
    const [first, second] = [priced(1), priced(1)];
    await other.addJob(first);
    // A time at which something was written is remembered with it.
    offsetMs = 2 * DAY_MS;
    await other.changeJob(first.id, ['queued'], { state: 'cancelled' });
    await expect(store.addJob(second)).rejects.toMatchObject({ code: 'ERR_LICENCE_CLOCK' });
    expect(await store.job(second.id)).toBeNull();
    await store.changeWallet((row) => {
      if (row === null) throw new Error('no wallet');
      return { ...row, clock: { offsetS: 0, maxS: 0 } };
    });
    await store.addJob(second);
    await expectSound(store);
  });

  it('are not set aside on a device that was taken off its licence, and a clip under way is still paid', async () => {
    const store = await funded(10);
    const [one, two] = [priced(4, { state: 'queued' }), priced(1)];
    await store.addJob(one);
    await store.changeJob(one.id, ['queued'], { state: 'running' });
    await store.changeWallet((row) => {
      if (row === null) throw new Error('no wallet');
      return { ...row, removed: true };
    });
    await expect(store.addJob(two)).rejects.toMatchObject({ code: 'ERR_LICENCE_DEVICE' });
    await store.saveClip(clip(picture('nobody')), one.id);
    expect((await store.wallet())?.ledger?.totals.committed).toBe(4);
  });

  it('are spent for a clip that is handed over elsewhere, once, and not for a cancelled one', async () => {
    const store = await funded(10);
    const [one, two] = [priced(4), priced(4)];
    for (const job of [one, two]) {
      await store.addJob(job);
      await store.changeJob(job.id, ['queued'], { state: 'running' });
    }
    await store.finishJob(one.id);
    await expect(store.finishJob(one.id)).rejects.toThrow('cancelled');
    await store.changeJob(two.id, ['running'], { state: 'cancelled' });
    await expect(store.finishJob(two.id)).rejects.toThrow('cancelled');
    expect((await store.wallet())?.ledger).toMatchObject({ reservations: {}, totals: { committed: 4 } });
    expect(await store.job(one.id)).toBeNull();
    await expectSound(store);
  });

  it('are nobody’s business where there is no wallet', async () => {
    const store = connect(freshName());
    const one = priced(4);
    await store.addJob(one);
    expect(await store.job(one.id)).toEqual(one);
    expect(await store.appendLedger(() => [])).toBeNull();
  });

  it('tell other tabs and this one when they change', async () => {
    const name = freshName();
    const store = await funded(10, name);
    const other = connect(name);
    const told = Promise.all(
      [store, other].map((one) => new Promise<void>((resolve) => one.onWalletChange(resolve))),
    );
    await store.addJob(priced(1));
    await told;
  });
});
