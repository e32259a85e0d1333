import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SYNC_MAX } from '../src/contracts/licence/api.ts';
import { createServices } from './create-services.ts';
import { openDatabase, type DatabaseOptions } from './database/database.ts';
import { DAY_MS, startService, TestDevice, type Service } from './test-service.ts';

/** What holds of long ledgers, devices that are out, and months of one's own, on every database. */
export function hardshipSuite(name: string, where: () => Promise<DatabaseOptions>): void {
  describe(`hardship on ${name}`, () => {
    let service: Service;
    beforeAll(async () => {
      service = await startService(await where());
    });
    afterAll(() => service.database.close());

    async function sold(tier = 'lite', policy = 'five-tier') {
      const { key, licence } = await service.sell({ tier, policy });
      const device = await TestDevice.make(service);
      expect((await device.activate(key)).code).toBeNull();
      return { key, id: licence.id, device };
    }

    it('takes a ledger longer than one request in several, and refuses it in one', async () => {
      const { device, id } = await sold();
      const { leaseId } = device.take(await device.lease(100, 100));
      while (device.entries.length < 2 * SYNC_MAX + 6) {
        const jobId = `job-${device.entries.length}`;
        device.write({ type: 'reserve', jobId, parts: [{ leaseId, amount: 1 }] });
        if (device.entries.length % 20 === 0) device.write({ type: 'commit', jobId });
        else device.write({ type: 'release', jobId, reason: 'cancelled' });
      }
      expect((await device.sync(device.entries.slice(0, SYNC_MAX + 1))).code).toBe('ERR_REQUEST_INVALID');
      expect((await device.sync(device.entries.slice(SYNC_MAX, 2 * SYNC_MAX))).code).toBe('ERR_LEDGER_GAP');
      for (let at = 0; at < device.entries.length; at += SYNC_MAX) {
        expect((await device.sync(device.entries.slice(at, at + SYNC_MAX))).code).toBeNull();
      }
      const committed = device.ledger.totals.committed;
      expect(committed).toBeGreaterThan(20);
      expect(await service.licence(id)).toMatchObject({ committed, leased: 100 - committed });
    });

    it('books what a device did before another one took it off, and gives the rest back in time', async () => {
      const { key, id, device } = await sold();
      const other = await TestDevice.make(service);
      await other.activate(key);
      const { leaseId } = other.take(await other.lease(200, 200));
      other.write({ type: 'reserve', jobId: 'a', parts: [{ leaseId, amount: 50 }] });
      other.write({ type: 'commit', jobId: 'a' });
      expect((await device.ask('POST', '/v1/deactivate', { deviceId: other.id })).status).toBe(200);
      for (const reply of [await other.ask('POST', '/v1/refresh', {}), await other.lease(1, 1)]) {
        expect(reply.code).toBe('ERR_LICENCE_DEVICE');
      }
      expect(await service.licence(id)).toMatchObject({ balance: 800, leased: 200, committed: 0 });
      expect((await other.sync()).code).toBeNull();
      expect(await service.licence(id)).toMatchObject({ balance: 800, leased: 150, committed: 50 });
      // Seven days of the lease and three of grace.
      service.clock.ms += 10 * DAY_MS + 1000;
      const { accounting } = service.services;
      await service.database.transaction((tx) => accounting.account(tx, id));
      expect(await service.licence(id)).toMatchObject({ balance: 950, leased: 0, committed: 50 });
      service.clock.ms -= 10 * DAY_MS + 1000;
    });

    it('charges a late ledger once when the operator had settled its device', async () => {
      for (const how of ['forfeit', 'release'] as const) {
        const { id, device } = await sold();
        const { leaseId } = device.take(await device.lease(100, 100));
        device.write({ type: 'reserve', jobId: 'a', parts: [{ leaseId, amount: 40 }] });
        device.write({ type: 'commit', jobId: 'a' });
        const { accounting } = service.services;
        await service.database.transaction((tx) => accounting.settleDevice(tx, 'test', device.id, how));
        expect((await device.sync()).code).toBeNull();
        const committed = how === 'forfeit' ? 100 : 40;
        expect(await service.licence(id)).toMatchObject({ committed, balance: 1000 - committed, leased: 0 });
      }
    });

    it('refills on the day on which a licence began, and on the last of a shorter month', async () => {
      const before = service.clock.ms;
      service.clock.ms = Date.UTC(2029, 0, 31, 12);
      const { id } = await sold('ultimate', 'premium-ultimate');
      const { periodEndMs, granted } = await service.licence(id);
      expect(new Date(periodEndMs ?? 0).toISOString()).toBe('2029-02-28T12:00:00.000Z');
      const { accounting } = service.services;
      const grantedAt = async (ms: number): Promise<number> => {
        service.clock.ms = ms;
        await service.database.transaction((tx) => accounting.account(tx, id));
        return (await service.licence(id)).granted / granted;
      };
      expect(await grantedAt(Date.UTC(2029, 1, 28, 11, 59))).toBe(1);
      expect(await grantedAt(Date.UTC(2029, 1, 28, 12))).toBe(2);
      expect(await grantedAt(Date.UTC(2029, 2, 31, 11, 59))).toBe(2);
      expect(await grantedAt(Date.UTC(2029, 2, 31, 12))).toBe(3);
      service.clock.ms = before;
    });
  });
}

/** What only a server that several processes reach can be put through. @param where the URL of an empty database. */
export function serverSuite(where: () => Promise<{ readonly url: string }>): void {
  describe('hardship on a server', () => {
    it('starts several instances at once on an empty database', async () => {
      const { url } = await where();
      const clock = { nowMs: () => Date.UTC(2027, 0, 1) };
      const databases = await Promise.all(
        Array.from({ length: 6 }, () => openDatabase({ url, connections: 2 }, clock)),
      );
      try {
        const all = await Promise.all(
          databases.map((database) =>
            createServices({ database, clock, policies: new Map(), issuer: 'https://licence.test' }),
          ),
        );
        const kids = await Promise.all(all.map(async ({ signer }) => (await signer.jwks()).keys[0]?.kid));
        expect(new Set(kids).size).toBe(1);
        const [first, second] = all;
        const nonce = first?.nonces.issue() ?? '';
        expect(await second?.nonces.use(nonce)).toBe(true);
        expect(await first?.nonces.use(nonce)).toBe(false);
      } finally {
        await Promise.all(databases.map((database) => database.close()));
      }
    });

    it('runs what deadlocked, and what could not be put in an order, again', async () => {
      const database = await openDatabase(await where(), { nowMs: () => 0 });
      try {
        await database.query(`INSERT INTO settings VALUES ('a', '0'), ('b', '0')`);
        const add = 'UPDATE settings SET value = (value::bigint + 1)::text WHERE name = $1';
        let runs = 0;
        let waiting: (() => void) | null = null;
        /** The first two to come go on together. */
        const meet = (): Promise<void> =>
          new Promise((resolve) => {
            if (runs > 2) resolve();
            else if (waiting === null) waiting = resolve;
            else {
              waiting();
              resolve();
            }
          });
        const both = (one: string, other: string) =>
          database.transaction(async (tx) => {
            runs++;
            await tx.query(add, [one]);
            await meet();
            await tx.query(add, [other]);
          });
        await Promise.all([both('a', 'b'), both('b', 'a')]);
        expect(runs).toBe(3);
        const rows = await database.query(`SELECT value FROM settings WHERE name IN ('a', 'b')`);
        expect(rows).toEqual([{ value: '2' }, { value: '2' }]);

        runs = 0;
        waiting = null;
        const one = () =>
          database.transaction(async (tx) => {
            runs++;
            await tx.query('SET TRANSACTION ISOLATION LEVEL SERIALIZABLE');
            const [row] = await tx.query<{ sum: number }>(
              `SELECT sum(value::bigint)::bigint AS sum FROM settings WHERE name IN ('a', 'b')`,
            );
            await meet();
            await tx.query('INSERT INTO settings VALUES ($1, $2)', [randomUUID(), String(row?.sum)]);
            await tx.query(add, ['a']);
          });
        await Promise.all([one(), one()]);
        expect(runs).toBeGreaterThan(2);
        const sums = await database.query(`SELECT value FROM settings WHERE length(name) = 36 ORDER BY 1`);
        expect(sums).toEqual([{ value: '4' }, { value: '5' }]);
      } finally {
        await database.close();
      }
    });

    it('says that it is busy when the database takes too long, and does the same request later', async () => {
      const { url } = await where();
      const slow = await startService({ url, statementMs: 1000, connectMs: 1000, connections: 2 });
      const holder = await openDatabase({ url }, slow.clock);
      try {
        const { key, licence } = await slow.sell();
        const device = await TestDevice.make(slow);
        await device.activate(key);
        const again = { key: randomUUID() };
        await holder.transaction(async (tx) => {
          await tx.query('SELECT id FROM licences WHERE id = $1 FOR UPDATE', [licence.id]);
          const reply = await device.lease(10, 10, again);
          expect([reply.status, reply.code]).toEqual([503, 'ERR_SERVER_BUSY']);
          expect(reply.headers.get('Retry-After')).toBe('2');
        });
        expect((await device.lease(10, 10, again)).code).toBeNull();
        expect((await device.lease(10, 10, again)).code).toBeNull();
        expect(await slow.licence(licence.id)).toMatchObject({ leased: 10 });

        // All connections are taken.
        let release = (): void => undefined;
        const free = new Promise<void>((resolve) => {
          release = resolve;
        });
        let taken = 0;
        await new Promise<void>((resolve) => {
          const take = () =>
            slow.database.transaction(async () => {
              if (++taken === 2) resolve();
              await free;
            });
          void Promise.all([take(), take()]);
        });
        expect((await device.lease(10, 10)).code).toBe('ERR_SERVER_BUSY');
        release();
      } finally {
        await Promise.all([slow.database.close(), holder.close()]);
      }
    });
  });
}
