import { openDB } from 'idb';
import { describe, expect, it } from 'vitest';
import { freshName, job, picture } from '../store/records.ts';
import { createIssuer, nowS } from './issuer.ts';
import { DEVICE, KEY, createService, held, visit } from './memory-service.ts';

const fieldsOf = (value: unknown): object => ({ ...(typeof value === 'object' ? value : {}) });
describe('a wallet with a service', () => {
  it('is activated, gets Moments, spends them and tells so', async () => {
    const service = createService(await createIssuer());
    const { store, wallet, name } = await visit(service.issuer, service.fetch);
    expect(wallet.snapshot().status).toBe('none');
    await wallet.activate(KEY, 'Laptop');
    expect(wallet.snapshot()).toMatchObject({ status: 'active', tierId: 'full', deviceId: DEVICE });
    await wallet.lease(4, 20);
    expect(held(wallet)).toBe(20);
    const one = job(picture('nobody'), { price: 4 });
    await store.addJob(one);
    await store.changeJob(one.id, ['queued'], { state: 'failed' });
    await wallet.sync();
    expect(service.state.head).toEqual((await store.wallet())?.ledger?.head);
    expect(wallet.snapshot().unsynced).toBe(0);
    expect(await wallet.verifyLedger()).toBe(true);
    // Another visit, without the network.
    const again = await visit(service.issuer, () => Promise.reject(new TypeError('offline')), name);
    expect(again.wallet.snapshot()).toMatchObject({ status: 'active', spendable: true, fault: null });
    await expect(again.wallet.refresh()).rejects.toMatchObject({ code: 'ERR_LICENCE_OFFLINE' });
    await wallet.deactivate();
    expect(wallet.snapshot()).toMatchObject({ status: 'none', spendable: false });
    expect(service.state.totals).toEqual({ leased: 20, committed: 0, returned: 20 });
  });

  it('sends the same Idempotency-Key when an answer is lost, and a fresh proof when a nonce was stale', async () => {
    const service = createService(await createIssuer());
    const { wallet } = await visit(service.issuer, service.fetch);
    service.stale = 1;
    await wallet.activate(KEY, 'Laptop');
    service.cuts = 2;
    await wallet.lease(4, 20);
    const leases = service.seen.filter(({ path }) => path === '/v1/leases');
    expect(leases).toHaveLength(3);
    expect(new Set(leases.map((one) => one.idempotency)).size).toBe(1);
    expect(held(wallet)).toBe(20);
    service.cuts = 9;
    await expect(wallet.sync()).rejects.toMatchObject({ code: 'ERR_LICENCE_OFFLINE' });
  });

  it('sends again from where the service is', async () => {
    const service = createService(await createIssuer());
    const { wallet, store } = await visit(service.issuer, service.fetch);
    await wallet.activate(KEY, 'Laptop');
    await wallet.lease(4, 20);
    await store.changeWallet((row) => {
      if (row === null) throw new Error('no wallet');
      return { ...row, syncedSeq: 1 };
    });
    await store.addJob(job(picture('nobody'), { price: 4 }));
    await wallet.sync();
    expect(service.state.head.seq).toBe(2);
  });

  it('spends nothing once the service knows another history', async () => {
    const service = createService(await createIssuer());
    const { wallet, store } = await visit(service.issuer, service.fetch);
    await wallet.activate(KEY, 'Laptop');
    await wallet.lease(4, 20);
    service.state = { ...service.state, head: { seq: 0, hash: 'x'.repeat(43) } };
    await expect(wallet.sync()).rejects.toMatchObject({ code: 'ERR_LICENCE_LEDGER' });
    expect(wallet.snapshot()).toMatchObject({ status: 'ledger', spendable: false });
    await expect(store.addJob(job(picture('nobody'), { price: 4 }))).rejects.toMatchObject({
      code: 'ERR_LICENCE_LEDGER',
    });
  });

  it('ends with a revocation', async () => {
    const service = createService(await createIssuer());
    const { wallet } = await visit(service.issuer, service.fetch);
    await wallet.activate(KEY, 'Laptop');
    service.revoked = [{ sub: 'licence-1', epoch: 1 }];
    await expect(wallet.refresh()).rejects.toMatchObject({ code: 'ERR_LICENCE_DEVICE' });
    expect(wallet.snapshot()).toMatchObject({ status: 'revoked', tierId: null, spendable: false });
  });

  it('takes nothing of another signer', async () => {
    const service = createService(await createIssuer());
    const { wallet } = await visit(await createIssuer(), service.fetch);
    await expect(wallet.activate(KEY, 'Laptop')).rejects.toMatchObject({ code: 'ERR_LICENCE_TOKEN' });
    expect(wallet.snapshot().status).toBe('none');
  });
});

describe('a wallet of a host', () => {
  it('takes tokens for this device and origin alone, and each lease once', async () => {
    const issuer = await createIssuer();
    const { wallet } = await visit(issuer, null);
    const jkt = wallet.snapshot().thumbprint ?? '';
    const refusals: [string, string][] = [
      [await issuer.entitlement('b'.repeat(43)), 'ERR_LICENCE_DEVICE'],
      [await issuer.entitlement(jkt, { origins: ['https://elsewhere.test'] }), 'ERR_LICENCE_ORIGIN'],
      [await issuer.entitlement(jkt, { iss: 'https://other.test' }), 'ERR_LICENCE_TOKEN'],
      [await issuer.entitlement(jkt, { exp: nowS() + 99 * 86_400 }), 'ERR_LICENCE_TOKEN'],
    ];
    for (const [entitlement, code] of refusals) {
      await expect(wallet.acceptTokens({ entitlement })).rejects.toMatchObject({ code });
    }
    expect(wallet.snapshot().status).toBe('none');
    const lease = await issuer.lease(jkt, 'lease-1', 7);
    await wallet.acceptTokens({ entitlement: await issuer.entitlement(jkt), leases: [lease] });
    await wallet.acceptTokens({ leases: [lease, lease] });
    expect(held(wallet)).toBe(7);
    expect(wallet.snapshot()).toMatchObject({ status: 'active', deviceId: jkt, spendable: true });
    const foreign = await issuer.lease('b'.repeat(43), 'lease-2', 7);
    await expect(wallet.acceptTokens({ leases: [foreign] })).rejects.toMatchObject({
      code: 'ERR_LICENCE_DEVICE',
    });
  });

  it('spends nothing while the clock is back', async () => {
    const issuer = await createIssuer();
    let offsetMs = 0;
    const { wallet } = await visit(issuer, null, freshName(), () => Date.now() + offsetMs);
    await wallet.acceptTokens({ entitlement: await issuer.entitlement(wallet.snapshot().thumbprint ?? '') });
    offsetMs = -86_400_000;
    expect(wallet.snapshot()).toMatchObject({ status: 'clock', spendable: false });
    offsetMs = 7.5 * 86_400_000;
    expect(wallet.snapshot().status).toBe('grace');
    offsetMs = 9 * 86_400_000;
    expect(wallet.snapshot()).toMatchObject({ status: 'ended', tierId: null });
  });

  it.each(['an entry', 'the state', 'the seal', 'a lease’s token'])(
    'finds %s that was changed',
    async (what) => {
      const issuer = await createIssuer();
      const { wallet, name } = await visit(issuer, null);
      const jkt = wallet.snapshot().thumbprint ?? '';
      const lease = await issuer.lease(jkt, 'lease-1', 7);
      await wallet.acceptTokens({ entitlement: await issuer.entitlement(jkt), leases: [lease] });
      expect(await wallet.verifyLedger()).toBe(true);
      wallet.close();
      const raw = await openDB(name);
      const stored: unknown = await raw.get('wallet', 'wallet');
      const row = fieldsOf(stored);
      if (what === 'an entry') {
        const entries: unknown[] = await raw.getAll('ledger');
        const event = { type: 'lease', leaseId: 'lease-1', amount: 700, expiresAtS: nowS() + 86_400 };
        await raw.put('ledger', { ...fieldsOf(entries[0]), event });
      } else if (what === 'the state') {
        const ledger = { ...wallet.snapshot().ledger };
        const leases = (ledger.leases ?? []).map((one) => ({ ...one, left: 700 }));
        await raw.put('wallet', { ...row, ledger: { ...ledger, leases } }, 'wallet');
      } else if (what === 'the seal') {
        await raw.put('wallet', { ...row, seal: await issuer.entitlement(jkt) }, 'wallet');
      } else {
        const other = await issuer.lease(jkt, 'lease-1', 700);
        await raw.put('wallet', { ...row, leaseTokens: { 'lease-1': other } }, 'wallet');
      }
      raw.close();
      const again = await visit(issuer, null, name);
      expect(again.wallet.snapshot()).toMatchObject({ status: 'ledger', spendable: false, fault: 'damaged' });
      await expect(again.store.addJob(job(picture('nobody'), { price: 1 }))).rejects.toMatchObject({
        code: 'ERR_LICENCE_LEDGER',
      });
    },
  );
});
