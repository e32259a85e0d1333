import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApp } from './app.ts';
import { createServices } from './create-services.ts';
import type { DatabaseOptions } from './database/database.ts';
import { ATTEMPTS, attemptLimit } from './database/limits.ts';
import { startService, strangeKey, TestDevice, type Service } from './test-service.ts';

/** What holds when several instances serve one database. */
export function instancesSuite(name: string, where: () => Promise<DatabaseOptions>): void {
  describe(`several instances on ${name}`, () => {
    let service: Service;
    beforeAll(async () => {
      service = await startService(await where());
    });
    afterAll(() => service.database.close());

    /** A further instance over the same database, with a counter of tries of its own. */
    async function instance(address: () => string): Promise<Service> {
      const { database, clock } = service;
      const services = await createServices({
        database,
        clock,
        policies: service.services.policies,
        issuer: 'https://licence.test',
      });
      const app = createApp(services, {
        routes: [],
        middleware: [],
        appOrigins: ['https://app.test'],
        address,
        limit: attemptLimit(database, clock),
      });
      return { ...service, services, app };
    }

    it('counts tries to activate for all of them together, by address and by key', async () => {
      let address = '192.0.2.1';
      const [one, two] = await Promise.all([instance(() => address), instance(() => address)]);
      const tryAt = async (at: Service, key: string) => (await TestDevice.make(at)).activate(key);
      for (let i = 0; i < ATTEMPTS.burst; i++) {
        expect((await tryAt(i % 2 === 0 ? one : two, strangeKey())).code).toBe('ERR_LICENCE_KEY');
      }
      for (const at of [one, two]) {
        const refused = await tryAt(at, strangeKey());
        expect(refused.code).toBe('ERR_REQUEST_RATE');
        expect(Number(refused.headers.get('Retry-After'))).toBe(60 / ATTEMPTS.perMinute);
      }
      service.clock.ms += 60_000 / ATTEMPTS.perMinute;
      expect((await tryAt(two, strangeKey())).code).toBe('ERR_LICENCE_KEY');
      expect((await tryAt(one, strangeKey())).code).toBe('ERR_REQUEST_RATE');
      address = '192.0.2.2';
      expect((await tryAt(one, strangeKey())).code).toBe('ERR_LICENCE_KEY');

      // One key, tried from everywhere.
      const key = strangeKey();
      let last = '';
      for (let i = 0; i <= ATTEMPTS.burst; i++) {
        address = `198.51.100.${i}`;
        last = (await tryAt(i % 2 === 0 ? one : two, key)).code ?? '';
      }
      expect(last).toBe('ERR_REQUEST_RATE');
    });

    it('lets no more through when all come at once', async () => {
      const instances = await Promise.all([instance(() => '192.0.2.9'), instance(() => '192.0.2.9')]);
      const replies = await Promise.all(
        Array.from({ length: 3 * ATTEMPTS.burst }, async (_, i) => {
          const at = instances[i % 2] ?? service;
          return (await TestDevice.make(at)).activate(strangeKey());
        }),
      );
      const codes = replies.map(({ code }) => code);
      expect(codes.filter((code) => code === 'ERR_LICENCE_KEY')).toHaveLength(ATTEMPTS.burst);
      expect(codes.filter((code) => code === 'ERR_REQUEST_RATE')).toHaveLength(2 * ATTEMPTS.burst);
    });

    it('keeps of a try neither address nor key, and nothing when it no longer matters', async () => {
      const at = await instance(() => '203.0.113.77');
      const key = strangeKey();
      await (await TestDevice.make(at)).activate(key);
      const rows = await service.database.query<{ name: string }>('SELECT name FROM attempts');
      expect(rows.length).toBeGreaterThan(1);
      const text = JSON.stringify(rows);
      for (const secret of ['203.0.113.77', key, createHash('sha256').update(key).digest('base64url')]) {
        expect(text).not.toContain(secret);
      }
      service.clock.ms += 10 * 60_000;
      const fresh = await instance(() => '203.0.113.78');
      await (await TestDevice.make(fresh)).activate(strangeKey());
      expect(await service.database.query('SELECT name FROM attempts')).toHaveLength(2);
    });
  });
}
