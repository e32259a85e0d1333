import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { LIMITS } from '../middleware/rate.ts';
import { strangeKey, TestDevice, type Reply } from '../test-service.ts';
import { books, replyOf, sold, startTarget, Tally, targetOf, type Target } from './test-target.ts';

const tally = new Tally('floods');
const HOUR_MS = 3_600_000;
let base: Target;
let target: Target;
let direct: Target;
beforeAll(async () => {
  base = await startTarget({ folder: null });
});
afterAll(() => base.database.close());
beforeEach(() => {
  target = { ...base, ...targetOf(base, { limits: LIMITS, trustProxy: true }) };
  direct = { ...base, ...targetOf(base, { limits: LIMITS }) };
});

/** Asks from an address, as a proxy or the socket tells it. */
async function from(
  { app }: Target,
  socket: string,
  path: string,
  init: RequestInit = {},
  forwarded?: string,
): Promise<Reply> {
  const request = new Request(`http://licence.test${path}`, init);
  if (forwarded !== undefined) request.headers.set('X-Forwarded-For', forwarded);
  return replyOf(await app.request(request, undefined, { incoming: { socket: { remoteAddress: socket } } }));
}

/** Asks until it is too much; how often it was not. */
async function flood(kind: string, most: number, one: (index: number) => Promise<Reply>): Promise<number> {
  let passed = 0;
  for (let i = 0; i < most; i++) {
    const reply = await one(i);
    if (reply.status !== 429) passed++;
    else {
      tally.refused(kind, i, reply, 'ERR_REQUEST_RATE');
      expect(Number(reply.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
      expect(Number(reply.headers.get('retry-after'))).toBeLessThanOrEqual(60);
    }
  }
  return passed;
}

it(
  'stops a flood from one address at every route, and lets it in again after a while',
  { timeout: 120_000 },
  async () => {
    for (const { path, method, auth } of target.table) {
      const fresh: Target = { ...base, ...targetOf(base, { limits: LIMITS }) };
      const init: RequestInit =
        method === 'GET'
          ? {}
          : {
              method,
              headers: { 'Content-Type': 'application/json', 'Idempotency-Key': randomUUID() },
              body: '{}',
            };
      const most =
        auth === 'activate'
          ? LIMITS.activate.burst
          : auth === 'operator'
            ? LIMITS.operator.burst
            : LIMITS.address.burst;
      const url = path.replace(/:\w+/g, randomUUID());
      expect([path, await flood('routes', most + 20, () => from(fresh, '192.0.2.1', url, init))]).toEqual([
        path,
        most,
      ]);
      expect((await from(fresh, '192.0.2.2', url, init)).status).not.toBe(429);
      base.clock.ms += HOUR_MS;
      expect((await from(fresh, '192.0.2.1', url, init)).status).not.toBe(429);
    }
  },
);

it('counts the proxy’s word for an address only behind a proxy, and never the client’s own', async () => {
  const many = (i: number): string => `203.0.113.${i % 256}`;
  const get = (app: Target, i: number, forwarded: string, socket = '192.0.2.9') =>
    from(app, socket, '/v1/nonce', {}, forwarded).then((reply) => ({ ...reply, i }));
  const { burst } = LIMITS.address;
  // Without a proxy the header is the client's, whatever it says.
  expect(await flood('forged address', burst + 50, (i) => get(direct, i, many(i)))).toBe(burst);
  // Behind one all but the last hop is the client's.
  expect(
    await flood('forged hops', burst + 50, (i) =>
      get(target, i, `${many(i)}, 10.0.0.${i % 256}, 198.51.100.7`),
    ),
  ).toBe(burst);
  // What is no address counts as the proxy itself.
  const odd = [
    '',
    'unknown',
    '_hidden',
    "' OR 1=1",
    '1.2.3.4\t',
    '-',
    'x'.repeat(5000),
    '[::1]:80',
    '1.2.3.4:80 x',
    '１.2.3.4',
  ];
  const behind = (i: number) => get(target, i, encodeURI(odd[i % odd.length] ?? ''), '192.0.2.77');
  expect(await flood('odd address', burst * 2, behind)).toBe(burst);
  // A whole network of version 6 is one.
  const six = (i: number): string => `2001:db8:1:2:${i.toString(16)}::${i.toString(16)}`;
  expect(await flood('network', burst + 50, (i) => get(target, i, six(i)))).toBe(burst);
  expect((await get(target, 0, '2001:db8:1:3::1')).status).toBe(200);
});

it('lets nobody guess keys: by address, and by the key that is tried', async () => {
  const { key } = await base.sell();
  const device = await TestDevice.make(target);
  const tryKey = async (socket: string, tried: string): Promise<Reply> => {
    const body = JSON.stringify({ key: tried, device: { publicKey: device.jwk, name: 'x' } });
    const proof = (await device.proof('POST', '/v1/activate', body)) ?? '';
    const headers = {
      'Stillwake-Proof': proof,
      'Content-Type': 'application/json',
      'Idempotency-Key': randomUUID(),
    };
    return from(direct, socket, '/v1/activate', { method: 'POST', headers, body });
  };
  await tryKey('192.0.2.250', strangeKey());
  const before = await books(base);
  expect(await flood('guesses by address', 60, () => tryKey('192.0.2.1', strangeKey()))).toBe(
    LIMITS.activate.burst,
  );
  const one = strangeKey();
  expect(await flood('guesses of a key', 60, (i) => tryKey(`198.51.100.${i}`, one))).toBe(
    LIMITS.activate.burst,
  );
  expect(await books(base)).toBe(before);
  // The customer beside them is let in.
  const right = await tryKey('203.0.113.5', key);
  expect(right.code).toBeNull();
});

it('stops a licence’s devices together, wherever they are', { timeout: 120_000 }, async () => {
  const { device } = await sold(base);
  let address = 0;
  const ask = async (): Promise<Reply> => {
    const proof = (await device.proof('GET', '/v1/entitlement', '')) ?? '';
    return from(direct, `10.1.${address >> 8}.${address++ & 255}`, '/v1/entitlement', {
      headers: { 'Stillwake-Proof': proof },
    });
  };
  expect(await flood('devices', LIMITS.subject.burst + 40, ask)).toBe(LIMITS.subject.burst);
});

it('asks the database about no flood of origins', async () => {
  let asked = 0;
  const counted: Target = { ...base, database: { ...base.database } };
  const { services } = base;
  const accounting = {
    ...services.accounting,
    isRegisteredOrigin: (...args: Parameters<typeof services.accounting.isRegisteredOrigin>) => {
      asked++;
      return services.accounting.isRegisteredOrigin(...args);
    },
  };
  const app = {
    ...counted,
    ...targetOf({ ...counted, services: { ...services, accounting } }, { limits: LIMITS }),
  };
  for (const method of ['OPTIONS', 'GET']) {
    const passed = await flood(`origins by ${method}`, 200, (i) =>
      from(app, '192.0.2.1', '/v1/policy', {
        method,
        headers: {
          Origin: `https://page-${method.toLowerCase()}-${i}.example`,
          'Access-Control-Request-Method': 'GET',
        },
      }),
    );
    expect(passed).toBe(method === 'OPTIONS' ? 60 : 0);
  }
  expect(asked).toBe(60);
});
