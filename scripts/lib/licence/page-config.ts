import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createLocalJWKSet, jwtVerify } from 'jose';
import * as v from 'valibot';
import { jwksSchema, revocationsResponseSchema, type Jwks } from '../../../src/contracts/licence/api.ts';
import { AUDIENCE, TOKEN_TYPES } from '../../../src/contracts/licence/tokens.ts';
import type { LicenceConfig } from '../../../src/contracts/licence/view.ts';
import { fileRevision } from '../service-worker-plugin.ts';
import type { ServerOptions } from '../static-server.ts';

/** Name of the `meta` element in which the page finds its licence API. */
export const LICENCE_META = 'stillwake-licence';
/** How long a licence API may take to answer when the application is started, ms. */
const ANSWER_MS = 10_000;

/** A licence API that can't be used; the message is one sentence for whoever started the application. */
export class LicenceApiError extends Error {
  override readonly name = 'LicenceApiError';
}

/** What is served to a page with a licence API. */
export interface PageLicence {
  readonly config: LicenceConfig;
  /** The API's origin, which the page's content security policy has to allow. */
  readonly origin: string;
}

function readAddress(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new LicenceApiError(`--licence-api wants an address such as http://localhost:8787, not ${text}`);
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new LicenceApiError('--licence-api wants an address without a name, a password, a query or a #');
  }
  return url;
}

/** The issuer as the service itself signs it, in its list of revocations; null when there is no such list. */
async function readIssuer(url: string, { keys }: Jwks): Promise<string | null> {
  try {
    const response = await fetch(`${url}/v1/revocations`, { signal: AbortSignal.timeout(ANSWER_MS) });
    const { revocations } = v.parse(revocationsResponseSchema, await response.json());
    const { payload } = await jwtVerify(revocations, createLocalJWKSet({ keys }), {
      algorithms: ['EdDSA'],
      audience: AUDIENCE,
      typ: TOKEN_TYPES.revocations,
    });
    return payload.iss ?? null;
  } catch {
    return null;
  }
}

/**
 * Asks a licence API for its public keys, once, and pins them. Whoever answers at this moment is trusted from then on;
 * the page takes no key from anywhere else.
 *
 * @param address the API's address, as typed.
 * @throws LicenceApiError when the address is none, or when what is there isn't a licence API.
 */
export async function fetchPageLicence(address: string): Promise<PageLicence> {
  const base = readAddress(address);
  const url = base.href.replace(/\/+$/, '');
  const jwks = `${url}/.well-known/jwks.json`;
  let response: Response;
  try {
    response = await fetch(jwks, { signal: AbortSignal.timeout(ANSWER_MS), redirect: 'error' });
  } catch {
    throw new LicenceApiError(`no licence API answers at ${url}: start it with npm run license-api`);
  }
  if (!response.ok) throw new LicenceApiError(`${jwks} answered ${response.status}: is that a licence API?`);
  const value: unknown = await response.json().catch(() => null);
  const parsed = v.safeParse(jwksSchema, value);
  if (!parsed.success || parsed.output.keys.length === 0) {
    throw new LicenceApiError(`${jwks} has no Ed25519 signing keys: is that a licence API?`);
  }
  // A service with an ISSUER of its own says so in what it signs; by default it is its address.
  const issuer = (await readIssuer(url, parsed.output)) ?? base.origin;
  return { config: { url, issuer, keys: parsed.output.keys }, origin: base.origin };
}

/** Text as the value of an attribute between single quotes. */
function inSingleQuotes(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll("'", '&#39;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}

/**
 * A page with its licence configuration in it, at the end of its head.
 *
 * @throws Error when the page has no head.
 */
export function withLicenceMeta(html: string, config: LicenceConfig): string {
  const end = html.indexOf('</head>');
  if (end === -1) throw new Error('the page has no </head>');
  const meta = `<meta name="${LICENCE_META}" content='${inSingleQuotes(JSON.stringify(config))}'>`;
  return `${html.slice(0, end)}${meta}\n${html.slice(end)}`;
}

/**
 * How a built application is served with a licence API. The service worker's list of files names the page as it is
 * served, so that a browser that keeps the page for use without a connection keeps the newest configuration, and not
 * the one of its first visit.
 *
 * @param root folder of the built application; it stays as it is.
 */
export async function licenceServing(
  root: string,
  { config, origin }: PageLicence,
): Promise<Required<Pick<ServerOptions, 'transform' | 'connectOrigins'>>> {
  const page = await readFile(join(root, 'index.html'), 'utf8');
  const built = fileRevision(page);
  const served = fileRevision(withLicenceMeta(page, config));
  return {
    transform: {
      'index.html': (html) => withLicenceMeta(html, config),
      'service-worker.js': (script) => script.replaceAll(built, served),
    },
    connectOrigins: [origin],
  };
}
