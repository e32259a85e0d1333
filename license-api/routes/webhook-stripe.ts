import * as v from 'valibot';
import { nameSchema } from '../../src/contracts/licence/policy.ts';
import { originSchema } from '../../src/contracts/licence/tokens.ts';
import type { PaymentCommand } from './payment.ts';

/** What each price of the provider buys, by the price's id. */
export const stripePricesSchema = v.record(
  v.pipe(v.string(), v.regex(/^\w{1,128}$/)),
  v.strictObject({ policy: nameSchema, tier: nameSchema, origins: v.optional(v.array(originSchema)) }),
);
export type StripePrices = v.InferOutput<typeof stripePricesSchema>;

const idSchema = v.pipe(v.string(), v.regex(/^\w{1,128}$/));
/** A field that names an object: by its id, or the object itself where it was expanded. */
const namedSchema = v.union([
  idSchema,
  v.pipe(
    v.object({ id: idSchema }),
    v.transform(({ id }) => id),
  ),
]);
const maybeSchema = v.nullish(namedSchema, null);
/** In the currency's smallest unit; it is for the record alone. */
const amountSchema = v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(0)), 0);

/** An event, as far as all have the same. @source https://docs.stripe.com/api/events/object */
export const stripeEventSchema = v.object({
  id: idSchema,
  type: v.pipe(v.string(), v.maxLength(128)),
  /** Seconds since 1970. */
  created: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(253402300799)),
  data: v.object({ object: v.unknown() }),
});
export type StripeEvent = v.InferOutput<typeof stripeEventSchema>;

/** @source https://docs.stripe.com/api/subscriptions/object */
const subscriptionSchema = v.object({
  id: idSchema,
  status: v.string(),
  items: v.object({ data: v.array(v.object({ price: v.object({ id: idSchema }) })) }),
});
/**
 * The subscription is in `parent` since the API's version of March 2025, and was beside `charge` and `payment_intent`
 * before. @source https://docs.stripe.com/api/invoices/object
 */
const invoiceSchema = v.object({
  id: idSchema,
  subscription: maybeSchema,
  charge: maybeSchema,
  payment_intent: maybeSchema,
  parent: v.nullish(
    v.object({ subscription_details: v.nullish(v.object({ subscription: maybeSchema }), null) }),
    null,
  ),
  payments: v.nullish(
    v.object({
      data: v.array(v.object({ payment: v.object({ charge: maybeSchema, payment_intent: maybeSchema }) })),
    }),
    null,
  ),
});
/**
 * Which payment paid an invoice: since the version of March 2025 an invoice in an event has no payments of its own, and
 * a charge no invoice, so that this object alone joins the two.
 *
 * @source https://docs.stripe.com/api/invoice-payment/object
 */
const invoicePaymentSchema = v.object({
  invoice: namedSchema,
  payment: v.object({ charge: maybeSchema, payment_intent: maybeSchema }),
});
/** @source https://docs.stripe.com/api/charges/object */
const chargeSchema = v.object({
  id: idSchema,
  amount: amountSchema,
  /** All that was given back so far. */
  amount_refunded: amountSchema,
  /** Whether that is all of it. */
  refunded: v.boolean(),
  invoice: maybeSchema,
  payment_intent: maybeSchema,
});
/** @source https://docs.stripe.com/api/checkout/sessions/object */
const sessionSchema = v.object({
  id: idSchema,
  mode: v.string(),
  subscription: maybeSchema,
  invoice: maybeSchema,
});

/** States in which a subscription is paid, or is being asked for. */
const HOLDS = new Set(['active', 'trialing', 'past_due']);

const present = (ids: readonly (string | null)[]): string[] => ids.filter((id) => id !== null);

/**
 * What an event means. Events of other types, and those about prices that buy no tier here, mean nothing.
 *
 * @throws valibot's error when an event of a known type lacks what it must have.
 */
export function stripeCommand(event: StripeEvent, prices: StripePrices): PaymentCommand {
  const atMs = event.created * 1000;
  const { object } = event.data;
  switch (event.type) {
    case 'customer.subscription.created':
    case 'customer.subscription.updated':
    case 'customer.subscription.paused':
    case 'customer.subscription.resumed': {
      const { id, status, items } = v.parse(subscriptionSchema, object);
      const bought = items.data
        .map(({ price }) => (Object.hasOwn(prices, price.id) ? prices[price.id] : undefined))
        .find((price) => price !== undefined);
      if (bought === undefined) return { type: 'ignore' };
      const { policy, tier, origins } = bought;
      return {
        type: 'set',
        reference: id,
        atMs,
        policy,
        tier,
        state: HOLDS.has(status) ? 'active' : 'ended',
        ...(origins === undefined ? {} : { origins }),
        links: [],
        revives: false,
      };
    }
    case 'customer.subscription.deleted':
      return { type: 'end', reference: v.parse(v.object({ id: idSchema }), object).id, atMs };
    case 'invoice.paid': {
      const invoice = v.parse(invoiceSchema, object);
      const reference = invoice.subscription ?? invoice.parent?.subscription_details?.subscription ?? null;
      if (reference === null) return { type: 'ignore' };
      const payments = (invoice.payments?.data ?? []).flatMap(({ payment }) => [
        payment.charge,
        payment.payment_intent,
      ]);
      const links = present([invoice.id, invoice.charge, invoice.payment_intent, ...payments]);
      return { type: 'renew', reference, atMs, links };
    }
    case 'invoice_payment.paid': {
      const { invoice, payment } = v.parse(invoicePaymentSchema, object);
      return { type: 'alias', of: invoice, links: present([payment.charge, payment.payment_intent]) };
    }
    case 'checkout.session.completed': {
      // What was bought stands in the subscription's own events; the session says which names belong together.
      const { id, mode, subscription, invoice } = v.parse(sessionSchema, object);
      if (mode !== 'subscription' || subscription === null) return { type: 'ignore' };
      return { type: 'link', reference: subscription, links: present([id, invoice]) };
    }
    case 'charge.refunded': {
      const charge = v.parse(chargeSchema, object);
      return {
        type: 'refund',
        links: present([charge.id, charge.payment_intent, charge.invoice]),
        whole: charge.refunded,
        amount: charge.amount_refunded,
        ofAmount: charge.amount,
      };
    }
    default:
      return { type: 'ignore' };
  }
}
