import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { claimFolder } from './folder-claim.ts';

let parent = '';
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'stillwake-claim-'));
});
afterEach(() => rm(parent, { recursive: true, force: true }));

describe('claimFolder', () => {
  test('makes the folder for its owner alone', async () => {
    const folder = join(parent, 'a', 'b');
    const giveBack = await claimFolder(folder);
    expect(giveBack).not.toBeNull();
    if (process.platform !== 'win32') expect((await stat(folder)).mode & 0o777).toBe(0o700);
    giveBack?.();
  });

  test('gives a folder to one at a time, by whatever path it is reached', async () => {
    const folder = join(parent, 'data');
    const giveBack = await claimFolder(folder);
    const link = join(parent, 'link');
    await symlink(folder, link, 'dir');
    expect(await claimFolder(link)).toBeNull();
    const other = await claimFolder(join(parent, 'other'));
    expect(other).not.toBeNull();
    other?.();
    giveBack?.();
    const again = await claimFolder(folder);
    expect(again).not.toBeNull();
    again?.();
  });

  test('is free again when the process that had it was killed', async () => {
    const folder = join(parent, 'data');
    const script = `const { claimFolder } = await import(${JSON.stringify(join(import.meta.dirname, 'folder-claim.ts'))});
      console.log((await claimFolder(${JSON.stringify(folder)})) === null ? 'taken' : 'mine'); setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [said] = (await once(child.stdout, 'data')) as [Buffer];
    expect(said.toString()).toContain('mine');
    expect(await claimFolder(folder)).toBeNull();
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    const giveBack = await claimFolder(folder);
    expect(giveBack).not.toBeNull();
    giveBack?.();
  }, 60_000);
});
