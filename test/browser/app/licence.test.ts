import { describe, expect, it } from 'vitest';
import { AppError } from '../../../src/contracts/errors.ts';
import type { EntitlementClaims } from '../../../src/contracts/licence/tokens.ts';
import { createHost, POLICY, type Host } from './licence-host.ts';
import { gallery, here, lines, moments, open, thumbprint, until, view, type Tab } from './licence-tab.ts';

/** A gallery open with tokens of the host's. */
async function begin(
  leases: readonly number[],
  change: Partial<EntitlementClaims> = {},
): Promise<Tab & Awaited<ReturnType<typeof gallery>> & { host: Host }> {
  const [host, place] = await Promise.all([createHost(), gallery()]);
  const tab = open(place.name, { licence: host.config });
  await tab.app.ready;
  const key = thumbprint(tab.app);
  const tokens = await Promise.all(leases.map((amount) => host.lease(key, amount)));
  const entitlement = await host.entitlement(key, change);
  expect(await tab.app.licence?.acceptTokens({ entitlement, leases: tokens })).toBe(true);
  return { ...tab, ...place, host };
}

describe('without a licence API', () => {
  it('nothing is metered and nothing shows', async () => {
    const { name, made, store } = await gallery();
    const { app, held } = open(name, {});
    await app.ready;
    expect([app.state.licence, app.licence]).toEqual([null, null]);
    await app.regenerate(made.id);
    await until(app, () => held.length === 1);
    held[0]?.finish();
    await app.idle();
    expect(app.state.clips).toHaveLength(2);
    expect(app.state.jobs[0]?.record).not.toHaveProperty('price');
    expect(await store.wallet()).toBeNull();
  });
});

describe('tiers', () => {
  it('without an entitlement the first one is in force: nothing is made, everything is kept', async () => {
    const [host, { name, made }] = await Promise.all([createHost(), gallery()]);
    const { app } = open(name, { licence: host.config });
    await app.ready;
    expect(view(app)).toMatchObject({ status: 'none', tier: { id: 'free' }, quote: null, hasApi: false });
    expect(view(app).locks[0]).toMatchObject({ what: 'generate', tier: { id: 'lite' } });
    await app.regenerate(made.id);
    expect(app.state.alert).toMatchObject({
      code: 'ERR_LICENCE_TIER',
      details: { what: 'generate', tier: 'Lite', status: 'none' },
    });
    expect(app.state).toMatchObject({ jobs: [], clips: [{ id: made.id }] });
  });

  it('quote and lock as the settings change', async () => {
    const { app } = await begin([1000]);
    expect(view(app)).toMatchObject({ status: 'active', tier: { id: 'lite' }, locks: [] });
    expect(view(app).quote).toMatchObject({
      name: 'Short clip',
      price: 50,
      share: 0.05,
      left: 950,
      more: 20,
      affordable: true,
      short: null,
    });
    app.setSettings({ seconds: 8 });
    await until(app, ({ licence }) => licence?.quote?.price === 600);
    expect(view(app).quote).toMatchObject({ left: 400, more: 1, short: { price: 50, seconds: 5 } });
    expect(view(app).quote?.short?.saves).toBeCloseTo(0.9167, 3);
    app.setSettings({ seconds: 9, resolution: '1080p' });
    await until(app, ({ licence }) => licence?.quote === null);
    expect(view(app).locks).toMatchObject([
      { what: 'resolution', tier: { id: 'premium' } },
      { what: 'seconds', tier: { id: 'premium' } },
    ]);
  });

  it('locks alone where the host counts by itself', async () => {
    const { app, made, held, store } = await begin([], { metered: false });
    expect(view(app)).toMatchObject({ metered: false, quote: null, locks: [] });
    await app.regenerate(made.id);
    await until(app, () => held.length === 1);
    held[0]?.finish();
    await app.idle();
    expect(app.state.clips).toHaveLength(2);
    expect((await store.jobs()).every((one) => one.price === undefined)).toBe(true);
    app.setSettings({ resolution: '1080p' });
    await until(app, ({ licence }) => licence?.locks.length === 1);
  });

  it('refuse what another device or another issuer’s key was given', async () => {
    const { app, host } = await begin([100]);
    const other = await createHost();
    const key = thumbprint(app);
    for (const [entitlement, code] of [
      [await other.entitlement(key, { tier: 'premium' }), 'ERR_LICENCE_TOKEN'],
      [await host.entitlement('A'.repeat(43), { tier: 'premium' }), 'ERR_LICENCE_DEVICE'],
      [
        await host.entitlement(key, { tier: 'premium', origins: ['https://else.example'] }),
        'ERR_LICENCE_ORIGIN',
      ],
    ] as const) {
      expect(await app.licence?.acceptTokens({ entitlement })).toBe(false);
      expect(view(app).error?.code).toBe(code);
      app.licence?.dismissError();
      expect(view(app)).toMatchObject({ error: null, tier: { id: 'lite' } });
    }
    expect(await app.licence?.activate('not a key', 'Test')).toBe(false);
    expect(view(app).error?.code).toBe('ERR_LICENCE_KEY');
  });

  it('go on in the grace after the end, and end after it', async () => {
    const nowS = Math.floor(Date.now() / 1000);
    const host = await createHost(nowS - 15 * 86_400);
    const { name, made } = await gallery();
    const { app, held } = open(name, { licence: host.config });
    await app.ready;
    const key = thumbprint(app);
    const leases = [await host.lease(key, 500, { iat: nowS, exp: nowS + 86_400 })];
    const entitlement = await host.entitlement(key);
    expect(await app.licence?.acceptTokens({ entitlement, leases })).toBe(true);
    expect(view(app)).toMatchObject({ status: 'grace', tier: { id: 'lite' } });
    await app.regenerate(made.id);
    await until(app, () => held.length === 1);
    held[0]?.finish();
    await app.idle();
    await here(app, 450, 0);
    app.close();

    // The same wallet, under a policy that knows no grace.
    const strict = { ...host.config, policy: { ...POLICY, graceHours: 0 } };
    const later = open(name, { licence: strict });
    await later.app.ready;
    expect(view(later.app)).toMatchObject({ status: 'ended', tier: { id: 'free' } });
    await later.app.regenerate(made.id);
    expect(later.app.state.alert?.code).toBe('ERR_LICENCE_TIER');
    expect(later.app.state.clips).toHaveLength(2);
  });
});

describe('a charge', () => {
  it('is set aside before, and spent once with the saved clip', async () => {
    const { app, held, made } = await begin([100]);
    await app.regenerate(made.id);
    await here(app, 50, 50);
    await until(app, () => held.length === 1);
    held[0]?.finish();
    await app.idle();
    await here(app, 50, 0);
    expect(app.state.jobs[0]?.record).toMatchObject({ state: 'done', price: 50 });
    expect(lines(app)).toEqual([
      ['commit', 50],
      ['reserve', 50],
      ['lease', 100],
    ]);
    expect(app.state.alert).toBeNull();
  });

  it('comes back when the job fails or is cancelled, and is set aside anew by a retry', async () => {
    const { app, held, made } = await begin([60]);
    await app.regenerate(made.id);
    await until(app, () => held.length === 1);
    held[0]?.fail(new AppError('ERR_GPU_LOST', 'gone'));
    await app.idle();
    await here(app, 60, 0);
    const failed = app.state.jobs[0]?.record.id ?? '';
    await app.retryJob(failed);
    await here(app, 10, 50);
    await until(app, () => held.length === 2);
    // The last Moments are set aside: there is nothing for another one.
    await app.regenerate(made.id);
    expect(app.state.alert).toMatchObject({
      code: 'ERR_LICENCE_FUNDS',
      details: { price: 50, available: 10 },
    });
    expect(app.state.jobs).toHaveLength(1);
    await app.cancelJob(failed);
    await app.idle();
    await here(app, 60, 0);
    expect(lines(app).map(([kind]) => kind)).toEqual(['release', 'reserve', 'release', 'reserve', 'lease']);
    expect(app.state.clips).toHaveLength(1);
  });

  it('comes back from a job that waits and is cancelled, and a retry that can’t be paid stays', async () => {
    const { app, held, made } = await begin([100]);
    await app.regenerate(made.id);
    await app.regenerate(made.id);
    await here(app, 0, 100);
    const waiting = app.state.jobs.find((one) => one.record.state === 'queued')?.record.id ?? '';
    await app.cancelJob(waiting);
    await here(app, 50, 50);
    await app.regenerate(made.id);
    await here(app, 0, 100);
    await app.retryJob(waiting);
    expect(app.state.alert?.code).toBe('ERR_LICENCE_FUNDS');
    expect(app.state.jobs.find((one) => one.record.id === waiting)?.record.state).toBe('cancelled');
    for (let i = 0; i < 2; i += 1) {
      await until(app, () => held.length === i + 1);
      held[i]?.finish();
    }
    await app.idle();
    await here(app, 0, 0);
    expect(app.state.clips).toHaveLength(3);
  });

  it('comes back from a job that a reload interrupted', async () => {
    const { app, held, made, name, host } = await begin([100]);
    await app.regenerate(made.id);
    await until(app, () => held.length === 1);
    await here(app, 50, 50);
    app.close();
    const next = open(name, { licence: host.config });
    await next.app.ready;
    await until(next.app, ({ jobs }) => jobs[0]?.record.state === 'interrupted');
    await here(next.app, 100, 0);
    expect(next.held).toEqual([]);
    await next.app.retryJob(next.app.state.jobs[0]?.record.id ?? '');
    await until(next.app, () => next.held.length === 1);
    expect(moments(next.app)).toEqual([50, 50]);
    next.held[0]?.finish();
    await next.app.idle();
    await here(next.app, 50, 0);
  });

  it('is paid by one of two tabs that spend the last Moments at once', async () => {
    const one = await begin([70]);
    const two = open(one.name, { licence: one.host.config });
    await two.app.ready;
    expect(moments(two.app)).toEqual([70, 0]);
    await Promise.all([one.app.regenerate(one.made.id), two.app.regenerate(one.made.id)]);
    await until(one.app, () => one.held.length + two.held.length === 1);
    [...one.held, ...two.held][0]?.finish();
    await Promise.all([one.app.idle(), two.app.idle()]);
    expect([one.app, two.app].map((app) => app.state.alert?.code).sort()).toEqual([
      'ERR_LICENCE_FUNDS',
      undefined,
    ]);
    await Promise.all([here(one.app, 20, 0), here(two.app, 20, 0)]);
    expect((await one.store.library()).clips).toHaveLength(2);
    expect((await one.store.jobs()).map((each) => each.state)).toEqual(['done']);
  });
});
