/** Columns and rows of the probe's two square weights. */
export const PROBE_WIDTH = 1024;
const BLOCK = 32;
const BITS = 4;

const FLOAT = 1;
const UINT8 = 2;

type Bytes = Uint8Array<ArrayBuffer>;

/** Wire format of protocol buffers, as much as a graph needs. @source protobuf.dev/programming-guides/encoding */
function varint(value: number): Bytes {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 127) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return Uint8Array.of(...bytes, rest);
}

function join(parts: readonly Bytes[]): Bytes {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

const whole = (field: number, value: number): Bytes => join([varint(field * 8), varint(value)]);
const bytes = (field: number, value: Bytes): Bytes =>
  join([varint(field * 8 + 2), varint(value.length), value]);
const text = (field: number, value: string): Bytes =>
  bytes(field, new Uint8Array(new TextEncoder().encode(value)));
const message = (field: number, ...parts: readonly Bytes[]): Bytes => bytes(field, join(parts));

/** An `AttributeProto`: one whole number, or several. */
const attribute = (name: string, value: number | readonly number[]): Bytes =>
  typeof value === 'number'
    ? message(5, text(1, name), whole(3, value), whole(20, 2))
    : message(5, text(1, name), ...value.map((one) => whole(8, one)), whole(20, 7));

interface Node {
  readonly op: string;
  readonly domain?: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes?: Readonly<Record<string, number | readonly number[]>>;
}

const node = ({ op, domain, inputs, output, attributes = {} }: Node): Bytes =>
  message(
    1,
    ...inputs.map((name) => text(1, name)),
    text(2, output),
    text(4, op),
    ...Object.entries(attributes).map(([name, value]) => attribute(name, value)),
    ...(domain === undefined ? [] : [text(7, domain)]),
  );

const tensor = (name: string, type: number, dims: readonly number[], data: ArrayBuffer): Bytes =>
  message(
    5,
    ...dims.map((dim) => whole(1, dim)),
    whole(2, type),
    text(8, name),
    bytes(9, new Uint8Array(data)),
  );

/** A `ValueInfoProto` of floats; a letter is a free axis. */
const value = (field: number, name: string, shape: readonly (number | string)[]): Bytes => {
  const dims = shape.map((dim) => message(1, typeof dim === 'number' ? whole(1, dim) : text(2, dim)));
  return message(field, text(1, name), message(2, message(1, whole(1, FLOAT), message(2, ...dims))));
};

/** Small numbers that are all different enough, the same each time. */
function scattered(count: number): Uint32Array<ArrayBuffer> {
  const values = new Uint32Array(count);
  let state = 1;
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    values[i] = state;
  }
  return values;
}

/**
 * A graph for timing: `x` [M, 1] becomes [M, {@link PROBE_WIDTH}], goes through a product with int4 weights, as a
 * denoiser's are, and one with floats, and is averaged to `y` [1, 1], so that nothing large comes back.
 * @returns bytes of an ONNX model; what runs it needs `com.microsoft`.
 */
export function probeModel(): Bytes {
  const W = PROBE_WIDTH;
  const floats = Float32Array.from(scattered(W * W), (word) => word / 2 ** 36 - 1 / 32);
  const packed = Uint8Array.from(scattered((W * W * BITS) / 8), (word) => word >>> 24);
  const scales = new Float32Array((W * W) / BLOCK).fill(1 / 128);
  const ramp = Float32Array.from({ length: W }, (_, i) => 1 + i / W);
  const blocks = W / BLOCK;
  return join([
    whole(1, 8),
    text(2, 'stillwake'),
    message(
      7,
      node({ op: 'Mul', inputs: ['x', 'ramp'], output: 'wide' }),
      node({
        op: 'MatMulNBits',
        domain: 'com.microsoft',
        inputs: ['wide', 'packed', 'scales'],
        output: 'mixed',
        attributes: { K: W, N: W, bits: BITS, block_size: BLOCK },
      }),
      node({ op: 'MatMul', inputs: ['mixed', 'floats'], output: 'mixed_again' }),
      node({
        op: 'ReduceMean',
        inputs: ['mixed_again'],
        output: 'y',
        attributes: { axes: [0, 1], keepdims: 1 },
      }),
      text(2, 'probe'),
      tensor('ramp', FLOAT, [1, W], ramp.buffer),
      tensor('packed', UINT8, [W, blocks, (BLOCK * BITS) / 8], packed.buffer),
      tensor('scales', FLOAT, [W * blocks], scales.buffer),
      tensor('floats', FLOAT, [W, W], floats.buffer),
      value(11, 'x', ['M', 1]),
      value(12, 'y', [1, 1]),
    ),
    message(8, text(1, ''), whole(2, 17)),
    message(8, text(1, 'com.microsoft'), whole(2, 1)),
  ]);
}

/** Floating-point operations of one run with `rows` rows: two for each weight of both products. */
export function probeWork(rows: number): number {
  return 4 * rows * PROBE_WIDTH * PROBE_WIDTH;
}
