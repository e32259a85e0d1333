import { TOKEN_TYPES } from '../../contracts/licence/tokens.ts';

/** Tokens of a host, sorted for `acceptTokens`; nothing in them is believed before they are verified there. */
export interface PastedTokens {
  readonly entitlement?: string;
  readonly leases?: readonly string[];
}

/** A compact JWS: three parts of base64url. */
const TOKEN = /[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}/g;

/** What a token says it is, in its own header; null when that can't be read. */
function typeOf(token: string): unknown {
  try {
    const [header = ''] = token.split('.');
    const value: unknown = JSON.parse(atob(header.replaceAll('-', '+').replaceAll('_', '/')));
    return typeof value === 'object' && value !== null && 'typ' in value ? value.typ : null;
  } catch {
    return null;
  }
}

/**
 * Finds tokens in what a person pasted: alone, in lines, or inside the JSON that the mint prints.
 *
 * @returns null when there is none. Of several entitlements the last counts; what isn't a lease is taken for an
 * entitlement, so that the refusal of it is told.
 */
export function readPastedTokens(text: string): PastedTokens | null {
  const tokens = text.match(TOKEN) ?? [];
  if (tokens.length === 0) return null;
  const leases = tokens.filter((token) => typeOf(token) === TOKEN_TYPES.lease);
  const entitlement = tokens.findLast((token) => !leases.includes(token));
  return {
    ...(entitlement === undefined ? {} : { entitlement }),
    ...(leases.length === 0 ? {} : { leases }),
  };
}
