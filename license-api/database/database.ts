import type { Clock, Database } from '../services.ts';
import { migrate } from './migrations.ts';
import { openPglite } from './pglite.ts';
import { openPostgres, type PostgresOptions } from './postgres.ts';

/** Where the database is. */
export type DatabaseOptions =
  | ({ readonly url: string } & PostgresOptions)
  /** Null: in memory. */
  | { readonly folder: string | null };

/** Opens a database and brings its tables up to date. Several instances may do so at once on PostgreSQL. */
export async function openDatabase(options: DatabaseOptions, clock: Clock): Promise<Database> {
  const database = 'url' in options ? openPostgres(options.url, options) : await openPglite(options.folder);
  try {
    await migrate(database, clock);
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}
