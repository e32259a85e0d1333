import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { DIST } from '../../scripts/lib/build-app.ts';
import { Studio } from './lib/studio.ts';
import { useApp } from './lib/use-app.ts';

const app = useApp();

const SCRIPT_LIMIT_BYTES = 100_000;
const PACK_LIMIT_BYTES = 12_000_000;

test('before the first click there are at most 100 kB of script and no model byte (X3)', async () => {
  const paths: string[] = [];
  app.onRequest((pathname) => paths.push(pathname));
  const studio = new Studio(app.page);
  await studio.visit(app.url);
  // The service worker's own fetches count too, so it is given the time to make them all.
  await app.page.evaluate(async () => {
    await navigator.serviceWorker.ready;
  });
  const scripts = [...new Set(paths)].filter((path) => path.endsWith('.js') || path.endsWith('.mjs'));
  expect(scripts.length).toBeGreaterThan(0);
  let bytes = 0;
  for (const path of scripts) bytes += gzipSync(await readFile(join(DIST, path)), { level: 9 }).length;
  expect(bytes).toBeLessThanOrEqual(SCRIPT_LIMIT_BYTES);
  const heavy = paths.filter((path) => /\/(packs|ort)\/|\.(onnx|wasm)$/.test(path));
  expect(heavy).toEqual([]);
});

test('the portrait pack has at most 12 MB (X3)', async () => {
  const folder = join(DIST, 'packs/portrait');
  let bytes = 0;
  for (const name of await readdir(folder)) bytes += (await stat(join(folder, name))).size;
  expect(bytes).toBeGreaterThan(1_000_000);
  expect(bytes).toBeLessThanOrEqual(PACK_LIMIT_BYTES);
});
