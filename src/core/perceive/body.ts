import type { BodyObservation } from '../../contracts/perception.ts';
import type { Pyramid } from './bitmap.ts';
import { sigmoid } from './boxes.ts';
import { detect, POSE_DETECTOR } from './detect.ts';
import { GRAPHS, outputOf } from './graphs.ts';
import type { Roi } from './roi.ts';
import { cropPlanes, frameRoi, roiToPicture } from './roi.ts';
import type { GraphRunner } from './runner.ts';

/** Points of a body, and with the two that say where the body's circle is. */
export const BODY_POINTS = 33;
const NETWORK_POINTS = 39;
const HIP_CENTRE = 33;
const CIRCLE_POINT = 34;
const MIN_SCORE = 0.5;
/** Side of the square over the diameter of the circle around the body. @source BlazePose, arXiv:2006.10204 */
const BODY_SCALE = 1.25;

/** A body with the square that its own points ask for. */
interface PoseRead {
  readonly landmarks: Float32Array;
  readonly score: number;
  readonly next: Roi;
}

async function poseIn(picture: Pyramid, runner: GraphRunner, roi: Roi): Promise<PoseRead> {
  const { name, input, side, range } = GRAPHS.pose;
  const planes = cropPlanes(picture, roi, { side, range, border: 'edge' });
  const outputs = await runner.run(name, { [input]: planes });
  const points = outputOf(outputs, 'landmarks', 5 * NETWORK_POINTS, name);
  const flag = outputOf(outputs, 'flag', 1, name);
  const place = (index: number): [number, number] =>
    roiToPicture(roi, (points[5 * index] ?? 0) / side, (points[5 * index + 1] ?? 0) / side);
  const landmarks = new Float32Array(4 * BODY_POINTS);
  for (let i = 0; i < BODY_POINTS; i++) {
    const [x, y] = place(i);
    const z = ((points[5 * i + 2] ?? 0) / side) * roi.size;
    const visible = Math.min(sigmoid(points[5 * i + 3] ?? -80), sigmoid(points[5 * i + 4] ?? -80));
    landmarks.set([x, y, z, visible], 4 * i);
  }
  const [cx, cy] = place(HIP_CENTRE);
  const [px, py] = place(CIRCLE_POINT);
  return { landmarks, score: flag[0] ?? 0, next: circleRoi(cx, cy, px, py) };
}

/** The square around a body: from its hip centre and the top of the circle round it. */
export function circleRoi(cx: number, cy: number, px: number, py: number): Roi {
  return {
    cx,
    cy,
    size: 2 * Math.hypot(px - cx, py - cy) * BODY_SCALE,
    angle: Math.atan2(py - cy, px - cx) + Math.PI / 2,
  };
}

/** Middle, size and slant of a face's eyes, pixels and radians. */
export interface FaceFrame {
  readonly cx: number;
  readonly cy: number;
  readonly eyeDistance: number;
  readonly angle: number;
}

/** Where a body may be when the person detector sees none: below the face, or around the person's mask. */
export function bodyGuesses(
  face: FaceFrame,
  person: readonly [number, number, number, number] | null,
): Roi[] {
  // An adult stands about 27 eye distances tall, the hips 12 below the eyes; sitting or cropped people are nearer.
  const out: Roi[] = (
    [
      [7, 20],
      [11, 32],
    ] as const
  ).map(([down, size]) => ({
    cx: face.cx - Math.sin(face.angle) * down * face.eyeDistance,
    cy: face.cy + Math.cos(face.angle) * down * face.eyeDistance,
    size: size * face.eyeDistance,
    angle: face.angle,
  }));
  if (person) {
    const [x, y, width, height] = person;
    out.push({
      cx: x + width / 2,
      cy: y + height / 2,
      size: Math.max(width, height) * BODY_SCALE,
      angle: 0,
    });
  }
  return out;
}

/** Squares of the persons that the detector sees, the one with the given face first. */
async function detectBodies(picture: Pyramid, runner: GraphRunner, face: FaceFrame | null): Promise<Roi[]> {
  const base = picture.levels[0];
  if (!base) return [];
  const seen = await detect(picture, runner, POSE_DETECTOR, frameRoi(base.width, base.height), MIN_SCORE);
  const away = (box: readonly [number, number, number, number]): number =>
    face ? Math.hypot(box[0] + box[2] / 2 - face.cx, box[1] + box[3] / 2 - face.cy) / face.eyeDistance : 0;
  return seen
    .filter(({ box }) => away(box) < 3)
    .sort((a, b) => away(a.box) - away(b.box))
    .map(({ keypoints }) =>
      circleRoi(keypoints[0] ?? 0, keypoints[1] ?? 0, keypoints[2] ?? 0, keypoints[3] ?? 0),
    );
}

/** True when a body's head is where the face is; every body is right when no face is known. */
function holdsFace(read: PoseRead, face: FaceFrame | null): boolean {
  if (!face) return true;
  const [left, right] = [4 * 2, 4 * 5];
  const x = ((read.landmarks[left] ?? 0) + (read.landmarks[right] ?? 0)) / 2;
  const y = ((read.landmarks[left + 1] ?? 0) + (read.landmarks[right + 1] ?? 0)) / 2;
  return Math.hypot(x - face.cx, y - face.cy) < 1.5 * face.eyeDistance;
}

/**
 * The body of the main person: where the detector sees it, else the best of the guesses, then once more on the square that
 * its own points ask for.
 *
 * @param person box of the person mask, pixels of the picture.
 * @returns null where the network sees no body with that face.
 */
export async function findBody(
  picture: Pyramid,
  runner: GraphRunner,
  face: FaceFrame | null,
  person: readonly [number, number, number, number] | null,
): Promise<BodyObservation | null> {
  const better = async (best: PoseRead | null, roi: Roi): Promise<PoseRead | null> => {
    const read = await poseIn(picture, runner, roi);
    return holdsFace(read, face) && (!best || read.score > best.score) ? read : best;
  };
  const [seen] = await detectBodies(picture, runner, face);
  let best = seen ? await better(null, seen) : null;
  // Without a face the network finds a body in anything; only the detector is believed then.
  if (!isSure(best) && face) for (const guess of bodyGuesses(face, person)) best = await better(best, guess);
  if (!isSure(best)) return null;
  const again = await poseIn(picture, runner, best.next);
  if (holdsFace(again, face) && again.score >= best.score - 0.05) best = again;
  if (!face && !fills(best.landmarks, person)) return null;
  return { landmarks: best.landmarks, score: Math.min(1, best.score) };
}

/** True when the shoulders are a plausible part of the person's mask, and seen. */
function fills(landmarks: Float32Array, person: readonly [number, number, number, number] | null): boolean {
  const [left, right] = [4 * 11, 4 * 12];
  const seen = Math.min(landmarks[left + 3] ?? 0, landmarks[right + 3] ?? 0);
  const across = Math.hypot(
    (landmarks[left] ?? 0) - (landmarks[right] ?? 0),
    (landmarks[left + 1] ?? 0) - (landmarks[right + 1] ?? 0),
  );
  return person !== null && seen > 0.5 && across > 0.15 * Math.max(person[2], person[3]);
}

function isSure(read: PoseRead | null): read is PoseRead {
  return read !== null && read.score >= MIN_SCORE;
}
