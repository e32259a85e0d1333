import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { POSTGRES_HOOK_MS, startPostgres, type TestPostgres } from '../test-postgres.ts';
import { startService, type Reply } from '../test-service.ts';
import { ledgerAttacks } from './test-ledgers.ts';
import { moneyAttacks } from './test-money.ts';
import { forgedProofs, wrongClaims } from './test-proofs.ts';
import { samplesOf, withValue } from './test-samples.ts';
import { books, replyOf, sold, startTarget, Tally, targetOf, type Target } from './test-target.ts';
import { HOSTILE_VALUES } from './test-values.ts';

// What depends on the database, and a sample of what does not, with several instances over one PostgreSQL.
let server: TestPostgres | null = null;
let target: Target | null = null;
let url = '';
beforeAll(async () => {
  server = await startPostgres();
  url = await server.database();
  target = await startTarget({ url });
}, POSTGRES_HOOK_MS);
afterAll(async () => {
  await target?.database.close();
  await server?.stop();
});

function targetNow(): Target {
  if (target === null) throw new Error('the service did not start');
  return target;
}

describe('balances on PostgreSQL', () => {
  moneyAttacks(new Tally('balances, PostgreSQL'), targetNow);
});
describe('ledgers on PostgreSQL', () => {
  ledgerAttacks(new Tally('ledgers, PostgreSQL'), targetNow);
});

describe('fields and proofs on PostgreSQL', () => {
  const tally = new Tally('fields and proofs, PostgreSQL');

  it('refuses values of a wrong form, and books nothing', { timeout: 60_000 }, async () => {
    const one = targetNow();
    const { device, key, id } = await sold(one);
    const before = await books(one);
    for (const sample of samplesOf({ device, key, licenceId: id })) {
      if (!/^\/v1\/(activate|deactivate|leases|ledger)$/.test(sample.path)) continue;
      for (const [i, field] of sample.fields.entries()) {
        // Every fourth, others for each field: the database has little to do with it.
        for (const value of HOSTILE_VALUES.filter((_, k) => (i + k) % 4 === 0)) {
          if (field.fits?.(JSON.parse(value)) === true) continue;
          const reply = await device.ask('POST', sample.path, withValue(sample, field, value));
          tally.refused('values', [sample.route, field.at, value], reply, 'ERR_REQUEST_INVALID');
        }
      }
    }
    expect(await books(one)).toBe(before);
  });

  it('refuses forged proofs, and takes a right one at one of two instances', async () => {
    const one = targetNow();
    const other = await startService({ url });
    try {
      const { device } = await sold(one);
      const stranger = await sold(one);
      const before = await books(one);
      for (const [what, bend] of await forgedProofs(device, stranger.device)) {
        tally.refused('forged', what, await device.ask('POST', '/v1/refresh', {}, bend), 'ERR_LICENCE_PROOF');
      }
      for (const [what, claims] of wrongClaims(Math.floor(one.clock.ms / 1000))) {
        const reply = await device.ask('POST', '/v1/refresh', {}, { claims });
        tally.refused('claims', what, reply, 'ERR_LICENCE_PROOF');
      }
      expect(await books(one)).toBe(before);
      const apps = [one.app, { ...other, ...targetOf(other) }.app];
      for (let round = 0; round < 10; round++) {
        const proof = (await device.proof('GET', '/v1/entitlement', '')) ?? '';
        const replies: Reply[] = await Promise.all(
          Array.from({ length: 10 }, async (_, i) =>
            replyOf(
              await (apps[i % 2] ?? one.app).request('/v1/entitlement', {
                headers: { 'Stillwake-Proof': proof },
              }),
            ),
          ),
        );
        expect(replies.filter(({ code }) => code === null).length).toBe(1);
        for (const reply of replies.filter(({ code }) => code !== null)) {
          tally.refused('replayed', round, reply, 'ERR_LICENCE_NONCE');
        }
      }
    } finally {
      await other.database.close();
    }
  });
});
