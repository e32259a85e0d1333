import type { FaceObservation } from '../../contracts/perception.ts';
import type { Pyramid } from './bitmap.ts';
import type { Detection } from './boxes.ts';
import { overlap, sigmoid } from './boxes.ts';
import { detectIn, eyeLineAngle, lookCloser, MIN_FACE_SCORE } from './find-faces.ts';
import { GRAPHS, outputOf } from './graphs.ts';
import { EYE_LEFT, EYE_RIGHT, refineEye } from './iris.ts';
import type { Roi } from './roi.ts';
import { boxRoi, cropPlanes, pointsRoi, roiToPicture } from './roi.ts';
import type { GraphRunner } from './runner.ts';

/** Points of the mesh without and with the irises. */
export const MESH_POINTS = 468;
export const FACE_POINTS = 478;

/** Disagreement from which a face is not a human one, in IOD. @source rig study: people ≤ .023, dogs ≥ .04 */
export const MAX_DISAGREEMENT = 0.03;
/** Side of the mesh's square over the face's longer side. @source MediaPipe Face Mesh, arXiv:1907.06724 */
const MESH_SCALE = 1.5;
/** Squares of the second opinion over the detector's box. */
const NARROW_SCALE = 1.5;
const WIDE_SCALE = 2.3;
/** Lowest presence that the mesh network may give. */
const MIN_PRESENCE = 0.5;

/** A mesh before the irises are added. */
export interface Mesh {
  /** 478 × (x, y, z) pixels of the picture; the last ten are zero. */
  readonly landmarks: Float32Array;
  /** The network's own belief that this is a face, 0…1. */
  readonly presence: number;
}

/** Runs the mesh network on one square. */
export async function meshIn(picture: Pyramid, runner: GraphRunner, roi: Roi): Promise<Mesh> {
  const { name, input, side, range } = GRAPHS.faceMesh;
  const planes = cropPlanes(picture, roi, { side, range, border: 'edge' });
  const outputs = await runner.run(name, { [input]: planes });
  const points = outputOf(outputs, 'landmarks', 3 * MESH_POINTS, name);
  const flag = outputOf(outputs, 'flag', 1, name);
  const landmarks = new Float32Array(3 * FACE_POINTS);
  for (let i = 0; i < 3 * MESH_POINTS; i += 3) {
    const [x, y] = roiToPicture(roi, (points[i] ?? 0) / side, (points[i + 1] ?? 0) / side);
    landmarks[i] = x;
    landmarks[i + 1] = y;
    landmarks[i + 2] = ((points[i + 2] ?? 0) / side) * roi.size;
  }
  return { landmarks, presence: sigmoid(flag[0] ?? -80) };
}

/** The square in which the mesh network sees a face best: around its mesh, turned to its outer eye corners. */
export function meshRoi(landmarks: Float32Array, scale = MESH_SCALE): Roi {
  const at = (index: number, axis: number): number => landmarks[3 * index + axis] ?? 0;
  const angle = Math.atan2(at(263, 1) - at(33, 1), at(263, 0) - at(33, 0));
  return pointsRoi(landmarks, 3, MESH_POINTS, angle, scale);
}

/** Distance of the iris centres in three dimensions, pixels (IOD); without irises, of the eyes' middles. */
export function eyeDistance(landmarks: Float32Array): number {
  const middle = (eye: typeof EYE_LEFT, axis: number): number => {
    const iris = landmarks[3 * eye.iris + axis] ?? 0;
    const [a, b] = eye.corners;
    const hasIris = landmarks[3 * eye.iris] !== 0 || landmarks[3 * eye.iris + 1] !== 0;
    return hasIris ? iris : ((landmarks[3 * a + axis] ?? 0) + (landmarks[3 * b + axis] ?? 0)) / 2;
  };
  const d = [0, 1, 2].map((axis) => middle(EYE_RIGHT, axis) - middle(EYE_LEFT, axis));
  return Math.hypot(...d);
}

/** Mean distance in the picture's plane between the points of two meshes, in eye distances of the first. */
export function disagreement(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < 3 * MESH_POINTS; i += 3) {
    sum += Math.hypot((a[i] ?? 0) - (b[i] ?? 0), (a[i + 1] ?? 0) - (b[i + 1] ?? 0));
  }
  return sum / MESH_POINTS / Math.max(1e-6, eyeDistance(a));
}

/** A face with the doubt about it. */
export interface ReadFace {
  readonly face: FaceObservation;
  /** Disagreement of the mesh between two crops, in IOD. */
  readonly disagreement: number;
  /** False when it is not a human face. */
  readonly human: boolean;
}

/** The mesh of a face as the whole chain sees it on one square: detector, then mesh; null when the detector sees none. */
async function meshThrough(
  picture: Pyramid,
  runner: GraphRunner,
  box: Detection['box'],
  roi: Roi,
): Promise<Mesh | null> {
  const seen = await detectIn(picture, runner, roi, MIN_FACE_SCORE / 2);
  const same = seen.sort((a, b) => overlap(b.box, box) - overlap(a.box, box))[0];
  if (!same || overlap(same.box, box) < 0.2) return null;
  return meshIn(picture, runner, boxRoi(same.box, MESH_SCALE, eyeLineAngle(same)));
}

/**
 * How much the mesh depends on what is around the face: the whole chain on a narrow and on a wide square. People keep
 * their points, animals do not.
 *
 * @returns mean difference in IOD; 1 when one of the squares shows no face at all.
 */
async function doubt(picture: Pyramid, runner: GraphRunner, seen: Detection): Promise<number> {
  const angle = eyeLineAngle(seen);
  const narrow = await meshThrough(picture, runner, seen.box, boxRoi(seen.box, NARROW_SCALE, angle));
  const wide = await meshThrough(picture, runner, seen.box, boxRoi(seen.box, WIDE_SCALE, angle));
  return narrow && wide ? disagreement(narrow.landmarks, wide.landmarks) : 1;
}

/**
 * Reads one face: the detector's closer look, the mesh twice (the second time on the square that the first one gives), then
 * both eyes; and a second opinion to tell people from animals.
 */
export async function readFace(picture: Pyramid, runner: GraphRunner, seen: Detection): Promise<ReadFace> {
  const found = await lookCloser(picture, runner, seen);
  const first = await meshIn(picture, runner, boxRoi(found.box, MESH_SCALE, eyeLineAngle(found)));
  const mesh = await meshIn(picture, runner, meshRoi(first.landmarks));
  const { landmarks } = mesh;
  const apart = await doubt(picture, runner, found);
  await refineEye(picture, runner, landmarks, EYE_LEFT);
  await refineEye(picture, runner, landmarks, EYE_RIGHT);
  return {
    face: { box: found.box, score: found.score, landmarks },
    disagreement: apart,
    human: apart <= MAX_DISAGREEMENT && mesh.presence >= MIN_PRESENCE,
  };
}

/**
 * Faces from the most to the least likely main one: large ones before small ones, and of alike sizes the more central.
 */
export function byImportance(faces: readonly Detection[], width: number, height: number): Detection[] {
  const half = Math.hypot(width, height) / 2;
  const weight = ({ box }: Detection): number => {
    const away = Math.hypot(box[0] + box[2] / 2 - width / 2, box[1] + box[3] / 2 - height / 2) / half;
    return box[2] * box[3] * Math.exp(-2 * away * away);
  };
  return [...faces].sort((a, b) => weight(b) - weight(a));
}
