import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { flowConstants } from '../../../src/contracts/flow.ts';
import { halfToFloat, presetFile, readEmbedding } from '../../../src/core/flow/embedding.ts';
import { folderPack } from './node-runtime.ts';
import { relativeError } from './golden-clip.ts';
import { openReferences, tinyFolder } from './references.ts';

test.each([
  [0x0000, 0],
  [0x3c00, 1],
  [0xc000, -2],
  [0x7bff, 65504],
  [0x0001, 2 ** -24],
  [0x0400, 2 ** -14],
  [0x3555, 0.333251953125],
  [0xfc00, -Infinity],
])('half 0x%s is %f', (bits, value) => {
  expect(halfToFloat(bits)).toBe(value);
});

test('halves that are no numbers', () => {
  expect(halfToFloat(0x7e00)).toBeNaN();
  expect(Object.is(halfToFloat(0x8000), -0)).toBe(true);
});

test.each(['ltx', 'wan'] as const)(
  'a ready embedding of the small %s pack is one that diffusers was given',
  async (family) => {
    const folder = tinyFolder(family);
    const pack = await folderPack(folder);
    const constants = flowConstants(pack);
    const file = presetFile(pack, constants, 'wave-hello');
    if (!file) throw new Error('the pack has this preset');
    const bytes = new Uint8Array(await readFile(join(folder, file.file)));
    const { embedding, words } = readEmbedding(file, bytes);
    const { references, tensor } = await openReferences(family);
    // LTX's two pipelines read the prompt differently; a pack goes with one of them.
    const given = references.clips.map((clip) => tensor(clip.embedding));
    expect(given.map(({ shape }) => shape)).toContainEqual([1, words, constants.text.width]);
    expect(given.some(({ data }) => relativeError(embedding, data) === 0)).toBe(true);
    expect(() => readEmbedding(file, bytes.subarray(2))).toThrow(
      expect.objectContaining({ code: 'ERR_MODEL_DAMAGED', details: { path: file.file } }),
    );
    expect(presetFile({ ...pack, files: [] }, constants, 'wave-hello')).toBeNull();
  },
);
