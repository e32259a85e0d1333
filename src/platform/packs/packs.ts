import { AppError } from '../../contracts/errors.ts';
import { CHUNK_BYTES, PACK_SIGNATURE_FILE, parsePack, type Pack } from '../../contracts/pack.ts';
import type {
  KeptPack,
  PackConsent,
  PackKey,
  PackOrigin,
  PackProgress,
  PacksApi,
} from '../../contracts/packs.api.ts';
import { verifyFile } from './check.ts';
import { findFile, findFolder, namesIn, packsFolder } from './disk.ts';
import { folderReader } from './folder-reader.ts';
import { Installation, freeBytes, type InstallOptions, type InstallOrder } from './install.ts';
import {
  alone,
  describeKept,
  findKept,
  ownFilesDamaged,
  removeVersion,
  versionsOf,
  type KeptFolder,
} from './library.ts';
import { Meter } from './meter.ts';
import { PACKS_FOLDER } from './opfs-source.ts';
import { Patience } from './patience.ts';
import { PACK_FILE, planBytes, planPack, refuseClimbing, type PlannedFile } from './plan.ts';
import { missing, type PackReader } from './reader.ts';
import { judgeSignature, type Trust } from './signature.ts';
import { writeState, type KeptState } from './state.ts';
import { REAL_TIME, type PackTime } from './time.ts';
import { urlReader } from './url-reader.ts';
import { zipReader } from './zip-reader.ts';

/** What a test may set; what isn't given is the application's own. */
export interface PacksOptions {
  readonly folder?: string;
  readonly chunkBytes?: number;
  readonly marginBytes?: number;
  readonly idleMs?: number;
  readonly parallel?: number;
  readonly time?: PackTime;
}

/** `pack.json` with every licence's text; more is no description of a pack. */
const PACK_BYTES_MAX = 16 * 1024 * 1024;
const SIGNATURE_BYTES_MAX = 4096;
const MARGIN_BYTES = 64 * 1024 * 1024;
const IDLE_MS = 30_000;
const PARALLEL = 3;
/** Somebody who looks at a pack is there and can try again; one hiccup shouldn't trouble them. */
const LOOK_PATIENCE = { triesMax: 3, firstMs: 500, longestMs: 2_000, askedMs: 5_000 } as const;
const PATIENCE = { triesMax: 7, firstMs: 1_000, longestMs: 30_000, askedMs: 300_000 } as const;

interface Read {
  readonly pack: Pack;
  readonly packText: string;
  readonly signature: string | null;
  readonly trust: Trust;
  readonly bytes: number;
}

/** Text of bytes that are exactly this text; null otherwise. */
function exactText(bytes: Uint8Array<ArrayBuffer>): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

function parseText(text: string | null): Pack {
  let raw: unknown;
  try {
    raw = JSON.parse(text ?? '');
  } catch (cause) {
    if (text?.trimStart().startsWith('<') === true) throw missing(PACK_FILE, 'a page came instead', cause);
    throw new AppError('ERR_MODEL_DAMAGED', 'pack.json is no JSON', { details: { file: PACK_FILE }, cause });
  }
  refuseClimbing(raw);
  return parsePack(raw);
}

/** A small file, for which a server that doesn't answer is waited for. */
async function patiently<T>(patience: Patience, signal: AbortSignal, read: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await read();
    } catch (error) {
      await patience.after(error, signal);
    }
  }
}

/** `pack.json` and its signature, judged. @throws as {@link PacksApi.look} */
async function readPack(
  reader: PackReader,
  keys: readonly PackKey[],
  patience: Patience,
  signal: AbortSignal,
): Promise<Read> {
  const packBytes = await patiently(patience, signal, () => reader.small(PACK_FILE, PACK_BYTES_MAX, signal));
  if (packBytes === null) throw missing(PACK_FILE, 'it is not there');
  const packText = exactText(packBytes);
  const pack = parseText(packText);
  const signed = await patiently(patience, signal, () =>
    reader.small(PACK_SIGNATURE_FILE, SIGNATURE_BYTES_MAX, signal),
  ).catch((error: unknown) => {
    // A server of a single-page application has a page for what isn't there.
    if (error instanceof AppError && error.code === 'ERR_MODEL_MISSING') return null;
    throw error;
  });
  const trust = await judgeSignature(packBytes, signed, keys);
  return {
    pack,
    packText: packText ?? '',
    signature: signed === null ? null : exactText(signed),
    trust,
    bytes: packBytes.length + (signed?.length ?? 0),
  };
}

/** The worker's side of {@link PacksApi}. */
class Packs implements PacksApi {
  readonly #root: string;
  readonly #idleMs: number;
  readonly #time: PackTime;
  readonly #install: InstallOptions;
  readonly #running = new Map<string, AbortController>();
  #keys: readonly PackKey[] = [];

  constructor(options: PacksOptions) {
    this.#root = options.folder ?? PACKS_FOLDER;
    this.#idleMs = options.idleMs ?? IDLE_MS;
    this.#time = options.time ?? REAL_TIME;
    this.#install = {
      chunkBytes: options.chunkBytes ?? CHUNK_BYTES,
      marginBytes: options.marginBytes ?? MARGIN_BYTES,
      parallel: options.parallel ?? PARALLEL,
      patience: { ...PATIENCE, time: this.#time },
    };
  }

  async init(keys: readonly PackKey[]): Promise<void> {
    this.#keys = keys;
  }

  async look(origin: PackOrigin): ReturnType<PacksApi['look']> {
    const { signal } = new AbortController();
    const reader = await this.#readerOf(origin, {});
    const patience = new Patience({ ...LOOK_PATIENCE, time: this.#time }, () => undefined);
    const { pack, trust, bytes } = await readPack(reader, this.#keys, patience, signal);
    const plan = planPack(pack, this.#install.chunkBytes);
    return {
      pack,
      ...trust,
      bytes: planBytes(plan) + bytes,
      haveBytes: await this.#haveBytes(pack, plan),
      freeBytes: await freeBytes(),
    };
  }

  install(
    id: string,
    origin: PackOrigin,
    accept: PackConsent,
    onProgress: (progress: PackProgress) => void,
  ): Promise<KeptPack> {
    return this.#cancellable(id, async (signal) => {
      const validators: Record<string, string> = {};
      const reader = await this.#readerOf(origin, validators);
      const read = await readPack(reader, this.#keys, this.#patience(onProgress), signal);
      if (!accept.licence) {
        throw new AppError('ERR_INPUT_ARGUMENT', 'the licence was not accepted', {
          details: { argument: 'licence' },
        });
      }
      const { id: packId, licence } = read.pack;
      if (accept.licenceText !== undefined && accept.licenceText !== licence.text) {
        throw new AppError('ERR_MODEL_CHANGED', 'the licence is another one by now', {
          details: { file: PACK_FILE, pack: packId },
        });
      }
      if (read.trust.trust !== 'trusted' && !accept.untrusted) {
        throw new AppError('ERR_MODEL_SIGNATURE', 'no trusted key signed this pack', {
          details: { trust: read.trust.trust, keyId: read.trust.keyId },
        });
      }
      const { pack } = read;
      return alone(this.#root, pack.id, async () => {
        const kept = await this.#find(pack.id, pack.version);
        // Only what was begun from this very address can go on by its own marks.
        const isSame =
          kept !== null && sameOrigin(kept.state.from, origin) && kept.state.packText === read.packText;
        if (isSame) Object.assign(validators, kept.state.validators);
        return this.#bring({ ...read, reader, validators, from: fromOf(origin) }, onProgress, signal);
      });
    });
  }

  async list(): Promise<readonly KeptPack[]> {
    const root = await packsFolder(this.#root);
    const all: KeptPack[] = [];
    for (const packId of await namesIn(root, 'directory')) {
      for (const version of await versionsOf(root, packId)) {
        const kept = await this.#find(packId, version);
        if (kept !== null) all.push(await this.#describe(kept));
      }
    }
    return all;
  }

  verify(
    id: string,
    packId: string,
    version: string,
    onProgress: (progress: PackProgress) => void,
  ): Promise<KeptPack> {
    return this.#cancellable(id, (signal) =>
      alone(this.#root, packId, async () => {
        const kept = await this.#kept(packId, version);
        const { folder, state, plan } = kept;
        const meter = new Meter(this.#time, onProgress);
        meter.begin('verify', 0, planBytes(plan));
        const damagedFiles = await ownFilesDamaged(kept);
        for (const file of plan) {
          const verdict = await verifyFile(file, await findFile(folder, file.path), {
            chunkBytes: this.#install.chunkBytes,
            signal,
            onBytes: (bytes) => meter.add(bytes),
            chunksSuffice: true,
          });
          if (!verdict.whole) damagedFiles.push(file.path);
        }
        if (state.state !== 'partial') {
          await writeState(folder, {
            ...state,
            state: damagedFiles.length === 0 ? 'installed' : 'damaged',
            verifiedAtMs: Date.now(),
            damagedFiles,
          });
        }
        return this.#describe(await this.#kept(packId, version));
      }),
    );
  }

  repair(
    id: string,
    packId: string,
    version: string,
    origin: PackOrigin | null,
    onProgress: (progress: PackProgress) => void,
  ): Promise<KeptPack> {
    return this.#cancellable(id, (signal) =>
      alone(this.#root, packId, async () => {
        const { state } = await this.#kept(packId, version);
        const source: PackOrigin | null = origin ?? ('url' in state.from ? { ...state.from } : null);
        if (source === null) throw missing(PACK_FILE, 'the folder or archive has to be chosen again');
        const validators: Record<string, string> = sameOrigin(state.from, source)
          ? { ...state.validators }
          : {};
        const reader = await this.#readerOf(source, validators);
        const read = await readPack(reader, this.#keys, this.#patience(onProgress), signal);
        if (read.packText !== state.packText) {
          throw new AppError('ERR_MODEL_CHANGED', 'there is another pack where this one came from', {
            details: { file: PACK_FILE, pack: read.pack.id, version: read.pack.version },
          });
        }
        const order = { ...read, signature: state.signature, reader, validators, from: fromOf(source) };
        return this.#bring(order, onProgress, signal);
      }),
    );
  }

  async remove(packId: string, version: string): Promise<void> {
    await alone(this.#root, packId, async () => {
      await removeVersion(await packsFolder(this.#root), packId, version);
    });
  }

  async cancel(id: string): Promise<void> {
    this.#running.get(id)?.abort(new DOMException('It was cancelled', 'AbortError'));
  }

  /** Waits for a server before anything is known of the pack. */
  #patience(onProgress: (progress: PackProgress) => void): Patience {
    const nothing = { phase: 'download', doneBytes: 0, totalBytes: 0, bytesPerSecond: null } as const;
    return new Patience(this.#install.patience, (waiting) => onProgress({ ...nothing, waiting }));
  }

  async #cancellable<T>(id: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.#running.has(id)) {
      throw new AppError('ERR_INPUT_ARGUMENT', `${id} is running already`, { details: { argument: 'id' } });
    }
    const controller = new AbortController();
    this.#running.set(id, controller);
    try {
      return await work(controller.signal);
    } finally {
      this.#running.delete(id);
    }
  }

  async #bring(
    order: InstallOrder,
    onProgress: (progress: PackProgress) => void,
    signal: AbortSignal,
  ): Promise<KeptPack> {
    const root = await packsFolder(this.#root);
    await new Installation(root, order, this.#install, new Meter(this.#time, onProgress), signal).run();
    return this.#describe(await this.#kept(order.pack.id, order.pack.version));
  }

  /** @param validators read when a file is gone on with, and added to; not copied. */
  async #readerOf(origin: PackOrigin, validators: Record<string, string>): Promise<PackReader> {
    switch (origin.kind) {
      case 'folder':
        return folderReader(origin.files);
      case 'zip':
        return zipReader(origin.file);
      case 'url':
        return urlReader(origin.url, { time: this.#time, idleMs: this.#idleMs, validators });
    }
  }

  async #find(packId: string, version: string): Promise<KeptFolder | null> {
    return findKept(await packsFolder(this.#root), packId, version, this.#install.chunkBytes);
  }

  async #kept(packId: string, version: string): Promise<KeptFolder> {
    const kept = await this.#find(packId, version);
    if (kept !== null) return kept;
    throw new AppError('ERR_MODEL_MISSING', `nothing of ${packId} ${version} is kept`, {
      details: { pack: packId, version },
    });
  }

  #describe(kept: KeptFolder): Promise<KeptPack> {
    return describeKept(kept, this.#keys, this.#install.chunkBytes);
  }

  /** By the lengths on disk, without reading; an installation reads what is there before it counts on it. */
  async #haveBytes(pack: Pack, plan: readonly PlannedFile[]): Promise<number> {
    const root = await packsFolder(this.#root);
    const here = new Map<string, number>();
    for (const version of await versionsOf(root, pack.id)) {
      const folder = await findFolder(root, pack.id, version);
      const kept = folder === null ? null : await this.#find(pack.id, version);
      if (kept === null || (version !== pack.version && kept.state.state !== 'installed')) continue;
      for (const { path, sha256, bytes } of kept.plan) {
        const size = (await findFile(kept.folder, path))?.size ?? 0;
        const { chunkBytes } = this.#install;
        const whole = size >= bytes ? bytes : Math.floor(size / chunkBytes) * chunkBytes;
        if (version === pack.version || whole === bytes)
          here.set(sha256, Math.max(whole, here.get(sha256) ?? 0));
      }
    }
    return plan.reduce((sum, { sha256 }) => sum + (here.get(sha256) ?? 0), 0);
  }
}

const fromOf = (origin: PackOrigin): KeptState['from'] =>
  origin.kind === 'url' ? { kind: 'url', url: origin.url } : { kind: origin.kind };

const sameOrigin = (from: KeptState['from'], origin: PackOrigin): boolean =>
  origin.kind === 'url' && 'url' in from && from.url === origin.url;

/** Installs, verifies, repairs and removes packs; inside a worker, since only there files can be written in place. */
export function createPacks(options: PacksOptions = {}): PacksApi {
  return new Packs(options);
}
