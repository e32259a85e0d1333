import type { DBSchema } from 'idb';
import type { CharacterRecord, ClipRecord, JobRecord, PictureRecord } from '../../contracts/records.ts';

/**
 * A picture without its bytes: the original lies in `files`, the thumbnail in `posters`, under the same id, so that
 * a change of name or points doesn't write the picture again (which would fail on a full disk).
 */
export type PictureRow = Omit<PictureRecord, 'blob' | 'thumbnail'> & {
  /** SHA-256 of the original in hex; finds a picture that is opened a second time. Never leaves the machine. */
  readonly digest?: string;
};

/** A clip without its bytes: the MP4 lies in `files`, the poster in `posters`, under the same id. */
export type ClipRow = Omit<ClipRecord, 'file' | 'poster'>;

/** Tables of the newest version. */
export interface StoreSchema extends DBSchema {
  characters: { key: string; value: CharacterRecord };
  pictures: { key: string; value: PictureRow; indexes: { byDigest: string } };
  clips: { key: string; value: ClipRow; indexes: { byDeletion: number } };
  files: { key: string; value: Blob };
  posters: { key: string; value: Blob };
  jobs: { key: string; value: JobRecord };
  settings: { key: string; value: unknown };
}

/** Names of the tables. */
export type TableName = 'characters' | 'pictures' | 'clips' | 'files' | 'posters' | 'jobs' | 'settings';

/**
 * One step from a version to the next. It runs inside the upgrade's transaction: it may only wait for requests of
 * that transaction, and when it fails the database stays at the older version, whole.
 */
export type Migration = (database: IDBDatabase, transaction: IDBTransaction) => void | Promise<void>;

/** Step `i` leads from version `i` to version `i + 1`; a released step is never edited, only followed by another. */
export const MIGRATIONS: readonly Migration[] = [
  (database) => {
    database.createObjectStore('characters', { keyPath: 'id' });
    database.createObjectStore('pictures', { keyPath: 'id' }).createIndex('byDigest', 'digest');
    // Only clips in the bin have the field, so the index holds the bin alone.
    database.createObjectStore('clips', { keyPath: 'id' }).createIndex('byDeletion', 'deletedAtMs');
    database.createObjectStore('files');
    database.createObjectStore('posters');
    database.createObjectStore('jobs', { keyPath: 'id' });
    database.createObjectStore('settings');
  },
];
