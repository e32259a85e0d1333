import type { DBSchema } from 'idb';
import type { Account } from '../../contracts/licence/api.ts';
import type { LedgerEntry, LedgerState } from '../../contracts/licence/ledger.ts';
import type { Policy } from '../../contracts/licence/policy.ts';
import type { DeviceKey } from '../../contracts/licence/tokens.ts';
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

/** What is wrong with a ledger; until it is settled nothing is spent. */
export type WalletFault =
  /** Entries and state on this device don't fit together, or the signed seal doesn't fit them. */
  | 'damaged'
  /** The server knows another history of this device: a copy was restored. */
  | 'forked'
  /** The server refused entries of this device as damaged, though they look whole here. */
  | 'refused';

/** The one row of `wallet`: this device's key and what it was given. Tokens in it are not trusted, but checked anew. */
export interface WalletRow {
  /** Null before an activation and after a deactivation. */
  readonly deviceId: string | null;
  /** The private key can sign, and can't be read by anyone. */
  readonly key: {
    readonly privateKey: CryptoKey;
    readonly publicKey: DeviceKey;
    /** @source RFC 7638 */
    readonly thumbprint: string;
  };
  /** Compact JWS. */
  readonly entitlement: string | null;
  /** Compact JWS by the lease's id, of leases that the ledger holds. */
  readonly leaseTokens: Readonly<Record<string, string>>;
  readonly policy: Policy | null;
  readonly account: Account | null;
  readonly accountAtMs: number | null;
  /** Last characters of the key, for people to tell it by. */
  readonly keyHint: string | null;
  /** Null before the first activation. */
  readonly ledger: LedgerState | null;
  /** Last entry that the server has. */
  readonly syncedSeq: number;
  /** Server's clock less this machine's, and the highest corrected time ever seen; seconds. */
  readonly clock: { readonly offsetS: number; readonly maxS: number };
  /** The ledger's head, signed by the device's key: compact JWS. */
  readonly seal: string | null;
  /** The lowest epoch that isn't revoked, by the last list of revocations; 0 when none is. */
  readonly revokedEpoch: number;
  readonly fault: WalletFault | null;
  /** The server said that this device is not, or no longer, one of a licence that holds; until it says otherwise. */
  readonly removed?: boolean;
  /** A lease that was asked for and whose answer never came: asked again with the same key, it is given once. */
  readonly pendingLease?: { readonly key: string; readonly min: number; readonly want: number } | null;
}

/** Tables of the newest version. */
export interface StoreSchema extends DBSchema {
  characters: { key: string; value: CharacterRecord };
  pictures: { key: string; value: PictureRow; indexes: { byDigest: string } };
  clips: { key: string; value: ClipRow; indexes: { byDeletion: number } };
  files: { key: string; value: Blob };
  posters: { key: string; value: Blob };
  jobs: { key: string; value: JobRecord };
  settings: { key: string; value: unknown };
  wallet: { key: string; value: WalletRow };
  ledger: { key: [string, number]; value: LedgerEntry };
}

/** Names of the tables. */
export type TableName =
  'characters' | 'pictures' | 'clips' | 'files' | 'posters' | 'jobs' | 'settings' | 'wallet' | 'ledger';

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
  (database) => {
    database.createObjectStore('wallet');
    database.createObjectStore('ledger', { keyPath: ['deviceId', 'seq'] });
  },
];
