import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApp } from './app.ts';
import { createServices } from './create-services.ts';
import type { DatabaseOptions } from './database/database.ts';
import type { Database, Transaction } from './services.ts';
import { startOperations, type Operations } from './test-operations.ts';
import { DAY_MS, strangeKey, TestDevice } from './test-service.ts';

const APP = { routes: [], middleware: [], appOrigins: ['https://app.test'] };

/** What still holds once keys were changed, licences ended and answers given, on every database. */
export function afterwardsSuite(name: string, where: () => Promise<DatabaseOptions>): void {
  describe(`afterwards on ${name}`, () => {
    let at: Operations;
    beforeAll(async () => {
      at = await startOperations(await where());
    });
    afterAll(() => at.database.close());

    it('gives a kept activation again to the licence’s own origins alone', async () => {
      const origin = 'https://shop.test';
      const { key, licence } = await at.sell({ origins: [origin] });
      const device = await TestDevice.make(at);
      const idempotency = randomUUID();
      const from = (headers: Record<string, string>) => device.activate(key, { key: idempotency, headers });
      const first = await from({ Origin: origin });
      expect(first.code).toBeNull();
      expect((await from({ Origin: origin })).text).toBe(first.text);
      expect((await from({})).text).toBe(first.text);
      for (const other of ['https://thief.test', 'https://app.test', 'null']) {
        expect((await from({ Origin: other })).code).toBe('ERR_REQUEST_ORIGIN');
      }
      await at.operate(`/licences/${licence.id}`, { origins: ['https://new.test'] });
      expect((await from({ Origin: origin })).code).toBe('ERR_REQUEST_ORIGIN');
      expect((await from({ Origin: 'https://new.test' })).text).toBe(first.text);
    });

    it('asks the database the same of a wrong key as of one that ended or was revoked', async () => {
      let asked: string[] = [];
      const database: Database = {
        ...at.database,
        transaction: (work) =>
          at.database.transaction((tx) => {
            const counted: Transaction = {
              query: (sql, params) => {
                asked.push(sql);
                return tx.query(sql, params);
              },
            };
            return work(counted);
          }),
      };
      const app = createApp({ ...at.services, database }, APP);
      const [ended, revoked] = [await at.sell(), await at.sell()];
      for (const sold of [ended, revoked]) {
        // Something is leased, so that there would be more to look at.
        const device = await TestDevice.make(at);
        await device.activate(sold.key);
        expect((await device.lease(50, 600)).code).toBeNull();
      }
      await at.operate(`/licences/${ended.licence.id}`, { state: 'ended' });
      await at.operate(`/licences/${revoked.licence.id}/revoke`, { reason: 'test' });
      const seen: string[][] = [];
      for (const key of [strangeKey(), ended.key, revoked.key]) {
        asked = [];
        const device = await TestDevice.make({ ...at, app });
        expect((await device.activate(key)).code).toBe('ERR_LICENCE_KEY');
        seen.push(asked);
      }
      expect(seen[0]?.length).toBeGreaterThan(0);
      expect(seen[1]).toEqual(seen[0]);
      expect(seen[2]).toEqual(seen[0]);
    });

    it('names what is void for as long as anything issued before could hold, and no longer', async () => {
      const { licence } = await at.sell();
      const again = await at.sell();
      const listed = async (): Promise<readonly string[]> => {
        const answer = await at.app.request('/v1/revocations');
        const { revocations } = (await answer.json()) as { revocations: string };
        const { revoked } = decodeJwt<{ revoked: { sub: string }[] }>(revocations);
        return revoked.map(({ sub }) => sub);
      };
      expect(await listed()).not.toContain(licence.id);
      await at.operate(`/licences/${licence.id}/revoke`, { reason: 'test' });
      await at.operate(`/licences/${again.licence.id}`, { raiseEpoch: true });
      at.clock.ms += 61 * DAY_MS;
      await at.operate(`/licences/${again.licence.id}`, { raiseEpoch: true });
      // Other changes begin no new time.
      await at.operate(`/licences/${licence.id}/adjust`, { amount: 1, reason: 'test' });
      expect(await listed()).toEqual(expect.arrayContaining([licence.id, again.licence.id]));
      at.clock.ms += 2 * DAY_MS;
      expect(await listed()).not.toContain(licence.id);
      expect(await listed()).toContain(again.licence.id);
    });

    it('signs with the key that another instance brought in, though nobody asked it for an hour', async () => {
      const { key } = await at.sell();
      const device = await TestDevice.make(at);
      await device.activate(key);
      const { policies, clock } = at.services;
      const services = await createServices({
        database: at.database,
        clock,
        policies,
        issuer: at.services.signer.issuer,
      });
      const idle = Object.assign(await TestDevice.make(at), device, {
        service: { ...at, services, app: createApp(services, APP) },
      });
      const staged = JSON.parse((await at.operate('/keys/rotate', {})).text) as { key: { kid: string } };
      const { kid } = staged.key;
      expect((await at.operate('/keys/promote', { kid })).status).toBe(200);
      at.clock.ms += 3_600_000;
      const { text } = await idle.ask('POST', '/v1/refresh', {});
      const { entitlement } = JSON.parse(text) as { entitlement: string };
      expect(decodeProtectedHeader(entitlement).kid).toBe(kid);
      const currentDate = new Date(at.clock.ms);
      await jwtVerify(entitlement, createLocalJWKSet(await at.services.signer.jwks()), { currentDate });
    });

    it('keeps no month’s rest beyond the month by a move to a tier without months and back', async () => {
      const { licence } = await at.sell({ tier: 'lite' });
      const move = async (tier: string) => {
        expect((await at.operate(`/licences/${licence.id}`, { tier })).status).toBe(200);
        return at.licence(licence.id);
      };
      const { periodEndMs } = await at.licence(licence.id);
      expect(await move('free')).toMatchObject({ balance: 1000, periodEndMs });
      expect(await move('lite')).toMatchObject({ balance: 1000, granted: 1000, periodEndMs });
      await move('free');
      at.clock.ms = periodEndMs ?? 0;
      await at.operate(`/licences/${licence.id}`);
      expect(await at.licence(licence.id)).toMatchObject({ balance: 0, lapsed: 1000, periodEndMs: null });
      expect(await move('lite')).toMatchObject({ balance: 1000, granted: 2000, lapsed: 1000 });
      expect(await move('free')).toMatchObject({ balance: 1000, granted: 2000 });
      expect(await move('lite')).toMatchObject({ balance: 1000, granted: 2000 });
    });

    it('writes down that a key was read', async () => {
      const reference = `order-${randomUUID()}`;
      await at.shop({ type: 'licence.set', reference, atMs: 1, policy: 'five-tier', tier: 'lite' });
      expect((await at.operate(`/key?reference=${reference}`)).status).toBe(200);
      expect((await at.operate('/key?reference=no-such-order')).status).toBe(404);
      const { text } = await at.operate('/audit?limit=1');
      expect(text).toContain('licence.key');
      expect(text).toContain(reference);
      expect(text).not.toContain('SW-');
    });

    it('gives what was granted before its licence was there, when it is told again', async () => {
      const reference = `order-${randomUUID()}`;
      const grant = { id: randomUUID(), type: 'moments.granted', reference, amount: 70 };
      expect((await at.shop(grant)).text).toContain('"unknown"');
      await at.shop({ type: 'licence.set', reference, atMs: 1, policy: 'five-tier', tier: 'lite' });
      expect((await at.shop(grant)).text).toContain('"applied"');
      expect((await at.shop(grant)).text).toContain('"repeated"');
      const licence = await at.services.accounting.findByReference(at.database, reference);
      expect(licence).toMatchObject({ granted: 1070, balance: 1070 });
    });

    it('does not take another policy’s tier for its own of that name; what is over is over', async () => {
      const reference = `order-${randomUUID()}`;
      const set = { type: 'licence.set', reference, policy: 'five-tier', tier: 'premium' };
      await at.shop({ ...set, atMs: 1 });
      const other = { ...set, policy: 'premium-ultimate', tier: 'ultimate' };
      const refused = await at.shop({ ...other, atMs: 2 });
      expect([refused.status, refused.text]).toEqual([409, expect.stringContaining('ERR_OPERATOR_CONFLICT')]);
      const found = () => at.services.accounting.findByReference(at.database, reference);
      expect(await found()).toMatchObject({ policy: 'five-tier', tier: 'premium', state: 'active' });
      expect((await at.shop({ ...other, atMs: 3, state: 'ended' })).status).toBe(200);
      expect(await found()).toMatchObject({ policy: 'five-tier', tier: 'premium', state: 'ended' });
    });
  });
}
