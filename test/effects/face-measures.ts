import type { Landmarks, Point } from './oracle.ts';

const EYES = {
  left: {
    outer: 33,
    inner: 133,
    lids: [
      [160, 144],
      [159, 145],
      [158, 153],
    ],
    iris: 468,
    rim: [469, 471],
  },
  right: {
    outer: 263,
    inner: 362,
    lids: [
      [387, 373],
      [386, 374],
      [385, 380],
    ],
    iris: 473,
    rim: [474, 476],
  },
} as const;

/** Which eye, by its side of the picture. */
export type Side = keyof typeof EYES;
export const SIDES: readonly Side[] = ['left', 'right'];

/** Outline of each eye's opening, all around. */
export const EYE_OUTLINE: Readonly<Record<Side, readonly number[]>> = {
  left: [33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7],
  right: [263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249],
};

const ORIGIN: Point = [0, 0, 0];

/** A landmark, or the origin when the index is out of range. */
export function at(face: Landmarks, index: number): Point {
  return face[index] ?? ORIGIN;
}

/** Distance of two landmarks in three dimensions, in pixels. */
export function distance(face: Landmarks, a: number, b: number): number {
  const [ax, ay, az] = at(face, a);
  const [bx, by, bz] = at(face, b);
  return Math.hypot(ax - bx, ay - by, az - bz);
}

/** Distance of the middles of the irises in three dimensions, in pixels: the study's unit. */
export function eyeDistance(face: Landmarks): number {
  return distance(face, EYES.left.iris, EYES.right.iris);
}

/** Height of an eye's opening over its width, from three pairs of lid points. */
export function eyeOpening(face: Landmarks, side: Side): number {
  const { outer, inner, lids } = EYES[side];
  const height = lids.reduce((sum, [upper, lower]) => sum + distance(face, upper, lower), 0) / lids.length;
  return height / distance(face, outer, inner);
}

/** Width of the mouth, corner to corner, over the distance of the eyes. */
export function mouthWidth(face: Landmarks): number {
  return distance(face, 61, 291) / eyeDistance(face);
}

/** Height of the corners of the mouth above its middle, over the distance of the eyes. */
export function mouthLift(face: Landmarks): number {
  const middle = (at(face, 13)[1] + at(face, 14)[1]) / 2;
  return (middle - (at(face, 61)[1] + at(face, 291)[1]) / 2) / eyeDistance(face);
}

/** Place of the irises between the corners of their eyes, mean of both: 0 is the middle, ±.5 a corner. */
export function gazeAcross(face: Landmarks): number {
  const of = (side: Side): number => {
    const { outer, inner, iris } = EYES[side];
    const [left, right] = side === 'left' ? [outer, inner] : [inner, outer];
    const a = at(face, left);
    const b = at(face, right);
    const p = at(face, iris);
    const along = [b[0] - a[0], b[1] - a[1]] as const;
    const length = along[0] ** 2 + along[1] ** 2;
    return ((p[0] - a[0]) * along[0] + (p[1] - a[1]) * along[1]) / length - 0.5;
  };
  return (of('left') + of('right')) / 2;
}

/** Radius of an iris in pixels. */
export function irisRadius(face: Landmarks, side: Side): number {
  const [a, b] = EYES[side].rim;
  return distance(face, a, b) / 2;
}

/** Middle of an iris in pixels. */
export function irisCentre(face: Landmarks, side: Side): Point {
  return at(face, EYES[side].iris);
}

/** A rectangle in pixels, half open. */
export interface Box {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

/** The smallest box around the face's points. */
export function faceBox(face: Landmarks): Box {
  const xs = face.map(([x]) => x);
  const ys = face.map(([, y]) => y);
  return { x0: Math.min(...xs), y0: Math.min(...ys), x1: Math.max(...xs), y1: Math.max(...ys) };
}

/** Mean distance of all points of two faces, over the first one's eye distance. */
export function apart(a: Landmarks, b: Landmarks): number {
  const sum = a.reduce((total, point, index) => {
    const other = at(b, index);
    return total + Math.hypot(point[0] - other[0], point[1] - other[1]);
  }, 0);
  return sum / a.length / eyeDistance(a);
}
