import type { FaceFrame } from './face-frame.ts';
import { eachVertex } from './grid.ts';
import type { Grid } from './grid.ts';
import { clamp, smoothstep } from './maths.ts';
import type { Vec2 } from './maths.ts';

/** A sparse displacement that a control scales: `indices[k]` moves by `(offsets[2k], offsets[2k+1])` pixels at 1. */
export interface Basis {
  readonly indices: Uint32Array;
  readonly offsets: Float32Array;
}

export interface ExpressionBases {
  readonly smile: Basis;
  readonly browLeft: Basis;
  readonly browRight: Basis;
  readonly mouthWidth: Basis;
}

interface Bump {
  readonly at: Vec2;
  /** Displacement in IOD: outwards from the face's middle line, and up. */
  readonly out: number;
  readonly up: number;
  /** Gaussian radius in IOD. */
  readonly sigma: number;
}

function basisOf(
  grid: Grid,
  displacement: (x: number, y: number) => Vec2,
  reach: (x: number, y: number) => boolean,
): Basis {
  const indices: number[] = [];
  const offsets: number[] = [];
  eachVertex(grid, (n, x, y) => {
    if (!reach(x, y)) return;
    const [dx, dy] = displacement(x, y);
    if (Math.abs(dx) + Math.abs(dy) < 0.01) return;
    indices.push(n);
    offsets.push(dx, dy);
  });
  return { indices: Uint32Array.from(indices), offsets: Float32Array.from(offsets) };
}

function bumps(grid: Grid, frame: FaceFrame, list: readonly Bump[]): Basis {
  const { iod, right, down } = frame;
  const sides = list.map((bump) => Math.sign(frame.local(...bump.at)[0]) || 1);
  return basisOf(
    grid,
    (x, y) => {
      let across = 0;
      let up = 0;
      list.forEach((bump, k) => {
        const d2 = ((x - bump.at[0]) ** 2 + (y - bump.at[1]) ** 2) / (bump.sigma * iod) ** 2;
        if (d2 > 12) return;
        const g = Math.exp(-d2 / 2) * iod;
        across += g * bump.out * (sides[k] as number);
        up += g * bump.up;
      });
      return [across * right[0] - up * down[0], across * right[1] - up * down[1]];
    },
    (x, y) => {
      const [a, b] = frame.local(x, y);
      return Math.hypot(a, b) < 3 * iod;
    },
  );
}

/**
 * The face's displacement bases.
 * @source the sizes are the rig study's: Gaussians in IOD, measured on paintings and photographs.
 */
export function expressionBases(grid: Grid, frame: FaceFrame): ExpressionBases {
  const pair = (left: number, right: number, out: number, up: number, sigma: number): Bump[] =>
    [left, right].map((index) => ({ at: frame.point(index), out, up, sigma }));
  const brow = (inner: number, middle: number, outer: number): Basis =>
    bumps(grid, frame, [
      { at: frame.point(inner), out: 0, up: 0.05, sigma: 0.16 },
      { at: frame.point(middle), out: 0.005, up: 0.055, sigma: 0.2 },
      { at: frame.point(outer), out: 0.01, up: 0.03, sigma: 0.16 },
    ]);
  const mouthMiddle: Vec2 = [
    (frame.point(61)[0] + frame.point(291)[0]) / 2,
    (frame.point(61)[1] + frame.point(291)[1]) / 2,
  ];
  const [ma, mb] = frame.local(...mouthMiddle);
  const { iod, right } = frame;
  return {
    smile: bumps(grid, frame, [
      ...pair(61, 291, 0.085, 0.075, 0.24),
      ...pair(50, 280, 0.03, 0.05, 0.34),
      ...pair(205, 425, 0.05, 0.055, 0.28),
      ...pair(40, 270, 0.02, 0.012, 0.14),
      ...pair(91, 321, 0.02, 0.012, 0.14),
    ]),
    browLeft: brow(107, 105, 46),
    browRight: brow(336, 334, 276),
    mouthWidth: basisOf(
      grid,
      (x, y) => {
        const [a, b] = frame.local(x, y);
        const w = Math.exp(-0.5 * (((a - ma) / (0.5 * iod)) ** 2 + ((b - mb) / (0.28 * iod)) ** 2));
        return [(a - ma) * w * right[0], (a - ma) * w * right[1]];
      },
      (x, y) => Math.hypot(x - mouthMiddle[0], y - mouthMiddle[1]) < 2 * iod,
    ),
  };
}

/** Where the jaw's drop reaches: from the lips' seam to below the chin. Pure geometry, shared by mesh and patches. */
export interface JawField {
  /** Displacement at jaw = 1 of a point given as above or below the seam; above gives zero. */
  at(x: number, y: number, below: boolean, out: Float32Array): void;
  /** Whether a point lies below the seam. */
  below(x: number, y: number): boolean;
}

/** Jaw 1.0 opens the lips by .30 IOD, with lip profile (1 − t²)^.6, and fades out below the chin. */
export function jawField(
  frame: FaceFrame,
  seam: (a: number) => number,
  halfWidth: number,
  middle: number,
): JawField {
  const { iod, down } = frame;
  const [, chinB] = frame.local(...frame.chin);
  return {
    below: (x, y) => {
      const [a, b] = frame.local(x, y);
      return b > seam(a);
    },
    at: (x, y, below, out) => {
      out[0] = 0;
      out[1] = 0;
      if (!below) return;
      const [a, b] = frame.local(x, y);
      const fromSeam = Math.max(0, b - seam(a)) / iod;
      const t = clamp((a - middle) / halfWidth, -1, 1);
      const lip = Math.pow(1 - t * t, 0.6);
      const wide = Math.exp(-0.5 * ((a - middle) / (0.62 * iod)) ** 2);
      const across = lip + (wide - lip) * smoothstep(0, 0.45, fromSeam);
      const fade = smoothstep(1.05, 0.02, (b - chinB) / iod);
      const drop = 0.3 * iod * across * fade;
      out[0] = drop * down[0];
      out[1] = drop * down[1];
    },
  };
}
