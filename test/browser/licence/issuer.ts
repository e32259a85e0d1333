import { CompactSign, base64url } from 'jose';
import type { Jwks } from '../../../src/contracts/licence/api.ts';
import { AUDIENCE, TOKEN_TYPES } from '../../../src/contracts/licence/tokens.ts';

/** An issuer with a key of its own. */
export interface Issuer {
  readonly iss: string;
  readonly jwk: Jwks['keys'][number];
  sign(claims: object, header?: object): Promise<string>;
  entitlement(jkt: string, change?: object): Promise<string>;
  lease(jkt: string, jti: string, amount: number, change?: object): Promise<string>;
  revocations(revoked: readonly { sub: string; epoch: number }[]): Promise<string>;
}

export const nowS = (): number => Math.floor(Date.now() / 1000);

export async function createIssuer(kid = 'k1'): Promise<Issuer> {
  const pair = await crypto.subtle.generateKey({ name: 'Ed25519' }, true, ['sign', 'verify']);
  if (!('privateKey' in pair)) throw new TypeError('no pair');
  const x = base64url.encode(new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey)));
  const iss = 'https://licence.test';
  const common = { iss, aud: AUDIENCE, sub: 'licence-1' };
  const sign = (claims: object, header: object = {}): Promise<string> =>
    new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
      .setProtectedHeader({ alg: 'EdDSA', typ: TOKEN_TYPES.entitlement, kid, ...header })
      .sign(pair.privateKey);
  return {
    iss,
    jwk: { kty: 'OKP', crv: 'Ed25519', x, kid, alg: 'EdDSA', use: 'sig' },
    sign,
    entitlement: (jkt, change = {}) =>
      sign({
        ...common,
        jti: crypto.randomUUID(),
        iat: nowS(),
        exp: nowS() + 7 * 86_400,
        policy: 'test',
        tier: 'full',
        features: [],
        origins: [location.origin],
        cnf: { jkt },
        epoch: 0,
        metered: true,
        ...change,
      }),
    lease: (jkt, jti, amount, change = {}) =>
      sign(
        { ...common, jti, iat: nowS(), exp: nowS() + 86_400, cnf: { jkt }, amount, ...change },
        { typ: TOKEN_TYPES.lease },
      ),
    revocations: (revoked) =>
      sign(
        { ...common, sub: 'revocations', jti: crypto.randomUUID(), iat: nowS(), revoked },
        { typ: TOKEN_TYPES.revocations },
      ),
  };
}
