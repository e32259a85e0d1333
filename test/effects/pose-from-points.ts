import type { Landmarks, Point } from './oracle.ts';

/** Head turn in degrees; signs as in `Pose`: right of the picture, down, crown to the right are positive. */
export interface HeadTurn {
  readonly yaw: number;
  readonly pitch: number;
  readonly roll: number;
}

type Matrix3 = readonly [number, number, number, number, number, number, number, number, number];

const DEGREES = 180 / Math.PI;

/** Points on bone: they move with the skull and not with lids, lips or jaw. */
const RIGID = [
  ...[10, 109, 338, 67, 297, 54, 284, 21, 251, 162, 389, 127, 356, 234, 454], // brow line and temples
  ...[151, 9, 8, 168, 6, 197, 195, 5, 4, 1], // forehead and bridge of the nose
  ...[104, 333, 68, 298, 71, 301, 139, 368], // upper forehead
  ...[133, 362, 33, 263, 116, 345, 123, 352, 93, 323], // corners of the eyes, cheekbones
] as const;

/** Pairs that mirror each other in a face that looks straight ahead: left of the picture, right of it. */
const PAIRS = [
  [127, 356],
  [234, 454],
  [33, 263],
  [133, 362],
  [54, 284],
  [93, 323],
  [116, 345],
] as const;

function centroid(points: readonly Point[]): Point {
  const sum: [number, number, number] = [0, 0, 0];
  for (const [x, y, z] of points) {
    sum[0] += x;
    sum[1] += y;
    sum[2] += z;
  }
  const n = Math.max(1, points.length);
  return [sum[0] / n, sum[1] / n, sum[2] / n];
}

/** Eigenvector of the largest eigenvalue of a symmetric 4×4 matrix (rows), by Jacobi rotations. */
function topEigenvector(matrix: readonly (readonly number[])[]): readonly number[] {
  const a = matrix.map((row) => [...row]);
  const v = [0, 1, 2, 3].map((row) => [0, 1, 2, 3].map((column) => (row === column ? 1 : 0)));
  const at = (m: readonly (readonly number[])[], row: number, column: number): number =>
    m[row]?.[column] ?? 0;
  const put = (m: number[][], row: number, column: number, value: number): void => {
    const line = m[row];
    if (line !== undefined) line[column] = value;
  };
  for (let sweep = 0; sweep < 24; sweep++) {
    for (let p = 0; p < 3; p++) {
      for (let q = p + 1; q < 4; q++) {
        const apq = at(a, p, q);
        if (Math.abs(apq) < 1e-15) continue;
        const theta = (at(a, q, q) - at(a, p, p)) / (2 * apq);
        const t = Math.sign(theta || 1) / (Math.abs(theta) + Math.hypot(theta, 1));
        const c = 1 / Math.hypot(t, 1);
        const s = t * c;
        for (let k = 0; k < 4; k++) {
          const kp = at(a, k, p);
          const kq = at(a, k, q);
          put(a, k, p, c * kp - s * kq);
          put(a, k, q, s * kp + c * kq);
        }
        for (let k = 0; k < 4; k++) {
          const pk = at(a, p, k);
          const qk = at(a, q, k);
          put(a, p, k, c * pk - s * qk);
          put(a, q, k, s * pk + c * qk);
          const kp = at(v, k, p);
          const kq = at(v, k, q);
          put(v, k, p, c * kp - s * kq);
          put(v, k, q, s * kp + c * kq);
        }
      }
    }
  }
  const best = [0, 1, 2, 3].reduce((top, k) => (at(a, k, k) > at(a, top, top) ? k : top), 0);
  return [0, 1, 2, 3].map((row) => at(v, row, best));
}

/**
 * The rotation that best carries one set of points onto another, whatever their places and sizes.
 *
 * @returns row-major matrix R with `to ≈ scale · R · from + shift`
 * @source B. K. P. Horn, Closed-form solution of absolute orientation using unit quaternions, 1987
 */
export function bestRotation(from: readonly Point[], to: readonly Point[]): Matrix3 {
  const a = centroid(from);
  const b = centroid(to);
  const s = new Float64Array(9);
  from.forEach((point, index) => {
    const other = to[index];
    if (other === undefined) return;
    for (let row = 0; row < 3; row++) {
      for (let column = 0; column < 3; column++) {
        const left = (point[row] ?? 0) - (a[row] ?? 0);
        const right = (other[column] ?? 0) - (b[column] ?? 0);
        s[row * 3 + column] = (s[row * 3 + column] ?? 0) + left * right;
      }
    }
  });
  const [xx = 0, xy = 0, xz = 0, yx = 0, yy = 0, yz = 0, zx = 0, zy = 0, zz = 0] = s;
  const [w = 1, x = 0, y = 0, z = 0] = topEigenvector([
    [xx + yy + zz, yz - zy, zx - xz, xy - yx],
    [yz - zy, xx - yy - zz, xy + yx, zx + xz],
    [zx - xz, xy + yx, -xx + yy - zz, yz + zy],
    [xy - yx, zx + xz, yz + zy, -xx - yy + zz],
  ]);
  return [
    1 - 2 * (y * y + z * z),
    2 * (x * y - w * z),
    2 * (x * z + w * y),
    2 * (x * y + w * z),
    1 - 2 * (x * x + z * z),
    2 * (y * z - w * x),
    2 * (x * z - w * y),
    2 * (y * z + w * x),
    1 - 2 * (x * x + y * y),
  ];
}

function pick(face: Landmarks, indices: readonly number[]): Point[] {
  return indices.map((index) => face[index] ?? [0, 0, 0]);
}

/**
 * How far a face has turned since another moment, from all bony points together (Procrustes).
 *
 * @param rest the face at rest
 * @param now the same face later
 */
export function turnSince(rest: Landmarks, now: Landmarks): HeadTurn {
  const r = bestRotation(pick(rest, RIGID), pick(now, RIGID));
  // The nose of a face at rest points to −z; R carries it to minus R's third column.
  const [x, y, z] = [-r[2], -r[5], r[8]];
  return {
    yaw: Math.atan2(x, z) * DEGREES,
    pitch: Math.atan2(y, Math.hypot(x, z)) * DEGREES,
    roll: Math.atan2(r[3], r[0]) * DEGREES,
  };
}

/** How far a face looks away from the camera sideways, in degrees, from its mirror pairs. */
export function yawToCamera(face: Landmarks): number {
  let across = 0;
  let away = 0;
  for (const [left, right] of PAIRS) {
    const a = face[left];
    const b = face[right];
    if (a === undefined || b === undefined) continue;
    across += Math.hypot(b[0] - a[0], b[1] - a[1]);
    away += b[2] - a[2];
  }
  return Math.atan2(away, across) * DEGREES;
}
