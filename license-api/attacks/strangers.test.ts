import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { webhookSignature } from '../routes/webhook-signature.ts';
import { strangeKey, TestDevice, type Reply } from '../test-service.ts';
import {
  books,
  KEY_SECRET,
  OPERATOR_KEY,
  operate,
  replyOf,
  sold,
  startTarget,
  STRIPE_SECRET,
  Tally,
  WEBHOOK_SECRET,
  type Target,
} from './test-target.ts';

const tally = new Tally('strangers');
let target: Target;
beforeAll(async () => {
  target = await startTarget({ folder: null });
});
afterAll(() => target.database.close());

const ask = async (path: string, init: RequestInit = {}): Promise<Reply> =>
  replyOf(await target.app.request(path, init));
/** A path with its parameters filled in. */
const filled = (path: string): string => path.replace(/:\w+/g, randomUUID());

it('gives nobody the operator’s side without the operator’s key', async () => {
  const { device } = await sold(target);
  const before = await books(target);
  const hidden = `${OPERATOR_KEY.slice(0, -1)}X`;
  const authorizations = [
    null,
    '',
    'Bearer',
    'Bearer ',
    `Bearer ${hidden}`,
    `Bearer ${OPERATOR_KEY}x`,
    `Bearer ${OPERATOR_KEY.slice(1)}`,
    `Bearer ${OPERATOR_KEY.toUpperCase()}`,
    `Bearer ${OPERATOR_KEY} ${OPERATOR_KEY}`,
    `Bearer ${OPERATOR_KEY}, Bearer ${OPERATOR_KEY}`,
    `Bearer "${OPERATOR_KEY}"`,
    `Basic ${Buffer.from(`operator:${OPERATOR_KEY}`).toString('base64')}`,
    `Token ${OPERATOR_KEY}`,
    OPERATOR_KEY,
    `Bearer ${KEY_SECRET}`,
    `Bearer ${WEBHOOK_SECRET}`,
    "Bearer ' OR '1'='1",
    `Bearer ${'x'.repeat(10_000)}`,
    'Bearer null',
    'Bearer undefined',
  ];
  const texts = new Set<string>();
  for (const { path, method, auth } of target.table) {
    if (auth !== 'operator') continue;
    for (const authorization of authorizations) {
      const reply = await ask(`${filled(path)}?key=${OPERATOR_KEY}&access_token=${OPERATOR_KEY}`, {
        method,
        headers: {
          ...(authorization === null ? {} : { Authorization: authorization }),
          'X-Api-Key': OPERATOR_KEY,
          Cookie: `authorization=Bearer ${OPERATOR_KEY}`,
          'Content-Type': 'application/json',
          'Idempotency-Key': randomUUID(),
        },
        ...(method === 'POST' ? { body: '{}' } : {}),
      });
      tally.refused('operator', [path, authorization], reply, 'ERR_OPERATOR_KEY');
      texts.add(reply.text);
    }
  }
  expect(texts.size).toBe(1);
  // A device's proof, a shop's signature and an operator's key each open their own side only.
  tally.refused('operator', 'proof', await device.ask('GET', '/v1/operator/licences'), 'ERR_OPERATOR_KEY');
  tally.refused('operator', 'key', await operate(target, '/v1/refresh', '{}'), 'ERR_LICENCE_PROOF');
  tally.refused(
    'operator',
    'key',
    await operate(target, '/webhooks/payments', '{}'),
    'ERR_WEBHOOK_SIGNATURE',
  );
  expect(await books(target)).toBe(before);
});

it('takes no event whose signature is not over this body, by this secret, of now', async () => {
  const t = Math.floor(target.clock.ms / 1000);
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  for (const [path, header, secret, others] of [
    [
      '/webhooks/payments',
      'Stillwake-Signature',
      WEBHOOK_SECRET,
      [STRIPE_SECRET, KEY_SECRET, OPERATOR_KEY, ''],
    ],
    ['/webhooks/stripe', 'Stripe-Signature', STRIPE_SECRET, [WEBHOOK_SECRET, KEY_SECRET, OPERATOR_KEY, '']],
  ] as const) {
    const body = JSON.stringify({
      id: 'e1',
      type: 'moments.granted',
      reference: 'r',
      amount: 5,
      created: t,
      data: { object: {} },
    });
    const of = (text: string, at: number | string = t, by: string = secret): string =>
      webhookSignature(by, Number(at), bytes(text));
    const right = of(body);
    const before = await books(target);
    const headers: readonly (string | null)[] = [
      null,
      '',
      'v1=',
      `v1=${right}`,
      `t=${t}`,
      `t=,v1=${right}`,
      `t=${t},v1=`,
      `t=${t},v0=${right}`,
      `t=${t},v2=${right}`,
      `t=${t};v1=${right}`,
      `t=${t},v1=${right.toUpperCase()}`,
      `t=${t},v1=${right.slice(0, -1)}`,
      `t=${t},v1=${right}0`,
      `t=${t},v1=${right.slice(0, -1)}g`,
      `t=${t},v1=${'0'.repeat(64)}`,
      `t=${t},t=${t},v1=${right}`,
      `t=${t - 1},v1=${right}`,
      `t=+${t},v1=${right}`,
      `t=${t}.0,v1=${right}`,
      `t=0${t},v1=${right}`,
      `t=-${t},v1=${right}`,
      `t=NaN,v1=${right}`,
      `t=1e99,v1=${right}`,
      `t=${'9'.repeat(400)},v1=${right}`,
      `t=${t * 1000},v1=${of(body, t * 1000)}`,
      ...[-301, 301, -3600, 3600, -31_622_400, 31_622_400].map((s) => `t=${t + s},v1=${of(body, t + s)}`),
      ...others.map((other) => `t=${t},v1=${of(body, t, other)}`),
      `t=${t},${Array.from({ length: 8 }, () => `v1=${'0'.repeat(64)}`).join(',')},v1=${right}`,
      `t=${t},v1=${right},${'v0=00,'.repeat(400)}`,
      ...[`${body} `, ` ${body}`, body.replace('5', '6'), '', '{}', body.replaceAll('"', "'")].map(
        (other) => `t=${t},v1=${of(other)}`,
      ),
      "t=1' OR '1'='1,v1=x",
    ];
    for (const value of headers) {
      const reply = await ask(path, {
        method: 'POST',
        headers: value === null ? {} : { [header]: value },
        body,
      });
      tally.refused('event', [path, value], reply, 'ERR_WEBHOOK_SIGNATURE');
    }
    const misplaced = header.startsWith('Stripe') ? 'Stillwake-Signature' : 'Stripe-Signature';
    const reply = await ask(path, { method: 'POST', headers: { [misplaced]: `t=${t},v1=${right}` }, body });
    tally.refused('event', [path, misplaced], reply, 'ERR_WEBHOOK_SIGNATURE');
    expect(await books(target)).toBe(before);
  }
});

it('tells a stranger the same of a wrong, a mistyped, an ended and a revoked key', async () => {
  const ended = await target.sell();
  const revoked = await target.sell();
  await operate(target, `/v1/operator/licences/${ended.licence.id}`, '{"state":"ended"}');
  await operate(target, `/v1/operator/licences/${revoked.licence.id}/revoke`, '{"reason":"stolen"}');
  const letter = ended.key.at(-1) === 'A' ? 'B' : 'A';
  const keys = [strangeKey(), `${ended.key.slice(0, -1)}${letter}`, ended.key, revoked.key];
  const answers = new Set<string>();
  for (const key of [...keys, ...keys]) {
    const device = await TestDevice.make(target);
    const reply = await device.activate(key, { headers: { Origin: 'https://app.test' } });
    tally.refused('key', key.length, reply, 'ERR_LICENCE_KEY');
    const headers = [...reply.headers].filter(([name]) => !/^(stillwake-nonce|x-request-id)$/.test(name));
    answers.add(JSON.stringify([reply.status, reply.text, headers]));
  }
  expect(answers.size).toBe(1);
  // Whoever is out hears the same, whyever.
  const stranger = await TestDevice.make(target);
  const out = await sold(target);
  await out.device.ask('POST', '/v1/deactivate', {});
  const lapsed = await sold(target);
  await operate(target, `/v1/operator/licences/${lapsed.id}`, '{"state":"ended"}');
  const said = new Set<string>();
  for (const device of [stranger, out.device, lapsed.device]) {
    const reply = await device.ask('POST', '/v1/refresh', {});
    tally.refused('device', 'refresh', reply, 'ERR_LICENCE_DEVICE');
    said.add(reply.text);
  }
  expect(said.size).toBe(1);
});
