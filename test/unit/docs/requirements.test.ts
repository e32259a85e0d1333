import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { projectPath } from '../../../scripts/lib/paths.ts';

const PATH = /`((?:src|test|scripts|models|workers)\/[\w./-]+|vite\.config\.ts)`/g;

test.each(['docs/requirements.md', 'README.md'])('every path that %s names exists', async (document) => {
  const text = await readFile(projectPath(document), 'utf8');
  const named = [...text.matchAll(PATH)].map(([, path = '']) => path);
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter((path) => !existsSync(projectPath(path)))).toEqual([]);
});

test('every row of the requirements names a test', async () => {
  const text = await readFile(projectPath('docs/requirements.md'), 'utf8');
  const rows = text
    .split('\n')
    .filter((line) => line.startsWith('| ') && !/^\| ((id|what) +\||--)/.test(line));
  expect(rows.length).toBeGreaterThan(20);
  for (const row of rows) expect(row.split('|').at(-2)).toMatch(/\.test\.ts|`test\/e2e`/);
});

const names = v.record(v.string(), v.string());

test('the README names every dependency', async () => {
  const readme = await readFile(projectPath('README.md'), 'utf8');
  const { dependencies, devDependencies } = v.parse(
    v.object({ dependencies: names, devDependencies: names }),
    JSON.parse(await readFile(projectPath('package.json'), 'utf8')),
  );
  for (const name of [...Object.keys(dependencies), ...Object.keys(devDependencies)]) {
    const family = name.startsWith('@')
      ? name.replace(/^(@types\/).*/, '$1*').replace(/(tfjs-).*/, '$1*')
      : name;
    expect(readme).toContain(`\`${family}\``);
  }
});
