import { openDB, unwrap, type IDBPDatabase, type IDBPTransaction } from 'idb';
import { AppError } from '../../contracts/errors.ts';
import { storeError } from './errors.ts';
import { MIGRATIONS, type Migration, type StoreSchema, type TableName } from './schema.ts';

/** An open database. */
export type Database = IDBPDatabase<StoreSchema>;

/** A transaction that may write. */
export type Transaction = IDBPTransaction<StoreSchema, TableName[], 'readwrite'>;

export interface OpenOptions {
  readonly name: string;
  /** Steps from an empty database to the newest version; tests append their own. */
  readonly migrations?: readonly Migration[];
  /** Called once when this connection is of no more use: the browser closed it, or another tab upgrades. */
  readonly onClosed?: (reason: 'terminated' | 'upgraded-elsewhere') => void;
}

/**
 * Opens the database and brings it to the newest version. A connection gives way at once when another tab wants to
 * upgrade.
 *
 * @throws ERR_STORE_NEWER_VERSION when it was written by a newer release.
 * @throws ERR_STORE_BLOCKED when an older tab keeps it from being upgraded.
 * @throws ERR_STORE_QUOTA, ERR_STORE_FAILED
 */
export async function openDatabase(options: OpenOptions): Promise<Database> {
  const migrations = options.migrations ?? MIGRATIONS;
  let migrationError: unknown;
  let isBlocked = false;
  let connection: Database | null = null;

  let reportBlocked: (error: AppError) => void = () => undefined;
  const blocked = new Promise<never>((_resolve, reject) => {
    reportBlocked = reject;
  });
  const opening = openDB<StoreSchema>(options.name, migrations.length, {
    upgrade(database, oldVersion, _newVersion, transaction) {
      // Its failure is reported by the opening itself.
      transaction.done.catch(() => undefined);
      const rawTransaction = unwrap(transaction);
      const steps = async (): Promise<void> => {
        for (const step of migrations.slice(oldVersion)) await step(unwrap(database), rawTransaction);
      };
      // The library doesn't wait for a promise here; a failed step has to end the transaction itself.
      steps().catch((cause: unknown) => {
        migrationError = cause;
        try {
          rawTransaction.abort();
        } catch {
          // It ended by itself, with the same cause.
        }
      });
    },
    blocked() {
      isBlocked = true;
      reportBlocked(
        new AppError('ERR_STORE_BLOCKED', 'an older version of the application is open in another tab', {
          retryable: true,
        }),
      );
    },
    blocking() {
      connection?.close();
      options.onClosed?.('upgraded-elsewhere');
    },
    terminated() {
      options.onClosed?.('terminated');
    },
  }).then((database) => {
    // Nobody waits for it any more: the next try opens its own.
    if (isBlocked) database.close();
    else connection = database;
    return database;
  });
  opening.catch(() => undefined);
  try {
    return await Promise.race([opening, blocked]);
  } catch (cause) {
    throw storeError(migrationError ?? cause);
  }
}
