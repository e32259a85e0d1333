import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { findPostgres, freePort, POSTGRES_MISSING } from './test-machine.ts';

const run = promisify(execFile);
const USER = 'stillwake';
const START_MS = 60_000;
const STOP_MS = 15_000;

/** A PostgreSQL server of the tests' own, on this machine's loopback address, gone when they end. */
export interface TestPostgres {
  /**
   * Makes a database that nothing else uses and resolves to its `DATABASE_URL`.
   *
   * @param template `DATABASE_URL` of a database to copy, which nobody may be connected to; left out: an empty one.
   */
  database(template?: string): Promise<string>;
  /** Stops the server at once, whoever is connected, and deletes its files. */
  stop(): Promise<void>;
}

/** Longest that the package manager may take, for one of its two commands and for a hook that waits for both. */
const INSTALL_MS = 300_000;
export const POSTGRES_HOOK_MS = 2 * INSTALL_MS + 2 * START_MS;

/**
 * Finds PostgreSQL, or installs Debian's where that is allowed; `npm test` has done so before.
 *
 * @throws Error that says what to install.
 */
async function providePrograms(): Promise<string> {
  const found = findPostgres();
  if (found !== null) return found;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) throw new Error(POSTGRES_MISSING);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  // Test files run side by side: whoever comes second waits for the first one's lock.
  const options = ['-o', 'DPkg::Lock::Timeout=240', '-qq'];
  const limits = { env, timeout: INSTALL_MS, maxBuffer: 1 << 24 };
  try {
    await run('apt-get', [...options, 'update'], limits);
    await run('apt-get', [...options, 'install', '-y', '--no-install-recommends', 'postgresql'], limits);
  } catch (cause) {
    throw new Error(`${POSTGRES_MISSING} (apt-get could not install it here)`, { cause });
  }
  const installed = findPostgres();
  if (installed === null) throw new Error(POSTGRES_MISSING);
  return installed;
}

/** Whom the server runs as: it refuses to run as root. Null: as whoever runs the tests. */
async function serverUser(): Promise<{ uid: number; gid: number } | null> {
  if (process.getuid?.() !== 0) return null;
  for (const name of ['postgres', 'nobody']) {
    try {
      const [uid, gid] = await Promise.all(
        ['-u', '-g'].map(async (flag) => Number((await run('id', [flag, name])).stdout)),
      );
      if (uid !== undefined && gid !== undefined) return { uid, gid };
    } catch {
      // There is no such user: try the next.
    }
  }
  throw new Error('There is neither a user `postgres` nor `nobody` to run PostgreSQL as.');
}

/** Resolves when the server says that it takes connections. @throws Error with its log when it ends before. */
function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let log = '';
    const fail = (why: string): void => reject(new Error(`PostgreSQL ${why}: ${log.trim().slice(-2000)}`));
    const timer = setTimeout(() => fail('did not start in time'), START_MS);
    child.once('error', (error) => fail(`can't be run (${error.message})`));
    child.once('exit', (code) => {
      clearTimeout(timer);
      fail(`ended with ${code}`);
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      log = (log + text).slice(-100_000);
      if (!log.includes('database system is ready to accept connections')) return;
      clearTimeout(timer);
      resolve();
    });
  });
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => child.kill('SIGQUIT'), STOP_MS);
    child.once('exit', () => {
      clearTimeout(timer);
      resolve();
    });
    child.kill('SIGINT');
  });
}

/**
 * Starts a PostgreSQL of the tests' own in a temporary folder, and installs Debian's package first when it is missing
 * and the tests run as root. Call it in `beforeAll`, {@link TestPostgres.stop} in `afterAll`.
 *
 * @throws Error in one sentence when PostgreSQL can't be had.
 */
export async function startPostgres(): Promise<TestPostgres> {
  const programs = await providePrograms();
  const user = await serverUser();
  const folder = await mkdtemp(join(tmpdir(), 'stillwake-postgres-'));
  const env = { PATH: process.env['PATH'] ?? '', LC_ALL: 'C', TZ: 'UTC' };
  const as = { cwd: folder, env, ...(user ?? {}) };
  const data = join(folder, 'data');
  let child: ChildProcess | null = null;
  const abandon = (): void => void child?.kill('SIGQUIT');
  const stop = async (): Promise<void> => {
    process.off('exit', abandon);
    if (child !== null) await ended(child);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    if (user !== null) await chown(folder, user.uid, user.gid);
    await run(
      join(programs, 'initdb'),
      ['-D', data, '-U', USER, '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync'],
      as,
    );
    const port = await freePort();
    const settings = {
      listen_addresses: '127.0.0.1',
      port,
      unix_socket_directories: '',
      max_connections: 100,
      shared_buffers: '32MB',
      fsync: 'off',
      full_page_writes: 'off',
      synchronous_commit: 'off',
      autovacuum: 'off',
    };
    child = spawn(
      join(programs, 'postgres'),
      ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
      { ...as, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    process.once('exit', abandon);
    await ready(child);
    let count = 0;
    const address = (name: string): string => `postgres://${USER}@127.0.0.1:${port}/${name}`;
    return {
      stop,
      database: async (template) => {
        const name = `test_${++count}`;
        const source = template === undefined ? 'template0' : new URL(template).pathname.slice(1);
        const client = new pg.Client({ connectionString: address('postgres') });
        await client.connect();
        try {
          await client.query(
            `CREATE DATABASE ${client.escapeIdentifier(name)} TEMPLATE ${client.escapeIdentifier(source)}`,
          );
        } finally {
          await client.end();
        }
        return address(name);
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
