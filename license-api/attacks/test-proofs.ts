import { createHmac, generateKeyPairSync, randomBytes } from 'node:crypto';
import { CompactSign, generateKeyPair, exportJWK } from 'jose';
import { TOKEN_TYPES } from '../../src/contracts/licence/tokens.ts';
import type { Bend, TestDevice } from '../test-service.ts';

/** Order of Ed25519's and of P-256's groups. @source RFC 8032, 5.1; SEC 2, 2.4.2 */
const ED25519_ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const P25519 = 2n ** 255n - 19n;

const json = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const bytes = (value: bigint, length: number): Buffer =>
  Buffer.from(value.toString(16).padStart(length * 2, '0'), 'hex');
const little = (value: bigint): Buffer => bytes(value, 32).reverse();
const read = (buffer: Uint8Array): bigint => BigInt(`0x${Buffer.from(buffer).toString('hex')}`);

/**
 * Every encoding of a point whose order divides 8, with and without the sign, canonical or not.
 * @source RFC 8032, 5.1; the two of order 8 as libsodium lists them
 */
export function smallOrderKeys(): string[] {
  const eight = [
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  ].map((hex) => Buffer.from(hex, 'hex'));
  const plain = [0n, 1n, P25519 - 1n, P25519, P25519 + 1n].map(little);
  return [...plain, ...eight].flatMap((key) => {
    const signed = Buffer.from(key);
    signed[31] = (signed[31] ?? 0) | 0x80;
    return [key.toString('base64url'), signed.toString('base64url')];
  });
}

/** The same signature of Ed25519 with S + L instead of S, which RFC 8032 refuses. */
export function withLargerS(proof: string): string {
  const [head = '', body = '', signature = ''] = proof.split('.');
  const raw = Buffer.from(signature, 'base64url');
  const s = read(Buffer.from(raw.subarray(32)).reverse()) + ED25519_ORDER;
  return [head, body, Buffer.concat([raw.subarray(0, 32), little(s)]).toString('base64url')].join('.');
}

/** The other signature of ES256 that holds for the same message: n − s for s. */
export function withOtherS(proof: string): string {
  const [head = '', body = '', signature = ''] = proof.split('.');
  const raw = Buffer.from(signature, 'base64url');
  const s = P256_ORDER - read(raw.subarray(32));
  return [head, body, Buffer.concat([raw.subarray(0, 32), bytes(s, 32)]).toString('base64url')].join('.');
}

const part = (index: number, change: (text: string) => string) => (proof: string) =>
  proof
    .split('.')
    .map((text, i) => (i === index ? change(text) : text))
    .join('.');

/** Signs a header and claims of its own with HMAC. */
const hmac = (secret: string | Buffer, alg: string, jwk: unknown) => (proof: string) => {
  const head = json({ alg, typ: TOKEN_TYPES.proof, jwk });
  const [, body = ''] = proof.split('.');
  const hash = `sha${alg.slice(2)}`;
  const mac = createHmac(hash, secret).update(`${head}.${body}`).digest('base64url');
  return `${head}.${body}.${mac}`;
};

/** Headers that are not right, each signed by the device itself, and signatures that don't hold. */
export async function forgedProofs(device: TestDevice, stranger: TestDevice): Promise<[string, Bend][]> {
  const { jwk, alg } = device;
  const headers: [string, Record<string, unknown>][] = [
    ...[
      undefined,
      null,
      '',
      'JWT',
      'dpop+jwt',
      TOKEN_TYPES.entitlement,
      TOKEN_TYPES.lease,
      'Stillwake-Proof+JWT',
    ].map((typ): [string, Record<string, unknown>] => [`typ ${String(typ)}`, { typ }]),
    ['typ a list', { typ: [TOKEN_TYPES.proof] }],
    ...[
      '',
      'x',
      '../../../../../dev/null',
      "x' UNION SELECT private_jwk FROM signing_keys --",
      'file:///etc/passwd',
      '\0',
      '__proto__',
    ].map((kid): [string, Record<string, unknown>] => [`kid ${kid}`, { kid }]),
    ...['jku', 'x5u'].flatMap((name): [string, Record<string, unknown>][] => [
      [name, { [name]: 'https://evil.example/keys.json' }],
      [`${name} here`, { [name]: 'http://127.0.0.1:1/' }],
      [`${name} file`, { [name]: 'file:///etc/passwd' }],
    ]),
    ['x5c', { x5c: ['MIIB'] }],
    ['x5t', { x5t: 'AAAA' }],
    ['zip', { zip: 'DEF' }],
    ['cty', { cty: 'JWT' }],
    ['nonce in the header', { nonce: 'x'.repeat(46) }],
    ['a member named constructor', { constructor: 1 }],
    ...[undefined, null, '', 'key', 1, true, [], [jwk], {}].map(
      (value): [string, Record<string, unknown>] => [`jwk ${JSON.stringify(value)}`, { jwk: value }],
    ),
    ['another device’s jwk', { jwk: stranger.jwk }],
    ['jwk with its private part', { jwk: await exportJWK(device.privateKey) }],
    ['jwk with some private part', { jwk: { ...jwk, d: 'A'.repeat(43) } }],
    ...['kid', 'use', 'alg', 'key_ops', 'ext', 'x5u', 'oth', '__proto__x'].map(
      (name): [string, Record<string, unknown>] => [`jwk with ${name}`, { jwk: { ...jwk, [name]: 'x' } }],
    ),
    ['jwk oct', { jwk: { kty: 'oct', k: jwk.x } }],
    [
      'jwk RSA',
      { jwk: generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' }) },
    ],
    ['jwk P-384', { jwk: await exportJWK((await generateKeyPair('ES384')).publicKey) }],
    ['jwk Ed448', { jwk: generateKeyPairSync('ed448').publicKey.export({ format: 'jwk' }) }],
    ['jwk X25519', { jwk: generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' }) }],
    [
      'jwk secp256k1',
      { jwk: generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey.export({ format: 'jwk' }) },
    ],
    ...['A', 'A'.repeat(42), 'A'.repeat(44), `${'A'.repeat(42)}=`, '+'.repeat(43), '', null, 7].map(
      (x): [string, Record<string, unknown>] => [`x ${String(x)}`, { jwk: { ...jwk, x } }],
    ),
    ['x in a second spelling', { jwk: { ...jwk, x: secondSpelling(jwk.x) } }],
  ];
  const bends: [string, Bend][] = headers.map(([what, header]) => [what, { header }]);
  const algs = [
    'none',
    'None',
    'NONE',
    'nOnE',
    '',
    'HS256',
    'RS256',
    'PS256',
    'ES384',
    'ES256K',
    'Ed448',
    'eddsa',
    ' EdDSA',
    'EdDSA\0',
    'es256',
    alg === 'EdDSA' ? 'ES256' : 'EdDSA',
  ];
  for (const other of [...algs, null, 1, [alg], { alg }]) {
    const head = json({ alg: other, typ: TOKEN_TYPES.proof, jwk });
    bends.push([`alg ${JSON.stringify(other)}`, { proof: part(0, () => head) }]);
    bends.push([
      `alg ${JSON.stringify(other)}, no signature`,
      { proof: (proof) => `${head}.${proof.split('.')[1] ?? ''}.` },
    ]);
  }
  const publicBytes = Buffer.from(jwk.x, 'base64url');
  const secrets = [publicBytes, jwk.x, JSON.stringify(jwk), '', Buffer.alloc(32)];
  for (const secret of secrets) {
    for (const name of ['HS256', 'HS384', 'HS512']) {
      bends.push([`${name} with the public key`, { proof: hmac(secret, name, jwk) }]);
    }
    bends.push(['HMAC under the honest name', { proof: honestName(secret, alg, jwk) }]);
  }
  bends.push([
    'header of the other kind',
    { proof: part(0, () => json({ alg: stranger.alg, typ: TOKEN_TYPES.proof, jwk: stranger.jwk })) },
  ]);
  const crit = [
    { crit: ['exp'] },
    { crit: ['b64'], b64: false },
    { crit: [] },
    { b64: false },
    { crit: ['jwk'] },
  ];
  for (const members of crit) {
    const head = json({ alg, typ: TOKEN_TYPES.proof, jwk, ...members });
    bends.push([JSON.stringify(members), { proof: part(0, () => head) }]);
  }
  const length = 64;
  const signatures: [string, (text: string) => string][] = [
    ['stripped', () => ''],
    ['cut by a character', (text) => text.slice(0, -1)],
    [
      'cut by a byte',
      (text) =>
        Buffer.from(text, 'base64url')
          .subarray(0, length - 1)
          .toString('base64url'),
    ],
    [
      'a byte longer',
      (text) => Buffer.concat([Buffer.from(text, 'base64url'), Buffer.alloc(1)]).toString('base64url'),
    ],
    ['twice', (text) => text + text],
    ['zeros', () => Buffer.alloc(length).toString('base64url')],
    ['ones', () => Buffer.alloc(length, 0xff).toString('base64url')],
    ['random', () => randomBytes(length).toString('base64url')],
    [
      'halves swapped',
      (text) => {
        const raw = Buffer.from(text, 'base64url');
        return Buffer.concat([raw.subarray(32), raw.subarray(0, 32)]).toString('base64url');
      },
    ],
    [
      'r = 0',
      (text) =>
        Buffer.concat([Buffer.alloc(32), Buffer.from(text, 'base64url').subarray(32)]).toString('base64url'),
    ],
    [
      's = 0',
      (text) =>
        Buffer.concat([Buffer.from(text, 'base64url').subarray(0, 32), Buffer.alloc(32)]).toString(
          'base64url',
        ),
    ],
    [
      'order for both',
      () => Buffer.concat([bytes(P256_ORDER, 32), bytes(P256_ORDER, 32)]).toString('base64url'),
    ],
    [
      'one bit',
      (text) => {
        const raw = Buffer.from(text, 'base64url');
        raw[0] = (raw[0] ?? 0) ^ 1;
        return raw.toString('base64url');
      },
    ],
    ['standard base64', (text) => `${Buffer.from(text, 'base64url').toString('base64')}==`],
    ['another part', (text) => `${text}.${text}`],
  ];
  for (const [what, change] of signatures) bends.push([`signature ${what}`, { proof: part(2, change) }]);
  return bends;
}

/** An HMAC where the header names the honest algorithm. */
function honestName(secret: string | Buffer, alg: string, jwk: unknown): (proof: string) => string {
  return (proof) => {
    const head = json({ alg, typ: TOKEN_TYPES.proof, jwk });
    const [, body = ''] = proof.split('.');
    const mac = createHmac('sha512', secret).update(`${head}.${body}`).digest('base64url');
    return `${head}.${body}.${mac}`;
  };
}

/** The same bytes with other unused bits in the last character. */
export function secondSpelling(text: string): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const last = letters.indexOf(text.slice(-1));
  return text.slice(0, -1) + letters.charAt(last ^ 1);
}

/** Claims that a device signs and that don't hold for `POST /v1/refresh` with `{}`. */
export function wrongClaims(nowS: number): [string, Record<string, unknown>][] {
  const year = 31_622_400;
  const paths = [
    '/v1/leases',
    '/v1/refresh/',
    '/v1/refresh?a=1',
    '/v1//refresh',
    '/v1/./refresh',
    '/v1/%72efresh',
    '/V1/REFRESH',
    'https://licence.test/v1/refresh',
    'refresh',
    '',
    '/',
    '*',
    '/v1/refresh\0',
    '/'.repeat(300),
  ];
  const iats = [
    nowS - 301,
    nowS + 301,
    nowS - year,
    nowS + year,
    0,
    -1,
    nowS + 0.5,
    1e300,
    String(nowS),
    null,
    [nowS],
    true,
    nowS * 1000,
  ];
  const bodies = [
    'A'.repeat(43),
    '',
    '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU',
    '{}',
    null,
    'A'.repeat(44),
    '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
  ];
  const methods = ['GET', 'PUT', 'post', 'HEAD', 'OPTIONS', '', null, ['POST']];
  const nonces = [null, '', 'short', 7, ['x'.repeat(46)], 'x'.repeat(129)];
  return [
    ...paths.map((htu): [string, Record<string, unknown>] => [`htu ${htu}`, { htu }]),
    ...iats.map((iat): [string, Record<string, unknown>] => [`iat ${String(iat)}`, { iat }]),
    ...bodies.map((ath): [string, Record<string, unknown>] => [`ath ${String(ath)}`, { ath }]),
    ...methods.map((htm): [string, Record<string, unknown>] => [`htm ${String(htm)}`, { htm }]),
    ...nonces.map((nonce): [string, Record<string, unknown>] => [`nonce ${String(nonce)}`, { nonce }]),
    ...['htm', 'htu', 'ath', 'iat', 'nonce'].map((name): [string, Record<string, unknown>] => [
      `without ${name}`,
      { [name]: undefined },
    ]),
    ...['exp', 'jti', 'sub', 'admin', 'constructor', 'toString', 'htm '].map(
      (name): [string, Record<string, unknown>] => [`with ${name}`, { [name]: 1 }],
    ),
  ];
}

/** A signature that a point of small order lets hold for any message: R = the neutral point, S = 0. */
export function proofOfNoKey(x: string, claims: unknown): string {
  const head = json({ alg: 'EdDSA', typ: TOKEN_TYPES.proof, jwk: { kty: 'OKP', crv: 'Ed25519', x } });
  const signature = Buffer.concat([little(1n), Buffer.alloc(32)]).toString('base64url');
  return `${head}.${json(claims)}.${signature}`;
}

/** A nonce of now that another server made: all is right but the secret. */
export function foreignNonce(own: string): string {
  const body = Buffer.from(own, 'base64url').subarray(0, 18);
  const mac = createHmac('sha256', randomBytes(32)).update(body).digest().subarray(0, 16);
  return Buffer.concat([body, mac]).toString('base64url');
}

/** A proof by an RSA key, whole in itself. */
export async function proofByRsa(claims: unknown): Promise<string> {
  const { privateKey, publicKey } = await generateKeyPair('RS256');
  return new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
    .setProtectedHeader({ alg: 'RS256', typ: TOKEN_TYPES.proof, jwk: await exportJWK(publicKey) })
    .sign(privateKey);
}
