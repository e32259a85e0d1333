import type { IDBPTransaction } from 'idb';
import { AppError } from '../../contracts/errors.ts';
import type { CharacterRecord, ClipRecord, JobRecord, PictureRecord } from '../../contracts/records.ts';
import { storeError } from './errors.ts';
import { openDatabase, type Database } from './open.ts';
import type { ClipRow, Migration, PictureRow, StoreSchema, TableName } from './schema.ts';

/** Everything in the gallery, the bin included. Blobs are handles: their bytes stay on the disk until read. */
export interface Library {
  readonly characters: CharacterRecord[];
  readonly pictures: PictureRecord[];
  readonly clips: ClipRecord[];
}

export interface StoreOptions {
  /** Name of the database and of the channel between tabs. */
  readonly name: string;
  readonly migrations?: readonly Migration[];
}

/** What another tab changed. */
export type ForeignChange = readonly TableName[];

type Transaction = IDBPTransaction<StoreSchema, TableName[], 'readwrite'>;

/**
 * The gallery, the jobs and the settings in IndexedDB. Every method is one transaction: it happens whole or not at
 * all. Every method may throw ERR_STORE_FAILED, ERR_STORE_BLOCKED and ERR_STORE_NEWER_VERSION, and each that writes
 * ERR_STORE_QUOTA.
 */
export interface Store {
  library(): Promise<Library>;
  putCharacter(character: CharacterRecord): Promise<void>;
  renameCharacter(id: string, name: string): Promise<void>;
  /** Saves a new picture together with its character. `digest` finds it again. */
  addPicture(picture: PictureRecord, character: CharacterRecord, digest?: string): Promise<void>;
  /** Changes what is known about a picture, not its bytes. @throws ERR_STORE_NOT_FOUND */
  updatePicture(
    id: string,
    change: Partial<Pick<PictureRecord, 'name' | 'matte' | 'characterId' | 'thumbnail'>>,
  ): Promise<void>;
  /** Sets the points placed by hand, or takes them away. @throws ERR_STORE_NOT_FOUND */
  setPoints(id: string, points: PictureRecord['points'] | null): Promise<void>;
  picture(id: string): Promise<PictureRecord | null>;
  pictureByDigest(digest: string): Promise<PictureRecord | null>;
  /**
   * Saves a clip and its job's end in one transaction: there is never one without the other.
   * @throws DOMException AbortError when the job was cancelled or removed meanwhile; nothing is saved then.
   */
  saveClip(clip: ClipRecord, jobId: string): Promise<JobRecord>;
  /** Changes what is known about a clip, not its bytes. @throws ERR_STORE_NOT_FOUND */
  updateClip(id: string, change: Partial<Pick<ClipRecord, 'name' | 'characterId'>>): Promise<void>;
  /** Puts clips in the bin. Unknown ids are passed over. */
  binClips(ids: readonly string[], atMs: number): Promise<void>;
  /** Takes clips out of the bin. Unknown ids are passed over. */
  restoreClips(ids: readonly string[]): Promise<void>;
  /**
   * Removes for good those of the clips that still lie in the bin (another tab may have taken some out), and those of
   * `evenIfLive` wherever they are. Works on a full disk. Unknown ids are passed over.
   */
  emptyBin(ids: readonly string[], evenIfLive?: readonly string[]): Promise<void>;
  /** Removes for good what went into the bin at or before `untilMs`; returns the ids. */
  purgeBin(untilMs: number): Promise<string[]>;
  jobs(): Promise<JobRecord[]>;
  job(id: string): Promise<JobRecord | null>;
  putJobs(jobs: readonly JobRecord[]): Promise<void>;
  /**
   * Changes a job if it is still as the caller thinks; returns the new record, or null when it is gone or in none of
   * the states `from`.
   */
  changeJob(
    id: string,
    from: readonly JobRecord['state'][],
    change: Partial<Omit<JobRecord, 'id'>>,
  ): Promise<JobRecord | null>;
  removeJobs(ids: readonly string[]): Promise<void>;
  setting(key: string): Promise<unknown>;
  putSetting(key: string, value: unknown): Promise<void>;
  /** Calls back when another tab has changed something; returns the call that ends it. */
  onForeignChange(listener: (tables: ForeignChange) => void): () => void;
  /** Calls back when the connection was lost for good (a newer version took over in another tab). */
  onSuperseded(listener: () => void): () => void;
  close(): void;
}

const GALLERY: TableName[] = ['characters', 'pictures', 'clips', 'files', 'posters'];

/** Rows with the blobs that belong to them; a row whose bytes are missing is left out (it can't be shown). */
function join<Row extends { id: string }, Joined>(
  rows: readonly Row[],
  files: ReadonlyMap<string, Blob>,
  posters: ReadonlyMap<string, Blob>,
  make: (row: Row, file: Blob, poster: Blob) => Joined,
): Joined[] {
  return rows.flatMap((row) => {
    const file = files.get(row.id);
    const poster = posters.get(row.id);
    return file === undefined || poster === undefined ? [] : [make(row, file, poster)];
  });
}

const toMap = (keys: readonly string[], values: readonly Blob[]): Map<string, Blob> =>
  new Map(keys.flatMap((key, i) => (values[i] === undefined ? [] : [[key, values[i]] as const])));

const toPicture = ({ digest: _digest, ...row }: PictureRow, blob: Blob, thumbnail: Blob): PictureRecord => ({
  ...row,
  blob,
  thumbnail,
});
const toClip = (row: ClipRow, file: Blob, poster: Blob): ClipRecord => ({ ...row, file, poster });

const notFound = (what: string, id: string): AppError =>
  new AppError('ERR_STORE_NOT_FOUND', `there is no ${what} ${id}`, { details: { what, id } });

/** Opens nothing yet: the database is opened by the first call, and again after the browser closed it. */
export function createStore(options: StoreOptions): Store {
  const channel = new BroadcastChannel(options.name);
  const foreign = new Set<(tables: ForeignChange) => void>();
  const superseded = new Set<() => void>();
  let opening: Promise<Database> | null = null;
  let closed = false;

  channel.onmessage = (event: MessageEvent<{ tables: ForeignChange }>) => {
    for (const listener of foreign) listener(event.data.tables);
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
      if (cause instanceof DOMException && cause.message === CANCELLED) throw cause;
      throw storeError(cause instanceof AppError ? cause : (transaction.error ?? cause));
    }
    if (!closed) channel.postMessage({ tables });
    return result;
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
      write(['clips', 'files', 'posters', 'jobs'], async (transaction) => {
        const job = await transaction.objectStore('jobs').get(jobId);
        if (job?.state !== 'running') throw new DOMException(CANCELLED, 'AbortError');
        const { error: _error, ...rest } = job;
        const ended: JobRecord = { ...rest, state: 'done', clipId: row.id };
        await transaction.objectStore('clips').put(row);
        await transaction.objectStore('files').put(file, row.id);
        await transaction.objectStore('posters').put(poster, row.id);
        await transaction.objectStore('jobs').put(ended);
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
      write(['jobs'], async (transaction) => {
        for (const job of jobs) await transaction.objectStore('jobs').put(job);
      }),
    changeJob: (id, from, change) =>
      write(['jobs'], async (transaction) => {
        const table = transaction.objectStore('jobs');
        const job = await table.get(id);
        if (job === undefined || !from.includes(job.state)) return null;
        const { error: _error, ...rest } = job;
        const changed: JobRecord = { ...rest, ...change };
        await table.put(changed);
        return changed;
      }),
    removeJobs: (ids) =>
      write(['jobs'], async (transaction) => {
        for (const id of ids) await transaction.objectStore('jobs').delete(id);
      }),

    setting: (key) => read((database) => database.get('settings', key)),
    putSetting: (key, value) =>
      write(['settings'], async (transaction) => {
        await transaction.objectStore('settings').put(value, key);
      }),

    onForeignChange(listener) {
      foreign.add(listener);
      return () => foreign.delete(listener);
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

async function removeClips(transaction: Transaction, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    // Only a clip's id: a picture's bytes lie in the same tables.
    if ((await transaction.objectStore('clips').getKey(id)) === undefined) continue;
    await transaction.objectStore('clips').delete(id);
    await transaction.objectStore('files').delete(id);
    await transaction.objectStore('posters').delete(id);
  }
}

async function findPicture(database: Database, id: string): Promise<PictureRecord | null> {
  const transaction = database.transaction(['pictures', 'files', 'posters'], 'readonly');
  const [row, blob, thumbnail] = await Promise.all([
    transaction.objectStore('pictures').get(id),
    transaction.objectStore('files').get(id),
    transaction.objectStore('posters').get(id),
  ]);
  return row === undefined || blob === undefined || thumbnail === undefined
    ? null
    : toPicture(row, blob, thumbnail);
}
