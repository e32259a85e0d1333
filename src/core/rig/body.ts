import type { BodyObservation, HandObservation } from '../../contracts/perception.ts';
import type { FaceFrame } from './face-frame.ts';
import { eachVertex } from './grid.ts';
import type { Grid } from './grid.ts';
import { smoothstep } from './maths.ts';
import { blurRaster, sampleRaster } from './raster.ts';
import type { Raster } from './raster.ts';

/** How each vertex takes part in what is not the head. All by vertex of the grid. */
export interface BodyFields {
  /** Lift of the chest and shoulders, 0 … 1; zero off the person. */
  readonly breath: Float32Array;
  /** Sideways push of the ribs as they widen, −1 … 1. */
  readonly widen: Float32Array;
  /** Sway of the trunk, 0 at the picture's foot … 1. */
  readonly sway: Float32Array;
  /** Nearness for the camera: 0 background … 1 person. */
  readonly near: Float32Array;
}

/** Where the shoulders are, in pixels. */
export interface Shoulders {
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

/** Shoulders from the pose network where it saw them, else from the face's size. */
export function findShoulders(body: BodyObservation | null, frame: FaceFrame | null): Shoulders | null {
  const l = body?.landmarks;
  if (l && (l[4 * 11 + 3] ?? 0) > 0.5 && (l[4 * 12 + 3] ?? 0) > 0.5) {
    const [ax, ay, bx, by] = [l[44] ?? 0, l[45] ?? 0, l[48] ?? 0, l[49] ?? 0];
    return { x: (ax + bx) / 2, y: (ay + by) / 2, width: Math.max(1, Math.abs(ax - bx)) };
  }
  if (!frame) return null;
  const [cx, cy] = frame.chin;
  const [dx, dy] = frame.down;
  return { x: cx + dx * 0.75 * frame.iod, y: cy + dy * 0.75 * frame.iod, width: 4.6 * frame.iod };
}

/** A blurred copy of a mask; radius as a share of its width. */
export function softened(mask: Raster, radius: number): Raster {
  const copy = { width: mask.width, height: mask.height, data: Float32Array.from(mask.data) };
  return blurRaster(copy, radius * mask.width);
}

/**
 * Weights of breathing, sway and the camera's parallax.
 * @param person mask 0 … 1, or null when there is none: then a round subject in the middle stands in for nearness.
 */
export function bodyFields(
  grid: Grid,
  person: Raster | null,
  shoulders: Shoulders | null,
  frame: FaceFrame | null,
): BodyFields {
  const breath = new Float32Array(grid.count);
  const widen = new Float32Array(grid.count);
  const sway = new Float32Array(grid.count);
  const near = new Float32Array(grid.count);
  const soft = person ? softened(person, 0.012) : null;
  const wide = person ? softened(person, 0.05) : null;
  const top = shoulders ? shoulders.y : grid.height * 0.45;
  const span = shoulders ? shoulders.width : grid.width * 0.5;
  const headTop = frame ? frame.centre[1] - frame.faceHeight : top - span;
  eachVertex(grid, (n, x, y) => {
    const u = x / grid.width;
    const v = y / grid.height;
    const border = smoothstep(0, 0.05, Math.min(u, 1 - u, 1 - v));
    const body = soft ? smoothstep(0.15, 0.75, sampleRaster(soft, u, v)) : 0;
    if (shoulders) {
      // From the throat down; strongest at the collar bones, less at the belly.
      const d = (y - top) / span;
      const lift = smoothstep(-0.32, 0.0, d) * (1 - 0.62 * smoothstep(0.25, 1.3, d));
      const beside = person ? 1 : Math.exp(-0.5 * ((x - shoulders.x) / (0.55 * span)) ** 2);
      breath[n] = (person ? body : 1) * lift * beside * border;
      const side = (x - shoulders.x) / (0.5 * span);
      widen[n] = breath[n] * Math.max(-1.2, Math.min(1.2, side)) * smoothstep(0, 0.4, d);
    } else if (person) {
      breath[n] = body * smoothstep(0, 0.3, v) * border;
    }
    const rise = smoothstep(grid.height, Math.min(grid.height * 0.9, headTop), y);
    sway[n] = (wide ? smoothstep(0.1, 0.8, sampleRaster(wide, u, v)) : 0) * rise * border;
    near[n] = wide
      ? sampleRaster(wide, u, v)
      : Math.exp(-0.5 * (((u - 0.5) / 0.28) ** 2 + ((v - 0.55) / 0.3) ** 2)) * 0.7 + 0.3 * v;
  });
  return { breath, widen, sway, near };
}

/** The hand that waves: what turns about its wrist, and about the elbow when it is seen. */
export interface HandField {
  readonly vertices: Uint32Array;
  readonly weight: Float32Array;
  /** Wrist in pixels. */
  readonly pivot: readonly [number, number];
  /** Length of the hand in pixels. */
  readonly size: number;
}

/** Weights about a hand: 1 on it, fading over half its length around and over a third of it past the wrist. */
export function handField(grid: Grid, hand: HandObservation): HandField {
  const at = (i: number): [number, number] => [hand.landmarks[3 * i] ?? 0, hand.landmarks[3 * i + 1] ?? 0];
  const wrist = at(0);
  const tip = at(12);
  const knuckle = at(9);
  const size = Math.max(
    8,
    Math.hypot(tip[0] - wrist[0], tip[1] - wrist[1]),
    1.6 * Math.hypot(knuckle[0] - wrist[0], knuckle[1] - wrist[1]),
  );
  const palm = Math.hypot(knuckle[0] - wrist[0], knuckle[1] - wrist[1]) || 1;
  const axis = [(knuckle[0] - wrist[0]) / palm, (knuckle[1] - wrist[1]) / palm] as const;
  const chains = [
    [0, 1, 2, 3, 4],
    [0, 5, 6, 7, 8],
    [0, 9, 10, 11, 12],
    [0, 13, 14, 15, 16],
    [0, 17, 18, 19, 20],
  ];
  const segments = chains.flatMap((chain) =>
    chain.slice(1).map((b, k) => [at(chain[k] ?? 0), at(b)] as const),
  );
  const vertices: number[] = [];
  const weight: number[] = [];
  eachVertex(grid, (n, x, y) => {
    if (Math.hypot(x - wrist[0], y - wrist[1]) > 2.4 * size) return;
    let nearest = Infinity;
    for (const [a, b] of segments) {
      const lx = b[0] - a[0];
      const ly = b[1] - a[1];
      const t = Math.min(1, Math.max(0, ((x - a[0]) * lx + (y - a[1]) * ly) / (lx * lx + ly * ly || 1)));
      nearest = Math.min(nearest, Math.hypot(x - a[0] - t * lx, y - a[1] - t * ly));
    }
    const along = ((x - wrist[0]) * axis[0] + (y - wrist[1]) * axis[1]) / size;
    const border = smoothstep(0, 0.04 * grid.width, Math.min(x, y, grid.width - x, grid.height - y));
    const w = smoothstep(0.75, 0.16, nearest / size) * smoothstep(-0.45, 0.12, along) * border;
    if (w < 1e-3) return;
    vertices.push(n);
    weight.push(w);
  });
  return { vertices: Uint32Array.from(vertices), weight: Float32Array.from(weight), pivot: wrist, size };
}
