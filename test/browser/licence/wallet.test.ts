import { deleteDB, openDB } from 'idb';
import { Hono } from 'hono';
import { compactVerify, importJWK } from 'jose';
import * as v from 'valibot';
import { afterEach, describe, expect, it } from 'vitest';
import { ledgerRequestSchema, type Account } from '../../../src/contracts/licence/api.ts';
import type { Policy } from '../../../src/contracts/licence/policy.ts';
import { deviceKeySchema, proofClaimsSchema } from '../../../src/contracts/licence/tokens.ts';
import { digest } from '../../../src/core/licence/digest.ts';
import { LedgerError, applyEntry, emptyLedger, freeTotal } from '../../../src/core/licence/ledger.ts';
import { thumbprintOf } from '../../../src/platform/licence/device-key.ts';
import { createWallet, type Wallet } from '../../../src/platform/licence/wallet.ts';
import { createStore, type Store } from '../../../src/platform/store/store.ts';
import { freshName, job, picture } from '../store/records.ts';
import { createIssuer, nowS, type Issuer } from './issuer.ts';

const DEVICE = '0b8f9f4e-0f0c-4d6e-9a8c-0a9d3f1f2b11';
const KEY = 'SW-AAAAA-BBBBB-CCCCC-DDDDD-EEEEE';
const grant: Policy['tiers'][number]['grant'] = {
  generate: true,
  qualities: ['standard'],
  modes: ['advanced'],
  resolutions: [],
  seconds: { min: 1, max: 10 },
  sound: true,
};
const policy: Policy = {
  id: 'test',
  version: 1,
  name: 'Test',
  unit: { one: 'Moment', other: 'Moments' },
  tiers: [{ id: 'full', name: 'Full', allowance: { amount: 100, every: 'once' }, grant }],
  prices: [{ id: 'clip', name: 'Clip', when: {}, base: 4 }],
  planner: [],
  calendar: 'utc-month',
  lease: { amount: 20, days: 1 },
  entitlementDays: 7,
  graceHours: 24,
  devices: 2,
};

/** The protocol as the service speaks it, for one licence and one device, kept in memory. */
function createService(issuer: Issuer) {
  const app = new Hono();
  const seen: { path: string; idempotency: string | null; body: string }[] = [];
  const nonces = new Set<string>();
  const service = {
    issuer,
    seen,
    epoch: 0,
    revoked: [] as { sub: string; epoch: number }[],
    state: emptyLedger(DEVICE),
    /** Fails so many requests on their way back, after their effect. */
    cuts: 0,
    stale: 0,
    fetch: async (input: string, init: RequestInit): Promise<Response> => {
      const answer = await app.request(input, init);
      if (init.method === 'POST' && service.cuts > 0) {
        service.cuts -= 1;
        throw new TypeError('Failed to fetch');
      }
      return answer;
    },
  };
  const freshNonce = (): string => {
    const nonce = crypto.randomUUID();
    nonces.add(nonce);
    return nonce;
  };
  const account: Account = {
    keyHint: 'EEEEE',
    policy: 'test',
    tier: 'full',
    state: 'active',
    balance: 80,
    leased: 20,
    spent: 0,
    allowance: 100,
    period: null,
    devices: [],
    history: [],
  };
  const fail = (code: string, status: number, details = {}): Response =>
    Response.json({ error: { code, message: code, details } }, { status });
  const stored = new Map<string, unknown>();
  const keyOf = async (request: Request, body: string): Promise<string | Response> => {
    const proof = request.headers.get('Stillwake-Proof') ?? '';
    const { payload, protectedHeader } = await compactVerify(proof, (header) =>
      importJWK({ ...header?.jwk, alg: header?.alg ?? '' }),
    );
    const claims = v.parse(proofClaimsSchema, JSON.parse(new TextDecoder().decode(payload)));
    if (service.stale > 0) {
      service.stale -= 1;
      return fail('ERR_LICENCE_NONCE', 401);
    }
    if (!nonces.delete(claims.nonce)) return fail('ERR_LICENCE_NONCE', 401);
    const isFor = claims.htu === new URL(request.url).pathname && claims.ath === digest(body);
    if (!isFor) return fail('ERR_LICENCE_PROOF', 401);
    return thumbprintOf(v.parse(deviceKeySchema, protectedHeader.jwk));
  };
  app.use(async (context, next) => {
    await next();
    context.header('Stillwake-Nonce', freshNonce());
  });
  app.get('/v1/nonce', (c) => c.json({ nonce: freshNonce(), serverTimeMs: Date.now() }));
  app.get('/v1/revocations', async (c) => c.json({ revocations: await issuer.revocations(service.revoked) }));
  const session = async (jkt: string) => ({
    deviceId: DEVICE,
    entitlement: await service.issuer.entitlement(jkt, { epoch: service.epoch }),
    policy,
    account,
    ledger: service.state.head,
    serverTimeMs: Date.now(),
  });
  app.post('/v1/*', async (c) => {
    const body = await c.req.text();
    const { path } = c.req;
    const idempotency = c.req.header('Idempotency-Key') ?? null;
    seen.push({ path, idempotency, body });
    const jkt = await keyOf(c.req.raw, body);
    if (typeof jkt !== 'string') return jkt;
    const before = stored.get(idempotency ?? '');
    if (before !== undefined) return Response.json(before);
    const answer = await act(path, body, jkt);
    if (answer instanceof Response) return answer;
    stored.set(idempotency ?? '', answer);
    return Response.json(answer);
  });
  const act = async (path: string, body: string, jkt: string): Promise<Response | object> => {
    if (path === '/v1/activate' || path === '/v1/refresh') {
      return service.revoked.length > 0 ? fail('ERR_LICENCE_DEVICE', 401) : session(jkt);
    }
    if (path === '/v1/leases') {
      const lease = await service.issuer.lease(jkt, crypto.randomUUID(), 20);
      return { lease, account, serverTimeMs: Date.now() };
    }
    if (path === '/v1/deactivate') return { account: null };
    const { entries } = v.parse(ledgerRequestSchema, JSON.parse(body));
    const first = entries[0];
    if (first !== undefined && first.seq > service.state.head.seq + 1) {
      return fail('ERR_LEDGER_GAP', 409, service.state.head);
    }
    try {
      service.state = entries
        .filter((entry) => entry.seq > service.state.head.seq)
        .reduce(applyEntry, service.state);
    } catch (cause) {
      if (cause instanceof LedgerError) return fail('ERR_LEDGER_FORKED', 409);
      throw cause;
    }
    return { ...service.state.head, account, serverTimeMs: Date.now() };
  };
  return service;
}

const fieldsOf = (value: unknown): object => ({ ...(typeof value === 'object' ? value : {}) });

const open: { close(): void }[] = [];
const names = new Set<string>();
afterEach(async () => {
  for (const one of open.splice(0).reverse()) one.close();
  for (const name of names) await deleteDB(name);
  names.clear();
});

async function visit(
  issuer: Issuer,
  fetch: ((input: string, init: RequestInit) => Promise<Response>) | null,
  name = freshName(),
  now = (): number => Date.now(),
): Promise<{ name: string; store: Store; wallet: Wallet }> {
  names.add(name);
  const store = createStore({ name });
  const config = {
    issuer: issuer.iss,
    keys: [issuer.jwk],
    ...(fetch === null ? { policy } : { url: 'https://api.test' }),
  };
  const wallet = createWallet({
    config,
    store,
    origin: location.origin,
    now,
    pausesMs: [1, 1],
    ...(fetch === null ? {} : { fetch }),
  });
  open.push(store, wallet);
  await wallet.load();
  return { name, store, wallet };
}

const held = (wallet: Wallet): number => {
  const { ledger } = wallet.snapshot();
  return ledger === null ? -1 : freeTotal(ledger, nowS());
};

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
