import { expect, test } from 'vitest';
import { fetchPackage } from '../sources/fetch.ts';
import { PACKAGES } from '../sources/pins.ts';
import { importTflite } from './import.ts';
import { projectPath } from '../../../scripts/lib/paths.ts';

const CUSTOM = 'Convolution2DTransposeBias';

async function personFile(): Promise<Uint8Array> {
  const files = await fetchPackage(PACKAGES.selfie, projectPath('.cache/portrait'));
  const bytes = files.get('package/selfie_segmentation.tflite');
  if (!bytes) throw new Error('the file is missing');
  return bytes;
}

test('reads a network with its one custom operator', async () => {
  const network = importTflite(await personFile());
  expect(network.shapes.get(network.input)).toEqual([1, 256, 256, 3]);
  expect(network.outputs.map((output) => network.shapes.get(output))).toEqual([[1, 256, 256, 1]]);
  expect(network.nodes.filter(({ operation }) => operation.kind === 'transposed-conv')).toHaveLength(1);
}, 120_000);

test('names an operator that it does not know', async () => {
  const bytes = (await personFile()).slice();
  const where = Buffer.from(bytes.buffer).indexOf(CUSTOM, 0, 'latin1');
  bytes[where] = 'X'.charCodeAt(0);
  expect(() => importTflite(bytes)).toThrow(
    expect.objectContaining({
      code: 'ERR_MODEL_FAILED',
      details: { operator: CUSTOM.replace('C', 'X') },
    }),
  );
}, 120_000);

test.each([
  ['an empty file', new Uint8Array(0)],
  ['another kind of file', new TextEncoder().encode('this is not a network')],
])('refuses %s', (_, bytes) => {
  expect(() => importTflite(bytes)).toThrow(expect.objectContaining({ code: 'ERR_MODEL_DAMAGED' }));
});

test('refuses a file cut short', async () => {
  const bytes = await personFile();
  expect(() => importTflite(bytes.slice(0, 4000))).toThrow(
    expect.objectContaining({ code: 'ERR_MODEL_DAMAGED' }),
  );
}, 120_000);
