import * as v from 'valibot';
import { openDatabase } from './open-database.ts';
import { startLicenceServer, freePort, type Keeping, type LicenceServer } from './server.ts';
import { DeviceModel, LicenceModel, randomFrom, type Actor, type Operation } from './world.ts';

const LICENCES = 3;
const DEVICES_EACH = 2;
/** Longest that the service is left alone between two kills, ms. */
const CALM_MS = 250;

/** What a run came to. It throws when anything was lost, gained, or done twice. */
export interface CrashReport {
  readonly kills: number;
  /** Operations that were answered. */
  readonly operations: number;
  /** Of these, how many were cut off by a kill and sent again. */
  readonly cutOff: number;
  /** Answered operations that were sent once more: each got the same answer, byte for byte. */
  readonly repeated: number;
  /** Comparisons of a licence at the service with what it must be. */
  readonly checks: number;
  readonly byName: Readonly<Record<string, number>>;
}

const integer = v.pipe(v.number(), v.integer());
const shownSchema = v.object({
  licence: v.object({
    granted: integer,
    balance: integer,
    leased: integer,
    committed: integer,
    lapsed: integer,
  }),
});

/** An actor and what it has sent without an answer yet. */
interface Worker {
  readonly actor: Actor;
  pending: Operation | null;
}

function expectEqual(what: string, is: number, must: number): void {
  if (is !== must) throw new Error(`${what} is ${is}, and must be ${must}`);
}

/** Compares a licence at the service, with nothing under way, to the sum of what was answered. */
async function checkLicence(server: LicenceServer, model: LicenceModel): Promise<void> {
  const { text, status } = await server.operator('GET', `/licences/${model.id ?? ''}`);
  if (status !== 200) throw new Error(`the licence answered ${status}: ${text.slice(0, 300)}`);
  const { granted, balance, leased, committed, lapsed } = v.parse(shownSchema, JSON.parse(text)).licence;
  const sum = (of: (device: DeviceModel) => number): number =>
    model.devices.reduce((total, device) => total + of(device), 0);
  const spent = sum((device) => device.synced?.totals.committed ?? 0);
  const returned = sum((device) => device.synced?.totals.returned ?? 0);
  const given = sum((device) => [...device.leases.values()].reduce((total, amount) => total + amount, 0));
  expectEqual('balance + leased + committed + lapsed', balance + leased + committed + lapsed, granted);
  expectEqual('granted', granted, model.granted);
  expectEqual('committed', committed, spent - model.refunded);
  expectEqual('leased', leased, given - spent - returned);
  expectEqual('lapsed', lapsed, 0);
}

/** Reads the database itself, with no service running. */
async function checkTables(keeping: Keeping, licences: readonly LicenceModel[]): Promise<void> {
  const database = await openDatabase(keeping);
  try {
    const one = async (sql: string, params: readonly string[] = []): Promise<number> => {
      const [row] = await database.query<{ n: number }>(sql, params);
      return Number(row?.n ?? Number.NaN);
    };
    expectEqual(
      'licences whose sums are wrong',
      await one('SELECT count(*) AS n FROM licences WHERE granted <> balance + leased + committed + lapsed'),
      0,
    );
    expectEqual(
      'leases whose sums are wrong',
      await one('SELECT count(*) AS n FROM leases WHERE amount <> committed + released + held'),
      0,
    );
    for (const { id, reference, devices } of licences) {
      if (id === null) continue;
      expectEqual(
        'licences with one reference',
        await one('SELECT count(*) AS n FROM licences WHERE reference = $1', [reference]),
        1,
      );
      expectEqual(
        'leases of a licence',
        await one('SELECT count(*) AS n FROM leases WHERE licence_id = $1', [id]),
        devices.reduce((count, device) => count + device.leases.size, 0),
      );
      for (const { synced } of devices) {
        if (synced === null) continue;
        expectEqual(
          'entries of a device',
          await one('SELECT count(*) AS n FROM ledger_entries WHERE device_id = $1', [synced.deviceId]),
          synced.head.seq,
        );
      }
    }
  } finally {
    await database.close();
  }
}

/**
 * Kills a real service again and again while devices and an operator use it, and proves that each operation happened
 * once: what was cut off is sent again with its `Idempotency-Key`, and then books and model have to agree to the unit.
 *
 * @param options.times how often it is killed.
 * @param options.untilMs stop sooner when `performance.now()` has come so far.
 * @throws Error at the first thing that was lost, gained or done twice.
 */
export async function runCrashes(options: {
  readonly keeping: Keeping;
  readonly times: number;
  readonly seed: number;
  readonly untilMs?: number;
  readonly log?: (line: string) => void;
}): Promise<CrashReport> {
  const { keeping, times, seed, untilMs = Infinity } = options;
  const random = randomFrom(seed);
  const licences = Array.from({ length: LICENCES }, () => new LicenceModel(random));
  const devices = licences.flatMap((licence) =>
    Array.from({ length: DEVICES_EACH }, () => new DeviceModel(licence, random)),
  );
  const workers: Worker[] = [...licences, ...devices].map((actor) => ({ actor, pending: null }));
  const byName: Record<string, number> = {};
  const count = { kills: 0, operations: 0, cutOff: 0, repeated: 0, checks: 0 };
  const port = await freePort();

  /** Sends what is pending, or something new, and takes the answer; false when the service was gone. */
  const step = async (worker: Worker, server: LicenceServer): Promise<boolean> => {
    const operation = worker.pending ?? worker.actor.next();
    if (operation === null) return true;
    worker.pending = operation;
    const answered = await operation.send(server).catch(() => null);
    if (answered === null) return false;
    operation.take(answered);
    worker.pending = null;
    count.operations += 1;
    byName[operation.name] = (byName[operation.name] ?? 0) + 1;
    if (answered.status >= 300 || random() >= 0.25) return true;
    const again = await operation.send(server).catch(() => null);
    if (again === null) return false;
    if (again.text !== answered.text || again.status !== answered.status) {
      throw new Error(`${operation.name} sent twice: “${answered.text}” became “${again.text}”`);
    }
    count.repeated += 1;
    return true;
  };

  /** Has everybody send again what was cut off, until the service has answered all of it. */
  const settle = async (server: LicenceServer): Promise<void> => {
    const open = workers.filter((worker) => worker.pending !== null);
    count.cutOff += open.length;
    const done = await Promise.all(open.map((worker) => step(worker, server)));
    if (done.includes(false))
      throw new Error(`the service went away by itself: ${server.output().slice(-2000)}`);
    for (const licence of licences.filter(({ id }) => id !== null)) {
      await checkLicence(server, licence);
      count.checks += 1;
    }
  };

  const disturb = async (server: LicenceServer): Promise<void> => {
    let over = false;
    const work = async (worker: Worker): Promise<void> => {
      while (!over) {
        if (!(await step(worker, server))) return;
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const working = Promise.all(workers.map(work));
    // Somebody who fails is heard of below; until then the service is killed all the same.
    working.catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, random() * CALM_MS));
    await server.kill();
    over = true;
    await working;
    count.kills += 1;
  };

  while (count.kills < times && performance.now() < untilMs) {
    const server = await startLicenceServer({ keeping, port });
    try {
      await settle(server);
      await disturb(server);
    } finally {
      await server.kill();
    }
    if (count.kills % 20 === 0) options.log?.(`${count.kills} kills, ${count.operations} operations`);
  }
  const last = await startLicenceServer({ keeping, port });
  try {
    await settle(last);
  } finally {
    await last.stop();
  }
  await checkTables(keeping, licences);
  return { ...count, byName };
}
