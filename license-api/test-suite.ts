import { compactVerify, importJWK } from 'jose';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { entryHash, returnEvents } from '../src/core/licence/ledger.ts';
import type { DatabaseOptions } from './database/database.ts';
import { DAY_MS, startService, strangeKey, TestDevice, type Bend, type Service } from './test-service.ts';

const B64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const HOSTILE = [
  `'; DROP TABLE licences; --`,
  `" OR 1=1 --`,
  `$1`,
  `\\'; SELECT pg_sleep(9); --`,
  `%00`,
  `\u0000`,
];

/** What holds on every database. */
export function serviceSuite(name: string, where: () => Promise<DatabaseOptions>): void {
  describe(`licence service on ${name}`, () => {
    let service: Service;
    beforeAll(async () => {
      service = await startService(await where());
    });
    afterAll(() => service.database.close());

    async function sold(tier = 'lite') {
      const { key, licence } = await service.sell({ tier });
      const device = await TestDevice.make(service);
      expect((await device.activate(key)).code).toBeNull();
      return { key, id: licence.id, device };
    }

    it.each(['EdDSA', 'ES256'] as const)('goes the whole way with a %s key', async (alg) => {
      const { key, licence } = await service.sell();
      const device = await TestDevice.make(service, alg);
      const activated = await device.activate(key);
      expect(activated.status).toBe(200);
      expect(activated.headers.get('Stillwake-Nonce')).toMatch(/^[\w-]{46}$/);
      const { entitlement } = JSON.parse(activated.text) as { entitlement: string };
      const [jwk] = (await service.services.signer.jwks()).keys;
      await compactVerify(entitlement, await importJWK({ ...jwk }, 'EdDSA'));
      const { leaseId, amount } = device.take(await device.lease(50, 600));
      expect(amount).toBe(600);
      device.write({ type: 'reserve', jobId: 'a', parts: [{ leaseId, amount: 50 }] });
      device.write({ type: 'commit', jobId: 'a' });
      device.write({ type: 'return', leaseId, amount: 550 });
      expect((await device.sync()).status).toBe(200);
      expect((await device.sync()).status).toBe(200);
      expect(await service.licence(licence.id)).toMatchObject({
        balance: 950,
        leased: 0,
        committed: 50,
        granted: 1000,
      });
      expect((await device.ask('GET', '/v1/entitlement')).status).toBe(200);
      expect((await device.ask('POST', '/v1/refresh', {})).status).toBe(200);
      expect((await device.ask('POST', '/v1/deactivate', {})).text).toBe('{"account":null}');
      expect((await device.ask('POST', '/v1/refresh', {})).code).toBe('ERR_LICENCE_DEVICE');
    });

    it('answers strangers alike: wrong, missing, ended, revoked keys', async () => {
      const { accounting } = service.services;
      const ended = await service.sell();
      const revoked = await service.sell();
      await service.database.transaction((tx) =>
        accounting.changeLicence(tx, 'test', ended.licence.id, { state: 'ended' }),
      );
      await service.database.transaction((tx) => accounting.revoke(tx, 'test', revoked.licence.id, 'test'));
      const texts = new Set<string>();
      for (const key of [strangeKey(), ended.key, revoked.key]) {
        const device = await TestDevice.make(service);
        const reply = await device.activate(key);
        expect(reply.code).toBe('ERR_LICENCE_KEY');
        texts.add(reply.text);
      }
      expect(texts.size).toBe(1);
    });

    it('refuses forged, altered, replayed and stale proofs', async () => {
      const { device } = await sold();
      const other = await TestDevice.make(service);
      const seconds = Math.floor(service.clock.ms / 1000);
      const swap = (part: number, value: string) => (proof: string) =>
        proof
          .split('.')
          .map((text, i) => (i === part ? value : text))
          .join('.');
      const forged: [string, Bend][] = [
        ['missing', { proof: () => null }],
        ['empty', { proof: () => ' ' }],
        ['two parts', { proof: (proof) => proof.slice(0, proof.lastIndexOf('.')) }],
        ['too long', { proof: (proof) => proof + 'A'.repeat(4096) }],
        ['alg none', { proof: swap(0, B64({ alg: 'none', typ: 'stillwake-proof+jwt', jwk: device.jwk })) }],
        ['HS256', { proof: swap(0, B64({ alg: 'HS256', typ: 'stillwake-proof+jwt', jwk: device.jwk })) }],
        ['wrong typ', { header: { typ: 'JWT' } }],
        ['kid', { header: { kid: 'x' } }],
        ['jku', { header: { jku: 'https://evil.test' } }],
        ['private member', { header: { jwk: { ...device.jwk, d: 'A'.repeat(43) } } }],
        ['swapped jwk', { header: { jwk: other.jwk } }],
        ['altered claims', { proof: swap(1, B64({ htm: 'POST' })) }],
        ['signature', { proof: swap(2, 'A'.repeat(86)) }],
        ['method', { claims: { htm: 'GET' } }],
        ['path', { claims: { htu: '/v1/leases' } }],
        ['body', { claims: { ath: 'A'.repeat(43) } }],
        ['extra claim', { claims: { admin: true } }],
        ['a year ago', { claims: { iat: seconds - 31_536_000 } }],
        ['in a year', { claims: { iat: seconds + 31_536_000 } }],
        ['iat a text', { claims: { iat: String(seconds) } }],
      ];
      for (const [what, bend] of forged) {
        expect([what, (await device.ask('POST', '/v1/refresh', {}, bend)).code]).toEqual([
          what,
          'ERR_LICENCE_PROOF',
        ]);
      }
      const nonce = service.services.nonces.issue();
      expect((await device.ask('POST', '/v1/refresh', {}, { claims: { nonce } })).status).toBe(200);
      const stale = service.services.nonces.issue();
      const altered = (nonce.startsWith('A') ? 'B' : 'A') + nonce.slice(1);
      for (const bad of [nonce, altered, 'A'.repeat(46)]) {
        expect((await device.ask('POST', '/v1/refresh', {}, { claims: { nonce: bad } })).code).toBe(
          'ERR_LICENCE_NONCE',
        );
      }
      service.clock.ms += 301_000;
      const late = { claims: { nonce: stale } };
      expect((await device.ask('POST', '/v1/refresh', {}, late)).code).toBe('ERR_LICENCE_NONCE');
      expect((await other.ask('POST', '/v1/refresh', {})).code).toBe('ERR_LICENCE_DEVICE');
    });

    it('refuses fields that are missing, extra, of a wrong type, too large, or hostile, with no effect', async () => {
      const { device, id, key } = await sold();
      const before = await service.licence(id);
      const good: Record<string, Record<string, unknown>> = {
        '/v1/activate': { key, device: { publicKey: device.jwk, name: 'x' } },
        '/v1/refresh': {},
        '/v1/deactivate': { deviceId: randomUUID() },
        '/v1/leases': { min: 1, want: 1 },
        '/v1/ledger': { entries: [] },
      };
      let count = 0;
      for (const [path, body] of Object.entries(good)) {
        const bad: unknown[] = [{ ...body, extra: 1 }, [], null, 'a', 1, true];
        for (const field of Object.keys(body)) {
          const { [field]: _gone, ...rest } = body;
          if (field !== 'deviceId') bad.push(rest);
          for (const value of [null, {}, -1, 1.5, 1e300, 'x'.repeat(5000), [[]], ...HOSTILE]) {
            bad.push({ ...body, [field]: value });
          }
        }
        for (const value of bad) {
          const reply = await device.ask('POST', path, JSON.stringify(value));
          expect([path, value, reply.code]).toEqual([path, value, 'ERR_REQUEST_INVALID']);
          count++;
        }
        for (const [text, code] of [
          ['{', 'ERR_REQUEST_NOT_JSON'],
          ['', 'ERR_REQUEST_NOT_JSON'],
          [`{"a":"${'x'.repeat(10_000_000)}"}`, 'ERR_REQUEST_TOO_LARGE'],
        ] as const) {
          expect([path, (await device.ask('POST', path, text)).code]).toEqual([path, code]);
          count++;
        }
        expect((await device.ask('POST', path, body, { key: 'short' })).code).toBe('ERR_REQUEST_IDEMPOTENCY');
        expect((await service.app.request(path, { method: 'PUT' })).status).toBe(405);
        count += 2;
      }
      expect(count).toBeGreaterThan(120);
      expect(await service.licence(id)).toEqual(before);
      const injected = await service.app.request(`/v1/policy?id=${encodeURIComponent(HOSTILE[0] ?? '')}`);
      expect(injected.status).toBe(400);
      for (const text of HOSTILE.slice(0, 5)) {
        const one = await TestDevice.make(service);
        const { key: fresh } = await service.sell({ reference: text + randomUUID() });
        const request = { key: fresh, device: { publicKey: one.jwk, name: text } };
        expect((await one.ask('POST', '/v1/activate', request)).status).toBe(200);
      }
    });

    it('charges once for the same request, in a row and in parallel', async () => {
      const { device, id } = await sold();
      const key = randomUUID();
      const first = await device.lease(10, 10, { key });
      const again = await Promise.all(Array.from({ length: 8 }, () => device.lease(10, 10, { key })));
      for (const reply of again) expect(reply.text).toBe(first.text);
      expect((await device.lease(11, 11, { key })).code).toBe('ERR_REQUEST_IDEMPOTENCY_REUSED');
      const fresh = randomUUID();
      const parallel = await Promise.all(Array.from({ length: 8 }, () => device.lease(7, 7, { key: fresh })));
      expect(new Set(parallel.map(({ text }) => text)).size).toBe(1);
      expect(await service.licence(id)).toMatchObject({ leased: 17, balance: 983 });
    });

    it('gives the last Moments to one of two devices', async () => {
      const { key, id, device } = await sold();
      const second = await TestDevice.make(service);
      await second.activate(key);
      const { accounting } = service.services;
      await service.database.transaction((tx) =>
        accounting.adjust(tx, 'test', id, -940, 'nearly nothing left'),
      );
      const replies = await Promise.all([device, second].map((one) => one.lease(50, 50)));
      expect(replies.map(({ code }) => code).sort()).toEqual(['ERR_LICENCE_FUNDS', null].sort());
      expect(await service.licence(id)).toMatchObject({ balance: 10, leased: 50 });
    });

    it('refuses removed, changed, reordered and foreign entries, and books nothing of them', async () => {
      const { device, id } = await sold();
      const { leaseId } = device.take(await device.lease(100, 100));
      device.write({ type: 'reserve', jobId: 'a', parts: [{ leaseId, amount: 50 }] });
      device.write({ type: 'commit', jobId: 'a' });
      device.write({ type: 'return', leaseId, amount: 50 });
      const [a, b, c, d] = device.entries;
      if (a === undefined || b === undefined || c === undefined || d === undefined) throw new Error('four');
      const changed = { ...d, event: { type: 'return' as const, leaseId, amount: 49 } };
      const foreign = { ...a, deviceId: randomUUID() };
      for (const [entries, code] of [
        [[b, c, d], 'ERR_LEDGER_GAP'],
        [[a, c, d], 'ERR_LEDGER_DAMAGED'],
        [[a, c, b, d], 'ERR_LEDGER_DAMAGED'],
        [[a, b, c, changed], 'ERR_LEDGER_DAMAGED'],
        [[foreign], 'ERR_LEDGER_DAMAGED'],
      ] as const) {
        expect((await device.sync(entries)).code).toBe(code);
        expect(await service.licence(id)).toMatchObject({ leased: 100, committed: 0 });
      }
      const thief = await sold();
      thief.device.write({ type: 'lease', leaseId, amount: 100, expiresAtS: 1 });
      expect((await thief.device.sync()).code).toBe('ERR_LEDGER_DAMAGED');
      expect((await device.sync([a, b])).status).toBe(200);
      expect((await device.sync()).status).toBe(200);
      const { hash: _hash, ...twice } = { ...a, seq: d.seq + 1, prev: d.hash };
      expect((await device.sync([{ ...twice, hash: entryHash(twice) }])).code).toBe('ERR_LEDGER_DAMAGED');
      expect(await service.licence(id)).toMatchObject({ leased: 0, committed: 50, balance: 950 });
    });

    it.each(['release', 'forfeit'] as const)(
      'freezes a forked ledger until it is settled (%s)',
      async (how) => {
        const { device, id } = await sold();
        const { leaseId } = device.take(await device.lease(100, 100));
        const backup = { ledger: device.ledger, entries: [...device.entries] };
        device.write({ type: 'reserve', jobId: 'a', parts: [{ leaseId, amount: 60 }] });
        expect((await device.sync()).status).toBe(200);
        device.ledger = backup.ledger;
        device.entries = backup.entries;
        device.write({ type: 'reserve', jobId: 'b', parts: [{ leaseId, amount: 60 }] });
        expect((await device.sync()).code).toBe('ERR_LEDGER_FORKED');
        expect((await device.sync([])).code).toBe('ERR_LEDGER_FORKED');
        expect((await device.lease(1, 1)).code).toBe('ERR_LEDGER_FORKED');
        service.clock.ms += 15 * DAY_MS;
        const { accounting } = service.services;
        await service.database.transaction((tx) => accounting.account(tx, id));
        expect(await service.licence(id)).toMatchObject({ leased: 100 });
        await service.database.transaction((tx) => accounting.settleDevice(tx, 'test', device.id, how));
        const after = await service.licence(id);
        expect(after).toMatchObject({ leased: 0, committed: how === 'forfeit' ? 100 : 0 });
      },
    );

    it('turns periods, takes ended leases back, and books late commits', async () => {
      service.clock.ms = Date.UTC(2028, 0, 2);
      const { device, id } = await sold();
      const { accounting } = service.services;
      const { leaseId } = device.take(await device.lease(600, 600));
      device.write({ type: 'reserve', jobId: 'a', parts: [{ leaseId, amount: 600 }] });
      device.write({ type: 'commit', jobId: 'a' });
      service.clock.ms = Date.UTC(2028, 0, 25);
      await service.database.transaction((tx) => accounting.account(tx, id));
      expect(await service.licence(id)).toMatchObject({ balance: 1000, leased: 0 });
      await service.database.transaction((tx) =>
        accounting.adjust(tx, 'test', id, -900, 'nearly nothing left'),
      );
      expect((await device.sync()).status).toBe(200);
      expect(await service.licence(id)).toMatchObject({ balance: -500, committed: 600, granted: 100 });
      service.clock.ms = Date.UTC(2028, 3, 2);
      await service.database.transaction((tx) => accounting.account(tx, id));
      expect(await service.licence(id)).toMatchObject({ granted: 1100, balance: 500, lapsed: 0, spent: 0 });
      service.clock.ms -= 400 * DAY_MS;
      await service.database.transaction((tx) => accounting.account(tx, id));
      expect(await service.licence(id)).toMatchObject({ granted: 1100, balance: 500 });
      service.clock.ms += 800 * DAY_MS;
    });

    it('lets only a licence’s own origins use it', async () => {
      const { key, licence } = await service.sell({ origins: ['https://mine.test'] });
      const device = await TestDevice.make(service);
      for (const origin of ['https://evil.test', 'https://app.test', 'null']) {
        expect((await device.activate(key, { headers: { Origin: origin } })).code).toBe('ERR_REQUEST_ORIGIN');
      }
      expect((await device.activate(key, { headers: { Origin: 'https://mine.test' } })).status).toBe(200);
      expect((await device.lease(1, 1, { headers: { Origin: 'https://evil.test' } })).code).toBe(
        'ERR_REQUEST_ORIGIN',
      );
      expect(await service.licence(licence.id)).toMatchObject({ leased: 0 });
    });

    it('adds up after any sequence of operations and retries', async () => {
      const step = fc.record({
        what: fc.constantFrom(
          'lease',
          'reserve',
          'commit',
          'release',
          'return',
          'sync',
          'again',
          'days',
          'adjust',
          'refund',
        ),
        amount: fc.integer({ min: 1, max: 400 }),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
          const { device, id } = await sold();
          const { accounting } = service.services;
          let jobs = 0;
          for (const { what, amount } of steps) {
            const open = Object.keys(device.ledger.reservations)[0];
            const lease = device.ledger.leases.find(({ left }) => left > 0);
            if (what === 'lease') await device.lease(1, amount);
            else if (what === 'reserve' && lease !== undefined) {
              const parts = [{ leaseId: lease.leaseId, amount: Math.min(amount, lease.left) }];
              device.write({ type: 'reserve', jobId: `j${jobs++}`, parts });
            } else if (what === 'commit' && open !== undefined) device.write({ type: 'commit', jobId: open });
            else if (what === 'release' && open !== undefined) {
              device.write({ type: 'release', jobId: open, reason: 'failed' });
            } else if (what === 'return') {
              for (const event of returnEvents(device.ledger, 'all')) device.write(event);
            } else if (what === 'sync') expect((await device.sync()).code).toBeNull();
            else if (what === 'again') {
              const bend = { key: randomUUID() };
              const [one, two] = await Promise.all([
                device.lease(1, amount, bend),
                device.lease(1, amount, bend),
              ]);
              expect(one.code).toBe(two.code);
              if (one.code === null) expect(one.text).toBe(two.text);
            } else if (what === 'days') service.clock.ms += (amount % 20) * DAY_MS;
            else if (what === 'adjust' || what === 'refund') {
              await service.database
                .transaction((tx) => accounting[what](tx, 'test', id, amount, 'test'))
                .catch((error: unknown) => expect(error).toMatchObject({ code: 'ERR_OPERATOR_CONFLICT' }));
            }
            const now = await service.licence(id);
            expect(now.granted).toBe(now.balance + now.leased + now.committed + now.lapsed);
            const [sum] = await service.database.query<{ bad: number; held: number }>(
              `SELECT count(*) FILTER (WHERE amount <> committed + released + held)::bigint AS bad,
                 coalesce(sum(held), 0)::bigint AS held FROM leases WHERE licence_id = $1`,
              [id],
            );
            expect(sum).toEqual({ bad: 0, held: now.leased });
          }
          expect((await device.sync()).code).toBeNull();
          const [spent] = await service.database.query<{ committed: number }>(
            'SELECT coalesce(sum(committed), 0)::bigint AS committed FROM leases WHERE licence_id = $1',
            [id],
          );
          expect(spent?.committed).toBe(device.ledger.totals.committed);
        }),
        { numRuns: 15 },
      );
    });
  });
}
