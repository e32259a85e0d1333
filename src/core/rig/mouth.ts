import { jawField } from './expression.ts';
import type { JawField } from './expression.ts';
import type { Carry } from './eyes.ts';
import type { FaceFrame } from './face-frame.ts';
import { alongCurve, clamp, mix, smoothstep } from './maths.ts';
import type { Vec2 } from './maths.ts';
import { setSurface } from './mesh.ts';
import type { MeshBuilder, RigMesh } from './mesh.ts';
import { colourAt, lumaAt } from './pixels.ts';
import type { Pixels } from './pixels.ts';
import * as p from './points.ts';

const COLUMNS = 49;
const INSIDE_ROWS = 12;
const UPPER_ROWS = 4;
const LOWER_ROWS = 18;

type Colour = readonly [number, number, number];

/** The mouth: an interior with teeth and tongue, and two lips that part along the seam. */
export interface Mouth {
  /** Opening of the source's mouth in IOD. */
  readonly opening: number;
  readonly jaw: JawField;
  /** Updates the patches. @param jaw 0 … 1, of .30 IOD. */
  update(mesh: RigMesh, carry: Carry, jaw: number): void;
}

const scaled = (c: Colour, by: number): Colour => [c[0] * by, c[1] * by, c[2] * by];
const blend = (a: Colour, b: Colour, t: number): Colour => [
  mix(a[0], b[0], t),
  mix(a[1], b[1], t),
  mix(a[2], b[2], t),
];

/** The line where the lips meet: landmarks, then the darkest row within ±.05 IOD, smoothed. */
function darkSeam(points: readonly Vec2[], frame: FaceFrame, pixels: Pixels): Vec2[] {
  const [dx, dy] = frame.down;
  const reach = 0.05 * frame.iod;
  const offsets = points.map(([x, y], k) => {
    let best = 0;
    let bestScore = Infinity;
    for (let step = -6; step <= 6; step++) {
      const off = (step / 6) * reach;
      const score = lumaAt(pixels, x + dx * off, y + dy * off) + 18 * (step / 6) ** 2;
      if (score < bestScore) {
        bestScore = score;
        best = off;
      }
    }
    return best * Math.sin((Math.PI * k) / (points.length - 1)) ** 0.5;
  });
  return points.map(([x, y], k): Vec2 => {
    let sum = 0;
    let total = 0;
    for (let n = -3; n <= 3; n++) {
      const value = offsets[k + n];
      if (value === undefined) continue;
      const w = Math.exp(-0.5 * (n / 1.5) ** 2);
      sum += w * value;
      total += w;
    }
    const off = sum / total;
    return [x + dx * off, y + dy * off];
  });
}

/** Builds the mouth's patches in drawing order: interior, upper lip, lower lip. */
export function createMouth(builder: MeshBuilder, frame: FaceFrame, pixels: Pixels): Mouth {
  const { iod, down } = frame;
  const [dx, dy] = down;
  const left = frame.point(p.MOUTH_LEFT);
  const right = frame.point(p.MOUTH_RIGHT);
  const contour = (inner: readonly number[]): Vec2[] => {
    const line = [left, ...inner.map((i) => frame.point(i)), right];
    return Array.from({ length: COLUMNS }, (_, k) => alongCurve(line, k / (COLUMNS - 1)));
  };
  let upper = contour(p.LIP_INNER_UPPER);
  let lower = contour(p.LIP_INNER_LOWER);
  const opening =
    Math.max(
      ...upper.map(([x, y], k) => {
        const l = lower[k] as Vec2;
        return (l[0] - x) * dx + (l[1] - y) * dy;
      }),
    ) / iod;
  const parted = opening > 0.06;
  if (!parted) {
    const middle = upper.map(([x, y], k): Vec2 => {
      const l = lower[k] as Vec2;
      return [(x + l[0]) / 2, (y + l[1]) / 2];
    });
    upper = darkSeam(middle, frame, pixels);
    lower = upper;
  }
  const localLower = lower.map(([x, y]) => frame.local(x, y));
  const a0 = localLower[0]?.[0] ?? 0;
  const a1 = localLower.at(-1)?.[0] ?? 1;
  const seam = (a: number): number => {
    const f = clamp((a - a0) / (a1 - a0), 0, 1) * (COLUMNS - 1);
    // Columns are near enough to evenly spaced for a first guess; walk to the segment that holds `a`.
    let k = Math.min(COLUMNS - 2, Math.floor(f));
    while (k > 0 && (localLower[k]?.[0] ?? 0) > a) k--;
    while (k < COLUMNS - 2 && (localLower[k + 1]?.[0] ?? 0) < a) k++;
    const from = localLower[k] ?? [0, 0];
    const to = localLower[k + 1] ?? from;
    const t = clamp((a - from[0]) / Math.max(1e-6, to[0] - from[0]), 0, 1);
    return mix(from[1], to[1], t);
  };
  const jaw = jawField(frame, seam, (a1 - a0) / 2, (a0 + a1) / 2);

  const lowerLipPoints = p.LIP_OUTER_LOWER.slice(3, 8).map((i) => frame.point(i));
  const lip = lowerLipPoints
    .map(([x, y]) => colourAt(pixels, x - dx * 0.05 * iod, y - dy * 0.05 * iod))
    .reduce<Colour>((sum, c) => [sum[0] + c[0] / 5, sum[1] + c[1] / 5, sum[2] + c[2] / 5], [0, 0, 0]);
  const cheeks = [50, 280, 101, 330].map((i) => colourAt(pixels, ...frame.point(i)));
  const skin = cheeks.reduce((best, c) => (c[0] + c[1] + c[2] > best[0] + best[1] + best[2] ? c : best));
  const dark = scaled(lip, 0.22);
  const grey = (skin[0] + skin[1] + skin[2]) / 3;
  // Teeth take the light of the face: its brightest skin, a little desaturated, in the lip's shade.
  const teeth = scaled(blend([grey, grey, grey], skin, 0.7), Math.min(0.98, 0.84 / Math.max(0.1, grey)));
  const tongue = scaled(lip, 0.6);

  const inside = builder.add(COLUMNS, INSIDE_ROWS);
  const upperLip = builder.add(COLUMNS, UPPER_ROWS);
  const lowerLip = builder.add(COLUMNS, LOWER_ROWS);
  const at = new Float32Array(2);
  const drop = new Float32Array(2);
  const w = pixels.width;
  const h = pixels.height;
  const put = (mesh: RigMesh, vertex: number): void => {
    mesh.positions[2 * vertex] = at[0] as number;
    mesh.positions[2 * vertex + 1] = at[1] as number;
  };

  return {
    opening: Math.max(0, opening),
    jaw,
    update: (mesh, carry, amount) => {
      for (let k = 0; k < COLUMNS; k++) {
        const u = upper[k] as Vec2;
        const l = lower[k] as Vec2;
        const t = k / (COLUMNS - 1);
        const lens = Math.sin(Math.PI * t);
        jaw.at(l[0], l[1], true, drop);
        const jx = amount * (drop[0] as number);
        const jy = amount * (drop[1] as number);
        const gap = (l[0] + jx - u[0]) * dx + (l[1] + jy - u[1]) * dy;
        const open = smoothstep(0.005 * iod, 0.04 * iod, gap);

        for (let j = 0; j < INSIDE_ROWS; j++) {
          const n = inside.first + j * COLUMNS + k;
          const f = j / (INSIDE_ROWS - 1);
          carry(mix(u[0], l[0] + jx, f), mix(u[1], l[1] + jy, f), at);
          put(mesh, n);
          if (parted) {
            // An open mouth keeps its own teeth: stretched below them, not through them.
            const own = f ** (1 / (1 + amount));
            setSurface(mesh, n, mix(u[0], l[0], own) / w, mix(u[1], l[1], own) / h, 1);
            continue;
          }
          const depth = f * gap;
          const toothHeight =
            Math.min(0.06 * iod, 0.55 * gap * smoothstep(0.01 * iod, 0.09 * iod, gap)) * lens ** 0.7;
          // Each tooth is rounded at its edge; the lip above shades them, and so does the cheek at the corners.
          const rounded = toothHeight * (0.9 + 0.1 * Math.abs(Math.cos(Math.PI * 4.5 * (2 * t - 1))));
          const tooth = 1 - smoothstep(0.8, 1.12, depth / Math.max(1e-3, rounded));
          const shade =
            (0.5 + 0.5 * smoothstep(0, 0.5, depth / Math.max(1e-3, toothHeight))) * (0.35 + 0.65 * lens);
          const tongueRise = smoothstep(0.4, 1, f) * lens ** 2;
          const paint = blend(
            blend(dark, tongue, 0.8 * tongueRise),
            scaled(teeth, shade),
            0.92 * tooth * lens ** 0.5,
          );
          setSurface(mesh, n, u[0] / w, u[1] / h, open, paint, 1);
        }
        for (let j = 0; j < UPPER_ROWS; j++) {
          // Row 0 is up in the skin, the last but one lies on the seam, the last fades out beyond it.
          const n = upperLip.first + j * COLUMNS + k;
          const above = j === UPPER_ROWS - 1 ? -0.012 * lens : 0.1 * (1 - j / (UPPER_ROWS - 2));
          const x = u[0] - dx * above * iod;
          const y = u[1] - dy * above * iod;
          carry(x, y, at);
          put(mesh, n);
          setSurface(mesh, n, x / w, y / h, amount > 0 && j < UPPER_ROWS - 1 ? 1 : 0);
        }
        for (let j = 0; j < LOWER_ROWS; j++) {
          const n = lowerLip.first + j * COLUMNS + k;
          const r = (j - 1) / (LOWER_ROWS - 2);
          const below = j === 0 ? -0.012 * lens : 0.5 * r ** 1.5;
          const x = l[0] + dx * below * iod;
          const y = l[1] + dy * below * iod;
          if (j === 0) {
            carry(x + jx, y + jy, at);
          } else {
            jaw.at(x, y, true, drop);
            carry(x + amount * (drop[0] as number), y + amount * (drop[1] as number), at);
          }
          put(mesh, n);
          setSurface(mesh, n, x / w, y / h, amount > 0 && j > 0 ? 1 : 0);
        }
      }
    },
  };
}
