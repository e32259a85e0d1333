import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '../../license-api/test-postgres.ts';
import type { Keeping } from './server.ts';

/** An empty place for a service's data, and how to be rid of it. */
export interface OwnKeeping {
  readonly keeping: Keeping;
  readonly remove: () => Promise<void>;
}

/** Makes an empty folder for PGlite, or starts a PostgreSQL with an empty database. */
export async function makeKeeping(kind: Keeping['kind']): Promise<OwnKeeping> {
  if (kind === 'pglite') {
    const folder = await mkdtemp(join(tmpdir(), 'stillwake-licences-'));
    return {
      keeping: { kind, folder: join(folder, 'data') },
      remove: () => rm(folder, { recursive: true, force: true }),
    };
  }
  const postgres = await startPostgres();
  return { keeping: { kind, url: await postgres.database() }, remove: () => postgres.stop() };
}
