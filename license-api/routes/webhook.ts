import * as v from 'valibot';
import { keySchema } from '../../src/contracts/licence/api.ts';
import { amountSchema, nameSchema } from '../../src/contracts/licence/policy.ts';
import { ApiError } from '../api-error.ts';
import { parseJson } from '../middleware/body.ts';
import { route } from '../route.ts';
import type { AppOptions, Clock, Route, RouteContext } from '../services.ts';
import {
  featuresSchema,
  keyForReference,
  licenceSchema,
  licenceView,
  originsSchema,
  referenceSchema,
} from './operator.ts';
import { applyPayment, PAYMENT_RESULTS, type PaymentCommand, type PaymentResult } from './payment.ts';
import { stripeCommand, stripeEventSchema, type StripePrices } from './webhook-stripe.ts';
import { checkWebhookSignature } from './webhook-signature.ts';

const BODY_MAX = 256 * 1024;
const PAYMENTS = 'webhookPayments';
const STRIPE = 'webhookStripe';
/** Header of our own scheme. */
export const WEBHOOK_HEADER = 'Stillwake-Signature';

const common = {
  /** The sender's own id of the event; the same one is dealt with once. */
  id: v.pipe(v.string(), v.regex(/^[\w.:-]{1,128}$/)),
  reference: referenceSchema,
};
const timed = {
  ...common,
  /** When it happened: of two events about one reference the later one holds. Milliseconds since 1970. */
  atMs: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(8.64e15)),
};

/** An event of a shop that speaks our own language. */
export const paymentEventSchema = v.variant('type', [
  v.strictObject({
    ...timed,
    type: v.literal('licence.set'),
    policy: nameSchema,
    tier: nameSchema,
    state: v.optional(v.picklist(['active', 'ended']), 'active'),
    origins: v.optional(originsSchema),
    features: v.optional(featuresSchema),
    /** The shop's id of the payment, so that a refund can name it. */
    payment: v.optional(referenceSchema),
  }),
  v.strictObject({ ...timed, type: v.literal('licence.renewed'), payment: v.optional(referenceSchema) }),
  v.strictObject({ ...timed, type: v.literal('licence.ended') }),
  v.strictObject({ id: common.id, type: v.literal('payment.refunded'), payment: referenceSchema }),
  v.strictObject({
    ...common,
    type: v.literal('moments.granted'),
    amount: v.pipe(amountSchema, v.minValue(1)),
  }),
]);
export type PaymentEvent = v.InferOutput<typeof paymentEventSchema>;

const resultSchema = v.picklist(PAYMENT_RESULTS);

function paymentCommand(event: PaymentEvent): PaymentCommand {
  switch (event.type) {
    case 'licence.set': {
      const { reference, atMs, policy, tier, state, origins, features, payment } = event;
      return {
        type: 'set',
        reference,
        atMs,
        policy,
        tier,
        state,
        ...(origins === undefined ? {} : { origins }),
        ...(features === undefined ? {} : { features }),
        links: payment === undefined ? [] : [payment],
        revives: true,
      };
    }
    case 'licence.renewed': {
      const { reference, atMs, payment } = event;
      return { type: 'renew', reference, atMs, links: payment === undefined ? [] : [payment] };
    }
    case 'licence.ended':
      return { type: 'end', reference: event.reference, atMs: event.atMs };
    case 'payment.refunded':
      return { type: 'refund', links: [event.payment], whole: true, amount: 0, ofAmount: 0 };
    case 'moments.granted':
      return { type: 'grant', reference: event.reference, amount: event.amount };
  }
}

/** What is known of the senders of events. A scheme without secrets has no route. */
export interface WebhookOptions {
  /** Secrets that hold now, newest first. */
  readonly secrets: readonly string[];
  readonly stripeSecrets: readonly string[];
  readonly stripePrices: StripePrices;
  /** See {@link keyForReference}. */
  readonly keySecret: string;
}

/** Knows senders by their signatures over the body's own bytes. */
export function webhookAuthenticator(
  { secrets, stripeSecrets }: Pick<WebhookOptions, 'secrets' | 'stripeSecrets'>,
  clock: Clock,
): NonNullable<AppOptions['authenticateWebhook']> {
  return async ({ headers, body }, { name }) => {
    const stripe = name === STRIPE;
    checkWebhookSignature(
      headers.get(stripe ? 'Stripe-Signature' : WEBHOOK_HEADER),
      body,
      stripe ? stripeSecrets : secrets,
      clock.nowMs(),
    );
    return { kind: 'webhook', id: stripe ? 'webhook:stripe' : 'webhook:payments' };
  };
}

function parsed<Schema extends v.GenericSchema>(schema: Schema, value: unknown): v.InferOutput<Schema> {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  const field = v.getDotPath(result.issues[0]) ?? '';
  throw new ApiError('ERR_REQUEST_INVALID', 'The event is not of the form it has to have.', {
    details: { field: /^[\w.-]{0,80}$/.test(field) ? field : '' },
  });
}

function commandOf(context: RouteContext, prices: StripePrices): { id: string; command: PaymentCommand } {
  const event = parsed(stripeEventSchema, parseJson(context.raw.body));
  try {
    return { id: event.id, command: stripeCommand(event, prices) };
  } catch (cause) {
    if (!v.isValiError(cause)) throw cause;
    throw new ApiError('ERR_REQUEST_INVALID', 'The event’s object lacks what its type must have.', { cause });
  }
}

function answer({ result, licence }: PaymentResult): {
  result: PaymentResult['result'];
  licence: v.InferOutput<typeof licenceSchema> | null;
} {
  return { result, licence: licence === null ? null : licenceView(licence) };
}

/** Routes that payment providers call. Each event has its effect once, however often and late it comes. */
export function webhookRoutes(options: WebhookOptions): readonly Route[] {
  const { keySecret, stripePrices } = options;
  const shared = { method: 'POST', auth: 'webhook', idempotent: false, bodyMax: BODY_MAX } as const;
  const payments = route({
    ...shared,
    path: '/webhooks/payments',
    name: PAYMENTS,
    summary: 'Takes a shop’s event (`licence.set`, `licence.renewed`, …); its signature is checked.',
    request: null,
    response: v.object({
      result: resultSchema,
      licence: v.nullable(licenceSchema),
      /** Of a licence that payments made. */
      key: v.nullable(keySchema),
    }),
    errors: ['ERR_OPERATOR_CONFLICT'],
    handler: async (_body, context) => {
      const event = parsed(paymentEventSchema, parseJson(context.raw.body));
      const outcome = await applyPayment(context, event.id, paymentCommand(event), keySecret);
      const reference = outcome.licence?.reference ?? null;
      const key = reference === null ? null : keyForReference(keySecret, reference);
      const known = key === null ? null : await context.services.accounting.findByKey(context.tx, key);
      return { body: { ...answer(outcome), key: known === null ? null : key } };
    },
  });
  const stripe = route({
    ...shared,
    path: '/webhooks/stripe',
    name: STRIPE,
    summary:
      'Takes Stripe’s events about subscriptions, checkouts, invoices and refunds; others mean nothing.',
    request: null,
    response: v.object({ result: resultSchema }),
    errors: ['ERR_OPERATOR_CONFLICT'],
    handler: async (_body, context) => {
      const { id, command } = commandOf(context, stripePrices);
      const { result } = await applyPayment(context, id, command, keySecret);
      return { body: { result } };
    },
  });
  return [
    ...(options.secrets.length === 0 ? [] : [payments]),
    ...(options.stripeSecrets.length === 0 ? [] : [stripe]),
  ];
}
