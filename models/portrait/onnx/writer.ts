import onnxProto from 'onnx-proto';
import type { onnx } from 'onnx-proto';
import { floatsToHalves } from '../half.ts';
import { sizeOf } from '../ir.ts';
import type { Weights } from '../ir.ts';

const { AttributeProto, ModelProto, TensorProto } = onnxProto.onnx;

/** ONNX operator set of every graph of the pack. */
export const OPSET = 15;
/** File format version that goes with {@link OPSET}. */
const IR_VERSION = 8;

/** Weights as int8 with one scale per channel of `axis`. */
export interface Int8Weights {
  readonly data: Int8Array;
  readonly scales: Float32Array;
}

/**
 * Decides how a layer's weights are stored: int8 values to keep, or null for half floats.
 * `layer` counts the weights in order of appearance.
 */
export type Quantizer = (weights: Weights, axis: number, layer: number) => Int8Weights | null;

type AttributeValue = number | string | readonly number[];

function attribute(name: string, value: AttributeValue): onnx.IAttributeProto {
  if (typeof value === 'string')
    return { name, type: AttributeProto.AttributeType.STRING, s: new TextEncoder().encode(value) };
  if (typeof value === 'number') return { name, type: AttributeProto.AttributeType.INT, i: value };
  return { name, type: AttributeProto.AttributeType.INTS, ints: [...value] };
}

function bytesOf(values: Float32Array): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => view.setFloat32(4 * i, value, true));
  return bytes;
}

function floatInfo(name: string, shape: readonly number[]): onnx.IValueInfoProto {
  return {
    name,
    type: {
      tensorType: {
        elemType: TensorProto.DataType.FLOAT,
        shape: { dim: shape.map((dimValue) => ({ dimValue })) },
      },
    },
  };
}

/** Collects the parts of one ONNX graph and encodes it. Names and order depend on the calls alone. */
export class ModelWriter {
  private readonly nodes: onnx.INodeProto[] = [];
  private readonly initializers: onnx.ITensorProto[] = [];
  private readonly inputs: onnx.IValueInfoProto[] = [];
  private readonly outputs: onnx.IValueInfoProto[] = [];
  private readonly values: onnx.IValueInfoProto[] = [];
  private readonly known = new Map<string, string>();
  private readonly quantizer: Quantizer;
  private layers = 0;

  constructor(quantizer: Quantizer) {
    this.quantizer = quantizer;
  }

  input(name: string, shape: readonly number[]): void {
    this.inputs.push(floatInfo(name, shape));
  }

  output(name: string, shape: readonly number[]): void {
    this.outputs.push(floatInfo(name, shape));
  }

  /** States an inner tensor's shape, so that a reader which infers another one refuses the file. */
  declare(name: string, shape: readonly number[]): void {
    this.values.push(floatInfo(name, shape));
  }

  node(
    opType: string,
    input: string[],
    output: string,
    attributes: Record<string, AttributeValue> = {},
  ): void {
    this.nodes.push({
      opType,
      input,
      output: [output],
      attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
    });
  }

  private initializer(dataType: number, dims: readonly number[], rawData: Uint8Array): string {
    const name = `c${this.initializers.length}`;
    this.initializers.push({ name, dataType, dims: [...dims], rawData });
    return name;
  }

  private shared(key: string, make: () => string): string {
    const name = this.known.get(key) ?? make();
    this.known.set(key, name);
    return name;
  }

  /** A 32-bit float constant of rank 0. */
  scalar(value: number): string {
    return this.shared(`s${value}`, () =>
      this.initializer(TensorProto.DataType.FLOAT, [], bytesOf(Float32Array.of(value))),
    );
  }

  /** A small list of 32-bit floats. */
  floats(values: readonly number[]): string {
    return this.shared(`f${values.join()}`, () =>
      this.initializer(TensorProto.DataType.FLOAT, [values.length], bytesOf(Float32Array.from(values))),
    );
  }

  /** A small list of 64-bit integers. */
  integers(values: readonly number[]): string {
    return this.shared(`i${values.join()}`, () => {
      const view = new DataView(new ArrayBuffer(8 * values.length));
      values.forEach((value, i) => view.setBigInt64(8 * i, BigInt(value), true));
      const bytes = new Uint8Array(view.buffer);
      return this.initializer(TensorProto.DataType.INT64, [values.length], bytes);
    });
  }

  /** Biases and slopes: stored as half floats, 32-bit when read. */
  vector(values: Float32Array, shape: readonly number[] = [values.length]): string {
    return this.half({ shape, data: values });
  }

  private half({ shape, data }: Weights): string {
    const stored = this.initializer(TensorProto.DataType.FLOAT16, shape, floatsToHalves(data));
    this.node('Cast', [stored], `${stored}f`, { to: TensorProto.DataType.FLOAT });
    return `${stored}f`;
  }

  /**
   * A layer's weights, stored the way the quantizer says.
   * @param axis the axis of the output channels.
   */
  weight(weights: Weights, axis: number): string {
    const int8 = this.quantizer(weights, axis, this.layers++);
    if (int8 === null) return this.half(weights);
    if (int8.data.length !== sizeOf(weights.shape)) throw new RangeError('quantized weights of another size');
    const bytes = new Uint8Array(int8.data.buffer, int8.data.byteOffset, int8.data.byteLength);
    const stored = this.initializer(TensorProto.DataType.INT8, weights.shape, bytes);
    const scale = this.initializer(TensorProto.DataType.FLOAT, [int8.scales.length], bytesOf(int8.scales));
    this.node('DequantizeLinear', [stored, scale], `${stored}f`, { axis });
    return `${stored}f`;
  }

  /** The file. */
  encode(graphName: string): Uint8Array {
    return ModelProto.encode({
      irVersion: IR_VERSION,
      producerName: 'stillwake',
      opsetImport: [{ domain: '', version: OPSET }],
      graph: {
        name: graphName,
        node: this.nodes,
        initializer: this.initializers,
        input: this.inputs,
        output: this.outputs,
        valueInfo: this.values,
      },
    }).finish();
  }
}
