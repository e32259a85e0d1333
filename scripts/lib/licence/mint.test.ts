import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalJWKSet, jwtVerify } from 'jose';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { jwksSchema } from '../../../src/contracts/licence/api.ts';
import {
  AUDIENCE,
  entitlementClaimsSchema,
  leaseClaimsSchema,
  TOKEN_MAX,
  TOKEN_TYPES,
} from '../../../src/contracts/licence/tokens.ts';
import { runMint } from './mint-command.ts';

const DEVICE = 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs';
const ISSUER = 'https://host.example';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stillwake-mint-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function run(...args: readonly string[]): Promise<{ status: number; out: string; err: string }> {
  const out: string[] = [];
  const err: string[] = [];
  const status = await runMint(args, { out: (l) => out.push(l), err: (l) => err.push(l), folder });
  return { status, out: out.join('\n'), err: err.join('\n') };
}

const REQUIRED = {
  key: 'host.jwk',
  issuer: ISSUER,
  subject: 'customer_7',
  policy: 'five-tier',
  tier: 'lite',
  device: DEVICE,
};
const args = (change: Readonly<Record<string, string | undefined>> = {}): string[] =>
  Object.entries({ ...REQUIRED, ...change }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}=${value}`],
  );

describe('npm run mint', () => {
  test('makes a key for its owner alone, once, and prints its public half', async () => {
    const made = await run('--new-key', 'host.jwk');
    expect(made.status).toBe(0);
    const key: unknown = JSON.parse(made.out);
    expect(v.parse(jwksSchema, { keys: [key] }).keys).toEqual([key]);
    expect((await stat(join(folder, 'host.jwk'))).mode & 0o777).toBe(0o600);
    const before = await readFile(join(folder, 'host.jwk'), 'utf8');
    expect(await run('--new-key', 'host.jwk')).toMatchObject({ status: 2, out: '' });
    expect(await readFile(join(folder, 'host.jwk'), 'utf8')).toBe(before);
    expect(made.out).not.toContain((JSON.parse(before) as { d: string }).d);
  });

  test('mints tokens that say exactly what the contract wants', async () => {
    const key: unknown = JSON.parse((await run('--new-key', 'second.jwk')).out);
    const { keys } = v.parse(jwksSchema, { keys: [key] });
    const minted = await run(
      ...args({ key: 'second.jwk', days: '30', lease: '500', epoch: '4', feature: 'adult-vouched' }),
      '--origin=https://a.example',
      '--origin=http://localhost:4173',
    );
    expect(minted.err).toBe('');
    const tokens = v.parse(
      v.strictObject({ entitlement: v.string(), lease: v.string() }),
      JSON.parse(minted.out),
    );
    const expected = { issuer: ISSUER, audience: AUDIENCE, algorithms: ['EdDSA'] };
    const entitlement = await jwtVerify(tokens.entitlement, createLocalJWKSet({ keys }), {
      ...expected,
      typ: TOKEN_TYPES.entitlement,
    });
    const claims = v.parse(entitlementClaimsSchema, entitlement.payload);
    expect(claims).toMatchObject({
      sub: 'customer_7',
      policy: 'five-tier',
      tier: 'lite',
      features: ['adult-vouched'],
      origins: ['https://a.example', 'http://localhost:4173'],
      cnf: { jkt: DEVICE },
      epoch: 4,
      metered: true,
    });
    expect(claims.exp - claims.iat).toBe(30 * 86_400);
    expect(entitlement.protectedHeader.kid).toBe(keys[0]?.kid);
    expect(tokens.entitlement.length).toBeLessThan(TOKEN_MAX);
    const lease = await jwtVerify(tokens.lease, createLocalJWKSet({ keys }), {
      ...expected,
      typ: TOKEN_TYPES.lease,
    });
    expect(v.parse(leaseClaimsSchema, lease.payload)).toMatchObject({ amount: 500, cnf: { jkt: DEVICE } });
    expect(lease.payload.jti).not.toBe(claims.jti);
  });

  test('leaves the counting to a host that asks for it', async () => {
    const { out } = await run(...args(), '--unmetered');
    const { entitlement } = JSON.parse(out) as { entitlement: string };
    const payload: unknown = JSON.parse(
      Buffer.from(entitlement.split('.')[1] ?? '', 'base64url').toString('utf8'),
    );
    expect(v.parse(entitlementClaimsSchema, payload)).toMatchObject({
      metered: false,
      origins: [],
      features: [],
    });
    expect(out).not.toContain('lease');
  });

  test.each<[string, readonly string[]]>([
    ['--key is missing', []],
    ['--issuer is missing', args({ issuer: undefined })],
    ['--subject wants', args({ subject: 'a b' })],
    ['--policy wants', args({ policy: 'Five Tier' })],
    ['--tier is missing', args({ tier: undefined })],
    ['--device wants', args({ device: 'short' })],
    ['--origin wants', args({ origin: 'https://a.example/' })],
    ['--origin wants', args({ origin: 'file:///x' })],
    ['--days wants', args({ days: '6' })],
    ['--days wants', args({ days: '31' })],
    ['--days wants', args({ days: '7.5' })],
    ['--feature wants', args({ feature: 'No Name' })],
    ['--lease wants', args({ lease: '0' })],
    ['--lease wants', args({ lease: '-5' })],
    ['--lease wants', args({ lease: '1000000000001' })],
    ['--epoch wants', args({ epoch: 'x' })],
    ['--lease makes no sense', [...args({ lease: '5' }), '--unmetered']],
    ['Unknown option', ['--colour=red']],
    ['Unexpected argument', ['red']],
    ['goes with no other option', ['--new-key=x.jwk', '--days=7']],
    ["can't be read", args({ key: 'none.jwk' })],
    ["can't be written", ['--new-key=none/x.jwk']],
  ])('says in one sentence: %s', async (sentence, given) => {
    const { status, out, err } = await run(...given);
    expect(err).toContain(sentence);
    expect(err.split('\n')).toHaveLength(1);
    expect({ status, out }).toEqual({ status: 2, out: '' });
  });

  test('repeats nothing of a file that is no key', async () => {
    await writeFile(join(folder, 'no.jwk'), '{"kty":"OKP","d":"secret"}');
    const { status, err } = await run(...args({ key: 'no.jwk' }));
    expect(status).toBe(2);
    expect(err).not.toContain('secret');
  });
});
