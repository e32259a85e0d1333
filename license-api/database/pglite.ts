import { PGlite } from '@electric-sql/pglite';
import type { Database, Queryable, Row, Value } from '../services.ts';
import { BIGINT_OID, safeInteger, withRetry } from './retry.ts';

/** What a database and a transaction of PGlite have in common. */
interface Runner {
  query<T>(sql: string, params?: unknown[]): Promise<{ rows: T[] }>;
}

function queryable(runner: Runner): Queryable {
  return {
    query: async <T extends Row>(sql: string, params: readonly Value[] = []) =>
      (await runner.query<T>(sql, [...params])).rows,
  };
}

/**
 * Opens the embedded database. One process may have a folder open at a time.
 *
 * @param folder where it is kept; null: in memory, gone when closed.
 */
export async function openPglite(folder: string | null): Promise<Database> {
  const options = { parsers: { [BIGINT_OID]: safeInteger } };
  const engine = await (folder === null ? PGlite.create(options) : PGlite.create(folder, options));
  return {
    kind: 'pglite',
    ...queryable(engine),
    transaction: (work) => withRetry(() => engine.transaction((transaction) => work(queryable(transaction)))),
    close: () => engine.close(),
  };
}
