import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import type { LedgerEntry, LedgerEvent } from '../../src/contracts/licence/ledger.ts';
import { entryHash, originHash, replayLedger } from '../../src/core/licence/ledger.ts';
import type { LicenceErrorCode } from '../../src/contracts/licence/api.ts';
import type { TestDevice } from '../test-service.ts';
import { books, faults, NO_FAULTS, operate, sold, type Tally, type Target } from './test-target.ts';

const YEAR_MS = 366 * 86_400_000;

/** What a thief with the device's key writes: every hash right, whatever the events say. */
function forge(
  deviceId: string,
  events: readonly LedgerEvent[],
  after: { seq: number; hash: string } = { seq: 0, hash: originHash(deviceId) },
  atMs = 1_800_000_000_000,
): LedgerEntry[] {
  let head = after;
  return events.map((event) => {
    const fields = { deviceId, seq: head.seq + 1, prev: head.hash, atMs, event };
    const entry = { ...fields, hash: entryHash(fields) };
    head = entry;
    return entry;
  });
}

function at<T>(list: readonly T[], index: number): T {
  const one = list[index];
  if (one === undefined) throw new RangeError(`nothing at ${index}`);
  return one;
}

/** A device with a lease of 100 that the server gave, and the lease's entry. */
async function leased(target: Target) {
  const one = await sold(target);
  const { leaseId } = one.device.take(await one.device.lease(100, 100));
  return { ...one, leaseId, lease: at(one.device.entries, 0).event };
}

/** Everything that can happen, once. */
function busyDay(device: TestDevice, leaseId: string): void {
  const events: LedgerEvent[] = [
    { type: 'reserve', jobId: 'a', parts: [{ leaseId, amount: 40 }] },
    { type: 'reserve', jobId: 'b', parts: [{ leaseId, amount: 20 }] },
    { type: 'commit', jobId: 'a' },
    { type: 'release', jobId: 'b', reason: 'cancelled' },
    { type: 'reserve', jobId: 'c', parts: [{ leaseId, amount: 10 }] },
    { type: 'release', jobId: 'c', reason: 'failed' },
    { type: 'reserve', jobId: 'd', parts: [{ leaseId, amount: 5 }] },
    { type: 'commit', jobId: 'd' },
    { type: 'return', leaseId, amount: 55 },
  ];
  for (const event of events) device.write(event);
}

/** An entry with one field changed. */
function* changes(entry: LedgerEntry): Generator<LedgerEntry> {
  yield { ...entry, atMs: entry.atMs + 1 };
  yield { ...entry, seq: entry.seq + 1 };
  yield { ...entry, prev: entry.hash };
  yield { ...entry, hash: entry.prev };
  yield { ...entry, deviceId: randomUUID() };
  const { event } = entry;
  switch (event.type) {
    case 'lease':
      yield { ...entry, event: { ...event, amount: event.amount + 1 } };
      yield { ...entry, event: { ...event, expiresAtS: event.expiresAtS + 1 } };
      yield { ...entry, event: { ...event, leaseId: randomUUID() } };
      break;
    case 'reserve':
      yield { ...entry, event: { ...event, jobId: 'other' } };
      yield { ...entry, event: { ...event, parts: event.parts.map((part) => ({ ...part, amount: 1 })) } };
      break;
    case 'commit':
      yield { ...entry, event: { type: 'release', jobId: event.jobId, reason: 'failed' } };
      yield { ...entry, event: { ...event, jobId: 'b' } };
      break;
    case 'release':
      yield { ...entry, event: { ...event, reason: 'removed' } };
      yield { ...entry, event: { type: 'commit', jobId: event.jobId } };
      break;
    case 'return':
      yield { ...entry, event: { ...event, amount: event.amount - 1 } };
      break;
  }
}

/** What no honest ledger says after a lease of 100, though each hash fits. */
function impossible(leaseId: string, lease: LedgerEvent, foreign: LedgerEvent): [string, LedgerEvent[]][] {
  const reserve = (jobId: string, amount: number): LedgerEvent => ({
    type: 'reserve',
    jobId,
    parts: [{ leaseId, amount }],
  });
  const commit = (jobId: string): LedgerEvent => ({ type: 'commit', jobId });
  const release = (jobId: string): LedgerEvent => ({ type: 'release', jobId, reason: 'failed' });
  const back = (amount: number, id = leaseId): LedgerEvent => ({ type: 'return', leaseId: id, amount });
  if (lease.type !== 'lease' || foreign.type !== 'lease') throw new TypeError('not leases');
  const wild: [string, LedgerEvent[]][] = [
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'valueOf',
    'hasOwnProperty',
    '0',
    'length',
  ].flatMap((jobId): [string, LedgerEvent[]][] => [
    [`commit ${jobId} without a reservation`, [lease, commit(jobId)]],
    [`release ${jobId} without a reservation`, [lease, release(jobId)]],
    [`commit ${jobId} twice`, [lease, reserve(jobId, 1), commit(jobId), commit(jobId)]],
    [`reserve ${jobId} twice`, [lease, reserve(jobId, 1), reserve(jobId, 1)]],
  ]);
  return [
    ...wild,
    ['commit without a reservation', [lease, commit('a')]],
    ['release without a reservation', [lease, release('a')]],
    ['commit twice', [lease, reserve('a', 5), commit('a'), commit('a')]],
    ['release after commit', [lease, reserve('a', 5), commit('a'), release('a')]],
    ['commit after release', [lease, reserve('a', 5), release('a'), commit('a')]],
    ['release twice', [lease, reserve('a', 5), release('a'), release('a')]],
    ['reserve more than leased', [lease, reserve('a', 101)]],
    ['reserve more than is left', [lease, reserve('a', 60), reserve('b', 41)]],
    ['reserve the largest amount', [lease, reserve('a', 1e12)]],
    ['return more than leased', [lease, back(101)]],
    ['return more than is left', [lease, reserve('a', 50), back(51)]],
    ['return twice', [lease, back(100), back(1)]],
    ['return, then reserve', [lease, back(100), reserve('a', 1)]],
    ['return a reserved part', [lease, reserve('a', 100), back(1)]],
    ['return after commit', [lease, reserve('a', 100), commit('a'), back(1)]],
    ['the same lease twice', [lease, lease]],
    ['a used-up lease again', [lease, back(100), lease]],
    ['a larger lease', [{ ...lease, amount: 101 }]],
    ['a smaller lease', [{ ...lease, amount: 99 }]],
    ['a longer lease', [{ ...lease, expiresAtS: lease.expiresAtS + 86_400 }]],
    ['a lease that was never given', [{ ...lease, leaseId: randomUUID() }]],
    ['another device’s lease', [foreign]],
    ['another device’s lease beside one’s own', [lease, foreign]],
    [
      'spending another device’s lease',
      [lease, { ...reserve('a', 1), parts: [{ leaseId: foreign.leaseId, amount: 1 }] } as LedgerEvent],
    ],
    ['returning another device’s lease', [lease, back(1, foreign.leaseId)]],
    [
      'a lease named twice in a reservation',
      [
        lease,
        {
          type: 'reserve',
          jobId: 'a',
          parts: [
            { leaseId, amount: 1 },
            { leaseId, amount: 1 },
          ],
        },
      ],
    ],
    ['spending without a lease', [reserve('a', 1)]],
    ['returning without a lease', [back(1)]],
    ['a lease named like a prototype', [lease, back(1, '__proto__')]],
  ];
}

/** Attacks on ledgers: entries removed, changed, moved, doubled, made up, and histories that part. */
export function ledgerAttacks(tally: Tally, targetNow: () => Target): void {
  it(
    'books nothing of a ledger with an entry removed, moved, doubled, inserted or changed',
    { timeout: 120_000 },
    async () => {
      const target = targetNow();
      const { device, leaseId } = await leased(target);
      busyDay(device, leaseId);
      const { entries } = device;
      const before = await books({ database: target.database });
      const refused = async (kind: string, list: readonly LedgerEntry[], code: LicenceErrorCode) =>
        tally.refused(
          kind,
          list.map(({ seq, event }) => [seq, event.type]),
          await device.sync(list),
          code,
        );
      for (const [i, entry] of entries.entries()) {
        const rest = entries.toSpliced(i, 1);
        if (i < entries.length - 1)
          await refused('removed', rest, i === 0 ? 'ERR_LEDGER_GAP' : 'ERR_LEDGER_DAMAGED');
        await refused('doubled', entries.toSpliced(i, 0, entry), 'ERR_LEDGER_DAMAGED');
        for (let k = 0; k < i; k++) {
          const swapped = entries.with(i, at(entries, k)).with(k, entry);
          await refused('swapped', swapped, k === 0 ? 'ERR_LEDGER_GAP' : 'ERR_LEDGER_DAMAGED');
        }
        for (const changed of changes(entry)) {
          const gap = i === 0 && changed.seq !== entry.seq;
          await refused('changed', entries.with(i, changed), gap ? 'ERR_LEDGER_GAP' : 'ERR_LEDGER_DAMAGED');
          // The one entry's hash mended, not those after it; of the last one that is a history of its own.
          if (i === entries.length - 1 || gap || changed.seq !== entry.seq) continue;
          const mended = { ...changed, hash: entryHash(changed) };
          if (mended.hash === entry.hash) continue;
          const forked = i === 0 && changed.prev !== entry.prev;
          if (forked) continue;
          await refused('mended', entries.with(i, mended), 'ERR_LEDGER_DAMAGED');
        }
        const inserted: LedgerEvent = { type: 'return', leaseId, amount: 1 };
        const [fresh] = forge(device.id, [inserted], i === 0 ? undefined : at(entries, i - 1));
        if (fresh !== undefined)
          await refused('inserted', entries.toSpliced(i, 0, fresh), 'ERR_LEDGER_DAMAGED');
      }
      await refused('reversed', entries.toReversed(), 'ERR_LEDGER_GAP');
      expect(await books(target)).toBe(before);
      expect((await device.sync()).code).toBeNull();
      expect(await faults(target)).toEqual(NO_FAULTS);
    },
  );

  it(
    'books nothing that an honest ledger can’t say, however right its hashes are',
    { timeout: 120_000 },
    async () => {
      const target = targetNow();
      const { device, id, leaseId, lease } = await leased(target);
      const foreign = await leased(target);
      const before = await books(target);
      for (const [what, events] of impossible(leaseId, lease, foreign.lease)) {
        tally.refused('impossible', what, await device.sync(forge(device.id, events)), 'ERR_LEDGER_DAMAGED');
      }
      // Neither in a second sync, when the first part is in the books already.
      expect(await books(target)).toBe(before);
      for (const [what, events] of impossible(leaseId, lease, foreign.lease)) {
        if (events.length < 2 || events[0] !== lease) continue;
        const other = await leased(target);
        const own =
          impossible(other.leaseId, other.lease, foreign.lease).find(([name]) => name === what)?.[1] ?? [];
        const entries = forge(other.device.id, own);
        expect((await other.device.sync(entries.slice(0, -1))).code).toBeNull();
        tally.refused('impossible later', what, await other.device.sync(entries), 'ERR_LEDGER_DAMAGED');
        tally.refused(
          'impossible later',
          what,
          await other.device.sync(entries.slice(-1)),
          'ERR_LEDGER_DAMAGED',
        );
      }
      expect(await target.licence(id)).toMatchObject({ leased: 100, committed: 0 });
      expect(await faults(target)).toEqual(NO_FAULTS);
    },
  );

  it('keeps jobs apart whose names are those of an object’s own members', async () => {
    const target = targetNow();
    const { device, id, leaseId, lease } = await leased(target);
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', '0'];
    const events: LedgerEvent[] = [
      lease,
      ...names.map((jobId): LedgerEvent => ({ type: 'reserve', jobId, parts: [{ leaseId, amount: 10 }] })),
    ];
    expect((await device.sync(forge(device.id, events))).code).toBeNull();
    const all = forge(device.id, [
      ...events,
      ...names.map((jobId): LedgerEvent => ({ type: 'commit', jobId })),
    ]);
    expect((await device.sync(all)).code).toBeNull();
    expect(replayLedger(device.id, all).totals).toEqual({ leased: 100, committed: 60, returned: 0 });
    expect(await target.licence(id)).toMatchObject({ leased: 40, committed: 60 });
    tally.count('names', names.length);
    expect(await faults(target)).toEqual(NO_FAULTS);
  });

  it('freezes a device whose backup was restored, wherever its history parts', async () => {
    const target = targetNow();
    const honest = await leased(target);
    busyDay(honest.device, honest.leaseId);
    for (let kept = 0; kept < honest.device.entries.length; kept++) {
      const { device, id, leaseId } = await leased(target);
      busyDay(device, leaseId);
      expect((await device.sync()).code).toBeNull();
      const head = kept === 0 ? undefined : at(device.entries, kept - 1);
      const events: LedgerEvent[] = device.entries.slice(kept).map(({ event }) => event);
      // The same events a second later: another history.
      const other = [...device.entries.slice(0, kept), ...forge(device.id, events, head, 1_800_000_001_000)];
      const booked = await target.licence(id);
      tally.refused('fork', kept, await device.sync(other), 'ERR_LEDGER_FORKED');
      for (const list of [other, device.entries, [], other.slice(kept)]) {
        tally.refused('frozen', kept, await device.sync(list), 'ERR_LEDGER_FORKED');
      }
      tally.refused(
        'frozen',
        'lease',
        await device.ask('POST', '/v1/leases', { min: 1, want: 1 }),
        'ERR_LEDGER_FORKED',
      );
      expect(await target.licence(id)).toEqual(booked);
      expect(
        (await operate(target, `/v1/operator/devices/${device.id}/settle`, '{"how":"forfeit"}')).code,
      ).toBeNull();
    }
    expect(await faults(target)).toEqual(NO_FAULTS);
  });

  it('takes the same entries once, in parts, in any order of requests, fifty times at once', async () => {
    const target = targetNow();
    const { device, id, leaseId } = await leased(target);
    busyDay(device, leaseId);
    const { entries } = device;
    const parts = Array.from({ length: 50 }, (_, i) => entries.slice(0, 1 + (i % entries.length)));
    const replies = await Promise.all(parts.toReversed().map((part) => device.sync(part)));
    expect(replies.every(({ code }) => code === null)).toBe(true);
    tally.count('at once', replies.length);
    const tails = await Promise.all(entries.map((_, i) => device.sync(entries.slice(i))));
    expect(tails.every(({ code }) => code === null)).toBe(true);
    tally.count('tails', tails.length);
    expect(await target.licence(id)).toMatchObject({ leased: 0, committed: 45, balance: 955 });
    expect(await faults(target)).toEqual(NO_FAULTS);
  });

  it('asks for what is missing when a part comes before the one it follows', async () => {
    const target = targetNow();
    const { device, leaseId } = await leased(target);
    busyDay(device, leaseId);
    for (let first = device.entries.length - 1; first > 0; first--) {
      const reply = await device.sync(device.entries.slice(first));
      tally.refused('too early', first, reply, 'ERR_LEDGER_GAP');
      expect(JSON.parse(reply.text)).toMatchObject({
        error: { details: { seq: 0, hash: originHash(device.id) } },
      });
    }
    expect((await device.sync()).code).toBeNull();
  });

  it('reads times of a device’s clock for nobody’s sums, a year ahead and behind', async () => {
    const target = targetNow();
    for (const atMs of [0, target.clock.ms - YEAR_MS, target.clock.ms + YEAR_MS, 8.64e15]) {
      const { device, id, leaseId, lease } = await leased(target);
      const events: LedgerEvent[] = [
        lease,
        { type: 'reserve', jobId: 'a', parts: [{ leaseId, amount: 30 }] },
        { type: 'commit', jobId: 'a' },
        { type: 'return', leaseId, amount: 70 },
      ];
      expect((await device.sync(forge(device.id, events, undefined, atMs))).code).toBeNull();
      expect(await target.licence(id)).toMatchObject({ committed: 30, balance: 970, leased: 0 });
      tally.count('device’s clock');
    }
    expect(await faults(target)).toEqual(NO_FAULTS);
  });

  it('books five hundred entries at once, all or none', async () => {
    const target = targetNow();
    const { device, id, leaseId, lease } = await leased(target);
    const events: LedgerEvent[] = [lease];
    for (let job = 0; events.length < 499; job++) {
      events.push({ type: 'reserve', jobId: `j${job}`, parts: [{ leaseId, amount: 1 }] });
      events.push({ type: 'release', jobId: `j${job}`, reason: 'cancelled' });
    }
    const bad = forge(device.id, [...events, { type: 'return', leaseId, amount: 101 }]);
    expect(bad.length).toBe(500);
    tally.refused('huge', 'last one wrong', await device.sync(bad), 'ERR_LEDGER_DAMAGED');
    expect(await target.licence(id)).toMatchObject({ leased: 100 });
    const good = forge(device.id, [...events, { type: 'return', leaseId, amount: 100 }]);
    tally.refused('huge', 'one too many', await device.sync([...good, at(good, 0)]), 'ERR_REQUEST_INVALID');
    expect((await device.sync(good)).code).toBeNull();
    expect(await target.licence(id)).toMatchObject({ leased: 0, balance: 1000 });
    expect(await faults(target)).toEqual(NO_FAULTS);
  });
}
