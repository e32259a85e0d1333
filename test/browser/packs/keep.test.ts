import { afterEach, describe, expect, test } from 'vitest';
import type { PackOrigin } from '../../../src/contracts/packs.api.ts';
import { openInstalledPack } from '../../../src/platform/packs/opfs-source.ts';
import {
  ACCEPT,
  CHUNK,
  PACK_BYTES,
  SIZES,
  cleanUp,
  folderOf,
  freshFolder,
  harm,
  install,
  makeKey,
  makePack,
  noise,
  onDisk,
  serve,
  sign,
  startPacks,
  watch,
} from './harness.ts';

afterEach(cleanUp);

const WEIGHTS = 'weights/a.bin';
const quiet = (): void => undefined;
const opened = (folder: string, version: string | null = null) =>
  openInstalledPack('test-pack', version, { folder, chunkBytes: CHUNK });

describe('a signature', () => {
  test('of a pinned key makes a pack trusted, also after a reload', async () => {
    const [files, key] = [await makePack(), await makeKey('stillwake-1', 5)];
    await sign(files, 'stillwake-1', key.secret);
    const site = await serve(files);
    const folder = freshFolder();
    const { api } = await startPacks(folder, [key.pinned]);
    expect(await api.look(site.origin)).toMatchObject({ trust: 'trusted', keyId: 'stillwake-1' });
    const accept = { licence: true, untrusted: false };
    const kept = await api.install('a', site.origin, accept, quiet);
    expect(kept).toMatchObject({ state: 'installed', trust: 'trusted', keyId: 'stillwake-1' });
    const later = await startPacks(folder, [key.pinned]);
    expect(await later.api.list()).toEqual([kept]);
    const without = await startPacks(folder);
    expect(await without.api.list()).toMatchObject([{ trust: 'unknown-key', keyId: 'stillwake-1' }]);
  });

  test.each(['unsigned', 'unknown-key'])('that is missing or strange (%s) needs a yes', async (trust) => {
    const [files, key, strange] = [await makePack(), await makeKey('stillwake-1', 5), await makeKey('x', 6)];
    if (trust === 'unknown-key') await sign(files, 'somebody', strange.secret);
    const site = await serve(files);
    const { api } = await startPacks(freshFolder(), [key.pinned]);
    expect(await api.look(site.origin)).toMatchObject({ trust });
    const accept = { licence: true, untrusted: false };
    await expect(api.install('a', site.origin, accept, quiet)).rejects.toMatchObject({
      code: 'ERR_MODEL_SIGNATURE',
      details: { trust },
    });
    expect(await api.list()).toEqual([]);
    expect(await site.seen()).toEqual([]);
    expect(await api.install('a', site.origin, ACCEPT, quiet)).toMatchObject({ state: 'installed', trust });
  });

  test('of a pinned key that does not hold is refused, whatever is accepted', async () => {
    const [files, key, thief] = [await makePack(), await makeKey('stillwake-1', 5), await makeKey('x', 6)];
    const { api } = await startPacks(freshFolder(), [key.pinned]);
    const expectRefused = async (origin: PackOrigin): Promise<void> => {
      await expect(api.look(origin)).rejects.toMatchObject({ code: 'ERR_MODEL_SIGNATURE' });
      await expect(api.install('a', origin, ACCEPT, quiet)).rejects.toMatchObject({
        code: 'ERR_MODEL_SIGNATURE',
      });
      expect(await api.list()).toEqual([]);
    };
    await sign(files, 'stillwake-1', thief.secret);
    await expectRefused(folderOf(files));
    await sign(files, 'stillwake-1', key.secret);
    files.set('pack.json', new TextEncoder().encode(`${new TextDecoder().decode(files.get('pack.json'))} `));
    await expectRefused(folderOf(files));
    files.set('pack.sig', new TextEncoder().encode('{"algorithm":"none"}'));
    await expectRefused(folderOf(files));
    files.set('pack.sig', new TextEncoder().encode('not JSON'));
    await expectRefused(folderOf(files));
  });
});

describe('what is kept', () => {
  test('is read again, and a spoiled chunk alone is fetched again', async () => {
    const site = await serve(await makePack());
    const folder = freshFolder();
    const connection = await startPacks(folder);
    const { api } = connection;
    await install(connection, site.origin).result;
    expect(await api.verify('v', 'test-pack', '1.0.0', quiet)).toMatchObject({
      state: 'installed',
      damagedFiles: [],
    });

    await harm(folder, WEIGHTS, 9 * CHUNK + 5);
    await harm(folder, 'unlisted.bin', 1);
    await harm(folder, 'pack.json', 3);
    const run = watch(connection, (id, tell) => api.verify(id, 'test-pack', '1.0.0', tell));
    const damaged = ['pack.json', 'unlisted.bin', WEIGHTS];
    expect(await run.result).toMatchObject({ state: 'damaged', damagedFiles: damaged });
    expect(run.steps.at(-1)).toMatchObject({
      phase: 'verify',
      doneBytes: PACK_BYTES,
      totalBytes: PACK_BYTES,
    });
    expect(await api.list()).toMatchObject([{ state: 'damaged', damagedFiles: damaged }]);
    await expect(opened(folder)).rejects.toMatchObject({ code: 'ERR_MODEL_MISSING' });

    await site.seen();
    expect(await api.repair('r', 'test-pack', '1.0.0', null, quiet)).toMatchObject({
      state: 'installed',
      damagedFiles: [],
    });
    const asked = (await site.seen()).map(({ path, range }) => [path, range]);
    expect(asked.sort()).toEqual([
      ['unlisted.bin', null],
      [WEIGHTS, `bytes=${9 * CHUNK}-${10 * CHUNK - 1}`],
    ]);
    expect(await api.verify('v', 'test-pack', '1.0.0', quiet)).toMatchObject({ state: 'installed' });
    expect((await (await opened(folder)).blob(WEIGHTS)).size).toBe(SIZES.weights);
  });

  test('shows a file that is gone without being read, and gets it back', async () => {
    const files = await makePack();
    const folder = freshFolder();
    const { api } = await startPacks(folder);
    await api.install('a', folderOf(files), ACCEPT, quiet);
    const pack = await opened(folder);
    await harm(folder, WEIGHTS, null);
    await expect(pack.blob(WEIGHTS)).rejects.toMatchObject({ code: 'ERR_MODEL_MISSING' });
    expect(await api.list()).toMatchObject([{ state: 'damaged', damagedFiles: [WEIGHTS] }]);
    await expect(api.repair('r', 'test-pack', '1.0.0', null, quiet)).rejects.toMatchObject({
      code: 'ERR_MODEL_MISSING',
    });
    expect(await api.repair('r', 'test-pack', '1.0.0', folderOf(files), quiet)).toMatchObject({
      state: 'installed',
    });
  });

  test('is not repaired with another pack', async () => {
    const folder = freshFolder();
    const { api } = await startPacks(folder);
    await api.install('a', folderOf(await makePack()), ACCEPT, quiet);
    const other = folderOf(await makePack({ seed: 40 }));
    await expect(api.repair('r', 'test-pack', '1.0.0', other, quiet)).rejects.toMatchObject({
      code: 'ERR_MODEL_CHANGED',
    });
    expect(await api.list()).toMatchObject([{ state: 'installed' }]);
  });

  test('is replaced by a newer version once that is whole; equal files are not fetched', async () => {
    const folder = freshFolder();
    const connection = await startPacks(folder);
    const { api } = connection;
    await api.install('a', folderOf(await makePack()), ACCEPT, quiet);
    const site = await serve(await makePack({ version: '1.1.0', seed: 30 }));
    expect((await api.look(site.origin)).haveBytes).toBe(SIZES.weights);
    await site.misbehave({ path: 'net.onnx', status: 404 });
    await expect(install(connection, site.origin).result).rejects.toMatchObject({
      code: 'ERR_MODEL_MISSING',
    });
    expect((await api.list()).map(({ pack, state }) => [pack.version, state])).toEqual([
      ['1.0.0', 'installed'],
      ['1.1.0', 'partial'],
    ]);
    expect((await opened(folder)).pack.version).toBe('1.0.0');
    expect(await install(connection, site.origin).result).toMatchObject({ state: 'installed' });
    expect((await site.seen()).some(({ path }) => path === WEIGHTS)).toBe(false);
    expect((await api.list()).map(({ pack, state }) => [pack.version, state])).toEqual([
      ['1.1.0', 'installed'],
    ]);
    expect(await onDisk(folder, 'net.onnx')).toBeNull();
    expect((await opened(folder)).pack.version).toBe('1.1.0');
  });

  test('is no longer offered while another pack of the same version takes its place', async () => {
    const folder = freshFolder();
    const connection = await startPacks(folder);
    await connection.api.install('a', folderOf(await makePack()), ACCEPT, quiet);
    const site = await serve(await makePack({ seed: 50 }));
    await site.misbehave({ path: 'net.onnx', status: 404 });
    await expect(install(connection, site.origin).result).rejects.toMatchObject({
      code: 'ERR_MODEL_MISSING',
    });
    await expect(opened(folder)).rejects.toMatchObject({ code: 'ERR_MODEL_MISSING' });
    expect(await install(connection, site.origin).result).toMatchObject({ state: 'installed' });
  });

  test('is deleted, whole or partial, and what was never there is fine', async () => {
    const folder = freshFolder();
    const { api } = await startPacks(folder);
    await api.install('a', folderOf(await makePack()), ACCEPT, quiet);
    await api.remove('test-pack', '1.0.0');
    await api.remove('test-pack', '1.0.0');
    await api.remove('../elsewhere', '..');
    expect(await api.list()).toEqual([]);
    expect(await onDisk(folder, 'pack.json')).toBeNull();
    await expect(api.verify('v', 'test-pack', '1.0.0', quiet)).rejects.toMatchObject({
      code: 'ERR_MODEL_MISSING',
    });
  });

  test('a torn or missing note leaves the pack partial, and installing goes on from the files', async () => {
    const site = await serve(await makePack());
    const folder = freshFolder();
    const connection = await startPacks(folder);
    await install(connection, site.origin).result;
    for (const slot of ['~state.0.json', '~state.1.json']) {
      if ((await onDisk(folder, slot)) !== null) await harm(folder, slot, 0);
    }
    expect(await connection.api.list()).toMatchObject([{ state: 'partial' }]);
    await expect(opened(folder)).rejects.toMatchObject({ code: 'ERR_MODEL_MISSING' });
    await site.seen();
    expect(await install(connection, site.origin).result).toMatchObject({ state: 'installed' });
    expect(await site.seen()).toEqual([]);
  });
});

describe('a tab that is killed', () => {
  test('at any step leaves nothing half installed, and the next one goes on', async () => {
    const site = await serve(await makePack());
    const whole = install(await startPacks(freshFolder()), site.origin);
    await whole.result;
    const folder = freshFolder();
    const killedAt: number[] = [];
    for (let step = 1; step < whole.steps.length; step += 6) {
      const tab = await startPacks(folder);
      let seen = 0;
      const run = watch(tab, (id, tell) =>
        tab.api.install(id, site.origin, ACCEPT, (progress) => {
          tell(progress);
          if ((seen += 1) === step) tab.terminate();
        }),
      );
      const end = await run.result.catch((cause: unknown) => cause);
      if (tab.lost) killedAt.push(step);
      // A lock that a dead worker held falls free a moment later.
      await navigator.locks.request(`stillwake-${folder}-test-pack`, () => undefined);
      const pack = await opened(folder).catch((cause: unknown) => cause);
      if (pack instanceof Error) {
        expect(pack).toMatchObject({ code: 'ERR_MODEL_MISSING' });
        expect(end).toMatchObject({ code: 'ERR_WORKER_TERMINATED' });
      } else {
        const reader = await startPacks(folder);
        expect(await reader.api.verify('v', 'test-pack', '1.0.0', quiet)).toMatchObject({
          state: 'installed',
        });
      }
    }
    expect(killedAt.length).toBeGreaterThan(3);
    expect(await install(await startPacks(folder), site.origin).result).toMatchObject({ state: 'installed' });
  });
});

describe('two tabs', () => {
  test('one installs and the other is told so; then it finds the pack', async () => {
    const site = await serve(await makePack());
    await site.misbehave({ path: WEIGHTS, stallAfter: 2 * CHUNK });
    const folder = freshFolder();
    const [one, two] = [await startPacks(folder), await startPacks(folder)];
    const run = install(one, site.origin);
    await run.reached(PACK_BYTES - SIZES.weights + 2 * CHUNK);
    const busy = { code: 'ERR_MODEL_BUSY', retryable: true };
    await expect(install(two, site.origin).result).rejects.toMatchObject(busy);
    await expect(two.api.remove('test-pack', '1.0.0')).rejects.toMatchObject(busy);
    await expect(two.api.verify('v', 'test-pack', '1.0.0', quiet)).rejects.toMatchObject(busy);
    await expect(two.api.repair('r', 'test-pack', '1.0.0', null, quiet)).rejects.toMatchObject(busy);
    expect(await two.api.list()).toMatchObject([{ state: 'partial' }]);
    const other = await makePack({ id: 'other-pack' });
    expect(await two.api.install('o', folderOf(other), ACCEPT, quiet)).toMatchObject({ state: 'installed' });
    await site.cut();
    expect(await run.result).toMatchObject({ state: 'installed' });
    await site.seen();
    expect(await install(two, site.origin).result).toMatchObject({ state: 'installed' });
    expect(await site.seen()).toEqual([]);
  });

  test('that begin at the same moment end with one whole pack', async () => {
    const site = await serve(await makePack({ weights: noise(SIZES.weights, 8) }));
    const folder = freshFolder();
    const tabs = [await startPacks(folder), await startPacks(folder), await startPacks(folder)];
    const ends = await Promise.allSettled(tabs.map((tab) => install(tab, site.origin).result));
    expect(ends.some(({ status }) => status === 'fulfilled')).toBe(true);
    for (const end of ends) {
      if (end.status === 'rejected') expect(end.reason).toMatchObject({ code: 'ERR_MODEL_BUSY' });
      else expect(end.value).toMatchObject({ state: 'installed' });
    }
    const [tab] = tabs;
    expect(await tab?.api.verify('v', 'test-pack', '1.0.0', quiet)).toMatchObject({ state: 'installed' });
  });
});
