import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findPostgres, freePort } from './test-machine.ts';
import { POSTGRES_HOOK_MS, startPostgres, type TestPostgres } from './test-postgres.ts';

let postgres: TestPostgres;

beforeAll(async () => {
  postgres = await startPostgres();
}, POSTGRES_HOOK_MS);
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

test('the newest version that is whole is taken, and none where there is none', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'stillwake-programs-'));
  try {
    expect(findPostgres(join(folder, 'none'), '')).toBeNull();
    for (const [version, programs] of [
      ['9', ['initdb', 'postgres']],
      ['15', ['initdb', 'postgres']],
      ['16', ['initdb']],
    ] as const) {
      await mkdir(join(folder, version, 'bin'), { recursive: true });
      for (const program of programs) await writeFile(join(folder, version, 'bin', program), '');
    }
    expect(findPostgres(folder, '')).toBe(join(folder, '15', 'bin'));
    expect(findPostgres(join(folder, 'none'), join(folder, '9', 'bin'))).toBe(join(folder, '9', 'bin'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('a free port can be listened on', async () => {
  const port = await freePort();
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  await new Promise((resolve) => server.close(resolve));
});
