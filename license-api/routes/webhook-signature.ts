import { createHmac, timingSafeEqual } from 'node:crypto';
import { ApiError } from '../api-error.ts';

/** How old or early a signed event may be, seconds. */
export const WEBHOOK_WINDOW_S = 300;
const HEADER_MAX = 2048;
const SIGNATURES_MAX = 8;

/**
 * Signature of a webhook's body, hexadecimal.
 *
 * @param secret the shared secret as text, the way it was handed over.
 * @param timestampS seconds since 1970.
 */
export function webhookSignature(secret: string, timestampS: number, body: Uint8Array): string {
  return createHmac('sha256', secret).update(`${timestampS}.`).update(body).digest('hex');
}

function refused(): ApiError {
  return new ApiError('ERR_WEBHOOK_SIGNATURE', 'The signature is missing, wrong, or too old.');
}

/**
 * Checks a header `t=…,v1=…`: an HMAC-SHA256 over `${t}.${body}`. While a secret is being changed the sender may sign
 * with both (several `v1`) and the receiver may know both. Other schemes in the header are passed over.
 *
 * @param secrets those that hold now, at least one.
 * @throws ApiError ERR_WEBHOOK_SIGNATURE
 * @source https://docs.stripe.com/webhooks#verify-manually: the scheme that payment providers' receivers know
 */
export function checkWebhookSignature(
  header: string | null,
  body: Uint8Array,
  secrets: readonly string[],
  nowMs: number,
): void {
  if (header === null || header.length > HEADER_MAX) throw refused();
  const parts = header.split(',').map((part) => part.trim());
  const times = parts.filter((part) => part.startsWith('t=')).map((part) => part.slice(2));
  const given = parts
    .filter((part) => /^v1=[\da-f]{64}$/.test(part))
    .slice(0, SIGNATURES_MAX)
    .map((part) => Buffer.from(part.slice(3), 'hex'));
  const [time] = times;
  if (time === undefined || times.length > 1 || !/^\d{1,12}$/.test(time)) throw refused();
  if (Math.abs(nowMs / 1000 - Number(time)) > WEBHOOK_WINDOW_S) throw refused();
  let fits = false;
  for (const secret of secrets) {
    // The number as it was written: what was signed is text.
    const expected = createHmac('sha256', secret).update(`${time}.`).update(body).digest();
    for (const signature of given) fits = timingSafeEqual(expected, signature) || fits;
  }
  if (!fits) throw refused();
}
