import { join } from 'node:path';
import { openPglite } from '../../license-api/database/pglite.ts';
import { openPostgres } from '../../license-api/database/postgres.ts';
import type { Database } from '../../license-api/services.ts';
import type { Keeping } from './server.ts';

/** A service's database, to look into it while the service does not run. */
export async function openDatabase(keeping: Keeping): Promise<Database> {
  return keeping.kind === 'pglite' ? openPglite(join(keeping.folder, 'database')) : openPostgres(keeping.url);
}
