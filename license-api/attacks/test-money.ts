import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import * as v from 'valibot';
import { strangeKey, TestDevice } from '../test-service.ts';
import {
  books,
  faults,
  NO_FAULTS,
  notify,
  operate,
  sold,
  targetOf,
  type Tally,
  type Target,
} from './test-target.ts';

const DAY_MS = 86_400_000;
const TIMES = 50;

const licenceSchema = v.object({ licence: v.looseObject({ id: v.string() }) });

/** How often each code came; `ok` for none. */
function codesOf(codes: readonly (string | null)[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const code of codes) counts[code ?? 'ok'] = (counts[code ?? 'ok'] ?? 0) + 1;
  return counts;
}

/** Attacks on balances: the same twice, at once, too much, too little, another's. */
export function moneyAttacks(tally: Tally, targetNow: () => Target): void {
  const times = <T>(work: (index: number) => Promise<T>, count = TIMES): Promise<T[]> =>
    Promise.all(Array.from({ length: count }, (_, i) => work(i)));
  const book = (id: string, what: string, amount: number, key: string = randomUUID()) =>
    operate(targetNow(), `/v1/operator/licences/${id}/${what}`, JSON.stringify({ amount, reason: 'test' }), {
      'Idempotency-Key': key,
    });

  /** A licence of which so much was spent by its device. */
  async function spent(amount: number) {
    const one = await sold(targetNow());
    const { leaseId } = one.device.take(await one.device.lease(amount, amount));
    one.device.write({ type: 'reserve', jobId: 'job', parts: [{ leaseId, amount }] });
    one.device.write({ type: 'commit', jobId: 'job' });
    expect((await one.device.sync()).code).toBeNull();
    return one;
  }

  it('charges once for fifty equal requests at once, at every instance', async () => {
    const target = targetNow();
    const { device, id } = await sold(target);
    const instances = [target, { ...target, ...targetOf(target) }];
    const key = randomUUID();
    const replies = await times((i) => {
      const twin = new TestDevice(instances[i % 2] ?? target, device.privateKey, device.jwk, device.alg);
      return twin.ask('POST', '/v1/leases', { min: 7, want: 7 }, { key });
    });
    expect(codesOf(replies.map(({ code }) => code))).toEqual({ ok: TIMES });
    expect(new Set(replies.map(({ text }) => text)).size).toBe(1);
    tally.count('twice at once', TIMES);
    expect(await target.licence(id)).toMatchObject({ leased: 7, balance: 993 });
    for (const body of [
      { min: 7, want: 8 },
      { min: 6, want: 7 },
    ]) {
      tally.refused(
        'other body',
        body,
        await device.ask('POST', '/v1/leases', body, { key }),
        'ERR_REQUEST_IDEMPOTENCY_REUSED',
      );
    }
    tally.refused(
      'other path',
      key,
      await device.ask('POST', '/v1/refresh', {}, { key }),
      'ERR_REQUEST_IDEMPOTENCY_REUSED',
    );
    // Another caller's key is another key.
    const other = await sold(target);
    expect((await other.device.ask('POST', '/v1/leases', { min: 7, want: 7 }, { key })).code).toBeNull();
    expect(await target.licence(other.id)).toMatchObject({ leased: 7 });
    expect(await faults(target)).toEqual(NO_FAULTS);
  });

  it('gives no more than there is to fifty different requests at once', async () => {
    const target = targetNow();
    const { device, id, key } = await sold(target);
    const second = await TestDevice.make(target);
    await second.activate(key);
    const replies = await times((i) =>
      (i % 2 === 0 ? device : second).ask('POST', '/v1/leases', { min: 90, want: 90 }),
    );
    const counts = codesOf(replies.map(({ code }) => code));
    expect(counts).toEqual({ ok: 11, ERR_LICENCE_FUNDS: TIMES - 11 });
    tally.count('too much at once', TIMES);
    expect(await target.licence(id)).toMatchObject({ leased: 990, balance: 10 });
    expect(await faults(target)).toEqual(NO_FAULTS);
  });

  it('gives the last Moments to one of two, round after round', async () => {
    const target = targetNow();
    const { device, id, key } = await sold(target);
    const second = await TestDevice.make(target);
    await second.activate(key);
    for (let round = 0; round < 20; round++) {
      const { balance } = await target.licence(id);
      expect((await book(id, 'adjust', 10 - balance)).code ?? 'ok').toBe('ok');
      const replies = await Promise.all(
        [device, second].map((one) => one.ask('POST', '/v1/leases', { min: 10, want: 10 })),
      );
      expect(codesOf(replies.map(({ code }) => code))).toEqual({ ok: 1, ERR_LICENCE_FUNDS: 1 });
      tally.count('last Moments', 2);
    }
    expect(await faults(target)).toEqual(NO_FAULTS);
  });

  it('refunds what was spent and no more, however many ask at once', async () => {
    const target = targetNow();
    const { id } = await spent(100);
    const replies = await times(() => book(id, 'refund', 30), 20);
    expect(codesOf(replies.map(({ code }) => code))).toEqual({ ok: 3, ERR_OPERATOR_CONFLICT: 17 });
    expect(await target.licence(id)).toMatchObject({ committed: 10, balance: 990, spent: 10 });
    const key = randomUUID();
    expect(codesOf((await times(() => book(id, 'refund', 4, key))).map(({ code }) => code))).toEqual({
      ok: TIMES,
    });
    expect(await target.licence(id)).toMatchObject({ committed: 6, balance: 994 });
    tally.count('refunds', 70);
    tally.refused('refunds', 7, await book(id, 'refund', 7), 'ERR_OPERATOR_CONFLICT');
    tally.refused(
      'refunds',
      'nothing spent',
      await book((await sold(target)).id, 'refund', 1),
      'ERR_OPERATOR_CONFLICT',
    );
    expect(await faults(target)).toEqual(NO_FAULTS);
  });

  it('takes an event once, fifty times at once, with any key of idempotency', async () => {
    const target = targetNow();
    const reference = `order-${randomUUID()}`;
    const made = JSON.stringify({
      id: randomUUID(),
      type: 'licence.set',
      reference,
      atMs: target.clock.ms,
      policy: 'five-tier',
      tier: 'lite',
    });
    const answers = await times(() => notify(target, '/webhooks/payments', made), 20);
    const results = answers.map(
      ({ text }) => v.parse(v.object({ result: v.string() }), JSON.parse(text)).result,
    );
    expect(codesOf(results)).toEqual({ applied: 1, repeated: 19 });
    const grant = JSON.stringify({ id: randomUUID(), type: 'moments.granted', reference, amount: 5 });
    const granted = await times((i) =>
      notify(target, '/webhooks/payments', grant, { 'Idempotency-Key': `key-number-${i}` }),
    );
    expect(granted.filter(({ text }) => text.includes('"applied"')).length).toBe(1);
    tally.count('events', 20 + TIMES);
    const found = await operate(target, `/v1/operator/licences?reference=${reference}`);
    expect(JSON.parse(found.text)).toMatchObject({ items: [{ granted: 1005, balance: 1005 }] });
    expect(await faults(target)).toEqual(NO_FAULTS);
  });

  it('activates one device once, and no more devices than a licence may have, at once', async () => {
    const target = targetNow();
    const { key, licence } = await target.sell();
    const most = target.services.policies.get('five-tier')?.devices ?? 0;
    expect(most).toBeGreaterThan(0);
    const one = await TestDevice.make(target);
    await times(() => one.activate(key), 10);
    const others = await times(() => TestDevice.make(target), most + 5);
    const codes = (await Promise.all(others.map((device) => device.activate(key)))).map(({ code }) => code);
    expect(codesOf(codes)).toEqual({ ok: most - 1, ERR_LICENCE_DEVICES_FULL: 6 });
    tally.count('devices', 10 + codes.length);
    const account = await target.database.transaction((tx) =>
      target.services.accounting.account(tx, licence.id),
    );
    expect(account.devices.length).toBe(most);
    // A device of one licence is not another one's as well.
    const second = await target.sell();
    tally.refused('devices', 'second licence', await one.activate(second.key), 'ERR_LICENCE_DEVICE');
    tally.refused('devices', 'stranger', await one.activate(strangeKey()), 'ERR_LICENCE_KEY');
  });

  it('settles a device once, at once with its own sync and a deactivation', async () => {
    const target = targetNow();
    const { device, id, key } = await sold(target);
    const second = await TestDevice.make(target);
    await second.activate(key);
    const { leaseId } = device.take(await device.lease(100, 100));
    device.write({ type: 'reserve', jobId: 'a', parts: [{ leaseId, amount: 60 }] });
    device.write({ type: 'commit', jobId: 'a' });
    device.write({ type: 'return', leaseId, amount: 40 });
    const settle = `/v1/operator/devices/${device.id}/settle`;
    const replies = await Promise.all([
      ...Array.from({ length: 10 }, () => operate(target, settle, '{"how":"release"}')),
      ...Array.from({ length: 10 }, () => device.sync()),
      ...Array.from({ length: 10 }, () => second.ask('POST', '/v1/deactivate', { deviceId: device.id })),
    ]);
    expect(codesOf(replies.map(({ code }) => code))).toEqual({ ok: 30 });
    tally.count('settling', 30);
    expect(await target.licence(id)).toMatchObject({ leased: 0, committed: 60, balance: 940 });
    expect(await faults(target)).toEqual(NO_FAULTS);
  });

  it('counts no amount beyond what a number holds', async () => {
    const target = targetNow();
    const { id } = await sold(target);
    const most = 1e15;
    const { granted } = await target.licence(id);
    await target.database.transaction(async (tx) => {
      await tx.query('UPDATE licences SET granted = $2, balance = $2 WHERE id = $1', [id, most - 5]);
      await tx.query(`INSERT INTO movements (licence_id, at_ms, kind, amount) VALUES ($1, 0, 'adjust', $2)`, [
        id,
        most - 5 - granted,
      ]);
    });
    const before = await books(target);
    for (const amount of [6, 1e12]) {
      for (const what of ['grant', 'adjust']) {
        tally.refused('overflow', [what, amount], await book(id, what, amount), 'ERR_REQUEST_INVALID');
      }
    }
    expect(await books(target)).toBe(before);
    expect((await book(id, 'grant', 5)).code).toBeNull();
    expect(
      (await times((i) => book(id, i % 2 === 0 ? 'adjust' : 'grant', 1e12), 10)).every(
        ({ code }) => code === 'ERR_REQUEST_INVALID',
      ),
    ).toBe(true);
    tally.count('overflow', 10);
    expect(await target.licence(id)).toMatchObject({ balance: most, granted: most });
    expect(await faults(target)).toEqual(NO_FAULTS);
  });

  it('leaves another licence’s devices alone, and lets none back in that is out', async () => {
    const target = targetNow();
    const [mine, theirs] = [await sold(target), await sold(target)];
    const before = await books(target);
    for (const deviceId of [theirs.device.id, randomUUID()]) {
      tally.refused(
        'other device',
        deviceId,
        await mine.device.ask('POST', '/v1/deactivate', { deviceId }),
        'ERR_REQUEST_NOT_FOUND',
      );
    }
    expect(await books(target)).toBe(before);
    expect((await mine.device.ask('POST', '/v1/deactivate', {})).code).toBeNull();
    for (const [path, body] of [
      ['/v1/refresh', {}],
      ['/v1/leases', { min: 1, want: 1 }],
      ['/v1/deactivate', { deviceId: theirs.device.id }],
    ] as const) {
      const code = path === '/v1/deactivate' ? 'ERR_REQUEST_NOT_FOUND' : 'ERR_LICENCE_DEVICE';
      tally.refused('out', path, await mine.device.ask('POST', path, body), code);
    }
    tally.refused(
      'out',
      'entitlement',
      await mine.device.ask('GET', '/v1/entitlement'),
      'ERR_LICENCE_DEVICE',
    );
    for (const how of ['ended', 'revoked'] as const) {
      const { device, id, key } = await sold(target);
      const reply =
        how === 'ended'
          ? await operate(target, `/v1/operator/licences/${id}`, '{"state":"ended"}')
          : await operate(target, `/v1/operator/licences/${id}/revoke`, '{"reason":"stolen"}');
      expect(v.parse(licenceSchema, JSON.parse(reply.text)).licence.id).toBe(id);
      const after = await books(target);
      for (const [path, body] of [
        ['/v1/refresh', {}],
        ['/v1/leases', { min: 1, want: 1 }],
      ] as const) {
        tally.refused(how, path, await device.ask('POST', path, body), 'ERR_LICENCE_DEVICE');
      }
      tally.refused(how, 'activate', await device.activate(key), 'ERR_LICENCE_KEY');
      expect(await books(target)).toBe(after);
    }
    tally.refused(
      'revoked',
      'again',
      await operate(target, `/v1/operator/licences/${randomUUID()}/revoke`, '{"reason":"x"}'),
      'ERR_REQUEST_NOT_FOUND',
    );
  });

  it('grants no month twice, whichever way the server’s clock is turned', async () => {
    const target = targetNow();
    const { device, id } = await sold(target);
    const start = target.clock.ms;
    const { leaseId } = device.take(await device.lease(600, 600));
    device.write({ type: 'reserve', jobId: 'late', parts: [{ leaseId, amount: 600 }] });
    device.write({ type: 'commit', jobId: 'late' });
    const granted: number[] = [];
    try {
      for (const days of [366, 0, -366, 366, 367, 0, -3000]) {
        target.clock.ms = start + days * DAY_MS;
        expect((await device.ask('POST', '/v1/refresh', {})).code).toBeNull();
        granted.push((await target.licence(id)).granted);
        tally.count('clock');
        expect(await faults(target)).toEqual(NO_FAULTS);
      }
      expect(granted).toEqual([2000, 2000, 2000, 2000, 2000, 2000, 2000]);
      expect((await device.sync()).code).toBeNull();
      expect(await target.licence(id)).toMatchObject({ committed: 600, leased: 0 });
      expect(await faults(target)).toEqual(NO_FAULTS);
    } finally {
      target.clock.ms = start;
    }
  });
}
