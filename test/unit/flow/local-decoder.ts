import type { FlowConstants } from '../../../src/contracts/flow.ts';
import type { FlowRuntime, FlowTensor } from '../../../src/core/flow/runtime.ts';

/** A tensor in plain memory. */
class PlainTensor implements FlowTensor {
  readonly data: Float32Array;
  readonly shape: readonly number[];
  released = false;

  constructor(data: Float32Array, shape: readonly number[]) {
    this.data = data;
    this.shape = shape;
  }

  async read(): Promise<Float32Array> {
    if (this.released) throw new Error('read after release');
    return this.data.slice();
  }

  release(): void {
    this.released = true;
  }
}

/** What a decoder was run with, and what of it is still in use. */
export interface LocalDecoder extends FlowRuntime {
  readonly runs: number;
  readonly inUse: number;
}

/**
 * A decoder whose pixels depend on their own latent cell and time alone, so that any tiling of it must give the very frames
 * that decoding all at once does. Colour c is channel c. With memory (channels 3, scale 1) frame k of latent frame f shows
 * the sum of the latents up to f, plus k.
 */
export function localDecoder(
  decode: FlowConstants['decode'],
  temporal: number,
  spatial: number,
): LocalDecoder {
  const tensors: PlainTensor[] = [];
  let runs = 0;
  const hold = (data: Float32Array, shape: readonly number[]): PlainTensor => {
    const tensor = new PlainTensor(data, shape);
    tensors.push(tensor);
    return tensor;
  };
  const plain = (tensor: FlowTensor | undefined): PlainTensor => {
    if (!(tensor instanceof PlainTensor) || tensor.released) throw new Error('not a tensor in use');
    return tensor;
  };

  const tiles = (latents: PlainTensor): Record<string, FlowTensor> => {
    const [, , F = 0, h = 0, w = 0] = latents.shape;
    const n = (F - 1) * temporal + 1;
    const [H, W] = [h * spatial, w * spatial];
    const frames = new Float32Array(3 * n * H * W);
    let at = 0;
    for (let c = 0; c < 3; c++) {
      for (let k = 0; k < n; k++) {
        // Between two latent frames time runs evenly.
        const f = Math.floor(k / temporal);
        const part = k / temporal - f;
        for (let y = 0; y < H; y++) {
          for (let x = 0; x < W; x++, at++) {
            const cell = Math.floor(y / spatial) * w + Math.floor(x / spatial);
            const a = latents.data[(c * F + f) * h * w + cell] ?? 0;
            const b = part > 0 ? (latents.data[(c * F + f + 1) * h * w + cell] ?? 0) : a;
            frames[at] = a + part * (b - a);
          }
        }
      }
    }
    return { frames: hold(frames, [1, 3, n, H, W]) };
  };

  const stream = (latents: PlainTensor, memory: PlainTensor): Record<string, FlowTensor> => {
    const [, , h = 0, w = 0] = latents.shape;
    const [H, W] = [h * spatial, w * spatial];
    const sums = memory.data.map((value, i) => value + (latents.data[i] ?? 0));
    const frames = new Float32Array(3 * temporal * H * W);
    let at = 0;
    for (let c = 0; c < 3; c++) {
      for (let k = 0; k < temporal; k++) {
        for (let y = 0; y < H; y++) {
          for (let x = 0; x < W; x++, at++) {
            frames[at] =
              (sums[(c * h + Math.floor(y / spatial)) * w + Math.floor(x / spatial)] ?? 0) + k / 100;
          }
        }
      }
    }
    return { frames: hold(frames, [1, 3, temporal, H, W]), next_memory_0: hold(sums, memory.shape) };
  };

  return {
    get runs() {
      return runs;
    },
    get inUse() {
      return tensors.filter(({ released }) => !released).length;
    },
    async open() {
      return {
        async run(feeds) {
          runs += 1;
          const latents = plain(feeds['latents']);
          return decode.kind === 'tiles' ? tiles(latents) : stream(latents, plain(feeds['memory_0']));
        },
        async release() {
          await Promise.resolve();
        },
      };
    },
    floats: (data, shape) => hold(data, shape),
    words: () => {
      throw new Error('a decoder reads no words');
    },
  };
}
