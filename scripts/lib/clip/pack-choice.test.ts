import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findPack, readPackChoice } from './pack-choice.ts';

describe('readPackChoice', () => {
  test.each([
    [undefined, { kind: 'portrait' }],
    ['portrait', { kind: 'portrait' }],
    ['tiny-ltx', { kind: 'name', name: 'tiny-ltx', path: '/me/tiny-ltx' }],
    ['models/tiny/ltx', { kind: 'folder', path: '/me/models/tiny/ltx' }],
    ['models/tiny/ltx/', { kind: 'folder', path: '/me/models/tiny/ltx' }],
    ['./portrait', { kind: 'folder', path: '/me/portrait' }],
    ['..', { kind: 'folder', path: '/' }],
    ['/x/y', { kind: 'folder', path: '/x/y' }],
    ['/x/y/pack.json', { kind: 'folder', path: '/x/y' }],
    ['pack.json', { kind: 'folder', path: '/me' }],
    ['https://example.org/a/b', { kind: 'address', url: 'https://example.org/a/b/' }],
    ['HTTP://example.org', { kind: 'address', url: 'http://example.org/' }],
    ['https://example.org/a/pack.json', { kind: 'address', url: 'https://example.org/a/' }],
  ])('%s', (text, choice) => {
    expect(readPackChoice(text, '/me')).toEqual(choice);
  });
});

describe('findPack', () => {
  let folder = '';
  const at = (...names: string[]): string => join(folder, ...names);
  const name = (id: string) => ({ kind: 'name', name: id, path: at('me', id) }) as const;
  const find = (choice: Parameters<typeof findPack>[0]): ReturnType<typeof findPack> =>
    findPack(choice, [at('one'), at('two'), at('none')]);

  const caught = (work: Promise<unknown>): Promise<Error> =>
    work.then(
      () => new Error('nothing was wrong'),
      (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
    );

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stillwake-choice-'));
    const packs = { 'one/a': 'alpha', 'one/b': 'twice', 'two/b': 'twice', 'me/own': 'mine', 'me/alpha': 'x' };
    for (const [path, id] of Object.entries(packs)) {
      await mkdir(at(path), { recursive: true });
      await writeFile(at(path, 'pack.json'), JSON.stringify({ id }));
    }
    await mkdir(at('two/broken'));
    await writeFile(at('two/broken/pack.json'), '{');
    await mkdir(at('me/empty'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('finds an id, a folder of that name, and a folder by its path', async () => {
    expect(await find(name('alpha'))).toEqual({ kind: 'folder', path: at('one/a') });
    expect(await find(name('own'))).toEqual({ kind: 'folder', path: at('me/own') });
    expect(await find({ kind: 'folder', path: at('me/alpha') })).toEqual({
      kind: 'folder',
      path: at('me/alpha'),
    });
    expect(await find({ kind: 'portrait' })).toBeNull();
  });

  test.each([
    ['nobody', /there is no pack nobody; known by their ids are alpha, twice, twice$/],
    ['twice', /all hold twice: name the folder/],
    ['empty', /there is no pack empty/],
  ])('refuses %s', async (id, message) => {
    const error = await caught(find(name(id)));
    expect(error).toMatchObject({ code: 'ERR_INPUT_PACK' });
    expect(error.message).toMatch(message);
  });

  test.each([
    ['me/empty', /there is no pack\.json in/],
    ['nowhere', /does not exist/],
    ['me/own/pack.json', /is not a folder/],
  ])('refuses the folder %s', async (path, message) => {
    const error = await caught(find({ kind: 'folder', path: at(path) }));
    expect(error).toMatchObject({ code: 'ERR_INPUT_PACK' });
    expect(error.message).toMatch(message);
  });
});
