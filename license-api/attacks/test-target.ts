import { randomUUID } from 'node:crypto';
import { afterAll, expect } from 'vitest';
import * as v from 'valibot';
import { errorBodySchema, LICENCE_ERRORS, type LicenceErrorCode } from '../../src/contracts/licence/api.ts';
import { createApp } from '../app.ts';
import type { DatabaseOptions } from '../database/database.ts';
import { attemptLimit } from '../database/limits.ts';
import { requestLog } from '../log.ts';
import { onError } from '../middleware/errors.ts';
import { cors, securityHeaders } from '../middleware/headers.ts';
import { addressOf, originLimit, rateLimit, type Limits } from '../middleware/rate.ts';
import { openApiRoute } from '../openapi.ts';
import { deviceRoutes } from '../routes/device.ts';
import { operatorAuthenticator, operatorRoutes } from '../routes/operator.ts';
import { webhookAuthenticator, webhookRoutes } from '../routes/webhook.ts';
import { webhookSignature } from '../routes/webhook-signature.ts';
import type { Hit, Route } from '../services.ts';
import { startService, TestDevice, type Reply, type Service } from '../test-service.ts';

export const OPERATOR_KEY = 'operator-key-of-at-least-32-characters';
export const KEY_SECRET = 'secret-that-keys-of-paid-licences-follow-from';
export const WEBHOOK_SECRET = 'secret-of-the-shop-that-signs-its-events';
export const STRIPE_SECRET = 'whsec_of_the_payment_provider';
/** A page that every licence of {@link sold} may be used from. */
export const PAGE = 'https://page.example';
const APP_ORIGIN = 'https://app.test';

/** The whole service as `main` puts it together, over a database of its own. */
export interface Target extends Service {
  /** Every route there is. */
  readonly table: readonly Route[];
  /** Lines of the log so far. */
  readonly log: string[];
}

export interface TargetOptions {
  /** Left out: nothing is limited, so that the breadth of an attack isn't stopped by its speed. */
  readonly limits?: Limits;
  readonly trustProxy?: boolean;
}

/** Starts the service; the caller closes its database. */
export async function startTarget(where: DatabaseOptions, options: TargetOptions = {}): Promise<Target> {
  const service = await startService(where);
  return { ...service, ...targetOf(service, options) };
}

/** In memory, and what instances count together. */
function bothLimits(
  limits: Limits,
  database: Service['database'],
  clock: Service['clock'],
): (hit: Hit) => Promise<void> {
  const guard = rateLimit(limits, clock.nowMs);
  const attempts = attemptLimit(database, clock);
  return async (hit) => {
    guard(hit);
    await attempts(hit);
  };
}

/** Another instance over the same database. */
export function targetOf(
  { services, database, clock }: Service,
  { limits, trustProxy = false }: TargetOptions = {},
): Pick<Target, 'app' | 'table' | 'log'> {
  const webhooks = {
    secrets: [WEBHOOK_SECRET],
    stripeSecrets: [STRIPE_SECRET],
    stripePrices: { price_lite: { policy: 'five-tier', tier: 'lite' } },
    keySecret: KEY_SECRET,
  };
  const routes = [...operatorRoutes({ keySecret: KEY_SECRET }), ...webhookRoutes(webhooks)];
  const all = [...deviceRoutes([APP_ORIGIN]), ...routes];
  const description = openApiRoute(all, '1.0.0');
  const log: string[] = [];
  const app = createApp(services, {
    routes: [...routes, description],
    middleware: [
      requestLog((line) => log.push(line), clock.nowMs),
      securityHeaders(),
      cors({
        appOrigins: [APP_ORIGIN],
        isRegistered: (origin) => services.accounting.isRegisteredOrigin(database, origin),
        ...(limits === undefined ? {} : { limit: originLimit(addressOf(trustProxy), clock.nowMs) }),
      }),
    ],
    appOrigins: [APP_ORIGIN],
    address: addressOf(trustProxy),
    ...(limits === undefined ? {} : { limit: bothLimits(limits, database, clock) }),
    authenticateOperator: operatorAuthenticator({ operatorKey: OPERATOR_KEY }),
    authenticateWebhook: webhookAuthenticator(webhooks, clock),
    onError,
  });
  return { app, table: [...all, description], log };
}

/** A licence and a device of it. */
export async function sold(
  target: Target,
  tier = 'lite',
): Promise<{ key: string; id: string; device: TestDevice }> {
  const { key, licence } = await target.sell({ tier, origins: [PAGE] });
  const device = await TestDevice.make(target);
  expect((await device.activate(key)).code).toBeNull();
  return { key, id: licence.id, device };
}

/** An answer, with its code where it is a refusal. */
export async function replyOf(response: Response): Promise<Reply> {
  const text = await response.text();
  let code: string | null = null;
  if (response.status >= 400) {
    const parsed = v.safeParse(errorBodySchema, text === '' ? null : JSON.parse(text));
    code = parsed.success ? parsed.output.error.code : null;
  }
  return { status: response.status, text, code, headers: response.headers };
}

type Body = string | Uint8Array<ArrayBuffer>;
const bytesOf = (body: Body): Uint8Array<ArrayBuffer> =>
  typeof body === 'string' ? new TextEncoder().encode(body) : body;

/** Asks as the operator. @param body left out: GET. */
export async function operate(
  target: Pick<Target, 'app'>,
  path: string,
  body?: Body,
  headers: Record<string, string> = {},
): Promise<Reply> {
  return replyOf(
    await target.app.request(path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        Authorization: `Bearer ${OPERATOR_KEY}`,
        ...(body === undefined
          ? {}
          : { 'Content-Type': 'application/json', 'Idempotency-Key': randomUUID() }),
        ...headers,
      },
      ...(body === undefined ? {} : { body }),
    }),
  );
}

/** Sends an event with a signature that holds. */
export async function notify(
  target: Pick<Target, 'app' | 'clock'>,
  path: '/webhooks/payments' | '/webhooks/stripe',
  body: Body,
  headers: Record<string, string> = {},
): Promise<Reply> {
  const t = Math.floor(target.clock.ms / 1000);
  const [name, secret] =
    path === '/webhooks/stripe'
      ? ['Stripe-Signature', STRIPE_SECRET]
      : ['Stillwake-Signature', WEBHOOK_SECRET];
  return replyOf(
    await target.app.request(path, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        [name]: `t=${t},v1=${webhookSignature(secret, t, bytesOf(body))}`,
        ...headers,
      },
      body,
    }),
  );
}

/** What may change with a request that is refused: nonces that were used up, and how often somebody tried. */
const PASSING = ['nonces', 'attempts'];

/** Every row of every table, {@link PASSING} left out: one text, that is another one when anything at all has changed. */
export async function books({ database }: Pick<Target, 'database'>): Promise<string> {
  const tables = await database.query<{ name: string }>(
    `SELECT table_name::text AS name FROM information_schema.tables
     WHERE table_schema = 'public' AND table_name NOT IN ($1, $2) ORDER BY 1`,
    PASSING,
  );
  expect(tables.length).toBeGreaterThan(12);
  const lines: string[] = [];
  for (const { name } of tables) {
    const [row] = await database.query<{ rows: number; hash: string }>(
      `SELECT count(*)::bigint AS rows, coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') AS hash
       FROM "${name}" t`,
    );
    lines.push(`${name} ${row?.rows} ${row?.hash}`);
  }
  return lines.join('\n');
}

/** What the database itself says of all licences: how many don't add up, by licence and by lease. */
export async function faults({ database }: Pick<Target, 'database'>): Promise<unknown> {
  const [row] = await database.query(
    `SELECT (SELECT count(*) FROM licences WHERE granted <> balance + leased + committed + lapsed)::bigint AS licences,
       (SELECT count(*) FROM leases WHERE amount <> committed + released + held)::bigint AS leases,
       (SELECT count(*) FROM licences l WHERE leased <>
         (SELECT coalesce(sum(held), 0) FROM leases s WHERE s.licence_id = l.id))::bigint AS held,
       (SELECT count(*) FROM licences l WHERE granted <> (SELECT coalesce(sum(amount), 0) FROM movements m
         WHERE m.licence_id = l.id AND kind IN ('grant', 'adjust')))::bigint AS granted`,
  );
  return row;
}
/** What {@link faults} says when all is well. */
export const NO_FAULTS = { licences: 0, leases: 0, held: 0, granted: 0 };

/** Counts attacks by kind and prints the counts when the file's tests have ended. */
export class Tally {
  readonly #counts = new Map<string, number>();

  constructor(file: string) {
    afterAll(() => {
      const total = [...this.#counts.values()].reduce((sum, one) => sum + one, 0);
      const kinds = [...this.#counts].map(([kind, count]) => `${kind} ${count}`).join(', ');
      process.stdout.write(`attacks on ${file}: ${total} (${kinds})\n`);
    });
  }

  /** Holds one answer against what it has to be. @param what told when it isn't. */
  refused(
    kind: string,
    what: unknown,
    reply: Pick<Reply, 'status' | 'code' | 'text'>,
    code: LicenceErrorCode,
  ): void {
    if (reply.code !== code || reply.status !== LICENCE_ERRORS[code]) {
      const told = (JSON.stringify(what) ?? String(what)).slice(0, 300);
      expect.fail(`${kind}: ${told} → ${reply.status} ${reply.text.slice(0, 300)}, not ${code}`);
    }
    this.count(kind);
  }

  count(kind: string, by = 1): void {
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + by);
  }
}
