import type { FlowConstants } from '../../contracts/flow.ts';
import { FLOW_GRAPHS } from '../../contracts/flow.ts';
import type { FlowShape } from './layout.ts';
import { cutLatents, framesOf } from './layout.ts';
import type { FlowRuntime, FlowTensor } from './runtime.ts';
import type { GraphShelf } from './shelf.ts';
import { releaseAll, shaped } from './shelf.ts';
import type { DecodedBlock, TiledAxis } from './tiling.ts';
import { BlockBuilder, frameOf, spatialOverlap, tiledCells, tiledFrames } from './tiling.ts';

/** Latent rows and columns that are decoded at once; more than there are means all. */
export interface DecodeTile {
  readonly rows: number;
  readonly columns: number;
}

/** What decoding needs. */
export interface DecodeInput {
  readonly decode: FlowConstants['decode'];
  readonly shape: FlowShape;
  /** Latents [C, F, h, w] as the decoder wants them. */
  readonly latents: Float32Array;
  readonly tile: DecodeTile;
  readonly shelf: GraphShelf;
  readonly runtime: FlowRuntime;
  /** Told after each run of the decoder, out of all runs. */
  readonly onRun?: (done: number, total: number) => void;
}

const GRAPH = FLOW_GRAPHS.decode;
const NONE = new Float64Array();

interface Grid {
  readonly rows: TiledAxis;
  readonly columns: TiledAxis;
  /** Row and column index of every tile, row by row. */
  readonly cells: readonly (readonly [row: number, column: number])[];
}

function gridOf({ shape, tile }: DecodeInput): Grid {
  const { latentHeight, latentWidth, spatial } = shape;
  const axis = (cells: number, size: number): TiledAxis =>
    tiledCells(cells, Math.min(size, cells), size < cells ? spatialOverlap(size) : 0, spatial);
  const rows = axis(latentHeight, tile.rows);
  const columns = axis(latentWidth, tile.columns);
  const cells = rows.starts.flatMap((_, row) => columns.starts.map((_, column) => [row, column] as const));
  return { rows, columns, cells };
}

/** Decodes one spatial tile after another and puts them together. */
async function decodeGrid(
  { shape }: DecodeInput,
  grid: Grid,
  frames: number,
  run: (cell: number, top: number, left: number) => Promise<DecodedBlock>,
): Promise<DecodedBlock> {
  const { rows, columns, cells } = grid;
  if (cells.length === 1) return run(0, 0, 0);
  const whole = new BlockBuilder(frames, shape.width, shape.height);
  for (const [index, [row, column]] of cells.entries()) {
    const top = rows.starts[row] ?? 0;
    const left = columns.starts[column] ?? 0;
    const block = await run(index, top, left);
    const { spatial } = shape;
    whole.add(block, left * spatial, top * spatial, columns.shares[column] ?? NONE, rows.shares[row] ?? NONE);
  }
  return whole;
}

/** Temporal tiles that overlap; a frame comes out as soon as no later tile has a share in it. */
async function* decodeTiles(
  input: DecodeInput,
  decode: Extract<FlowConstants['decode'], { kind: 'tiles' }>,
): AsyncGenerator<Float32Array, void, undefined> {
  const { shape, latents, shelf, runtime } = input;
  const { channels, temporal, spatial } = shape;
  const grid = gridOf(input);
  const time = tiledFrames(shape.latentFrames, decode.frames, decode.overlap, temporal);
  const n = framesOf(time.size, temporal);
  const [h, w] = [grid.rows.size, grid.columns.size];
  const [height, width] = [h * spatial, w * spatial];
  const total = time.starts.length * grid.cells.length;
  let done = 0;

  const run = async (start: number, top: number, left: number): Promise<DecodedBlock> => {
    const box = {
      frames: [start, start + time.size],
      rows: [top, top + h],
      columns: [left, left + w],
    } as const;
    const part = runtime.floats(cutLatents(latents, shape, box), [1, channels, time.size, h, w]);
    try {
      const outputs = await shelf.run(
        GRAPH,
        { F: time.size, h, w, n, H: height, W: width },
        { latents: part },
      );
      try {
        const data = await shelf.read(GRAPH, outputs, 'frames', [1, 3, n, height, width]);
        input.onRun?.(++done, total);
        return { data, frames: n, width, height };
      } finally {
        releaseAll(Object.values(outputs));
      }
    } finally {
      part.release();
    }
  };

  const unfinished = new Map<number, Float32Array>();
  for (const [i, start] of time.starts.entries()) {
    const block = await decodeGrid(input, grid, n, (_, top, left) => run(start, top, left));
    const next = time.starts[i + 1];
    const final = next === undefined ? Infinity : next * temporal;
    for (let k = 0; k < n; k++) {
      const index = start * temporal + k;
      const frame = frameOf(block, k, decode.range);
      const share = time.shares[i]?.[k] ?? 1;
      const before = unfinished.get(index);
      if (before) addShare(frame, share, before);
      else if (share < 1) scale(frame, share);
      unfinished.delete(index);
      if (index < final) yield frame;
      else unfinished.set(index, frame);
    }
  }
}

/** frame ← share·frame, a loop of its own that engines compile well. */
function scale(frame: Float32Array, share: number): void {
  for (let i = 0; i < frame.length; i++) frame[i] = share * (frame[i] ?? 0);
}

/** frame ← share·frame + before. */
function addShare(frame: Float32Array, share: number, before: Float32Array): void {
  for (let i = 0; i < frame.length; i++) frame[i] = share * (frame[i] ?? 0) + (before[i] ?? 0);
}

/** One latent frame after another, each with the memory that the one before left. */
async function* decodeStream(
  input: DecodeInput,
  decode: Extract<FlowConstants['decode'], { kind: 'stream' }>,
): AsyncGenerator<Float32Array, void, undefined> {
  const { shape, latents, shelf, runtime } = input;
  const { channels, temporal, spatial, latentFrames } = shape;
  const grid = gridOf(input);
  const [h, w] = [grid.rows.size, grid.columns.size];
  const [height, width] = [h * spatial, w * spatial];
  const shapes = decode.memory.map(({ channels: c, scale }) => [1, c, h * scale, w * scale] as const);
  const free: Record<string, number> = { h, w, H: height, W: width };
  for (const { scale } of decode.memory) {
    if (scale > 1) Object.assign(free, { [`${scale}h`]: scale * h, [`${scale}w`]: scale * w });
  }
  // Every spatial tile has a memory of its own.
  const memories: FlowTensor[][] = grid.cells.map(() => []);
  const total = latentFrames * grid.cells.length;
  let done = 0;

  const run = async (f: number, cell: number, top: number, left: number): Promise<DecodedBlock> => {
    const box = { frames: [f, f + 1], rows: [top, top + h], columns: [left, left + w] } as const;
    const part = runtime.floats(cutLatents(latents, shape, box), [1, channels, h, w]);
    const memory = (memories[cell] ??= []);
    let old: FlowTensor[] = [];
    try {
      if (f === 0) {
        for (const [, c, y, x] of shapes) {
          memory.push(runtime.floats(new Float32Array(c * y * x), [1, c, y, x], true));
        }
      }
      const feeds = Object.fromEntries(memory.map((tensor, i) => [`memory_${i}`, tensor]));
      const outputs = await shelf.run(GRAPH, free, { latents: part, ...feeds });
      old = memory.splice(0);
      // What comes back is released here unless it is remembered.
      const kept = new Set<FlowTensor>();
      try {
        for (const [i, size] of shapes.entries()) {
          const next = shaped(GRAPH, outputs, `next_memory_${i}`, size);
          memory.push(next);
          kept.add(next);
        }
        const data = await shelf.read(GRAPH, outputs, 'frames', [1, 3, temporal, height, width]);
        input.onRun?.(++done, total);
        return { data, frames: temporal, width, height };
      } finally {
        releaseAll(Object.values(outputs).filter((tensor) => !kept.has(tensor)));
      }
    } finally {
      part.release();
      releaseAll(old);
    }
  };

  try {
    for (let f = 0; f < latentFrames; f++) {
      const block = await decodeGrid(input, grid, temporal, (cell, top, left) => run(f, cell, top, left));
      for (let k = f === 0 ? decode.dropFrames : 0; k < temporal; k++) yield frameOf(block, k, decode.range);
    }
  } finally {
    releaseAll(memories.flat());
  }
}

/**
 * Frames of a clip in order, planes [3, H, W] of 0…1, each as soon as it is final; the receiver's.
 * @throws ERR_MODEL_DAMAGED, ERR_MODEL_FAILED, ERR_GPU_LOST, the signal's reason when cancelled between runs.
 */
export function decodeFrames(input: DecodeInput): AsyncGenerator<Float32Array, void, undefined> {
  const { decode } = input;
  return decode.kind === 'tiles' ? decodeTiles(input, decode) : decodeStream(input, decode);
}
