import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as v from 'valibot';
import { TestDevice, type Reply } from '../test-service.ts';
import {
  books,
  faults,
  KEY_SECRET,
  NO_FAULTS,
  OPERATOR_KEY,
  operate,
  PAGE,
  replyOf,
  sold,
  startTarget,
  STRIPE_SECRET,
  Tally,
  WEBHOOK_SECRET,
  type Target,
} from './test-target.ts';

const tally = new Tally('edges');
let target: Target;
beforeAll(async () => {
  target = await startTarget({ folder: null });
});
afterAll(() => target.database.close());

const ask = async (path: string, init: RequestInit = {}): Promise<Reply> =>
  replyOf(await target.app.request(path, init));
/** A path with its parameters filled in. */
const filled = (path: string): string => path.replace(/:\w+/g, randomUUID());

const ORIGINS = [
  'null',
  '',
  '*',
  'https://evil.example',
  'https://page.example.evil.example',
  'https://evilpage.example',
  'https://sub.page.example',
  'https://page.example.',
  'https://page.example/',
  'https://page.example:443',
  'https://page.example:8443',
  'http://page.example',
  'HTTPS://page.example',
  'https://PAGE.example',
  'https://user@page.example',
  'https://user:password@page.example',
  'https://page.example@evil.example',
  'https://page.example#',
  'https://page.example?',
  'https://page.example https://evil.example',
  'https://page.example, https://evil.example',
  'https://page.example%00',
  'https://page.example\\.evil.example',
  "https://page.example' OR '1'='1",
  'https://%',
  'https://_',
  'https://pageXexample',
  'https://xn--pge-0na.example',
  'https://[::1]',
  'file://',
  'data:',
  'chrome-extension://abcdefghijklmnop',
  'page.example',
  `https://${'a'.repeat(5000)}.example`,
];

it(
  'opens no route to a page that is not registered, and none of the operator’s to any',
  { timeout: 120_000 },
  async () => {
    await sold(target);
    const own = await target.sell({ origins: ['https://own.example'] });
    const device = await TestDevice.make(target);
    expect((await device.activate(own.key)).code).toBeNull();
    const before = await books(target);
    for (const { path, method } of target.table) {
      for (const origin of ORIGINS) {
        const headers = { Origin: origin, 'Access-Control-Request-Method': method };
        const reply = await ask(filled(path), { method: 'OPTIONS', headers });
        tally.refused('preflight', [path, origin], reply, 'ERR_REQUEST_ORIGIN');
        expect(reply.headers.get('access-control-allow-origin'), origin).toBeNull();
        expect(reply.headers.get('access-control-allow-credentials')).toBeNull();
      }
      const open = !/^\/(v1\/operator|webhooks)/.test(path);
      const headers = { Origin: PAGE, 'Access-Control-Request-Method': method };
      const reply = await ask(filled(path), { method: 'OPTIONS', headers });
      expect([path, reply.status, reply.headers.get('access-control-allow-origin')]).toEqual([
        path,
        open ? 204 : 403,
        open ? PAGE : null,
      ]);
      tally.count('preflight');
    }
    // A page of another licence passes the preflight, and no further. What no browser writes is no origin either.
    const alike = ORIGINS.map((origin) => origin.replaceAll('page.example', 'own.example'));
    for (const origin of [PAGE, 'https://app.test', ...new Set([...ORIGINS, ...alike])]) {
      for (const [method, path, body] of [
        ['POST', '/v1/refresh', {}],
        ['POST', '/v1/leases', { min: 1, want: 1 }],
        ['POST', '/v1/ledger', { entries: [] }],
        ['POST', '/v1/deactivate', {}],
        ['POST', '/v1/activate', { key: own.key, device: { publicKey: device.jwk, name: 'x' } }],
        ['GET', '/v1/entitlement', undefined],
      ] as const) {
        const reply = await device.ask(method, path, body, { headers: { Origin: origin } });
        tally.refused('origin', [path, origin], reply, 'ERR_REQUEST_ORIGIN');
        expect(reply.headers.get('set-cookie')).toBeNull();
      }
    }
    expect(await books(target)).toBe(before);
  },
);

it('serves nothing by another method or another spelling of a path', async () => {
  const before = await books(target);
  for (const path of new Set(target.table.map((one) => one.path))) {
    const methods = target.table.filter((one) => one.path === path).map(({ method }) => String(method));
    for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND', 'X']) {
      if (methods.includes(method)) continue;
      const reply = await ask(filled(path), { method, headers: { Authorization: `Bearer ${OPERATOR_KEY}` } });
      tally.refused('method', [path, method], reply, 'ERR_REQUEST_METHOD');
      expect(reply.headers.get('allow')).toBe(methods.join(', '));
    }
    const odd = [
      `${path}/`,
      `/${path}`,
      `${path}//`,
      path.toUpperCase(),
      `${path}%00`,
      `${path}%2f`,
      `${path};a=b`,
      `${path}.json`,
      `${path}%20`,
      `/.${path}x`,
    ];
    for (const other of odd.map(filled)) {
      const reply = await ask(other, { headers: { Authorization: `Bearer ${OPERATOR_KEY}` } });
      if (other.includes('/licences/') || other.includes('/devices/'))
        expect(reply.status).toBeGreaterThanOrEqual(400);
      else expect([other, reply.code]).toEqual([other, 'ERR_REQUEST_NOT_FOUND']);
      tally.count('path');
    }
  }
  const files = [
    '/package.json',
    '/../package.json',
    '/..%2f..%2fetc%2fpasswd',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/v1/..\\..\\package.json',
    '/.git/config',
    '/.env',
    '/v1/policy/../../package.json',
    '/file:///etc/passwd',
    '//etc/passwd',
    '/%00',
    '/%',
    '/%zz',
    '/%ff',
    `/${'a/'.repeat(3000)}`,
  ];
  for (const path of files) {
    tally.refused('file', path, await ask(path), 'ERR_REQUEST_NOT_FOUND');
  }
  for (const id of ['../../../package', 'five-tier.json', '..%2f..%2fpackage', 'five-tier%00']) {
    const reply = await ask(`/v1/policy?id=${id}`);
    tally.refused('file', id, reply, 'ERR_REQUEST_INVALID');
  }
  for (const path of ['/v1/%6fperator/licences', '/v1/operator/%6cicences', '/%76%31/operator/licences']) {
    tally.refused('encoded', path, await ask(path), 'ERR_OPERATOR_KEY');
    const headers = { Origin: PAGE, 'Access-Control-Request-Method': 'GET' };
    tally.refused('encoded', path, await ask(path, { method: 'OPTIONS', headers }), 'ERR_REQUEST_ORIGIN');
  }
  expect(await books(target)).toBe(before);
});

it('keeps what looks like SQL, a script or a prototype as the text that it is', async () => {
  const texts = [
    `'; DROP TABLE licences; --`,
    `' OR '1'='1`,
    `\\'; SELECT pg_sleep(30); --`,
    `$1 $2 $$`,
    `"; --`,
    `/* */ UNION SELECT private_jwk FROM signing_keys`,
    '%00%27',
    '\u001b[2J\u0007',
    'a\r\nSet-Cookie: a=b',
    '\u202e\u2066',
    '<script>alert(1)</script>',
    '__proto__',
    '{"$ne":null}',
    '𝔘😀',
  ];
  for (const text of texts) {
    const { key, id, device } = await sold(target);
    const body = { key, device: { publicKey: device.jwk, name: text } };
    const reply = await device.ask('POST', '/v1/activate', body);
    expect(JSON.parse(reply.text)).toMatchObject({ account: { devices: [{ name: text }] } });
    const granted = await operate(
      target,
      `/v1/operator/licences/${id}/grant`,
      JSON.stringify({ amount: 1, reason: text }),
    );
    expect(granted.status).toBe(200);
    const audit = await operate(target, `/v1/operator/audit?licence=${id}&limit=1`);
    expect(JSON.parse(audit.text)).toMatchObject({ items: [{ details: { reason: text } }] });
    for (const answer of [reply, granted, audit]) {
      expect(answer.headers.get('content-type')).toContain('application/json');
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    }
    tally.count('text', 3);
  }
  expect(await faults(target)).toEqual(NO_FAULTS);
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect(Reflect.get({}, 'a')).toBeUndefined();
});

it('writes one line of JSON for each request, with no secret and nothing that ends a line', async () => {
  const { key, device } = await sold(target);
  const lines = target.log.length;
  const proof = (await device.proof('POST', '/v1/refresh', '{}')) ?? '';
  const hostile = [
    '%0a{"at":"forged"}',
    '%0d%0aX',
    '%1b[2J',
    '%e2%80%a8',
    '%e2%80%ae',
    '%00',
    key,
    key.toLowerCase(),
    key.replaceAll('-', ''),
    proof.split('.')[2] ?? '',
    'x'.repeat(5000),
  ];
  for (const text of hostile) {
    for (const path of [
      `/${text}`,
      `/v1/operator/licences/${text}`,
      `/v1/policy?id=${text}`,
      `/v1/refresh?${text}`,
    ]) {
      await ask(path, {
        headers: {
          'User-Agent': '\u001b[31m{"forged":true}',
          Authorization: `Bearer ${OPERATOR_KEY}`,
          'Stillwake-Proof': proof,
          'Idempotency-Key': key,
          Referer: `https://page.example/${key}`,
        },
      });
      tally.count('log');
    }
  }
  expect(target.log.length - lines).toBe(hostile.length * 4);
  const entitlement = (await device.ask('POST', '/v1/refresh', {})).text;
  const secrets = [
    key,
    key.toLowerCase(),
    key.replaceAll('-', ''),
    OPERATOR_KEY,
    WEBHOOK_SECRET,
    STRIPE_SECRET,
    KEY_SECRET,
    ...proof.split('.'),
    entitlement.slice(60, 160),
  ];
  for (const line of target.log) {
    v.parse(v.looseObject({ at: v.string(), method: v.string(), status: v.number() }), JSON.parse(line));
    expect(line.length).toBeLessThan(1000);
    expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/);
    for (const secret of secrets) expect(line).not.toContain(secret);
  }
});
