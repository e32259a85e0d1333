import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as v from 'valibot';
import { errorBodySchema } from '../src/contracts/licence/api.ts';
import { ApiError } from './api-error.ts';
import { webhookSignature } from './routes/webhook-signature.ts';
import type { Route } from './services.ts';
import {
  OPERATOR_KEY,
  startOperations,
  STRIPE_SECRET,
  WEBHOOK_SECRET,
  type Operations,
} from './test-operations.ts';
import { TestDevice } from './test-service.ts';

/** A request that a route can be asked. `device`: whose proof it carries. */
interface Call {
  readonly path: string;
  readonly body?: unknown;
  readonly device?: TestDevice;
}
/** What is bent of it. */
interface Bent {
  readonly key?: string;
  readonly unsigned?: boolean;
  readonly origin?: string;
  readonly query?: string;
  readonly text?: string;
}

let at: Operations;
let fault: Error | null = null;
beforeAll(async () => {
  const limit = (): void => {
    if (fault !== null) throw fault;
  };
  at = await startOperations({ folder: null }, { limit });
});
afterAll(() => at.database.close());

async function send(route: Route, { path, body, device }: Call, bent: Bent = {}) {
  const { key = randomUUID(), unsigned = false, origin, query = '' } = bent;
  const text = bent.text ?? (body === undefined ? '' : JSON.stringify(body));
  const headers: Record<string, string> = origin === undefined ? {} : { Origin: origin };
  if (route.method === 'POST') {
    headers['Content-Type'] = 'application/json';
    headers['Idempotency-Key'] = key;
  }
  if (!unsigned) {
    const t = Math.floor(at.clock.ms / 1000);
    const signed = (secret: string): string =>
      `t=${t},v1=${webhookSignature(secret, t, new TextEncoder().encode(text))}`;
    const proof = (await device?.proof(route.method, path.split('?')[0] ?? '', text)) ?? null;
    if (proof !== null) headers['Stillwake-Proof'] = proof;
    if (route.auth === 'operator') headers['Authorization'] = `Bearer ${OPERATOR_KEY}`;
    headers['Stripe-Signature'] = signed(STRIPE_SECRET);
    headers['Stillwake-Signature'] = signed(WEBHOOK_SECRET);
  }
  return at.app.request(path + query, {
    method: route.method,
    headers,
    ...(route.method === 'POST' ? { body: text } : {}),
  });
}

async function active(tier = 'lite'): Promise<{ device: TestDevice; key: string; id: string }> {
  const { key, licence } = await at.sell({ tier });
  const device = await TestDevice.make(at);
  await device.activate(key);
  return { device, key, id: licence.id };
}
async function forked(): Promise<TestDevice> {
  const { device } = await active();
  await at.database.query(`UPDATE devices SET state = 'frozen' WHERE id = $1`, [device.id]);
  return device;
}
const operator = (path: string): string => `/v1/operator${path}`;
async function stagedKid(): Promise<string> {
  const [row] = await at.database.query<{ kid: string }>(
    'SELECT kid FROM signing_keys WHERE promoted_at_ms IS NULL AND retired_at_ms IS NULL',
  );
  if (row !== undefined) return row.kid;
  const { text } = await at.operate('/keys/rotate', {});
  return v.parse(v.object({ key: v.object({ kid: v.string() }) }), JSON.parse(text)).key.kid;
}
async function withdrawn(): Promise<void> {
  await at.operate('/keys/retire', { kid: await stagedKid() });
}
const fresh = async (rest = ''): Promise<string> =>
  operator(`/licences/${(await at.sell()).licence.id}${rest}`);
const paid = (reference: string) => ({
  id: randomUUID(),
  type: 'licence.set',
  reference,
  atMs: 1,
  policy: 'five-tier',
  tier: 'lite',
});

/** For each route a request that succeeds. */
const GOOD: Readonly<Record<string, () => Promise<Call>>> = {
  activate: async () => {
    const device = await TestDevice.make(at);
    const { key } = await at.sell();
    return { path: '/v1/activate', device, body: { key, device: { publicKey: device.jwk, name: 'A' } } };
  },
  refresh: async () => ({ path: '/v1/refresh', body: {}, device: (await active()).device }),
  deactivate: async () => ({ path: '/v1/deactivate', body: {}, device: (await active()).device }),
  lease: async () => ({ path: '/v1/leases', body: { min: 1, want: 2 }, device: (await active()).device }),
  ledger: async () => ({ path: '/v1/ledger', body: { entries: [] }, device: (await active()).device }),
  entitlement: async () => ({ path: '/v1/entitlement', device: (await active()).device }),
  policy: async () => ({ path: '/v1/policy' }),
  nonce: async () => ({ path: '/v1/nonce' }),
  revocations: async () => ({ path: '/v1/revocations' }),
  jwks: async () => ({ path: '/.well-known/jwks.json' }),
  health: async () => ({ path: '/healthz' }),
  openapi: async () => ({ path: '/openapi.json' }),
  operatorPolicies: async () => ({ path: operator('/policies') }),
  operatorCreateLicence: async () => ({
    path: operator('/licences'),
    body: { policy: 'five-tier', tier: 'plus', reference: randomUUID() },
  }),
  operatorListLicences: async () => ({ path: operator('/licences') }),
  operatorShowLicence: async () => ({ path: await fresh() }),
  operatorChangeLicence: async () => ({ path: await fresh(), body: { tier: 'plus' } }),
  operatorGrant: async () => ({ path: await fresh('/grant'), body: { amount: 1, reason: 'a' } }),
  operatorAdjust: async () => ({ path: await fresh('/adjust'), body: { amount: -1, reason: 'a' } }),
  operatorRefund: async () => {
    const { device, id } = await active();
    await device.lease(5, 5);
    await at.operate(`/devices/${device.id}/settle`, { how: 'forfeit' });
    return { path: operator(`/licences/${id}/refund`), body: { amount: 1, reason: 'a' } };
  },
  operatorRevokeLicence: async () => ({ path: await fresh('/revoke'), body: { reason: 'a' } }),
  operatorSettleDevice: async () => ({
    path: operator(`/devices/${(await active()).device.id}/settle`),
    body: { how: 'release' },
  }),
  operatorAudit: async () => ({ path: operator('/audit') }),
  operatorListKeys: async () => ({ path: operator('/keys') }),
  operatorRotateKeys: async () => {
    await withdrawn();
    return { path: operator('/keys/rotate'), body: {} };
  },
  operatorPromoteKey: async () => ({ path: operator('/keys/promote'), body: { kid: await stagedKid() } }),
  operatorRetireKey: async () => ({ path: operator('/keys/retire'), body: { kid: await stagedKid() } }),
  operatorKey: async () => {
    const reference = `order-${randomUUID()}`;
    await at.shop(paid(reference));
    return { path: operator(`/key?reference=${reference}`) };
  },
  webhookPayments: async () => ({ path: '/webhooks/payments', body: paid(`order-${randomUUID()}`) }),
  webhookStripe: async () => ({
    path: '/webhooks/stripe',
    body: { id: 'evt_1', type: 'customer.created', created: 1, data: { object: {} } },
  }),
};

/** Requests that are refused because of what is, not because of how they look. */
const REFUSED: Readonly<Record<string, () => Promise<Call>>> = {
  'activate 409': async () => {
    const { key } = await active();
    for (let i = 0; i < 2; i++) await (await TestDevice.make(at)).activate(key);
    const device = await TestDevice.make(at);
    return { path: '/v1/activate', device, body: { key, device: { publicKey: device.jwk, name: 'A' } } };
  },
  'deactivate 404': async () => ({
    path: '/v1/deactivate',
    body: { deviceId: randomUUID() },
    device: (await active()).device,
  }),
  'lease 402': async () => ({
    path: '/v1/leases',
    body: { min: 9e6, want: 9e6 },
    device: (await active()).device,
  }),
  'lease 409': async () => ({ path: '/v1/leases', body: { min: 1, want: 1 }, device: await forked() }),
  'ledger 409': async () => ({ path: '/v1/ledger', body: { entries: [] }, device: await forked() }),
  'policy 404': async () => ({ path: '/v1/policy?id=none' }),
  'operatorCreateLicence 409': async () => {
    const reference = randomUUID();
    await at.sell({ reference });
    return { path: operator('/licences'), body: { policy: 'five-tier', tier: 'lite', reference } };
  },
  'operatorShowLicence 404': async () => ({ path: operator('/licences/none') }),
  'operatorChangeLicence 404': async () => ({ path: operator('/licences/none'), body: { tier: 'plus' } }),
  'operatorChangeLicence 409': async () => {
    const path = await fresh();
    await at.operate(`${path.slice(operator('').length)}/revoke`, { reason: 'a' });
    return { path, body: { state: 'active' } };
  },
  'operatorGrant 404': async () => ({
    path: operator('/licences/none/grant'),
    body: { amount: 1, reason: 'a' },
  }),
  'operatorAdjust 404': async () => ({
    path: operator('/licences/none/adjust'),
    body: { amount: 1, reason: 'a' },
  }),
  'operatorRefund 404': async () => ({
    path: operator('/licences/none/refund'),
    body: { amount: 1, reason: 'a' },
  }),
  'operatorRefund 409': async () => ({ path: await fresh('/refund'), body: { amount: 1, reason: 'a' } }),
  'operatorRevokeLicence 404': async () => ({
    path: operator('/licences/none/revoke'),
    body: { reason: 'a' },
  }),
  'operatorSettleDevice 404': async () => ({
    path: operator('/devices/none/settle'),
    body: { how: 'release' },
  }),
  'operatorRotateKeys 409': async () => {
    await stagedKid();
    return { path: operator('/keys/rotate'), body: {} };
  },
  'operatorPromoteKey 404': async () => ({ path: operator('/keys/promote'), body: { kid: 'none' } }),
  'operatorPromoteKey 409': async () => {
    const kid = await stagedKid();
    await at.operate('/keys/promote', { kid });
    return { path: operator('/keys/promote'), body: { kid } };
  },
  'operatorRetireKey 404': async () => ({ path: operator('/keys/retire'), body: { kid: 'none' } }),
  'operatorRetireKey 409': async () => {
    const kid = await stagedKid();
    await at.operate('/keys/promote', { kid });
    return { path: operator('/keys/retire'), body: { kid } };
  },
  'operatorKey 404': async () => ({ path: operator('/key?reference=none') }),
};

/** Documented, and met only when an operator takes the same reference in the same moment. */
const RACES = new Set(['webhookPayments 409', 'webhookStripe 409']);

const operationSchema = v.object({ responses: v.record(v.string(), v.object({ description: v.string() })) });
const documentSchema = v.object({ paths: v.record(v.string(), v.record(v.string(), operationSchema)) });

/** Brings a documented status about. */
async function provoke(route: Route, status: number): Promise<Response> {
  const good = GOOD[route.name];
  if (good === undefined) throw new Error(`no request for ${route.name}`);
  if (status === route.success) return send(route, await good());
  const special = REFUSED[`${route.name} ${status}`];
  if (special !== undefined) return send(route, await special());
  const call = await good();
  const ask = (bent: Bent) => send(route, call, bent);
  switch (status) {
    case 400:
      return ask({ query: call.path.includes('?') ? '&a=%00' : '?a=%00' });
    case 401:
      return ask({ unsigned: true });
    case 403:
      return ask({ origin: 'https://evil.test' });
    case 413:
      return ask({ text: `{"a":"${'x'.repeat(route.bodyMax)}"}` });
    case 422: {
      const key = randomUUID();
      await ask({ key });
      return ask({ key, text: ` ${JSON.stringify(call.body)}` });
    }
    case 429:
    case 500:
    case 503: {
      const codes = { 429: 'ERR_REQUEST_RATE', 500: 'ERR_SERVER', 503: 'ERR_SERVER_BUSY' } as const;
      fault = status === 500 ? new Error('nobody foresaw this') : new ApiError(codes[status], 'Later.');
      try {
        return await ask({});
      } finally {
        fault = null;
      }
    }
    default:
      throw new Error(`${route.name} documents ${status}, and nothing here brings it about`);
  }
}

test('every route answers with each status that its description has, in the form that it has there', async () => {
  const answer = await at.app.request('/openapi.json');
  const { paths } = v.parse(documentSchema, JSON.parse(await answer.text()));
  let count = 0;
  for (const route of at.table) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    const responses = paths[path]?.[route.method.toLowerCase()]?.responses ?? {};
    expect(Object.keys(responses), route.name).toContain(String(route.success));
    for (const [documented, { description }] of Object.entries(responses)) {
      const what = `${route.name} ${documented}`;
      if (RACES.has(what)) continue;
      const response = await provoke(route, Number(documented));
      const text = await response.text();
      expect([what, response.status, text.slice(0, 200)]).toEqual([
        what,
        Number(documented),
        expect.any(String),
      ]);
      expect(response.headers.get('Content-Type'), what).toMatch(/^application\/json/);
      const body: unknown = JSON.parse(text);
      if (response.status === route.success) {
        expect(v.safeParse(route.response, body).success, what).toBe(true);
        expect(response.headers.get('Stillwake-Nonce'), what).not.toBeNull();
      } else {
        const { error } = v.parse(errorBodySchema, body);
        expect(description.split(', '), what).toContain(error.code);
      }
      count++;
    }
  }
  expect(count).toBeGreaterThan(200);
}, 180_000);
