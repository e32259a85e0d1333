import { describe, expect, it } from 'vitest';
import { digest } from '../src/core/licence/digest.ts';
import type { DatabaseOptions } from './database/database.ts';
import { openDatabase } from './database/database.ts';
import { migrate } from './database/migrations.ts';
import { openPglite } from './database/pglite.ts';
import { openPostgres } from './database/postgres.ts';
import { claimKey } from './idempotency.ts';
import type { Database, RawRequest } from './services.ts';
import { START_MS } from './test-service.ts';

const clock = { nowMs: () => START_MS };

/** Without tables. */
function openBare(options: DatabaseOptions): Promise<Database> {
  return 'url' in options ? Promise.resolve(openPostgres(options.url)) : openPglite(options.folder);
}

/** What holds of tables and upgrades on every database. @param where gives an empty one each time. */
export function databaseSuite(name: string, where: () => Promise<DatabaseOptions>): void {
  describe(`tables on ${name}`, () => {
    it('takes over what payments had kept before their tables were a step', async () => {
      const database = await openBare(await where());
      try {
        await migrate(database, clock, 1);
        await database.query(`CREATE TABLE IF NOT EXISTS payment_subjects (provider TEXT NOT NULL,
          reference TEXT NOT NULL, last_at_ms BIGINT NOT NULL, closed BOOLEAN NOT NULL,
          PRIMARY KEY (provider, reference))`);
        await database.query(`CREATE TABLE IF NOT EXISTS payment_links (provider TEXT NOT NULL,
          link TEXT NOT NULL, reference TEXT NOT NULL, PRIMARY KEY (provider, link))`);
        await database.query(`INSERT INTO payment_subjects VALUES ('webhook:stripe', 'sub_1', 7, TRUE)`);
        await database.query(`INSERT INTO payment_links VALUES ('webhook:stripe', 'ch_1', 'sub_1')`);
        await migrate(database, clock);
        await migrate(database, clock);
        expect(await database.query('SELECT reference, last_at_ms, closed FROM payment_subjects')).toEqual([
          { reference: 'sub_1', last_at_ms: 7, closed: true },
        ]);
        expect(await database.query('SELECT link, reference, at_ms FROM payment_links')).toEqual([
          { link: 'ch_1', reference: 'sub_1', at_ms: 0 },
        ]);
        const steps = await database.query<{ version: number }>('SELECT version FROM migrations ORDER BY 1');
        expect(steps.map(({ version }) => version)).toEqual(steps.map((_, i) => i + 1));
      } finally {
        await database.close();
      }
    });

    it('seals answers that were kept in plain text, and still gives them to who asks again', async () => {
      const options = await where();
      const database = await openBare(options);
      try {
        await migrate(database, clock, 3);
        const raw: RawRequest = {
          method: 'POST',
          path: '/v1/operator/licences',
          headers: new Headers({ Authorization: 'Bearer the-operator' }),
          body: new TextEncoder().encode('{}'),
        };
        await database.query(
          `INSERT INTO idempotency (caller, key, request_hash, status, body, at_ms)
           VALUES ('operator:main', 'order-0001', $1, 201, '{"key":"SW-SECRET"}', $2)`,
          [digest(`${raw.method} ${raw.path} ${digest(raw.body)}`), START_MS],
        );
        await migrate(database, clock);
        expect(await database.query('SELECT key FROM idempotency')).toHaveLength(1);
        expect(JSON.stringify(await database.query('SELECT * FROM idempotency'))).not.toMatch(
          /SECRET|order-0001/,
        );
        expect(await claimKey(database, 'operator:main', 'order-0001', raw, START_MS)).toEqual({
          status: 201,
          body: '{"key":"SW-SECRET"}',
        });
      } finally {
        await database.close();
      }
    });

    it('refuses a database that a newer program has been at', async () => {
      const options = await where();
      const database = await openBare(options);
      try {
        await migrate(database, clock);
        await database.query(`INSERT INTO migrations (version, name, at_ms) VALUES (999, 'later', 0)`);
        await expect(migrate(database, clock)).rejects.toThrow(/999/);
        if ('url' in options) await expect(openDatabase(options, clock)).rejects.toThrow(/999/);
      } finally {
        await database.close();
      }
    });
  });
}
