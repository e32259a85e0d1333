import { createECDH, randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { digest } from '../../src/core/licence/digest.ts';
import { createNonces } from '../signing/nonces.ts';
import { TestDevice, type Reply } from '../test-service.ts';
import {
  foreignNonce,
  forgedProofs,
  proofByRsa,
  proofOfNoKey,
  secondSpelling,
  smallOrderKeys,
  withLargerS,
  withOtherS,
  wrongClaims,
} from './test-proofs.ts';
import { books, replyOf, sold, startTarget, Tally, type Target } from './test-target.ts';

const tally = new Tally('proofs');
const ALGORITHMS = ['EdDSA', 'ES256'] as const;
let target: Target;
beforeAll(async () => {
  target = await startTarget({ folder: null });
});
afterAll(() => target.database.close());

const nowS = (): number => Math.floor(target.clock.ms / 1000);

async function deviceOf(alg: (typeof ALGORITHMS)[number]): Promise<{ device: TestDevice; key: string }> {
  const { key } = await target.sell();
  const device = await TestDevice.make(target, alg);
  expect((await device.activate(key)).code).toBeNull();
  return { device, key };
}

/** Sends a finished proof with a request. */
async function send(
  proof: string | null,
  path = '/v1/refresh',
  body: string | null = '{}',
  headers: Record<string, string> = {},
): Promise<Reply> {
  return replyOf(
    await target.app.request(path, {
      method: body === null ? 'GET' : 'POST',
      headers: {
        ...(proof === null ? {} : { 'Stillwake-Proof': proof }),
        ...(body === null ? {} : { 'Content-Type': 'application/json', 'Idempotency-Key': randomUUID() }),
        ...headers,
      },
      ...(body === null ? {} : { body }),
    }),
  );
}

function claims(more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    htm: 'POST',
    htu: '/v1/refresh',
    ath: digest('{}'),
    iat: nowS(),
    nonce: target.services.nonces.issue(),
    ...more,
  };
}

it.each(ALGORITHMS)('refuses every forged header and signature of %s, and uses up no nonce', async (alg) => {
  const { device } = await deviceOf(alg);
  const stranger = await TestDevice.make(target, alg === 'EdDSA' ? 'ES256' : 'EdDSA');
  const before = await books(target);
  const used = await target.database.query('SELECT nonce FROM nonces');
  const nonce = target.services.nonces.issue();
  for (const [what, bend] of await forgedProofs(device, stranger)) {
    const reply = await device.ask('POST', '/v1/refresh', {}, { ...bend, claims: { nonce } });
    tally.refused(`forged ${alg}`, what, reply, 'ERR_LICENCE_PROOF');
  }
  for (const [what, wrong] of wrongClaims(nowS())) {
    const reply = await device.ask('POST', '/v1/refresh', {}, { claims: { nonce, ...wrong } });
    tally.refused(`claims ${alg}`, what, reply, 'ERR_LICENCE_PROOF');
  }
  expect(await books(target)).toBe(before);
  expect(await target.database.query('SELECT nonce FROM nonces')).toEqual(used);
  expect((await device.ask('POST', '/v1/refresh', {}, { claims: { nonce } })).code).toBeNull();
});

it('refuses what is no proof at all, at every route that wants one', async () => {
  const { device } = await deviceOf('EdDSA');
  const proof = (await device.proof('POST', '/v1/refresh', '{}')) ?? '';
  const [head = '', body = '', signature = ''] = proof.split('.');
  const forms = [
    null,
    '',
    '.',
    '..',
    '...',
    'a.b.c',
    'null.null.null',
    `${head}.${body}`,
    `${proof}.${signature}`,
    `.${body}.${signature}`,
    `${head}..${signature}`,
    `Bearer ${proof}`,
    `${proof}, ${proof}`,
    `${proof} `.repeat(2),
    JSON.stringify({ protected: head, payload: body, signature }),
    `${Buffer.from('null').toString('base64url')}.${body}.${signature}`,
    `${Buffer.from('[]').toString('base64url')}.${body}.${signature}`,
    `${Buffer.from([0xff, 0xfe]).toString('base64url')}.${body}.${signature}`,
    `${Buffer.from('['.repeat(900)).toString('base64url')}.${body}.${signature}`,
    `${head}.${body}.${'A'.repeat(2048)}`,
    'A'.repeat(100_000),
    "' OR 1=1 --",
    '%00',
    'é.é.é',
  ];
  const before = await books(target);
  for (const route of target.table.filter(({ auth }) => auth === 'device' || auth === 'activate')) {
    for (const form of forms) {
      const reply = await send(form, route.path, route.method === 'GET' ? null : '{}');
      tally.refused('form', [route.path, form], reply, 'ERR_LICENCE_PROOF');
    }
  }
  expect(await books(target)).toBe(before);
});

it('lets nobody in without a private key: points of small order, none, of another curve', async () => {
  const { key } = await target.sell();
  const before = await books(target);
  for (const x of smallOrderKeys()) {
    const publicKey = { kty: 'OKP', crv: 'Ed25519', x };
    const body = JSON.stringify({ key, device: { publicKey, name: 'Nobody' } });
    // Under a key of order 8 one message in eight is signed by anybody.
    for (let i = 0; i < 12; i++) {
      const proof = proofOfNoKey(x, claims({ htu: '/v1/activate', ath: digest(body) }));
      tally.refused('small order', x, await send(proof, '/v1/activate', body), 'ERR_LICENCE_PROOF');
    }
  }
  const ecdh = createECDH('prime256v1');
  ecdh.generateKeys();
  const raw = ecdh.getPublicKey();
  const coordinate = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
  const x = coordinate(raw.subarray(1, 33));
  const off = Buffer.from(raw.subarray(33));
  off[31] = (off[31] ?? 0) ^ 1;
  const wrongPoints = [
    [x, coordinate(off)],
    [x, x],
    [coordinate(new Uint8Array(32)), coordinate(new Uint8Array(32))],
    [coordinate(new Uint8Array(32).fill(0xff)), coordinate(raw.subarray(33))],
    [coordinate(raw.subarray(33)), x],
    [coordinate(randomBytes(32)), coordinate(randomBytes(32))],
  ] as const;
  for (const [px, py] of wrongPoints) {
    const head = { alg: 'ES256', typ: 'stillwake-proof+jwt', jwk: { kty: 'EC', crv: 'P-256', x: px, y: py } };
    for (const signature of [new Uint8Array(64), randomBytes(64)]) {
      const parts = [head, claims()].map((one) => Buffer.from(JSON.stringify(one)).toString('base64url'));
      const reply = await send([...parts, coordinate(signature)].join('.'));
      tally.refused('not on the curve', [px, py], reply, 'ERR_LICENCE_PROOF');
    }
  }
  tally.refused('RSA', 'whole in itself', await send(await proofByRsa(claims())), 'ERR_LICENCE_PROOF');
  expect(await books(target)).toBe(before);
});

it.each(ALGORITHMS)('takes a proof of %s once, whatever is bent in it afterwards', async (alg) => {
  const { device } = await deviceOf(alg);
  const proof = (await device.proof('POST', '/v1/refresh', '{}')) ?? '';
  const replies = await Promise.all(Array.from({ length: 50 }, () => send(proof)));
  expect(replies.filter(({ code }) => code === null).length).toBe(1);
  for (const reply of replies.filter(({ code }) => code !== null)) {
    tally.refused('replayed at once', alg, reply, 'ERR_LICENCE_NONCE');
  }
  tally.refused('replayed', alg, await send(proof), 'ERR_LICENCE_NONCE');
  const larger = alg === 'EdDSA' ? withLargerS(proof) : withOtherS(proof);
  // ECDSA has two signatures for a message by its nature: the second one finds its nonce used up.
  const code = alg === 'EdDSA' ? 'ERR_LICENCE_PROOF' : 'ERR_LICENCE_NONCE';
  tally.refused('other signature', alg, await send(larger), code);
  const fresh = (await device.proof('POST', '/v1/refresh', '{}')) ?? '';
  if (alg === 'EdDSA') tally.refused('larger S', alg, await send(withLargerS(fresh)), 'ERR_LICENCE_PROOF');
  else expect((await send(withOtherS(fresh))).code).toBeNull();
});

it('takes a proof for the one request that it is for', async () => {
  const { device, key } = await deviceOf('EdDSA');
  const other = await sold(target);
  const before = await books(target);
  const paths = ['/v1/activate', '/v1/refresh', '/v1/deactivate', '/v1/leases', '/v1/ledger'];
  for (const made of paths) {
    for (const sent of paths) {
      if (made === sent) continue;
      const proof = await device.proof('POST', made, '{}');
      tally.refused('other path', [made, sent], await send(proof, sent), 'ERR_LICENCE_PROOF');
    }
    const proof = await device.proof('POST', made, '{}');
    tally.refused('other method', made, await send(proof, '/v1/entitlement', null), 'ERR_LICENCE_PROOF');
    const asGet = await device.proof('GET', made, '');
    tally.refused('other method', made, await send(asGet, made), 'ERR_LICENCE_PROOF');
  }
  const bodies = ['{ }', '{}\n', '{"min":1,"want":1}', '{"entries":[]}', ' {}'];
  for (const body of bodies) {
    for (const path of paths.slice(1)) {
      const proof = await device.proof('POST', path, '{}');
      tally.refused('other body', [path, body], await send(proof, path, body), 'ERR_LICENCE_PROOF');
    }
  }
  // Another's proof, whole and fresh, opens nothing of mine, and a key in the body is not the key of the proof.
  const theirs = await other.device.proof('POST', '/v1/refresh', '{}');
  const [head] = ((await device.proof('POST', '/v1/refresh', '{}')) ?? '').split('.');
  const grafted = [head, ...(theirs ?? '').split('.').slice(1)].join('.');
  tally.refused('grafted', 'head', await send(grafted), 'ERR_LICENCE_PROOF');
  const stranger = await TestDevice.make(target);
  const body = { key, device: { publicKey: other.device.jwk, name: 'Not mine' } };
  tally.refused('other key', 'body', await stranger.ask('POST', '/v1/activate', body), 'ERR_LICENCE_PROOF');
  for (const path of ['/v1/refresh', '/v1/deactivate']) {
    tally.refused('stranger', path, await stranger.ask('POST', path, {}), 'ERR_LICENCE_DEVICE');
  }
  tally.refused('stranger', 'GET', await stranger.ask('GET', '/v1/entitlement'), 'ERR_LICENCE_DEVICE');
  expect(await books(target)).toBe(before);
});

it('takes no nonce that is another server’s, used, made up, too old, or of the future', async () => {
  const { device } = await deviceOf('EdDSA');
  const ask = (nonce: string): Promise<Reply> => device.ask('POST', '/v1/refresh', {}, { claims: { nonce } });
  const good = target.services.nonces.issue();
  const raw = Buffer.from(good, 'base64url');
  const bent = Array.from({ length: raw.length }, (_, i) => {
    const copy = Buffer.from(raw);
    copy[i] = (copy[i] ?? 0) ^ 1;
    return copy.toString('base64url');
  });
  const madeUp = [
    ...Array.from({ length: 5 }, () => foreignNonce(good)),
    ...bent,
    'A'.repeat(46),
    `${good}A`,
    good.slice(1),
    good.slice(0, -1),
    `${good}==`,
    ` ${good}`,
    secondSpelling(good),
    "' OR '1'='1' -- padded to length",
    raw.toString('hex'),
  ];
  for (const nonce of madeUp) tally.refused('made up nonce', nonce, await ask(nonce), 'ERR_LICENCE_NONCE');
  expect((await ask(good)).code).toBeNull();
  for (const nonce of [good, secondSpelling(good)])
    tally.refused('used nonce', nonce, await ask(nonce), 'ERR_LICENCE_NONCE');
  const start = target.clock.ms;
  try {
    const old = target.services.nonces.issue();
    for (const ms of [300_000, 301_000, 86_400_000, 366 * 86_400_000]) {
      target.clock.ms = start + ms;
      tally.refused('old nonce', ms, await ask(old), 'ERR_LICENCE_NONCE');
    }
    const future = target.services.nonces.issue();
    target.clock.ms = start;
    tally.refused('future nonce', 'a year', await ask(future), 'ERR_LICENCE_NONCE');
    // Another instance knows what this one used.
    const shared = await createNonces(target.database, target.clock);
    expect(await shared.use(good)).toBe(false);
    const theirs = shared.issue();
    expect((await ask(theirs)).code).toBeNull();
    tally.refused('used nonce', 'elsewhere', await ask(theirs), 'ERR_LICENCE_NONCE');
    // Cleaning up lets none in again.
    for (let i = 0; i < 300; i++) await shared.use(shared.issue());
    tally.refused('used nonce', 'after cleaning', await ask(theirs), 'ERR_LICENCE_NONCE');
  } finally {
    target.clock.ms = start;
  }
});

it('forgives clocks that are five minutes apart, and no more', async () => {
  const { device } = await deviceOf('ES256');
  for (const apart of [-300, -299, 0, 299, 300]) {
    expect(
      (await device.ask('POST', '/v1/refresh', {}, { claims: { iat: nowS() + apart } })).code,
      String(apart),
    ).toBeNull();
  }
  for (const apart of [-301, 301, -3600, 3600, -31_622_400, 31_622_400]) {
    const reply = await device.ask('POST', '/v1/refresh', {}, { claims: { iat: nowS() + apart } });
    tally.refused('device’s clock', apart, reply, 'ERR_LICENCE_PROOF');
    expect(JSON.parse(reply.text)).toMatchObject({
      error: { details: { reason: 'time', serverTimeS: nowS() } },
    });
  }
});
