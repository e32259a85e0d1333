import * as v from 'valibot';
import { AppError } from '../../contracts/errors.ts';
import { PACK_SIGNATURE_FILE, packSignatureSchema } from '../../contracts/pack.ts';
import type { PackKey, PackTrust } from '../../contracts/packs.api.ts';
import { verifyInScript, verifyNatively } from '../licence/verify-token.ts';

/** What a signature is worth, and whose it says to be. */
export interface Trust {
  readonly trust: PackTrust;
  readonly keyId: string | null;
}

const refused = (why: string, cause?: unknown): AppError =>
  new AppError('ERR_MODEL_SIGNATURE', `${PACK_SIGNATURE_FILE} was refused: ${why}`, {
    details: { why },
    cause,
  });

function fromBase64url(text: string): Uint8Array<ArrayBuffer> {
  const plain = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

function parse(signature: Uint8Array<ArrayBuffer>): v.InferOutput<typeof packSignatureSchema> {
  let raw: unknown;
  try {
    raw = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(signature));
  } catch (cause) {
    throw refused('it is no JSON', cause);
  }
  const result = v.safeParse(packSignatureSchema, raw);
  if (!result.success) throw refused('it is no signature of a pack');
  return result.output;
}

/**
 * Judges a pack's signature against the keys that this application knows.
 *
 * @param packBytes the exact bytes of `pack.json`.
 * @param signature the bytes of `pack.sig`; null where there is none.
 * @throws ERR_MODEL_SIGNATURE when it isn't one, or is by a known key and doesn't hold.
 * @source RFC 8032
 */
export async function judgeSignature(
  packBytes: Uint8Array<ArrayBuffer>,
  signature: Uint8Array<ArrayBuffer> | null,
  keys: readonly PackKey[],
): Promise<Trust> {
  if (signature === null) return { trust: 'unsigned', keyId: null };
  const { keyId, value } = parse(signature);
  const key = keys.find((one) => one.keyId === keyId);
  if (key === undefined) return { trust: 'unknown-key', keyId };
  const input = [fromBase64url(key.publicKey), fromBase64url(value), packBytes] as const;
  const holds = await verifyNatively(...input).catch(() => verifyInScript(...input));
  if (!holds) throw refused('it does not hold');
  return { trust: 'trusted', keyId };
}
