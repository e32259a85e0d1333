import * as v from 'valibot';
import { jwksSchema } from '../contracts/licence/api.ts';
import { policySchema } from '../contracts/licence/policy.ts';
import type { LicenceConfig } from '../contracts/licence/view.ts';

const addressSchema = v.pipe(
  v.string(),
  v.check((text) => {
    // Relative to the page: the service may lie beside it.
    const url = URL.parse(text, document.baseURI);
    return url !== null && ['https:', 'http:'].includes(url.protocol);
  }, 'an http address'),
);

const configSchema = v.pipe(
  v.strictObject({
    issuer: v.pipe(v.string(), v.minLength(1)),
    keys: v.pipe(jwksSchema.entries.keys, v.minLength(1)),
    url: v.optional(addressSchema),
    policy: v.optional(policySchema),
    buyUrl: v.optional(addressSchema),
  }),
  v.check(({ url, policy }) => url !== undefined || policy !== undefined, 'an address or a policy'),
);

/** Reads what a page says of its licence; null when it can't be used. */
export function readLicenceConfig(content: string): LicenceConfig | null {
  try {
    const { output, success } = v.safeParse(configSchema, JSON.parse(content));
    if (!success) return null;
    const { issuer, keys, url, policy, buyUrl } = output;
    return {
      issuer,
      keys,
      ...(url === undefined ? {} : { url: new URL(url, document.baseURI).href.replace(/\/$/, '') }),
      ...(policy === undefined ? {} : { policy }),
      ...(buyUrl === undefined ? {} : { buyUrl }),
    };
  } catch {
    return null;
  }
}
