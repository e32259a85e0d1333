import { audit } from '../accounting/book.ts';
import type { Licence, Queryable, RouteContext, Transaction } from '../services.ts';

/** How long a refund waits for the payment that it is of, and a payment for its invoice. */
const WAIT_MS = 90 * 86_400_000;

/** Money that was given back. Amounts in the currency's smallest unit; 0 where they aren't known. */
export interface Refund {
  /** Names of the payment: of two that a provider gives it, one is enough. */
  readonly links: readonly string[];
  /** Whether all of it was given back, in one refund or in several. */
  readonly whole: boolean;
  readonly amount: number;
  readonly ofAmount: number;
}

/**
 * Notes that names belong to a reference, and so do the names that were said to mean the same.
 *
 * @param atMs when it was paid; 0 where the names are of something else than a payment.
 */
export async function addLinks(
  tx: Transaction,
  provider: string,
  reference: string,
  links: readonly string[],
  atMs: number,
): Promise<void> {
  for (const one of links) {
    await tx.query(
      `INSERT INTO payment_links (provider, link, reference, at_ms)
       SELECT $1, names.link, $3, $4::bigint FROM (SELECT $2 AS link UNION
         SELECT link FROM payment_aliases WHERE provider = $1 AND alias_of = $2) names
       ON CONFLICT (provider, link) DO UPDATE SET at_ms = greatest(payment_links.at_ms, excluded.at_ms)
         WHERE payment_links.reference = excluded.reference`,
      [provider, one, reference, atMs],
    );
  }
}

/** Notes that names mean the payment of another name, which may come to be known later. */
export async function addAliases(
  { tx, nowMs }: Pick<RouteContext, 'tx' | 'nowMs'>,
  provider: string,
  aliasOf: string,
  links: readonly string[],
): Promise<void> {
  await tx.query('DELETE FROM payment_aliases WHERE provider = $1 AND at_ms < $2', [
    provider,
    nowMs - WAIT_MS,
  ]);
  for (const one of links) {
    await tx.query(
      `INSERT INTO payment_aliases (provider, link, alias_of, at_ms) VALUES ($1, $2, $3, $4)
       ON CONFLICT DO NOTHING`,
      [provider, one, aliasOf, nowMs],
    );
  }
  const [known] = await tx.query<{ reference: string; at_ms: number }>(
    'SELECT reference, at_ms FROM payment_links WHERE provider = $1 AND link = $2',
    [provider, aliasOf],
  );
  if (known !== undefined) await addLinks(tx, provider, known.reference, links, known.at_ms);
}

/** What a payment is for, or null when nobody has said so yet. */
export async function linked(
  tx: Queryable,
  provider: string,
  links: readonly string[],
): Promise<string | null> {
  for (const one of links) {
    const [row] = await tx.query<{ reference: string }>(
      'SELECT reference FROM payment_links WHERE provider = $1 AND link = $2',
      [provider, one],
    );
    if (row !== undefined) return row.reference;
  }
  return null;
}

/** Keeps a refund until its payment and its licence are known. */
export async function keepRefund(
  { tx, nowMs }: Pick<RouteContext, 'tx' | 'nowMs'>,
  provider: string,
  eventId: string,
  { links, whole, amount, ofAmount }: Refund,
): Promise<void> {
  await tx.query('DELETE FROM payment_refunds WHERE at_ms < $1 AND NOT applied', [nowMs - WAIT_MS]);
  for (const one of links) {
    await tx.query(
      `INSERT INTO payment_refunds (provider, link, event_id, whole, amount, of_amount, at_ms)
       VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`,
      [provider, one, eventId, whole, amount, ofAmount, nowMs],
    );
  }
}

/** Whether all of a payment was given back, under any of its names. */
export async function wasRefunded(
  tx: Queryable,
  provider: string,
  links: readonly string[],
): Promise<boolean> {
  for (const one of links) {
    const rows = await tx.query(
      `SELECT 1 AS one FROM payment_refunds WHERE provider = $1 AND whole AND (link = $2 OR link IN
         (SELECT link FROM payment_aliases WHERE provider = $1 AND alias_of = $2)) LIMIT 1`,
      [provider, one],
    );
    if (rows.length > 0) return true;
  }
  return false;
}

/**
 * Does what waiting refunds of a reference's payments mean: one of all of the newest payment ends the licence and voids
 * what was issued for it; one of a part, or of a payment after which another came, is on record in the audit log and
 * ends nothing.
 *
 * @returns the licence as it is then; null where there is none yet, and they wait on.
 */
export async function applyRefunds(
  context: RouteContext,
  provider: string,
  reference: string,
): Promise<Licence | null> {
  const { tx, services, nowMs } = context;
  let licence = await services.accounting.findByReference(tx, reference);
  if (licence === null) return null;
  const waiting = await tx.query<{
    event_id: string;
    whole: boolean;
    amount: number;
    of_amount: number;
    paid_at_ms: number;
  }>(
    `SELECT r.event_id, r.whole, r.amount, r.of_amount, max(l.at_ms)::bigint AS paid_at_ms
     FROM payment_refunds r JOIN payment_links l ON l.provider = r.provider AND l.link = r.link
     WHERE r.provider = $1 AND l.reference = $2 AND NOT r.applied
     GROUP BY r.event_id, r.whole, r.amount, r.of_amount ORDER BY max(r.at_ms), r.event_id`,
    [provider, reference],
  );
  for (const { event_id, whole, amount, of_amount, paid_at_ms } of waiting) {
    const later = await tx.query(
      'SELECT 1 AS one FROM payment_links WHERE provider = $1 AND reference = $2 AND at_ms > $3 LIMIT 1',
      [provider, reference, paid_at_ms],
    );
    const effect = !whole ? 'part' : later.length > 0 ? 'earlier' : 'ends';
    await audit(tx, nowMs, provider, licence.id, 'payment.refund', {
      event: event_id,
      effect,
      ...(of_amount === 0 ? {} : { amount, of: of_amount }),
    });
    await tx.query('UPDATE payment_refunds SET applied = TRUE WHERE provider = $1 AND event_id = $2', [
      provider,
      event_id,
    ]);
    if (effect !== 'ends') continue;
    await tx.query(
      `INSERT INTO payment_subjects (provider, reference, last_at_ms, closed, refunded, refunded_at_ms)
       VALUES ($1, $2, 0, FALSE, TRUE, $3) ON CONFLICT (provider, reference)
       DO UPDATE SET refunded = TRUE, refunded_at_ms = greatest(payment_subjects.refunded_at_ms, $3)`,
      [provider, reference, paid_at_ms],
    );
    // What an operator revoked stays so.
    if (licence.state === 'revoked') continue;
    licence = await services.accounting.changeLicence(tx, provider, licence.id, {
      state: 'ended',
      raiseEpoch: true,
    });
  }
  return licence;
}
