import { CompactSign, compactVerify } from 'jose';
import * as v from 'valibot';
import { TOKEN_MAX, deviceKeySchema, type DeviceKey } from '../../contracts/licence/tokens.ts';
import { canonicalJson, type Json } from '../../core/licence/canonical.ts';
import { digest } from '../../core/licence/digest.ts';

/** A key pair whose private half can sign, and can't be read by anyone; the browser keeps it. */
export interface DeviceKeyPair {
  readonly privateKey: CryptoKey;
  readonly publicKey: DeviceKey;
  readonly thumbprint: string;
}

/** SHA-256 thumbprint of a public key, base64url. @source RFC 7638, 3 */
export function thumbprintOf(key: DeviceKey): string {
  const { kty, crv, x } = key;
  return digest(canonicalJson(key.kty === 'EC' ? { crv, kty, x, y: key.y } : { crv, kty, x }));
}

/** A new key: Ed25519, or P-256 where the browser lacks it. */
export async function createDeviceKey(subtle: SubtleCrypto = crypto.subtle): Promise<DeviceKeyPair> {
  const generate = async (algorithm: AlgorithmIdentifier | EcKeyGenParams): Promise<CryptoKeyPair> => {
    const made = await subtle.generateKey(algorithm, false, ['sign', 'verify']);
    if (!('privateKey' in made)) throw new TypeError('not a pair of keys');
    return made;
  };
  const pair = await generate({ name: 'Ed25519' }).catch(() =>
    generate({ name: 'ECDSA', namedCurve: 'P-256' }),
  );
  const { kty, crv, x, y } = await subtle.exportKey('jwk', pair.publicKey);
  const publicKey = v.parse(deviceKeySchema, kty === 'EC' ? { kty, crv, x, y } : { kty, crv, x });
  return { privateKey: pair.privateKey, publicKey, thumbprint: thumbprintOf(publicKey) };
}

const algorithmOf = (key: DeviceKey): string => (key.kty === 'EC' ? 'ES256' : 'EdDSA');

/** Claims as a compact JWS by the device's key; `jwk` in its header when `withKey`. */
export async function signClaims(
  { privateKey, publicKey }: DeviceKeyPair,
  typ: string,
  claims: Json,
  withKey: boolean,
): Promise<string> {
  return new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
    .setProtectedHeader({ alg: algorithmOf(publicKey), typ, ...(withKey ? { jwk: publicKey } : {}) })
    .sign(privateKey);
}

/** What the device itself signed, or null when it didn't. */
export async function readOwnClaims(key: DeviceKey, typ: string, token: string): Promise<unknown> {
  if (token.length > TOKEN_MAX) return null;
  try {
    const algorithm = algorithmOf(key);
    const publicKey = await crypto.subtle.importKey(
      'jwk',
      key,
      key.kty === 'EC' ? { name: 'ECDSA', namedCurve: 'P-256' } : { name: 'Ed25519' },
      false,
      ['verify'],
    );
    const { payload, protectedHeader } = await compactVerify(token, publicKey, { algorithms: [algorithm] });
    if (protectedHeader.typ !== typ) return null;
    return JSON.parse(new TextDecoder().decode(payload));
  } catch {
    return null;
  }
}
