import { AppError } from '../../../src/contracts/errors.ts';
import { bytesToFloats, bytesToInts, halvesToFloats } from '../half.ts';
import { at, samePads, transpose } from '../ir.ts';
import type { Network, Node, Operation, Pads, Pair, Weights } from '../ir.ts';
import { Table } from './flatbuffer.ts';

/**
 * Operator numbers and field positions.
 * @source https://github.com/tensorflow/tensorflow/blob/master/tensorflow/compiler/mlir/lite/schema/schema.fbs
 */
const OPERATORS: Readonly<Record<number, string>> = {
  0: 'ADD',
  1: 'AVERAGE_POOL_2D',
  2: 'CONCATENATION',
  3: 'CONV_2D',
  4: 'DEPTHWISE_CONV_2D',
  6: 'DEQUANTIZE',
  9: 'FULLY_CONNECTED',
  14: 'LOGISTIC',
  17: 'MAX_POOL_2D',
  18: 'MUL',
  19: 'RELU',
  21: 'RELU6',
  22: 'RESHAPE',
  23: 'RESIZE_BILINEAR',
  34: 'PAD',
  40: 'MEAN',
  54: 'PRELU',
  117: 'HARD_SWISH',
};
const CUSTOM = 32;
const FLOAT32 = 0;
const FLOAT16 = 1;
const INT32 = 2;

interface Tensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: number;
  readonly bytes: Uint8Array;
}

/** Padding rule of custom options, which are a plain struct: int32 padding (1 SAME, 2 VALID), stride width, stride height. */
function customStride(options: Uint8Array): { same: boolean; strides: Pair } {
  const [padding, width, height] = bytesToInts(options);
  return { same: padding === 1, strides: [height ?? 1, width ?? 1] };
}

class Importer {
  private readonly tensors: Tensor[];
  private readonly constants = new Map<number, Weights>();
  private readonly names = new Map<number, string>();
  private readonly shapes = new Map<string, readonly number[]>();
  private readonly nodes: Node[] = [];
  private readonly graph: Table;
  private readonly codes: string[];

  constructor(bytes: Uint8Array) {
    const model = Table.root(bytes);
    const buffers = model.tables(4);
    this.codes = model.tables(1).map((code) => {
      const number = Math.max(code.int8(0), code.int32(3));
      return number === CUSTOM ? code.string(1) : (OPERATORS[number] ?? `#${number}`);
    });
    this.graph = at(model.tables(2), 0);
    this.tensors = this.graph.tables(0).map((tensor) => ({
      name: tensor.string(3),
      shape: tensor.int32s(0),
      type: tensor.int8(1),
      bytes: at(buffers, tensor.int32(2)).bytes(0),
    }));
  }

  run(): Network {
    const input = this.value(at(this.graph.int32s(1), 0));
    for (const operator of this.graph.tables(3)) this.operator(operator);
    return {
      input,
      outputs: this.graph.int32s(2).map((index) => this.value(index)),
      nodes: this.nodes,
      shapes: this.shapes,
    };
  }

  private value(index: number): string {
    let name = this.names.get(index);
    if (name === undefined) {
      name = `t${index}`;
      this.names.set(index, name);
      this.shapes.set(name, at(this.tensors, index).shape);
    }
    return name;
  }

  private isConstant(index: number): boolean {
    return this.constants.has(index) || at(this.tensors, index).bytes.length > 0;
  }

  private constant(index: number): Weights {
    const known = this.constants.get(index);
    if (known) return known;
    const { shape, type, bytes, name } = at(this.tensors, index);
    if (bytes.length === 0 || (type !== FLOAT32 && type !== FLOAT16))
      throw new AppError('ERR_MODEL_DAMAGED', `${name} is not a constant of floats`, {
        details: { tensor: name, type },
      });
    return { shape, data: type === FLOAT16 ? halvesToFloats(bytes) : bytesToFloats(bytes) };
  }

  private integers(index: number): number[] {
    const { type, bytes, name } = at(this.tensors, index);
    if (type !== INT32 || bytes.length === 0)
      throw new AppError('ERR_MODEL_DAMAGED', `${name} is not a constant of integers`, {
        details: { tensor: name, type },
      });
    return bytesToInts(bytes);
  }

  private push(operation: Operation, inputs: readonly number[], output: number, activation = 0): void {
    const result = this.value(output);
    const from = inputs.map((index) => this.value(index));
    if (activation === 0) {
      this.nodes.push({ operation, inputs: from, output: result });
      return;
    }
    if (activation !== 1 && activation !== 3)
      throw new AppError('ERR_MODEL_FAILED', `fused activation ${activation} is not supported`, {
        details: { operator: `activation ${activation}` },
      });
    const before = `${result}a`;
    this.shapes.set(before, at(this.tensors, output).shape);
    this.nodes.push({ operation, inputs: from, output: before });
    this.nodes.push({
      operation: { kind: activation === 1 ? 'relu' : 'relu6' },
      inputs: [before],
      output: result,
    });
  }

  private size(index: number): Pair {
    const { shape } = at(this.tensors, index);
    return [at(shape, 1), at(shape, 2)];
  }

  private pads(same: boolean, index: number, kernel: Pair, strides: Pair, dilations: Pair): Pads {
    return same ? samePads(this.size(index), kernel, strides, dilations) : [0, 0, 0, 0];
  }

  private operator(operator: Table): void {
    const code = at(this.codes, operator.int32(0));
    const inputs = operator.int32s(1);
    const output = at(operator.int32s(2), 0);
    const options = operator.table(4);
    const option = (field: number): number => options?.int8(field) ?? 0;
    const number = (field: number): number => options?.int32(field) ?? 0;
    const x = at(inputs, 0);
    switch (code) {
      case 'DEQUANTIZE':
        this.constants.set(output, this.constant(x));
        return;
      case 'ADD':
      case 'MUL': {
        if (inputs.some((index) => this.isConstant(index)))
          throw new AppError('ERR_MODEL_FAILED', `${code} with a constant is not supported`, {
            details: { operator: code },
          });
        this.push({ kind: code === 'ADD' ? 'add' : 'multiply' }, inputs, output, option(0));
        return;
      }
      case 'CONV_2D':
      case 'DEPTHWISE_CONV_2D':
        this.convolution(code, operator, options);
        return;
      case 'Convolution2DTransposeBias': {
        const { same, strides } = customStride(operator.bytes(5));
        const weight = this.constant(at(inputs, 1));
        const kernel: Pair = [at(weight.shape, 1), at(weight.shape, 2)];
        const pads = same ? samePads(this.size(output), kernel, strides, [1, 1]) : ([0, 0, 0, 0] as const);
        this.push(
          {
            kind: 'transposed-conv',
            weight: transpose(weight, [3, 0, 1, 2]),
            bias: this.constant(at(inputs, 2)).data,
            strides,
            pads,
          },
          [x],
          output,
        );
        return;
      }
      case 'MAX_POOL_2D':
      case 'AVERAGE_POOL_2D': {
        const strides: Pair = [number(2), number(1)];
        const kernel: Pair = [number(4), number(3)];
        const pads = this.pads(option(0) === 0, x, kernel, strides, [1, 1]);
        const kind = code === 'MAX_POOL_2D' ? 'max-pool' : 'average-pool';
        this.push({ kind, kernel, strides, pads }, [x], output, option(5));
        return;
      }
      case 'FULLY_CONNECTED': {
        const bias = inputs[2] === undefined || inputs[2] < 0 ? null : this.constant(inputs[2]).data;
        const weight = this.constant(at(inputs, 1));
        this.push({ kind: 'fully-connected', weight, bias }, [x], output, option(0));
        return;
      }
      case 'PRELU':
        this.push({ kind: 'prelu', slope: this.constant(at(inputs, 1)).data }, [x], output);
        return;
      case 'PAD': {
        const pairs = this.integers(at(inputs, 1));
        const before = pairs.filter((_, i) => i % 2 === 0);
        const after = pairs.filter((_, i) => i % 2 === 1);
        this.push({ kind: 'pad', before, after }, [x], output);
        return;
      }
      case 'CONCATENATION': {
        const rank = at(this.tensors, output).shape.length;
        this.push({ kind: 'concat', axis: (number(0) + rank) % rank }, inputs, output, option(1));
        return;
      }
      case 'RESIZE_BILINEAR': {
        const mode = option(3) ? 'half_pixel' : option(2) ? 'align_corners' : 'asymmetric';
        this.push({ kind: 'resize', mode }, [x], output);
        return;
      }
      case 'MEAN': {
        const axes = this.integers(at(inputs, 1)).join();
        if (axes !== '1,2')
          throw new AppError('ERR_MODEL_FAILED', `MEAN over axes ${axes} is not supported`, {
            details: { operator: 'MEAN' },
          });
        this.push({ kind: 'spatial-mean' }, [x], output);
        return;
      }
      case 'RESHAPE':
        this.push({ kind: 'reshape' }, [x], output);
        return;
      case 'LOGISTIC':
        this.push({ kind: 'sigmoid' }, [x], output);
        return;
      case 'RELU':
        this.push({ kind: 'relu' }, [x], output);
        return;
      case 'RELU6':
        this.push({ kind: 'relu6' }, [x], output);
        return;
      case 'HARD_SWISH':
        this.push({ kind: 'hard-swish' }, [x], output);
        return;
      default:
        throw new AppError('ERR_MODEL_FAILED', `operator ${code} is not supported`, {
          details: { operator: code },
        });
    }
  }

  private convolution(code: string, operator: Table, options: Table | null): void {
    const [x, w, b] = operator.int32s(1);
    if (x === undefined || w === undefined || options === null)
      throw new AppError('ERR_MODEL_DAMAGED', `${code} lacks inputs or options`, {
        details: { operator: code },
      });
    const depthwise = code === 'DEPTHWISE_CONV_2D';
    const source = this.constant(w);
    const channels = at(at(this.tensors, x).shape, 3);
    const kernel: Pair = [at(source.shape, 1), at(source.shape, 2)];
    const strides: Pair = [options.int32(2), options.int32(1)];
    const [width, height] = depthwise ? [5, 6] : [4, 5];
    const dilations: Pair = [options.int32(height) || 1, options.int32(width) || 1];
    const weight = depthwise ? transpose(source, [3, 0, 1, 2]) : transpose(source, [0, 3, 1, 2]);
    this.push(
      {
        kind: 'conv',
        weight,
        bias: b === undefined || b < 0 ? null : this.constant(b).data,
        group: depthwise ? channels : channels / at(source.shape, 3),
        strides,
        dilations,
        pads: this.pads(options.int8(0) === 0, x, kernel, strides, dilations),
      },
      [x],
      at(operator.int32s(2), 0),
      options.int8(depthwise ? 4 : 3),
    );
  }
}

/**
 * Reads a TensorFlow Lite file.
 * @param bytes the file; borrowed.
 * @returns tensors named `t<index>`; outputs in the file's order.
 * @throws ERR_MODEL_FAILED when an operator is not known; `details.operator` names it.
 * @throws ERR_MODEL_DAMAGED when the file is not what it says.
 */
export function importTflite(bytes: Uint8Array): Network {
  const magic = new TextDecoder('latin1').decode(bytes.subarray(4, 8));
  if (magic !== 'TFL3')
    throw new AppError('ERR_MODEL_DAMAGED', 'not a TensorFlow Lite file', { details: { magic } });
  try {
    return new Importer(bytes).run();
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new AppError('ERR_MODEL_DAMAGED', 'the TensorFlow Lite file is incomplete', { cause });
  }
}
