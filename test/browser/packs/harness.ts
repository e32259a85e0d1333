import { getPublicKeyAsync, signAsync } from '@noble/ed25519';
import { commands } from 'vitest/browser';
import type {
  KeptPack,
  PackKey,
  PackOrigin,
  PackProgress,
  PacksApi,
} from '../../../src/contracts/packs.api.ts';
import { sha256Hex } from '../../../src/platform/ort/pack-source.ts';
import { connectWorker, type WorkerConnection } from '../../../src/platform/thread/connect-worker.ts';

declare module 'vitest/browser' {
  interface BrowserCommands {
    packServers(): Promise<readonly string[]>;
  }
}

/** Bytes in a chunk of the tests' packs. */
export const CHUNK = 1024;

/** Settings of the worker that can be sent to it. */
export interface Setup {
  readonly folder: string;
  readonly chunkBytes: number;
  readonly marginBytes: number;
  readonly idleMs?: number;
}

/** {@link PacksApi} with a clock in the test's hand. */
export interface TestPacksApi extends PacksApi {
  setup(options: Setup, keys: readonly PackKey[]): Promise<void>;
  tick(ms: number): Promise<void>;
}

const open = new Set<WorkerConnection<TestPacksApi>>();
let serial = 0;

/** A folder that no test had before. */
export const freshFolder = (): string => `packs-test-${(serial += 1)}-${crypto.randomUUID().slice(0, 8)}`;

/** A worker as a tab would start it. */
export async function startPacks(
  folder: string,
  keys: readonly PackKey[] = [],
  more: Partial<Setup> = {},
): Promise<WorkerConnection<TestPacksApi>> {
  const connection = connectWorker<TestPacksApi>(
    () => new Worker(new URL('./pack.worker.ts', import.meta.url), { type: 'module' }),
  );
  open.add(connection);
  await connection.api.setup({ folder, chunkBytes: CHUNK, marginBytes: 0, ...more }, keys);
  return connection;
}

/** Ends all workers and takes away what they kept. */
export async function cleanUp(): Promise<void> {
  for (const connection of open) connection.terminate();
  open.clear();
  const root = await navigator.storage.getDirectory();
  for await (const name of root.keys()) {
    if (name.startsWith('packs-test-')) await root.removeEntry(name, { recursive: true });
  }
}

/** An installation that is watched: every wait is over at once, and each step can be awaited. */
export interface Watched {
  readonly result: Promise<KeptPack>;
  readonly steps: PackProgress[];
  /** Resolves when so many bytes have come. */
  reached(doneBytes: number): Promise<void>;
}

let runs = 0;

/** Runs a call with progress, waiting for nothing. */
export function watch(
  { api }: WorkerConnection<TestPacksApi>,
  call: (id: string, onProgress: (progress: PackProgress) => void) => Promise<KeptPack>,
  id = `run-${(runs += 1)}`,
): Watched {
  const steps: PackProgress[] = [];
  const waiters = new Set<() => void>();
  const result = call(id, (progress) => {
    steps.push(progress);
    if (progress.waiting !== null) void api.tick(progress.waiting.nextMs + 1).catch(() => undefined);
    for (const waiter of waiters) waiter();
  });
  // Whoever awaits the result gets the error; a test that cuts the worker doesn't.
  result.catch(() => undefined);
  return {
    result,
    steps,
    reached: (doneBytes) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!steps.some((step) => step.phase !== 'verify' && step.doneBytes >= doneBytes)) return;
          waiters.delete(look);
          resolve();
        };
        waiters.add(look);
        look();
      }),
  };
}

export const ACCEPT = { licence: true, untrusted: true } as const;

/** Installs with everything accepted. */
export const install = (
  connection: WorkerConnection<TestPacksApi>,
  origin: PackOrigin,
  id?: string,
): Watched => watch(connection, (name, tell) => connection.api.install(name, origin, ACCEPT, tell), id);

/** Bytes that follow from a number. */
export function noise(bytes: number, seed: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(bytes);
  let state = seed * 2_654_435_761 + 1;
  for (let index = 0; index < bytes; index += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    out[index] = state >>> 24;
  }
  return out;
}

export type Files = Map<string, Uint8Array<ArrayBuffer>>;

/** A pack as JSON, to be changed by a test before it is written. */
export interface RawPack {
  [key: string]: unknown;
  id: string;
  version: string;
  graphs: RawFile[];
  files: RawFile[];
}
export interface RawFile {
  [key: string]: unknown;
  file: string;
  sha256: string;
  bytes: number;
  chunks?: string[];
  shards?: RawFile[];
}

async function describe(
  file: string,
  bytes: Uint8Array<ArrayBuffer>,
  isListed: boolean,
  chunk: number,
): Promise<RawFile> {
  const chunks: string[] = [];
  for (let at = 0; at < bytes.length; at += chunk) chunks.push(await sha256Hex(bytes.slice(at, at + chunk)));
  return { file, sha256: await sha256Hex(bytes), bytes: bytes.length, ...(isListed ? { chunks } : {}) };
}

/** Lengths of {@link makePack}'s files: the graph, its weights in 20 chunks, one without a list, a small one. */
export const SIZES = { graph: 3_000, weights: 20 * CHUNK - 100, unlisted: 5_000, small: 100 } as const;
export const PACK_BYTES = SIZES.graph + SIZES.weights + SIZES.unlisted + SIZES.small;

/** A small pack with every kind of file. */
export async function makePack(
  options: {
    id?: string;
    version?: string;
    seed?: number;
    weights?: Uint8Array<ArrayBuffer>;
    chunk?: number;
    change?: (raw: RawPack) => void;
  } = {},
): Promise<Files> {
  const { seed = 1, chunk = CHUNK } = options;
  const files: Files = new Map([
    ['net.onnx', noise(SIZES.graph, seed)],
    ['weights/a.bin', options.weights ?? noise(SIZES.weights, 77)],
    ['unlisted.bin', noise(SIZES.unlisted, seed + 2)],
    ['small.bin', noise(SIZES.small, seed + 3)],
  ]);
  const of = async (path: string, isListed: boolean): Promise<RawFile> =>
    describe(path, files.get(path) ?? new Uint8Array(), isListed, chunk);
  const tensor = { name: 'x', type: 'float32', shape: [1] };
  const raw: RawPack = {
    format: 1,
    id: options.id ?? 'test-pack',
    version: options.version ?? '1.0.0',
    engine: 'flow',
    title: 'A pack of a test',
    licence: { spdx: 'CC0-1.0', text: 'Do as you like.' },
    source: 'a test',
    tier: 'standard',
    graphs: [
      {
        id: 'net',
        ...(await of('net.onnx', true)),
        opset: 18,
        dtype: 'fp32',
        inputs: [tensor],
        outputs: [tensor],
        shards: [{ ...(await of('weights/a.bin', true)), path: 'a.bin' }],
        licence: 'CC0-1.0',
        source: 'a test',
      },
    ],
    files: [
      { id: 'unlisted', ...(await of('unlisted.bin', false)) },
      { id: 'small', ...(await of('small.bin', false)) },
    ],
    constants: {},
    limits: {},
  };
  options.change?.(raw);
  files.set('pack.json', new TextEncoder().encode(JSON.stringify(raw, null, 2)));
  return files;
}

const base64url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');

/** A key pair from a number. */
export async function makeKey(keyId: string, seed: number): Promise<{ pinned: PackKey; secret: Uint8Array }> {
  const secret = noise(32, seed);
  return { secret, pinned: { keyId, publicKey: base64url(await getPublicKeyAsync(secret)) } };
}

/** Adds `pack.sig`. */
export async function sign(files: Files, keyId: string, secret: Uint8Array): Promise<void> {
  const value = base64url(await signAsync(files.get('pack.json') ?? new Uint8Array(), secret));
  files.set('pack.sig', new TextEncoder().encode(JSON.stringify({ algorithm: 'ed25519', keyId, value })));
}

/** A site of the tests' server, with a pack's files on it. */
export interface Site {
  readonly url: string;
  readonly origin: PackOrigin;
  put(files: Files): Promise<void>;
  misbehave(...rules: readonly Record<string, unknown>[]): Promise<void>;
  /** Ends the connections that were left hanging. */
  cut(): Promise<void>;
  /** What was asked for since the last time, `pack.json` and its signature left out. */
  seen(): Promise<{ path: string; range: string | null; ifRange: string | null }[]>;
}

/** Puts a pack onto a server. */
export async function serve(files: Files): Promise<Site> {
  const [server = ''] = await commands.packServers();
  const url = `${server}site-${crypto.randomUUID()}/`;
  const site: Site = {
    url,
    origin: { kind: 'url', url },
    async put(more) {
      for (const [path, body] of more) await fetch(url + path, { method: 'PUT', body });
    },
    async misbehave(...rules) {
      await fetch(`${url}!mischief`, { method: 'POST', body: JSON.stringify(rules) });
    },
    async cut() {
      await fetch(`${url}!cut`);
    },
    async seen() {
      const all = (await (await fetch(`${url}!seen`)).json()) as Awaited<ReturnType<Site['seen']>>;
      return all.filter(({ path }) => !path.startsWith('pack.'));
    },
  };
  await site.put(files);
  return site;
}

/** The files as a chosen folder. */
export const folderOf = (files: Files, below = ''): PackOrigin => ({
  kind: 'folder',
  files: [...files].map(([path, bytes]) => ({
    path: below + path,
    file: new File([bytes], path.split('/').at(-1) ?? ''),
  })),
});

/** What lies in a pack's folder on disk; null where there is none. */
export async function onDisk(
  folder: string,
  path: string,
  pack = 'test-pack',
  version = '1.0.0',
): Promise<File | null> {
  try {
    let at = await navigator.storage.getDirectory();
    const segments = [folder, pack, version, ...path.split('/')];
    const name = segments.pop() ?? '';
    for (const segment of segments) at = await at.getDirectoryHandle(segment);
    return await (await at.getFileHandle(name)).getFile();
  } catch {
    return null;
  }
}

/** Writes into a pack's file behind the worker's back; null takes the file away. */
export async function harm(folder: string, path: string, at: number | null): Promise<void> {
  let parent = await navigator.storage.getDirectory();
  const segments = [folder, 'test-pack', '1.0.0', ...path.split('/')];
  const name = segments.pop() ?? '';
  for (const segment of segments) parent = await parent.getDirectoryHandle(segment);
  if (at === null) return parent.removeEntry(name);
  const handle = await parent.getFileHandle(name);
  const old = new Uint8Array(await (await handle.getFile()).arrayBuffer());
  const stream = await handle.createWritable({ keepExistingData: true });
  await stream.write({ type: 'write', position: at, data: new Uint8Array([(old[at] ?? 0) ^ 1]) });
  await stream.close();
}
