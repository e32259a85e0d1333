/** A constant tensor: row-major data and its shape. */
export interface Weights {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** `[top, left, bottom, right]` in pixels. */
export type Pads = readonly [number, number, number, number];

/** `[height, width]`. */
export type Pair = readonly [number, number];

/** How Resize maps a target pixel to the source. */
export type ResizeMode = 'half_pixel' | 'align_corners' | 'asymmetric';

/** What a node does. Shapes and axes are those of the source: `[N,H,W,C]` for rank 4. */
export type Operation =
  /** `weight` is `[O, I/group, kH, kW]`. */
  | {
      readonly kind: 'conv';
      readonly weight: Weights;
      readonly bias: Float32Array | null;
      readonly group: number;
      readonly strides: Pair;
      readonly dilations: Pair;
      readonly pads: Pads;
    }
  /** `weight` is `[I, O, kH, kW]`. */
  | {
      readonly kind: 'transposed-conv';
      readonly weight: Weights;
      readonly bias: Float32Array | null;
      readonly strides: Pair;
      readonly pads: Pads;
    }
  /** `weight` is `[O, I]`; the input is flattened to `[N, I]`. */
  | { readonly kind: 'fully-connected'; readonly weight: Weights; readonly bias: Float32Array | null }
  /** One slope per channel. */
  | { readonly kind: 'prelu'; readonly slope: Float32Array }
  | { readonly kind: 'add' | 'multiply' }
  | { readonly kind: 'relu' | 'relu6' | 'sigmoid' | 'hard-swish' }
  | {
      readonly kind: 'max-pool' | 'average-pool';
      readonly kernel: Pair;
      readonly strides: Pair;
      readonly pads: Pads;
    }
  /** Zeros before and after, per source axis. */
  | { readonly kind: 'pad'; readonly before: readonly number[]; readonly after: readonly number[] }
  | { readonly kind: 'concat'; readonly axis: number }
  | { readonly kind: 'reshape' }
  | { readonly kind: 'resize'; readonly mode: ResizeMode }
  | { readonly kind: 'depth-to-space'; readonly block: number }
  /** Mean over height and width. */
  | { readonly kind: 'spatial-mean' };

/** One operation with the tensors it reads and the one it makes. */
export interface Node {
  readonly operation: Operation;
  readonly inputs: readonly string[];
  readonly output: string;
}

/** A network as both importers deliver it: nodes in execution order, every tensor's source shape. */
export interface Network {
  readonly input: string;
  readonly outputs: readonly string[];
  readonly nodes: readonly Node[];
  /** Source shape of each tensor, `[1,H,W,C]` for rank 4. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
}

/** Number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1);
}

/**
 * The element at `index`.
 * @throws RangeError when there is none.
 */
export function at<T>(items: ArrayLike<T>, index: number): T {
  const item = items[index];
  if (item === undefined) throw new RangeError(`no element ${index} in ${items.length}`);
  return item;
}

/**
 * Pads of TensorFlow's SAME rule, which puts the odd pixel at the end.
 * @source https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2
 */
export function samePads(size: Pair, kernel: Pair, strides: Pair, dilations: Pair): Pads {
  const along = (i: 0 | 1): [number, number] => {
    const reach = (kernel[i] - 1) * dilations[i] + 1;
    const total = Math.max(0, (Math.ceil(size[i] / strides[i]) - 1) * strides[i] + reach - size[i]);
    const before = Math.floor(total / 2);
    return [before, total - before];
  };
  const [top, bottom] = along(0);
  const [left, right] = along(1);
  return [top, left, bottom, right];
}

/** Reorders a tensor's axes: axis `i` of the result is axis `order[i]` of the source. */
export function transpose(source: Weights, order: readonly number[]): Weights {
  const shape = order.map((axis) => at(source.shape, axis));
  const strides = source.shape.map((_, axis) => sizeOf(source.shape.slice(axis + 1)));
  const steps = order.map((axis) => at(strides, axis));
  const data = new Float32Array(source.data.length);
  const index = shape.map(() => 0);
  for (let to = 0, from = 0; to < data.length; to++) {
    data[to] = at(source.data, from);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const next = at(index, axis) + 1;
      from += at(steps, axis);
      if (next < at(shape, axis)) {
        index[axis] = next;
        break;
      }
      from -= next * at(steps, axis);
      index[axis] = 0;
    }
  }
  return { shape, data };
}
