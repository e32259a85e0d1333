import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openOutput } from './output-file.ts';

let folder: string;
const picture = '/nowhere/picture.jpg';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stillwake-output-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('openOutput', () => {
  test('puts the whole file in its place at once', async () => {
    const out = join(folder, 'clip.mp4');
    await writeFile(out, 'old');
    const output = await openOutput(out, picture);
    await writeFile(output.partPath, 'new');
    expect(await readFile(out, 'utf8')).toBe('old');
    await output.commit();
    await output.discard();
    expect(await readdir(folder)).toEqual(['clip.mp4']);
    expect(await readFile(out, 'utf8')).toBe('new');
  });

  test('leaves nothing behind', async () => {
    const output = await openOutput(join(folder, 'clip.mp4'), picture);
    await writeFile(output.partPath, 'half');
    await output.discard();
    expect(await readdir(folder)).toEqual([]);
  });

  test.each([
    ['another kind of file', 'clip.txt'],
    ['a folder that is not there', 'no/clip.mp4'],
    ['a folder', 'folder.mp4'],
    ['a file in a file', 'file/clip.mp4'],
    ['a name that is too long', `${'x'.repeat(300)}.mp4`],
  ])('refuses %s', async (_name, path) => {
    await mkdir(join(folder, 'folder.mp4'));
    await writeFile(join(folder, 'file'), '');
    await expect(openOutput(join(folder, path), picture)).rejects.toMatchObject({ code: 'ERR_INPUT_OUTPUT' });
    expect((await readdir(folder)).sort()).toEqual(['file', 'folder.mp4']);
  });

  test('does not overwrite the picture', async () => {
    const same = join(folder, 'picture.mp4');
    await writeFile(same, 'x');
    await expect(openOutput(same, same)).rejects.toMatchObject({ code: 'ERR_INPUT_OUTPUT' });
  });
});
