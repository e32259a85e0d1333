import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Bytes as base64url without padding. @source RFC 4648, 5 */
export function base64Url(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const [a = 0, b = 0, c = 0] = bytes.subarray(i, i + 3);
    const word = (a << 16) | (b << 8) | c;
    const characters = Math.min(3, bytes.length - i) + 1;
    for (let k = 0; k < characters; k++) text += ALPHABET[(word >> (18 - 6 * k)) & 63] ?? '';
  }
  return text;
}

/**
 * SHA-256 of a text's UTF-8 or of bytes, base64url, 43 characters. Synchronous, unlike the browser's own: an entry of
 * the ledger is hashed inside a database transaction, which ends as soon as anything else is waited for.
 */
export function digest(input: string | Uint8Array): string {
  return base64Url(sha256(typeof input === 'string' ? utf8ToBytes(input) : input));
}
