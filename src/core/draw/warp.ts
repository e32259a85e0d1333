import { clamp } from '../rig/maths.ts';
import { SURFACE_STRIDE } from '../rig/mesh.ts';
import type { RigMesh } from '../rig/mesh.ts';
import { PAD } from './planes.ts';
import type { FramePlanes, PaddedPicture, PaddedPlane } from './planes.ts';

/** Distance in frame pixels of the points at which the mesh's inverse is known; between them it is bilinear. */
const STEP = 4;

/** Scratch space of {@link drawBase} for one frame size. */
export interface WarpLattice {
  readonly columns: number;
  readonly rows: number;
  /** Picture coordinates (fractions) at every lattice point. */
  readonly u: Float32Array;
  readonly v: Float32Array;
}

export function createLattice(width: number, height: number): WarpLattice {
  const columns = Math.ceil(width / STEP) + 1;
  const rows = Math.ceil(height / STEP) + 1;
  return { columns, rows, u: new Float32Array(columns * rows), v: new Float32Array(columns * rows) };
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

/** Fills one plane from the lattice; `step` is the lattice's distance in this plane's pixels. */
function fillPlane(
  source: PaddedPlane,
  target: Uint8Array,
  offset: number,
  stride: number,
  width: number,
  height: number,
  lattice: WarpLattice,
  step: number,
): void {
  const { columns, rows, u, v } = lattice;
  const { data } = source;
  const pitch = source.stride;
  // 16.16 fixed point in texels of the padded plane; a texel's centre lies at + ½.
  const scaleX = source.width * 65536;
  const scaleY = source.height * 65536;
  const shift = (PAD - 0.5) * 65536;
  const lowX = 65536;
  const highX = (source.width + 2 * PAD - 2) * 65536;
  const lowY = 65536;
  const highY = (source.height + 2 * PAD - 2) * 65536;
  for (let j = 0; j < rows - 1; j++) {
    const y0 = j * step;
    const y1 = Math.min(height, y0 + step);
    for (let i = 0; i < columns - 1; i++) {
      const x0 = i * step;
      const x1 = Math.min(width, x0 + step);
      const n = j * columns + i;
      const ua = clamp((u[n] as number) * scaleX + shift, lowX, highX);
      const ub = clamp((u[n + 1] as number) * scaleX + shift, lowX, highX);
      const uc = clamp((u[n + columns] as number) * scaleX + shift, lowX, highX);
      const ud = clamp((u[n + columns + 1] as number) * scaleX + shift, lowX, highX);
      const va = clamp((v[n] as number) * scaleY + shift, lowY, highY);
      const vb = clamp((v[n + 1] as number) * scaleY + shift, lowY, highY);
      const vc = clamp((v[n + columns] as number) * scaleY + shift, lowY, highY);
      const vd = clamp((v[n + columns + 1] as number) * scaleY + shift, lowY, highY);
      for (let py = y0; py < y1; py++) {
        const f = (py - y0 + 0.5) / step;
        const uLeft = ua + (uc - ua) * f;
        const vLeft = va + (vc - va) * f;
        const du = (ub + (ud - ub) * f - uLeft) / step;
        const dv = (vb + (vd - vb) * f - vLeft) / step;
        let s = (uLeft + 0.5 * du) | 0;
        let t = (vLeft + 0.5 * dv) | 0;
        const ds = du | 0;
        const dt = dv | 0;
        const row = offset + py * stride;
        for (let px = x0; px < x1; px++) {
          const at = (t >> 16) * pitch + (s >> 16);
          const fx = (s >> 8) & 255;
          const fy = (t >> 8) & 255;
          const a = data[at] as number;
          const c = data[at + pitch] as number;
          const top = (a << 8) + ((data[at + 1] as number) - a) * fx;
          const bottom = (c << 8) + ((data[at + pitch + 1] as number) - c) * fx;
          target[row + px] = ((top << 8) + (bottom - top) * fy + 32768) >> 16;
          s += ds;
          t += dt;
        }
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
  const { width, height, stride, offsets, data } = frame;
  fillPlane(picture.luma, data, offsets[0], stride, width, height, lattice, STEP);
  const half = STEP / 2;
  fillPlane(picture.cb, data, offsets[1], stride / 2, width / 2, height / 2, lattice, half);
  fillPlane(picture.cr, data, offsets[2], stride / 2, width / 2, height / 2, lattice, half);
}
