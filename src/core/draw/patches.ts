import { SURFACE_STRIDE } from '../rig/mesh.ts';
import type { RigMesh } from '../rig/mesh.ts';
import { PAD } from './planes.ts';
import type { FramePlanes, PaddedPicture, PaddedPlane } from './planes.ts';

/** BT.709 rows that turn a paint (0 … 1) into 8-bit limited-range components: weights of r, g, b, and the offset. */
const TO_LUMA = [46.559, 156.629, 15.812, 16] as const;
const TO_CB = [-25.664, -86.336, 112, 128] as const;
const TO_CR = [112, -101.73, -10.27, 128] as const;

interface Target {
  readonly source: PaddedPlane;
  readonly offset: number;
  readonly stride: number;
  readonly width: number;
  readonly height: number;
  /** This plane's pixels per frame pixel: 1 or ½. */
  readonly scale: number;
  readonly paint: readonly [number, number, number, number];
}

function sample(plane: PaddedPlane, u: number, v: number): number {
  const { data, stride, width, height } = plane;
  const x = Math.min(width + PAD - 2, Math.max(1 - PAD, u * width - 0.5)) + PAD;
  const y = Math.min(height + PAD - 2, Math.max(1 - PAD, v * height - 0.5)) + PAD;
  const i = x | 0;
  const j = y | 0;
  const fx = x - i;
  const fy = y - j;
  const at = j * stride + i;
  const top = (data[at] as number) * (1 - fx) + (data[at + 1] as number) * fx;
  const bottom = (data[at + stride] as number) * (1 - fx) + (data[at + stride + 1] as number) * fx;
  return top * (1 - fy) + bottom * fy;
}

function drawTriangles(
  mesh: RigMesh,
  x: Float32Array,
  y: Float32Array,
  out: Uint8Array,
  target: Target,
): void {
  const { indices, surface, baseIndices } = mesh;
  const { source, offset, stride, width, height, scale, paint } = target;
  for (let t = baseIndices; t < indices.length; t += 3) {
    const a = indices[t] as number;
    const b = indices[t + 1] as number;
    const c = indices[t + 2] as number;
    const sa = a * SURFACE_STRIDE;
    const sb = b * SURFACE_STRIDE;
    const sc = c * SURFACE_STRIDE;
    const coverA = surface[sa + 6] as number;
    const coverB = surface[sb + 6] as number;
    const coverC = surface[sc + 6] as number;
    if (coverA <= 0 && coverB <= 0 && coverC <= 0) continue;
    const ax = (x[a] as number) * scale;
    const ay = (y[a] as number) * scale;
    const bx = (x[b] as number) * scale;
    const by = (y[b] as number) * scale;
    const cx = (x[c] as number) * scale;
    const cy = (y[c] as number) * scale;
    const left = Math.max(0, Math.ceil(Math.min(ax, bx, cx) - 0.5));
    const right = Math.min(width - 1, Math.floor(Math.max(ax, bx, cx) - 0.5));
    if (left > right) continue;
    const top = Math.max(0, Math.ceil(Math.min(ay, by, cy) - 0.5));
    const bottom = Math.min(height - 1, Math.floor(Math.max(ay, by, cy) - 0.5));
    if (top > bottom) continue;
    const area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay);
    if (area < 1e-6 && area > -1e-6) continue;
    const inverse = 1 / area;
    for (let py = top; py <= bottom; py++) {
      const dy = py + 0.5 - ay;
      for (let px = left; px <= right; px++) {
        const dx = px + 0.5 - ax;
        const wb = (dx * (cy - ay) - (cx - ax) * dy) * inverse;
        const wc = ((bx - ax) * dy - dx * (by - ay)) * inverse;
        const wa = 1 - wb - wc;
        if (wa < 0 || wb < 0 || wc < 0) continue;
        const cover = wa * coverA + wb * coverB + wc * coverC;
        if (cover <= 0) continue;
        const mix =
          wa * (surface[sa + 5] as number) +
          wb * (surface[sb + 5] as number) +
          wc * (surface[sc + 5] as number);
        let value = 0;
        if (mix < 1) {
          const u =
            wa * (surface[sa] as number) + wb * (surface[sb] as number) + wc * (surface[sc] as number);
          const v =
            wa * (surface[sa + 1] as number) +
            wb * (surface[sb + 1] as number) +
            wc * (surface[sc + 1] as number);
          value = (1 - mix) * sample(source, u, v);
        }
        if (mix > 0) {
          const r =
            wa * (surface[sa + 2] as number) +
            wb * (surface[sb + 2] as number) +
            wc * (surface[sc + 2] as number);
          const g =
            wa * (surface[sa + 3] as number) +
            wb * (surface[sb + 3] as number) +
            wc * (surface[sc + 3] as number);
          const bl =
            wa * (surface[sa + 4] as number) +
            wb * (surface[sb + 4] as number) +
            wc * (surface[sc + 4] as number);
          value += mix * (r * paint[0] + g * paint[1] + bl * paint[2] + paint[3]);
        }
        const n = offset + py * stride + px;
        const under = out[n] as number;
        out[n] = Math.round(under + (value - under) * Math.min(1, cover));
      }
    }
  }
}

/** Lays the mesh's patches (lids, eyes, lips, mouth) over a drawn base, in order, with their alpha. */
export function drawPatches(
  picture: PaddedPicture,
  mesh: RigMesh,
  x: Float32Array,
  y: Float32Array,
  frame: FramePlanes,
): void {
  const { width, height, stride, offsets, data } = frame;
  drawTriangles(mesh, x, y, data, {
    source: picture.luma,
    offset: offsets[0],
    stride,
    width,
    height,
    scale: 1,
    paint: TO_LUMA,
  });
  const half = { stride: stride / 2, width: width / 2, height: height / 2, scale: 0.5 };
  drawTriangles(mesh, x, y, data, { ...half, source: picture.cb, offset: offsets[1], paint: TO_CB });
  drawTriangles(mesh, x, y, data, { ...half, source: picture.cr, offset: offsets[2], paint: TO_CR });
}
