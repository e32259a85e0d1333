import pg from 'pg';
import { ApiError } from '../api-error.ts';
import type { Database, Queryable, Row, Value } from '../services.ts';
import { BIGINT_OID, safeInteger, withRetry } from './retry.ts';

const CONNECT_MS = 5000;
const STATEMENT_MS = 10_000;

/** How much is asked of the server at once, and how long is waited for it. */
export interface PostgresOptions {
  /** Connections that this instance holds at most. */
  readonly connections?: number;
  /** Longest that one statement may take, its wait for a lock included, milliseconds. */
  readonly statementMs?: number;
  /** Longest that a request waits for a connection, milliseconds. */
  readonly connectMs?: number;
}

/** The server gave a statement up because it took too long, or the transaction because nothing came. @source PostgreSQL manual, appendix A */
const TOO_SLOW: ReadonlySet<unknown> = new Set(['57014', '25P03']);

/** Whoever waited in vain is told that the same request may succeed later. */
function toSlow(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (!TOO_SLOW.has(code)) return error;
  return new ApiError('ERR_SERVER_BUSY', 'The database takes too long; try again.', {
    headers: { 'Retry-After': '2' },
    cause: error,
  });
}

const getTypeParser: typeof pg.types.getTypeParser = (oid: number, format?: 'text' | 'binary') =>
  oid === BIGINT_OID ? safeInteger : (pg.types.getTypeParser(oid, format) as (text: string) => unknown);

function queryable(client: Pick<pg.PoolClient, 'query'>): Queryable {
  return {
    query: async <T extends Row>(sql: string, params: readonly Value[] = []) =>
      (await client.query<T>(sql, [...params])).rows,
  };
}

/** Opens a pool of connections to PostgreSQL. @param url `postgres://user:password@host:port/database` */
export function openPostgres(url: string, options: PostgresOptions = {}): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.connections ?? 10,
    connectionTimeoutMillis: options.connectMs ?? CONNECT_MS,
    statement_timeout: options.statementMs ?? STATEMENT_MS,
    idle_in_transaction_session_timeout: STATEMENT_MS,
    types: { getTypeParser },
  });
  // An idle connection that broke is replaced by the next request; without a listener it would end the process.
  pool.on('error', () => undefined);

  async function connect(): Promise<pg.PoolClient> {
    try {
      return await pool.connect();
    } catch (cause) {
      throw new ApiError('ERR_SERVER_BUSY', 'The database can not be reached; try again.', {
        headers: { 'Retry-After': '2' },
        cause,
      });
    }
  }

  async function transaction<T>(work: (tx: Queryable) => Promise<T>): Promise<T> {
    const client = await connect();
    try {
      await client.query('BEGIN');
      const result = await work(queryable(client));
      await client.query('COMMIT');
      client.release();
      return result;
    } catch (error) {
      // A connection on which even this fails is closed, which undoes the transaction as well.
      const broken = await client.query('ROLLBACK').then(
        () => false,
        () => true,
      );
      client.release(broken);
      throw toSlow(error);
    }
  }

  return {
    kind: 'postgres',
    query: async (sql, params) => {
      const client = await connect();
      try {
        return await queryable(client).query(sql, params);
      } catch (error) {
        throw toSlow(error);
      } finally {
        client.release();
      }
    },
    transaction: (work) => withRetry(() => transaction(work)),
    close: () => pool.end(),
  };
}
