import { randomBytes, randomUUID } from 'node:crypto';
import type { Account } from '../../src/contracts/licence/api.ts';
import { TOKEN_PERIOD_MAX_S } from '../../src/contracts/licence/tokens.ts';
import { digest } from '../../src/core/licence/digest.ts';
import { KEY_BYTES, makeKey, normaliseKey } from '../../src/core/licence/key.ts';
import { ApiError } from '../api-error.ts';
import type { Accounting, AuditEntry, PageRequest, Row, Transaction, Value } from '../services.ts';
import {
  addGrant,
  audit,
  closeBook,
  commitHeld,
  licenceOf,
  note,
  openBook,
  releaseHeld,
  saveLease,
  selectLeases,
  selectLicences,
  tierOf,
  type Book,
  type BookOptions,
  type MovementKind,
} from './book.ts';
import { periodAt } from './calendar.ts';

const HINT = 5;
const HISTORY_MAX = 50;
/** For how long what was issued before a licence's epoch went up could hold: its longest period and grace, and a day. */
const VOID_MS = TOKEN_PERIOD_MAX_S * 1000 + 31 * 86_400_000;

/** What is kept of a key. It has 120 random bits, so a plain hash can't be guessed back. */
export function keyHash(key: string): string {
  return digest(`stillwake-key:${key}`);
}

interface DeviceLine extends Row {
  readonly id: string;
  readonly name: string;
  readonly state: 'active' | 'deactivated' | 'frozen';
  readonly activated_at_ms: number;
  readonly last_seen_at_ms: number;
  readonly leased: number;
}

interface MovementLine extends Row {
  readonly at_ms: number;
  readonly kind: MovementKind;
  readonly amount: number;
  readonly device: string | null;
}

/** What the devices of a licence see of it. The book is open. */
export async function accountOf(tx: Transaction, { row, tier }: Book): Promise<Account> {
  const devices = await tx.query<DeviceLine>(
    `SELECT d.id, d.name, d.state, d.activated_at_ms, d.last_seen_at_ms,
       coalesce((SELECT sum(s.held) FROM leases s WHERE s.device_id = d.id AND s.held > 0), 0)::bigint AS leased
     FROM devices d WHERE d.licence_id = $1 ORDER BY d.activated_at_ms, d.id`,
    [row.id],
  );
  const movements = await tx.query<MovementLine>(
    `SELECT m.at_ms, m.kind, m.amount, d.name AS device FROM movements m LEFT JOIN devices d ON d.id = m.device_id
     WHERE m.licence_id = $1 ORDER BY m.number DESC LIMIT ${HISTORY_MAX}`,
    [row.id],
  );
  return {
    keyHint: row.key_hint,
    policy: row.policy,
    tier: row.tier,
    state: row.state,
    balance: row.balance,
    leased: row.leased,
    spent: row.spent,
    allowance: tier.allowance.amount,
    period: row.period_end_ms === null ? null : { startMs: row.period_start_ms, endMs: row.period_end_ms },
    devices: devices.map((device) => ({
      id: device.id,
      name: device.name,
      activatedAtMs: device.activated_at_ms,
      lastSeenAtMs: device.last_seen_at_ms,
      state: device.state,
      leased: device.leased,
    })),
    history: movements.map(({ at_ms, kind, amount, device }) => ({ atMs: at_ms, kind, amount, device })),
  };
}

function pageOf<T>(
  items: readonly T[],
  limit: number,
  numberOf: (item: T) => number,
): { items: readonly T[]; next: string | null } {
  const shown = items.slice(0, limit);
  const last = shown.at(-1);
  return { items: shown, next: items.length > limit && last !== undefined ? String(numberOf(last)) : null };
}

function afterOf({ after }: PageRequest): number {
  const value = after === null ? Number.MAX_SAFE_INTEGER : Number(after);
  if (Number.isSafeInteger(value)) return value;
  throw new ApiError('ERR_REQUEST_INVALID', 'There is no such page.', { details: { field: 'after' } });
}

/**
 * A tier's move within a period brings the difference at most once; a first monthly tier begins a period. A move to a
 * tier without months lets the present one end, so that what is left of it lapses as it would have.
 */
function changeTier(options: BookOptions, book: Book, tierId: string): void {
  const { row } = book;
  const { policy, tier } = tierOf(options, row.policy, tierId);
  row.tier = tier.id;
  if (tier.allowance.every === 'once') return;
  if (row.period_end_ms === null) {
    const period = periodAt(policy.calendar, row.began_at_ms, book.nowMs);
    if (row.period_start_ms !== period.startMs) {
      row.period_allowance = 0;
      row.spent = 0;
    }
    row.period_start_ms = period.startMs;
    row.period_end_ms = period.endMs;
  }
  const more = Math.max(0, tier.allowance.amount - row.period_allowance);
  row.period_allowance += more;
  if (more > 0) addGrant(book, 'grant', more);
}

/** Makes the operator's side of the books. */
export function createAccounting(options: BookOptions): Accounting {
  const { clock } = options;

  /** One change of one licence: lock, change, write, log. */
  async function change(
    tx: Transaction,
    actor: string,
    id: string,
    action: string,
    details: Readonly<Record<string, Value>>,
    work: (book: Book) => void | Promise<void>,
  ): ReturnType<Accounting['revoke']> {
    const book = await openBook(tx, options, id);
    await work(book);
    await closeBook(tx, book);
    await audit(tx, book.nowMs, actor, id, action, details);
    return licenceOf(book.row);
  }

  async function find(tx: Parameters<Accounting['findById']>[0], where: string, value: string) {
    const [row] = await selectLicences(tx, where, [value]);
    return row === undefined ? null : licenceOf(row);
  }

  async function setOrigins(tx: Transaction, id: string, origins: readonly string[]): Promise<void> {
    await tx.query('DELETE FROM licence_origins WHERE licence_id = $1', [id]);
    for (const origin of new Set(origins)) {
      await tx.query('INSERT INTO licence_origins (licence_id, origin) VALUES ($1, $2)', [id, origin]);
    }
  }

  return {
    createLicence: async (tx, actor, licence) => {
      const { policy, tier } = tierOf(options, licence.policy, licence.tier);
      const key = normaliseKey(licence.key ?? makeKey(randomBytes(KEY_BYTES)));
      if (key === null)
        throw new ApiError('ERR_REQUEST_INVALID', 'The key is none.', { details: { field: 'key' } });
      const nowMs = clock.nowMs();
      const monthly = tier.allowance.every === 'month';
      const period = periodAt(policy.calendar, nowMs, nowMs);
      const id = randomUUID();
      const rows = await tx.query(
        `INSERT INTO licences (id, reference, key_hash, key_hint, policy, tier, state, features, metered,
           created_at_ms, began_at_ms, period_start_ms, period_end_ms, period_allowance)
         VALUES ($1, $2, $3, $4, $5, $6, 'active', $7, $8, $9, $9, $10, $11, $12)
         ON CONFLICT DO NOTHING RETURNING id`,
        [
          id,
          licence.reference ?? null,
          keyHash(key),
          key.slice(-HINT),
          policy.id,
          tier.id,
          JSON.stringify([...new Set(licence.features ?? [])]),
          licence.metered ?? true,
          nowMs,
          period.startMs,
          monthly ? period.endMs : null,
          monthly ? tier.allowance.amount : 0,
        ],
      );
      if (rows.length === 0) {
        throw new ApiError('ERR_OPERATOR_CONFLICT', 'Another licence has this reference or key.');
      }
      await setOrigins(tx, id, licence.origins ?? []);
      const created = await change(
        tx,
        actor,
        id,
        'licence.create',
        { policy: policy.id, tier: tier.id, keyHint: key.slice(-HINT), reference: licence.reference ?? null },
        (book) => addGrant(book, 'grant', tier.allowance.amount),
      );
      return { licence: created, key };
    },

    changeLicence: async (tx, actor, id, wanted) => {
      const { tier, state, origins, features, raiseEpoch } = wanted;
      const details = {
        ...(tier === undefined ? {} : { tier }),
        ...(state === undefined ? {} : { state }),
        ...(origins === undefined ? {} : { origins: origins.join(' ') }),
        ...(features === undefined ? {} : { features: features.join(' ') }),
        ...(raiseEpoch === true ? { raiseEpoch } : {}),
      };
      await change(tx, actor, id, 'licence.change', details, async (book) => {
        const { row } = book;
        if (row.state === 'revoked') throw new ApiError('ERR_OPERATOR_CONFLICT', 'The licence is revoked.');
        if (state !== undefined) row.state = state;
        if (tier !== undefined && tier !== row.tier) changeTier(options, book, tier);
        if (features !== undefined) row.features = JSON.stringify([...new Set(features)]);
        if (raiseEpoch === true) row.epoch += 1;
        if (origins !== undefined) await setOrigins(tx, id, origins);
      });
      const changed = await find(tx, 'WHERE l.id = $1', id);
      if (changed === null) throw new ApiError('ERR_REQUEST_NOT_FOUND', 'There is no such licence.');
      return changed;
    },

    grant: (tx, actor, id, amount, reason) =>
      change(tx, actor, id, 'licence.grant', { amount, reason }, (book) => {
        if (amount <= 0) throw new ApiError('ERR_REQUEST_INVALID', 'A grant is above 0.');
        addGrant(book, 'grant', amount);
      }),
    adjust: (tx, actor, id, amount, reason) =>
      change(tx, actor, id, 'licence.adjust', { amount, reason }, (book) => addGrant(book, 'adjust', amount)),
    refund: (tx, actor, id, amount, reason) =>
      change(tx, actor, id, 'licence.refund', { amount, reason }, (book) => {
        const { row } = book;
        if (!Number.isSafeInteger(amount) || amount <= 0) {
          throw new ApiError('ERR_REQUEST_INVALID', 'A refund is above 0.', { details: { field: 'amount' } });
        }
        if (amount > row.committed) {
          throw new ApiError('ERR_OPERATOR_CONFLICT', 'Less than that was spent.', {
            details: { committed: row.committed },
          });
        }
        row.committed -= amount;
        row.balance += amount;
        row.spent = Math.max(0, row.spent - amount);
        note(book, 'refund', amount);
      }),
    revoke: (tx, actor, id, reason) =>
      change(tx, actor, id, 'licence.revoke', { reason }, ({ row }) => {
        if (row.state === 'revoked') return;
        row.state = 'revoked';
        row.epoch += 1;
      }),

    settleDevice: async (tx, actor, deviceId, how) => {
      const [device] = await tx.query<{ licence_id: string }>(
        'SELECT licence_id FROM devices WHERE id = $1',
        [deviceId],
      );
      if (device === undefined) throw new ApiError('ERR_REQUEST_NOT_FOUND', 'There is no such device.');
      const details = { deviceId, how };
      return change(tx, actor, device.licence_id, 'device.settle', details, async (book) => {
        for (const lease of await selectLeases(tx, 'device_id = $1 AND held > 0 ORDER BY id', [deviceId])) {
          if (how === 'release') releaseHeld(book, lease, lease.held);
          else {
            commitHeld(book, lease, lease.held);
            lease.forfeited = true;
          }
          await saveLease(tx, lease);
        }
        await tx.query(`UPDATE devices SET state = 'deactivated' WHERE id = $1`, [deviceId]);
      });
    },

    findByKey: (tx, key) => find(tx, 'WHERE l.key_hash = $1', keyHash(key)),
    findById: (tx, id) => find(tx, 'WHERE l.id = $1', id),
    findByReference: (tx, reference) => find(tx, 'WHERE l.reference = $1', reference),

    list: async (tx, page) => {
      const rows = await selectLicences(tx, 'WHERE l.number < $1 ORDER BY l.number DESC LIMIT $2', [
        afterOf(page),
        page.limit + 1,
      ]);
      const { items, next } = pageOf(rows, page.limit, ({ number }) => number);
      return { items: items.map(licenceOf), next };
    },

    account: async (tx, id) => {
      const book = await openBook(tx, options, id);
      await closeBook(tx, book);
      return accountOf(tx, book);
    },

    auditList: async (tx, page) => {
      const rows = await tx.query<{
        number: number;
        at_ms: number;
        actor: string;
        licence_id: string | null;
        action: string;
        details: string;
      }>(
        `SELECT number, at_ms, actor, licence_id, action, details FROM audit
         WHERE number < $1 AND ($2::text IS NULL OR licence_id = $2) ORDER BY number DESC LIMIT $3`,
        [afterOf(page), page.licenceId, page.limit + 1],
      );
      const { items, next } = pageOf(rows, page.limit, ({ number }) => number);
      return {
        next,
        items: items.map((row): AuditEntry => ({
          id: row.number,
          atMs: row.at_ms,
          actor: row.actor,
          licenceId: row.licence_id,
          action: row.action,
          details: JSON.parse(row.details) as Record<string, Value>,
        })),
      };
    },

    isRegisteredOrigin: async (tx, origin) =>
      (await tx.query('SELECT 1 AS one FROM licence_origins WHERE origin = $1 LIMIT 1', [origin])).length > 0,

    revoked: async (tx) =>
      (
        await tx.query<{ id: string; epoch: number }>(
          `SELECT id, epoch FROM licences WHERE epoch > 0 AND (epoch_at_ms IS NULL OR epoch_at_ms > $1)
           ORDER BY id`,
          [clock.nowMs() - VOID_MS],
        )
      ).map(({ id, epoch }) => ({ sub: id, epoch })),

    once: async (tx, caller, eventId) =>
      (
        await tx.query(
          `INSERT INTO events (caller, event_id, at_ms) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING
           RETURNING event_id`,
          [caller, eventId, clock.nowMs()],
        )
      ).length === 1,
  };
}
