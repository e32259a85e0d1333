/**
 * Indices into the 478-point face mesh. "Left" and "right" are the picture's.
 * @source the mesh's canonical face model, as named by its publisher's key-point lists.
 */

/** One eye's contours, both from the picture's left to its right. */
export interface EyePoints {
  readonly upper: readonly number[];
  readonly lower: readonly number[];
  /** Lower edge of the brow, from the picture's left to its right. */
  readonly brow: readonly number[];
  readonly iris: number;
  readonly irisRing: readonly number[];
}

export const EYE_LEFT: EyePoints = {
  upper: [33, 246, 161, 160, 159, 158, 157, 173, 133],
  lower: [33, 7, 163, 144, 145, 153, 154, 155, 133],
  brow: [46, 53, 52, 65, 55],
  iris: 468,
  irisRing: [469, 470, 471, 472],
};

export const EYE_RIGHT: EyePoints = {
  upper: [362, 398, 384, 385, 386, 387, 388, 466, 263],
  lower: [362, 382, 381, 380, 374, 373, 390, 249, 263],
  brow: [285, 295, 282, 283, 276],
  iris: 473,
  irisRing: [474, 475, 476, 477],
};

/** Inner lip contours from the picture's left corner to its right. */
export const LIP_INNER_UPPER = [78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308] as const;
export const LIP_INNER_LOWER = [78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308] as const;
/** Outer contour of the lower lip, the same way. */
export const LIP_OUTER_LOWER = [61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291] as const;
export const MOUTH_LEFT = 61;
export const MOUTH_RIGHT = 291;

/** The face's outline, clockwise from the forehead's middle. */
export const FACE_OVAL = [
  10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149,
  150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
] as const;
/** The part of the outline above the ears, from the picture's left to its right. */
export const UPPER_OVAL = [127, 162, 21, 54, 103, 67, 109, 10, 338, 297, 332, 284, 251, 389, 356] as const;

export const SIDE_LEFT = 234;
export const SIDE_RIGHT = 454;
export const FOREHEAD = 10;
export const CHIN = 152;
export const NOSE_TIP = 1;
