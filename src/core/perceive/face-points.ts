import { AppError } from '../../contracts/errors.ts';
import type { FaceObservation, FacePoints } from '../../contracts/perception.ts';
import { CANONICAL_FACE } from './canonical-face.ts';
import { FACE_POINTS } from './face.ts';

type Point = readonly [number, number];

/** Canonical points that the five hand-placed ones stand for: iris centres, tip of the nose, mouth corners. */
export const ANCHORS = { eyeLeft: 468, eyeRight: 473, nose: 1, mouthLeft: 61, mouthRight: 291 } as const;
const NAMES = ['eyeLeft', 'eyeRight', 'nose', 'mouthLeft', 'mouthRight'] as const;

/** Least distance of the eyes in pixels. */
const MIN_EYES = 6;
/** Reach of one point's own correction, in eye distances. */
const REACH = 0.75;
/** Least area that the five points must span, as a share of the square of the eye distance. */
const MIN_SPAN = 0.05;

/** Solves a small linear system in place by elimination with pivoting; null when it is singular. */
function solve(matrix: number[][], right: number[]): number[] | null {
  const n = right.length;
  for (let column = 0; column < n; column++) {
    let pivot = column;
    for (let row = column + 1; row < n; row++) {
      if (Math.abs(matrix[row]?.[column] ?? 0) > Math.abs(matrix[pivot]?.[column] ?? 0)) pivot = row;
    }
    const top = matrix[pivot];
    const swapped = matrix[column];
    if (!top || !swapped || Math.abs(top[column] ?? 0) < 1e-9) return null;
    [matrix[column], matrix[pivot]] = [top, swapped];
    [right[column], right[pivot]] = [right[pivot] ?? 0, right[column] ?? 0];
    for (let row = 0; row < n; row++) {
      const line = matrix[row];
      if (row === column || !line) continue;
      const factor = (line[column] ?? 0) / (top[column] ?? 1);
      for (let k = column; k < n; k++) line[k] = (line[k] ?? 0) - factor * (top[k] ?? 0);
      right[row] = (right[row] ?? 0) - factor * (right[column] ?? 0);
    }
  }
  return right.map((value, i) => value / (matrix[i]?.[i] ?? 1));
}

/** Least-squares affine map (a b c; d e f) from canonical to picture points; null when the points do not span a plane. */
function affine(from: readonly Point[], to: readonly Point[]): readonly number[] | null {
  const normal = [0, 1, 2].map(() => [0, 0, 0]);
  const rightX = [0, 0, 0];
  const rightY = [0, 0, 0];
  from.forEach(([x, y], i) => {
    const row = [x, y, 1];
    const [tx, ty] = to[i] ?? [0, 0];
    for (let a = 0; a < 3; a++) {
      for (let b = 0; b < 3; b++) {
        const line = normal[a];
        if (line) line[b] = (line[b] ?? 0) + (row[a] ?? 0) * (row[b] ?? 0);
      }
      rightX[a] = (rightX[a] ?? 0) + (row[a] ?? 0) * tx;
      rightY[a] = (rightY[a] ?? 0) + (row[a] ?? 0) * ty;
    }
  });
  const x = solve(
    normal.map((line) => [...line]),
    rightX,
  );
  const y = solve(normal, rightY);
  return x && y ? [...x, ...y] : null;
}

function canonical(index: number): Point {
  return [CANONICAL_FACE[3 * index] ?? 0, CANONICAL_FACE[3 * index + 1] ?? 0];
}

/** The same five points with left and right exchanged: what a person placed who thought of the face's own sides. */
function exchanged(points: FacePoints): FacePoints {
  return {
    eyeLeft: points.eyeRight,
    eyeRight: points.eyeLeft,
    nose: points.nose,
    mouthLeft: points.mouthRight,
    mouthRight: points.mouthLeft,
  };
}

function refuse(why: string): never {
  throw new AppError('ERR_INPUT_ARGUMENT', `the five face points do not make a face: ${why}`, {
    details: { why },
  });
}

/**
 * Fits the canonical face to five points placed by hand, so that an illustration or an animal moves like a portrait.
 *
 * An affine map brings the canonical mesh near; what is left at each point is spread smoothly around it, so that the mesh
 * meets all five points exactly. Exchanged sides are put right.
 *
 * @returns a face in the points' pixels, with score 1.
 * @throws ERR_INPUT_ARGUMENT when points are not finite, lie on each other or on one line.
 */
export function fitFacePoints(points: FacePoints): FaceObservation {
  const given = NAMES.map((name) => points[name]);
  if (given.some(([x, y]) => !Number.isFinite(x) || !Number.isFinite(y))) refuse('a point is not finite');
  const eyes = Math.hypot(points.eyeRight[0] - points.eyeLeft[0], points.eyeRight[1] - points.eyeLeft[1]);
  if (eyes < MIN_EYES) refuse('the eyes are too close');
  const from = NAMES.map((name) => canonical(ANCHORS[name]));
  let to: readonly Point[] = given;
  let map = affine(from, to);
  if (map && determinant(map) < 0) {
    const other = exchanged(points);
    to = NAMES.map((name) => other[name]);
    map = affine(from, to);
  }
  if (!map || determinant(map) < MIN_SPAN * eyes * eyes) refuse('the points lie on one line');

  const fix = corrections(from, to, map);
  const landmarks = new Float32Array(3 * FACE_POINTS);
  const depth = Math.sqrt(determinant(map));
  for (let i = 0; i < FACE_POINTS; i++) {
    const point = canonical(i);
    const [x, y] = apply(map, point);
    let dx = 0;
    let dy = 0;
    from.forEach((anchor, k) => {
      const weight = bell(point, anchor);
      dx += weight * (fix.x[k] ?? 0);
      dy += weight * (fix.y[k] ?? 0);
    });
    landmarks.set([x + dx, y + dy, depth * (CANONICAL_FACE[3 * i + 2] ?? 0)], 3 * i);
  }
  return { box: boundingBox(landmarks), score: 1, landmarks };
}

function determinant(map: readonly number[]): number {
  const [a = 0, b = 0, , d = 0, e = 0] = map;
  return a * e - b * d;
}

function apply(map: readonly number[], [x, y]: Point): Point {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = map;
  return [a * x + b * y + c, d * x + e * y + f];
}

function bell(a: Point, b: Point): number {
  const squared = (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2;
  return Math.exp(-squared / (2 * REACH * REACH));
}

/** Strength of each anchor's own correction, so that their sum at every anchor is what the affine map left. */
function corrections(
  from: readonly Point[],
  to: readonly Point[],
  map: readonly number[],
): { readonly x: readonly number[]; readonly y: readonly number[] } {
  const kernel = (): number[][] => from.map((a) => from.map((b) => bell(a, b)));
  const left = from.map((point, i) => {
    const [x, y] = apply(map, point);
    const [tx, ty] = to[i] ?? [x, y];
    return [tx - x, ty - y] as const;
  });
  return {
    x:
      solve(
        kernel(),
        left.map(([x]) => x),
      ) ?? [],
    y:
      solve(
        kernel(),
        left.map(([, y]) => y),
      ) ?? [],
  };
}

/** Box from the brows to the chin and from ear to ear. */
function boundingBox(landmarks: Float32Array): readonly [number, number, number, number] {
  let [x0, y0, x1, y1] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < landmarks.length; i += 3) {
    const x = landmarks[i] ?? 0;
    const y = landmarks[i + 1] ?? 0;
    x0 = Math.min(x0, x);
    x1 = Math.max(x1, x);
    y0 = Math.min(y0, y);
    y1 = Math.max(y1, y);
  }
  return [x0, y0, x1 - x0, y1 - y0];
}
