import { AppError } from '../../../src/contracts/errors.ts';
import { at, sizeOf } from '../ir.ts';
import type { Network, Node, Weights } from '../ir.ts';
import type { ModelWriter } from './writer.ts';

/** Where NCHW finds each NHWC axis. */
const TO_NCHW = [0, 3, 1, 2] as const;

/** A source shape in ONNX order. */
export function onnxShape(shape: readonly number[]): number[] {
  return shape.length === 4 ? TO_NCHW.map((axis) => at(shape, axis)) : [...shape];
}

/** Position of a source axis in ONNX order. */
function onnxAxis(axis: number, rank: number): number {
  return rank === 4 ? at([0, 2, 3, 1], axis) : axis;
}

/** What a graph of the pack is called from outside. */
export interface Ports {
  /** Name of the picture input. */
  readonly input: string;
  /** Output names with the shapes they get, in the network's order. */
  readonly outputs: readonly { readonly name: string; readonly shape: readonly number[] }[];
}

/**
 * Writes a network's nodes as ONNX, `[N,H,W,C]` becoming `[N,C,H,W]`.
 * @throws ERR_MODEL_FAILED when shapes disagree.
 */
export function lower(network: Network, ports: Ports, writer: ModelWriter): void {
  const names = new Map<string, string>([[network.input, ports.input]]);
  const shapeOf = (tensor: string): readonly number[] => {
    const shape = network.shapes.get(tensor);
    if (!shape) throw new AppError('ERR_MODEL_FAILED', `${tensor} has no shape`);
    return shape;
  };
  writer.input(ports.input, onnxShape(shapeOf(network.input)));
  network.nodes.forEach((node, index) => {
    const inputs = node.inputs.map((input) => {
      const name = names.get(input);
      if (name === undefined) throw new AppError('ERR_MODEL_FAILED', `${input} is read before it is made`);
      return name;
    });
    const output = `v${index}`;
    names.set(node.output, output);
    lowerNode(node, inputs, output, node.inputs.map(shapeOf), shapeOf(node.output), writer);
    writer.declare(output, onnxShape(shapeOf(node.output)));
  });
  network.outputs.forEach((tensor, index) => {
    const { name, shape } = at(ports.outputs, index);
    const source = shapeOf(tensor);
    if (sizeOf(shape) !== sizeOf(source))
      throw new AppError('ERR_MODEL_FAILED', `${name} is ${source.join('×')}, not ${shape.join('×')}`);
    const from = names.get(tensor) ?? tensor;
    if (onnxShape(source).join() === shape.join()) writer.node('Identity', [from], name);
    else reshape(from, source, shape, name, writer);
    writer.output(name, shape);
  });
}

/** Reshape with the source's element order: channels last. */
function reshape(
  from: string,
  source: readonly number[],
  target: readonly number[],
  name: string,
  writer: ModelWriter,
): void {
  const [, height = 1, width = 1, channels = 1] = source;
  let flat = from;
  if (source.length === 4 && height * width > 1 && channels > 1) {
    flat = `${name}.nhwc`;
    writer.node('Transpose', [from], flat, { perm: [0, 2, 3, 1] });
  }
  if (target.length === 4 && at(target, 1) * at(target, 2) > 1 && at(target, 3) > 1) {
    const wide = `${name}.wide`;
    writer.node('Reshape', [flat, writer.integers(target)], wide);
    writer.node('Transpose', [wide], name, { perm: [...TO_NCHW] });
  } else writer.node('Reshape', [flat, writer.integers(onnxShape(target))], name);
}

function biasInput(bias: Float32Array | null, writer: ModelWriter): string[] {
  return bias === null ? [] : [writer.vector(bias)];
}

function lowerNode(
  node: Node,
  inputs: string[],
  output: string,
  inputShapes: readonly (readonly number[])[],
  shape: readonly number[],
  writer: ModelWriter,
): void {
  const { operation } = node;
  const x = at(inputs, 0);
  const from = at(inputShapes, 0);
  switch (operation.kind) {
    case 'conv': {
      checkConvolution(operation.weight, operation.group, from, shape);
      const { strides, dilations, pads, group } = operation;
      const weight = writer.weight(operation.weight, 0);
      writer.node('Conv', [x, weight, ...biasInput(operation.bias, writer)], output, {
        kernel_shape: operation.weight.shape.slice(2),
        strides: [...strides],
        dilations: [...dilations],
        pads: [...pads],
        group,
      });
      return;
    }
    case 'transposed-conv': {
      const weight = writer.weight(operation.weight, 1);
      writer.node('ConvTranspose', [x, weight, ...biasInput(operation.bias, writer)], output, {
        kernel_shape: operation.weight.shape.slice(2),
        strides: [...operation.strides],
        pads: [...operation.pads],
      });
      return;
    }
    case 'fully-connected': {
      const flat = `${output}.flat`;
      reshape(x, from, [1, sizeOf(from)], flat, writer);
      const weight = writer.weight(operation.weight, 0);
      writer.node('Gemm', [flat, weight, ...biasInput(operation.bias, writer)], output, { transB: 1 });
      return;
    }
    case 'prelu':
      writer.node('PRelu', [x, writer.vector(operation.slope, [operation.slope.length, 1, 1])], output);
      return;
    case 'add':
      writer.node('Add', inputs, output);
      return;
    case 'multiply':
      writer.node('Mul', inputs, output);
      return;
    case 'relu':
      writer.node('Relu', [x], output);
      return;
    case 'relu6':
      writer.node('Clip', [x, writer.scalar(0), writer.scalar(6)], output);
      return;
    case 'sigmoid':
      writer.node('Sigmoid', [x], output);
      return;
    case 'hard-swish':
      writer.node('HardSwish', [x], output);
      return;
    case 'max-pool':
    case 'average-pool': {
      const [height, width] = operation.kernel;
      const whole = height === from[1] && width === from[2] && operation.pads.every((pad) => pad === 0);
      if (operation.kind === 'average-pool' && whole) {
        writer.node('GlobalAveragePool', [x], output);
        return;
      }
      writer.node(operation.kind === 'max-pool' ? 'MaxPool' : 'AveragePool', [x], output, {
        kernel_shape: [...operation.kernel],
        strides: [...operation.strides],
        pads: [...operation.pads],
      });
      return;
    }
    case 'pad': {
      const pads = [...onnxShape(operation.before), ...onnxShape(operation.after)];
      writer.node('Pad', [x, writer.integers(pads)], output);
      return;
    }
    case 'concat':
      writer.node('Concat', inputs, output, { axis: onnxAxis(operation.axis, shape.length) });
      return;
    case 'reshape':
      reshape(x, from, shape, output, writer);
      return;
    case 'resize': {
      const scales = onnxShape(shape).map((side, axis) => side / at(onnxShape(from), axis));
      writer.node('Resize', [x, '', writer.floats(scales)], output, {
        mode: 'linear',
        coordinate_transformation_mode: operation.mode,
      });
      return;
    }
    case 'depth-to-space':
      writer.node('DepthToSpace', [x], output, { blocksize: operation.block, mode: 'DCR' });
      return;
    case 'spatial-mean': {
      if (shape.length === 4) writer.node('GlobalAveragePool', [x], output);
      else {
        writer.node('GlobalAveragePool', [x], `${output}.mean`);
        writer.node('Reshape', [`${output}.mean`, writer.integers(shape)], output);
      }
      return;
    }
  }
}

function checkConvolution(
  weight: Weights,
  group: number,
  from: readonly number[],
  to: readonly number[],
): void {
  const fits = at(weight.shape, 1) * group === from[3] && weight.shape[0] === to[3];
  if (!fits)
    throw new AppError(
      'ERR_MODEL_FAILED',
      `weights ${weight.shape.join('×')} in ${group} groups do not fit ${from.join('×')} → ${to.join('×')}`,
    );
}
