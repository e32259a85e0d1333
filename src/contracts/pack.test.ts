import { describe, expect, test } from 'vitest';
import { packGraph, parsePack, portraitConstants } from './pack.ts';

const graph = {
  id: 'face-mesh',
  file: 'face-mesh.onnx',
  sha256: 'a'.repeat(64),
  bytes: 100,
  opset: 15,
  dtype: 'fp16',
  inputs: [{ name: 'image', type: 'float32', shape: [1, 3, 192, 192], range: [0, 1] }],
  outputs: [{ name: 'landmarks', type: 'float32', shape: [1, 1404] }],
  licence: 'Apache-2.0',
  source: 'npm:some-package@1.0.0/file',
};

const pack = {
  format: 1,
  id: 'portrait',
  version: '1.0.0',
  engine: 'portrait',
  title: 'Portrait',
  licence: { spdx: 'Apache-2.0', text: 'text' },
  source: 'npm:some-package@1.0.0',
  tier: 'standard',
  graphs: [graph],
  constants: {},
  limits: {},
};

describe('parsePack', () => {
  test('takes a pack and fills in what may be left out', () => {
    const parsed = parsePack(pack);
    expect(parsed.session).toEqual({});
    expect(packGraph(parsed, 'face-mesh').shards).toEqual([]);
  });

  test('takes a flow pack with shards and further files', () => {
    const shards = [{ path: 'weights.bin', file: 'data/weights-0.bin', sha256: 'b'.repeat(64), bytes: 5 }];
    const parsed = parsePack({
      ...pack,
      engine: 'flow',
      tier: 'advanced',
      graphs: [{ ...graph, dtype: 'int4', shards }],
      files: [{ id: 'presets', file: 'presets.bin', sha256: 'c'.repeat(64), bytes: 8 }],
    });
    expect(packGraph(parsed, 'face-mesh').shards[0]?.path).toBe('weights.bin');
    expect(parsed.files[0]?.id).toBe('presets');
  });

  test.each([
    ['a path out of the pack', { graphs: [{ ...graph, file: '../secret.onnx' }] }, 'graphs.0.file'],
    ['an absolute path', { graphs: [{ ...graph, file: '/etc/passwd' }] }, 'graphs.0.file'],
    ['a path with a backslash', { graphs: [{ ...graph, file: 'a\\b.onnx' }] }, 'graphs.0.file'],
    ['an address', { graphs: [{ ...graph, file: 'https://example.org/a.onnx' }] }, 'graphs.0.file'],
    ['a short hash', { graphs: [{ ...graph, sha256: 'abc' }] }, 'graphs.0.sha256'],
    ['an empty file', { graphs: [{ ...graph, bytes: 0 }] }, 'graphs.0.bytes'],
    ['no graphs', { graphs: [] }, 'graphs'],
    ['two graphs of one name', { graphs: [graph, graph] }, 'graphs'],
    ['an unknown engine', { engine: 'other' }, 'engine'],
    ['a later format', { format: 2 }, 'format'],
    ['no licence text', { licence: { spdx: 'MIT', text: '' } }, 'licence.text'],
    [
      'a range upside down',
      { graphs: [{ ...graph, inputs: [{ ...graph.inputs[0], range: [1, 0] }] }] },
      'graphs.0.inputs.0.range',
    ],
  ])('refuses %s', (_, change, path) => {
    expect(() => parsePack({ ...pack, ...change })).toThrow(
      expect.objectContaining({ code: 'ERR_MODEL_DAMAGED', details: { path } }),
    );
  });

  test.each([null, 'text', 7, []])('refuses %j', (raw) => {
    expect(() => parsePack(raw)).toThrow(expect.objectContaining({ code: 'ERR_MODEL_DAMAGED' }));
  });
});

test('a graph that is not there has a code of its own', () => {
  expect(() => packGraph(parsePack(pack), 'hand')).toThrow(
    expect.objectContaining({ code: 'ERR_MODEL_MISSING', details: { pack: 'portrait', graph: 'hand' } }),
  );
});

test('incomplete constants are refused', () => {
  expect(() => portraitConstants(parsePack(pack))).toThrow(
    expect.objectContaining({ code: 'ERR_MODEL_DAMAGED' }),
  );
});
