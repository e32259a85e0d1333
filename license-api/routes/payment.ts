import type { Licence, RouteContext, Transaction } from '../services.ts';
import { keyForReference } from './operator.ts';

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
  /** All of a payment was given back: the licence ends, and what was issued for it is void. */
  | { readonly type: 'refund'; readonly links: readonly string[] }
  | { readonly type: 'grant'; readonly reference: string; readonly amount: number }
  | { readonly type: 'ignore' };

/** What became of a command. */
export interface PaymentResult {
  readonly result: 'applied' | 'ignored' | 'repeated' | 'late' | 'unknown';
  readonly licence: Licence | null;
}

/**
 * Whether a command about a reference is news: what closes it always is; nothing is after that, nor what is older than
 * the last state. A renewal leaves no time, for it may overtake the event that makes its licence. Locks the reference
 * until the transaction ends.
 */
async function isNews(
  tx: Transaction,
  provider: string,
  { type, reference, atMs }: Extract<PaymentCommand, { atMs: number }>,
): Promise<boolean> {
  await tx.query(
    `INSERT INTO payment_subjects (provider, reference, last_at_ms, closed) VALUES ($1, $2, 0, FALSE)
     ON CONFLICT DO NOTHING`,
    [provider, reference],
  );
  const [row] = await tx.query<{ last_at_ms: number; closed: boolean }>(
    'SELECT last_at_ms, closed FROM payment_subjects WHERE provider = $1 AND reference = $2 FOR UPDATE',
    [provider, reference],
  );
  const closes = type === 'end';
  if (row === undefined || row.closed || (!closes && atMs < row.last_at_ms)) return false;
  if (type === 'renew') return true;
  await tx.query(
    'UPDATE payment_subjects SET last_at_ms = $3, closed = $4 WHERE provider = $1 AND reference = $2',
    [provider, reference, Math.max(atMs, row.last_at_ms), closes],
  );
  return true;
}

async function link(
  tx: Transaction,
  provider: string,
  reference: string,
  links: readonly string[],
): Promise<void> {
  for (const one of links) {
    await tx.query(
      'INSERT INTO payment_links (provider, link, reference) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
      [provider, one, reference],
    );
  }
}

async function linked(tx: Transaction, provider: string, links: readonly string[]): Promise<string | null> {
  for (const one of links) {
    const [row] = await tx.query<{ reference: string }>(
      'SELECT reference FROM payment_links WHERE provider = $1 AND link = $2',
      [provider, one],
    );
    if (row !== undefined) return row.reference;
  }
  return null;
}

/**
 * Carries out a command in the request's transaction, once for each event.
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
  if (!(await accounting.once(tx, provider, eventId))) return { result: 'repeated', licence: null };
  if (command.type === 'ignore') return { result: 'ignored', licence: null };
  const reference = command.type === 'refund' ? await linked(tx, provider, command.links) : command.reference;
  if (reference === null) return { result: 'unknown', licence: null };
  if (command.type === 'set' || command.type === 'renew') {
    await link(tx, provider, reference, command.links);
  }
  if (command.type === 'set' || command.type === 'renew' || command.type === 'end') {
    if (!(await isNews(tx, provider, command))) {
      return { result: 'late', licence: await accounting.findByReference(tx, reference) };
    }
  }
  const licence = await accounting.findByReference(tx, reference);
  if (licence === null) {
    if (command.type !== 'set' || command.state === 'ended') return { result: 'unknown', licence: null };
    const { policy, tier, origins, features } = command;
    const made = await accounting.createLicence(tx, provider, {
      policy,
      tier,
      ...(origins === undefined ? {} : { origins }),
      ...(features === undefined ? {} : { features }),
      reference,
      key: keyForReference(keySecret, reference),
    });
    return { result: 'applied', licence: made.licence };
  }
  // What an operator revoked stays so, whatever is paid.
  if (licence.state === 'revoked') return { result: 'ignored', licence };
  if (command.type === 'grant') {
    const granted = await accounting.grant(tx, provider, licence.id, command.amount, `event ${eventId}`);
    return { result: 'applied', licence: granted };
  }
  const change =
    command.type === 'set'
      ? {
          tier: command.tier,
          state: command.state,
          ...(command.origins === undefined ? {} : { origins: command.origins }),
          ...(command.features === undefined ? {} : { features: command.features }),
        }
      : command.type === 'renew'
        ? { state: 'active' as const }
        : { state: 'ended' as const, raiseEpoch: command.type === 'refund' };
  return {
    result: 'applied',
    licence: await accounting.changeLicence(tx, provider, licence.id, change),
  };
}
