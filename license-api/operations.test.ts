import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readConfig } from './config.ts';
import { Buckets, networkOf, rateLimit } from './middleware/rate.ts';
import { OPERATOR_KEY, startOperations, type Operations } from './test-operations.ts';

const PAGE = 'https://page.example';

let at: Operations;
beforeAll(async () => {
  at = await startOperations({ folder: null }, { limit: rateLimit() });
});
afterAll(() => at.database.close());

const operate: Operations['operate'] = (...request) => at.operate(...request);
const stripe: Operations['stripe'] = (...event) => at.stripe(...event);

const subscription = (price: string, status = 'active') => ({
  id: 'sub_1',
  status,
  items: { data: [{ price: { id: price } }] },
});

test('the description is valid and has every route', async () => {
  const answer = await at.app.request('/openapi.json');
  const document = JSON.parse(await answer.text()) as { paths: Record<string, Record<string, unknown>> };
  expect(await new Validator().validate(document)).toMatchObject({ valid: true });
  for (const { path, method } of at.table) {
    expect(document.paths[path.replace(/:(\w+)/g, '{$1}')], path).toHaveProperty(method.toLowerCase());
  }
});

test('an operator is asked for the key, and a repeated creation makes one licence', async () => {
  for (const authorization of ['', 'Bearer wrong', `Basic ${OPERATOR_KEY}`]) {
    const refused = await operate('/licences', undefined, { Authorization: authorization });
    expect(refused.status).toBe(401);
    expect(refused.text).toContain('ERR_OPERATOR_KEY');
  }
  const licence = { policy: 'five-tier', tier: 'plus', origins: [PAGE], reference: 'order-1' };
  const headers = { 'Idempotency-Key': 'the-same-key-twice' };
  const first = await operate('/licences', licence, headers);
  expect(first.status).toBe(201);
  expect(await operate('/licences', licence, headers)).toEqual(first);
  expect((await operate('/licences', { ...licence, tier: 'lite' }, headers)).status).toBe(422);
  expect((await operate('/licences', licence)).text).toContain('ERR_OPERATOR_CONFLICT');
  const kept = JSON.stringify(await at.database.query('SELECT * FROM idempotency'));
  expect(kept).toContain('operator:main');
  expect(kept).not.toMatch(/the-same-key-twice|SW-|five-tier/);
  const { licence: made, key } = JSON.parse(first.text) as { licence: { id: string }; key: string };
  expect((await operate(`/licences/${made.id}/grant`, { amount: 5, reason: 'sorry' })).status).toBe(200);
  expect((await operate(`/licences/${made.id}/revoke`, { reason: 'stolen' })).text).toContain('"revoked"');
  expect((await operate(`/licences/${made.id}`)).text).not.toContain(key);
  expect((await operate('/audit?limit=10')).text).toContain('operator:main');
  expect(at.log.join('\n')).not.toMatch(new RegExp(`${key}|${OPERATOR_KEY}`));
});

test('only pages of licences pass a preflight, and operators have none', async () => {
  await operate('/licences', { policy: 'five-tier', tier: 'plus', origins: [PAGE] });
  const preflight = (path: string, origin: string) =>
    at.app.request(path, {
      method: 'OPTIONS',
      headers: { Origin: origin, 'Access-Control-Request-Method': 'POST' },
    });
  expect((await preflight('/v1/activate', PAGE)).headers.get('access-control-allow-origin')).toBe(PAGE);
  for (const [path, origin] of [
    ['/v1/activate', 'https://other.example'],
    ['/v1/activate', "https://page.example' OR 1=1"],
    ['/v1/operator/licences', PAGE],
  ] as const) {
    const refused = await preflight(path, origin);
    expect(refused.status).toBe(403);
    expect(refused.headers.get('access-control-allow-origin')).toBeNull();
  }
});

test('a subscription makes, changes, ends and voids a licence, each event once', async () => {
  expect(
    (await stripe('invoice.paid', 11, { id: 'in_1', subscription: 'sub_1', charge: 'ch_1' })).text,
  ).toContain('unknown');
  const created = ['customer.subscription.created', 10, subscription('price_lite'), { id: 'evt_c' }] as const;
  expect((await stripe(...created)).text).toContain('applied');
  expect((await stripe(...created)).text).toContain('repeated');
  expect((await operate('/key?reference=sub_1')).text).toMatch(/"key":"SW-/);
  await stripe('customer.subscription.updated', 20, subscription('price_plus'));
  expect((await stripe('customer.subscription.updated', 15, subscription('price_lite'))).text).toContain(
    'late',
  );
  expect((await operate('/licences?reference=sub_1')).text).toContain('"tier":"plus"');
  await stripe('charge.refunded', 30, { id: 'ch_1', refunded: true });
  expect((await operate('/licences?reference=sub_1')).text).toMatch(/"state":"ended".*"epoch":1/);
  await stripe('invoice.paid', 40, {
    id: 'in_2',
    parent: { subscription_details: { subscription: 'sub_1' } },
  });
  expect((await operate('/licences?reference=sub_1')).text).toContain('"state":"active"');
  await stripe('customer.subscription.deleted', 50, { id: 'sub_1' });
  expect((await stripe('customer.subscription.updated', 60, subscription('price_plus'))).text).toContain(
    'late',
  );
  expect((await operate('/licences?reference=sub_1')).text).toContain('"state":"ended"');
});

test('a forged, an old and a malformed event are refused', async () => {
  const forged = { ...subscription('price_lite'), id: 'sub_forged' };
  const event = ['customer.subscription.created', 10, forged] as const;
  expect((await stripe(...event, { secret: 'whsec_guessed' })).status).toBe(401);
  expect((await stripe(...event, { ageS: 301 })).status).toBe(401);
  expect((await stripe(...event, { ageS: -310 })).status).toBe(401);
  expect((await stripe('customer.subscription.created', 10, { id: 'sub_1' })).status).toBe(400);
  expect((await operate('/licences?reference=sub_forged')).text).toContain('"items":[]');
});

test('a bucket fills up again, forgets, and counts networks', () => {
  let nowMs = 0;
  const buckets = new Buckets({ burst: 2, perMinute: 60 }, () => nowMs, 3);
  expect([buckets.take('a'), buckets.take('a'), buckets.take('a')]).toEqual([0, 0, 1]);
  nowMs = 1000;
  expect(buckets.take('a')).toBe(0);
  for (const name of ['b', 'c', 'd', 'e']) buckets.take(name);
  expect(buckets.size).toBe(3);
  expect(networkOf('::ffff:192.0.2.1')).toBe('192.0.2.1');
  expect(networkOf('2001:db8:0:7::1')).toBe(networkOf('2001:db8:0:7:1:2:3:4'));
});

test('a wrong setting is named, its value is not', () => {
  const policies = `${import.meta.dirname}/policies`;
  expect(() => readConfig([], { OPERATOR_KEY: 'short-secret' }, policies)).toThrow(/^OPERATOR_KEY[^-]*$/);
  expect(() => readConfig([], { WEBHOOK_SECRET: 'long-enough-secret' }, policies)).toThrow(/KEY_SECRET/);
  expect(() => readConfig(['--policy', '/nowhere.json'], {}, policies)).toThrow(/policy/);
  expect(readConfig(['--help'], {}, policies)).toBeNull();
});
