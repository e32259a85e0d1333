import { anchorCentres, FACE_GRIDS, PALM_GRIDS, POSE_GRIDS } from './anchors.ts';
import type { Pyramid } from './bitmap.ts';
import type { Detection } from './boxes.ts';
import { decodeBoxes, detectionToPicture, joinOverlapping } from './boxes.ts';
import type { GraphFacts } from './graphs.ts';
import { GRAPHS, outputOf } from './graphs.ts';
import type { Roi } from './roi.ts';
import { cropPlanes } from './roi.ts';
import type { GraphRunner } from './runner.ts';

/** A single-shot detector of the pack. */
export interface Detector {
  readonly graph: GraphFacts;
  /** Anchor centres, (x, y) each. */
  readonly centres: Float32Array;
  /** Keypoints of a detection. */
  readonly keypoints: number;
}

/** Finds faces; keypoints: eyes (picture's left, right), nose, mouth, ears (left, right). */
export const FACE_DETECTOR: Detector = {
  graph: GRAPHS.faceDetection,
  centres: anchorCentres(FACE_GRIDS),
  keypoints: 6,
};

/** Finds persons by their faces; keypoints: hip centre, a point on the circle round the body, the same for the torso. */
export const POSE_DETECTOR: Detector = {
  graph: GRAPHS.poseDetection,
  centres: anchorCentres(POSE_GRIDS),
  keypoints: 4,
};

/** Finds palms; keypoints: wrist, bases of index, middle, ring and little finger, two of the thumb. */
export const PALM_DETECTOR: Detector = {
  graph: GRAPHS.handDetection,
  centres: anchorCentres(PALM_GRIDS),
  keypoints: 7,
};

/**
 * Runs a detector on one square.
 *
 * @param minScore lowest confidence kept, 0…1.
 * @returns detections in pixels of the picture, overlapping ones joined, best first.
 */
export async function detect(
  picture: Pyramid,
  runner: GraphRunner,
  detector: Detector,
  roi: Roi,
  minScore: number,
): Promise<Detection[]> {
  const { graph, centres, keypoints } = detector;
  const { name, input, side, range } = graph;
  const planes = cropPlanes(picture, roi, { side, range, border: 'black' });
  const outputs = await runner.run(name, { [input]: planes });
  const anchors = centres.length / 2;
  const boxes = outputOf(outputs, 'boxes', anchors * (4 + 2 * keypoints), name);
  const scores = outputOf(outputs, 'scores', anchors, name);
  return joinOverlapping(decodeBoxes(boxes, scores, centres, side, minScore)).map((found) =>
    detectionToPicture(found, roi),
  );
}
