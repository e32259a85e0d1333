import { calculateJwkThumbprint, compactVerify, importJWK } from 'jose';
import * as v from 'valibot';
import { digest } from '../../src/core/licence/digest.ts';
import {
  CLOCK_TOLERANCE_S,
  deviceKeySchema,
  PROOF_HEADER,
  PROOF_MAX_AGE_S,
  proofClaimsSchema,
  TOKEN_TYPES,
  type DeviceKey,
} from '../../src/contracts/licence/tokens.ts';
import { ApiError } from '../api-error.ts';
import type { Nonces, RawRequest } from '../services.ts';

/** Longest proof that is looked at, characters; an honest one has some 600. */
const PROOF_MAX = 2048;

/** Nothing but these members: no `crit`, `kid`, `jku`, `x5c` that anything could be led to follow. */
const headerSchema = v.strictObject({
  alg: v.picklist(['EdDSA', 'ES256']),
  typ: v.literal(TOKEN_TYPES.proof),
  jwk: deviceKeySchema,
});

/**
 * Points of Ed25519 whose order divides 8, by their y, the sign left out, written in both ways where there are two:
 * under them a signature that nobody made holds. @source RFC 8032, 5.1.7; the list that libsodium refuses
 */
const SMALL_ORDER: ReadonlySet<string> = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
]);

/** Whether a key is written in its one way, and is one that only its owner can sign with. */
function isSound(jwk: DeviceKey): boolean {
  const spelled = (text: string): boolean => Buffer.from(text, 'base64url').toString('base64url') === text;
  if (jwk.kty === 'EC') return spelled(jwk.x) && spelled(jwk.y);
  const y = Buffer.from(jwk.x, 'base64url');
  y[31] = (y[31] ?? 0) & 0x7f;
  return spelled(jwk.x) && !SMALL_ORDER.has(y.toString('hex'));
}

/** Whose proof it was. */
export interface Prover {
  readonly jwk: DeviceKey;
  /** @source RFC 7638 */
  readonly thumbprint: string;
}

function refuse(reason: string, details: Readonly<Record<string, string | number>> = {}): ApiError {
  return new ApiError(
    'ERR_LICENCE_PROOF',
    'The proof of the device is missing or does not fit this request.',
    {
      details: { reason, ...details },
    },
  );
}

function parsePart(part: string): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(part, 'base64url'));
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Checks a device's proof, the cheap questions first and the nonce last, so that only who holds the key can use one up:
 *
 * 1. there is one, it is short enough and has three parts;
 * 2. header: nothing unknown, `alg` from the list, `typ` ours, `jwk` a sound public key and of the kind that `alg` says;
 * 3. signature, with that key;
 * 4. claims: nothing unknown, this method, this path, this body;
 * 5. `iat` not too old and not ahead;
 * 6. nonce: ours, fresh, never used.
 *
 * @throws ApiError ERR_LICENCE_PROOF (1–5), ERR_LICENCE_NONCE (6)
 * @source RFC 9449, 4.3; RFC 8725
 */
export async function checkProof(request: RawRequest, nonces: Nonces, nowMs: number): Promise<Prover> {
  const proof = request.headers.get(PROOF_HEADER);
  if (proof === null || proof.length > PROOF_MAX) throw refuse('form');
  const [, head, body] = /^([\w-]+)\.([\w-]+)\.[\w-]+$/.exec(proof) ?? [];
  if (head === undefined || body === undefined) throw refuse('form');

  const header = v.safeParse(headerSchema, parsePart(head));
  if (!header.success) throw refuse('header');
  const { alg, jwk } = header.output;
  if ((alg === 'EdDSA') !== (jwk.kty === 'OKP') || !isSound(jwk)) throw refuse('header');

  try {
    await compactVerify(proof, await importJWK({ ...jwk }, alg), { algorithms: [alg] });
  } catch {
    throw refuse('signature');
  }

  const claims = v.safeParse(proofClaimsSchema, parsePart(body));
  if (!claims.success) throw refuse('claims');
  const { htm, htu, ath, iat, nonce } = claims.output;
  if (htm !== request.method || htu !== request.path) throw refuse('request');
  if (ath !== digest(request.body)) throw refuse('body');

  const nowS = Math.floor(nowMs / 1000);
  if (iat < nowS - PROOF_MAX_AGE_S || iat > nowS + CLOCK_TOLERANCE_S)
    throw refuse('time', { serverTimeS: nowS });

  if (!(await nonces.use(nonce))) {
    throw new ApiError('ERR_LICENCE_NONCE', 'The nonce is not fresh; the answer has a new one.');
  }
  return { jwk, thumbprint: await calculateJwkThumbprint({ ...jwk }) };
}
