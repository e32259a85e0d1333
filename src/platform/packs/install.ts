import { AppError } from '../../contracts/errors.ts';
import { PACK_SIGNATURE_FILE, type Pack } from '../../contracts/pack.ts';
import { surveyFile, verifyFile } from './check.ts';
import { findFile, findFolder, keepOnly, makeFolder, writeFile } from './disk.ts';
import { filesReader } from './folder-reader.ts';
import { findKept, removeVersion, versionsOf } from './library.ts';
import type { Meter } from './meter.ts';
import { Patience, type PatienceOptions } from './patience.ts';
import { PACK_FILE, chunkCount, chunkSpan, planBytes, planPack, type PlannedFile } from './plan.ts';
import type { PackReader } from './reader.ts';
import { STATE_FILES, readState, writeState, type KeptState, type NewState } from './state.ts';
import { bringFile, type TransferOptions } from './transfer.ts';

/** How packs are installed. */
export interface InstallOptions {
  readonly chunkBytes: number;
  /** Left free on the disk beside the pack. */
  readonly marginBytes: number;
  /** Files that come at once. */
  readonly parallel: number;
  readonly patience: PatienceOptions;
}

/** A pack that is to be brought in, its signature judged. */
export interface InstallOrder {
  readonly pack: Pack;
  /** Exact texts of `pack.json` and `pack.sig`. */
  readonly packText: string;
  readonly signature: string | null;
  readonly from: KeptState['from'];
  readonly reader: PackReader;
  /** ETags and dates that the reader knows; grows while it reads. */
  readonly validators: Record<string, string>;
}

interface Missing {
  readonly file: PlannedFile;
  readonly have: Set<number>;
}

const heldBytes = ({ file, have }: Missing, chunkBytes: number): number =>
  [...have].reduce((sum, index) => {
    const [from, to] = chunkSpan(file, index, chunkBytes);
    return sum + to - from;
  }, 0);

/** What the browser would still let this site keep; null where it won't say. */
export async function freeBytes(): Promise<number | null> {
  try {
    const { quota, usage } = await navigator.storage.estimate();
    return quota === undefined || usage === undefined ? null : Math.max(0, quota - usage);
  } catch {
    return null;
  }
}

/** One installation, or repair, of one version. Its caller holds the pack's lock. */
export class Installation {
  readonly #root: FileSystemDirectoryHandle;
  readonly #order: InstallOrder;
  readonly #options: InstallOptions;
  readonly #meter: Meter;
  readonly #signal: AbortSignal;
  readonly #plan: readonly PlannedFile[];

  /** @throws ERR_MODEL_DAMAGED, ERR_MODEL_UNSAFE as {@link planPack} */
  constructor(
    root: FileSystemDirectoryHandle,
    order: InstallOrder,
    options: InstallOptions,
    meter: Meter,
    signal: AbortSignal,
  ) {
    this.#root = root;
    this.#order = order;
    this.#options = options;
    this.#meter = meter;
    this.#signal = signal;
    this.#plan = planPack(order.pack, options.chunkBytes);
  }

  /**
   * Goes on from what is there. Only when every file was read again from disk is the pack installed, and are its other
   * versions taken away.
   *
   * @throws as {@link bringFile}; ERR_STORE_QUOTA before anything is written when there is no room.
   */
  async run(): Promise<void> {
    const { pack } = this.#order;
    const found = await findFolder(this.#root, pack.id, pack.version);
    const missing = found === null ? this.#nothing() : await this.#survey(found);
    const reuse = await this.#elsewhere(missing);
    const needBytes = missing.reduce(
      (sum, one) => sum + one.file.bytes - heldBytes(one, this.#options.chunkBytes),
      0,
    );
    await this.#checkRoom(needBytes);
    const folder = await makeFolder(this.#root, pack.id, pack.version);
    const before = await readState(folder);
    const isHere =
      before?.state === 'installed' && before.packText === this.#order.packText && needBytes === 0;
    if (!isHere) await this.#fetch(folder, before, missing, reuse, needBytes);
    await this.#verify(folder);
    this.#signal.throwIfAborted();
    await this.#writeState(folder, 'installed', before);
    for (const version of await versionsOf(this.#root, pack.id)) {
      if (version !== pack.version) await removeVersion(this.#root, pack.id, version);
    }
  }

  async #fetch(
    folder: FileSystemDirectoryHandle,
    before: KeptState | null,
    missing: readonly Missing[],
    reuse: ReadonlyMap<string, File>,
    needBytes: number,
  ): Promise<void> {
    // From here on, and until all is verified, the pack is not installed, whatever it was.
    await this.#writeState(folder, 'partial', before);
    await keepOnly(
      folder,
      new Set([...this.#plan.map(({ path }) => path), PACK_FILE, PACK_SIGNATURE_FILE, ...STATE_FILES]),
    );
    await this.#writeOwnFiles(folder);
    // What a killed tab should find is written down as it becomes known; a full disk has other worries.
    let known = 0;
    let written: Promise<void> = Promise.resolve();
    const remember = (): void => {
      const count = Object.keys(this.#order.validators).length;
      if (count === known) return;
      known = count;
      written = written.then(() => this.#writeState(folder, 'partial', before)).catch(() => undefined);
    };
    try {
      await this.#bring(folder, missing, reuse, remember);
    } catch (error) {
      throw await withRoom(error, needBytes);
    } finally {
      await written;
      await this.#writeState(folder, 'partial', before).catch(() => undefined);
    }
  }

  #nothing(): Missing[] {
    return this.#plan.map((file) => ({ file, have: new Set<number>() }));
  }

  async #survey(folder: FileSystemDirectoryHandle): Promise<Missing[]> {
    const files = await Promise.all(this.#plan.map(({ path }) => findFile(folder, path)));
    this.#meter.begin(
      'verify',
      0,
      files.reduce((sum, file) => sum + (file?.size ?? 0), 0),
    );
    const missing: Missing[] = [];
    for (const [index, file] of this.#plan.entries()) {
      const have = await surveyFile(file, files[index] ?? null, this.#reading());
      missing.push({ file, have: new Set(have) });
    }
    return missing;
  }

  /** The same files in an installed version of this pack: copied, not fetched. */
  async #elsewhere(missing: readonly Missing[]): Promise<ReadonlyMap<string, File>> {
    const wanted = new Map<string, PlannedFile[]>();
    for (const { file, have } of missing) {
      if (have.size === 0) wanted.set(file.sha256, [...(wanted.get(file.sha256) ?? []), file]);
    }
    const found = new Map<string, File>();
    const { pack } = this.#order;
    for (const version of await versionsOf(this.#root, pack.id)) {
      if (version === pack.version) continue;
      const kept = await findKept(this.#root, pack.id, version, this.#options.chunkBytes);
      if (kept?.state.state !== 'installed') continue;
      for (const old of kept.plan) {
        const file = wanted.has(old.sha256) ? await findFile(kept.folder, old.path) : null;
        for (const { path, bytes } of wanted.get(old.sha256) ?? [])
          if (file?.size === bytes) found.set(path, file);
      }
    }
    return found;
  }

  async #checkRoom(bytes: number): Promise<void> {
    const free = await freeBytes();
    const needBytes = bytes === 0 ? 0 : bytes + this.#options.marginBytes;
    if (free === null || needBytes <= free) return;
    throw new AppError('ERR_STORE_QUOTA', `the pack needs ${needBytes} bytes and ${free} are free`, {
      retryable: true,
      details: { needBytes, freeBytes: free },
    });
  }

  async #writeState(
    folder: FileSystemDirectoryHandle,
    state: NewState['state'],
    before: KeptState | null,
  ): Promise<void> {
    const { packText, signature, from, validators } = this.#order;
    const nowMs = Date.now();
    const isDone = state === 'installed';
    const installedAtMs = before?.packText === packText ? before.installedAtMs : null;
    await writeState(folder, {
      state,
      packText,
      signature,
      from,
      installedAtMs: isDone ? (installedAtMs ?? nowMs) : installedAtMs,
      verifiedAtMs: isDone ? nowMs : null,
      damagedFiles: [],
      validators: isDone ? {} : { ...validators },
    });
  }

  async #writeOwnFiles(folder: FileSystemDirectoryHandle): Promise<void> {
    const { packText, signature } = this.#order;
    await writeFile(folder, PACK_FILE, new TextEncoder().encode(packText));
    if (signature !== null) await writeFile(folder, PACK_SIGNATURE_FILE, new TextEncoder().encode(signature));
  }

  async #bring(
    folder: FileSystemDirectoryHandle,
    missing: readonly Missing[],
    reuse: ReadonlyMap<string, File>,
    onOpened: () => void,
  ): Promise<void> {
    const { chunkBytes, parallel, patience } = this.#options;
    const held = missing.reduce((sum, one) => sum + heldBytes(one, chunkBytes), 0);
    const { reader } = this.#order;
    this.#meter.begin(reader.kind === 'url' ? 'download' : 'copy', held, planBytes(this.#plan));
    const stop = new AbortController();
    const options: TransferOptions = {
      folder,
      chunkBytes,
      onOpened,
      meter: this.#meter,
      patience: new Patience(patience, (waiting) => this.#meter.wait(waiting)),
      signal: AbortSignal.any([this.#signal, stop.signal]),
    };
    const local = filesReader(reuse);
    const queue = missing.filter(({ file, have }) => have.size < chunkCount(file.bytes, chunkBytes));
    let failure: { readonly error: unknown } | null = null;
    const work = async (): Promise<void> => {
      for (let next = queue.shift(); next !== undefined && failure === null; next = queue.shift()) {
        const { file, have } = next;
        try {
          if (reuse.has(file.path)) await bringFile(file, have, local, options).catch(onlyOfThePack);
          await bringFile(file, have, reader, options);
        } catch (error) {
          failure ??= { error };
          stop.abort(new DOMException('Another file failed', 'AbortError'));
        }
      }
    };
    await Promise.all(Array.from({ length: parallel }, work));
    this.#signal.throwIfAborted();
    rethrow(failure);
  }

  async #verify(folder: FileSystemDirectoryHandle): Promise<void> {
    this.#meter.begin('verify', 0, planBytes(this.#plan));
    for (const file of this.#plan) {
      const verdict = await verifyFile(file, await findFile(folder, file.path), this.#reading());
      if (verdict.whole) continue;
      const isListWrong = verdict.have.size === chunkCount(file.bytes, this.#options.chunkBytes);
      const why = isListWrong
        ? 'its chunks agree with pack.json and the whole does not'
        : 'it changed on disk';
      throw new AppError('ERR_MODEL_DAMAGED', `${file.path} is not the pack's: ${why}`, {
        details: { file: file.path, why },
      });
    }
  }

  #reading(): { chunkBytes: number; signal: AbortSignal; onBytes: (bytes: number) => void } {
    return {
      chunkBytes: this.#options.chunkBytes,
      signal: this.#signal,
      onBytes: (bytes) => this.#meter.add(bytes),
    };
  }
}

function rethrow(failure: { readonly error: unknown } | null): void {
  if (failure !== null) throw failure.error;
}

/** A copy of an older version that is no good is fetched instead. */
function onlyOfThePack(error: unknown): void {
  if (error instanceof AppError && error.code.startsWith('ERR_MODEL_') && error.code !== 'ERR_MODEL_BUSY')
    return;
  throw error;
}

/** A full disk, with how much would have been needed. */
async function withRoom(error: unknown, needBytes: number): Promise<unknown> {
  if (!(error instanceof AppError) || error.code !== 'ERR_STORE_QUOTA') return error;
  return new AppError('ERR_STORE_QUOTA', error.message, {
    retryable: true,
    details: { ...error.details, needBytes, freeBytes: await freeBytes() },
    cause: error,
  });
}
