import { deleteDB } from 'idb';
import { Hono } from 'hono';
import { compactVerify, importJWK } from 'jose';
import * as v from 'valibot';
import { afterEach } from 'vitest';
import { ledgerRequestSchema, type Account } from '../../../src/contracts/licence/api.ts';
import type { Policy } from '../../../src/contracts/licence/policy.ts';
import { deviceKeySchema, proofClaimsSchema } from '../../../src/contracts/licence/tokens.ts';
import type { LicenceConfig } from '../../../src/contracts/licence/view.ts';
import { digest } from '../../../src/core/licence/digest.ts';
import { LedgerError, applyEntry, emptyLedger, freeTotal } from '../../../src/core/licence/ledger.ts';
import { thumbprintOf } from '../../../src/platform/licence/device-key.ts';
import { createWallet, type Wallet, type WalletOptions } from '../../../src/platform/licence/wallet.ts';
import { createStore, type Store } from '../../../src/platform/store/store.ts';
import { freshName } from '../store/records.ts';
import { nowS, type Issuer } from './issuer.ts';

/** The one device. */
export const DEVICE = '0b8f9f4e-0f0c-4d6e-9a8c-0a9d3f1f2b11';
/** Any key is taken. */
export const KEY = 'SW-AAAAA-BBBBB-CCCCC-DDDDD-EEEEE';
const grant: Policy['tiers'][number]['grant'] = {
  generate: true,
  qualities: ['standard'],
  modes: ['advanced'],
  resolutions: [],
  seconds: { min: 1, max: 10 },
  sound: true,
};
/** A policy with one tier and one price. */
export const policy: Policy = {
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
export function createService(issuer: Issuer) {
  const app = new Hono();
  const seen: { path: string; idempotency: string | null; body: string }[] = [];
  const nonces = new Set<string>();
  const service = {
    issuer,
    seen,
    epoch: 0,
    /** Another signer for leases alone. */
    leaseIssuer: null as Issuer | null,
    /** What a sync is refused with. */
    refuseSync: null as string | null,
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
      const lease = await (service.leaseIssuer ?? service.issuer).lease(jkt, crypto.randomUUID(), 20);
      return { lease, account, serverTimeMs: Date.now() };
    }
    if (path === '/v1/deactivate') return { account: null };
    if (service.refuseSync !== null) return fail(service.refuseSync, 422, { seq: 1, fault: 'lease' });
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
const open: { close(): void }[] = [];
const names = new Set<string>();
afterEach(async () => {
  for (const one of open.splice(0).reverse()) one.close();
  for (const name of names) await deleteDB(name);
  names.clear();
});

/** A wallet and the store below it, closed and deleted after the test. */
export interface Visit {
  readonly name: string;
  readonly store: Store;
  readonly wallet: Wallet;
}

/** Opens a gallery and loads its wallet, as a page does. */
export async function visitWith(
  config: LicenceConfig,
  options: Omit<Partial<WalletOptions>, 'config' | 'store'> = {},
  name = freshName(),
): Promise<Visit> {
  names.add(name);
  const store = createStore({ name, ...(options.now === undefined ? {} : { now: options.now }) });
  const wallet = createWallet({ config, store, origin: location.origin, pausesMs: [1, 1], ...options });
  open.push(store, wallet);
  await wallet.load();
  return { name, store, wallet };
}

/** The same for an issuer: with the given way to its service, or as a host without one. */
export function visit(
  issuer: Issuer,
  fetch: WalletOptions['fetch'] | null,
  name = freshName(),
  now = (): number => Date.now(),
): Promise<Visit> {
  const config = {
    issuer: issuer.iss,
    keys: [issuer.jwk],
    ...(fetch === null ? { policy } : { url: 'https://api.test' }),
  };
  return visitWith(config, { now, ...(fetch === null || fetch === undefined ? {} : { fetch }) }, name);
}

/** Free on this device; -1 without a ledger. */
export const held = (wallet: Wallet): number => {
  const { ledger } = wallet.snapshot();
  return ledger === null ? -1 : freeTotal(ledger, nowS());
};
