import { framesOf } from './layout.ts';

/**
 * Starts of tiles of `size` that cover `length`, each sharing at least `overlap` with the one before. They are spread
 * evenly, and all have the same size, so that one session with fixed shapes runs them all.
 * @returns the starts, rising from 0; one where `size` is enough for all.
 * @throws RangeError unless 0 ≤ overlap < size.
 */
export function tileStarts(length: number, size: number, overlap: number): readonly number[] {
  if (overlap < 0 || overlap >= size) throw new RangeError('tiles overlap by less than a tile');
  if (size >= length) return [0];
  const count = Math.ceil((length - size) / (size - overlap)) + 1;
  return Array.from({ length: count }, (_, i) => Math.round((i * (length - size)) / (count - 1)));
}

/** A part of a line, from…before. */
export type Span = readonly [from: number, before: number];

/**
 * How much each of several overlapping spans, in order, counts at each of its places. From one span to the next the share
 * rises in equal steps over what both have; at every place the shares of all spans add up to 1.
 */
export function blendShares(spans: readonly Span[]): readonly Float64Array[] {
  // Share of a span against those before it: rising where they end, then 1.
  const rising = (i: number, at: number): number => {
    const span = spans[i];
    const end = Math.max(...spans.slice(0, i).map(([, before]) => before));
    if (!span || at < span[0]) return 0;
    return i === 0 || at >= end ? 1 : (at - span[0] + 1) / (end - span[0] + 1);
  };
  return spans.map(([from, before], i) =>
    Float64Array.from({ length: before - from }, (_, k) => {
      let share = rising(i, from + k);
      for (let later = i + 1; later < spans.length; later++) share *= 1 - rising(later, from + k);
      return share;
    }),
  );
}

/** One axis cut into equal tiles. */
export interface TiledAxis {
  /** Latent cells of a tile. */
  readonly size: number;
  /** First latent cell of each tile. */
  readonly starts: readonly number[];
  /** Share of each tile at each of its pixels or frames. */
  readonly shares: readonly Float64Array[];
}

/** Rows or columns in tiles: `cells` latent cells of `pixels` each. */
export function tiledCells(cells: number, size: number, overlap: number, pixels: number): TiledAxis {
  const starts = tileStarts(cells, size, overlap);
  const whole = Math.min(size, cells);
  const spans = starts.map((start): Span => [start * pixels, (start + whole) * pixels]);
  return { size: whole, starts, shares: blendShares(spans) };
}

/**
 * Latent frames in tiles. A tile that starts at latent frame a gives frames temporal·a to temporal·(a + size − 1): its
 * first latent frame is one frame, like a clip's.
 */
export function tiledFrames(
  latentFrames: number,
  size: number,
  overlap: number,
  temporal: number,
): TiledAxis {
  const starts = tileStarts(latentFrames, size, overlap);
  const whole = Math.min(size, latentFrames);
  const spans = starts.map((start): Span => [start * temporal, start * temporal + framesOf(whole, temporal)]);
  return { size: whole, starts, shares: blendShares(spans) };
}

/** Share of a latent tile's rows or columns that it has again in the next one, and the least that hides a seam. */
const OVERLAP_SHARE = 1 / 8;
const OVERLAP_MIN = 2;

/** Latent rows or columns that neighbouring tiles of `size` share. */
export function spatialOverlap(size: number): number {
  return Math.min(size - 1, Math.max(OVERLAP_MIN, Math.ceil(size * OVERLAP_SHARE)));
}

/** A decoded block of frames, planes [3, n, H, W]. */
export interface DecodedBlock {
  readonly data: Float32Array;
  readonly frames: number;
  readonly width: number;
  readonly height: number;
}

/** Puts spatial tiles together to whole frames. */
export class BlockBuilder implements DecodedBlock {
  readonly data: Float32Array;
  readonly frames: number;
  readonly width: number;
  readonly height: number;

  constructor(frames: number, width: number, height: number) {
    this.frames = frames;
    this.width = width;
    this.height = height;
    this.data = new Float32Array(3 * frames * width * height);
  }

  /**
   * Adds a tile.
   * @param left column of its first pixel, and `top` its row.
   * @param across share of each of its columns, and `down` of each of its rows.
   */
  add(tile: DecodedBlock, left: number, top: number, across: Float64Array, down: Float64Array): void {
    const { width, height } = tile;
    for (let plane = 0; plane < 3 * this.frames; plane++) {
      for (let y = 0; y < height; y++) {
        const from = (plane * height + y) * width;
        const to = (plane * this.height + top + y) * this.width + left;
        const share = down[y] ?? 0;
        for (let x = 0; x < width; x++) {
          this.data[to + x] =
            (this.data[to + x] ?? 0) + share * (across[x] ?? 0) * (tile.data[from + x] ?? 0);
        }
      }
    }
  }
}

/**
 * One frame of a block as planes [3, H, W] of 0…1; a new array.
 * @param range values that stand for black and white; what lies beyond is clipped.
 */
export function frameOf(block: DecodedBlock, index: number, range: readonly [number, number]): Float32Array {
  const size = block.width * block.height;
  const planes = new Float32Array(3 * size);
  const [black, white] = range;
  const gain = 1 / (white - black);
  for (let c = 0; c < 3; c++) {
    const from = (c * block.frames + index) * size;
    toUnit(block.data.subarray(from, from + size), black, gain, planes.subarray(c * size, (c + 1) * size));
  }
  return planes;
}

/** (value − black)·gain of each, clipped to 0…1. */
function toUnit(values: Float32Array, black: number, gain: number, out: Float32Array): void {
  for (let i = 0; i < out.length; i++) {
    const value = ((values[i] ?? 0) - black) * gain;
    out[i] = value < 0 ? 0 : value > 1 ? 1 : value;
  }
}
