import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';

const IV_BYTES = 12;
const TAG_BYTES = 16;
const CIPHER = 'aes-256-gcm';

/** Name under which an answer is kept: whoever reads the table learns no `Idempotency-Key` from it. */
export function keyName(caller: string, key: string): string {
  return createHash('sha256').update(`stillwake-idempotency\n${caller}\n${key}`).digest('base64url');
}

/** Key of a sealed answer. @source RFC 5869 (HKDF) */
function sealingKey(caller: string, key: string, bearer: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', `${key}\n${bearer}`, caller, 'stillwake-answer', 32));
}

/**
 * Encrypts an answer, which may hold a licence key or a token, so that only who asks again with the same
 * `Idempotency-Key` and the same bearer key can read it: neither is in the database.
 *
 * @param bearer what the request was authorised with; empty for devices, whose proofs change with every request.
 * @returns base64url. @source NIST SP 800-38D (GCM)
 */
export function sealAnswer(caller: string, key: string, bearer: string, body: string): string {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(CIPHER, sealingKey(caller, key, bearer), iv);
  const sealed = Buffer.concat([cipher.update(body, 'utf8'), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64url');
}

/** The answer, or null when it was sealed for another request or is damaged. */
export function openAnswer(caller: string, key: string, bearer: string, text: string): string | null {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.length < IV_BYTES + TAG_BYTES) return null;
  const decipher = createDecipheriv(CIPHER, sealingKey(caller, key, bearer), bytes.subarray(0, IV_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
  try {
    return decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
  } catch {
    return null;
  }
}
