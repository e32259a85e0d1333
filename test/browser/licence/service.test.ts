import { beforeAll, describe, expect, it } from 'vitest';
import { SYNC_MAX } from '../../../src/contracts/licence/api.ts';
import { clip, job, picture } from '../store/records.ts';
import { held, visitWith, type Visit } from './memory-service.ts';
import { connect, sell, type Link } from './service.ts';

let link: Link;
beforeAll(async () => {
  link = await connect();
});
/** A way to the service of its own, so that a test counts its own requests. */
const fresh = (): Promise<Link> => connect();
const open = (way: Link, name?: string, options = {}): Promise<Visit> =>
  visitWith(way.config, { fetch: way.fetch, ...options }, name);

/** Makes and pays so many clips' worth of jobs. */
async function spend({ store }: Visit, price: number): Promise<void> {
  const one = job(picture('nobody'), { price });
  await store.addJob(one);
  await store.changeJob(one.id, ['queued'], { state: 'running' });
  await store.saveClip(clip(picture('nobody')), one.id);
}

/** What the service knows adds up to what was granted. */
async function expectBalanced(sold: Awaited<ReturnType<typeof sell>>): Promise<void> {
  const { granted, balance, leased, committed, lapsed } = await sold.books();
  expect(balance + leased + committed + lapsed).toBe(granted);
}

/** A browser's own keys, without Ed25519. */
const withoutEd25519: SubtleCrypto = new Proxy(crypto.subtle, {
  get(target, name) {
    const found: unknown = Reflect.get(target, name);
    if (typeof found !== 'function') return found;
    return (...input: unknown[]): unknown => {
      const [algorithm] = input;
      const isEd = JSON.stringify(algorithm ?? '').includes('Ed25519');
      if (name === 'generateKey' && isEd) {
        return Promise.reject(new DOMException('Unrecognized name.', 'NotSupportedError'));
      }
      return Reflect.apply(found, target, input);
    };
  },
});

describe('a device with the real service', () => {
  it.each([
    ['Ed25519', crypto.subtle, 'OKP'],
    ['P-256, where the browser lacks Ed25519', withoutEd25519, 'EC'],
  ] as const)('lives its whole life with a key of %s', async (_name, subtle, kty) => {
    const sold = await sell();
    const device = await open(link, undefined, { subtle });
    const { wallet, store } = device;
    await wallet.activate(sold.key, 'Laptop');
    expect((await store.wallet())?.key.publicKey.kty).toBe(kty);
    expect((await store.wallet())?.key.privateKey.extractable).toBe(false);
    await wallet.lease(50, 3000);
    expect(held(wallet)).toBe(1000);
    await spend(device, 600);
    await wallet.sync();
    await wallet.refresh();
    expect(await wallet.verifyLedger()).toBe(true);
    expect(wallet.snapshot()).toMatchObject({ status: 'active', unsynced: 0, tierId: 'lite' });
    expect(await sold.books()).toMatchObject({ balance: 0, leased: 400, committed: 600 });
    await wallet.deactivate();
    expect(await sold.books()).toMatchObject({ balance: 400, leased: 0, committed: 600 });
    await expectBalanced(sold);
  });

  it(`tells more entries than one request may hold (${SYNC_MAX})`, async () => {
    const sold = await sell('ultimate');
    const way = await fresh();
    const device = await open(way);
    await device.wallet.activate(sold.key, 'Laptop');
    await device.wallet.lease(1, 3000);
    // 600 jobs that came to nothing: 1200 entries in one transaction.
    await device.store.appendLedger((state) => {
      const leaseId = state.leases[0]?.leaseId ?? '';
      return Array.from({ length: 600 }, (_, i) => `job-${i}`).flatMap((jobId) => [
        { type: 'reserve', jobId, parts: [{ leaseId, amount: 5 }] },
        { type: 'release', jobId, reason: 'cancelled' },
      ]);
    });
    await device.wallet.sync();
    expect(device.wallet.snapshot()).toMatchObject({ unsynced: 0, fault: null });
    const syncs = way.asked.filter(({ path }) => path === '/v1/ledger');
    expect(syncs.length).toBeGreaterThanOrEqual(3);
    // Nothing is left that the service hasn't, and it isn't told again.
    await device.wallet.sync();
    expect(way.count('/v1/ledger')).toBe(syncs.length);
    expect(await sold.books()).toMatchObject({ leased: 3000, committed: 0 });
  });

  it('loses no lease whose answer was lost, and gets it once', async () => {
    const sold = await sell();
    const way = await fresh();
    const { wallet, name } = await open(way);
    await wallet.activate(sold.key, 'Laptop');
    way.mode = 'deaf';
    await expect(wallet.lease(50, 3000)).rejects.toMatchObject({ code: 'ERR_LICENCE_OFFLINE' });
    expect(held(wallet)).toBe(0);
    expect(await sold.books()).toMatchObject({ balance: 0, leased: 1000 });
    wallet.close();
    way.mode = 'open';
    // Another visit asks for it again, by the same key.
    const later = await open(way, name);
    await later.wallet.lease(50, 3000);
    expect(held(later.wallet)).toBe(1000);
    await later.wallet.lease(50, 3000);
    const keys = way.asked
      .filter(({ path }) => path === '/v1/leases')
      .map(({ headers }) => headers.get('Idempotency-Key'));
    expect(keys.length).toBeGreaterThan(1);
    expect(new Set(keys).size).toBe(1);
    expect(await sold.books()).toMatchObject({ balance: 0, leased: 1000 });
    await later.wallet.sync();
    expect(await later.wallet.verifyLedger()).toBe(true);
    await expectBalanced(sold);
  });

  it('books once what a sync told whose answer was lost', async () => {
    const sold = await sell();
    const way = await fresh();
    const device = await open(way);
    await device.wallet.activate(sold.key, 'Laptop');
    await device.wallet.lease(50, 3000);
    await spend(device, 50);
    way.mode = 'deaf';
    await expect(device.wallet.sync()).rejects.toMatchObject({ code: 'ERR_LICENCE_OFFLINE' });
    expect(device.wallet.snapshot().unsynced).toBeGreaterThan(0);
    expect(await sold.books()).toMatchObject({ committed: 50 });
    way.mode = 'open';
    await spend(device, 50);
    await device.wallet.sync();
    expect(device.wallet.snapshot().unsynced).toBe(0);
    expect(await sold.books()).toMatchObject({ committed: 100, leased: 900 });
    await expectBalanced(sold);
  });

  it('asks for one lease between two tabs, and tells each entry once', async () => {
    const sold = await sell('premium');
    const way = await fresh();
    const one = await open(way);
    await one.wallet.activate(sold.key, 'Laptop');
    const two = await open(way, one.name);
    await Promise.all([one.wallet.lease(600, 1000), two.wallet.lease(600, 1000)]);
    expect(way.count('/v1/leases')).toBe(1);
    expect([held(one.wallet), held(two.wallet)]).toEqual([1000, 1000]);
    await spend(one, 600);
    const before = way.count('/v1/ledger');
    await Promise.all([one.wallet.sync(), two.wallet.sync(), one.wallet.sync(), two.wallet.sync()]);
    expect(way.count('/v1/ledger')).toBe(before + 1);
    expect([one.wallet, two.wallet].map((wallet) => wallet.snapshot().unsynced)).toEqual([0, 0]);
    expect(await sold.books()).toMatchObject({ committed: 600, leased: 400 });
  });

  it('leaves the licence’s other devices their share', async () => {
    const sold = await sell();
    const [one, two] = [await open(link), await open(link)];
    await one.wallet.activate(sold.key, 'Laptop');
    await two.wallet.activate(sold.key, 'Phone');
    await two.wallet.refresh();
    await two.wallet.lease(50, 3000);
    expect(held(two.wallet)).toBe(500);
    await one.wallet.refresh();
    await one.wallet.lease(50, 3000);
    expect(held(one.wallet)).toBe(250);
    expect(await sold.books()).toMatchObject({ balance: 250, leased: 750 });
  });

  it('gives back what a lease that ended still held', async () => {
    const sold = await sell();
    let offsetMs = 0;
    const { wallet } = await open(link, undefined, { now: () => Date.now() + offsetMs });
    await wallet.activate(sold.key, 'Laptop');
    await wallet.lease(50, 3000);
    const end = wallet.snapshot().ledger?.leases[0]?.expiresAtS ?? 0;
    offsetMs = end * 1000 - Date.now() + 1000;
    expect(held(wallet)).toBe(1000);
    await wallet.sync();
    expect(wallet.snapshot().ledger?.totals).toMatchObject({ leased: 1000, returned: 1000 });
    expect(await sold.books()).toMatchObject({ balance: 1000, leased: 0 });
  });
});

describe('devices of one licence', () => {
  it('take each other off: the other keeps its clips, gives back what it held, and can come back', async () => {
    const sold = await sell('premium');
    const [one, two] = [await open(link), await open(link)];
    await one.wallet.activate(sold.key, 'Laptop');
    await two.wallet.activate(sold.key, 'Phone');
    await two.wallet.lease(600, 1000);
    await spend(two, 600);
    const other = two.wallet.snapshot().deviceId ?? '';
    const after = await one.wallet.deactivate(other);
    expect(after.account?.devices.find(({ id }) => id === other)?.state).toBe('deactivated');
    expect(after).toMatchObject({ status: 'active' });
    // It doesn't know yet: it goes on until it asks.
    expect(two.wallet.snapshot().status).toBe('active');
    await expect(two.wallet.refresh()).rejects.toMatchObject({ code: 'ERR_LICENCE_DEVICE' });
    expect(two.wallet.snapshot()).toMatchObject({ status: 'removed', tierId: null, spendable: false });
    await expect(two.store.addJob(job(picture('nobody'), { price: 1 }))).rejects.toMatchObject({
      code: 'ERR_LICENCE_DEVICE',
    });
    expect((await two.store.library()).clips).toHaveLength(1);
    expect(await sold.books()).toMatchObject({ committed: 600, leased: 0 });
    await expectBalanced(sold);
    // It stays so after a reload, until the key is entered again.
    two.wallet.close();
    const later = await open(link, two.name);
    expect(later.wallet.snapshot().status).toBe('removed');
    await later.wallet.activate(sold.key, 'Phone');
    expect(later.wallet.snapshot()).toMatchObject({ status: 'active', tierId: 'premium', fault: null });
    await later.wallet.lease(600, 1000);
    await spend(later, 600);
    await later.wallet.sync();
    expect(await sold.books()).toMatchObject({ committed: 1200 });
  });

  it('fall to the first tier when the licence ends, and rise when it goes on', async () => {
    const sold = await sell();
    const { wallet } = await open(link);
    await wallet.activate(sold.key, 'Laptop');
    await sold.setState('ended');
    await expect(wallet.refresh()).rejects.toMatchObject({ code: 'ERR_LICENCE_DEVICE' });
    expect(wallet.snapshot()).toMatchObject({ status: 'removed', tierId: null });
    await sold.setState('active');
    await wallet.refresh();
    expect(wallet.snapshot()).toMatchObject({ status: 'active', tierId: 'lite' });
  });

  it('learn from the signed list that the licence was revoked', async () => {
    const sold = await sell();
    const { wallet } = await open(link);
    await wallet.activate(sold.key, 'Laptop');
    await sold.revoke();
    await wallet.checkRevocations();
    expect(wallet.snapshot()).toMatchObject({ status: 'revoked', tierId: null, spendable: false });
  });
});

it('a history that two copies of a device went on with is stopped by the service', async () => {
  const sold = await sell('premium');
  const device = await open(link);
  await device.wallet.activate(sold.key, 'Laptop');
  await device.wallet.lease(600, 3000);
  await device.wallet.sync();
  const copy = await device.store.wallet();
  if (copy === null) throw new Error('no wallet');
  const entries = await device.store.ledgerEntries(copy.ledger?.deviceId ?? '', 0, 100);
  await spend(device, 600);
  await device.wallet.sync();
  // The copy: wallet and entries as they were, in another gallery.
  const other = await open(link);
  await other.store.changeWallet(() => ({ ...copy, ledger: null }));
  await other.store.changeWallet((row) => ({ ...(row ?? copy), ledger: copy.ledger }));
  const { openDB } = await import('idb');
  const raw = await openDB(other.name);
  for (const entry of entries) await raw.put('ledger', entry);
  raw.close();
  other.wallet.close();
  const restored = await open(link, other.name);
  expect(restored.wallet.snapshot()).toMatchObject({ status: 'active', fault: null });
  await spend(restored, 50);
  await expect(restored.wallet.sync()).rejects.toMatchObject({
    code: 'ERR_LICENCE_LEDGER',
    details: { fault: 'forked' },
  });
  expect(restored.wallet.snapshot()).toMatchObject({ status: 'ledger', fault: 'forked', spendable: false });
  expect((await restored.store.library()).clips).toHaveLength(1);
  expect(await sold.books()).toMatchObject({ committed: 600 });
  await expectBalanced(sold);
});
