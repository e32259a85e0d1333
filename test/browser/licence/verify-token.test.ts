import { base64url } from 'jose';
import { describe, expect, it } from 'vitest';
import { createDeviceKey, thumbprintOf } from '../../../src/platform/licence/device-key.ts';
import { verifyInScript, verifyNatively, verifyToken } from '../../../src/platform/licence/verify-token.ts';
import { TOKEN_MAX, TOKEN_TYPES } from '../../../src/contracts/licence/tokens.ts';
import { createIssuer } from './issuer.ts';

const encode = (value: unknown): string => base64url.encode(new TextEncoder().encode(JSON.stringify(value)));
const decode = (part = ''): Record<string, unknown> => {
  const value: unknown = JSON.parse(new TextDecoder().decode(base64url.decode(part)));
  return { ...(typeof value === 'object' ? value : {}) };
};
const refusal = { code: 'ERR_LICENCE_TOKEN' };
const jkt = 'a'.repeat(43);

describe('a token', () => {
  it.each([
    ['the browser', verifyNatively],
    ['the script', verifyInScript],
  ])('is read once its signature holds, by %s', async (_name, check) => {
    const issuer = await createIssuer();
    const token = await issuer.entitlement(jkt);
    expect(await verifyToken('entitlement', token, [issuer.jwk], check)).toMatchObject({ tier: 'full' });
    const other = await createIssuer();
    await expect(verifyToken('entitlement', token, [other.jwk], check)).rejects.toMatchObject(refusal);
  });

  it('is refused when anything of it was forged', async () => {
    const issuer = await createIssuer();
    const other = await createIssuer('k2');
    const keys = [issuer.jwk, other.jwk];
    const token = await issuer.entitlement(jkt);
    const [header = '', payload = '', signature = ''] = token.split('.');
    const hmacKey = await crypto.subtle.importKey(
      'raw',
      base64url.decode(issuer.jwk.x).slice(),
      { name: 'HMAC', hash: 'SHA-256' },
      false,
      ['sign'],
    );
    const hs = `${encode({ alg: 'HS256', typ: TOKEN_TYPES.entitlement, kid: 'k1' })}.${payload}`;
    const mac = new Uint8Array(await crypto.subtle.sign('HMAC', hmacKey, new TextEncoder().encode(hs)));
    const forged: Record<string, string> = {
      'no algorithm': `${encode({ alg: 'none', typ: TOKEN_TYPES.entitlement, kid: 'k1' })}.${payload}.`,
      'no algorithm, old signature': `${encode({ alg: 'none', typ: TOKEN_TYPES.entitlement, kid: 'k1' })}.${payload}.${signature}`,
      'the public key as a secret': `${hs}.${base64url.encode(mac)}`,
      'another known key': `${encode({ ...decode(header), kid: 'k2' })}.${payload}.${signature}`,
      'an unknown key': await issuer.sign(decode(payload), { kid: 'k3' }),
      'altered claims': `${header}.${encode({ ...decode(payload), tier: 'ultimate' })}.${signature}`,
      'another type': await issuer.lease(jkt, 'lease-1', 5),
      'a key of its own': await issuer.sign(decode(payload), { jwk: issuer.jwk }),
      'critical extras': `${encode({ ...decode(header), crit: ['exp'] })}.${payload}.${signature}`,
      'claims of a wrong form': await issuer.sign({ ...decode(payload), exp: 'never' }),
      'too long': await issuer.entitlement(jkt, { more: 'x'.repeat(TOKEN_MAX) }),
      'another spelling': `${header}.${payload}.${signature}=`,
      'four parts': `${token}.`,
      nothing: '',
    };
    for (const [name, bad] of Object.entries(forged)) {
      await expect(verifyToken('entitlement', bad, keys), name).rejects.toMatchObject(refusal);
    }
    expect(await verifyToken('entitlement', token, keys)).toMatchObject({ tier: 'full' });
  });
});

describe('the key of a device', () => {
  it('has the thumbprint of the example', () => {
    expect(
      // RFC 8037, A.3
      thumbprintOf({ kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }),
    ).toBe('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k');
  });

  it("can't be read", async () => {
    const { privateKey } = await createDeviceKey();
    expect(privateKey.extractable).toBe(false);
    await expect(crypto.subtle.exportKey('jwk', privateKey)).rejects.toThrow();
  });
});
