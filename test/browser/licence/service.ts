import { commands } from 'vitest/browser';
import * as v from 'valibot';
import { accountSchema, jwksSchema } from '../../../src/contracts/licence/api.ts';
import { policySchema } from '../../../src/contracts/licence/policy.ts';
import type { LicenceConfig } from '../../../src/contracts/licence/view.ts';

/** As test/licence/browser-service.ts gives it. */
interface PlainAnswer {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly text: string;
}

declare module 'vitest/browser' {
  interface BrowserCommands {
    licenceRequest(
      method: string,
      path: string,
      headers: readonly (readonly [string, string])[],
      body: string | null,
    ): Promise<PlainAnswer>;
    licenceOperator(method: 'GET' | 'POST', path: string, body: unknown): Promise<PlainAnswer>;
    badLicenceServer(): Promise<string>;
    badLicenceVisits(): Promise<readonly { method: string; path: string; hasProof: boolean }[]>;
  }
}

const licenceSchema = v.object({
  id: v.string(),
  granted: v.number(),
  balance: v.number(),
  leased: v.number(),
  committed: v.number(),
  lapsed: v.number(),
});
type Books = v.InferOutput<typeof licenceSchema>;

/** Where the service is, as far as the page knows; nothing listens there. */
const URL_OF_SERVICE = 'https://licence.example';

/** A licence sold for a test, and what its operator sees and does. */
export interface Sold {
  readonly id: string;
  readonly key: string;
  /** Granted = balance + leased + committed + lapsed, always. */
  books(): Promise<Books>;
  account(): Promise<v.InferOutput<typeof accountSchema>>;
  revoke(): Promise<void>;
  /** Makes it active or ended. */
  setState(state: 'active' | 'ended'): Promise<void>;
}

/** A request as the service got it. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly body: string;
}

/** The way of one or more tabs to the real service. */
export interface Link {
  readonly config: LicenceConfig;
  readonly fetch: (input: string, init: RequestInit) => Promise<Response>;
  /** Every request that got there. */
  readonly asked: Asked[];
  /** `away`: nothing gets there; `deaf`: requests get there and have their effect, no answer comes back. */
  mode: 'open' | 'away' | 'deaf';
  /** Takes an answer in the service's place; undefined lets the request through. */
  instead: ((asked: Asked) => Response | undefined) | null;
  /** Requests with a path that got there. */
  count(path: string): number;
}

const operator = async (method: 'GET' | 'POST', path: string, body?: unknown): Promise<unknown> => {
  const { status, text } = await commands.licenceOperator(method, path, body);
  if (status >= 300) throw new Error(`the operator was answered ${status}: ${text}`);
  return JSON.parse(text);
};

/** A licence of the real service. @param balance what it has to spend; a tier's allowance when left out. */
export async function sell(tier = 'lite', balance?: number): Promise<Sold> {
  const made = v.parse(
    v.object({ key: v.string(), licence: licenceSchema }),
    await operator('POST', '/licences', { policy: 'five-tier', tier }),
  );
  const { id } = made.licence;
  const path = `/licences/${id}`;
  const show = async () =>
    v.parse(v.object({ licence: licenceSchema, account: accountSchema }), await operator('GET', path));
  if (balance !== undefined) {
    await operator('POST', `${path}/adjust`, { amount: balance - made.licence.balance, reason: 'test' });
  }
  return {
    id,
    key: made.key,
    books: async () => (await show()).licence,
    account: async () => (await show()).account,
    revoke: async () => void (await operator('POST', `${path}/revoke`, { reason: 'test' })),
    setState: async (state) => void (await operator('POST', path, { state })),
  };
}

/** The issuer in the tokens is the address that the service listens on, which an entitlement of its own tells. */
async function issuerOf(): Promise<string> {
  const { text } = await commands.licenceRequest('GET', '/v1/revocations', [], null);
  const { revocations } = v.parse(v.object({ revocations: v.string() }), JSON.parse(text));
  const claims: unknown = JSON.parse(
    atob((revocations.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/')),
  );
  return v.parse(v.object({ iss: v.string() }), claims).iss;
}

/** Begins to talk to the service, which is started by the first test that does. */
export async function connect(): Promise<Link> {
  const { text } = await commands.licenceRequest('GET', '/.well-known/jwks.json', [], null);
  const { keys } = v.parse(jwksSchema, JSON.parse(text));
  const link: Link = {
    config: { issuer: await issuerOf(), keys, url: URL_OF_SERVICE },
    asked: [],
    mode: 'open',
    instead: null,
    count: (path) => link.asked.filter((one) => one.path === path).length,
    fetch: async (input, init) => {
      const { pathname, search } = new URL(input);
      const headers = new Headers(init.headers);
      const body = typeof init.body === 'string' ? init.body : '';
      const method = init.method ?? 'GET';
      if (link.mode === 'away') throw new TypeError('Failed to fetch');
      const asked = { method, path: pathname, headers, body };
      const other = link.instead?.(asked);
      if (other !== undefined) return other;
      link.asked.push(asked);
      const answer = await commands.licenceRequest(
        method,
        pathname + search,
        [...headers],
        method === 'POST' ? body : null,
      );
      if (link.mode !== 'open') throw new TypeError('Failed to fetch');
      const told = answer.headers.filter(([name]) => /^(content-type|retry-after|stillwake-)/.test(name));
      return new Response(answer.text, {
        status: answer.status,
        headers: told.map(([name, value]): [string, string] => [name, value]),
      });
    },
  };
  return link;
}

/** The policy that the service offers first. */
export async function offeredPolicy() {
  const { text } = await commands.licenceRequest('GET', '/v1/policy', [], null);
  return v.parse(v.object({ policy: policySchema }), JSON.parse(text)).policy;
}
