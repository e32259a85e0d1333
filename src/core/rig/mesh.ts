import { gridIndices } from './grid.ts';

/** Floats per vertex of {@link RigMesh.surface}. */
export const SURFACE_STRIDE = 7;

/**
 * What a renderer draws: one indexed triangle list, in order, with alpha blending.
 *
 * `positions`: x, y in pixels of the analysed picture. `surface`, seven floats a vertex: u, v in fractions of the
 * picture, r, g, b (0 … 1) of a paint, how much of the paint replaces the picture, and alpha. Vertices from
 * `patchStart` on change their surface every frame, the ones before never do. All arrays stay the rig's.
 */
export interface RigMesh {
  readonly positions: Float32Array;
  readonly surface: Float32Array;
  readonly indices: Uint32Array;
  readonly patchStart: number;
  /** How many of `indices` belong to the base: the triangles that cover the whole picture. */
  readonly baseIndices: number;
}

/** A strip of the mesh laid over the base grid: `columns × rows` vertices from `first`. */
export interface Patch {
  readonly first: number;
  readonly columns: number;
  readonly rows: number;
}

/** Collects the mesh's parts in drawing order. */
export class MeshBuilder {
  #vertices = 0;
  readonly #indices: number[] = [];

  /** Adds a patch of vertices and its triangles, drawn over all before it. */
  add(columns: number, rows: number): Patch {
    const first = this.#vertices;
    for (const index of gridIndices(columns, rows, first)) this.#indices.push(index);
    this.#vertices += columns * rows;
    return { first, columns, rows };
  }

  build(patchStart: number): RigMesh {
    const base = this.#indices.findIndex((index) => index >= patchStart);
    return {
      positions: new Float32Array(2 * this.#vertices),
      surface: new Float32Array(SURFACE_STRIDE * this.#vertices),
      indices: Uint32Array.from(this.#indices),
      patchStart,
      baseIndices: base < 0 ? this.#indices.length : base,
    };
  }
}

/** Writes one vertex's surface. */
export function setSurface(
  mesh: RigMesh,
  vertex: number,
  u: number,
  v: number,
  alpha: number,
  paint: readonly [number, number, number] | null = null,
  paintMix = 0,
): void {
  const at = vertex * SURFACE_STRIDE;
  const s = mesh.surface;
  s[at] = u;
  s[at + 1] = v;
  s[at + 2] = paint ? paint[0] : 0;
  s[at + 3] = paint ? paint[1] : 0;
  s[at + 4] = paint ? paint[2] : 0;
  s[at + 5] = paint ? paintMix : 0;
  s[at + 6] = alpha;
}
