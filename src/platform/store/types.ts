import type { LedgerEntry, LedgerEvent, LedgerState } from '../../contracts/licence/ledger.ts';
import type { CharacterRecord, ClipRecord, JobRecord, PictureRecord } from '../../contracts/records.ts';
import type { Migration, TableName, WalletRow } from './schema.ts';

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
  /** The machine's clock, milliseconds since 1970; the wallet's corrects it. The browser's own when left out. */
  readonly now?: () => number;
}

/** What another tab changed. */
export type ForeignChange = readonly TableName[];

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
   * Saves a clip and its job's end in one transaction: there is never one without the other. What was set aside for
   * the job is spent in the same transaction.
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
  /** Writes jobs as they are. What was set aside for one that came to nothing is let go. */
  putJobs(jobs: readonly JobRecord[]): Promise<void>;
  /**
   * Queues a job and sets its price aside, both or neither. Where there is no wallet, or no price, it only queues.
   * @throws ERR_LICENCE_FUNDS when this device doesn't hold enough; details `price` and `free`.
   * @throws ERR_LICENCE_LEDGER when the ledger isn't whole.
   * @throws ERR_LICENCE_CLOCK when the machine's clock went back behind a time that this device has seen.
   * @throws ERR_LICENCE_DEVICE when the server no longer knows the device.
   */
  addJob(job: JobRecord): Promise<void>;
  /**
   * Changes a job if it is still as the caller thinks; returns the new record, or null when it is gone or in none of
   * the states `from`. One that comes to nothing lets go what was set aside for it; one that waits anew has its price
   * set aside anew, in the same transaction.
   * @throws ERR_LICENCE_FUNDS, ERR_LICENCE_LEDGER, ERR_LICENCE_CLOCK, ERR_LICENCE_DEVICE when it can't wait anew.
   */
  changeJob(
    id: string,
    from: readonly JobRecord['state'][],
    change: Partial<Omit<JobRecord, 'id'>>,
  ): Promise<JobRecord | null>;
  /**
   * Ends a running job whose clip was handed over elsewhere, not kept in the gallery: forgets it, and spends what was
   * set aside for it, in one transaction.
   * @throws DOMException AbortError when the job was cancelled or removed meanwhile; nothing is spent then.
   */
  finishJob(id: string): Promise<void>;
  /** Forgets jobs; what was set aside for them is let go. */
  removeJobs(ids: readonly string[]): Promise<void>;
  /** Lets go what was set aside for jobs that are gone or neither wait nor run; returns their ids. */
  releaseStranded(): Promise<string[]>;
  /** The device's key, tokens, policy and ledger; null before the first {@link Store.changeWallet}. */
  wallet(): Promise<WalletRow | null>;
  /** Reads and writes the wallet in one transaction; `fn` must be synchronous. Returns the new row. */
  changeWallet(fn: (row: WalletRow | null) => WalletRow): Promise<WalletRow>;
  /**
   * Appends what `make` says to the ledger, entries and state in one transaction, whatever its fault. Returns the new
   * row; null when there is no ledger, and `make` isn't called then.
   * @throws ERR_LICENCE_LEDGER when an event does not fit; nothing is written then.
   */
  appendLedger(make: (state: LedgerState) => readonly LedgerEvent[]): Promise<WalletRow | null>;
  /** Entries of a device with a higher number than `afterSeq`, in order, at most `limit`. */
  ledgerEntries(deviceId: string, afterSeq: number, limit: number): Promise<LedgerEntry[]>;
  setting(key: string): Promise<unknown>;
  putSetting(key: string, value: unknown): Promise<void>;
  /** Calls back when another tab has changed something; returns the call that ends it. */
  onForeignChange(listener: (tables: ForeignChange) => void): () => void;
  /** Calls back when this tab or another one has changed the wallet or the ledger; returns the call that ends it. */
  onWalletChange(listener: () => void): () => void;
  /** Calls back when the connection was lost for good (a newer version took over in another tab). */
  onSuperseded(listener: () => void): () => void;
  close(): void;
}
