import { randomUUID } from 'node:crypto';
import { emptyLedger } from '../../src/core/licence/ledger.ts';
import { ApiError } from '../api-error.ts';
import type { Device, DeviceAccounting, Queryable, Row, Transaction } from '../services.ts';
import {
  audit,
  closeBook,
  licenceOf,
  note,
  openBook,
  selectLicences,
  type Book,
  type BookOptions,
} from './book.ts';
import { keyHash } from './licences.ts';
import { syncLedger } from './sync.ts';

interface DeviceRow extends Row {
  readonly id: string;
  readonly licence_id: string;
  readonly thumbprint: string;
  readonly name: string;
  readonly state: Device['state'];
}

const COLUMNS = 'id, licence_id, thumbprint, name, state';

function deviceOf(row: DeviceRow): Device {
  const { id, licence_id, thumbprint, name, state } = row;
  return { id, licenceId: licence_id, thumbprint, name, state };
}

const gone = (): ApiError =>
  new ApiError('ERR_LICENCE_DEVICE', 'The device is not one of a licence that holds.');

async function deviceById(tx: Queryable, id: string): Promise<Device | null> {
  const [row] = await tx.query<DeviceRow>(`SELECT ${COLUMNS} FROM devices WHERE id = $1`, [id]);
  return row === undefined ? null : deviceOf(row);
}

/** Makes the devices' side of the books. */
export function createDeviceAccounting(options: BookOptions): DeviceAccounting {
  /** The licence, locked, and the device as it is now. @throws ApiError ERR_LICENCE_DEVICE */
  async function open(tx: Transaction, device: Device): Promise<{ book: Book; device: Device }> {
    const book = await openBook(tx, options, device.licenceId);
    const now = await deviceById(tx, device.id);
    if (now === null) throw gone();
    return { book, device: now };
  }

  async function seen(tx: Transaction, id: string, nowMs: number): Promise<void> {
    await tx.query('UPDATE devices SET last_seen_at_ms = $2 WHERE id = $1', [id, nowMs]);
  }

  return {
    findDevice: async (tx, thumbprint) => {
      // A key may have been used with another licence before; the one it is active with goes first.
      const [row] = await tx.query<DeviceRow>(
        `SELECT ${COLUMNS} FROM devices WHERE thumbprint = $1
         ORDER BY (state = 'deactivated'), activated_at_ms DESC, id LIMIT 1`,
        [thumbprint],
      );
      return row === undefined ? null : deviceOf(row);
    },

    activate: async (tx, { key, publicKey, thumbprint, name }) => {
      const [found] = await selectLicences(tx, 'WHERE l.key_hash = $1', [keyHash(key)]);
      // Of one that can't be used no more is read than of none, so that neither takes longer.
      const book = found?.state === 'active' ? await openBook(tx, options, found.id) : null;
      if (book?.row.state !== 'active') {
        throw new ApiError('ERR_LICENCE_KEY', 'The key is not one that can be used.');
      }
      const rows = await tx.query<DeviceRow>(`SELECT ${COLUMNS} FROM devices WHERE thumbprint = $1`, [
        thumbprint,
      ]);
      if (rows.some((row) => row.licence_id !== book.row.id && row.state !== 'deactivated')) throw gone();
      const mine = rows.find((row) => row.licence_id === book.row.id);
      if (mine === undefined || mine.state === 'deactivated') {
        const [count] = await tx.query<{ devices: number }>(
          `SELECT count(*)::bigint AS devices FROM devices WHERE licence_id = $1 AND state <> 'deactivated'`,
          [book.row.id],
        );
        if ((count?.devices ?? 0) >= book.policy.devices) {
          throw new ApiError('ERR_LICENCE_DEVICES_FULL', 'The licence is on as many devices as it may be.', {
            details: { devices: book.policy.devices },
          });
        }
      }
      const id = mine?.id ?? randomUUID();
      if (mine === undefined) {
        const ledger = emptyLedger(id);
        await tx.query(
          `INSERT INTO devices (id, licence_id, thumbprint, public_key, name, state, activated_at_ms, last_seen_at_ms,
             ledger_hash, ledger_state) VALUES ($1, $2, $3, $4, $5, 'active', $6, $6, $7, $8)`,
          [
            id,
            book.row.id,
            thumbprint,
            JSON.stringify(publicKey),
            name,
            book.nowMs,
            ledger.head.hash,
            JSON.stringify(ledger),
          ],
        );
      } else {
        await tx.query(
          `UPDATE devices SET name = $2, last_seen_at_ms = $3,
             activated_at_ms = CASE WHEN state = 'deactivated' THEN $3 ELSE activated_at_ms END,
             state = CASE WHEN state = 'deactivated' THEN 'active' ELSE state END WHERE id = $1`,
          [id, name, book.nowMs],
        );
      }
      await closeBook(tx, book);
      await audit(tx, book.nowMs, `device:${id}`, book.row.id, 'device.activate', { name });
      const device = await deviceById(tx, id);
      if (device === null) throw gone();
      return { licence: licenceOf(book.row), device };
    },

    refresh: async (tx, asked) => {
      const { book, device } = await open(tx, asked);
      if (device.state === 'deactivated' || book.row.state !== 'active') throw gone();
      await seen(tx, device.id, book.nowMs);
      await closeBook(tx, book);
      return licenceOf(book.row);
    },

    deactivate: async (tx, asked, targetId) => {
      const { book, device } = await open(tx, asked);
      const target = targetId === device.id ? device : await deviceById(tx, targetId);
      // A stranger's device and none at all are the same.
      if (target?.licenceId !== book.row.id)
        throw new ApiError('ERR_REQUEST_NOT_FOUND', 'There is no such device.');
      // One that is out already may say goodbye again, and nothing else.
      if (device.state === 'deactivated' && target.id !== device.id) throw gone();
      await closeBook(tx, book);
      if (target.state !== 'active') return;
      await tx.query(`UPDATE devices SET state = 'deactivated' WHERE id = $1`, [target.id]);
      await audit(tx, book.nowMs, `device:${device.id}`, book.row.id, 'device.deactivate', {
        deviceId: target.id,
      });
    },

    lease: async (tx, asked, min, want) => {
      const { book, device } = await open(tx, asked);
      const { row, policy, tier, nowMs } = book;
      if (device.state === 'deactivated' || row.state !== 'active') throw gone();
      if (device.state === 'frozen') {
        throw new ApiError(
          'ERR_LEDGER_FORKED',
          'The ledger of this device forked; it has to be settled first.',
        );
      }
      if (!tier.grant.generate) throw new ApiError('ERR_LICENCE_TIER', 'The tier may not make clips.');
      const [sum] = await tx.query<{ held: number }>(
        'SELECT coalesce(sum(held), 0)::bigint AS held FROM leases WHERE device_id = $1 AND held > 0',
        [device.id],
      );
      const room = policy.lease.amount - (sum?.held ?? 0);
      const amount = Math.min(want, row.balance, room);
      if (amount < min) {
        throw new ApiError('ERR_LICENCE_FUNDS', 'There is less than that to reserve for this device.', {
          details: { balance: row.balance, room: Math.max(0, room) },
        });
      }
      const leaseId = randomUUID();
      const issuedAtS = Math.floor(nowMs / 1000);
      const expiresAtS = issuedAtS + policy.lease.days * 86_400;
      row.balance -= amount;
      row.leased += amount;
      note(book, 'lease', -amount, device.id);
      await tx.query(
        `INSERT INTO leases (id, licence_id, device_id, period_start_ms, issued_at_ms, expires_at_ms, amount, held)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7)`,
        [leaseId, row.id, device.id, row.period_start_ms, nowMs, expiresAtS * 1000, amount],
      );
      await seen(tx, device.id, nowMs);
      await closeBook(tx, book);
      return { leaseId, amount, issuedAtS, expiresAtS };
    },

    sync: async (tx, asked, entries) => {
      const { book, device } = await open(tx, asked);
      await seen(tx, device.id, book.nowMs);
      return syncLedger(tx, book, device, entries);
    },

    head: async (tx, deviceId) => {
      const [row] = await tx.query<{ ledger_seq: number; ledger_hash: string }>(
        'SELECT ledger_seq, ledger_hash FROM devices WHERE id = $1',
        [deviceId],
      );
      if (row === undefined) throw gone();
      return { seq: row.ledger_seq, hash: row.ledger_hash };
    },
  };
}
