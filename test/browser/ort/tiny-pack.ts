import onnxProto from 'onnx-proto';
import type { Pack } from '../../../src/contracts/pack.ts';
import { sha256Hex } from '../../../src/platform/ort/pack-source.ts';

const { ModelProto, TensorProto } = onnxProto.onnx;

/** Numbers that the tiny networks take and give. */
export const TINY = 4;

function model(operation: string): Uint8Array<ArrayBuffer> {
  const value = (name: string) => ({
    name,
    type: {
      tensorType: {
        elemType: TensorProto.DataType.FLOAT,
        shape: { dim: [{ dimValue: 1 }, { dimValue: TINY }] },
      },
    },
  });
  const bytes = ModelProto.encode({
    irVersion: 8,
    opsetImport: [{ domain: '', version: 15 }],
    graph: {
      name: operation,
      input: [value('x')],
      output: [value('y')],
      node: [{ opType: operation, input: ['x', 'x'], output: ['y'] }],
    },
  }).finish();
  return new Uint8Array(bytes);
}

/**
 * A pack of two networks of one operator, as files: `square` (y = x · x) and `ratio` (y = x ÷ x, so that zero gives no
 * number).
 */
export async function tinyPack(
  change: (pack: Pack) => unknown = (pack) => pack,
): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const files = new Map<string, Uint8Array<ArrayBuffer>>([
    ['square.onnx', model('Mul')],
    ['ratio.onnx', model('Div')],
  ]);
  const tensor = (name: string) => ({ name, type: 'float32' as const, shape: [1, TINY] });
  const graphs: Pack['graphs'] = [];
  for (const [file, bytes] of files) {
    graphs.push({
      id: file.replace('.onnx', ''),
      file,
      sha256: await sha256Hex(bytes),
      bytes: bytes.length,
      opset: 15,
      dtype: 'fp32',
      inputs: [tensor('x')],
      outputs: [tensor('y')],
      shards: [],
      licence: 'CC0-1.0',
      source: 'written by this test',
    });
  }
  const pack: Pack = {
    format: 1,
    id: 'tiny',
    version: '1.0.0',
    engine: 'portrait',
    title: 'Tiny',
    licence: { spdx: 'CC0-1.0', text: 'Public domain' },
    source: 'written by this test',
    tier: 'standard',
    graphs,
    files: [],
    constants: {},
    limits: {},
    session: {},
  };
  files.set('pack.json', new TextEncoder().encode(JSON.stringify(change(pack))));
  return files;
}
