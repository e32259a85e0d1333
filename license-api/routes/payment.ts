import { ApiError } from '../api-error.ts';
import type { Licence, RouteContext, Transaction } from '../services.ts';
import { keyForReference } from './operator.ts';
import {
  addAliases,
  addLinks,
  applyRefunds,
  keepRefund,
  linked,
  wasRefunded,
  type Refund,
} from './payment-refunds.ts';

/** What somebody's payment means for a licence, whoever the provider is. Times are the provider's, milliseconds. */
export type PaymentCommand =
  /** The licence is to be like this; it is made when there is none. */
  | {
      readonly type: 'set';
      readonly reference: string;
      readonly atMs: number;
      readonly policy: string;
      readonly tier: string;
      readonly state: 'active' | 'ended';
      readonly origins?: readonly string[];
      readonly features?: readonly string[];
      readonly links: readonly string[];
      /** Whether `active` brings back what a refund ended: a subscription that merely goes on does not. */
      readonly revives: boolean;
    }
  /** A further period was paid. */
  | {
      readonly type: 'renew';
      readonly reference: string;
      readonly atMs: number;
      readonly links: readonly string[];
    }
  /** It is over for good; what comes later about it is late. */
  | { readonly type: 'end'; readonly reference: string; readonly atMs: number }
  /** Money was given back, see `applyRefunds`. */
  | ({ readonly type: 'refund' } & Refund)
  /** These names belong to a reference: a refund may use them. */
  | { readonly type: 'link'; readonly reference: string; readonly links: readonly string[] }
  /** These names mean the payment that another name means. */
  | { readonly type: 'alias'; readonly of: string; readonly links: readonly string[] }
  | { readonly type: 'grant'; readonly reference: string; readonly amount: number }
  | { readonly type: 'ignore' };

export const PAYMENT_RESULTS = ['applied', 'ignored', 'repeated', 'late', 'unknown', 'kept'] as const;

/** What became of a command. `kept`: it is remembered until what it is about becomes known. */
export interface PaymentResult {
  readonly result: (typeof PAYMENT_RESULTS)[number];
  readonly licence: Licence | null;
}

const LOCK = 7_482_914;

/** Last word about a reference. */
interface Subject {
  last_at_ms: number;
  closed: boolean;
  active: boolean;
  refunded: boolean;
  refunded_at_ms: number;
  [column: string]: number | boolean;
}

/**
 * Takes a command into what is known of a reference. What closes it is always news; nothing is after that, nor what is
 * older than the last state. A renewal leaves no time, for it may overtake the event that makes its licence; it undoes
 * a refund of an earlier payment.
 *
 * @returns the state that the licence is to have, or null when the command is late.
 */
async function stateAfter(
  tx: Transaction,
  provider: string,
  command: Extract<PaymentCommand, { atMs: number }>,
): Promise<'active' | 'ended' | null> {
  const { type, reference, atMs } = command;
  await tx.query(
    `INSERT INTO payment_subjects (provider, reference, last_at_ms, closed) VALUES ($1, $2, 0, FALSE)
     ON CONFLICT DO NOTHING`,
    [provider, reference],
  );
  const [row] = await tx.query<Subject>(
    `SELECT last_at_ms, closed, active, refunded, refunded_at_ms FROM payment_subjects
     WHERE provider = $1 AND reference = $2 FOR UPDATE`,
    [provider, reference],
  );
  if (row === undefined || row.closed) return null;
  const late = atMs < row.last_at_ms;
  const next = { ...row };
  if (type === 'end') next.closed = true;
  else if (type === 'set') {
    if (late) return null;
    next.active = command.state === 'active';
    if (command.revives && next.active) next.refunded = false;
  } else {
    const revives = row.refunded && atMs > row.refunded_at_ms;
    if (await wasRefunded(tx, provider, command.links)) return null;
    if (late && !revives) return null;
    if (revives) next.refunded = false;
    if (!late) next.active = true;
  }
  if (type !== 'renew') next.last_at_ms = Math.max(atMs, row.last_at_ms);
  await tx.query(
    `UPDATE payment_subjects SET last_at_ms = $3, closed = $4, active = $5, refunded = $6
     WHERE provider = $1 AND reference = $2`,
    [provider, reference, next.last_at_ms, next.closed, next.active, next.refunded],
  );
  return next.active && !next.closed && !next.refunded ? 'active' : 'ended';
}

/** What a command says of a licence, once it is known to be news. @returns null where there is no licence. */
async function bring(
  context: RouteContext,
  command: Extract<PaymentCommand, { atMs: number }>,
  state: 'active' | 'ended',
  keySecret: string,
): Promise<PaymentResult> {
  const { tx, caller } = context;
  const { accounting } = context.services;
  const { reference } = command;
  const licence = await accounting.findByReference(tx, reference);
  // What an operator revoked stays so, whatever is paid.
  if (licence?.state === 'revoked') return { result: 'ignored', licence };
  if (command.type !== 'set') {
    if (licence === null) return { result: 'unknown', licence };
    return {
      result: 'applied',
      licence: await accounting.changeLicence(tx, caller.id, licence.id, { state }),
    };
  }
  const { policy, tier, origins, features } = command;
  const extras = {
    ...(origins === undefined ? {} : { origins }),
    ...(features === undefined ? {} : { features }),
  };
  if (licence !== null) {
    // A tier of the same name is not the same in another policy; that it is over holds in any.
    const isOther = policy !== licence.policy;
    if (isOther && state === 'active') {
      throw new ApiError('ERR_OPERATOR_CONFLICT', 'The licence is of another policy, and stays so.', {
        details: { policy: licence.policy },
      });
    }
    const change = isOther ? { state } : { tier, state, ...extras };
    return { result: 'applied', licence: await accounting.changeLicence(tx, caller.id, licence.id, change) };
  }
  if (state === 'ended') return { result: 'unknown', licence };
  const key = keyForReference(keySecret, reference);
  const made = await accounting.createLicence(tx, caller.id, { policy, tier, ...extras, reference, key });
  return { result: 'applied', licence: made.licence };
}

/**
 * Carries out a command in the request's transaction, once for each event; one event at a time, so that of a refund and
 * its payment, which may come together and in any order, the later one always sees the earlier.
 *
 * @param eventId the provider's own; the second time nothing is done.
 * @param keySecret licences that are made get the key that follows from their reference.
 */
export async function applyPayment(
  context: RouteContext,
  eventId: string,
  command: PaymentCommand,
  keySecret: string,
): Promise<PaymentResult> {
  const { tx, caller } = context;
  const { accounting } = context.services;
  const provider = caller.id;
  await tx.query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
  if (command.type === 'grant' && (await accounting.findByReference(tx, command.reference)) === null) {
    // Nothing came of it and nothing is noted: it may have overtaken what makes its licence, and come again.
    return { result: 'unknown', licence: null };
  }
  if (!(await accounting.once(tx, provider, eventId))) return { result: 'repeated', licence: null };
  switch (command.type) {
    case 'ignore':
      return { result: 'ignored', licence: null };
    case 'grant': {
      const licence = await accounting.findByReference(tx, command.reference);
      if (licence === null) return { result: 'unknown', licence };
      if (licence.state === 'revoked') return { result: 'ignored', licence };
      const granted = await accounting.grant(tx, provider, licence.id, command.amount, `event ${eventId}`);
      return { result: 'applied', licence: granted };
    }
    case 'refund':
    case 'alias':
    case 'link': {
      if (command.type === 'refund') await keepRefund(context, provider, eventId, command);
      else if (command.type === 'alias') await addAliases(context, provider, command.of, command.links);
      else await addLinks(tx, provider, command.reference, command.links, 0);
      const reference = await linked(tx, provider, command.links);
      const licence = reference === null ? null : await applyRefunds(context, provider, reference);
      return { result: licence === null ? 'kept' : 'applied', licence };
    }
    case 'set':
    case 'renew':
    case 'end': {
      const { reference } = command;
      if (command.type !== 'end') await addLinks(tx, provider, reference, command.links, command.atMs);
      const state = await stateAfter(tx, provider, command);
      const outcome =
        state === null
          ? { result: 'late' as const, licence: null }
          : await bring(context, command, state, keySecret);
      return { ...outcome, licence: await applyRefunds(context, provider, reference) };
    }
  }
}
