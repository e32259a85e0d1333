import type { BodyObservation, HandObservation } from '../../contracts/perception.ts';
import type { Pyramid } from './bitmap.ts';
import type { Detection } from './boxes.ts';
import { overlap } from './boxes.ts';
import { detect, PALM_DETECTOR } from './detect.ts';
import { GRAPHS, outputOf } from './graphs.ts';
import type { Roi } from './roi.ts';
import { boxRoi, cropPlanes, frameRoi, pointsRoi, roiToPicture } from './roi.ts';
import type { GraphRunner } from './runner.ts';

/** Points of a hand. */
export const HAND_POINTS = 21;
/** Body points of a hand: wrist, little finger, index finger. */
const ARMS = {
  left: { wrist: 15, little: 17, index: 19 },
  right: { wrist: 16, little: 18, index: 20 },
} as const;
/** Points of the palm and the lower joints, which say best where the hand is. */
const PALM = [0, 1, 2, 3, 5, 6, 9, 10, 13, 14, 17, 18] as const;
/** Least presence × share inside the picture. */
const MIN_SCORE = 0.6;
/** Least presence at the first look, whose square is rough. */
const MIN_FIRST = 0.3;
const MIN_PALM = 0.5;
const MIN_WRIST = 0.3;

interface HandRead {
  /** 21 × (x, y, z), pixels of the picture. */
  readonly landmarks: Float32Array;
  /** 0…1. */
  readonly presence: number;
  readonly handedness: 'left' | 'right';
}

async function handIn(picture: Pyramid, runner: GraphRunner, roi: Roi): Promise<HandRead> {
  const { name, input, side, range } = GRAPHS.hand;
  const planes = cropPlanes(picture, roi, { side, range, border: 'edge' });
  const outputs = await runner.run(name, { [input]: planes });
  const points = outputOf(outputs, 'landmarks', 3 * HAND_POINTS, name);
  const flag = outputOf(outputs, 'flag', 1, name);
  const mirroredRight = outputOf(outputs, 'handedness', 1, name);
  const landmarks = new Float32Array(3 * HAND_POINTS);
  for (let i = 0; i < 3 * HAND_POINTS; i += 3) {
    const [x, y] = roiToPicture(roi, (points[i] ?? 0) / side, (points[i + 1] ?? 0) / side);
    landmarks.set([x, y, ((points[i + 2] ?? 0) / side) * roi.size], i);
  }
  return {
    landmarks,
    presence: flag[0] ?? 0,
    // The network was trained on mirrored pictures: its right hand is a left one here.
    handedness: (mirroredRight[0] ?? 0) > 0.5 ? 'left' : 'right',
  };
}

/**
 * The square around a hand from a palm detection: fingers up in the square, its middle above the palm.
 *
 * @source MediaPipe Hands, arXiv:2006.10214
 */
export function handRoiFromPalm(palm: Detection): Roi {
  const at = (index: number): number => palm.keypoints[index] ?? 0;
  const angle = Math.atan2(at(5) - at(1), at(4) - at(0)) + Math.PI / 2;
  const roi = boxRoi(palm.box, 1, angle);
  const [cx, cy] = roiToPicture(roi, 0.5, 0);
  return { cx, cy, size: 2.6 * roi.size, angle };
}

/**
 * The square around a hand, from its wrist and knuckles in the body's points, fingers up in the square.
 *
 * @source MediaPipe Holistic (blog of December 2020): hand regions from the pose.
 */
export function handRoiFromBody(body: BodyObservation, side: 'left' | 'right'): Roi {
  const { wrist, little, index } = ARMS[side];
  const at = (point: number, axis: number): number => body.landmarks[4 * point + axis] ?? 0;
  const wx = at(wrist, 0);
  const wy = at(wrist, 1);
  const mx = (2 * at(index, 0) + at(little, 0)) / 3;
  const my = (2 * at(index, 1) + at(little, 1)) / 3;
  const reach = Math.hypot(mx - wx, my - wy);
  return {
    cx: mx,
    cy: my,
    size: Math.max(4, 2 * reach * 2.7),
    angle: Math.atan2(my - wy, mx - wx) + Math.PI / 2,
  };
}

/** The square that a hand's own points ask for. */
export function handRoi(landmarks: Float32Array): Roi {
  const at = (point: number, axis: number): number => landmarks[3 * point + axis] ?? 0;
  const mx = (at(5, 0) + at(13, 0)) / 4 + at(9, 0) / 2;
  const my = (at(5, 1) + at(13, 1)) / 4 + at(9, 1) / 2;
  const angle = Math.atan2(my - at(0, 1), mx - at(0, 0)) + Math.PI / 2;
  const palm = new Float32Array(2 * PALM.length);
  PALM.forEach((point, i) => palm.set([at(point, 0), at(point, 1)], 2 * i));
  const roi = pointsRoi(palm, 2, PALM.length, angle, 2);
  // The fingertips lie beyond the palm: a tenth of the square further up.
  const [cx, cy] = roiToPicture(roi, 0.5, 0.4);
  return { ...roi, cx, cy };
}

/** Share of a hand's points that lie inside the picture, 0…1. */
export function insideShare(landmarks: Float32Array, width: number, height: number): number {
  let inside = 0;
  for (let i = 0; i < 3 * HAND_POINTS; i += 3) {
    const x = landmarks[i] ?? -1;
    const y = landmarks[i + 1] ?? -1;
    if (x >= 0 && y >= 0 && x <= width && y <= height) inside++;
  }
  return inside / HAND_POINTS;
}

function handBox(landmarks: Float32Array): readonly [number, number, number, number] {
  const roi = pointsRoi(landmarks, 3, HAND_POINTS, 0, 1);
  return [roi.cx - roi.size / 2, roi.cy - roi.size / 2, roi.size, roi.size];
}

/** A hand near a guess: looked at twice, the second time on the square that its own points ask for. */
async function readHand(picture: Pyramid, runner: GraphRunner, guess: Roi): Promise<HandObservation | null> {
  const base = picture.levels[0];
  const first = await handIn(picture, runner, guess);
  if (!base || first.presence < MIN_FIRST) return null;
  const { landmarks, presence, handedness } = await handIn(picture, runner, handRoi(first.landmarks));
  const score = presence * insideShare(landmarks, base.width, base.height);
  return score >= MIN_SCORE ? { landmarks, score, handedness } : null;
}

/** Hands that the palm detector sees on a square. */
async function readPalms(picture: Pyramid, runner: GraphRunner, roi: Roi): Promise<HandObservation[]> {
  const out: HandObservation[] = [];
  for (const palm of (await detect(picture, runner, PALM_DETECTOR, roi, MIN_PALM)).slice(0, 2)) {
    const hand = await readHand(picture, runner, handRoiFromPalm(palm));
    if (hand) out.push(hand);
  }
  return out;
}

/** Squares around the wrists that can be seen. */
function wristRois(
  body: BodyObservation,
  width: number,
  height: number,
): { readonly roi: Roi; readonly side: 'left' | 'right' }[] {
  const out: { readonly roi: Roi; readonly side: 'left' | 'right' }[] = [];
  for (const side of ['left', 'right'] as const) {
    const wrist = 4 * ARMS[side].wrist;
    const x = body.landmarks[wrist] ?? -1;
    const y = body.landmarks[wrist + 1] ?? -1;
    const visible = (body.landmarks[wrist + 3] ?? 0) >= MIN_WRIST;
    if (visible && x >= 0 && y >= 0 && x <= width && y <= height)
      out.push({ roi: handRoiFromBody(body, side), side });
  }
  return out;
}

/**
 * The hands that can be seen, at most two, best first. The score is the network's presence × the share of the hand inside
 * the picture.
 *
 * The body's wrists lead to them; where they do not, the palm detector looks around the wrist, and on the whole picture when
 * no hand was found at all: it costs more than everything else together.
 *
 * @param body the main person; null looks at the whole picture.
 */
export async function findHands(
  picture: Pyramid,
  runner: GraphRunner,
  body: BodyObservation | null,
): Promise<HandObservation[]> {
  const base = picture.levels[0];
  if (!base) return [];
  const found: HandObservation[] = [];
  for (const { roi, side } of body ? wristRois(body, base.width, base.height) : []) {
    const hand = await readHand(picture, runner, roi);
    // The arm knows better than the hand whose side it is.
    if (hand) found.push({ ...hand, handedness: side });
    else found.push(...(await readPalms(picture, runner, { ...roi, size: 1.6 * roi.size, angle: 0 })));
  }
  if (found.length === 0)
    found.push(...(await readPalms(picture, runner, frameRoi(base.width, base.height))));
  found.sort((a, b) => b.score - a.score);
  const apart: HandObservation[] = [];
  for (const hand of found) {
    if (apart.every((other) => overlap(handBox(hand.landmarks), handBox(other.landmarks)) < 0.4))
      apart.push(hand);
  }
  return apart.slice(0, 2);
}
