import { clamp } from './maths.ts';

/** Where a grid's lines lie closer together. Pixels of the analysed picture. */
export interface FineRegion {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
  /** Distance of the lines inside. */
  readonly step: number;
}

/** A tensor-product grid over the whole picture; lines are denser over the face. */
export interface Grid {
  readonly width: number;
  readonly height: number;
  /** Ascending line positions in pixels; first 0, last the picture's width (height). */
  readonly xs: Float32Array;
  readonly ys: Float32Array;
  /** Vertex count; vertex `j * xs.length + i` lies at `(xs[i], ys[j])`. */
  readonly count: number;
  /** For each pixel column (row): index of the line at or before it. */
  readonly columnOf: Uint16Array;
  readonly rowOf: Uint16Array;
}

function lines(length: number, coarse: number, from: number, to: number, fine: number): Float32Array {
  const out = [0];
  // The step grows away from the fine region by a quarter a line, so that neighbouring cells stay alike.
  for (let at = 0; at < length;) {
    const away = Math.max(from - at, at - to, 0);
    const step = Math.min(coarse, fine + away * 0.25);
    at += step;
    out.push(at);
  }
  const scale = length / (out.at(-1) ?? length);
  return Float32Array.from(out, (value) => value * scale);
}

function lookup(length: number, at: Float32Array): Uint16Array {
  const table = new Uint16Array(Math.ceil(length) + 1);
  let line = 0;
  for (let pixel = 0; pixel < table.length; pixel++) {
    while (line < at.length - 2 && (at[line + 1] ?? 0) <= pixel) line++;
    table[pixel] = line;
  }
  return table;
}

/** A grid of cells no larger than 1/72 of the long side, and of `fine.step` in the fine region. */
export function createGrid(width: number, height: number, fine: FineRegion | null): Grid {
  const coarse = Math.max(width, height) / 72;
  const xs = lines(width, coarse, fine?.x0 ?? 0, fine?.x1 ?? width, fine?.step ?? coarse);
  const ys = lines(height, coarse, fine?.y0 ?? 0, fine?.y1 ?? height, fine?.step ?? coarse);
  return {
    width,
    height,
    xs,
    ys,
    count: xs.length * ys.length,
    columnOf: lookup(width, xs),
    rowOf: lookup(height, ys),
  };
}

/** Calls back with every vertex's index and position. */
export function eachVertex(grid: Grid, visit: (index: number, x: number, y: number) => void): void {
  const { xs, ys } = grid;
  for (let j = 0, n = 0; j < ys.length; j++) {
    const y = ys[j] as number;
    for (let i = 0; i < xs.length; i++, n++) visit(n, xs[i] as number, y);
  }
}

/**
 * A 2-vector field on a grid's vertices, bilinearly between them.
 * @param field interleaved x, y of every vertex.
 * @param out receives two numbers; points outside take the border's value.
 */
export function sampleField(grid: Grid, field: Float32Array, x: number, y: number, out: Float32Array): void {
  const { xs, ys } = grid;
  const cx = clamp(x, 0, grid.width);
  const cy = clamp(y, 0, grid.height);
  let i = grid.columnOf[Math.floor(cx)] as number;
  let j = grid.rowOf[Math.floor(cy)] as number;
  while (i < xs.length - 2 && (xs[i + 1] as number) < cx) i++;
  while (j < ys.length - 2 && (ys[j + 1] as number) < cy) j++;
  const x0 = xs[i] as number;
  const y0 = ys[j] as number;
  const u = (cx - x0) / ((xs[i + 1] as number) - x0);
  const v = (cy - y0) / ((ys[j + 1] as number) - y0);
  const a = 2 * (j * xs.length + i);
  const b = a + 2 * xs.length;
  for (let k = 0; k < 2; k++) {
    const top = (field[a + k] as number) * (1 - u) + (field[a + 2 + k] as number) * u;
    const bottom = (field[b + k] as number) * (1 - u) + (field[b + 2 + k] as number) * u;
    out[k] = top * (1 - v) + bottom * v;
  }
}

/** Two triangles a cell, as vertex indices starting at `first`. */
export function gridIndices(columns: number, rows: number, first: number): number[] {
  const out: number[] = [];
  for (let j = 0; j < rows - 1; j++)
    for (let i = 0; i < columns - 1; i++) {
      const a = first + j * columns + i;
      out.push(a, a + 1, a + columns, a + 1, a + columns + 1, a + columns);
    }
  return out;
}
