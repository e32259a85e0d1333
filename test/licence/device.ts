import { createHash, generateKeyPairSync, randomUUID, sign, type KeyObject } from 'node:crypto';
import {
  IDEMPOTENCY_HEADER,
  NONCE_HEADER,
  PROOF_HEADER,
  TOKEN_TYPES,
} from '../../src/contracts/licence/tokens.ts';
import { strangeAddress, type Answered } from './server.ts';

const base64Url = (value: string | Uint8Array): string => Buffer.from(value).toString('base64url');

/** A device of a person, with a key of its own, as the protocol sees it; written apart from the application's. */
export class TestDevice {
  readonly publicKey: { readonly kty: 'OKP'; readonly crv: 'Ed25519'; readonly x: string };
  readonly #privateKey: KeyObject;

  constructor() {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const { x = '' } = publicKey.export({ format: 'jwk' });
    this.publicKey = { kty: 'OKP', crv: 'Ed25519', x };
    this.#privateKey = privateKey;
  }

  /** A proof for one request. @param body its exact text; empty for GET. */
  proof(method: 'GET' | 'POST', path: string, body: string, nonce: string): string {
    const header = { alg: 'EdDSA', typ: TOKEN_TYPES.proof, jwk: this.publicKey };
    const claims = {
      htm: method,
      htu: path,
      nonce,
      iat: Math.floor(Date.now() / 1000),
      ath: createHash('sha256').update(body).digest('base64url'),
    };
    const input = `${base64Url(JSON.stringify(header))}.${base64Url(JSON.stringify(claims))}`;
    return `${input}.${base64Url(sign(null, Buffer.from(input), this.#privateKey))}`;
  }

  /**
   * Asks the service, once more when the nonce wasn't fresh.
   *
   * @param key `Idempotency-Key` of a POST.
   */
  async ask(
    url: string,
    method: 'GET' | 'POST',
    path: string,
    body?: unknown,
    key?: string,
  ): Promise<Answered> {
    const text = body === undefined ? '' : JSON.stringify(body);
    for (let attempt = 0; ; attempt++) {
      const nonce = await freshNonce(url);
      const response = await fetch(url + path, {
        method,
        headers: {
          [PROOF_HEADER]: this.proof(method, path, text, nonce),
          'X-Forwarded-For': strangeAddress(),
          ...(method === 'POST'
            ? { [IDEMPOTENCY_HEADER]: key ?? randomUUID(), 'Content-Type': 'application/json' }
            : {}),
        },
        ...(method === 'POST' ? { body: text } : {}),
      });
      const answered = { status: response.status, text: await response.text(), headers: response.headers };
      if (attempt > 0 || !answered.text.includes('ERR_LICENCE_NONCE')) return answered;
    }
  }
}

/** A nonce that nothing has used. */
export async function freshNonce(url: string): Promise<string> {
  const response = await fetch(`${url}/v1/nonce`, { headers: { 'X-Forwarded-For': strangeAddress() } });
  await response.arrayBuffer();
  const nonce = response.headers.get(NONCE_HEADER);
  if (nonce === null) throw new Error(`GET /v1/nonce answered ${response.status} without a nonce`);
  return nonce;
}
