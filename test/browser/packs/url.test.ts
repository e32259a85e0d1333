import { afterEach, describe, expect, test } from 'vitest';
import { commands } from 'vitest/browser';
import { startDownloadWorker } from '../../../src/app/packs-bridge.ts';
import { openInstalledPack } from '../../../src/platform/packs/opfs-source.ts';
import {
  ACCEPT,
  CHUNK,
  PACK_BYTES,
  SIZES,
  cleanUp,
  freshFolder,
  install,
  makePack,
  onDisk,
  serve,
  startPacks,
  watch,
} from './harness.ts';

afterEach(cleanUp);

/** All that comes when the weights stop after some chunks. */
const withChunks = (chunks: number): number => PACK_BYTES - SIZES.weights + chunks * CHUNK;
const WEIGHTS = 'weights/a.bin';

/** What comes of a call while every wait is over at once. */
async function ticking<T>(api: { tick(ms: number): Promise<void> }, call: Promise<T>): Promise<T> {
  let done = false;
  call.finally(() => (done = true)).catch(() => undefined);
  while (!done) await api.tick(10_000);
  return call;
}

/** Whatever went wrong, nothing but an installed pack can be opened. */
async function expectNotOffered(folder: string): Promise<void> {
  await expect(openInstalledPack('test-pack', null, { folder, chunkBytes: CHUNK })).rejects.toMatchObject({
    code: 'ERR_MODEL_MISSING',
  });
}

describe('from an address', () => {
  test('a real pack is installed by the application’s own worker and read back', async () => {
    const [server = ''] = await commands.packServers();
    const connection = startDownloadWorker();
    try {
      const url = `${server}repo/models/tiny/ltx/`;
      const offer = await connection.api.look({ kind: 'url', url });
      expect(offer).toMatchObject({ trust: 'unsigned', keyId: null, haveBytes: 0 });
      const phases = new Set<string>();
      const kept = await connection.api.install('a', { kind: 'url', url }, ACCEPT, (step) =>
        phases.add(step.phase),
      );
      expect(kept).toMatchObject({
        state: 'installed',
        trust: 'unsigned',
        from: { kind: 'url', url },
        damagedFiles: [],
      });
      expect(kept.haveBytes).toBe(kept.bytes);
      expect([...phases]).toEqual(expect.arrayContaining(['download', 'verify']));
      const pack = await openInstalledPack('tiny-ltx');
      for (const file of [
        ...pack.pack.files,
        ...pack.pack.graphs,
        ...pack.pack.graphs.flatMap((one) => one.shards),
      ]) {
        expect((await pack.read(file.file, file)).length).toBe(file.bytes);
        expect((await pack.blob(file.file)).size).toBe(file.bytes);
      }
      await expect(pack.blob('references/image.frames.bin')).rejects.toMatchObject({
        code: 'ERR_MODEL_MISSING',
      });
      expect((await connection.api.look({ kind: 'url', url })).haveBytes).toBeGreaterThan(1_000_000);
      expect(await connection.api.list()).toHaveLength(1);
    } finally {
      await connection.api.remove('tiny-ltx', '1.0.0');
      expect(await connection.api.list()).toEqual([]);
      connection.terminate();
    }
  });

  test('a cut connection goes on after the last whole chunk, and asks whether the file is the same', async () => {
    const site = await serve(await makePack());
    await site.misbehave({ path: WEIGHTS, stallAfter: 7 * CHUNK + 500 });
    const folder = freshFolder();
    const run = install(await startPacks(folder), site.origin);
    await run.reached(withChunks(7));
    await expectNotOffered(folder);
    await site.cut();
    expect(await run.result).toMatchObject({ state: 'installed' });
    expect(run.steps.some(({ waiting }) => waiting?.why === 'ERR_MODEL_UNREACHABLE')).toBe(true);
    const [first, second, ...more] = (await site.seen()).filter(({ path }) => path === WEIGHTS);
    expect(first).toMatchObject({ range: null });
    expect(second).toMatchObject({
      range: `bytes=${7 * CHUNK}-`,
      ifRange: expect.stringMatching(/^"/) as string,
    });
    expect(more).toEqual([]);
    expect(run.steps.at(-1)).toMatchObject({
      phase: 'verify',
      doneBytes: PACK_BYTES,
      totalBytes: PACK_BYTES,
    });
  });

  test('a silent connection is given up and asked again', async () => {
    const site = await serve(await makePack());
    await site.misbehave({ path: WEIGHTS, stallAfter: 3 * CHUNK });
    const connection = await startPacks(freshFolder(), [], { idleMs: 20_000_000 });
    const run = install(connection, site.origin);
    await run.reached(withChunks(3));
    await connection.api.tick(20_000_000);
    expect(await run.result).toMatchObject({ state: 'installed' });
    const ranges = (await site.seen()).filter(({ path }) => path === WEIGHTS).map(({ range }) => range);
    expect(ranges).toEqual([null, `bytes=${3 * CHUNK}-`]);
  });

  test.each([
    ['listed', WEIGHTS, withChunks(7), 7 * CHUNK + 500],
    ['unlisted', 'unlisted.bin', PACK_BYTES - SIZES.unlisted + 2 * CHUNK, 2 * CHUNK + 9],
  ])('a server without ranges costs time and no %s chunk', async (_, path, reached, stallAfter) => {
    const site = await serve(await makePack());
    await site.misbehave({ path, stallAfter, ignoreRange: true }, { path, ignoreRange: true, times: -1 });
    const run = install(await startPacks(freshFolder()), site.origin);
    await run.reached(reached);
    await site.cut();
    expect(await run.result).toMatchObject({ state: 'installed' });
    const loads = run.steps.filter(({ phase }) => phase === 'download').map(({ doneBytes }) => doneBytes);
    expect(loads).toEqual([...loads].sort((a, b) => a - b));
  });

  test.each([
    ['says so', { changeAfterwards: true }, WEIGHTS, 'ERR_MODEL_CHANGED'],
    ['says nothing', { spoilAfterwards: true }, WEIGHTS, 'ERR_MODEL_DAMAGED'],
    ['says so, of a file without chunks', { changeAfterwards: true }, 'unlisted.bin', 'ERR_MODEL_CHANGED'],
    [
      'says nothing, of a file without chunks',
      { spoilAfterwards: true },
      'unlisted.bin',
      'ERR_MODEL_DAMAGED',
    ],
  ])('a file that changes midway is refused, when the server %s', async (_, how, path, code) => {
    const site = await serve(await makePack());
    await site.misbehave({ path, stallAfter: 2 * CHUNK + 9, ...how });
    const folder = freshFolder();
    const connection = await startPacks(folder);
    const run = install(connection, site.origin);
    await run.reached(PACK_BYTES - (path === WEIGHTS ? SIZES.weights : SIZES.unlisted) + 2 * CHUNK);
    await site.cut();
    await expect(run.result).rejects.toMatchObject({ code, details: { file: path } });
    expect((await connection.api.list()).map(({ state }) => state)).toEqual(['partial']);
    await expectNotOffered(folder);
  });

  test('a file that only its ETag says to be another goes on', async () => {
    const site = await serve(await makePack());
    await site.misbehave(
      { path: WEIGHTS, stallAfter: 4 * CHUNK, headers: { etag: '"a"' } },
      { path: WEIGHTS, times: -1, headers: { etag: '"b"' } },
    );
    const run = install(await startPacks(freshFolder()), site.origin);
    await run.reached(withChunks(4));
    await site.cut();
    expect(await run.result).toMatchObject({ state: 'installed' });
  });

  test.each([
    ['a page instead of a file', { headers: { 'content-type': 'text/html' } }, 'ERR_MODEL_MISSING'],
    ['no such file', { status: 404 }, 'ERR_MODEL_MISSING'],
    ['a closed door', { status: 403 }, 'ERR_MODEL_MISSING'],
    ['too short a file', { lengthBy: -10 }, 'ERR_MODEL_DAMAGED'],
    ['too long a file', { lengthBy: 10 }, 'ERR_MODEL_DAMAGED'],
    ['a server that is down', { status: 503 }, 'ERR_MODEL_UNREACHABLE'],
    ['a server that hangs up', { cutAfter: 0 }, 'ERR_MODEL_UNREACHABLE'],
    [
      'a server that wants an hour',
      { status: 429, headers: { 'retry-after': '3600' } },
      'ERR_MODEL_UNREACHABLE',
    ],
  ])('%s is an error of its own', async (_, rule, code) => {
    const site = await serve(await makePack());
    await site.misbehave({ path: WEIGHTS, times: -1, ...rule });
    const folder = freshFolder();
    const connection = await startPacks(folder);
    const run = install(connection, site.origin);
    await expect(run.result).rejects.toMatchObject({ code, details: { file: WEIGHTS } });
    expect((await connection.api.list()).map(({ state }) => state)).toEqual(['partial']);
    await expectNotOffered(folder);
    const tries = (await site.seen()).filter(({ path }) => path === WEIGHTS).length;
    expect(tries).toBe(code === 'ERR_MODEL_UNREACHABLE' && !('headers' in rule) ? 7 : 1);
  });

  test.each([
    ['a page', { headers: { 'content-type': 'text/html' } }, 'ERR_MODEL_MISSING'],
    ['nothing', { status: 404 }, 'ERR_MODEL_MISSING'],
    ['an error', { status: 500 }, 'ERR_MODEL_UNREACHABLE'],
    ['something else', { status: 200, body: '{"format":' }, 'ERR_MODEL_DAMAGED'],
    ['another JSON', { status: 200, body: '{"format":2}' }, 'ERR_MODEL_DAMAGED'],
    ['a page that claims to be text', { status: 200, body: '<!doctype html>' }, 'ERR_MODEL_MISSING'],
  ])('%s in place of pack.json is seen before anything is kept', async (_, rule, code) => {
    const site = await serve(await makePack());
    await site.misbehave({ path: 'pack.json', times: -1, ...rule });
    const connection = await startPacks(freshFolder(), [], { idleMs: Number.MAX_SAFE_INTEGER });
    const { api } = connection;
    await expect(ticking(api, api.look(site.origin))).rejects.toMatchObject({ code });
    await expect(install(connection, site.origin).result).rejects.toMatchObject({ code });
    expect(await api.list()).toEqual([]);
  });

  test('a server that is down for a moment is waited for, before anything is known of the pack too', async () => {
    const site = await serve(await makePack());
    await site.misbehave({ path: 'pack.json', status: 503, times: 1 }, { path: 'pack.sig', cutAfter: 0 });
    const connection = await startPacks(freshFolder(), [], { idleMs: Number.MAX_SAFE_INTEGER });
    const { api } = connection;
    expect(await ticking(api, api.look(site.origin))).toMatchObject({ pack: { id: 'test-pack' } });
    await site.misbehave({ path: 'pack.json', status: 503, times: 2 });
    const run = install(connection, site.origin);
    expect(await run.result).toMatchObject({ state: 'installed' });
    const waits = run.steps.flatMap(({ waiting }) => (waiting === null ? [] : [waiting.tries]));
    expect(waits).toEqual([1, 2]);
  });

  test('a busy server gets the pause that it asks for', async () => {
    const site = await serve(await makePack());
    await site.misbehave({ path: WEIGHTS, status: 503, headers: { 'retry-after': '70' }, times: 2 });
    const run = install(await startPacks(freshFolder()), site.origin);
    expect(await run.result).toMatchObject({ state: 'installed' });
    const waits = run.steps.flatMap(({ waiting }) => (waiting === null ? [] : [waiting]));
    expect(waits.map(({ tries }) => tries)).toEqual([1, 2]);
    for (const { nextMs } of waits) expect(nextMs).toBeGreaterThanOrEqual(70_000);
  });

  test('a redirect is followed within the origin only', async () => {
    const files = await makePack();
    const [here, there] = [await serve(files), await serve(files)];
    const [, strange = ''] = await commands.packServers();
    const to = (location: string) => ({ path: WEIGHTS, status: 302, headers: { location }, times: -1 });
    await here.misbehave(to(`${there.url}${WEIGHTS}`));
    const first = await startPacks(freshFolder());
    expect(await install(first, here.origin).result).toMatchObject({ state: 'installed' });

    const away = await serve(files);
    await away.misbehave(to(`${strange}${new URL(there.url).pathname.slice(1)}${WEIGHTS}`));
    const folder = freshFolder();
    const second = await startPacks(folder);
    await expect(install(second, away.origin).result).rejects.toMatchObject({
      code: 'ERR_MODEL_UNSAFE',
      details: { file: WEIGHTS },
    });
    await expectNotOffered(folder);
  });

  test('a cancelled installation keeps its whole chunks, also after the tab is gone', async () => {
    const site = await serve(await makePack());
    await site.misbehave(
      { path: WEIGHTS, stallAfter: 5 * CHUNK + 1 },
      { path: WEIGHTS, stallAfter: 4 * CHUNK },
    );
    const folder = freshFolder();
    const first = await startPacks(folder);
    const run = install(first, site.origin, 'one');
    await run.reached(withChunks(5));
    await first.api.cancel('one');
    await expect(run.result).rejects.toMatchObject({ name: 'AbortError' });
    expect((await onDisk(folder, WEIGHTS))?.size).toBe(5 * CHUNK);
    const [kept] = await first.api.list();
    expect(kept).toMatchObject({ state: 'partial', installedAtMs: null });
    expect((await first.api.look(site.origin)).haveBytes).toBe(withChunks(5));
    await expectNotOffered(folder);

    const again = install(first, site.origin);
    await again.reached(withChunks(9));
    first.terminate();
    const third = await startPacks(folder);
    await navigator.locks.request(`stillwake-${folder}-test-pack`, () => undefined);
    expect((await third.api.list()).map(({ state }) => state)).toEqual(['partial']);
    await site.seen();
    expect(await install(third, site.origin).result).toMatchObject({ state: 'installed' });
    const left = await site.seen();
    expect(left).toEqual([
      { path: WEIGHTS, range: `bytes=${9 * CHUNK}-`, ifRange: expect.stringMatching(/^"/) as string },
    ]);
  });

  test('nothing is fetched before the licence is accepted', async () => {
    const site = await serve(await makePack());
    const connection = await startPacks(freshFolder());
    const run = watch(connection, (id, tell) =>
      connection.api.install(id, site.origin, { licence: false, untrusted: true }, tell),
    );
    await expect(run.result).rejects.toMatchObject({ code: 'ERR_INPUT_ARGUMENT' });
    expect(await site.seen()).toEqual([]);
    expect(await connection.api.list()).toEqual([]);
  });
});
