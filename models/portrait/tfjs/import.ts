import * as v from 'valibot';
import { AppError } from '../../../src/contracts/errors.ts';
import { at, samePads, sizeOf, transpose } from '../ir.ts';
import type { Network, Node, Operation, Pads, Pair, Weights } from '../ir.ts';
import { readConstants } from './constants.ts';
import type { Constants } from './constants.ts';
import { tfjsModelSchema } from './schema.ts';
import type { TfjsModel, TfjsNode } from './schema.ts';

const ACTIVATIONS: Readonly<Record<string, 'relu' | 'relu6' | 'sigmoid'>> = {
  Relu: 'relu',
  Relu6: 'relu6',
  Sigmoid: 'sigmoid',
};

function text(base64: string): string {
  return Buffer.from(base64, 'base64').toString('latin1');
}

function unsupported(node: TfjsNode, why = ''): AppError {
  return new AppError('ERR_MODEL_FAILED', `operator ${node.op} is not supported${why && `: ${why}`}`, {
    details: { operator: node.op, node: node.name },
  });
}

/** Height and width out of an `[N,H,W,C]` attribute. */
function spatial(node: TfjsNode, name: string): Pair {
  const list = node.attr[name]?.list?.i ?? [1, 1, 1, 1];
  return [at(list, 1), at(list, 2)];
}

/** Shape of a window that slides over `size`. */
function slide(size: Pair, kernel: Pair, strides: Pair, dilations: Pair, pads: Pads): Pair {
  const along = (i: 0 | 1, pad: number): number =>
    Math.floor((size[i] + pad - (kernel[i] - 1) * dilations[i] - 1) / strides[i]) + 1;
  return [along(0, pads[0] + pads[2]), along(1, pads[1] + pads[3])];
}

class Importer {
  private readonly constants: Constants;
  private readonly integers: Map<string, readonly number[]>;
  private readonly shapes = new Map<string, readonly number[]>();
  private readonly nodes: Node[] = [];
  private readonly alias = new Map<string, string>();
  private readonly model: TfjsModel;

  constructor(model: TfjsModel, weights: Uint8Array) {
    this.model = model;
    this.constants = readConstants(model, weights);
    this.integers = new Map(this.constants.integers);
  }

  run(outputs: readonly string[]): Network {
    const all = this.model.modelTopology.node;
    const byName = new Map(all.map((node) => [node.name, node]));
    const done = new Set<string>();
    let input = '';
    const visit = (name: string): void => {
      if (done.has(name)) return;
      done.add(name);
      const node = byName.get(name);
      if (!node)
        throw new AppError('ERR_MODEL_DAMAGED', `no node named ${name}`, { details: { node: name } });
      for (const from of node.input) visit(from);
      if (node.op === 'Placeholder') input = name;
      this.node(node);
    };
    outputs.forEach(visit);
    return { input, outputs: outputs.map((name) => this.real(name)), nodes: this.nodes, shapes: this.shapes };
  }

  private real(name: string): string {
    return this.alias.get(name) ?? name;
  }

  private shape(name: string): readonly number[] {
    const shape = this.shapes.get(this.real(name));
    if (!shape) throw new AppError('ERR_MODEL_DAMAGED', `${name} has no shape`, { details: { node: name } });
    return shape;
  }

  private size(name: string): Pair {
    const shape = this.shape(name);
    return [at(shape, 1), at(shape, 2)];
  }

  private weights(name: string): Weights {
    const weights = this.constants.floats.get(name);
    if (!weights)
      throw new AppError('ERR_MODEL_DAMAGED', `${name} is not a constant`, { details: { node: name } });
    return weights;
  }

  private ints(name: string): readonly number[] {
    const values = this.integers.get(name);
    if (!values)
      throw new AppError('ERR_MODEL_DAMAGED', `${name} is not a known integer`, { details: { node: name } });
    return values;
  }

  private push(
    operation: Operation,
    inputs: readonly string[],
    output: string,
    shape: readonly number[],
  ): void {
    this.shapes.set(output, shape);
    this.nodes.push({ operation, inputs: inputs.map((name) => this.real(name)), output });
  }

  private node(node: TfjsNode): void {
    const { op, name, input, attr } = node;
    const first = input[0] ?? '';
    switch (op) {
      case 'Placeholder':
        this.shapes.set(
          name,
          (attr['shape']?.shape?.dim ?? []).map(({ size }) => (size < 0 ? 1 : size)),
        );
        return;
      case 'Const':
        return;
      case 'Identity':
        this.alias.set(name, this.real(first));
        return;
      case 'Conv2D':
      case '_FusedConv2D':
      case 'DepthwiseConv2dNative':
      case 'FusedDepthwiseConv2dNative':
        this.convolution(node);
        return;
      case 'Add':
      case 'AddV2':
      case 'Mul':
        if (input.some((from) => this.constants.floats.has(from))) throw unsupported(node, 'with a constant');
        if (this.shape(first).join() !== this.shape(at(input, 1)).join())
          throw unsupported(node, 'broadcast');
        this.push({ kind: op === 'Mul' ? 'multiply' : 'add' }, input, name, this.shape(first));
        return;
      case 'Prelu':
        this.push(
          { kind: 'prelu', slope: this.weights(at(input, 1)).data },
          [first],
          name,
          this.shape(first),
        );
        return;
      case 'MaxPool': {
        const kernel = spatial(node, 'ksize');
        const strides = spatial(node, 'strides');
        const pads = this.pads(node, kernel, strides, [1, 1]);
        const [height, width] = slide(this.size(first), kernel, strides, [1, 1], pads);
        const shape = [1, height, width, at(this.shape(first), 3)];
        this.push({ kind: 'max-pool', kernel, strides, pads }, [first], name, shape);
        return;
      }
      case 'Pad': {
        const pairs = this.ints(at(input, 1));
        const before = pairs.filter((_, i) => i % 2 === 0);
        const after = pairs.filter((_, i) => i % 2 === 1);
        const shape = this.shape(first).map((side, i) => side + at(before, i) + at(after, i));
        this.push({ kind: 'pad', before, after }, [first], name, shape);
        return;
      }
      case 'ConcatV2': {
        const parts = input.slice(0, -1);
        const rank = this.shape(first).length;
        const axis = (at(this.ints(at(input, input.length - 1)), 0) + rank) % rank;
        const side = parts.reduce((sum, part) => sum + at(this.shape(part), axis), 0);
        const shape = this.shape(first).map((value, i) => (i === axis ? side : value));
        this.push({ kind: 'concat', axis }, parts, name, shape);
        return;
      }
      case 'ResizeBilinear': {
        const [height, width] = this.ints(at(input, 1));
        const mode = attr['half_pixel_centers']?.b
          ? 'half_pixel'
          : attr['align_corners']?.b
            ? 'align_corners'
            : 'asymmetric';
        const shape = [1, height ?? 0, width ?? 0, at(this.shape(first), 3)];
        this.push({ kind: 'resize', mode }, [first], name, shape);
        return;
      }
      case 'DepthToSpace': {
        const block = attr['block_size']?.i ?? 1;
        const [n, h, w, c] = this.shape(first);
        const shape = [n ?? 1, (h ?? 0) * block, (w ?? 0) * block, (c ?? 0) / (block * block)];
        this.push({ kind: 'depth-to-space', block }, [first], name, shape);
        return;
      }
      case 'Shape':
        this.integers.set(name, this.shape(first));
        return;
      case 'StridedSlice': {
        if (attr['shrink_axis_mask']?.i !== 1) throw unsupported(node, 'other than one element');
        this.integers.set(name, [at(this.ints(first), at(this.ints(at(input, 1)), 0))]);
        return;
      }
      case 'Pack':
        this.integers.set(
          name,
          input.flatMap((from) => this.ints(from)),
        );
        return;
      case 'Reshape': {
        const wanted = this.ints(at(input, 1));
        const known = sizeOf(wanted.filter((side) => side >= 0));
        const shape = wanted.map((side) => (side < 0 ? sizeOf(this.shape(first)) / known : side));
        this.push({ kind: 'reshape' }, [first], name, shape);
        return;
      }
      default: {
        const kind = ACTIVATIONS[op];
        if (!kind) throw unsupported(node);
        this.push({ kind }, [first], name, this.shape(first));
      }
    }
  }

  private pads(node: TfjsNode, kernel: Pair, strides: Pair, dilations: Pair): Pads {
    const rule = text(node.attr['padding']?.s ?? '');
    if (rule === 'VALID') return [0, 0, 0, 0];
    if (rule === 'SAME') return samePads(this.size(at(node.input, 0)), kernel, strides, dilations);
    throw unsupported(node, `padding ${rule}`);
  }

  private convolution(node: TfjsNode): void {
    const { op, name, input, attr } = node;
    const depthwise = op.includes('Depthwise');
    const x = at(input, 0);
    const source = this.weights(at(input, 1));
    const kernel: Pair = [at(source.shape, 0), at(source.shape, 1)];
    const strides = spatial(node, 'strides');
    const dilations = spatial(node, 'dilations');
    const pads = this.pads(node, kernel, strides, dilations);
    const turned = transpose(source, depthwise ? [2, 3, 0, 1] : [3, 2, 0, 1]);
    const weight = depthwise
      ? { data: turned.data, shape: [at(turned.shape, 0) * at(turned.shape, 1), 1, ...kernel] }
      : turned;
    const channels = at(this.shape(x), 3);
    const group = depthwise ? channels : channels / at(weight.shape, 1);
    const fused = (attr['fused_ops']?.list?.s ?? []).map(text);
    const biased = fused[0] === 'BiasAdd';
    const activation = fused[biased ? 1 : 0];
    const size = slide(this.size(x), kernel, strides, dilations, pads);
    const shape = [1, ...size, at(weight.shape, 0)];
    const bias = biased ? this.weights(at(input, 2)).data : null;
    const result = activation === undefined ? name : `${name}:linear`;
    this.push({ kind: 'conv', weight, bias, group, strides, dilations, pads }, [x], result, shape);
    if (activation === undefined) return;
    const kind = ACTIVATIONS[activation];
    if (kind) this.push({ kind }, [result], name, shape);
    else if (activation === 'Prelu')
      this.push({ kind: 'prelu', slope: this.weights(at(input, 3)).data }, [result], name, shape);
    else throw unsupported(node, `fused with ${activation}`);
  }
}

/**
 * Reads a TensorFlow.js graph model.
 * @param json text of `model.json`.
 * @param weights its one weight file; borrowed.
 * @param outputs names of the nodes to keep; whatever they don't need is left out.
 * @throws ERR_MODEL_FAILED when an operator is not known; `details.operator` names it.
 * @throws ERR_MODEL_DAMAGED when the files are not what they say.
 */
export function importTfjs(json: string, weights: Uint8Array, outputs: readonly string[]): Network {
  let raw: unknown;
  try {
    raw = JSON.parse(json);
  } catch (cause) {
    throw new AppError('ERR_MODEL_DAMAGED', 'the model description is not JSON', { cause });
  }
  const parsed = v.safeParse(tfjsModelSchema, raw);
  if (!parsed.success)
    throw new AppError('ERR_MODEL_DAMAGED', `not a graph model: ${v.summarize(parsed.issues)}`);
  return new Importer(parsed.output, weights).run(outputs);
}
