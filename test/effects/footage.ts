import { EYE_OUTLINE, at, SIDES, type Box } from './face-measures.ts';
import { clampBox, lumaOf, meanDifference, type Luma } from './image-measures.ts';
import type { Landmarks, Oracle } from './oracle.ts';
import { decode, probe, type Raster } from './raster.ts';

/** Frames are looked at in at most this size. */
const LOOK_PX = 960;
/** The oracle is slow: it looks this often a second, and at every frame around what may be a blink. */
const LOOKS_HZ = 8;

/** A frame in which the oracle was asked for the face. */
export interface Look {
  readonly index: number;
  readonly raster: Raster;
  readonly face: Landmarks | null;
}

/** A decoded clip with the faces found in it. */
export interface Footage {
  readonly fps: number;
  readonly rasters: readonly Raster[];
  readonly lumas: readonly Luma[];
  /** In order; the first is of the first frame, the last of the last. */
  readonly looks: readonly Look[];
}

function eyeBoxes(face: Landmarks, picture: Luma): Box[] {
  return SIDES.map((side) => {
    const points = EYE_OUTLINE[side].map((index) => at(face, index));
    const xs = points.map(([x]) => x);
    const ys = points.map(([, y]) => y);
    const box = { x0: Math.min(...xs), y0: Math.min(...ys), x1: Math.max(...xs), y1: Math.max(...ys) };
    return clampBox(box, picture);
  });
}

/** Frames around the moments at which the eyes change most and change back soon: blinks, if there are any. */
function blinkFrames(lumas: readonly Luma[], fps: number, rest: Landmarks): Set<number> {
  const first = lumas[0];
  const chosen = new Set<number>();
  if (first === undefined) return chosen;
  const boxes = eyeBoxes(rest, first);
  const change = lumas.map((luma) =>
    boxes.reduce((sum, box) => sum + meanDifference(first, luma, box) / boxes.length, 0),
  );
  const reach = Math.round(fps * 0.35);
  const spike = change.map((value, index) => {
    const before = Math.min(...change.slice(Math.max(0, index - reach), index + 1));
    const after = Math.min(...change.slice(index, index + reach + 1));
    return value - Math.max(before, after);
  });
  for (let found = 0; found < 2; found++) {
    const top = spike.indexOf(Math.max(...spike));
    for (let index = top - 3; index <= top + 3; index++) chosen.add(index);
    spike.fill(-Infinity, Math.max(0, top - reach), top + reach + 1);
  }
  return chosen;
}

/** Looks for the face in frames that follow one another, closely enough to miss neither a turn nor a blink. */
export async function footageOf(oracle: Oracle, rasters: readonly Raster[], fps: number): Promise<Footage> {
  const lumas = rasters.map(lumaOf);
  const follower = oracle.follow();
  const looks: Look[] = [];
  const step = Math.max(1, Math.round(fps / LOOKS_HZ));
  let closely = new Set<number>();
  for (const [index, raster] of rasters.entries()) {
    const due = index % step === 0 || index === rasters.length - 1;
    if (!due && !closely.has(index)) continue;
    const face = await follower.look(raster);
    looks.push({ index, raster, face });
    if (index === 0 && face !== null) closely = blinkFrames(lumas, fps, face);
  }
  return { fps, rasters, lumas, looks };
}

/**
 * Decodes a clip with ffmpeg and finds its faces with the oracle.
 *
 * @throws Error when the file can't be decoded
 */
export async function readFootage(oracle: Oracle, path: string): Promise<Footage> {
  const { fps } = await probe(path);
  const rasters: Raster[] = [];
  for await (const raster of decode(path, { maxSidePx: LOOK_PX })) rasters.push(raster);
  return footageOf(oracle, rasters, fps);
}
