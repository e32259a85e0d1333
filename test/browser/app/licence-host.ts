import type { Policy } from '../../../src/contracts/licence/policy.ts';
import {
  AUDIENCE,
  TOKEN_TYPES,
  type EntitlementClaims,
  type LeaseClaims,
} from '../../../src/contracts/licence/tokens.ts';
import type { LicenceConfig } from '../../../src/contracts/licence/view.ts';

/** A policy with a tier that makes nothing, a small one and one that has everything. */
export const POLICY: Policy = {
  id: 'test',
  version: 1,
  name: 'Test',
  unit: { one: 'Moment', other: 'Moments' },
  tiers: [
    {
      id: 'free',
      name: 'Free',
      allowance: { amount: 200, every: 'once' },
      grant: {
        generate: false,
        qualities: ['standard'],
        modes: ['advanced'],
        resolutions: ['480p'],
        seconds: { min: 3, max: 5 },
        sound: false,
      },
    },
    {
      id: 'lite',
      name: 'Lite',
      allowance: { amount: 1000, every: 'month' },
      grant: {
        generate: true,
        qualities: ['standard'],
        modes: ['advanced'],
        resolutions: ['480p', '720p'],
        seconds: { min: 3, max: 8 },
        sound: false,
      },
    },
    {
      id: 'premium',
      name: 'Premium',
      allowance: { amount: 8000, every: 'month' },
      grant: {
        generate: true,
        qualities: ['standard', 'advanced'],
        modes: ['advanced'],
        resolutions: ['480p', '720p', '1080p'],
        seconds: { min: 3, max: 15 },
        sound: true,
      },
    },
  ],
  prices: [
    { id: 'short', name: 'Short clip', when: { maxSeconds: 5 }, base: 50 },
    { id: 'full', name: 'Full clip', when: {}, base: 600 },
  ],
  shortPrice: 'short',
  fullPrice: 'full',
  planner: [],
  calendar: 'utc-month',
  lease: { amount: 1200, days: 7 },
  entitlementDays: 14,
  graceHours: 72,
  devices: 3,
};

const encode = (bytes: ArrayBuffer | Uint8Array<ArrayBuffer>): string =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
const encodeJson = (value: object): string => encode(new TextEncoder().encode(JSON.stringify(value)));

/** A companion site that keeps its own accounts: it signs entitlements and leases with a key of its own. */
export interface Host {
  readonly config: LicenceConfig;
  /** An entitlement of tier `lite` for a device, from now for 14 days. */
  entitlement(thumbprint: string, change?: Partial<EntitlementClaims>): Promise<string>;
  lease(thumbprint: string, amount: number, change?: Partial<LeaseClaims>): Promise<string>;
  /** Signs anything with any header. */
  sign(header: object, claims: object): Promise<string>;
}

/** @param nowS what the host takes for now, seconds since 1970. */
export async function createHost(nowS = Math.floor(Date.now() / 1000)): Promise<Host> {
  const pair = await crypto.subtle.generateKey({ name: 'Ed25519' }, true, ['sign', 'verify']);
  if (!('privateKey' in pair)) throw new TypeError('no key pair was made');
  const { x = '' } = await crypto.subtle.exportKey('jwk', pair.publicKey);
  const kid = 'host-1';
  const sign: Host['sign'] = async (header, claims) => {
    const text = `${encodeJson(header)}.${encodeJson(claims)}`;
    const signature = await crypto.subtle.sign('Ed25519', pair.privateKey, new TextEncoder().encode(text));
    return `${text}.${encode(signature)}`;
  };
  const common = {
    iss: 'https://host.example',
    aud: AUDIENCE,
    sub: 'reader-1',
    iat: nowS,
  } as const;
  return {
    config: {
      issuer: common.iss,
      keys: [{ kty: 'OKP', crv: 'Ed25519', x, kid, alg: 'EdDSA', use: 'sig' }],
      policy: POLICY,
    },
    sign,
    entitlement: (thumbprint, change = {}) => {
      const claims: EntitlementClaims = {
        ...common,
        jti: crypto.randomUUID(),
        exp: nowS + 14 * 86_400,
        policy: POLICY.id,
        tier: 'lite',
        features: [],
        origins: [],
        cnf: { jkt: thumbprint },
        epoch: 0,
        metered: true,
        ...change,
      };
      return sign({ alg: 'EdDSA', kid, typ: TOKEN_TYPES.entitlement }, claims);
    },
    lease: (thumbprint, amount, change = {}) => {
      const claims: LeaseClaims = {
        ...common,
        jti: crypto.randomUUID(),
        exp: nowS + 7 * 86_400,
        cnf: { jkt: thumbprint },
        amount,
        ...change,
      };
      return sign({ alg: 'EdDSA', kid, typ: TOKEN_TYPES.lease }, claims);
    },
  };
}
