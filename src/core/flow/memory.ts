import type { FlowConstants, FlowSize } from '../../contracts/flow.ts';
import { FLOW_GRAPHS } from '../../contracts/flow.ts';
import type { Pack, PackGraph } from '../../contracts/pack.ts';
import type { DecodeTile } from './decode.ts';
import { flowShape, framesOf } from './layout.ts';
import { spatialOverlap, tileStarts } from './tiling.ts';

const MIB = 1024 ** 2;

/** What a machine gives. Bytes. */
export interface DeviceLimits {
  /** Where the graphs run. */
  readonly provider: 'webgpu' | 'wasm';
  /** Of the adapter; the smaller one bounds a single buffer. Not looked at on `wasm`. */
  readonly maxBufferSize: number;
  readonly maxStorageBufferBindingSize: number;
  /** Most that WebAssembly may hold; 4 GiB when left out. */
  readonly heapBytes?: number;
  /** Whether weights go from storage to the graphics card without passing the heap (the `/jspi` build). */
  readonly streams: boolean;
  /** What the graphics card may hold, where that is known; no browser tells. */
  readonly deviceBytes?: number;
}

/** What a graph needs while it runs. Bytes. */
export interface GraphMemory {
  readonly graph: string;
  /** Its weights as they lie in memory. */
  readonly weights: number;
  readonly activations: number;
  /** The largest single buffer. */
  readonly largest: number;
  /** What WebAssembly has to hold while its session is made, the runtime included. */
  readonly opening: number;
  /** What WebAssembly has to hold for it at most, the runtime included: while its session is made, or while it runs. */
  readonly heap: number;
}

/** Why a clip does not fit: `needs` bytes where the machine `gives` fewer. */
export interface MemoryProblem {
  readonly graph: string;
  readonly what: 'buffer' | 'heap' | 'device';
  readonly needs: number;
  readonly gives: number;
}

/** How a clip of one size is to be made on a machine. */
export interface MemoryPlan {
  readonly size: FlowSize;
  readonly graphs: readonly GraphMemory[];
  /** Most bytes in use at once, by the manifest. */
  readonly peakBytes: number;
  /** True where only one graph is held at a time. */
  readonly oneSession: boolean;
  /** Latent rows and columns that are decoded at once. */
  readonly decodeTile: DecodeTile;
  /** Runs of the decoder for one part of a clip. */
  readonly decodeRuns: number;
  /** What stands in the way; none where it fits. */
  readonly problems: readonly MemoryProblem[];
}

/** `fixed + perToken·N + perTokenSquared·N² + perPixel·W·H·frames of one run`. */
export interface SizeTerms {
  readonly fixed: number;
  readonly perToken: number;
  readonly perTokenSquared: number;
  readonly perPixel: number;
}

/** What terms come to. @param pixels W·H·frames of one run. */
export function evaluate(terms: SizeTerms, tokens: number, pixels: number): number {
  return (
    terms.fixed + terms.perToken * tokens + terms.perTokenSquared * tokens * tokens + terms.perPixel * pixels
  );
}

/** Bytes of a graph's weights outside its file, as they are stored. */
export function weightBytes(graph: PackGraph): number {
  return graph.shards.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** The runtime itself. */
const HEAP_BASE = 64 * MIB;
/** A graph's file, its parsed form and the optimised one. */
const HEAP_PER_FILE_BYTE = 4;
/**
 * What the heap holds for each stored byte of weights while a session is made, and what stays while it runs. Halves become
 * 32-bit floats, with both there for a time; quantized weights stay as they are.
 * @source sessions of a pack in LTX 2B's shapes in onnxruntime-web's WebAssembly provider: see models/export/README.md
 */
const OPENING = { fp32: 2, fp16: 2.9, int8: 1.25, int4: 1.25 } as const;
const RUNNING = { fp32: 1, fp16: 2, int8: 1, int4: 1 } as const;
/** What of the heap may be planned with; the rest is lost between blocks. */
const HEAP_SHARE = 0.9;
/** Above this many bytes of weights, one graph at a time where nobody knows what the card holds. */
const UNKNOWN_DEVICE_BYTES = 2048 * MIB;

/** Frames of one run of the encoder or the decoder. */
export function runFrames(constants: FlowConstants, graph: string, frames: number): number {
  const { decode, latent } = constants;
  if (graph !== FLOW_GRAPHS.decode) return 1;
  if (decode.kind === 'stream') return latent.temporal;
  return Math.min(frames, framesOf(decode.frames, latent.temporal));
}

class Planner {
  readonly #pack: Pack;
  readonly #constants: FlowConstants;
  readonly #size: FlowSize;
  readonly #limits: DeviceLimits;
  readonly #tokens: number;

  constructor(pack: Pack, constants: FlowConstants, size: FlowSize, limits: DeviceLimits) {
    this.#pack = pack;
    this.#constants = constants;
    this.#size = size;
    this.#limits = limits;
    this.#tokens = flowShape(constants, size).tokens;
  }

  get heapBytes(): number {
    return HEAP_SHARE * (this.#limits.heapBytes ?? 4096 * MIB);
  }

  get bufferBytes(): number {
    const { provider, maxBufferSize, maxStorageBufferBindingSize } = this.#limits;
    return provider === 'wasm' ? this.heapBytes : Math.min(maxBufferSize, maxStorageBufferBindingSize);
  }

  /** @param share part of the picture's pixels that is decoded at once. */
  memory(graph: PackGraph, share = 1): GraphMemory {
    const { provider, streams } = this.#limits;
    const terms = this.#constants.activations[graph.id];
    const { width, height, frames } = this.#size;
    const pixels = width * height * runFrames(this.#constants, graph.id, frames);
    const tiled = graph.id === FLOW_GRAPHS.decode ? share * pixels : pixels;
    const stored = weightBytes(graph);
    const activations = terms ? evaluate(terms, this.#tokens, tiled) : 0;
    // Halves are turned to floats in the heap, also where other weights go straight to the card.
    const passes = provider === 'wasm' || !streams || graph.dtype === 'fp16';
    const opening = passes ? OPENING[graph.dtype] * stored : 0;
    const weights = RUNNING[graph.dtype] * stored;
    const held = provider === 'wasm' ? Math.max(opening, weights + activations) : opening;
    const base = HEAP_BASE + HEAP_PER_FILE_BYTE * graph.bytes;
    return {
      graph: graph.id,
      weights,
      activations,
      largest: terms ? evaluate(terms.largest, this.#tokens, tiled) : 0,
      opening: base + opening,
      heap: base + held,
    };
  }

  problemsOf(memory: GraphMemory): MemoryProblem[] {
    const { deviceBytes, provider } = this.#limits;
    const { graph, weights, activations, largest, heap } = memory;
    const found: MemoryProblem[] = [];
    if (largest > this.bufferBytes) {
      found.push({ graph, what: 'buffer', needs: largest, gives: this.bufferBytes });
    }
    if (heap > this.heapBytes) found.push({ graph, what: 'heap', needs: heap, gives: this.heapBytes });
    const needs = weights + activations;
    if (provider === 'webgpu' && deviceBytes !== undefined && needs > deviceBytes) {
      found.push({ graph, what: 'device', needs, gives: deviceBytes });
    }
    return found;
  }

  /** The largest decoder tile that fits: whole, else the one with the fewest pixels to decode. */
  decodeTile(graph: PackGraph): { tile: DecodeTile; runs: number; memory: GraphMemory } {
    const shape = flowShape(this.#constants, this.#size);
    const { latentHeight: h, latentWidth: w } = shape;
    const { decode } = this.#constants;
    const times =
      decode.kind === 'stream'
        ? shape.latentFrames
        : tileStarts(shape.latentFrames, decode.frames, decode.overlap).length;
    const count = (cells: number, size: number): number =>
      size >= cells ? 1 : tileStarts(cells, size, spatialOverlap(size)).length;
    let best: { tile: DecodeTile; runs: number; memory: GraphMemory; cost: number } | null = null;
    for (let rows = h; rows >= Math.min(h, TILE_CELLS_MIN); rows--) {
      for (let columns = w; columns >= Math.min(w, TILE_CELLS_MIN); columns--) {
        const tiles = count(h, rows) * count(w, columns);
        const cost = tiles * rows * columns;
        if (best && cost >= best.cost) continue;
        const memory = this.memory(graph, (rows * columns) / (h * w));
        if (this.problemsOf(memory).length > 0) continue;
        best = { tile: { rows, columns }, runs: tiles * times, memory, cost };
      }
    }
    return best ?? { tile: { rows: h, columns: w }, runs: times, memory: this.memory(graph) };
  }

  plan(withText: boolean): MemoryPlan {
    const graphs = this.#pack.graphs.filter(({ id }) => withText || id !== FLOW_GRAPHS.textEncoder);
    const decoder = graphs.find(({ id }) => id === FLOW_GRAPHS.decode);
    const decode = decoder && this.decodeTile(decoder);
    const memories = graphs.map((graph) =>
      decode && graph.id === FLOW_GRAPHS.decode ? decode.memory : this.memory(graph),
    );
    const weights = memories.reduce((sum, memory) => sum + memory.weights, 0);
    const active = Math.max(...memories.map(({ activations }) => activations));
    const alone = Math.max(...memories.map((memory) => memory.weights + memory.activations));
    const oneSession = weights + active > this.#roomForAll();
    return {
      size: this.#size,
      graphs: memories,
      peakBytes: oneSession ? alone : weights + active,
      oneSession,
      decodeTile: decode?.tile ?? { rows: Infinity, columns: Infinity },
      decodeRuns: decode?.runs ?? 0,
      problems: memories.flatMap((memory) => this.problemsOf(memory)),
    };
  }

  /** Bytes up to which all graphs may be held side by side. */
  #roomForAll(): number {
    const { provider, deviceBytes } = this.#limits;
    if (provider === 'webgpu') return deviceBytes ?? UNKNOWN_DEVICE_BYTES;
    // The last session is made beside all others.
    const files = this.#pack.graphs.reduce((sum, { bytes }) => sum + HEAP_PER_FILE_BYTE * bytes, HEAP_BASE);
    const extra = this.#pack.graphs.map(
      (graph) => (OPENING[graph.dtype] - RUNNING[graph.dtype]) * weightBytes(graph),
    );
    return this.heapBytes - files - Math.max(...extra);
  }
}

/** Fewer latent rows or columns than this are mostly overlap. */
const TILE_CELLS_MIN = 4;

/**
 * What making a clip of `size` needs of a machine, from the pack's description alone.
 * @param withText whether the prompt is read on this machine, so that the text encoder runs, too.
 * @throws RangeError when the size is not made of whole patches.
 */
export function memoryPlan(
  pack: Pack,
  constants: FlowConstants,
  size: FlowSize,
  limits: DeviceLimits,
  withText: boolean,
): MemoryPlan {
  return new Planner(pack, constants, size, limits).plan(withText);
}

/**
 * What one graph needs for a clip of `size`.
 * @param share part of the picture's pixels that the decoder gets at once.
 * @throws RangeError when the size is not made of whole patches.
 */
export function graphMemory(
  pack: Pack,
  constants: FlowConstants,
  size: FlowSize,
  limits: DeviceLimits,
  graph: PackGraph,
  share = 1,
): GraphMemory {
  return new Planner(pack, constants, size, limits).memory(graph, share);
}
