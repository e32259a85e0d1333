import { SURFACE_STRIDE } from '../rig/mesh.ts';
import type { RigMesh } from '../rig/mesh.ts';
import { PAD } from './planes.ts';
import type { FramePlanes, PaddedPicture, PaddedPlane } from './planes.ts';

/** Distance in frame pixels of the points at which the mesh's inverse is known; between them it is bilinear. */
const STEP = 8;

/** Scratch space of {@link drawBase} for one frame size. */
export interface WarpLattice {
  readonly columns: number;
  readonly rows: number;
  /** Picture coordinates (fractions) at every lattice point. */
  readonly u: Float32Array;
  readonly v: Float32Array;
  /** Scratch: the same in texels of the plane being filled. */
  readonly s: Float64Array;
  readonly t: Float64Array;
}

export function createLattice(width: number, height: number): WarpLattice {
  const columns = Math.ceil(width / STEP) + 1;
  const rows = Math.ceil(height / STEP) + 1;
  const count = columns * rows;
  return {
    columns,
    rows,
    u: new Float32Array(count),
    v: new Float32Array(count),
    s: new Float64Array(count),
    t: new Float64Array(count),
  };
}

/**
 * Finds the picture's point at every lattice point: the mesh's base triangles, drawn as coordinates.
 * @param x screen x of vertices in frame pixels; `y` the same.
 */
function traceMesh(mesh: RigMesh, x: Float32Array, y: Float32Array, lattice: WarpLattice): void {
  const { columns, rows, u, v } = lattice;
  const { indices, surface, baseIndices } = mesh;
  // A hair's breadth of tolerance, so that lattice points on shared edges and on the border are found.
  const slack = -1e-4;
  for (let t = 0; t < baseIndices; t += 3) {
    const a = indices[t] as number;
    const b = indices[t + 1] as number;
    const c = indices[t + 2] as number;
    const ax = (x[a] as number) / STEP;
    const ay = (y[a] as number) / STEP;
    const bx = (x[b] as number) / STEP;
    const by = (y[b] as number) / STEP;
    const cx = (x[c] as number) / STEP;
    const cy = (y[c] as number) / STEP;
    const left = Math.max(0, Math.ceil(Math.min(ax, bx, cx) - 1e-3));
    const right = Math.min(columns - 1, Math.floor(Math.max(ax, bx, cx) + 1e-3));
    if (left > right) continue;
    const top = Math.max(0, Math.ceil(Math.min(ay, by, cy) - 1e-3));
    const bottom = Math.min(rows - 1, Math.floor(Math.max(ay, by, cy) + 1e-3));
    if (top > bottom) continue;
    const area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay);
    if (area < 1e-9 && area > -1e-9) continue;
    const inverse = 1 / area;
    const ua = surface[a * SURFACE_STRIDE] as number;
    const va = surface[a * SURFACE_STRIDE + 1] as number;
    const ub = (surface[b * SURFACE_STRIDE] as number) - ua;
    const vb = (surface[b * SURFACE_STRIDE + 1] as number) - va;
    const uc = (surface[c * SURFACE_STRIDE] as number) - ua;
    const vc = (surface[c * SURFACE_STRIDE + 1] as number) - va;
    for (let j = top; j <= bottom; j++) {
      const dy = j - ay;
      for (let i = left; i <= right; i++) {
        const dx = i - ax;
        const wb = (dx * (cy - ay) - (cx - ax) * dy) * inverse;
        const wc = ((bx - ax) * dy - dx * (by - ay)) * inverse;
        if (wb < slack || wc < slack || wb + wc > 1 - slack) continue;
        const n = j * columns + i;
        u[n] = ua + wb * ub + wc * uc;
        v[n] = va + wb * vb + wc * vc;
      }
    }
  }
}

/** Where the frame is no multiple of the step, the last lattice points lie outside it: they go on straight. */
function extendLattice(lattice: WarpLattice, width: number, height: number): void {
  const { columns, rows, u, v } = lattice;
  const on = (n: number, back: number): void => {
    u[n] = 2 * (u[n - back] as number) - (u[n - 2 * back] as number);
    v[n] = 2 * (v[n - back] as number) - (v[n - 2 * back] as number);
  };
  if ((columns - 1) * STEP > width && columns > 2)
    for (let j = 0; j < rows; j++) on(j * columns + columns - 1, 1);
  if ((rows - 1) * STEP > height && rows > 2)
    for (let i = 0; i < columns; i++) on((rows - 1) * columns + i, columns);
}

/**
 * The lattice's points in texels of a padded plane, 16.16 fixed point, kept inside it.
 * @param size the plane's size without padding along this axis.
 */
function toTexels(fractions: Float32Array, size: number, out: Float64Array): void {
  const scale = size * 65536;
  // A texel's centre lies at + ½.
  const shift = (PAD - 0.5) * 65536;
  const low = 65536;
  const high = (size + 2 * PAD - 2) * 65536;
  for (let n = 0; n < fractions.length; n++) {
    const value = (fractions[n] as number) * scale + shift;
    out[n] = value < low ? low : value > high ? high : value;
  }
}

/**
 * Fills planes that lie alike (luma alone, or both chromas) from the lattice.
 * @param step the lattice's distance in these planes' pixels.
 */
function fillPlanes(
  first: PaddedPlane,
  second: PaddedPlane | null,
  target: Uint8Array,
  offsetFirst: number,
  offsetSecond: number,
  stride: number,
  width: number,
  height: number,
  lattice: WarpLattice,
  step: number,
): void {
  const { columns, rows, s: us, t: vs } = lattice;
  toTexels(lattice.u, first.width, us);
  toTexels(lattice.v, first.height, vs);
  const data = first.data;
  const other = second ? second.data : first.data;
  const pitch = first.stride;
  for (let j = 0; j < rows - 1; j++) {
    const y0 = j * step;
    const y1 = Math.min(height, y0 + step);
    for (let py = y0; py < y1; py++) {
      const f = (py - y0 + 0.5) / step;
      const row = py * stride;
      let n = j * columns;
      let uLeft = (us[n] as number) + ((us[n + columns] as number) - (us[n] as number)) * f;
      let vLeft = (vs[n] as number) + ((vs[n + columns] as number) - (vs[n] as number)) * f;
      for (let x0 = 0; x0 < width; x0 += step) {
        n++;
        const uRight = (us[n] as number) + ((us[n + columns] as number) - (us[n] as number)) * f;
        const vRight = (vs[n] as number) + ((vs[n + columns] as number) - (vs[n] as number)) * f;
        const du = (uRight - uLeft) / step;
        const dv = (vRight - vLeft) / step;
        let s = (uLeft + 0.5 * du) | 0;
        let t = (vLeft + 0.5 * dv) | 0;
        const ds = du | 0;
        const dt = dv | 0;
        const x1 = x0 + step < width ? x0 + step : width;
        for (let px = x0; px < x1; px++) {
          const at = (t >> 16) * pitch + (s >> 16);
          const fx = (s >> 8) & 255;
          const fy = (t >> 8) & 255;
          const a = data[at] as number;
          const c = data[at + pitch] as number;
          const top = (a << 8) + ((data[at + 1] as number) - a) * fx;
          const bottom = (c << 8) + ((data[at + pitch + 1] as number) - c) * fx;
          target[offsetFirst + row + px] = ((top << 8) + (bottom - top) * fy + 32768) >> 16;
          if (second) {
            const e = other[at] as number;
            const g = other[at + pitch] as number;
            const above = (e << 8) + ((other[at + 1] as number) - e) * fx;
            const below = (g << 8) + ((other[at + pitch + 1] as number) - g) * fx;
            target[offsetSecond + row + px] = ((above << 8) + (below - above) * fy + 32768) >> 16;
          }
          s += ds;
          t += dt;
        }
        uLeft = uRight;
        vLeft = vRight;
      }
    }
  }
}

/** Draws the mesh's base: every pixel of the frame. */
export function drawBase(
  picture: PaddedPicture,
  mesh: RigMesh,
  x: Float32Array,
  y: Float32Array,
  frame: FramePlanes,
  lattice: WarpLattice,
): void {
  traceMesh(mesh, x, y, lattice);
  extendLattice(lattice, frame.width, frame.height);
  const { width, height, stride, offsets, data } = frame;
  fillPlanes(picture.luma, null, data, offsets[0], 0, stride, width, height, lattice, STEP);
  const { cb, cr } = picture;
  const half = [stride / 2, width / 2, height / 2] as const;
  fillPlanes(cb, cr, data, offsets[1], offsets[2], ...half, lattice, STEP / 2);
}
