import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { LicenceView } from '../../../src/contracts/licence/view.ts';
import type { LicenceSeams } from '../../../src/app/licence/types.ts';
import { UNKNOWN_POLICY } from '../../../src/app/licence/stand-in.ts';
import { connect, sell, type Link } from '../licence/service.ts';
import { createHost } from './licence-host.ts';
import { gallery, here, lines, open, thumbprint, until, view, type Tab } from './licence-tab.ts';

const DAY_MS = 86_400_000;
const YEAR_MS = 365 * DAY_MS;
/** Tries again quickly; by itself only where a test waits for it. */
const QUICK: LicenceSeams = { pausesMs: [1], backoffMs: [5, 10, 20] };

let link: Link;
beforeAll(async () => {
  await connect();
});

/** A page with the real service, active with a key that was sold. */
async function begin(
  tier: string,
  seams: LicenceSeams = {},
  seconds = 3,
): Promise<Tab & Awaited<ReturnType<typeof gallery>> & { sold: Awaited<ReturnType<typeof sell>> }> {
  const [sold, place] = await Promise.all([sell(tier), gallery(seconds)]);
  link = await connect();
  const tab = open(place.name, {
    licence: link.config,
    licenceSeams: { ...QUICK, fetch: link.fetch, ...seams },
  });
  await tab.app.ready;
  expect(await tab.app.licence?.activate(sold.key, 'Laptop')).toBe(true);
  return { ...tab, ...place, sold };
}
const status = ({ app }: Tab, wanted: LicenceView['status']) =>
  until(app, ({ licence }) => licence?.status === wanted);

/** Makes a clip to its end. */
async function makeOne({ app, held }: Tab, clipId: string): Promise<void> {
  const before = held.length;
  await app.regenerate(clipId);
  await until(app, ({ alert }) => held.length > before || alert !== null);
  held[before]?.finish();
  await app.idle();
}

describe('a clock that is wrong', () => {
  it('set back: watching goes on, spending stops, in every tab; a refresh heals it', async () => {
    let offsetMs = 0;
    const now = (): number => Date.now() + offsetMs;
    const tab = await begin('lite', { now });
    await makeOne(tab, tab.made.id);
    await here(tab.app, 950, 0);
    await until(tab.app, ({ licence }) => licence?.unsynced === 0);
    link.mode = 'away';
    offsetMs = -2 * DAY_MS;
    const other = open(tab.name, {
      licence: link.config,
      licenceSeams: { ...QUICK, fetch: link.fetch, now },
    });
    await other.app.ready;
    expect(view(other.app)).toMatchObject({ status: 'clock', tier: { id: 'lite' }, steps: ['refresh'] });
    expect(view(other.app).locks).toEqual([]);
    for (const { app } of [tab, other]) {
      app.dismissAlert();
      await app.regenerate(tab.made.id);
      expect(app.state.alert?.code).toBe('ERR_LICENCE_CLOCK');
    }
    expect(other.app.state.clips).toHaveLength(2);
    expect((await tab.store.jobs()).filter(({ state }) => state !== 'done')).toEqual([]);
    // The service can be reached again: whoever wants a clip is no longer kept waiting.
    link.mode = 'open';
    other.app.dismissAlert();
    await makeOne(other, tab.made.id);
    expect(other.app.state.alert).toBeNull();
    expect(view(other.app)).toMatchObject({ status: 'active', steps: [] });
    await here(other.app, 900, 0);
  });

  it('a year ahead: the first tier without a connection, the bought one again with it', async () => {
    let offsetMs = 0;
    const tab = await begin('lite', { now: () => Date.now() + offsetMs });
    await makeOne(tab, tab.made.id);
    await until(tab.app, ({ licence }) => licence?.unsynced === 0 && licence.busy === null);
    link.mode = 'away';
    offsetMs = YEAR_MS;
    await tab.app.licence?.refresh();
    expect(view(tab.app)).toMatchObject({
      status: 'ended',
      tier: { id: 'free' },
      error: { code: 'ERR_LICENCE_OFFLINE' },
    });
    await tab.app.regenerate(tab.made.id);
    expect(tab.app.state.alert?.code).toBe('ERR_LICENCE_TIER');
    expect(tab.app.state.clips).toHaveLength(2);
    // Right again, still without a connection: it went back behind what was seen.
    offsetMs = 0;
    await tab.app.licence?.refresh();
    expect(view(tab.app)).toMatchObject({ status: 'clock', tier: { id: 'lite' } });
    link.mode = 'open';
    await tab.app.licence?.refresh();
    expect(view(tab.app)).toMatchObject({ status: 'active', error: null });
    // Wrong, with a connection: the service's clock counts.
    offsetMs = YEAR_MS;
    await tab.app.licence?.refresh();
    expect(view(tab.app)).toMatchObject({ status: 'active', tier: { id: 'lite' }, error: null });
    tab.app.dismissAlert();
    await makeOne(tab, tab.made.id);
    expect(tab.app.state.alert).toBeNull();
    expect(tab.app.state.clips).toHaveLength(3);
  });

  it('a year behind from the first visit on: the service’s clock counts', async () => {
    const tab = await begin('lite', { now: () => Date.now() - YEAR_MS });
    expect(view(tab.app)).toMatchObject({ status: 'active', tier: { id: 'lite' } });
    await makeOne(tab, tab.made.id);
    await here(tab.app, 950, 0);
    await until(tab.app, ({ licence }) => licence?.unsynced === 0);
    expect(await tab.sold.books()).toMatchObject({ committed: 50 });
  });
});

describe('a service that can’t be reached', () => {
  it('on the first visit: watching works, nothing is made, and it heals by itself', async () => {
    link = await connect();
    link.mode = 'away';
    const { name, made } = await gallery();
    const { app } = open(name, { licence: link.config, licenceSeams: { ...QUICK, fetch: link.fetch } });
    // From the very first state on it is no private gallery.
    expect(view(app)).toMatchObject({ status: 'unknown', policy: UNKNOWN_POLICY });
    await app.ready;
    expect(view(app)).toMatchObject({ status: 'unknown', steps: ['connect'], quote: null, metered: false });
    expect(view(app).locks).toEqual([{ what: 'generate', tier: null }]);
    expect(app.licence).not.toBeNull();
    await app.regenerate(made.id);
    expect(app.state.alert?.code).toBe('ERR_LICENCE_OFFLINE');
    expect(app.state).toMatchObject({ jobs: [], clips: [{ id: made.id }] });
    link.mode = 'open';
    await until(app, ({ licence }) => licence?.status === 'none');
    expect(view(app)).toMatchObject({ tier: { id: 'free' }, steps: ['activate'] });
    expect(view(app).policy.id).toBe('five-tier');
  });

  it('after clips were made: they are charged here, and told when it can be reached again', async () => {
    const tab = await begin('lite');
    await makeOne(tab, tab.made.id);
    await until(tab.app, ({ licence }) => licence?.unsynced === 0);
    link.mode = 'away';
    await makeOne(tab, tab.made.id);
    await makeOne(tab, tab.made.id);
    await here(tab.app, 850, 0);
    expect(view(tab.app).unsynced).toBe(4);
    expect(await tab.sold.books()).toMatchObject({ committed: 50 });
    link.mode = 'open';
    await until(tab.app, ({ licence }) => licence?.unsynced === 0);
    expect(await tab.sold.books()).toMatchObject({ committed: 150 });
  });

  it('is asked again after the time it told, not before', async () => {
    const tab = await begin('lite', { backoffMs: [1] });
    await makeOne(tab, tab.made.id);
    await until(tab.app, ({ licence }) => licence?.unsynced === 0 && licence.busy === null);
    let refusals = 0;
    let firstMs = 0;
    let againMs = 0;
    link.instead = ({ path }) => {
      if (path !== '/v1/ledger') return undefined;
      refusals += 1;
      if (refusals > 1) {
        againMs = performance.now();
        return undefined;
      }
      firstMs = performance.now();
      return Response.json(
        { error: { code: 'ERR_REQUEST_RATE', message: 'slower' } },
        { status: 429, headers: { 'Retry-After': '1' } },
      );
    };
    await makeOne(tab, tab.made.id);
    await until(tab.app, ({ licence }) => licence?.unsynced === 0);
    expect(refusals).toBeGreaterThan(1);
    expect(againMs - firstMs).toBeGreaterThan(900);
  });
});

describe('Moments on a device', () => {
  it('are got ahead of time once clips are made here, so that the next one needs no connection', async () => {
    const tab = await begin('premium', {}, 8);
    tab.app.setSettings({ seconds: 8 });
    await until(tab.app, ({ licence }) => licence?.quote?.price === 600);
    // None before the first clip: another device may want them.
    expect(view(tab.app).moments.here).toBe(0);
    expect(link.count('/v1/leases')).toBe(0);
    for (let i = 0; i < 5; i += 1) await makeOne(tab, tab.made.id);
    // 3000 were got, and five clips took all of it.
    await until(
      tab.app,
      ({ licence }) => licence !== null && licence.unsynced === 0 && licence.moments.here >= 600,
    );
    expect(link.count('/v1/leases')).toBe(2);
    const { granted, balance, leased, committed } = await tab.sold.books();
    expect(committed).toBe(5 * 600);
    expect(balance + leased + committed).toBe(granted);
  });

  it('say in each line of the history how much, never below 0, whatever their kind', async () => {
    const { app, held, made } = await begin('lite');
    await app.regenerate(made.id);
    await until(app, () => held.length === 1);
    await app.cancelJob(app.state.jobs[0]?.record.id ?? '');
    await app.idle();
    await here(app, 1000, 0);
    await app.licence?.deactivate();
    await until(app, ({ licence }) => licence?.history[0]?.kind === 'return');
    expect(lines(app)).toEqual([
      ['return', 1000],
      ['release', 50],
      ['reserve', 50],
      ['lease', 1000],
    ]);
  });

  it('have a sign in the licence’s own history: what left the balance is below 0', async () => {
    const tab = await begin('lite');
    await makeOne(tab, tab.made.id);
    await until(tab.app, ({ licence }) => licence?.unsynced === 0 && licence.busy === null);
    await tab.app.licence?.refresh();
    const shown = view(tab.app).account?.history.map(({ kind, amount }) => [kind, amount]);
    expect(shown).toEqual([
      ['commit', -50],
      ['lease', -1000],
      ['grant', 1000],
    ]);
  });
});

describe('what is wrong, and what to do', () => {
  it('another device takes this one off: it says so after the next refresh, and the key brings it back', async () => {
    const one = await begin('premium');
    const place = await gallery();
    const two = open(place.name, { licence: link.config, licenceSeams: { ...QUICK, fetch: link.fetch } });
    await two.app.ready;
    await two.app.licence?.activate(one.sold.key, 'Phone');
    await makeOne(two, place.made.id);
    await until(two.app, ({ licence }) => licence?.unsynced === 0 && licence.busy === null);
    await one.app.licence?.refresh();
    const devices = view(one.app).account?.devices ?? [];
    expect(devices.map(({ name, state }) => [name, state])).toEqual(
      expect.arrayContaining([
        ['Laptop', 'active'],
        ['Phone', 'active'],
      ]),
    );
    await one.app.licence?.deactivate(devices.find(({ name }) => name === 'Phone')?.id ?? '');
    expect(view(one.app).account?.devices.find(({ name }) => name === 'Phone')?.state).toBe('deactivated');
    expect(view(one.app)).toMatchObject({ status: 'active', error: null });

    await two.app.licence?.refresh();
    expect(view(two.app)).toMatchObject({
      status: 'removed',
      tier: { id: 'free' },
      steps: ['activate', 'ask-seller'],
      error: { code: 'ERR_LICENCE_DEVICE' },
    });
    await two.app.regenerate(place.made.id);
    expect(two.app.state.alert?.code).toBe('ERR_LICENCE_DEVICE');
    expect(two.app.state.clips).toHaveLength(2);
    expect(await one.sold.books()).toMatchObject({ committed: 50, leased: 0 });
    expect(await two.app.licence?.activate(one.sold.key, 'Phone')).toBe(true);
    expect(view(two.app)).toMatchObject({ status: 'active', steps: [] });
  });

  it('a revoked licence ends by the signed list, without a refresh of its own', async () => {
    const tab = await begin('lite');
    await makeOne(tab, tab.made.id);
    await until(tab.app, ({ licence }) => licence?.unsynced === 0 && licence.busy === null);
    tab.app.close();
    await tab.sold.revoke();
    await tab.store.putSetting('licence-revocations-read', 0);
    const before = link.count('/v1/refresh');
    const later = open(tab.name, { licence: link.config, licenceSeams: { ...QUICK, fetch: link.fetch } });
    await status(later, 'revoked');
    expect(link.count('/v1/refresh')).toBe(before);
    expect(view(later.app)).toMatchObject({ tier: { id: 'free' }, steps: ['activate', 'ask-seller'] });
    await later.app.regenerate(tab.made.id);
    expect(later.app.state.alert?.code).toBe('ERR_LICENCE_TIER');
    expect(later.app.state.clips).toHaveLength(2);
  });

  it('a list of revocations that can’t be used keeps no entitlement from being refreshed', async () => {
    let offsetMs = 0;
    const tab = await begin('lite', { now: () => Date.now() + offsetMs });
    await until(tab.app, ({ licence }) => licence?.busy === null);
    const before = link.count('/v1/refresh');
    link.instead = ({ path }) =>
      path === '/v1/revocations' ? Response.json({ revocations: 'no list' }) : undefined;
    await tab.store.putSetting('licence-revocations-read', 0);
    // Beyond half of the entitlement's time.
    offsetMs = 8 * DAY_MS;
    window.dispatchEvent(new Event('online'));
    await vi.waitFor(() => expect(link.count('/v1/refresh')).toBe(before + 1), { timeout: 10_000 });
    await status(tab, 'active');
    expect(await tab.store.setting('licence-revocations-read')).toBe(0);
    link.instead = null;
  });

  it('a ledger changed by hand stops spending, says what to do, and the key begins anew', async () => {
    const tab = await begin('lite');
    await makeOne(tab, tab.made.id);
    await until(tab.app, ({ licence }) => licence?.unsynced === 0 && licence.busy === null);
    tab.app.close();
    await tab.store.changeWallet((row) => {
      if (row?.ledger === null || row === null) throw new Error('no ledger');
      const leases = row.ledger.leases.map((lease) => ({ ...lease, left: 1e6 }));
      return { ...row, ledger: { ...row.ledger, leases } };
    });
    const later = open(tab.name, { licence: link.config, licenceSeams: { ...QUICK, fetch: link.fetch } });
    await later.app.ready;
    expect(view(later.app)).toMatchObject({
      status: 'ledger',
      fault: 'damaged',
      tier: { id: 'lite' },
      steps: ['activate', 'ask-seller'],
    });
    await later.app.regenerate(tab.made.id);
    expect(later.app.state.alert).toMatchObject({
      code: 'ERR_LICENCE_LEDGER',
      details: { fault: 'damaged' },
    });
    expect(later.app.state.clips).toHaveLength(2);
    expect(await later.app.licence?.activate(tab.sold.key, 'Laptop')).toBe(true);
    expect(view(later.app)).toMatchObject({ status: 'active', fault: null });
    // What the old device still held is the service's to give back.
    expect(await tab.sold.books()).toMatchObject({ committed: 50, leased: 950 });
  });

  it('a page that can’t be read: everything can be watched, nothing made, and it says whom to tell', async () => {
    const { name, made } = await gallery();
    const { app } = open(name, { licence: 'unreadable' });
    expect(view(app).status).toBe('misconfigured');
    await app.ready;
    expect(view(app)).toMatchObject({
      status: 'misconfigured',
      steps: ['tell-host'],
      hasApi: false,
      error: null,
    });
    await app.regenerate(made.id);
    expect(app.state.alert?.code).toBe('ERR_LICENCE_CONFIG');
    expect(app.state).toMatchObject({ jobs: [], clips: [{ id: made.id }] });
    await app.renameClip(made.id, 'Kept');
    expect(app.state.clips[0]?.name).toBe('Kept');
    expect(await app.licence?.activate('SW-AAAAA-BBBBB-CCCCC-DDDDD-EEEEE', 'x')).toBe(false);
    expect(view(app).error?.code).toBe('ERR_LICENCE_CONFIG');
    app.licence?.dismissError();
    expect(view(app).error).toBeNull();
  });

  it('an old page says that it is to be loaded again, and goes on with what it has', async () => {
    const [mine, next] = [await createHost(), await createHost()];
    const { name, made } = await gallery();
    const tab = open(name, { licence: mine.config });
    await tab.app.ready;
    const key = thumbprint(tab.app);
    const leases = [await mine.lease(key, 100)];
    await tab.app.licence?.acceptTokens({ entitlement: await mine.entitlement(key), leases });
    const newer = await next.sign(
      { alg: 'EdDSA', kid: 'host-2', typ: 'stillwake-entitlement+jwt' },
      JSON.parse(atob((await mine.entitlement(key)).split('.')[1] ?? '')) as object,
    );
    expect(await tab.app.licence?.acceptTokens({ entitlement: newer })).toBe(false);
    expect(view(tab.app)).toMatchObject({
      status: 'active',
      tier: { id: 'lite' },
      steps: ['reload'],
      error: { code: 'ERR_LICENCE_TOKEN', details: { reason: 'kid' } },
    });
    await makeOne(tab, made.id);
    await here(tab.app, 50, 0);
  });
});
