import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DatabaseOptions } from './database/database.ts';
import type { Licence } from './services.ts';
import { startOperations, type Operations } from './test-operations.ts';

const result = ({ text }: { readonly text: string }): unknown =>
  (JSON.parse(text) as { result?: unknown }).result;

/** What holds of payments on every database. */
export function paymentsSuite(name: string, where: () => Promise<DatabaseOptions>): void {
  describe(`payments on ${name}`, () => {
    let at: Operations;
    beforeAll(async () => {
      at = await startOperations(await where());
    });
    afterAll(() => at.database.close());

    /** Names of one customer's subscription, invoices and payments. */
    function names() {
      const tag = randomUUID().slice(0, 8);
      return {
        sub: `sub_${tag}`,
        invoice: `in_${tag}`,
        intent: `pi_${tag}`,
        charge: `ch_${tag}`,
        cs: `cs_${tag}`,
      };
    }
    const subscription = (id: string, status = 'active', price = 'price_lite') => ({
      id,
      status,
      items: { data: [{ price: { id: price }, current_period_start: 1, current_period_end: 2 }] },
    });
    const licenceOf = (reference: string): Promise<Licence | null> =>
      at.services.accounting.findByReference(at.database, reference);
    async function auditOf(reference: string) {
      const licence = await licenceOf(reference);
      const { items } = await at.services.accounting.auditList(at.database, {
        limit: 50,
        after: null,
        licenceId: licence?.id ?? '',
      });
      return items.filter(({ action }) => action === 'payment.refund').map(({ details }) => details);
    }
    const state = async (reference: string) => (await licenceOf(reference))?.state ?? null;

    it('puts a refund of a part on record and ends nothing; the rest ends the licence', async () => {
      const { sub, invoice, charge } = names();
      await at.stripe('customer.subscription.created', 10, subscription(sub));
      await at.stripe('invoice.paid', 10, { id: invoice, subscription: sub, charge });
      const part = { id: charge, amount: 900, amount_refunded: 300, refunded: false };
      expect(result(await at.stripe('charge.refunded', 20, part))).toBe('applied');
      expect(await licenceOf(sub)).toMatchObject({ state: 'active', epoch: 0 });
      expect(await auditOf(sub)).toMatchObject([{ effect: 'part', amount: 300, of: 900 }]);
      const rest = { ...part, amount_refunded: 900, refunded: true };
      expect(result(await at.stripe('charge.refunded', 30, rest))).toBe('applied');
      expect(await licenceOf(sub)).toMatchObject({ state: 'ended', epoch: 1 });
      expect(await auditOf(sub)).toMatchObject([{ effect: 'ends', amount: 900 }, { effect: 'part' }]);
    });

    it('does not let a subscription that merely goes on undo a refund, a later payment does', async () => {
      const { sub, invoice, charge } = names();
      await at.stripe('customer.subscription.created', 10, subscription(sub));
      await at.stripe('invoice.paid', 11, { id: invoice, subscription: sub, charge });
      await at.stripe('charge.refunded', 20, { id: charge, refunded: true });
      await at.stripe('customer.subscription.updated', 30, subscription(sub, 'active', 'price_plus'));
      expect(await licenceOf(sub)).toMatchObject({ state: 'ended', tier: 'plus' });
      expect(result(await at.stripe('invoice.paid', 11, { id: invoice, subscription: sub }))).toBe('late');
      expect(await state(sub)).toBe('ended');
      // Paid before the update, told after it.
      await at.stripe('invoice.paid', 29, { id: `${invoice}2`, subscription: sub });
      expect(await state(sub)).toBe('active');
    });

    it('ends nothing for a payment after which another came', async () => {
      const { sub, invoice, charge } = names();
      await at.stripe('customer.subscription.created', 10, subscription(sub));
      await at.stripe('invoice.paid', 10, { id: invoice, subscription: sub, charge });
      await at.stripe('invoice.paid', 40, { id: `${invoice}2`, subscription: sub, charge: `${charge}2` });
      await at.stripe('charge.refunded', 50, { id: charge, refunded: true });
      expect(await state(sub)).toBe('active');
      expect(await auditOf(sub)).toMatchObject([{ effect: 'earlier' }]);
      await at.stripe('charge.refunded', 60, { id: `${charge}2`, refunded: true });
      expect(await state(sub)).toBe('ended');
    });

    it('finds the key by the checkout that a page of the shop knows', async () => {
      const { sub, invoice, cs } = names();
      const session = { id: cs, mode: 'subscription', subscription: sub, invoice, payment_status: 'paid' };
      expect(result(await at.stripe('checkout.session.completed', 10, session))).toBe('kept');
      expect((await at.operate(`/key?reference=${cs}`)).status).toBe(404);
      await at.stripe('customer.subscription.created', 9, subscription(sub));
      const byCheckout = await at.operate(`/key?reference=${cs}`);
      expect(byCheckout.status).toBe(200);
      expect(byCheckout).toEqual(await at.operate(`/key?reference=${sub}`));
      const once = { id: `${cs}x`, mode: 'payment', subscription: null, payment_intent: 'pi_x' };
      expect(result(await at.stripe('checkout.session.completed', 10, once))).toBe('ignored');
    });

    it('comes to the same end in whatever order a refunded month’s events come, of either version', async () => {
      const orders = fc.tuple(
        fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 5, maxLength: 5 }),
        fc.boolean(),
        fc.boolean(),
      );
      await fc.assert(
        fc.asyncProperty(orders, async ([order, basil, whole]) => {
          const { sub, invoice, intent, charge, cs } = names();
          const refund = { id: charge, payment_intent: intent, amount: 9, amount_refunded: whole ? 9 : 4 };
          const paid = basil
            ? {
                id: invoice,
                parent: { type: 'subscription_details', subscription_details: { subscription: sub } },
              }
            : { id: invoice, subscription: sub, charge, payment_intent: intent };
          const events: [string, number, unknown][] = [
            ['customer.subscription.created', 10, subscription(sub)],
            ['invoice.paid', 11, paid],
            [
              'invoice_payment.paid',
              11,
              { id: 'inpay_1', invoice, payment: { type: 'payment_intent', payment_intent: intent } },
            ],
            ['charge.refunded', 20, { ...refund, refunded: whole }],
            ['checkout.session.completed', 12, { id: cs, mode: 'subscription', subscription: sub, invoice }],
          ];
          for (const i of order) {
            const event = events[i];
            if (event === undefined) continue;
            const id = `evt_${i}${charge}`;
            expect((await at.stripe(...event, { id })).status).toBe(200);
            expect(result(await at.stripe(...event, { id }))).toBe('repeated');
          }
          expect(await licenceOf(sub)).toMatchObject(
            whole ? { state: 'ended', epoch: 1 } : { state: 'active', epoch: 0 },
          );
          expect(await auditOf(sub)).toHaveLength(1);
        }),
        { numRuns: 40 },
      );
    });

    it('comes to the same end when a refund and its payment come at once', async () => {
      for (let i = 0; i < 5; i++) {
        const { sub, invoice, charge } = names();
        await Promise.all([
          at.stripe('charge.refunded', 20, { id: charge, refunded: true }),
          at.stripe('invoice.paid', 11, { id: invoice, subscription: sub, charge }),
          at.stripe('customer.subscription.created', 10, subscription(sub)),
        ]);
        expect(await licenceOf(sub)).toMatchObject({ state: 'ended', epoch: 1 });
      }
    });

    it('keeps a shop’s refund that comes before its payment, and a new payment brings the licence back', async () => {
      const reference = `order-${randomUUID()}`;
      const refunded = await at.shop({ type: 'payment.refunded', payment: `${reference}:1` });
      expect(result(refunded)).toBe('kept');
      const set = { type: 'licence.set', reference, policy: 'five-tier', tier: 'lite' };
      expect((await at.shop({ ...set, atMs: 10, payment: `${reference}:1` })).text).toContain('"ended"');
      expect((await at.shop({ ...set, atMs: 20, payment: `${reference}:2` })).text).toContain('"active"');
    });
  });
}
