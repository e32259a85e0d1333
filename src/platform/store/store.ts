import { AppError } from '../../contracts/errors.ts';
import type { JobRecord } from '../../contracts/records.ts';
import { storeError } from './errors.ts';
import { openDatabase, type Database, type Transaction } from './open.ts';
import { findPicture, join, removeClips, toClip, toMap, toPicture } from './rows.ts';
import type { TableName } from './schema.ts';
import type { ForeignChange, Store, StoreOptions } from './types.ts';
import {
  accountingMissing,
  createBooks,
  loadAccounting,
  readEntries,
  readWallet,
  releaseReason,
  type Accounting,
  type Books,
} from './wallet.ts';

export type { ForeignChange, Library, Store, StoreOptions } from './types.ts';
export type { WalletRow } from './schema.ts';

const GALLERY: TableName[] = ['characters', 'pictures', 'clips', 'files', 'posters'];

/** A job that waits or runs: what was set aside for it stays so. */
const isOpen = ({ state }: JobRecord): boolean => state === 'queued' || state === 'running';

const notFound = (what: string, id: string): AppError =>
  new AppError('ERR_STORE_NOT_FOUND', `there is no ${what} ${id}`, { details: { what, id } });

/** Opens nothing yet: the database is opened by the first call, and again after the browser closed it. */
export function createStore(options: StoreOptions): Store {
  const channel = new BroadcastChannel(options.name);
  const foreign = new Set<(tables: ForeignChange) => void>();
  const superseded = new Set<() => void>();
  const walletChanged = new Set<() => void>();
  let opening: Promise<Database> | null = null;
  let closed = false;
  let accounting: Accounting | null = null;
  const now = options.now ?? (() => Date.now());

  channel.onmessage = (event: MessageEvent<{ tables: ForeignChange }>) => {
    tell(event.data.tables);
    for (const listener of foreign) listener(event.data.tables);
  };
  const tell = (tables: ForeignChange): void => {
    if (tables.includes('wallet')) for (const listener of walletChanged) listener();
  };

  const open = (): Promise<Database> => {
    if (closed) throw new AppError('ERR_STORE_FAILED', 'the store was closed');
    if (opening !== null) return opening;
    const mine = openDatabase({
      name: options.name,
      ...(options.migrations === undefined ? {} : { migrations: options.migrations }),
      onClosed: (reason) => {
        if (opening === mine) opening = null;
        if (reason === 'upgraded-elsewhere') for (const listener of superseded) listener();
      },
    });
    opening = mine;
    mine.catch(() => {
      if (opening === mine) opening = null;
    });
    return mine;
  };

  const read = async <T>(body: (database: Database) => Promise<T>): Promise<T> => {
    try {
      return await body(await open());
    } catch (cause) {
      throw storeError(cause);
    }
  };

  const write = async <T>(
    tables: TableName[],
    body: (transaction: Transaction) => Promise<T>,
    changed: () => TableName[] = () => tables,
  ): Promise<T> => {
    const database = await open();
    let transaction: Transaction;
    try {
      // Strict: what is reported as saved is on the disk.
      transaction = database.transaction(tables, 'readwrite', { durability: 'strict' });
    } catch (cause) {
      throw storeError(cause);
    }
    transaction.done.catch(() => undefined);
    let result: T;
    try {
      result = await body(transaction);
      await transaction.done;
    } catch (cause) {
      try {
        transaction.abort();
      } catch {
        // The browser has ended it already.
      }
      if (cause === accountingMissing) throw cause;
      if (cause instanceof DOMException && cause.message === CANCELLED) throw cause;
      throw storeError(cause instanceof AppError ? cause : (transaction.error ?? cause));
    }
    const told = changed();
    if (!closed && told.length > 0) {
      channel.postMessage({ tables: told });
      tell(told);
    }
    return result;
  };

  /** A transaction that may also write the wallet and the ledger; says so to other tabs only if it did. */
  const writeBooks = async <T>(
    tables: TableName[],
    body: (books: Books, transaction: Transaction) => Promise<T>,
  ): Promise<T> => {
    let books: Books | null = null;
    const all: TableName[] = [...tables, 'wallet', 'ledger'];
    const once = (): Promise<T> =>
      write(
        all,
        (transaction) => {
          books = createBooks(transaction, accounting, now);
          return body(books, transaction);
        },
        () => (books?.changed === true ? all : tables),
      );
    try {
      return await once();
    } catch (cause) {
      if (cause !== accountingMissing) throw cause;
      accounting = await loadAccounting();
      return once();
    }
  };

  return {
    library: () =>
      read(async (database) => {
        const transaction = database.transaction(GALLERY, 'readonly');
        const [characters, pictures, clips, fileKeys, files, posterKeys, posters] = await Promise.all([
          transaction.objectStore('characters').getAll(),
          transaction.objectStore('pictures').getAll(),
          transaction.objectStore('clips').getAll(),
          transaction.objectStore('files').getAllKeys(),
          transaction.objectStore('files').getAll(),
          transaction.objectStore('posters').getAllKeys(),
          transaction.objectStore('posters').getAll(),
        ]);
        const fileOf = toMap(fileKeys, files);
        const posterOf = toMap(posterKeys, posters);
        return {
          characters,
          pictures: join(pictures, fileOf, posterOf, toPicture),
          clips: join(clips, fileOf, posterOf, toClip),
        };
      }),

    putCharacter: (character) =>
      write(['characters'], async (transaction) => {
        await transaction.objectStore('characters').put(character);
      }),
    renameCharacter: (id, name) =>
      write(['characters'], async (transaction) => {
        const table = transaction.objectStore('characters');
        const row = await table.get(id);
        if (row === undefined) throw notFound('character', id);
        await table.put({ ...row, name });
      }),

    addPicture: ({ blob, thumbnail, ...row }, character, digest) =>
      write(['characters', 'pictures', 'files', 'posters'], async (transaction) => {
        await transaction.objectStore('characters').put(character);
        await transaction.objectStore('pictures').put(digest === undefined ? row : { ...row, digest });
        await transaction.objectStore('files').put(blob, row.id);
        await transaction.objectStore('posters').put(thumbnail, row.id);
      }),
    updatePicture: (id, { thumbnail, ...change }) =>
      write(['pictures', 'posters'], async (transaction) => {
        const table = transaction.objectStore('pictures');
        const row = await table.get(id);
        if (row === undefined) throw notFound('picture', id);
        await table.put({ ...row, ...change });
        if (thumbnail !== undefined) await transaction.objectStore('posters').put(thumbnail, id);
      }),
    setPoints: (id, points) =>
      write(['pictures'], async (transaction) => {
        const table = transaction.objectStore('pictures');
        const row = await table.get(id);
        if (row === undefined) throw notFound('picture', id);
        const { points: _old, ...rest } = row;
        await table.put(points === null || points === undefined ? rest : { ...rest, points });
      }),
    picture: (id) => read((database) => findPicture(database, id)),
    pictureByDigest: (digest) =>
      read(async (database) => {
        const id = await database.getKeyFromIndex('pictures', 'byDigest', digest);
        return id === undefined ? null : findPicture(database, id);
      }),

    saveClip: ({ file, poster, ...row }, jobId) =>
      writeBooks(['clips', 'files', 'posters', 'jobs'], async (books, transaction) => {
        const job = await transaction.objectStore('jobs').get(jobId);
        if (job?.state !== 'running') throw new DOMException(CANCELLED, 'AbortError');
        const { error: _error, ...rest } = job;
        const ended: JobRecord = { ...rest, state: 'done', clipId: row.id };
        await transaction.objectStore('clips').put(row);
        await transaction.objectStore('files').put(file, row.id);
        await transaction.objectStore('posters').put(poster, row.id);
        await transaction.objectStore('jobs').put(ended);
        await books.commit(jobId);
        return ended;
      }),
    updateClip: (id, change) =>
      write(['clips'], async (transaction) => {
        const table = transaction.objectStore('clips');
        const row = await table.get(id);
        if (row === undefined) throw notFound('clip', id);
        await table.put({ ...row, ...change });
      }),
    binClips: (ids, atMs) =>
      write(['clips'], async (transaction) => {
        const table = transaction.objectStore('clips');
        for (const id of ids) {
          const row = await table.get(id);
          if (row !== undefined) await table.put({ ...row, deletedAtMs: atMs });
        }
      }),
    restoreClips: (ids) =>
      write(['clips'], async (transaction) => {
        const table = transaction.objectStore('clips');
        for (const id of ids) {
          const row = await table.get(id);
          if (row === undefined) continue;
          const { deletedAtMs: _deletedAtMs, ...rest } = row;
          await table.put(rest);
        }
      }),
    emptyBin: (ids, evenIfLive = []) =>
      write(['clips', 'files', 'posters'], async (transaction) => {
        const binned = new Set(await transaction.objectStore('clips').index('byDeletion').getAllKeys());
        await removeClips(transaction, [...ids.filter((id) => binned.has(id)), ...evenIfLive]);
      }),
    purgeBin: (untilMs) =>
      write(['clips', 'files', 'posters'], async (transaction) => {
        const table = transaction.objectStore('clips');
        const ids = await table.index('byDeletion').getAllKeys(IDBKeyRange.upperBound(untilMs));
        await removeClips(transaction, ids);
        return ids;
      }),

    jobs: () => read((database) => database.getAll('jobs')),
    job: (id) => read(async (database) => (await database.get('jobs', id)) ?? null),
    putJobs: (jobs) =>
      writeBooks(['jobs'], async (books, transaction) => {
        for (const job of jobs) {
          await transaction.objectStore('jobs').put(job);
          const reason = releaseReason(job.state);
          if (reason !== null) await books.release(job.id, reason);
        }
      }),
    addJob: (job) =>
      writeBooks(['jobs'], async (books, transaction) => {
        await books.reserve(job);
        await transaction.objectStore('jobs').put(job);
      }),
    changeJob: (id, from, change) =>
      writeBooks(['jobs'], async (books, transaction) => {
        const table = transaction.objectStore('jobs');
        const job = await table.get(id);
        if (job === undefined || !from.includes(job.state)) return null;
        const { error: _error, ...rest } = job;
        const changed: JobRecord = { ...rest, ...change };
        await table.put(changed);
        const reason = releaseReason(changed.state);
        if (reason !== null) await books.release(id, reason);
        else if (changed.state === 'queued' && !isOpen(job)) await books.reserve(changed);
        return changed;
      }),
    finishJob: (id) =>
      writeBooks(['jobs'], async (books, transaction) => {
        const table = transaction.objectStore('jobs');
        if ((await table.get(id))?.state !== 'running') throw new DOMException(CANCELLED, 'AbortError');
        await table.delete(id);
        await books.commit(id);
      }),
    removeJobs: (ids) =>
      writeBooks(['jobs'], async (books, transaction) => {
        for (const id of ids) {
          await transaction.objectStore('jobs').delete(id);
          await books.release(id, 'removed');
        }
      }),
    releaseStranded: () =>
      writeBooks(['jobs'], async (books, transaction) => {
        const stranded: string[] = [];
        for (const id of Object.keys((await books.row())?.ledger?.reservations ?? {})) {
          const job = await transaction.objectStore('jobs').get(id);
          if (job !== undefined && isOpen(job)) continue;
          await books.release(
            id,
            job === undefined ? 'removed' : (releaseReason(job.state) ?? 'interrupted'),
          );
          stranded.push(id);
        }
        return stranded;
      }),

    wallet: () => read(readWallet),
    changeWallet: (fn) =>
      writeBooks([], async (books) => {
        const next = fn(await books.row());
        await books.put(next);
        return next;
      }),
    appendLedger: (make) => writeBooks([], (books) => books.append(make)),
    ledgerEntries: (deviceId, afterSeq, limit) =>
      read((database) => readEntries(database, deviceId, afterSeq, limit)),

    setting: (key) => read((database) => database.get('settings', key)),
    putSetting: (key, value) =>
      write(['settings'], async (transaction) => {
        await transaction.objectStore('settings').put(value, key);
      }),

    onForeignChange(listener) {
      foreign.add(listener);
      return () => foreign.delete(listener);
    },
    onWalletChange(listener) {
      walletChanged.add(listener);
      return () => walletChanged.delete(listener);
    },
    onSuperseded(listener) {
      superseded.add(listener);
      return () => superseded.delete(listener);
    },
    close() {
      if (closed) return;
      closed = true;
      channel.close();
      opening?.then((database) => database.close()).catch(() => undefined);
      opening = null;
    },
  };
}

/** Marks our own abort of a save whose job was cancelled, as opposed to the browser's. */
const CANCELLED = 'the job was cancelled';
