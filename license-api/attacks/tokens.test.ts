import { createHmac, generateKeyPairSync, randomBytes, randomUUID, sign, type KeyObject } from 'node:crypto';
import { expect, it } from 'vitest';
import type { Jwks } from '../../src/contracts/licence/api.ts';
import { REVOCATIONS_MAX, TOKEN_MAX, TOKEN_TYPES } from '../../src/contracts/licence/tokens.ts';
import { verifyInScript, verifyNatively, verifyToken } from '../../src/platform/licence/verify-token.ts';
import { secondSpelling, withLargerS } from './test-proofs.ts';
import { Tally } from './test-target.ts';

// What the application does with tokens, here with both ways that it has of checking a signature.
const tally = new Tally('tokens');
const WAYS = [
  ['the platform’s Ed25519', verifyNatively],
  ['Ed25519 in script', verifyInScript],
] as const;
const NOW_S = 1_800_000_000;
const MAX = { entitlement: TOKEN_MAX, lease: TOKEN_MAX, revocations: REVOCATIONS_MAX } as const;
const KINDS = ['entitlement', 'lease', 'revocations'] as const;
type Kind = (typeof KINDS)[number];

const json = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const x = String(publicKey.export({ format: 'jwk' }).x);
const thief = generateKeyPairSync('ed25519');
const KEYS: Jwks['keys'] = [
  {
    kty: 'OKP',
    crv: 'Ed25519',
    x: String(generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }).x),
    kid: 'old',
    alg: 'EdDSA',
    use: 'sig',
  },
  { kty: 'OKP', crv: 'Ed25519', x, kid: 'pinned', alg: 'EdDSA', use: 'sig' },
];

const common = { iss: 'https://licence.test', aud: 'stillwake', sub: 'licence', jti: 'id', iat: NOW_S };
const CLAIMS: Readonly<Record<Kind, Record<string, unknown>>> = {
  entitlement: {
    ...common,
    exp: NOW_S + 86_400,
    policy: 'five-tier',
    tier: 'free',
    features: [],
    origins: [],
    cnf: { jkt: 'A'.repeat(43) },
    epoch: 0,
    metered: true,
  },
  lease: { ...common, exp: NOW_S + 86_400, cnf: { jkt: 'A'.repeat(43) }, amount: 5 },
  revocations: { ...common, sub: 'revocations', revoked: [{ sub: 'licence', epoch: 1 }] },
};

function token(
  kind: Kind,
  header: Record<string, unknown> = {},
  claims: unknown = CLAIMS[kind],
  key: KeyObject = privateKey,
): string {
  const head = json({ alg: 'EdDSA', typ: TOKEN_TYPES[kind], kid: 'pinned', ...header });
  const body = typeof claims === 'string' ? Buffer.from(claims).toString('base64url') : json(claims);
  return `${head}.${body}.${sign(null, Buffer.from(`${head}.${body}`), key).toString('base64url')}`;
}

/** Tokens that are not the issuer's, or not what they have to be. */
function* forgeries(kind: Kind): Generator<[string, string]> {
  const good = token(kind);
  const [head = '', body = '', signature = ''] = good.split('.');
  for (const alg of [
    'none',
    'None',
    'NONE',
    'nOnE',
    '',
    null,
    'HS256',
    'HS512',
    'RS256',
    'ES256',
    'Ed25519',
    'eddsa',
    'EdDSA ',
    ['EdDSA'],
    {},
    1,
  ]) {
    const other = json({ alg, typ: TOKEN_TYPES[kind], kid: 'pinned' });
    yield [`alg ${JSON.stringify(alg)}`, `${other}.${body}.${signature}`];
    yield [`alg ${JSON.stringify(alg)} without a signature`, `${other}.${body}.`];
    yield [`alg ${JSON.stringify(alg)} signed all the same`, token(kind, { alg })];
  }
  const pem = publicKey.export({ format: 'pem', type: 'spki' });
  const secrets = [
    Buffer.from(x, 'base64url'),
    x,
    pem,
    JSON.stringify(KEYS[1]),
    publicKey.export({ format: 'der', type: 'spki' }),
    '',
  ];
  for (const secret of secrets) {
    for (const alg of ['HS256', 'HS384', 'HS512', 'EdDSA']) {
      const other = json({ alg, typ: TOKEN_TYPES[kind], kid: 'pinned' });
      const mac = createHmac(alg === 'EdDSA' ? 'sha512' : `sha${alg.slice(2)}`, secret).update(
        `${other}.${body}`,
      );
      yield [`${alg} with the public key as secret`, `${other}.${body}.${mac.digest('base64url')}`];
    }
  }
  for (const kid of [
    'old',
    'unknown',
    '',
    'PINNED',
    'pinned ',
    'pinned\0',
    '../pinned',
    './pinned',
    '/dev/null',
    "x' OR '1'='1",
    "x' UNION SELECT 1 --",
    '__proto__',
    'constructor',
    'length',
    '0',
    null,
    1,
    ['pinned'],
    undefined,
    'x'.repeat(129),
  ]) {
    yield [`kid ${JSON.stringify(kid)}`, token(kind, { kid })];
  }
  for (const name of [
    'jwk',
    'jku',
    'x5u',
    'x5c',
    'x5t',
    'crit',
    'b64',
    'zip',
    'cty',
    'epk',
    'constructor',
    'toString',
  ]) {
    const value =
      name === 'jwk'
        ? thief.publicKey.export({ format: 'jwk' })
        : name === 'crit'
          ? ['exp']
          : 'https://evil.example/keys';
    yield [`header with ${name}`, token(kind, { [name]: value })];
    yield [
      `header with ${name}, another’s key`,
      token(kind, { [name]: value }, CLAIMS[kind], thief.privateKey),
    ];
  }
  yield ['another’s key', token(kind, {}, CLAIMS[kind], thief.privateKey)];
  yield ['another’s key under an old name', token(kind, { kid: 'old' }, CLAIMS[kind], thief.privateKey)];
  const types = [
    ...Object.values(TOKEN_TYPES).filter((typ) => typ !== TOKEN_TYPES[kind]),
    'JWT',
    'jwt',
    '',
    null,
    [TOKEN_TYPES[kind]],
    undefined,
    TOKEN_TYPES[kind].toUpperCase(),
    `application/${TOKEN_TYPES[kind]}`,
  ];
  for (const typ of types) yield [`typ ${JSON.stringify(typ)}`, token(kind, { typ })];
  for (const [name, value] of Object.entries(CLAIMS[kind])) {
    const altered =
      typeof value === 'number' ? value + 1 : typeof value === 'string' ? `${value}x` : [...'x'];
    yield [`${name} altered`, `${head}.${json({ ...CLAIMS[kind], [name]: altered })}.${signature}`];
    const { [name]: _gone, ...rest } = CLAIMS[kind];
    yield [`without ${name}`, token(kind, {}, rest)];
    for (const wrong of [null, {}, -1, 1.5, 'x y', [null], true]) {
      if (name === 'metered' && wrong === true) continue;
      if (name === 'iss' && wrong === 'x y') continue;
      yield [`${name} ${JSON.stringify(wrong)}`, token(kind, {}, { ...CLAIMS[kind], [name]: wrong })];
    }
  }
  const raw = Buffer.from(signature, 'base64url');
  yield ['signature stripped', `${head}.${body}.`];
  yield ['no third part', `${head}.${body}`];
  yield ['four parts', `${good}.${signature}`];
  for (const length of [0, 1, 32, 63, 65, 128]) {
    yield [
      `signature of ${length} bytes`,
      `${head}.${body}.${Buffer.concat([raw, raw]).subarray(0, length).toString('base64url')}`,
    ];
  }
  yield ['signature of zeros', `${head}.${body}.${Buffer.alloc(64).toString('base64url')}`];
  yield ['signature of ones', `${head}.${body}.${Buffer.alloc(64, 255).toString('base64url')}`];
  yield ['random signature', `${head}.${body}.${randomBytes(64).toString('base64url')}`];
  for (const bit of [0, 255, 256, 511]) {
    const copy = Buffer.from(raw);
    copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    yield [`bit ${bit} of the signature`, `${head}.${body}.${copy.toString('base64url')}`];
  }
  yield ['S + L', withLargerS(good)];
  yield ['a second spelling of the signature', `${head}.${body}.${secondSpelling(signature)}`];
  yield ['standard base64', good.replaceAll('-', '+').replaceAll('_', '/') + '=='];
  yield ['space before', ` ${good}`];
  yield ['line end after', `${good}\n`];
  yield [
    'another kind’s signature',
    [
      ...token(kind === 'lease' ? 'entitlement' : 'lease')
        .split('.')
        .slice(0, 2),
      signature,
    ].join('.'),
  ];
  yield ['header and claims swapped', [body, head, signature].join('.')];
  yield ['too long', token(kind, {}, { ...CLAIMS[kind], more: 'x'.repeat(MAX[kind]) })];
  for (const text of ['', '{', 'null', '[]', '"a"', '{}', '\ufeff{}', '{"iss":', '['.repeat(3000), '\0']) {
    yield [`claims ${text.slice(0, 20)}`, token(kind, {}, text)];
  }
  for (const text of [
    '',
    '.',
    '..',
    '...',
    'a.b.c',
    'null',
    '{"payload":""}',
    'é.é.é',
    'A'.repeat(MAX[kind] + 1),
    `${'.'.repeat(8000)}`,
  ]) {
    yield [`form ${text.slice(0, 20)}`, text];
  }
}

it.each(WAYS)('takes the issuer’s tokens and refuses every forged one, with %s', async (_name, way) => {
  for (const kind of KINDS) {
    expect(await verifyToken(kind, token(kind), KEYS, way)).toEqual(CLAIMS[kind]);
    for (const [what, forged] of forgeries(kind)) {
      const outcome = await verifyToken(kind, forged, KEYS, way).then(
        () => 'taken',
        (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error),
      );
      expect([kind, what, outcome]).toEqual([kind, what, 'ERR_LICENCE_TOKEN']);
      tally.count(kind);
    }
  }
});

it.each(WAYS)('takes a list of as many revocations as a large service has, with %s', async (_name, way) => {
  const revoked = Array.from({ length: 5000 }, () => ({ sub: randomUUID(), epoch: 1 }));
  const list = token('revocations', {}, { ...CLAIMS.revocations, revoked });
  expect(await verifyToken('revocations', list, KEYS, way)).toMatchObject({ revoked });
});

it.each(WAYS)('takes an entitlement with as much in it as its form allows, with %s', async (_name, way) => {
  const origins = Array.from(
    { length: 64 },
    (_, i) => `https://${String(i).padStart(3, '0')}${'.abcdefghi'.repeat(24)}`,
  );
  const features = Array.from({ length: 32 }, (_, i) => `${'f'.repeat(30)}-${i}`);
  const claims = { ...CLAIMS.entitlement, iss: 'i'.repeat(255), sub: 's'.repeat(64), origins, features };
  const full = token('entitlement', {}, claims);
  expect(full.length).toBeGreaterThan(22_000);
  expect(await verifyToken('entitlement', full, KEYS, way)).toEqual(claims);
});

it('takes no token when no key is pinned, and none by a key that is none', async () => {
  const broken = [
    '',
    'A',
    'A'.repeat(42),
    `${x}A`,
    secondSpelling(x),
    Buffer.alloc(33).toString('base64url'),
  ];
  for (const [, way] of WAYS) {
    for (const keys of [[], ...broken.map((one) => KEYS.map((key) => ({ ...key, x: one })))]) {
      await expect(verifyToken('entitlement', token('entitlement'), keys, way)).rejects.toMatchObject({
        code: 'ERR_LICENCE_TOKEN',
      });
      tally.count('keys');
    }
  }
});
