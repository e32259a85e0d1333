import type { Policy, Tier } from '../../src/contracts/licence/policy.ts';
import { ApiError } from '../api-error.ts';
import type { Clock, Licence, LicenceState, Queryable, Transaction, Value } from '../services.ts';
import { periodAt } from './calendar.ts';

/** What the books are kept with. */
export interface BookOptions {
  readonly clock: Clock;
  readonly policies: ReadonlyMap<string, Policy>;
}

/** A licence's row. */
export interface LicenceRow {
  id: string;
  number: number;
  reference: string | null;
  key_hint: string;
  policy: string;
  tier: string;
  state: LicenceState;
  features: string;
  /** From `licence_origins`, JSON. */
  origins: string;
  epoch: number;
  metered: boolean;
  created_at_ms: number;
  began_at_ms: number;
  period_start_ms: number;
  period_end_ms: number | null;
  period_allowance: number;
  granted: number;
  balance: number;
  leased: number;
  committed: number;
  lapsed: number;
  spent: number;
  [column: string]: Value;
}

/** A lease's row. amount = committed + released + held; `lapsed` is the part of `released` that did not come back. */
export interface LeaseRow {
  id: string;
  device_id: string;
  period_start_ms: number;
  expires_at_ms: number;
  amount: number;
  committed: number;
  released: number;
  held: number;
  lapsed: number;
  in_ledger: boolean;
  forfeited: boolean;
  [column: string]: Value;
}

export type MovementKind = 'grant' | 'lapse' | 'lease' | 'commit' | 'release' | 'refund' | 'adjust';

/** A licence that is locked and being written; nothing is kept before {@link closeBook}. */
export interface Book {
  readonly row: LicenceRow;
  readonly policy: Policy;
  readonly tier: Tier;
  readonly nowMs: number;
  readonly movements: { kind: MovementKind; amount: number; deviceId: string | null }[];
}

const COLUMNS = `l.id, l.number, l.reference, l.key_hint, l.policy, l.tier, l.state, l.features, l.epoch, l.metered,
  l.created_at_ms, l.began_at_ms, l.period_start_ms, l.period_end_ms, l.period_allowance,
  l.granted, l.balance, l.leased, l.committed, l.lapsed, l.spent,
  (SELECT coalesce(json_agg(o.origin ORDER BY o.origin), '[]')::text FROM licence_origins o WHERE o.licence_id = l.id)
    AS origins`;

/** Reads licences. @param rest what follows `FROM licences l`. */
export function selectLicences(
  tx: Queryable,
  rest: string,
  params: readonly Value[],
): Promise<readonly LicenceRow[]> {
  return tx.query<LicenceRow>(`SELECT ${COLUMNS} FROM licences l ${rest}`, params);
}

/** Names in a column, as JSON. */
function namesOf(text: string): string[] {
  const value: unknown = JSON.parse(text);
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

/** The row as the operator sees it. */
export function licenceOf(row: LicenceRow): Licence {
  return {
    id: row.id,
    reference: row.reference,
    keyHint: row.key_hint,
    policy: row.policy,
    tier: row.tier,
    state: row.state,
    origins: namesOf(row.origins),
    features: namesOf(row.features),
    epoch: row.epoch,
    metered: row.metered,
    createdAtMs: row.created_at_ms,
    periodStartMs: row.period_start_ms,
    periodEndMs: row.period_end_ms,
    granted: row.granted,
    balance: row.balance,
    leased: row.leased,
    committed: row.committed,
    lapsed: row.lapsed,
    spent: row.spent,
  };
}

/** @throws ApiError ERR_REQUEST_INVALID when there is no such policy or tier. */
export function tierOf(
  options: BookOptions,
  policyId: string,
  tierId: string,
): { policy: Policy; tier: Tier } {
  const policy = options.policies.get(policyId);
  const tier = policy?.tiers.find(({ id }) => id === tierId);
  if (policy === undefined || tier === undefined) {
    throw new ApiError('ERR_REQUEST_INVALID', 'There is no such policy, or no such tier in it.', {
      details: { field: policy === undefined ? 'policy' : 'tier' },
    });
  }
  return { policy, tier };
}

/** Notes a movement; amounts of 0 are none. */
export function note(book: Book, kind: MovementKind, amount: number, deviceId: string | null = null): void {
  if (amount !== 0) book.movements.push({ kind, amount, deviceId });
}

/** Puts an allowance or a gift on the balance. */
export function addGrant(book: Book, kind: 'grant' | 'adjust', amount: number): void {
  const { row } = book;
  if (!Number.isSafeInteger(amount) || Math.abs(row.granted + amount) > 1e15) {
    throw new ApiError('ERR_REQUEST_INVALID', 'The amount is too large.', { details: { field: 'amount' } });
  }
  row.granted += amount;
  row.balance += amount;
  note(book, kind, amount);
}

/** A new period: what is left of the old one lapses, a debt stays, the allowance comes. Missed periods bring nothing. */
function refill(book: Book): void {
  const { row, policy, tier, nowMs } = book;
  if (row.state !== 'active' || row.period_end_ms === null || nowMs < row.period_end_ms) return;
  const period = periodAt(policy.calendar, row.began_at_ms, nowMs);
  const left = Math.max(0, row.balance);
  row.balance -= left;
  row.lapsed += left;
  note(book, 'lapse', -left);
  row.period_start_ms = period.startMs;
  row.period_end_ms = tier.allowance.every === 'month' ? period.endMs : null;
  row.period_allowance = tier.allowance.every === 'month' ? tier.allowance.amount : 0;
  row.spent = 0;
  if (tier.allowance.every === 'month') addGrant(book, 'grant', tier.allowance.amount);
}

/** Gives Moments that a lease holds back to the licence: to the balance, or to nobody when their period is over. */
export function releaseHeld(book: Book, lease: LeaseRow, amount: number): void {
  const { row } = book;
  lease.held -= amount;
  lease.released += amount;
  row.leased -= amount;
  if (lease.period_start_ms === row.period_start_ms) {
    row.balance += amount;
    note(book, 'release', amount, lease.device_id);
  } else {
    lease.lapsed += amount;
    row.lapsed += amount;
    note(book, 'lapse', -amount, lease.device_id);
  }
}

/**
 * Books Moments of a lease as spent. What the lease no longer holds, because it was taken back meanwhile, is fetched
 * back first from what lapsed with it, then from the balance, which may go below 0.
 */
export function commitHeld(book: Book, lease: LeaseRow, amount: number): void {
  if (lease.forfeited) return;
  const { row } = book;
  const held = Math.min(amount, lease.held);
  const late = amount - held;
  const fromLapsed = Math.min(late, lease.lapsed);
  lease.held -= held;
  lease.released -= late;
  lease.lapsed -= fromLapsed;
  lease.committed += amount;
  row.leased -= held;
  row.lapsed -= fromLapsed;
  row.balance -= late - fromLapsed;
  row.committed += amount;
  row.spent += amount;
  note(book, 'commit', -amount, lease.device_id);
}

const LEASE_COLUMNS =
  'id, device_id, period_start_ms, expires_at_ms, amount, committed, released, held, lapsed, in_ledger, forfeited';

/** Reads leases; their licence is locked. @param where condition on the table `leases`. */
export function selectLeases(
  tx: Transaction,
  where: string,
  params: readonly Value[],
): Promise<readonly LeaseRow[]> {
  return tx.query<LeaseRow>(`SELECT ${LEASE_COLUMNS} FROM leases WHERE ${where}`, params);
}

/** Writes a lease that was changed. */
export async function saveLease(tx: Transaction, lease: LeaseRow): Promise<void> {
  await tx.query(
    `UPDATE leases SET committed = $2, released = $3, held = $4, lapsed = $5, in_ledger = $6, forfeited = $7
     WHERE id = $1`,
    [lease.id, lease.committed, lease.released, lease.held, lease.lapsed, lease.in_ledger, lease.forfeited],
  );
}

/** Leases past their end and grace come back, except those of a frozen device. */
async function takeBack(tx: Transaction, book: Book): Promise<void> {
  const { row, policy, nowMs } = book;
  if (row.leased === 0) return;
  const ended = await selectLeases(
    tx,
    `licence_id = $1 AND held > 0 AND expires_at_ms <= $2
     AND device_id NOT IN (SELECT id FROM devices WHERE licence_id = $1 AND state = 'frozen') ORDER BY id`,
    [row.id, nowMs - policy.graceHours * 3_600_000],
  );
  for (const lease of ended) {
    releaseHeld(book, lease, lease.held);
    await saveLease(tx, lease);
  }
}

/**
 * Locks a licence until the transaction ends and brings it up to date: ended leases first, then the new period.
 *
 * @throws ApiError ERR_REQUEST_NOT_FOUND
 */
export async function openBook(tx: Transaction, options: BookOptions, id: string): Promise<Book> {
  const [row] = await selectLicences(tx, 'WHERE l.id = $1 FOR UPDATE OF l', [id]);
  if (row === undefined) throw new ApiError('ERR_REQUEST_NOT_FOUND', 'There is no such licence.');
  const book: Book = {
    row: { ...row },
    ...tierOf(options, row.policy, row.tier),
    nowMs: options.clock.nowMs(),
    movements: [],
  };
  await takeBack(tx, book);
  refill(book);
  return book;
}

/** Writes what became of the licence. */
export async function closeBook(tx: Transaction, book: Book): Promise<void> {
  const { row } = book;
  await tx.query(
    `UPDATE licences SET tier = $2, state = $3, features = $4, epoch = $5, period_start_ms = $6, period_end_ms = $7,
       period_allowance = $8, granted = $9, balance = $10, leased = $11, committed = $12, lapsed = $13, spent = $14,
       epoch_at_ms = CASE WHEN epoch = $5 THEN epoch_at_ms ELSE $15::bigint END
     WHERE id = $1`,
    [
      row.id,
      row.tier,
      row.state,
      row.features,
      row.epoch,
      row.period_start_ms,
      row.period_end_ms,
      row.period_allowance,
      row.granted,
      row.balance,
      row.leased,
      row.committed,
      row.lapsed,
      row.spent,
      book.nowMs,
    ],
  );
  for (const { kind, amount, deviceId } of book.movements.splice(0)) {
    await tx.query(
      'INSERT INTO movements (licence_id, device_id, at_ms, kind, amount) VALUES ($1, $2, $3, $4, $5)',
      [row.id, deviceId, book.nowMs, kind, amount],
    );
  }
}

/** A line of the audit log, in the transaction of what it tells of. */
export async function audit(
  tx: Transaction,
  atMs: number,
  actor: string,
  licenceId: string | null,
  action: string,
  details: Readonly<Record<string, Value>> = {},
): Promise<void> {
  await tx.query(
    'INSERT INTO audit (at_ms, actor, licence_id, action, details) VALUES ($1, $2, $3, $4, $5)',
    [atMs, actor, licenceId, action, JSON.stringify(details)],
  );
}
