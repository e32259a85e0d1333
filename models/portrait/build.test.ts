import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packGraph, portraitConstants } from '../../src/contracts/pack.ts';
import { LIMIT_BYTES, buildPortraitPack } from './build.ts';
import type { BuildResult } from './build.ts';
import { NETWORKS } from './networks.ts';
import { sha256 } from './sources/hash.ts';

let folder: string;
let built: BuildResult;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pack-'));
  built = await buildPortraitPack({ output: join(folder, 'first') });
}, 600_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

async function hashes(path: string): Promise<Record<string, string>> {
  const names = (await readdir(path)).sort();
  const entries = await Promise.all(
    names.map(async (name) => [name, sha256(await readFile(join(path, name)))] as const),
  );
  return Object.fromEntries(entries);
}

describe('the portrait pack', () => {
  test('holds every network under the hash and size that it states, and nothing else', async () => {
    const files = await hashes(built.folder);
    expect(Object.keys(files).sort()).toEqual(
      ['pack.json', ...NETWORKS.map(({ id }) => `${id}.onnx`)].sort(),
    );
    for (const { id } of NETWORKS) {
      const graph = packGraph(built.pack, id);
      expect(files[graph.file]).toBe(graph.sha256);
      expect((await stat(join(built.folder, graph.file))).size).toBe(graph.bytes);
    }
  });

  test('stays within its limit', () => {
    expect(built.bytes).toBeLessThanOrEqual(LIMIT_BYTES);
  });

  test('carries the licences and the constants of its detectors', () => {
    expect(built.pack.licence.text).toContain('Apache License');
    expect(built.pack.licence.text).toContain('Vladimir Mandic');
    for (const [id, anchors] of Object.entries(portraitConstants(built.pack).anchors)) {
      const boxes = packGraph(built.pack, id).outputs.find(({ name }) => name === 'boxes');
      const count = anchors.strides.reduce(
        (sum, stride) => sum + (anchors.inputPx / stride) ** 2 * anchors.perCell,
        0,
      );
      expect(boxes?.shape).toEqual([1, count, 4 + 2 * anchors.keypoints]);
    }
  });

  test('comes out the same, byte for byte, when it is built again', async () => {
    const again = await buildPortraitPack({ output: join(folder, 'second'), force: true });
    expect(again.current).toBe(false);
    expect(await hashes(again.folder)).toEqual(await hashes(built.folder));
  });

  test('is left alone while it is current, and made again when a file was changed', async () => {
    const output = join(folder, 'first');
    expect((await buildPortraitPack({ output })).current).toBe(true);
    await writeFile(join(output, 'iris.onnx'), 'damaged');
    expect((await buildPortraitPack({ output })).current).toBe(false);
    expect((await buildPortraitPack({ output })).current).toBe(true);
  });
});
