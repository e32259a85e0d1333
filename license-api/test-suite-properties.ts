import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { returnEvents } from '../src/core/licence/ledger.ts';
import type { DatabaseOptions } from './database/database.ts';
import { DAY_MS, startService, TestDevice, type Service } from './test-service.ts';

const OPERATIONS = [
  'lease',
  'lease',
  'lease together',
  'lease, answer lost, again',
  'lease, answer lost',
  'reserve',
  'reserve',
  'commit',
  'commit',
  'release',
  'return',
  'sync',
  'sync',
  'sync twice',
  'days',
  'month',
  'grant',
  'adjust',
  'refund',
  'tier',
  'deactivate',
  'deactivate another',
  'activate',
  'fork',
  'settle',
] as const;

type Step = readonly [what: (typeof OPERATIONS)[number], amount: number, at: number, device: number];

/** Sequences that once left books that did not add up, shortened. */
const FOUND: readonly (readonly Step[])[] = [
  // A frozen device asks after another one's lease has ended: what came back was written down by half.
  [
    ['lease', 1, 1, 0],
    ['lease', 1, 1, 1],
    ['sync', 1, 1, 1],
    ['fork', 1, 1, 1],
    ['month', 1, 0, 0],
    ['sync', 1, 1, 1],
  ],
];

/** A licence with its devices, and what the books must say of it. */
interface Customer {
  readonly id: string;
  readonly key: string;
  readonly devices: TestDevice[];
  refunded: number;
}

/** Any sequence of operations, on several licences with several devices each, leaves books that add up. */
export function propertiesSuite(name: string, where: () => Promise<DatabaseOptions>, runs: number): void {
  describe(`books on ${name}`, () => {
    let service: Service;
    beforeAll(async () => {
      service = await startService(await where());
    });
    afterAll(() => service.database.close());

    async function customer(tier: string): Promise<Customer> {
      const { key, licence } = await service.sell({ tier });
      const devices = [await TestDevice.make(service), await TestDevice.make(service)];
      for (const device of devices) expect((await device.activate(key)).code).toBeNull();
      return { id: licence.id, key, devices, refunded: 0 };
    }

    async function check(one: Customer): Promise<void> {
      const now = await service.licence(one.id);
      expect(now.granted).toBe(now.balance + now.leased + now.committed + now.lapsed);
      const [sums] = await service.database.query(
        `SELECT (SELECT count(*) FROM leases WHERE licence_id = $1 AND amount <> committed + released + held)::bigint
             AS bad,
           (SELECT coalesce(sum(held), 0) FROM leases WHERE licence_id = $1)::bigint AS held,
           (SELECT coalesce(sum(committed), 0) FROM leases WHERE licence_id = $1)::bigint AS committed,
           (SELECT coalesce(sum(amount), 0) FROM movements WHERE licence_id = $1 AND kind IN ('grant', 'adjust'))::bigint
             AS granted`,
        [one.id],
      );
      expect(sums).toEqual({
        bad: 0,
        held: now.leased,
        committed: now.committed + one.refunded,
        granted: now.granted,
      });
    }

    /** A part of an open lease, a reservation that is open. */
    const usable = (device: TestDevice) => device.ledger.leases.find(({ left }) => left > 0);
    const open = (device: TestDevice) => Object.keys(device.ledger.reservations)[0];
    const allowed = (code: string | null, ...codes: string[]): void => {
      if (code !== null) expect(codes).toContain(code);
    };
    const REFUSED = ['ERR_LICENCE_FUNDS', 'ERR_LICENCE_DEVICE', 'ERR_LEDGER_FORKED', 'ERR_LICENCE_TIER'];

    async function perform(
      what: (typeof OPERATIONS)[number],
      amount: number,
      one: Customer,
      device: TestDevice,
      other: TestDevice,
    ): Promise<void> {
      const { accounting } = service.services;
      const books = <T>(work: Parameters<typeof service.database.transaction<T>>[0]) =>
        service.database.transaction(work);
      switch (what) {
        case 'lease': {
          allowed((await device.lease(1, amount)).code, ...REFUSED);
          return;
        }
        case 'lease together': {
          const replies = await Promise.all([device.lease(1, amount), other.lease(1, amount)]);
          replies.forEach(({ code }) => allowed(code, ...REFUSED));
          return;
        }
        case 'lease, answer lost, again': {
          const bend = { key: randomUUID() };
          const first = await device.ask('POST', '/v1/leases', { min: 1, want: amount }, bend);
          const again = await device.lease(1, amount, bend);
          expect(again.code).toBe(first.code);
          if (first.code === null) expect(again.text).toBe(first.text);
          return;
        }
        case 'lease, answer lost': {
          allowed((await device.ask('POST', '/v1/leases', { min: 1, want: amount })).code, ...REFUSED);
          return;
        }
        case 'reserve': {
          const lease = usable(device);
          if (lease === undefined) return;
          const parts = [{ leaseId: lease.leaseId, amount: Math.min(amount, lease.left) }];
          return void device.write({ type: 'reserve', jobId: randomUUID(), parts });
        }
        case 'commit':
        case 'release': {
          const jobId = open(device);
          if (jobId === undefined) return;
          if (what === 'commit') device.write({ type: 'commit', jobId });
          else device.write({ type: 'release', jobId, reason: 'failed' });
          return;
        }
        case 'return': {
          returnEvents(device.ledger, 'all').forEach((event) => void device.write(event));
          return;
        }
        case 'sync': {
          allowed((await device.sync()).code, 'ERR_LEDGER_FORKED');
          return;
        }
        case 'sync twice': {
          const [first, again] = [await device.sync(), await device.sync()];
          expect(again.code).toBe(first.code);
          return;
        }
        case 'days':
          service.clock.ms += (1 + (amount % 12)) * DAY_MS;
          return;
        case 'month':
          service.clock.ms += 31 * DAY_MS;
          return;
        case 'grant':
        case 'adjust':
          await books((tx) => accounting[what](tx, 'test', one.id, amount, 'test'));
          return;
        case 'refund':
          await books((tx) => accounting.refund(tx, 'test', one.id, amount, 'test')).then(
            () => (one.refunded += amount),
            (error: unknown) => expect(error).toMatchObject({ code: 'ERR_OPERATOR_CONFLICT' }),
          );
          return;
        case 'tier': {
          const tier = ['lite', 'plus', 'premium'][amount % 3] ?? 'lite';
          await books((tx) => accounting.changeLicence(tx, 'test', one.id, { tier }));
          return;
        }
        case 'deactivate': {
          allowed((await device.ask('POST', '/v1/deactivate', {})).code, 'ERR_LICENCE_DEVICE');
          return;
        }
        case 'deactivate another': {
          const reply = await device.ask('POST', '/v1/deactivate', { deviceId: other.id });
          allowed(reply.code, 'ERR_LICENCE_DEVICE');
          return;
        }
        case 'activate': {
          allowed((await device.activate(one.key)).code, 'ERR_LICENCE_DEVICES_FULL');
          return;
        }
        case 'fork': {
          // A copy from before is restored, and goes on in another way.
          const lease = usable(device);
          if (lease === undefined || (await device.sync()).code !== null) return;
          const { ledger, entries } = device;
          const parts = [{ leaseId: lease.leaseId, amount: 1 }];
          device.entries = [...entries];
          device.write({ type: 'reserve', jobId: 'one', parts });
          expect((await device.sync()).code).toBeNull();
          device.ledger = ledger;
          device.entries = entries;
          device.write({ type: 'reserve', jobId: 'two', parts });
          expect((await device.sync()).code).toBe('ERR_LEDGER_FORKED');
          return;
        }
        case 'settle': {
          const how = amount % 2 === 0 ? 'release' : 'forfeit';
          await books((tx) => accounting.settleDevice(tx, 'test', device.id, how));
          // What it did before that comes late; then a new device takes its place.
          allowed((await device.sync()).code, 'ERR_LEDGER_FORKED');
          const place = one.devices.indexOf(device);
          const fresh = await TestDevice.make(service);
          allowed((await fresh.activate(one.key)).code, 'ERR_LICENCE_DEVICES_FULL');
          if (fresh.id !== '') one.devices[place] = fresh;
          return;
        }
      }
    }

    it(`adds up after each step of ${runs} sequences, whatever comes, and of several licences`, async () => {
      const step = fc.record({
        what: fc.constantFrom(...OPERATIONS),
        amount: fc.integer({ min: 1, max: 500 }),
        at: fc.nat(1),
        device: fc.nat(1),
      });
      let steps = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 24 }), async (sequence) => {
          const customers = await Promise.all([customer('lite'), customer('plus')]);
          for (const { what, amount, at, device } of sequence) {
            const one = customers[at];
            const [mine, other] = [one?.devices[device], one?.devices[1 - device]];
            if (one === undefined || mine === undefined || other === undefined)
              throw new Error('two of each');
            await perform(what, amount, one, mine, other);
            for (const each of customers) await check(each);
            steps++;
          }
        }),
        {
          numRuns: runs,
          examples: FOUND.map((steps) => [
            steps.map(([what, amount, at, device]) => ({ what, amount, at, device })),
          ]),
        },
      );
      expect(steps).toBeGreaterThan(runs * 8);
    }, 480_000);
  });
}
