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
  /** Whether weights go from storage to the graphics card piece by piece (the `/jspi` build), not whole through the page. */
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
  /** What WebAssembly has to hold for values while it runs. */
  readonly run: number;
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
  /** What WebAssembly has to hold at most, the runtime included. */
  readonly heapBytes: number;
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
  /** A second line; the larger counts. */
  readonly least?: { readonly fixed: number; readonly perPixel: number } | undefined;
}

/** What terms come to. @param pixels W·H·frames of one run. */
export function evaluate(terms: SizeTerms, tokens: number, pixels: number): number {
  const { fixed, perToken, perTokenSquared, perPixel, least } = terms;
  const told = fixed + perToken * tokens + perTokenSquared * tokens * tokens + perPixel * pixels;
  return least ? Math.max(told, least.fixed + least.perPixel * pixels) : told;
}

/** Bytes of a graph's weights outside its file, as they are stored. */
export function weightBytes(graph: PackGraph): number {
  return graph.shards.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** What WebAssembly's memory starts with; the runtime itself and a session without weights fit into it. */
const HEAP_BASE = 16 * MIB;
/** A graph's file, its parsed form and the optimised one. */
const HEAP_PER_FILE_BYTE = 4;
/**
 * What the heap holds for each byte of halves while a session is made: they become 32-bit floats, and what they leave is in
 * pieces too small for the next. Other weights stay as they are.
 * @source sessions of packs in LTX 2B's shapes, `npm run full`: 2.8 for networks of products and the decoder, 2.0 for the encoder
 */
const OPENING_HALVES = 3;
/** The same for each stored byte, of packs that don't say how many are halves. */
const OPENING = { fp32: 2, fp16: OPENING_HALVES, int8: 1.25, int4: 1.25 } as const;
/**
 * What a run takes on WebAssembly for each byte of its values: blocks of every size come and go, and leave gaps.
 * @source 1.0 to 1.65 in steps of 64 to 640 tokens and a tile of the decoder, `npm run full -- --run`
 */
const RUN_SPREAD = 1.5;
/** WebAssembly's memory grows by more than is asked for: so much of itself, but no more than so many bytes. */
const GROWTH_SHARE = 0.12;
const GROWTH_MOST = 96 * MIB;
/** What of the heap may be planned with; the rest is lost between blocks. */
const HEAP_SHARE = 0.9;
/** Above this many bytes of weights, one graph at a time where nobody knows what the card holds. */
const UNKNOWN_DEVICE_BYTES = 2048 * MIB;

/** Bytes of weights that become 32-bit floats when a session is made. */
function halves(graph: PackGraph): number {
  const stored = weightBytes(graph);
  return Math.min(stored, graph.halfBytes ?? (graph.dtype === 'fp16' ? stored : 0));
}

/** Bytes of the heap for a graph's weights while its session is made in WebAssembly, and from then on. */
function heldOpening(graph: PackGraph): number {
  const stored = weightBytes(graph);
  const half = halves(graph);
  if (graph.halfBytes === undefined) return OPENING[graph.dtype] * stored;
  return (graph.dtype === 'fp32' ? OPENING.fp32 : 1) * (stored - half) + OPENING_HALVES * half;
}

/** What the heap has to grow to, to hold `bytes`. */
const grown = (bytes: number): number => bytes + Math.min(GROWTH_SHARE * bytes, GROWTH_MOST);

/**
 * What WebAssembly holds at most where no session is released before the last, the runtime included. Bytes.
 * @param memories of the same graphs.
 */
export function heapTogether(
  provider: DeviceLimits['provider'],
  graphs: readonly PackGraph[],
  memories: readonly GraphMemory[],
): number {
  const files = graphs.reduce((sum, { bytes }) => sum + HEAP_PER_FILE_BYTE * bytes, HEAP_BASE);
  if (provider !== 'wasm') return grown(files + OPENING_HALVES * Math.max(...graphs.map(halves)));
  const weights = graphs.reduce((sum, graph) => sum + heldOpening(graph), 0);
  return grown(files + weights + Math.max(...memories.map(({ run }) => run)));
}

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
    const { provider } = this.#limits;
    const terms = this.#constants.activations[graph.id];
    const { width, height, frames } = this.#size;
    const pixels = width * height * runFrames(this.#constants, graph.id, frames);
    const tiled = graph.id === FLOW_GRAPHS.decode ? share * pixels : pixels;
    const stored = weightBytes(graph);
    const evaluated = (part: SizeTerms | undefined): number =>
      part ? evaluate(part, this.#tokens, tiled) : 0;
    const half = halves(graph);
    const base = HEAP_BASE + HEAP_PER_FILE_BYTE * graph.bytes;
    // A graphics card takes weights from where they are read; only what becomes floats passes the heap.
    const held = provider === 'wasm' ? heldOpening(graph) : OPENING_HALVES * half;
    const values = evaluated(terms);
    const run = provider === 'wasm' ? RUN_SPREAD * (values + evaluated(terms?.processor)) : 0;
    return {
      graph: graph.id,
      weights: stored + half,
      activations: values,
      largest: evaluated(terms?.largest),
      run,
      opening: grown(base + held),
      heap: grown(base + held + run),
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
    const together = heapTogether(this.#limits.provider, graphs, memories);
    const oneSession =
      this.#limits.provider === 'wasm'
        ? together > this.heapBytes
        : weights + active > (this.#limits.deviceBytes ?? UNKNOWN_DEVICE_BYTES);
    return {
      size: this.#size,
      graphs: memories,
      peakBytes: oneSession ? alone : weights + active,
      heapBytes: oneSession ? Math.max(...memories.map(({ heap }) => heap)) : together,
      oneSession,
      decodeTile: decode?.tile ?? { rows: Infinity, columns: Infinity },
      decodeRuns: decode?.runs ?? 0,
      problems: memories.flatMap((memory) => this.problemsOf(memory)),
    };
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
