import { describe, expect, it } from 'vitest';
import { AppError, type ErrorCode } from '../../../src/contracts/errors.ts';
import type { RunningApp } from '../../../src/app/create-app.ts';
import { fillUp, setQuota, startAnew } from '../store/quota.ts';
import { noise } from '../store/records.ts';
import { createHost } from './licence-host.ts';
import { gallery, here, moments, open, thumbprint, until, view, type Tab } from './licence-tab.ts';
import { madeClip } from './made-clip.ts';

const GRANTED = 200;
const PRICE = 50;

/** A gallery that holds Moments for four clips. */
async function begin(options: Parameters<typeof open>[1] = {}) {
  const [host, place] = await Promise.all([createHost(), gallery()]);
  const tab = open(place.name, { licence: host.config, ...options });
  await tab.app.ready;
  const key = thumbprint(tab.app);
  const tokens = { entitlement: await host.entitlement(key), leases: [await host.lease(key, GRANTED)] };
  expect(await tab.app.licence?.acceptTokens(tokens)).toBe(true);
  return { ...tab, ...place, host };
}
type Begun = Awaited<ReturnType<typeof begin>>;

/** Queues a clip and waits until it is being made. */
async function start({ app, held, made }: Pick<Begun, 'app' | 'held' | 'made'>): Promise<string> {
  const before = held.length;
  await app.regenerate(made.id);
  await until(app, () => held.length > before);
  expect(moments(app)).toEqual([GRANTED - PRICE, PRICE]);
  return app.state.jobs.at(-1)?.record.id ?? '';
}
const settled = (app: RunningApp, clips: number): Promise<unknown> => here(app, GRANTED - clips * PRICE, 0);

/** The ledger's own sums, from the disk. */
async function expectPaid({ store }: Pick<Begun, 'store'>, clips: number): Promise<void> {
  const ledger = (await store.wallet())?.ledger;
  const left = ledger?.leases.reduce((sum, lease) => sum + lease.left, 0);
  expect({ ...ledger?.totals, left, reservations: ledger?.reservations }).toEqual({
    leased: GRANTED,
    committed: clips * PRICE,
    returned: 0,
    left: GRANTED - clips * PRICE,
    reservations: {},
  });
  // One was there before anything was paid.
  expect((await store.library()).clips).toHaveLength(1 + clips);
}

describe('nothing is paid when a job', () => {
  it.each([
    ['can’t be opened', 'ERR_INPUT_DAMAGED'],
    ['has no model', 'ERR_MODEL_FAILED'],
    ['loses the graphics device', 'ERR_GPU_LOST'],
    ['can’t be drawn', 'ERR_GPU_FAILED'],
    ['can’t be encoded', 'ERR_MEDIA_ENCODE_FAILED'],
    ['makes a file that isn’t verified', 'ERR_MEDIA_VERIFY_FAILED'],
    ['loses its worker', 'ERR_WORKER_TERMINATED'],
    ['is no error that anybody knows', null],
  ] as const satisfies readonly (readonly [string, ErrorCode | null])[])('%s', async (_what, code) => {
    const tab = await begin();
    await start(tab);
    tab.held[0]?.fail(code === null ? new Error('unforeseen') : new AppError(code, 'test'));
    await tab.app.idle();
    await settled(tab.app, 0);
    await expectPaid(tab, 0);
  });

  it('is cancelled while it waits, or while it runs', async () => {
    const tab = await begin();
    const running = await start(tab);
    await tab.app.regenerate(tab.made.id);
    await here(tab.app, GRANTED - 2 * PRICE, 2 * PRICE);
    const waiting = tab.app.state.jobs.find(({ record }) => record.state === 'queued')?.record.id ?? '';
    await tab.app.cancelJob(waiting);
    await tab.app.cancelJob(running);
    await tab.app.idle();
    await settled(tab.app, 0);
    await expectPaid(tab, 0);
  });

  it('is cancelled in the moment in which its clip is done', async () => {
    const tab = await begin();
    const id = await start(tab);
    const cancelling = tab.app.cancelJob(id);
    tab.held[0]?.finish();
    await cancelling;
    await tab.app.idle();
    const done = (await tab.store.job(id))?.state === 'done' ? 1 : 0;
    await settled(tab.app, done);
    await expectPaid(tab, done);
  });

  it('can’t be saved for lack of room; saved later it is paid once', async () => {
    try {
      await startAnew(6 * 2 ** 20);
      let size = 8 * 2 ** 20;
      const tab = await begin({
        makeClip: ({ settings }) =>
          Promise.resolve({ ...madeClip(settings.seconds), file: noise(size, 'video/mp4') }),
      });
      await tab.app.regenerate(tab.made.id);
      await until(tab.app, ({ jobs }) => jobs[0]?.error?.code === 'ERR_STORE_QUOTA');
      await settled(tab.app, 0);
      await setQuota(null);
      size = 1;
      await tab.app.retryJob(tab.app.state.jobs[0]?.record.id ?? '');
      await tab.app.idle();
      await settled(tab.app, 1);
      await expectPaid(tab, 1);
    } finally {
      await setQuota(null);
    }
  });

  it('can’t be queued anew for lack of room, though there is room when its turn would come', async () => {
    try {
      await startAnew(6 * 2 ** 20);
      const tab = await begin();
      const failed = await start(tab);
      tab.held[0]?.fail(new Error('unforeseen'));
      await tab.app.idle();
      await start(tab);
      await fillUp(tab.store);
      await tab.app.retryJob(failed);
      expect(tab.app.state.alert?.code).toBe('ERR_STORE_QUOTA');
      expect((await tab.store.job(failed))?.state).toBe('failed');
      await setQuota(null);
      tab.held[1]?.finish();
      await until(tab.app, ({ jobs }) => jobs.every(({ record }) => record.state !== 'running'));
      tab.held[2]?.finish();
      await tab.app.idle();
      await settled(tab.app, 1);
      await expectPaid(tab, 1);
      // With room again it is queued, and paid.
      await tab.app.retryJob(failed);
      await until(tab.app, () => tab.held.length === 3);
      tab.held[2]?.finish();
      await tab.app.idle();
      await settled(tab.app, 2);
      await expectPaid(tab, 2);
    } finally {
      await setQuota(null);
    }
  });

  it.each(['reloaded', 'opened beside'] as const)(
    'was running when its page was closed, and the gallery is %s',
    async (how) => {
      const tab = await begin();
      let other: Tab | null = null;
      if (how === 'opened beside') {
        other = open(tab.name, { licence: tab.host.config });
        await other.app.ready;
      }
      await start(tab);
      tab.app.close();
      other ??= open(tab.name, { licence: tab.host.config });
      await other.app.ready;
      await until(other.app, ({ jobs }) => jobs[0]?.record.state === 'interrupted');
      await settled(other.app, 0);
      // Whoever finishes too late in the page that is gone changes nothing.
      tab.held[0]?.finish();
      await expectPaid(tab, 0);
    },
  );

  it('is cancelled from another tab', async () => {
    const tab = await begin();
    const other = open(tab.name, { licence: tab.host.config });
    await other.app.ready;
    const id = await start(tab);
    await until(other.app, ({ jobs }) => jobs[0]?.record.state === 'running');
    await other.app.cancelJob(id);
    await tab.app.idle();
    await Promise.all([settled(tab.app, 0), settled(other.app, 0)]);
    await expectPaid(tab, 0);
  });

  it('is refused, and none is queued', async () => {
    const tab = await begin();
    const entitlement = await tab.host.entitlement(thumbprint(tab.app), { tier: 'free' });
    expect(await tab.app.licence?.acceptTokens({ entitlement })).toBe(true);
    await tab.app.regenerate(tab.made.id);
    expect(tab.app.state.alert?.code).toBe('ERR_LICENCE_TIER');
    expect(tab.app.state.jobs).toEqual([]);
    await expectPaid(tab, 0);
  });

  it('failed and is dismissed', async () => {
    const tab = await begin();
    const id = await start(tab);
    tab.held[0]?.fail(new AppError('ERR_GPU_FAILED', 'test'));
    await tab.app.idle();
    await tab.app.dismissJob(id);
    await settled(tab.app, 0);
    await expectPaid(tab, 0);
  });
});

describe('a clip is paid once', () => {
  it('when it is saved, whatever came before, and never again for anything done with it', async () => {
    const tab = await begin();
    const id = await start(tab);
    tab.held[0]?.fail(new AppError('ERR_GPU_LOST', 'test'));
    await tab.app.idle();
    await tab.app.retryJob(id);
    await until(tab.app, () => tab.held.length === 2);
    await tab.app.cancelJob(id);
    await tab.app.idle();
    await tab.app.retryJob(id);
    await until(tab.app, () => tab.held.length === 3);
    tab.held[2]?.finish();
    await tab.app.idle();
    await settled(tab.app, 1);
    const made = tab.app.state.clips.find((one) => one.id !== tab.made.id)?.id ?? '';
    await tab.app.renameClip(made, 'Named');
    await tab.app.dismissJob(id);
    tab.app.close();
    const later = open(tab.name, { licence: tab.host.config });
    await later.app.ready;
    expect(view(later.app).moments).toMatchObject({ here: GRANTED - PRICE, reserved: 0 });
    await expectPaid(tab, 1);
  });

  it('by whichever of two tabs runs it, when both queue at once', async () => {
    const tab = await begin();
    const other = open(tab.name, { licence: tab.host.config });
    await other.app.ready;
    await Promise.all([tab.app.regenerate(tab.made.id), other.app.regenerate(tab.made.id)]);
    for (let done = 0; done < 2; done += 1) {
      const all = (): Tab['held'] => [...tab.held, ...other.held];
      await Promise.race([
        until(tab.app, () => all().length > done),
        until(other.app, () => all().length > done),
      ]);
      for (const one of all()) one.finish();
    }
    await Promise.all([tab.app.idle(), other.app.idle()]);
    await Promise.all([settled(tab.app, 2), settled(other.app, 2)]);
    await expectPaid(tab, 2);
  });
});
