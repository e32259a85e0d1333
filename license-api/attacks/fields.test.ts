import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Route } from '../services.ts';
import type { Reply } from '../test-service.ts';
import { books, notify, operate, replyOf, sold, startTarget, Tally, type Target } from './test-target.ts';
import { samplesOf, withMember, withoutField, withValue, type Sample, type World } from './test-samples.ts';
import {
  HOSTILE_BODIES,
  HOSTILE_IDEMPOTENCY,
  HOSTILE_NAMES,
  HOSTILE_TYPES,
  HOSTILE_VALUES,
  LARGE_VALUES,
} from './test-values.ts';

const tally = new Tally('fields');
let target: Target;
let world: World;
let samples: Sample[];

beforeAll(async () => {
  target = await startTarget({ folder: null });
  const { device, key, id } = await sold(target);
  world = { device, key, licenceId: id };
  samples = samplesOf(world);
});
afterAll(() => target.database.close());

function routeOf(sample: Sample): Route {
  const found = target.table.find(({ name }) => name === sample.route);
  if (found === undefined) throw new Error(`there is no route ${sample.route}`);
  return found;
}

type Body = string | Uint8Array<ArrayBuffer>;

/** Sends a body as whoever may send one to the route: only the body, or a header, is wrong. */
async function send(sample: Sample, body: Body, headers: Record<string, string | null> = {}): Promise<Reply> {
  const { auth } = routeOf(sample);
  const { path } = sample;
  const sent = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== null)) as Record<
    string,
    string
  >;
  const dropped = Object.keys(headers).filter((name) => headers[name] === null);
  if (auth === 'webhook') return notify(target, path as '/webhooks/payments', body, sent);
  const all: Record<string, string> = {
    'Content-Type': 'application/json',
    'Idempotency-Key': randomUUID(),
    ...sent,
  };
  for (const name of dropped) Reflect.deleteProperty(all, name);
  if (auth === 'operator') {
    const authorization = { Authorization: 'Bearer operator-key-of-at-least-32-characters' };
    return replyOf(
      await target.app.request(path, { method: 'POST', headers: { ...authorization, ...all }, body }),
    );
  }
  const proof = await world.device.proof('POST', path, body);
  if (proof === null) throw new Error('there is no proof');
  return replyOf(
    await target.app.request(path, { method: 'POST', headers: { 'Stillwake-Proof': proof, ...all }, body }),
  );
}

it('has a sample of every route that takes a body', () => {
  const posts = target.table.filter(({ method }) => method === 'POST').map(({ name }) => name);
  expect(new Set(samples.map(({ route }) => route))).toEqual(new Set(posts));
  expect(posts.length).toBeGreaterThan(13);
});

it('refuses values of a wrong form in every field, and books nothing', { timeout: 120_000 }, async () => {
  const before = await books(target);
  for (const sample of samples) {
    const most = routeOf(sample).bodyMax;
    for (const [i, field] of sample.fields.entries()) {
      for (const value of i === 0 ? [...HOSTILE_VALUES, ...LARGE_VALUES] : HOSTILE_VALUES) {
        const fits = field.fits?.(JSON.parse(value)) === true;
        if (fits && field.then === undefined) continue;
        const body = withValue(sample, field, value);
        const code =
          body.length > most
            ? 'ERR_REQUEST_TOO_LARGE'
            : fits
              ? (field.then ?? 'ERR_SERVER')
              : 'ERR_REQUEST_INVALID';
        tally.refused('values', [sample.route, field.at, value], await send(sample, body), code);
      }
    }
    expect(await books(target), sample.route).toBe(before);
  }
});

it('refuses missing fields and unknown members of every object', { timeout: 120_000 }, async () => {
  const before = await books(target);
  for (const sample of samples) {
    for (const field of sample.fields) {
      if (field.optional === true || typeof field.at.at(-1) === 'number') continue;
      const body = withoutField(sample, field);
      // Without its parts a key of another kind is left; without its type an event is none at all.
      tally.refused('missing', [sample.route, field.at], await send(sample, body), 'ERR_REQUEST_INVALID');
    }
    if (sample.open === true) continue;
    for (const name of HOSTILE_NAMES) {
      for (const body of withMember(sample, name)) {
        tally.refused('extra', [sample.route, body], await send(sample, body), 'ERR_REQUEST_INVALID');
      }
    }
  }
  expect(await books(target)).toBe(before);
});

it('refuses what is no JSON object, is said to be none, or is too long', { timeout: 120_000 }, async () => {
  const before = await books(target);
  for (const [i, sample] of samples.entries()) {
    if (samples.findIndex(({ route }) => route === sample.route) !== i) continue;
    const { auth, bodyMax, idempotent } = routeOf(sample);
    for (const [body, code] of HOSTILE_BODIES) {
      const expected = body.length > bodyMax ? 'ERR_REQUEST_TOO_LARGE' : code;
      tally.refused('no JSON', [sample.route, body], await send(sample, body), expected);
    }
    const text = JSON.stringify(sample.body);
    const padded = `${text.slice(0, -1)}${' '.repeat(bodyMax + 1 - text.length)}}`;
    for (const length of [null, '1', '-1', 'many', '1e9', '99999999999999999999', '0x10']) {
      const headers = length === null ? {} : { 'Content-Length': length };
      tally.refused(
        'too long',
        [sample.route, length],
        await send(sample, padded, headers),
        'ERR_REQUEST_TOO_LARGE',
      );
    }
    if (auth !== 'webhook') {
      for (const type of HOSTILE_TYPES) {
        const reply = await send(sample, text, { 'Content-Type': type });
        tally.refused('type', [sample.route, type], reply, 'ERR_REQUEST_NOT_JSON');
      }
    }
    if (!idempotent) continue;
    for (const key of HOSTILE_IDEMPOTENCY) {
      const reply = await send(sample, text, { 'Idempotency-Key': key });
      tally.refused('idempotency', [sample.route, key], reply, 'ERR_REQUEST_IDEMPOTENCY');
    }
  }
  expect(await books(target)).toBe(before);
});

it('survives nesting as deep as a body is long, and ledgers of too many entries', async () => {
  const before = await books(target);
  for (const route of ['ledger', 'webhookPayments', 'webhookStripe']) {
    const sample = samples.find((one) => one.route === route);
    if (sample === undefined) throw new Error(route);
    for (const [open, close] of [
      ['[', ']'],
      ['{"a":', '}'],
    ] as const) {
      const depth = Math.floor((routeOf(sample).bodyMax - 64) / (open.length + close.length));
      for (const inner of ['1', '"\\u0000"', '"\\ud800"']) {
        const body = `{"entries":${open.repeat(depth)}${inner}${close.repeat(depth)}}`;
        tally.refused('nesting', [route, open, inner], await send(sample, body), 'ERR_REQUEST_INVALID');
      }
    }
  }
  const ledger = samples.find((one) => one.route === 'ledger');
  if (ledger === undefined) throw new Error('ledger');
  for (const count of [501, 2000, 100_000]) {
    for (const entry of ['{}', 'null', '[]', '""']) {
      const body = `{"entries":[${Array.from({ length: count }, () => entry).join(',')}]}`;
      const code = body.length > routeOf(ledger).bodyMax ? 'ERR_REQUEST_TOO_LARGE' : 'ERR_REQUEST_INVALID';
      tally.refused('too many', [count, entry], await send(ledger, body), code);
    }
  }
  expect(await books(target)).toBe(before);
});

it('reads the last of two members of one name, and signs and books no other', async () => {
  const { device, key, id } = await sold(target);
  const of = (body: string, bend = {}) => device.ask('POST', '/v1/leases', body, bend);
  tally.refused('twice', 'null last', await of('{"min":1,"want":5,"want":null}'), 'ERR_REQUEST_INVALID');
  tally.refused('twice', 'too much last', await of('{"min":1,"want":5,"min":6}'), 'ERR_REQUEST_INVALID');
  expect((await of('{"want":900,"min":900,"min":3,"want":4}')).status).toBe(200);
  expect(await target.licence(id)).toMatchObject({ leased: 4 });
  const twice = `{"key":"${key}","device":{"publicKey":${JSON.stringify(device.jwk)},"name":"a"},"device":null}`;
  tally.refused('twice', 'device', await device.ask('POST', '/v1/activate', twice), 'ERR_REQUEST_INVALID');
});

it('refuses queries of a wrong form, and unknown ones', async () => {
  const before = await books(target);
  const queried: readonly (readonly [string, readonly string[], string])[] = [
    ['/v1/policy', ['id'], ''],
    ['/v1/operator/licences', ['limit', 'after', 'reference'], ''],
    ['/v1/operator/audit', ['limit', 'after', 'licence'], ''],
    ['/v1/operator/key', ['reference'], ''],
  ];
  const wrong = [
    '',
    ' ',
    '%00',
    '%0d%0aX: y',
    "'%3b--",
    '%f0%9f%92%a9',
    '%ff',
    '%',
    '%zz',
    '../..',
    '$1',
    '[]',
    '{}',
  ];
  for (const [path, names] of queried) {
    for (const name of names) {
      for (const value of [...wrong, 'x'.repeat(200), '%ed%a0%80']) {
        const reply = await operate(target, `${path}?${name}=${value}`);
        tally.refused('queries', [path, name, value], reply, 'ERR_REQUEST_INVALID');
      }
    }
    for (const name of ['extra', '__proto__', 'constructor', 'toString', 'id%00', '%27']) {
      const rest = path === '/v1/operator/key' ? '&reference=a' : '';
      tally.refused(
        'queries',
        [path, name],
        await operate(target, `${path}?${name}=1${rest}`),
        'ERR_REQUEST_INVALID',
      );
    }
  }
  for (const limit of ['0', '-1', '201', '999', '1.5', '1e2', '0x10', 'NaN', '٣']) {
    const reply = await operate(target, `/v1/operator/audit?limit=${encodeURIComponent(limit)}`);
    tally.refused('queries', limit, reply, 'ERR_REQUEST_INVALID');
  }
  for (const after of ['NaN', 'Infinity', '1.5', '9007199254740993', 'abc']) {
    const reply = await operate(target, `/v1/operator/licences?after=${after}`);
    tally.refused('queries', after, reply, 'ERR_REQUEST_INVALID');
  }
  expect(await books(target)).toBe(before);
});
