import * as ort from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { at, sizeOf } from '../ir.ts';
import { lower, onnxShape } from '../onnx/lower.ts';
import { ModelWriter } from '../onnx/writer.ts';
import { importTfjs } from '../tfjs/import.ts';
import { tfjsReference } from './tfjs-runtime.ts';

interface Constant {
  readonly shape: readonly number[];
  readonly dtype?: 'float32' | 'int32';
  /** Integers are given; floats are pseudo-random. */
  readonly values?: readonly number[];
}

interface Case {
  /** `[H,W,C]` with H = W. */
  readonly input: readonly [number, number, number];
  readonly nodes: readonly { name: string; op: string; input: string[]; attr?: Record<string, unknown> }[];
  readonly constants?: Readonly<Record<string, Constant>>;
}

/** Numbers in −1…1 that are exact in half floats, the same on every run. */
function pseudoRandom(count: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.round((state / 2 ** 31 - 1) * 256) / 256;
  });
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const list = (...i: number[]): { list: { i: number[] } } => ({ list: { i } });
const window = (stride: number, padding: string, dilation = 1): Record<string, unknown> => ({
  T: { type: 'DT_FLOAT' },
  strides: list(1, stride, stride, 1),
  dilations: list(1, dilation, dilation, 1),
  padding: { s: base64(padding) },
  data_format: { s: base64('NHWC') },
});
const fused = (...ops: string[]): Record<string, unknown> => ({
  fused_ops: { list: { s: ops.map(base64) } },
  num_args: { i: ops.filter((op) => op === 'BiasAdd' || op === 'Prelu').length },
});

function model({ input, nodes, constants = {} }: Case): { json: string; weights: Uint8Array } {
  const specs = Object.entries(constants).map(([name, { shape, dtype = 'float32' }]) => ({
    name,
    shape,
    dtype,
  }));
  const parts = Object.values(constants).map(({ shape, values }, index) =>
    values
      ? new Uint8Array(Int32Array.from(values).buffer)
      : new Uint8Array(pseudoRandom(sizeOf(shape), index + 7).buffer),
  );
  const dim = [1, ...input].map((size) => ({ size: String(size) }));
  const json = JSON.stringify({
    format: 'graph-model',
    modelTopology: {
      versions: { producer: 1 },
      node: [
        { name: 'x', op: 'Placeholder', attr: { dtype: { type: 'DT_FLOAT' }, shape: { shape: { dim } } } },
        ...specs.map(({ name, dtype }) => ({
          name,
          op: 'Const',
          attr: { dtype: { type: dtype === 'int32' ? 'DT_INT32' : 'DT_FLOAT' } },
        })),
        ...nodes,
      ],
    },
    weightsManifest: [{ paths: ['weights.bin'], weights: specs }],
  });
  return { json, weights: new Uint8Array(Buffer.concat(parts)) };
}

const conv = (
  size: readonly [number, number, number],
  kernel: readonly [number, number],
  to: number,
  stride: number,
  padding: string,
  dilation = 1,
): Case => ({
  input: size,
  constants: { w: { shape: [...kernel, size[2], to] }, b: { shape: [to] } },
  nodes: [
    {
      name: 'y',
      op: '_FusedConv2D',
      input: ['x', 'w', 'b'],
      attr: { ...window(stride, padding, dilation), ...fused('BiasAdd', 'Relu6') },
    },
  ],
});

const depthwise = (size: readonly [number, number, number], stride: number, multiplier: number): Case => ({
  input: size,
  constants: { w: { shape: [3, 3, size[2], multiplier] } },
  nodes: [{ name: 'y', op: 'DepthwiseConv2dNative', input: ['x', 'w'], attr: window(stride, 'SAME') }],
});

const CASES: Readonly<Record<string, Case>> = {
  'conv, SAME, even size, stride 2': conv([8, 8, 3], [3, 3], 5, 2, 'SAME'),
  'conv, SAME, odd size, stride 2': conv([9, 9, 2], [5, 5], 4, 2, 'SAME'),
  'conv, SAME, even kernel': conv([7, 7, 2], [2, 4], 3, 1, 'SAME'),
  'conv, VALID, stride 3': conv([10, 10, 4], [3, 2], 2, 3, 'VALID'),
  'conv, SAME, dilated': conv([9, 9, 2], [3, 3], 3, 1, 'SAME', 2),
  'depthwise conv': depthwise([8, 8, 4], 2, 1),
  'depthwise conv with a multiplier': depthwise([7, 7, 3], 1, 2),
  'conv with PReLU': {
    input: [6, 6, 3],
    constants: { w: { shape: [1, 1, 3, 4] }, b: { shape: [4] }, a: { shape: [1, 1, 4] } },
    nodes: [
      {
        name: 'y',
        op: '_FusedConv2D',
        input: ['x', 'w', 'b', 'a'],
        attr: { ...window(1, 'VALID'), ...fused('BiasAdd', 'Prelu') },
      },
    ],
  },
  'pool, pad on channels, add': {
    input: [8, 8, 3],
    constants: { p: { shape: [4, 2], dtype: 'int32', values: [0, 0, 1, 0, 0, 2, 0, 5] } },
    nodes: [
      {
        name: 'm',
        op: 'MaxPool',
        input: ['x'],
        attr: { ...window(2, 'SAME'), ksize: list(1, 3, 3, 1) },
      },
      { name: 'q', op: 'Pad', input: ['m', 'p'], attr: { T: { type: 'DT_FLOAT' } } },
      { name: 'y', op: 'AddV2', input: ['q', 'q'], attr: { T: { type: 'DT_FLOAT' } } },
    ],
  },
  'reshape keeps channels last': {
    input: [4, 4, 6],
    constants: { s: { shape: [3], dtype: 'int32', values: [1, -1, 3] } },
    nodes: [{ name: 'y', op: 'Reshape', input: ['x', 's'], attr: {} }],
  },
  'reshape between two pictures': {
    input: [4, 4, 6],
    constants: { s: { shape: [4], dtype: 'int32', values: [1, 2, 8, 6] } },
    nodes: [{ name: 'y', op: 'Reshape', input: ['x', 's'], attr: {} }],
  },
  'depth to space': {
    input: [3, 3, 8],
    nodes: [
      {
        name: 'y',
        op: 'DepthToSpace',
        input: ['x'],
        attr: { block_size: { i: '2' }, data_format: { s: base64('NHWC') } },
      },
    ],
  },
  'resize, half pixel': {
    input: [5, 5, 2],
    constants: { s: { shape: [2], dtype: 'int32', values: [10, 10] } },
    nodes: [
      {
        name: 'y',
        op: 'ResizeBilinear',
        input: ['x', 's'],
        attr: { half_pixel_centers: { b: true }, align_corners: { b: false } },
      },
    ],
  },
  'resize, corners aligned': {
    input: [4, 4, 2],
    constants: { s: { shape: [2], dtype: 'int32', values: [8, 8] } },
    nodes: [
      {
        name: 'y',
        op: 'ResizeBilinear',
        input: ['x', 's'],
        attr: { half_pixel_centers: { b: false }, align_corners: { b: true } },
      },
    ],
  },
  'concat on channels, sigmoid, multiply': {
    input: [4, 4, 3],
    constants: { axis: { shape: [], dtype: 'int32', values: [-1] } },
    nodes: [
      { name: 's', op: 'Sigmoid', input: ['x'], attr: {} },
      { name: 'c', op: 'ConcatV2', input: ['s', 'x', 'axis'], attr: { N: { i: '2' } } },
      { name: 'y', op: 'Mul', input: ['c', 'c'], attr: {} },
    ],
  },
};

describe('converted operators against TensorFlow.js', () => {
  test.each(Object.entries(CASES))('%s', async (_, scene) => {
    const { json, weights } = model(scene);
    const [height, width, channels] = scene.input;
    const input = pseudoRandom(height * width * channels, 3);
    const network = importTfjs(json, weights, ['y']);
    const source = network.shapes.get('y') ?? [];
    const shape = onnxShape(source);
    const writer = new ModelWriter(() => null);
    lower(network, { input: 'image', outputs: [{ name: 'result', shape }] }, writer);
    const session = await ort.InferenceSession.create(writer.encode('test'));
    const planes = Float32Array.from(input, (_value, i) => {
      const pixel = i % (height * width);
      return at(input, pixel * channels + Math.floor(i / (height * width)));
    });
    const image = new ort.Tensor('float32', planes, [1, channels, height, width]);
    const { result } = await session.run({ image });
    const got = result?.data;
    const reference = await tfjsReference(json, weights, height, ['y'], channels);
    const want = at(await reference(input), 0);
    expect(result?.dims).toEqual(shape);
    if (!(got instanceof Float32Array)) throw new Error('no floats came out');
    const [, h = 1, w = 1, c = 1] = source.length === 4 ? source : [1, 1, 1, want.length];
    want.forEach((value, i) => {
      const moved = source.length === 4 ? (i % c) * h * w + Math.floor(i / c) : i;
      expect(at(got, moved)).toBeCloseTo(value, 4);
    });
  });
});

describe('what cannot be converted', () => {
  const change = (op: string, attr: Record<string, unknown> = {}): (() => unknown) => {
    const { json, weights } = model({ input: [4, 4, 2], nodes: [{ name: 'y', op, input: ['x'], attr }] });
    return () => importTfjs(json, weights, ['y']);
  };

  test('an unknown operator is named', () => {
    expect(change('Einsum')).toThrow(
      expect.objectContaining({ code: 'ERR_MODEL_FAILED', details: { operator: 'Einsum', node: 'y' } }),
    );
  });

  test('an unknown padding rule is refused', () => {
    expect(change('MaxPool', { ...window(2, 'EXPLICIT'), ksize: list(1, 2, 2, 1) })).toThrow(
      expect.objectContaining({ code: 'ERR_MODEL_FAILED' }),
    );
  });

  test.each([
    ['not JSON', '{', new Uint8Array(0)],
    ['not a graph model', '{"format":"layers-model"}', new Uint8Array(0)],
  ])('%s is damaged', (_, json, weights) => {
    expect(() => importTfjs(json, weights, ['y'])).toThrow(
      expect.objectContaining({ code: 'ERR_MODEL_DAMAGED' }),
    );
  });

  test('weights of another length are damaged', () => {
    const { json, weights } = model(conv([8, 8, 3], [3, 3], 5, 2, 'SAME'));
    for (const bytes of [weights.subarray(4), new Uint8Array([...weights, 0])])
      expect(() => importTfjs(json, bytes, ['y'])).toThrow(
        expect.objectContaining({ code: 'ERR_MODEL_DAMAGED' }),
      );
  });

  test('an output that is not there is damaged', () => {
    const { json, weights } = model(conv([8, 8, 3], [3, 3], 5, 2, 'SAME'));
    expect(() => importTfjs(json, weights, ['z'])).toThrow(
      expect.objectContaining({ code: 'ERR_MODEL_DAMAGED', details: { node: 'z' } }),
    );
  });
});
