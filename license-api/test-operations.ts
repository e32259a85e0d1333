import { randomUUID } from 'node:crypto';
import { createApp } from './app.ts';
import type { DatabaseOptions } from './database/database.ts';
import { requestLog } from './log.ts';
import { onError } from './middleware/errors.ts';
import { cors, securityHeaders } from './middleware/headers.ts';
import { openApiRoute } from './openapi.ts';
import { deviceRoutes } from './routes/device.ts';
import { operatorAuthenticator, operatorRoutes } from './routes/operator.ts';
import { webhookAuthenticator, webhookRoutes } from './routes/webhook.ts';
import { webhookSignature } from './routes/webhook-signature.ts';
import type { AppOptions } from './services.ts';
import { startService } from './test-service.ts';

export const OPERATOR_KEY = 'operator-key-of-at-least-32-characters';
export const KEY_SECRET = 'secret-that-keys-of-paid-licences-follow-from';
export const WEBHOOK_SECRET = 'our-own-webhook-secret';
export const STRIPE_SECRET = 'whsec_of_the_payment_provider';
/** Beside the device's routes and those of operators. */
export const WEBHOOKS = {
  secrets: [WEBHOOK_SECRET],
  stripeSecrets: ['whsec_the_next_one_is_newer', STRIPE_SECRET],
  stripePrices: {
    price_lite: { policy: 'five-tier', tier: 'lite' },
    price_plus: { policy: 'five-tier', tier: 'plus' },
  },
  keySecret: KEY_SECRET,
};

/** What came back. */
export interface Answered {
  readonly status: number;
  readonly text: string;
}

/** The whole service with its operator's side and its payments, over a database; whoever starts it closes that. */
export async function startOperations(
  where: DatabaseOptions,
  options: Partial<Pick<AppOptions, 'limit'>> = {},
) {
  const service = await startService(where);
  const { services, database, clock } = service;
  const routes = [...operatorRoutes({ keySecret: KEY_SECRET }), ...webhookRoutes(WEBHOOKS)];
  const all = [...deviceRoutes(['https://app.test']), ...routes];
  const description = openApiRoute(all, '1.0.0');
  const log: string[] = [];
  const app = createApp(services, {
    routes: [...routes, description],
    middleware: [
      requestLog((line) => log.push(line)),
      securityHeaders(),
      cors({
        appOrigins: [],
        isRegistered: (origin) => services.accounting.isRegisteredOrigin(database, origin),
      }),
    ],
    appOrigins: ['https://app.test'],
    authenticateOperator: operatorAuthenticator({ operatorKey: OPERATOR_KEY }),
    authenticateWebhook: webhookAuthenticator(WEBHOOKS, clock),
    onError,
    ...options,
  });

  async function operate(
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answered> {
    const answer = await app.request(`/v1/operator${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        Authorization: `Bearer ${OPERATOR_KEY}`,
        'Content-Type': 'application/json',
        'Idempotency-Key': randomUUID(),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, text: await answer.text() };
  }

  async function post(path: string, header: string, value: string, body: string): Promise<Answered> {
    const headers = { 'Content-Type': 'application/json', [header]: value };
    const answer = await app.request(path, { method: 'POST', headers, body });
    return { status: answer.status, text: await answer.text() };
  }

  /** An event of the payment provider. @param created seconds since 1970. */
  async function stripe(
    type: string,
    created: number,
    object: unknown,
    { id = `evt_${randomUUID().replaceAll('-', '')}`, secret = STRIPE_SECRET, ageS = 0 } = {},
  ): Promise<Answered> {
    const body = JSON.stringify({ id, type, created, data: { object } });
    const t = Math.floor(clock.ms / 1000) - ageS;
    const signature = webhookSignature(secret, t, new TextEncoder().encode(body));
    return post('/webhooks/stripe', 'Stripe-Signature', `t=${t},v1=${signature},v0=00`, body);
  }

  /** An event of a shop of one's own. */
  async function shop(event: Record<string, unknown>): Promise<Answered> {
    const body = JSON.stringify({ id: randomUUID(), ...event });
    const t = Math.floor(clock.ms / 1000);
    const signature = webhookSignature(WEBHOOK_SECRET, t, new TextEncoder().encode(body));
    return post('/webhooks/payments', 'Stillwake-Signature', `t=${t},v1=${signature}`, body);
  }

  return { ...service, app, table: [...all, description], log, operate, stripe, shop };
}
export type Operations = Awaited<ReturnType<typeof startOperations>>;
