import { afterEach, describe, expect, test } from 'vitest';
import { setQuota } from '../store/quota.ts';
import { openInstalledPack } from '../../../src/platform/packs/opfs-source.ts';
import {
  ACCEPT,
  SIZES,
  cleanUp,
  folderOf,
  freshFolder,
  install,
  makePack,
  noise,
  onDisk,
  serve,
  startPacks,
} from './harness.ts';

afterEach(async () => {
  await setQuota(null);
  await cleanUp();
});

const MIB = 2 ** 20;

describe('a disk without room', () => {
  test('is found before a byte is written', async () => {
    const folder = freshFolder();
    // More than any disk has: browsers tell a page of a quota when they like, and in round numbers.
    const marginBytes = 2 ** 52;
    const { api } = await startPacks(folder, [], { marginBytes });
    const from = folderOf(await makePack());
    const error: unknown = await api
      .install('a', from, ACCEPT, () => undefined)
      .catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: 'ERR_STORE_QUOTA', retryable: true });
    const bytes = SIZES.graph + SIZES.weights + SIZES.unlisted + SIZES.small;
    expect(error).toHaveProperty('details.needBytes', bytes + marginBytes);
    expect(error).toHaveProperty('details.freeBytes', expect.any(Number));
    expect(await api.list()).toEqual([]);
    expect(await onDisk(folder, 'pack.json')).toBeNull();
  });

  test('that is full at the end keeps what is there and goes on when there is room again', async () => {
    const chunk = MIB;
    const weights = noise(12 * MIB, 3);
    const site = await serve(await makePack({ weights, chunk }));
    await site.misbehave({ path: 'weights/a.bin', stallAfter: 11 * MIB + 5 });
    const folder = freshFolder();
    const connection = await startPacks(folder, [], { chunkBytes: chunk });
    const run = install(connection, site.origin);
    await run.reached(11 * MIB + SIZES.graph + SIZES.unlisted + SIZES.small);
    await setQuota(1);
    await site.cut();
    await expect(run.result).rejects.toMatchObject({ code: 'ERR_STORE_QUOTA', retryable: true });
    await setQuota(null);
    expect(await connection.api.list()).toMatchObject([{ state: 'partial' }]);
    await expect(openInstalledPack('test-pack', null, { folder, chunkBytes: chunk })).rejects.toMatchObject({
      code: 'ERR_MODEL_MISSING',
    });
    await site.seen();
    expect(await install(connection, site.origin).result).toMatchObject({ state: 'installed' });
    expect((await site.seen()).map(({ path, range }) => [path, range])).toEqual([
      ['weights/a.bin', `bytes=${11 * MIB}-`],
    ]);
  });
});
