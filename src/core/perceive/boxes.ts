import type { Roi } from './roi.ts';
import { roiToPicture } from './roi.ts';

/** What a single-shot detector found, in whatever frame it was last mapped to. */
export interface Detection {
  /** `[x, y, width, height]`. */
  readonly box: readonly [number, number, number, number];
  /** 0…1. */
  readonly score: number;
  /** (x, y) a keypoint. */
  readonly keypoints: Float32Array;
}

/** The logistic function, safe for large values. */
export function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-Math.min(80, Math.max(-80, value))));
}

/**
 * Reads the raw output of a single-shot detector: box centre, size and keypoints relative to each anchor, in pixels of
 * the network's input.
 *
 * @param boxes `[anchors, 4 + 2 × keypoints]`.
 * @param scores `[anchors]` logits.
 * @param centres anchor centres from {@link anchorCentres}.
 * @param side the network's input side in pixels.
 * @param minScore lowest score kept.
 * @returns detections in fractions of the input, unsorted, overlapping.
 */
export function decodeBoxes(
  boxes: Float32Array,
  scores: Float32Array,
  centres: Float32Array,
  side: number,
  minScore: number,
): Detection[] {
  const count = centres.length / 2;
  const stride = boxes.length / count;
  if (!Number.isInteger(stride) || stride < 4 || scores.length !== count) {
    throw new RangeError('the detector output does not fit its anchors');
  }
  const found: Detection[] = [];
  for (let i = 0; i < count; i++) {
    const score = sigmoid(scores[i] ?? -80);
    if (score < minScore) continue;
    const ax = centres[2 * i] ?? 0;
    const ay = centres[2 * i + 1] ?? 0;
    const at = i * stride;
    const x = (boxes[at] ?? 0) / side + ax;
    const y = (boxes[at + 1] ?? 0) / side + ay;
    const width = (boxes[at + 2] ?? 0) / side;
    const height = (boxes[at + 3] ?? 0) / side;
    if (!(width > 0) || !(height > 0)) continue;
    const keypoints = new Float32Array(stride - 4);
    for (let k = 0; k < keypoints.length; k += 2) {
      keypoints[k] = (boxes[at + 4 + k] ?? 0) / side + ax;
      keypoints[k + 1] = (boxes[at + 5 + k] ?? 0) / side + ay;
    }
    found.push({ box: [x - width / 2, y - height / 2, width, height], score, keypoints });
  }
  return found;
}

/** Intersection over union of two boxes, 0…1. */
export function overlap(
  a: readonly [number, number, number, number],
  b: readonly [number, number, number, number],
): number {
  const width = Math.min(a[0] + a[2], b[0] + b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[1] + a[3], b[1] + b[3]) - Math.max(a[1], b[1]);
  if (width <= 0 || height <= 0) return 0;
  const inner = width * height;
  return inner / (a[2] * a[3] + b[2] * b[3] - inner);
}

/**
 * Joins overlapping detections, best first, into the average of each group weighted by score: steadier than keeping the
 * best one.
 *
 * @param minOverlap intersection over union from which two detections are the same thing.
 * @source BlazeFace, arXiv:1907.05047, section 3.4
 */
export function joinOverlapping(detections: readonly Detection[], minOverlap = 0.3): Detection[] {
  let rest = [...detections].sort((a, b) => b.score - a.score);
  const out: Detection[] = [];
  for (;;) {
    const best = rest[0];
    if (!best) return out;
    const group = rest.filter((other) => other === best || overlap(best.box, other.box) > minOverlap);
    rest = rest.filter((other) => !group.includes(other));
    let total = 0;
    const box: [number, number, number, number] = [0, 0, 0, 0];
    const keypoints = new Float32Array(best.keypoints.length);
    for (const { score, ...one } of group) {
      total += score;
      box[0] += one.box[0] * score;
      box[1] += one.box[1] * score;
      box[2] += one.box[2] * score;
      box[3] += one.box[3] * score;
      for (let k = 0; k < keypoints.length; k++) {
        keypoints[k] = (keypoints[k] ?? 0) + (one.keypoints[k] ?? 0) * score;
      }
    }
    out.push({
      box: [box[0] / total, box[1] / total, box[2] / total, box[3] / total],
      score: best.score,
      keypoints: keypoints.map((value) => value / total),
    });
  }
}

/** Maps a detection from fractions of a crop to pixels of the picture; the box stays upright around its centre. */
export function detectionToPicture(detection: Detection, roi: Roi): Detection {
  const [x, y, width, height] = detection.box;
  const [cx, cy] = roiToPicture(roi, x + width / 2, y + height / 2);
  const keypoints = new Float32Array(detection.keypoints.length);
  for (let k = 0; k < keypoints.length; k += 2) {
    const [px, py] = roiToPicture(roi, detection.keypoints[k] ?? 0, detection.keypoints[k + 1] ?? 0);
    keypoints[k] = px;
    keypoints[k + 1] = py;
  }
  const w = width * roi.size;
  const h = height * roi.size;
  return { box: [cx - w / 2, cy - h / 2, w, h], score: detection.score, keypoints };
}
