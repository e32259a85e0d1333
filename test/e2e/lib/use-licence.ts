import * as v from 'valibot';
import { afterAll, beforeAll, vi } from 'vitest';
import { accountSchema } from '../../../src/contracts/licence/api.ts';
import { licenceSchema } from '../../../license-api/routes/operator.ts';
import { DIST } from '../../../scripts/lib/build-app.ts';
import { fetchPageLicence, licenceServing } from '../../../scripts/lib/licence/page-config.ts';
import { makeKeeping, type OwnKeeping } from '../../licence/keeping.ts';
import { startLicenceServer, type LicenceServer } from '../../licence/server.ts';
import { startRelay, type LicenceRelay } from './licence-relay.ts';
import { useApp, type AppUnderTest } from './use-app.ts';

const shownSchema = v.object({ licence: licenceSchema, account: accountSchema });

/** A licence as its operator sees it. */
export type ShownLicence = v.InferOutput<typeof shownSchema>;

/** The licence service as a process of its own with an embedded database, and the application served with it. */
export interface LicensedApp {
  readonly app: AppUnderTest;
  readonly service: LicenceServer;
  readonly relay: LicenceRelay;
  /** The demonstration's key of a tier, by the tier's name. */
  demonstrationKey(tier: string): string;
  /** A demonstration's licence, as the operator sees it. */
  demonstration(tierId: string): Promise<ShownLicence>;
  /** A new licence for this application. @param options.balance what it has to spend; its allowance when left out. */
  createLicence(options: {
    readonly tier: string;
    readonly policy?: string;
    readonly balance?: number;
  }): Promise<{ readonly id: string; readonly key: string }>;
  show(id: string): Promise<ShownLicence>;
  revoke(id: string): Promise<void>;
}

/** Ports for which the demonstration's licences hold begin here. */
const DEMONSTRATION_PORT = 4173;

/** The longest that its keys take to be made and printed, ms. */
const PRINTED_MS = 30_000;

/** Keys of every tier by its name, as a demonstration prints them. @throws Error when they aren't all there yet */
function printedKeys(output: string): Map<string, string> {
  const keys = [...output.matchAll(/^ {2}(\S+) +(SW(?:-[0-9A-Z]{5}){5})\n/gm)];
  if (keys.length < 5) throw new Error(`${keys.length} keys of the five tiers were printed`);
  return new Map(keys.map(([, tier = '', key = '']) => [tier, key]));
}

/**
 * Starts the service as a demonstration, takes its printed keys, and starts it again on the same data with an
 * operator's side; then serves the built application with it, as `npm start -- --licence-api` does.
 *
 * @param options.policy file of a policy of its own, beside the ready ones; what the service offers first.
 */
export function useLicensedApp(options: { readonly policy?: string } = {}): LicensedApp {
  let own: OwnKeeping | undefined;
  let service: LicenceServer | undefined;
  let relay: LicenceRelay | undefined;
  let keys = new Map<string, string>();
  const there = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error('used outside a test');
    return value;
  };

  beforeAll(async () => {
    own = await makeKeeping('pglite');
    const { keeping } = own;
    const env = options.policy === undefined ? {} : { POLICY: options.policy };
    const demonstration = await startLicenceServer({ keeping, env: { ...env, OPERATOR_KEY: '' } });
    try {
      keys = await vi.waitFor(() => printedKeys(demonstration.output()), { timeout: PRINTED_MS });
    } finally {
      await demonstration.stop();
    }
    service = await startLicenceServer({ keeping, port: demonstration.port, env });
    relay = await startRelay(service.url);
  });
  const app = useApp({
    port: DEMONSTRATION_PORT,
    serving: async () => licenceServing(DIST, await fetchPageLicence(there(relay).url)),
    namedOrigin: () => there(relay).url,
  });
  afterAll(async () => {
    await relay?.stop();
    await service?.stop();
    await own?.remove();
  });

  const ask = async <Schema extends v.GenericSchema>(
    method: 'GET' | 'POST',
    path: string,
    schema: Schema,
    body?: unknown,
  ): Promise<v.InferOutput<Schema>> => {
    const { status, text } = await there(service).operator(method, path, body);
    if (status >= 300) throw new Error(`${method} ${path} answered ${status}: ${text}`);
    return v.parse(schema, JSON.parse(text));
  };
  const show = (id: string): Promise<ShownLicence> => ask('GET', `/licences/${id}`, shownSchema);

  return {
    app,
    get service() {
      return there(service);
    },
    get relay() {
      return there(relay);
    },
    show,
    demonstrationKey: (tier) => there(keys.get(tier)),
    async demonstration(tierId) {
      const { items } = await ask(
        'GET',
        `/licences?reference=demonstration:five-tier:${tierId}`,
        v.object({ items: v.tuple([v.object({ id: v.string() })]) }),
      );
      return show(items[0].id);
    },
    async createLicence({ tier, policy = 'five-tier', balance }) {
      const { licence, key } = await ask(
        'POST',
        '/licences',
        v.object({ licence: licenceSchema, key: v.string() }),
        { policy, tier, origins: [new URL(app.url).origin] },
      );
      if (balance !== undefined && balance !== licence.balance) {
        const amount = balance - licence.balance;
        await ask('POST', `/licences/${licence.id}/adjust`, v.object({}), { amount, reason: 'for a test' });
      }
      return { id: licence.id, key };
    },
    async revoke(id) {
      await ask('POST', `/licences/${id}/revoke`, v.object({}), { reason: 'for a test' });
    },
  };
}
