import { afterEach, describe, expect, test } from 'vitest';
import type { PackOrigin } from '../../../src/contracts/packs.api.ts';
import { openInstalledPack } from '../../../src/platform/packs/opfs-source.ts';
import {
  ACCEPT,
  CHUNK,
  SIZES,
  cleanUp,
  folderOf,
  freshFolder,
  install,
  makePack,
  noise,
  onDisk,
  startPacks,
  type Files,
  type RawPack,
} from './harness.ts';
import { entriesOf, writeZip, type Entry } from './zip.ts';

afterEach(cleanUp);

const zip = async (entries: readonly Entry[]): Promise<PackOrigin> => ({
  kind: 'zip',
  file: await writeZip(entries),
});
const WEIGHTS = 'weights/a.bin';
const other = new Uint8Array([1, 2, 3]);

async function expectRefused(origin: PackOrigin, code: string, file?: string): Promise<void> {
  const folder = freshFolder();
  const connection = await startPacks(folder);
  await expect(install(connection, origin).result).rejects.toMatchObject({
    code,
    ...(file === undefined ? {} : { details: { file } }),
  });
  for (const { state } of await connection.api.list()) expect(state).toBe('partial');
  await expect(openInstalledPack('test-pack', null, { folder, chunkBytes: CHUNK })).rejects.toMatchObject({
    code: 'ERR_MODEL_MISSING',
  });
}

describe('a folder or an archive', () => {
  test.each([
    ['a folder', (files: Files) => Promise.resolve(folderOf(files)), 'folder'],
    ['a folder in a folder', (files: Files) => Promise.resolve(folderOf(files, 'my pack/')), 'folder'],
    ['an archive', (files: Files) => zip(entriesOf(files)), 'zip'],
    [
      'an archive that packs nothing',
      (files: Files) => zip([...files].map(([name, bytes]) => ({ name, bytes }))),
      'zip',
    ],
    [
      'an archive of a folder, with what a system adds',
      (files: Files) => zip([...entriesOf(files, 'pack/'), { name: '__MACOSX/._pack', bytes: other }]),
      'zip',
    ],
  ] as const)('%s is installed to the byte', async (_, origin, kind) => {
    const files = await makePack();
    const folder = freshFolder();
    const connection = await startPacks(folder);
    const from = await origin(files);
    expect(await connection.api.look(from)).toMatchObject({ pack: { id: 'test-pack' }, haveBytes: 0 });
    const run = install(connection, from);
    expect(await run.result).toMatchObject({ state: 'installed', from: { kind } });
    expect(run.steps.some(({ phase }) => phase === 'copy')).toBe(true);
    for (const [path, bytes] of files) {
      expect(
        new Uint8Array((await (await onDisk(folder, path))?.arrayBuffer()) ?? new ArrayBuffer()),
      ).toEqual(bytes);
    }
  });

  test('what an archive holds besides the pack is never unpacked', async () => {
    const files = await makePack();
    const folder = freshFolder();
    const from = await zip([...entriesOf(files), { name: 'weights/more.bin', bytes: other }]);
    await install(await startPacks(folder), from).result;
    expect(await onDisk(folder, 'weights/more.bin')).toBeNull();
  });

  test.each([
    ['climbs', '../escaped.bin'],
    ['climbs from within', 'weights/../../escaped.bin'],
    ['is absolute', '/etc/escaped.bin'],
    ['names a drive', 'C:/escaped.bin'],
    ['has a backslash', 'weights\\escaped.bin'],
    ['climbs with backslashes', '..\\escaped.bin'],
    ['comes twice', WEIGHTS],
    ['differs only in case', 'Weights/A.BIN'],
    ['has an empty part', 'weights//escaped.bin'],
  ])('an archive with a path that %s is refused as a whole', async (_, name) => {
    await expectRefused(
      await zip([...entriesOf(await makePack()), { name, bytes: other }]),
      'ERR_MODEL_UNSAFE',
    );
  });

  test.each(['../escaped.bin', '/escaped.bin', 'weights\\escaped.bin', WEIGHTS, 'SMALL.bin'])(
    'a folder with a file called %s is refused',
    async (path) => {
      const from = folderOf(await makePack());
      if (from.kind !== 'folder') throw new TypeError('not a folder');
      await expectRefused(
        { kind: 'folder', files: [...from.files, { path, file: new File([other], 'x') }] },
        'ERR_MODEL_UNSAFE',
      );
    },
  );

  const replaced = async (change: (entry: Entry) => Entry): Promise<PackOrigin> =>
    zip(entriesOf(await makePack()).map((entry) => (entry.name === WEIGHTS ? change(entry) : entry)));

  test('a bomb is stopped at the size that the pack gives the file', async () => {
    const bomb = new Uint8Array(4_000_000);
    await expectRefused(
      await replaced((entry) => ({ ...entry, bytes: bomb, says: SIZES.weights })),
      'ERR_MODEL_UNSAFE',
      WEIGHTS,
    );
    await expectRefused(await replaced((entry) => ({ ...entry, bytes: bomb })), 'ERR_MODEL_DAMAGED', WEIGHTS);
  });

  test('a bomb in place of pack.json is stopped too', async () => {
    const bytes = new TextEncoder().encode(' '.repeat(20_000_000));
    await expectRefused(
      await zip([{ name: 'pack.json', bytes, deflate: true }]),
      'ERR_MODEL_UNSAFE',
      'pack.json',
    );
    await expectRefused(
      await zip([{ name: 'pack.json', bytes, deflate: true, says: 100 }]),
      'ERR_MODEL_UNSAFE',
      'pack.json',
    );
  });

  test('an entry that is shorter than it says, encrypted, wrong or missing is an error of its own', async () => {
    await expectRefused(
      await replaced((entry) => ({ ...entry, bytes: entry.bytes.slice(0, 500), says: SIZES.weights })),
      'ERR_MODEL_UNSAFE',
      WEIGHTS,
    );
    await expectRefused(
      await replaced((entry) => ({ ...entry, encrypted: true })),
      'ERR_MODEL_UNSAFE',
      WEIGHTS,
    );
    await expectRefused(
      await replaced((entry) => ({ ...entry, bytes: noise(SIZES.weights, 9) })),
      'ERR_MODEL_DAMAGED',
      WEIGHTS,
    );
    const without = entriesOf(await makePack()).filter(({ name }) => name !== WEIGHTS);
    await expectRefused(await zip(without), 'ERR_MODEL_MISSING', WEIGHTS);
  });

  test('what is no archive, is cut short, or holds no pack is refused', async () => {
    const whole = await writeZip(entriesOf(await makePack()));
    await expectRefused({ kind: 'zip', file: new File([noise(5_000, 3)], 'x.zip') }, 'ERR_MODEL_DAMAGED');
    await expectRefused(
      { kind: 'zip', file: new File([whole.slice(0, whole.size - 200)], 'x.zip') },
      'ERR_MODEL_DAMAGED',
    );
    await expectRefused(await zip([{ name: 'readme.txt', bytes: other }]), 'ERR_MODEL_MISSING');
    await expectRefused(
      await zip([...entriesOf(await makePack(), 'a/'), ...entriesOf(await makePack(), 'b/')]),
      'ERR_MODEL_MISSING',
    );
    await expectRefused({ kind: 'folder', files: [] }, 'ERR_MODEL_MISSING');
  });

  test('a folder with a missing, shorter or other file is an error of its own', async () => {
    const files = await makePack();
    const but = (bytes: Uint8Array<ArrayBuffer> | null): PackOrigin => {
      const changed = new Map(files);
      if (bytes === null) changed.delete(WEIGHTS);
      else changed.set(WEIGHTS, bytes);
      return folderOf(changed);
    };
    await expectRefused(but(null), 'ERR_MODEL_MISSING', WEIGHTS);
    await expectRefused(but(noise(900, 1)), 'ERR_MODEL_DAMAGED', WEIGHTS);
    await expectRefused(but(noise(SIZES.weights, 5)), 'ERR_MODEL_DAMAGED', WEIGHTS);
  });

  const spoil = (
    file: (raw: RawPack) => Record<string, unknown> | undefined,
    change: Record<string, unknown>,
  ) => {
    return (raw: RawPack): void => {
      Object.assign(file(raw) ?? {}, change);
    };
  };
  const graph = (raw: RawPack) => raw.graphs[0];
  const shard = (raw: RawPack) => raw.graphs[0]?.shards?.[0];
  const small = (raw: RawPack) => raw.files[1];
  const hash = 'a'.repeat(64);
  test.each([
    ['a wrong hash of a small file', spoil(small, { sha256: hash }), 'ERR_MODEL_DAMAGED'],
    ['a wrong hash over right chunks', spoil(shard, { sha256: hash }), 'ERR_MODEL_DAMAGED'],
    ['a wrong chunk', spoil(shard, { chunks: Array.from({ length: 20 }, () => hash) }), 'ERR_MODEL_DAMAGED'],
    ['too few chunks', spoil(shard, { chunks: [hash] }), 'ERR_MODEL_DAMAGED'],
    ['a wrong length', spoil(small, { bytes: 99 }), 'ERR_MODEL_DAMAGED'],
    ['a path that climbs', spoil(graph, { file: '../net.onnx' }), 'ERR_MODEL_UNSAFE'],
    ['an absolute path', spoil(shard, { file: '/net.bin' }), 'ERR_MODEL_UNSAFE'],
    ['a path with a backslash', spoil(small, { file: 'a\\b' }), 'ERR_MODEL_UNSAFE'],
    ['names that differ in case', spoil(small, { file: 'NET.onnx' }), 'ERR_MODEL_UNSAFE'],
    ['the name of pack.json', spoil(small, { file: 'pack.json' }), 'ERR_MODEL_UNSAFE'],
    ['a file that is a folder too', spoil(small, { file: 'weights' }), 'ERR_MODEL_UNSAFE'],
    ['one name for two files', spoil(small, { file: 'net.onnx' }), 'ERR_MODEL_DAMAGED'],
    ['an id that climbs', spoil((raw) => raw, { id: '..' }), 'ERR_MODEL_DAMAGED'],
    ['a version that climbs', spoil((raw) => raw, { version: '../1.0.0' }), 'ERR_MODEL_DAMAGED'],
  ])('a pack.json with %s is refused', async (_, change, code) => {
    await expectRefused(folderOf(await makePack({ change })), code);
  });

  test('going on from an archive that was chosen again unpacks what is missing only', async () => {
    const files = await makePack();
    const folder = freshFolder();
    const { api } = await startPacks(folder);
    const short = new Map(files);
    short.set(
      WEIGHTS,
      noise(SIZES.weights, 77).map((byte, index) => (index < 6 * CHUNK ? byte : byte ^ 1)),
    );
    await expect(
      api.install('a', await zip(entriesOf(short)), ACCEPT, () => undefined),
    ).rejects.toMatchObject({
      code: 'ERR_MODEL_DAMAGED',
    });
    expect((await onDisk(folder, WEIGHTS))?.size).toBe(6 * CHUNK);
    expect(await api.install('b', await zip(entriesOf(files)), ACCEPT, () => undefined)).toMatchObject({
      state: 'installed',
    });
  });
});
