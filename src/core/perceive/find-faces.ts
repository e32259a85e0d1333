import type { Pyramid } from './bitmap.ts';
import type { Detection } from './boxes.ts';
import { joinOverlapping, overlap } from './boxes.ts';
import { detect, FACE_DETECTOR } from './detect.ts';
import type { Roi } from './roi.ts';
import { boxRoi, frameRoi } from './roi.ts';
import type { GraphRunner } from './runner.ts';

/** Index of each of the detector's six keypoints; sides are the picture's. */
export const FACE_KEYPOINTS = {
  eyeLeft: 0,
  eyeRight: 1,
  nose: 2,
  mouth: 3,
  earLeft: 4,
  earRight: 5,
} as const;

/** Lowest confidence of a face in the whole picture. */
export const MIN_FACE_SCORE = 0.5;
/** Lowest confidence of a face in a tile: there are many tiles, so that chance hits weigh more. */
const MIN_TILE_SCORE = 0.65;
/** Longer side over shorter side from which a picture is also searched in tiles. */
const ELONGATED = 1.5;
/** Smallest tile worth a search, in pixels: smaller faces can't carry a mesh. */
const MIN_TILE = 160;

/** Narrowest side along which an elongated picture is searched: a face across less has too few pixels to be read. */
const MIN_STRIP = 48;

/** Runs the face detector on one square; detections in pixels of the picture, joined. */
export function detectIn(
  picture: Pyramid,
  runner: GraphRunner,
  roi: Roi,
  minScore: number,
): Promise<Detection[]> {
  return detect(picture, runner, FACE_DETECTOR, roi, minScore);
}

/**
 * Overlapping square tiles that cover a picture.
 *
 * @param side the tile's side in pixels; neighbours overlap by at least half.
 */
export function tiles(width: number, height: number, side: number): Roi[] {
  const across = Math.max(1, Math.ceil((2 * (width - side)) / side) + 1);
  const down = Math.max(1, Math.ceil((2 * (height - side)) / side) + 1);
  const out: Roi[] = [];
  for (let row = 0; row < down; row++) {
    for (let column = 0; column < across; column++) {
      const x = across === 1 ? width / 2 : side / 2 + (column * (width - side)) / (across - 1);
      const y = down === 1 ? height / 2 : side / 2 + (row * (height - side)) / (down - 1);
      out.push({ cx: x, cy: y, size: side, angle: 0 });
    }
  }
  return out;
}

async function detectInTiles(picture: Pyramid, runner: GraphRunner, side: number): Promise<Detection[]> {
  const base = picture.levels[0];
  if (!base) return [];
  const found: Detection[] = [];
  for (const tile of tiles(base.width, base.height, side)) {
    found.push(...(await detectIn(picture, runner, tile, MIN_TILE_SCORE)));
  }
  return joinOverlapping(found);
}

/**
 * Looks again, twice, on a square of 1.8 × the box: the second look sees the face at the size the network likes best.
 *
 * @returns the steadier detection, or the given one when the closer look finds no face there.
 */
export async function lookCloser(
  picture: Pyramid,
  runner: GraphRunner,
  first: Detection,
  rounds = 2,
): Promise<Detection> {
  let best = first;
  for (let round = 0; round < rounds; round++) {
    const again = await detectIn(picture, runner, boxRoi(best.box, 1.8, eyeLineAngle(best)), MIN_FACE_SCORE);
    const same = again
      .filter((other) => overlap(other.box, best.box) > 0.2)
      .sort((a, b) => overlap(b.box, best.box) - overlap(a.box, best.box))[0];
    if (!same) return best;
    best = same;
  }
  return best;
}

/** Angle of the line from the picture's left eye to its right eye, radians, clockwise; 0 is upright. */
export function eyeLineAngle(detection: Detection): number {
  const { eyeLeft, eyeRight } = FACE_KEYPOINTS;
  const at = (index: number): number => detection.keypoints[index] ?? 0;
  return Math.atan2(at(2 * eyeRight + 1) - at(2 * eyeLeft + 1), at(2 * eyeRight) - at(2 * eyeLeft));
}

/**
 * Every face that the detector sees: on the whole picture, in tiles along an elongated one, and, where none was found, in
 * ever smaller tiles.
 *
 * @returns detections in pixels of the picture, each seen once.
 */
export async function findFaces(picture: Pyramid, runner: GraphRunner): Promise<Detection[]> {
  const base = picture.levels[0];
  if (!base) return [];
  const { width, height } = base;
  const short = Math.min(width, height);
  const whole = frameRoi(width, height);
  let found = await detectIn(picture, runner, whole, MIN_FACE_SCORE);
  if (Math.max(width, height) / short > ELONGATED && short >= MIN_STRIP) {
    found = joinOverlapping([...found, ...(await detectInTiles(picture, runner, short))]);
  }
  for (let side = short / 1.5; found.length === 0 && side >= MIN_TILE; side /= 2) {
    found = await detectInTiles(picture, runner, side);
  }
  return found;
}

/**
 * Faces that the first look misses: too close for the frame, which is then seen from further away, or lying on their side or
 * upside down. Each is seen once.
 */
export async function findOddFaces(picture: Pyramid, runner: GraphRunner): Promise<Detection[]> {
  const base = picture.levels[0];
  if (!base) return [];
  const whole = frameRoi(base.width, base.height);
  const found: Detection[] = [];
  for (const away of [1.5, 2]) {
    found.push(...(await detectIn(picture, runner, { ...whole, size: away * whole.size }, MIN_FACE_SCORE)));
  }
  for (const quarter of [1, -1, 2]) {
    const roi = { ...whole, angle: (quarter * Math.PI) / 2 };
    found.push(...(await detectIn(picture, runner, roi, MIN_TILE_SCORE)));
  }
  return joinOverlapping(found);
}
