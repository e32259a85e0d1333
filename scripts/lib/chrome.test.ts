import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CHROME_MISSING, findChrome } from './chrome.ts';
import { findOnPath } from './programs.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stillwake-chrome-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

test('the browser that is named wins, and one that is not there is not replaced by another', async () => {
  const program = join(folder, 'my-chrome');
  await writeFile(program, '');
  await chmod(program, 0o755);
  vi.stubEnv('CHROME_PATH', program);
  expect(findChrome()).toBe(program);
  vi.stubEnv('CHROME_PATH', join(folder, 'nothing'));
  expect(findChrome()).toBeNull();
});

test.skipIf(process.platform === 'win32')(
  'programs are found on the search path, in the order of their names',
  async () => {
    await writeFile(join(folder, 'b'), '');
    vi.stubEnv('PATH', `/nowhere:${folder}`);
    expect(findOnPath(['a', 'b'])).toBe(join(folder, 'b'));
    expect(findOnPath(['a'])).toBeNull();
  },
);

test('what to install is said in one line', () => {
  expect(CHROME_MISSING).not.toContain('\n');
  expect(CHROME_MISSING).toContain('apt-get install chromium');
});
