import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startPostgres, type TestPostgres } from './test-postgres.ts';

let postgres: TestPostgres;

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(async () => {
  await postgres.stop();
});

async function query(url: string, ...statements: string[]): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    let rows: Record<string, unknown>[] = [];
    for (const statement of statements) rows = (await client.query<Record<string, unknown>>(statement)).rows;
    return rows;
  } finally {
    await client.end();
  }
}

test('each database is its own', async () => {
  const [one, other] = await Promise.all([postgres.database(), postgres.database()]);
  await query(one, 'CREATE TABLE thing (id integer)');
  await expect(query(other, 'SELECT * FROM thing')).rejects.toThrow(/thing/);
});

test('a database can be copied', async () => {
  const one = await postgres.database();
  await query(one, 'CREATE TABLE thing (id integer)', 'INSERT INTO thing VALUES (7)');
  expect(await query(await postgres.database(one), 'SELECT id FROM thing')).toEqual([{ id: 7 }]);
});
