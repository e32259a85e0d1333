import { widenContour } from './eye-contour.ts';
import type { EyeContour } from './eye-contour.ts';
import type { FaceFrame } from './face-frame.ts';
import { alongCurve, clamp, mix, smoothstep } from './maths.ts';
import type { Vec2 } from './maths.ts';
import { setSurface } from './mesh.ts';
import type { MeshBuilder, Patch, RigMesh } from './mesh.ts';
import { colourAt, lumaAt } from './pixels.ts';
import type { Pixels } from './pixels.ts';
import type { EyePoints } from './points.ts';

/** Moves a point of the face with everything but the part's own motion; writes x, y into `out`. */
export type Carry = (x: number, y: number, out: Float32Array) => void;

const COLUMNS = 25;
const BALL_ROWS = 9;
const UPPER_ROWS = 15;
const LOWER_ROWS = 9;
const LASH_ROWS = 4;
/** Where the lids meet, of the way from the upper to the lower lid. @source rig study: 86–90%. */
const MEET = 0.88;

/** One eye: the ball that looks about, two lids of skin, and a lash line. */
export interface Eye {
  /** Opening of the source's eye as a share of its width. */
  readonly opening: number;
  /** Iris centre relative to the eye's middle, −1 … 1 of half the width. */
  readonly gaze: number;
  /** Updates the eye's patches. @param close 0 … 1. @param squint lower lid's rise, 0 … 1. Gaze is −1 … 1. */
  update(mesh: RigMesh, carry: Carry, close: number, squint: number, gazeX: number, gazeY: number): void;
}

interface EyeShape extends EyeContour {
  readonly brow: readonly Vec2[];
}

/**
 * The eye's contour, moved to what the picture shows: the points are carried outwards, a column at a time, past
 * everything that is darker than skin (lashes) or lighter (white), up to a tenth of the eye's width.
 */
function refineShape(points: EyePoints, frame: FaceFrame, pixels: Pixels): EyeShape {
  const upperPoints = points.upper.map((i) => frame.point(i));
  const lowerPoints = points.lower.map((i) => frame.point(i));
  const browPoints = points.brow.map((i) => frame.point(i));
  const a = upperPoints[0] ?? [0, 0];
  const b = upperPoints.at(-1) ?? [0, 0];
  const width = Math.max(4, Math.hypot(b[0] - a[0], b[1] - a[1]));
  const columns = Array.from({ length: COLUMNS }, (_, k) => k / (COLUMNS - 1));
  const upper = columns.map((s) => alongCurve(upperPoints, s));
  const lower = columns.map((s) => alongCurve(lowerPoints, s));
  const [dx, dy] = frame.down;
  // Lashes: the darkest row within ±.08 eye widths of the upper contour, weighted to the landmark's own place.
  const shifts = upper.map(([x, y], k) => {
    const s = columns[k] as number;
    const centre = Math.sin(Math.PI * s);
    let best = 0;
    let bestScore = Infinity;
    for (let step = -8; step <= 8; step++) {
      const off = (step / 8) * 0.08 * width;
      const dark = lumaAt(pixels, x + dx * off, y + dy * off);
      const score = dark + 60 * (off / (0.08 * width)) ** 2;
      if (score < bestScore) {
        bestScore = score;
        best = off;
      }
    }
    return best * centre;
  });
  const smooth = shifts.map((_, k) => {
    let sum = 0;
    let total = 0;
    for (let n = -4; n <= 4; n++) {
      const value = shifts[k + n];
      if (value === undefined) continue;
      const w = Math.exp(-0.5 * (n / 2) ** 2);
      sum += w * value;
      total += w;
    }
    return sum / total;
  });
  const grown = upper.map(([x, y], k): Vec2 => {
    const lens = Math.sin(Math.PI * (columns[k] as number)) ** 0.5;
    // The lash belongs to the lid. A dark iris must not pull the edge down, or a strip of it would travel with the lid.
    const off = clamp(smooth[k] as number, -0.08 * width, 0.008 * width) - 0.018 * width * lens;
    return [x + dx * off, y + dy * off];
  });
  const grownLower = lower.map(([x, y], k): Vec2 => {
    const lens = Math.sin(Math.PI * (columns[k] as number)) ** 0.5;
    const off = 0.03 * width * lens;
    return [x + dx * off, y + dy * off];
  });
  const iris = frame.point(points.iris);
  const contour = widenContour(grown, grownLower, iris, irisRadius(points, frame, width), frame, pixels);
  return { ...contour, brow: columns.map((s) => alongCurve(browPoints, s)) };
}

/** Mean distance of the iris's ring from its centre, in pixels; at least an eighth of the eye's width. */
function irisRadius(points: EyePoints, frame: FaceFrame, width: number): number {
  const [cx, cy] = frame.point(points.iris);
  const ring = points.irisRing.map((i) => frame.point(i));
  const sum = ring.reduce((total, [x, y]) => total + Math.hypot(x - cx, y - cy), 0);
  return Math.max(0.12 * width, sum / Math.max(1, ring.length));
}

/**
 * How far the lid's skin reaches above each column, in pixels: towards the brow, but never over something dark (the
 * brow's hair, a spectacle frame), which must not slide down with the lid.
 */
function skinReach(shape: EyeShape, frame: FaceFrame, pixels: Pixels): number[] {
  const { upper, brow, width } = shape;
  const [dx, dy] = frame.down;
  const start = shape.lash * width + 0.08 * width;
  const free = upper.map(([x, y], k) => {
    const [bx, by] = brow[k] as Vec2;
    const toBrow = Math.max(start + 0.16 * width, 0.85 * ((x - bx) * dx + (y - by) * dy));
    const steps = 24;
    const lumas = Array.from({ length: steps }, (_, i) => {
      const off = start + ((toBrow - start) * i) / (steps - 1);
      return lumaAt(pixels, x - dx * off, y - dy * off);
    });
    const bright = [...lumas].sort((a, b) => b - a)[Math.floor(steps * 0.3)] ?? 255;
    const blocked = lumas.findIndex((luma, i) => i > 2 && luma < 0.62 * bright);
    return blocked < 0 ? toBrow : start + ((toBrow - start) * (blocked - 1)) / (steps - 1);
  });
  // A column takes its neighbours' least, so that the border of the patch stays smooth.
  const least = free.map((_, k) => Math.min(...free.slice(Math.max(0, k - 2), k + 3)));
  return least.map((_, k) => {
    const window = least.slice(Math.max(0, k - 2), k + 3);
    return Math.max(start + 0.08 * width, window.reduce((sum, value) => sum + value, 0) / window.length);
  });
}

/** Builds the patches of one eye, in drawing order: ball, lower lid, upper lid, lash line. */
export function createEye(builder: MeshBuilder, points: EyePoints, frame: FaceFrame, pixels: Pixels): Eye {
  const shape = refineShape(points, frame, pixels);
  const { upper, lower, width } = shape;
  const [dx, dy] = frame.down;
  const ball = builder.add(COLUMNS, BALL_ROWS);
  const lowerLid = builder.add(COLUMNS, LOWER_ROWS);
  const upperLid = builder.add(COLUMNS, UPPER_ROWS);
  const lash = builder.add(COLUMNS, LASH_ROWS);
  const iris = frame.point(points.iris);
  const radius = irisRadius(points, frame, width);
  const gapOf = (k: number): Vec2 => {
    const u = upper[k] as Vec2;
    const l = lower[k] as Vec2;
    return [l[0] - u[0], l[1] - u[1]];
  };
  const opening = Math.max(...upper.map((_, k) => Math.hypot(...gapOf(k)))) / width;
  const reach = skinReach(shape, frame, pixels);
  const lashColour = upper
    .map(([x, y]) => colourAt(pixels, x, y))
    .reduce((best, c) => (c[0] + c[1] + c[2] < best[0] + best[1] + best[2] ? c : best), [1, 1, 1]);
  const lashPaint: [number, number, number] = [lashColour[0] * 0.6, lashColour[1] * 0.6, lashColour[2] * 0.6];
  const w = pixels.width;
  const h = pixels.height;
  const at = new Float32Array(2);

  const place = (mesh: RigMesh, carry: Carry, vertex: number, x: number, y: number): void => {
    carry(x, y, at);
    mesh.positions[2 * vertex] = at[0] as number;
    mesh.positions[2 * vertex + 1] = at[1] as number;
  };

  const ballPatch = (mesh: RigMesh, carry: Carry, patch: Patch, gazeX: number, gazeY: number): void => {
    const gx = gazeX * 0.12 * width;
    const gy = gazeY * 0.06 * width;
    const sx = gx * frame.right[0] + gy * dx;
    const sy = gx * frame.right[1] + gy * dy;
    for (let j = 0, n = patch.first; j < patch.rows; j++) {
      const t = j / (patch.rows - 1);
      // Across the lids the shift fades, so that no lash is dragged into the eye.
      const inside = Math.min(1, 4 * Math.min(t, 1 - t) + 0.15);
      for (let k = 0; k < COLUMNS; k++, n++) {
        const u = upper[k] as Vec2;
        const gap = gapOf(k);
        const x = u[0] + gap[0] * t;
        const y = u[1] + gap[1] * t;
        const d = Math.hypot(x - iris[0], y - iris[1]) / radius;
        const s = k / (COLUMNS - 1);
        const corner = smoothstep(0, 0.16, Math.min(s, 1 - s));
        const weight = smoothstep(2.6, 1.05, d) * corner;
        place(mesh, carry, n, x, y);
        const vertical = weight * inside;
        setSurface(mesh, n, (x - sx * mix(vertical, weight, 0.7)) / w, (y - sy * vertical) / h, 1);
      }
    }
  };

  return {
    opening,
    gaze: (() => {
      const a = upper[0] as Vec2;
      const b = upper.at(-1) as Vec2;
      const along =
        (iris[0] - (a[0] + b[0]) / 2) * frame.right[0] + (iris[1] - (a[1] + b[1]) / 2) * frame.right[1];
      return clamp(along / (0.5 * width), -1, 1);
    })(),
    update: (mesh, carry, close, squint, gazeX, gazeY) => {
      ballPatch(mesh, carry, ball, gazeX, gazeY);
      const c = clamp(close, 0, 1);
      const rise = clamp(Math.max((1 - MEET) * c, 0.18 * squint * (1 - c) + (1 - MEET) * c), 0, 0.3);
      for (let j = 0; j < lowerLid.rows; j++) {
        const t = j / (lowerLid.rows - 1);
        const f = smoothstep(1, 0, t);
        for (let k = 0; k < COLUMNS; k++) {
          const n = lowerLid.first + j * COLUMNS + k;
          const l = lower[k] as Vec2;
          const gap = gapOf(k);
          const x = l[0] + dx * t * 0.32 * width;
          const y = l[1] + dy * t * 0.32 * width;
          place(mesh, carry, n, x - gap[0] * rise * f, y - gap[1] * rise * f);
          setSurface(mesh, n, x / w, y / h, 1);
        }
      }
      for (let j = 0; j < upperLid.rows; j++) {
        // Rows: brow (0) … lid edge (rows − 2), and one more row beyond the edge that fades out.
        const last = upperLid.rows - 2;
        const t = Math.min(1, j / last);
        for (let k = 0; k < COLUMNS; k++) {
          const n = upperLid.first + j * COLUMNS + k;
          const u = upper[k] as Vec2;
          const gap = gapOf(k);
          const height = reach[k] as number;
          const lens = Math.sin((Math.PI * k) / (COLUMNS - 1));
          const beyond = j > last ? 0.02 * width * lens : 0;
          // More rows near the lid, where the skin is stretched most.
          const above = height * (1 - t) ** 1.6;
          const x = u[0] - dx * (above - beyond);
          const y = u[1] - dy * (above - beyond);
          const rigid = Math.max(shape.lash * width, Math.min(0.07 * width, 0.3 * height));
          const f = above <= rigid ? 1 : smoothstep(height, rigid, above);
          const travel = c * (MEET + 0.015) * f;
          place(mesh, carry, n, x + gap[0] * travel, y + gap[1] * travel);
          setSurface(mesh, n, x / w, y / h, j > last ? 0 : 1);
        }
      }
      const thick = 0.026 * frame.iod;
      for (let j = 0; j < LASH_ROWS; j++) {
        for (let k = 0; k < COLUMNS; k++) {
          const n = lash.first + j * COLUMNS + k;
          const u = upper[k] as Vec2;
          const gap = gapOf(k);
          const s = k / (COLUMNS - 1);
          const taper = Math.sin(Math.PI * s) ** 0.5;
          const across = j / (LASH_ROWS - 1) - 0.5;
          const travel = c * (MEET + 0.015);
          const x = u[0] + gap[0] * travel + dx * across * thick * taper;
          const y = u[1] + gap[1] * travel + dy * across * thick * taper;
          place(mesh, carry, n, x, y);
          const alpha = j === 0 || j === LASH_ROWS - 1 ? 0 : 0.22 * smoothstep(0.25, 1, c) * taper;
          setSurface(mesh, n, x / w, y / h, alpha, lashPaint, 1);
        }
      }
    },
  };
}
