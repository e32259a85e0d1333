import type { Pyramid } from './bitmap.ts';
import { GRAPHS, outputOf } from './graphs.ts';
import type { Roi } from './roi.ts';
import { cropPlanes, roiToPicture } from './roi.ts';
import type { GraphRunner } from './runner.ts';

/** Mesh points of one eye, in the order of the iris network's contour points. */
export interface EyeIndices {
  /** Corners from the picture's left to its right. */
  readonly corners: readonly [number, number];
  /** 71 mesh indices: lid edge (lower 9, upper 7), two rings around it (9 + 7 each), brow and cheek points. */
  readonly contour: readonly number[];
  /** First of the five iris points: centre, then the rim's right, top, left and bottom (sides of the picture). */
  readonly iris: number;
  /** The network knows one eye; the other is shown to it mirrored. */
  readonly mirror: boolean;
}

/** The eye at the picture's left (the person's own right). */
export const EYE_LEFT: EyeIndices = {
  corners: [33, 133],
  // prettier-ignore
  contour: [
    33, 7, 163, 144, 145, 153, 154, 155, 133, 246, 161, 160, 159, 158, 157, 173,
    130, 25, 110, 24, 23, 22, 26, 112, 243, 247, 30, 29, 27, 28, 56, 190,
    226, 31, 228, 229, 230, 231, 232, 233, 244, 113, 225, 224, 223, 222, 221, 189,
    35, 124, 46, 53, 52, 65, 143, 111, 117, 118, 119, 120, 121, 128, 245,
    156, 70, 63, 105, 66, 107, 55, 193,
  ],
  iris: 468,
  mirror: false,
};

/** The eye at the picture's right (the person's own left). */
export const EYE_RIGHT: EyeIndices = {
  corners: [362, 263],
  // prettier-ignore
  contour: [
    263, 249, 390, 373, 374, 380, 381, 382, 362, 466, 388, 387, 386, 385, 384, 398,
    359, 255, 339, 254, 253, 252, 256, 341, 463, 467, 260, 259, 257, 258, 286, 414,
    446, 261, 448, 449, 450, 451, 452, 453, 464, 342, 445, 444, 443, 442, 441, 413,
    265, 353, 276, 283, 282, 295, 372, 340, 346, 347, 348, 349, 350, 357, 465,
    383, 300, 293, 334, 296, 336, 285, 417,
  ],
  iris: 473,
  mirror: true,
};

/** Points of the lid edge, and with the first ring, and with the second. */
const LID_POINTS = 16;
const RINGS = 48;
/** How much of the refined place each ring takes: the lid edge all, the outer rings less, so that the skin stays smooth. */
const RING_WEIGHT = [1, 0.75, 0.4] as const;
/** Side of the eye's square over the distance of its corners. @source MediaPipe Iris, arXiv:2006.11341 */
const EYE_SCALE = 2.3;

/** The square around an eye, turned to its corners. */
export function eyeRoi(landmarks: Float32Array, eye: EyeIndices): Roi {
  const [a, b] = eye.corners;
  const ax = landmarks[3 * a] ?? 0;
  const ay = landmarks[3 * a + 1] ?? 0;
  const dx = (landmarks[3 * b] ?? 0) - ax;
  const dy = (landmarks[3 * b + 1] ?? 0) - ay;
  return {
    cx: ax + dx / 2,
    cy: ay + dy / 2,
    size: Math.hypot(dx, dy) * EYE_SCALE,
    angle: Math.atan2(dy, dx),
  };
}

/**
 * Writes the five iris points of an eye and moves its lid contours to where the iris network sees them.
 *
 * Depth stays the mesh's; the iris takes the mean depth of the lid edge.
 *
 * @param landmarks 478 × (x, y, z) in pixels of the picture; changed in place.
 */
export async function refineEye(
  picture: Pyramid,
  runner: GraphRunner,
  landmarks: Float32Array,
  eye: EyeIndices,
): Promise<void> {
  const roi = eyeRoi(landmarks, eye);
  if (!(roi.size > 1)) return;
  const { name, input, side, range } = GRAPHS.iris;
  const planes = cropPlanes(picture, roi, { side, range, border: 'edge', mirror: eye.mirror });
  const outputs = await runner.run(name, { [input]: planes });
  const contour = outputOf(outputs, 'eye', 213, name);
  const iris = outputOf(outputs, 'iris', 15, name);
  const place = (values: Float32Array, index: number): [number, number] => {
    const u = (values[3 * index] ?? 0) / side;
    const v = (values[3 * index + 1] ?? 0) / side;
    return roiToPicture(roi, eye.mirror ? 1 - u : u, v);
  };
  let depth = 0;
  for (let i = 0; i < RINGS; i++) {
    const index = eye.contour[i] ?? 0;
    const weight = RING_WEIGHT[Math.floor(i / LID_POINTS)] ?? 0;
    const [x, y] = place(contour, i);
    const at = 3 * index;
    landmarks[at] = (landmarks[at] ?? 0) * (1 - weight) + x * weight;
    landmarks[at + 1] = (landmarks[at + 1] ?? 0) * (1 - weight) + y * weight;
    if (i < LID_POINTS) depth += (landmarks[at + 2] ?? 0) / LID_POINTS;
  }
  for (let i = 0; i < 5; i++) {
    // Rim points run right, top, left, bottom of the picture at both eyes, so the mirrored eye's sides change places.
    const from = eye.mirror && i % 2 === 1 ? 4 - i : i;
    const [x, y] = place(iris, from);
    landmarks.set([x, y, depth], 3 * (eye.iris + i));
  }
}
