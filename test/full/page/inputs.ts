import type { FlowConstants } from '../../../src/contracts/flow.ts';
import { FLOW_GRAPHS } from '../../../src/contracts/flow.ts';
import type { Pack } from '../../../src/contracts/pack.ts';
import { packGraph } from '../../../src/contracts/pack.ts';
import type { ReadyPrompt } from '../../../src/core/flow/embedding.ts';
import { flowShape, framesOf, pictureMask } from '../../../src/core/flow/layout.ts';
import { normals } from '../../../src/core/flow/noise.ts';
import { positionTables } from '../../../src/core/flow/positions.ts';
import type { FlowRuntime, FlowTensor } from '../../../src/core/flow/runtime.ts';
import type { Wish } from './full.api.ts';

/** A graph's input as numbers. */
interface Numbers {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Makes what a pack's graphs are given for a clip, as the engine would, but from noise. */
export class FullInputs {
  readonly #pack: Pack;
  readonly #constants: FlowConstants;
  readonly #prompt: ReadyPrompt;
  /** What `dit_context` gave; zeros of the longest prompt without it. */
  context: Numbers | null = null;

  constructor(pack: Pack, constants: FlowConstants, prompt: ReadyPrompt) {
    this.#pack = pack;
    this.#constants = constants;
    this.#prompt = prompt;
  }

  /** Sizes of a graph's free axes, by letter. */
  free(graph: string, { size, tile }: Wish): Record<string, number> {
    const { latentWidth: w, latentHeight: h, tokens: N } = flowShape(this.#constants, size);
    const { width: W, height: H } = size;
    switch (graph) {
      case FLOW_GRAPHS.encode:
        return { H, W, h, w };
      case FLOW_GRAPHS.step:
        return { N, T: this.#context().shape[2] ?? 0 };
      case FLOW_GRAPHS.decode: {
        const { decode, latent } = this.#constants;
        if (decode.kind !== 'tiles') throw new Error('only decoders of tiles are measured');
        const F = this.#tileFrames(size.frames);
        const [rows, columns] = [Math.min(h, tile.rows), Math.min(w, tile.columns)];
        const pixels = { H: rows * latent.spatial, W: columns * latent.spatial };
        return { F, h: rows, w: columns, n: framesOf(F, latent.temporal), ...pixels };
      }
      default:
        return { T: this.#prompt.words };
    }
  }

  /** Everything that a graph is given; the caller releases it. */
  feeds(runtime: FlowRuntime, graph: string, wish: Wish): Record<string, FlowTensor> {
    if (graph === FLOW_GRAPHS.textEncoder) {
      return { ids: runtime.words(Array.from({ length: this.#prompt.words }, (_, i) => i % 32)) };
    }
    return Object.fromEntries(
      Object.entries(this.#numbers(graph, wish)).map(([name, { data, shape }]) => [
        name,
        runtime.floats(data, shape),
      ]),
    );
  }

  #tileFrames(frames: number): number {
    const { decode, latent } = this.#constants;
    const all = (frames - 1) / latent.temporal + 1;
    return decode.kind === 'tiles' ? Math.min(decode.frames, all) : 1;
  }

  #context(): Numbers {
    if (this.context) return this.context;
    const [layers = 0, two = 0, , width = 0] =
      packGraph(this.#pack, FLOW_GRAPHS.step).inputs.find(({ name }) => name === 'context')?.shape ?? [];
    const shape = [layers, two, this.#constants.text.maxTokens, width];
    return { shape, data: new Float32Array(shape.reduce((a, b) => a * b)) };
  }

  #numbers(graph: string, wish: Wish): Record<string, Numbers> {
    const noise = (...shape: number[]): Numbers => ({
      shape,
      data: normals(
        1,
        [0, 0, 0],
        shape.reduce((a, b) => a * b),
      ),
    });
    const shape = flowShape(this.#constants, wish.size);
    const { fps, positions, text, sampler, latent } = this.#constants;
    const { tokens: N, tokenWidth: P } = shape;
    switch (graph) {
      case FLOW_GRAPHS.encode: {
        const image = noise(1, 3, shape.height, shape.width);
        return { image: { ...image, data: image.data.map((z) => Math.max(-1, Math.min(1, 0.5 * z))) } };
      }
      case FLOW_GRAPHS.context:
        return { embedding: { shape: [1, this.#prompt.words, text.width], data: this.#prompt.embedding } };
      case FLOW_GRAPHS.step: {
        const { cos, sin } = positionTables(positions, shape, fps);
        return {
          latents: noise(1, N, P),
          context: this.#context(),
          cos: { shape: [1, N, positions.width], data: cos },
          sin: { shape: [1, N, positions.width], data: sin },
          timesteps: {
            shape: [2],
            data: Float32Array.of(0, (sampler.sigmas[0] ?? 1) * sampler.timestepScale),
          },
          mask: { shape: [1, N, 1], data: pictureMask(shape) },
        };
      }
      case FLOW_GRAPHS.decode: {
        const { F = 0, h = 0, w = 0 } = this.free(graph, wish);
        return { latents: noise(1, latent.channels, F, h, w) };
      }
      default:
        throw new Error(`nobody knows what ${graph} is given`);
    }
  }
}
