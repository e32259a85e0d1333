import { openDB } from 'idb';
import { describe, expect, it } from 'vitest';
import { clip, job, picture } from '../store/records.ts';
import { createIssuer, type Issuer } from './issuer.ts';
import { KEY, createService, held, policy, visit, visitWith, type Visit } from './memory-service.ts';

const configOf = (...issuers: readonly Issuer[]) => ({
  issuer: issuers[0]?.iss ?? '',
  keys: issuers.map((one) => one.jwk),
  url: 'https://api.test',
});

describe('signing keys that change', () => {
  it('one that the page doesn’t know changes nothing but that it says so; loaded again all goes on', async () => {
    const [old, fresh] = [await createIssuer('k1'), await createIssuer('k2')];
    const service = createService(old);
    const { wallet, name } = await visit(old, service.fetch);
    await wallet.activate(KEY, 'Laptop');
    const before = wallet.snapshot();
    service.issuer = fresh;
    const refusal = { code: 'ERR_LICENCE_TOKEN', details: { reason: 'kid' } };
    await expect(wallet.refresh()).rejects.toMatchObject(refusal);
    expect(wallet.snapshot()).toEqual({ ...before, outdated: true });
    // A lease signed so is not lost: asked for again with the same key after the page was loaded again.
    await expect(wallet.lease(4, 20)).rejects.toMatchObject(refusal);
    expect(held(wallet)).toBe(0);
    wallet.close();

    const later = await visitWith(configOf(old, fresh), { fetch: service.fetch }, name);
    expect(later.wallet.snapshot()).toMatchObject({ status: 'active', outdated: false });
    await later.wallet.refresh();
    await later.wallet.lease(4, 20);
    expect(held(later.wallet)).toBe(20);
    const leases = service.seen.filter(({ path }) => path === '/v1/leases');
    expect(leases.length).toBeGreaterThan(1);
    expect(new Set(leases.map(({ idempotency }) => idempotency)).size).toBe(1);
  });

  it('a retired one makes no ledger damaged: what its leases hold goes back, and what was spent stays', async () => {
    const [old, fresh] = [await createIssuer('k1'), await createIssuer('k2')];
    const service = createService(old);
    const { wallet, store, name } = await visitWith(configOf(old, fresh), { fetch: service.fetch });
    await wallet.activate(KEY, 'Laptop');
    await wallet.lease(4, 20);
    const one = job(picture('nobody'), { price: 4 });
    await store.addJob(one);
    await store.changeJob(one.id, ['queued'], { state: 'running' });
    service.issuer = fresh;
    wallet.close();

    const later = await visitWith(configOf(fresh), { fetch: service.fetch }, name);
    expect(later.wallet.snapshot()).toMatchObject({
      fault: null,
      refused: 'ERR_LICENCE_TOKEN',
      tierId: null,
    });
    expect(held(later.wallet)).toBe(0);
    await later.store.saveClip(clip(picture('nobody')), one.id);
    await later.wallet.refresh();
    await later.wallet.sync();
    expect(later.wallet.snapshot()).toMatchObject({ status: 'active', fault: null });
    expect(service.state.totals).toEqual({ leased: 20, committed: 4, returned: 16 });
    await later.wallet.lease(4, 20);
    expect(held(later.wallet)).toBe(20);
  });

  it('where there is no service a token that can’t be read counts for nothing', async () => {
    const [old, fresh] = [await createIssuer('k1'), await createIssuer('k2')];
    const { wallet, name } = await visit(old, null);
    const jkt = wallet.snapshot().thumbprint ?? '';
    const leases = [await old.lease(jkt, 'lease-1', 7)];
    await wallet.acceptTokens({ entitlement: await old.entitlement(jkt), leases });
    wallet.close();
    const later = await visit(fresh, null, name);
    expect(later.wallet.snapshot()).toMatchObject({ fault: 'damaged', spendable: false, tierId: null });
    later.wallet.close();
    expect((await visit(old, null, name)).wallet.snapshot()).toMatchObject({ fault: null, status: 'active' });
  });
});

describe('the list of revocations', () => {
  const withList = async (list: (service: ReturnType<typeof createService>) => Promise<string>) => {
    const service = createService(await createIssuer());
    const { wallet } = await visit(service.issuer, async (input, init) =>
      input.endsWith('/v1/revocations')
        ? Response.json({ revocations: await list(service) })
        : service.fetch(input, init),
    );
    await wallet.activate(KEY, 'Laptop');
    return wallet;
  };

  it('ends an entitlement with a lower epoch, before any refresh', async () => {
    const wallet = await withList(({ issuer }) => issuer.revocations([{ sub: 'licence-1', epoch: 1 }]));
    expect(wallet.snapshot().status).toBe('active');
    await wallet.checkRevocations();
    expect(wallet.snapshot()).toMatchObject({ status: 'revoked', tierId: null, spendable: false });
  });

  it.each([
    ['another signer’s', async () => (await createIssuer()).revocations([{ sub: 'licence-1', epoch: 9 }])],
    [
      'one of another key id',
      async () => (await createIssuer('k9')).revocations([{ sub: 'licence-1', epoch: 9 }]),
    ],
    [
      'an entitlement in its place',
      ({ issuer }: ReturnType<typeof createService>) => issuer.entitlement('b'.repeat(43), { revoked: [] }),
    ],
    ['words', () => Promise.resolve('no list at all')],
  ] as const)('is passed over when it is %s', async (_what, list) => {
    const wallet = await withList(list);
    await expect(wallet.checkRevocations()).rejects.toMatchObject({ code: 'ERR_LICENCE_TOKEN' });
    expect(wallet.snapshot()).toMatchObject({ status: 'active', spendable: true });
  });

  it.each([
    ['another licence', [{ sub: 'licence-2', epoch: 9 }]],
    ['nobody', []],
  ])('that names %s changes nothing', async (_who, revoked) => {
    const wallet = await withList(({ issuer }) => issuer.revocations(revoked));
    await wallet.checkRevocations();
    expect(wallet.snapshot().status).toBe('active');
  });
});

describe('a ledger that the service refuses', () => {
  it('stops spending with a status of its own, and entering the key begins anew', async () => {
    const service = createService(await createIssuer());
    const { wallet, store } = await visit(service.issuer, service.fetch);
    await wallet.activate(KEY, 'Laptop');
    const before = wallet.snapshot().thumbprint;
    await wallet.lease(4, 20);
    service.refuseSync = 'ERR_LEDGER_DAMAGED';
    await expect(wallet.sync()).rejects.toMatchObject({
      code: 'ERR_LICENCE_LEDGER',
      details: { fault: 'refused' },
    });
    expect(wallet.snapshot()).toMatchObject({ status: 'refused', fault: 'refused', spendable: false });
    await expect(store.addJob(job(picture('nobody'), { price: 4 }))).rejects.toMatchObject({
      code: 'ERR_LICENCE_LEDGER',
      details: { fault: 'refused' },
    });
    // It isn't sent again and again, and a look at the whole ledger finds nothing wrong with it here.
    const asked = service.seen.length;
    await wallet.sync();
    expect(service.seen).toHaveLength(asked);
    expect(await wallet.verifyLedger()).toBe(false);
    expect(wallet.snapshot().fault).toBe('refused');
    service.refuseSync = null;
    await wallet.activate(KEY, 'Laptop');
    expect(wallet.snapshot()).toMatchObject({ status: 'active', fault: null });
    expect(wallet.snapshot().thumbprint).not.toBe(before);
    expect(held(wallet)).toBe(0);
  });
});

describe('a device’s own tables, changed by hand', () => {
  const fieldsOf = (value: unknown): object => ({ ...(typeof value === 'object' ? value : {}) });
  /** A ledger of five entries: a lease, a clip paid, a job that waits, one cancelled. */
  async function worn(): Promise<Visit & { issuer: Issuer; waiting: string }> {
    const issuer = await createIssuer();
    const { wallet, store, name } = await visit(issuer, null);
    const jkt = wallet.snapshot().thumbprint ?? '';
    const leases = [await issuer.lease(jkt, 'lease-1', 20)];
    await wallet.acceptTokens({ entitlement: await issuer.entitlement(jkt), leases });
    const [paid, waiting, cancelled] = [4, 4, 4].map((price) => job(picture('nobody'), { price }));
    if (paid === undefined || waiting === undefined || cancelled === undefined) throw new Error('no jobs');
    await store.addJob(paid);
    await store.changeJob(paid.id, ['queued'], { state: 'running' });
    await store.saveClip(clip(picture('nobody')), paid.id);
    await store.addJob(waiting);
    await store.addJob(cancelled);
    await store.changeJob(cancelled.id, ['queued'], { state: 'cancelled' });
    return { issuer, wallet, store, name, waiting: waiting.id };
  }

  it.each([
    'an entry in the middle removed',
    'the last entry removed',
    'all entries removed',
    'two entries exchanged',
    'an entry of a price changed',
    'an entry added',
    'the state set back',
    'a reservation taken away',
    'more left of a lease',
    'the sum of what was spent lowered',
  ])('%s: spending stops, what was made stays', async (what) => {
    const { issuer, wallet, name, waiting } = await worn();
    expect(await wallet.verifyLedger()).toBe(true);
    const ledger = wallet.snapshot().ledger;
    if (ledger === null) throw new Error('no ledger');
    wallet.close();
    const raw = await openDB(name);
    const row = fieldsOf(await raw.get('wallet', 'wallet'));
    const entry = async (seq: number): Promise<object> =>
      fieldsOf(await raw.get('ledger', [ledger.deviceId, seq]));
    const putState = (change: object) =>
      raw.put('wallet', { ...row, ledger: { ...ledger, ...change } }, 'wallet');
    const lowered = { ...ledger.totals, committed: 0 };
    const acts: Record<string, () => Promise<unknown>> = {
      'an entry in the middle removed': () => raw.delete('ledger', [ledger.deviceId, 2]),
      'the last entry removed': () => raw.delete('ledger', [ledger.deviceId, ledger.head.seq]),
      'all entries removed': () => raw.clear('ledger'),
      'two entries exchanged': async () => {
        const [two, three] = [await entry(2), await entry(3)];
        await raw.put('ledger', { ...two, seq: 3 });
        await raw.put('ledger', { ...three, seq: 2 });
      },
      'an entry of a price changed': async () =>
        raw.put('ledger', {
          ...(await entry(2)),
          event: { type: 'reserve', jobId: 'x', parts: [{ leaseId: 'lease-1', amount: 1 }] },
        }),
      'an entry added': async () =>
        raw.put('ledger', { ...(await entry(2)), seq: ledger.head.seq + 1, prev: ledger.head.hash }),
      'the state set back': () => putState({ head: { seq: 1, hash: 'x'.repeat(43) } }),
      'a reservation taken away': () => putState({ reservations: {} }),
      'more left of a lease': () =>
        putState({ leases: ledger.leases.map((lease) => ({ ...lease, left: 20 })) }),
      'the sum of what was spent lowered': () => putState({ totals: lowered }),
    };
    await acts[what]?.();
    raw.close();
    const again = await visit(issuer, null, name);
    const isSpent = job(picture('nobody'), { price: 1 });
    expect(again.wallet.snapshot()).toMatchObject({ status: 'ledger', fault: 'damaged', spendable: false });
    await expect(again.store.addJob(isSpent)).rejects.toMatchObject({
      code: 'ERR_LICENCE_LEDGER',
      details: { fault: 'damaged' },
    });
    expect(await again.store.job(isSpent.id)).toBeNull();
    // A job that was queued before still comes to its clip.
    await again.store.changeJob(waiting, ['queued'], { state: 'running' });
    await again.store.saveClip(clip(picture('nobody')), waiting);
    expect((await again.store.library()).clips).toHaveLength(2);
  });

  it('changed while a tab is open: the next reservation finds the head gone', async () => {
    const { name, store } = await worn();
    const raw = await openDB(name);
    const { length } = await raw.getAllKeys('ledger');
    const keys = await raw.getAllKeys('ledger');
    await raw.delete('ledger', keys[length - 1] ?? '');
    raw.close();
    await expect(store.addJob(job(picture('nobody'), { price: 1 }))).rejects.toMatchObject({
      code: 'ERR_LICENCE_LEDGER',
    });
  });

  it('a balance, a tier or an end written by hand gains nothing', async () => {
    const service = createService(await createIssuer());
    const { wallet, store, name } = await visit(service.issuer, service.fetch);
    await wallet.activate(KEY, 'Laptop');
    const before = wallet.snapshot();
    wallet.close();
    const raw = await openDB(name);
    const row = fieldsOf(await raw.get('wallet', 'wallet'));
    const account = { ...fieldsOf(before.account), balance: 1e9, tier: 'other', state: 'active' };
    await raw.put('wallet', { ...row, account, accountAtMs: Date.now() + 1e9 }, 'wallet');
    raw.close();
    const again = await visit(service.issuer, service.fetch, name);
    expect(again.wallet.snapshot()).toMatchObject({ tierId: 'full', endsAtMs: before.endsAtMs });
    expect(held(again.wallet)).toBe(0);
    await expect(again.store.addJob(job(picture('nobody'), { price: 4 }))).rejects.toMatchObject({
      code: 'ERR_LICENCE_FUNDS',
    });
    // The service gives what is there, whatever the device believes.
    await again.wallet.lease(4, 1e9);
    expect(held(again.wallet)).toBe(20);
    expect(again.wallet.snapshot().account?.balance).toBe(before.account?.balance);
    expect(await store.jobs()).toEqual([]);
  });

  it('a policy written by hand with a longer grace or cheaper clips is the service’s again at the refresh', async () => {
    const service = createService(await createIssuer());
    const { wallet, store } = await visit(service.issuer, service.fetch);
    await wallet.activate(KEY, 'Laptop');
    await store.changeWallet((row) => {
      if (row === null) throw new Error('no wallet');
      return { ...row, policy: { ...policy, graceHours: 720 } };
    });
    await wallet.refresh();
    expect(wallet.snapshot().policy).toEqual(policy);
  });
});
