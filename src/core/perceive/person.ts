import type { Mask } from '../../contracts/perception.ts';
import type { Bitmap, Pyramid } from './bitmap.ts';
import { GRAPHS, outputOf } from './graphs.ts';
import type { Patch, Plane } from './mask.ts';
import { guidedFilter, luma, patchesOf, sampleBilinear } from './mask.ts';
import { cropPlanes } from './roi.ts';
import type { GraphRunner } from './runner.ts';

/** Longest side of the mask that is returned. */
const MASK_SIDE = 640;
/** Share of the picture below which a mask is too small to move anything by; without a face it is less to be believed. */
const MIN_AREA = 0.015;
const MIN_AREA_FACELESS = 0.04;
/** Share of the mask that its largest patch must hold. */
const MIN_WHOLE = 0.6;
/** Patches below this share of the largest one are noise. */
const MIN_PATCH = 0.08;
/** Holes inside the mask below this share of its largest patch are the network's doubts, not gaps between limbs. */
const MAX_HOLE = 0.01;
/** A person whose box is smaller than this share of the picture's longer side is looked at again. */
const SMALL = 0.7;
const MAX_STRETCH = 2;

/** A rectangle of the picture, pixels. */
interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Runs the person network on a rectangle, squeezed into its square input. */
async function maskIn(picture: Pyramid, runner: GraphRunner, rect: Rect): Promise<Plane> {
  const { name, input, side, range } = GRAPHS.person;
  const roi = { cx: rect.x + rect.width / 2, cy: rect.y + rect.height / 2, size: rect.height, angle: 0 };
  const planes = cropPlanes(picture, roi, { side, range, border: 'edge' }, rect.width / rect.height);
  const outputs = await runner.run(name, { [input]: planes });
  return { width: side, height: side, data: outputOf(outputs, 'mask', side * side, name) };
}

/** A rectangle around the picture's middle that a squeeze of at most 2 makes square; covers the whole picture. */
function wholeRect(width: number, height: number): Rect {
  const w = Math.max(width, height / MAX_STRETCH);
  const h = Math.max(height, width / MAX_STRETCH);
  return { x: (width - w) / 2, y: (height - h) / 2, width: w, height: h };
}

/** Adds a rectangle's mask to a plane of the picture; `feather` is the blend at the rectangle's border, 0…0.5 of it. */
function pasteMask(target: Plane, scale: number, mask: Plane, rect: Rect, feather: number): void {
  for (let y = 0; y < target.height; y++) {
    const v = ((y + 0.5) / scale - rect.y) / rect.height;
    if (v < 0 || v > 1) continue;
    for (let x = 0; x < target.width; x++) {
      const u = ((x + 0.5) / scale - rect.x) / rect.width;
      if (u < 0 || u > 1) continue;
      const edge = Math.min(u, v, 1 - u, 1 - v);
      const weight = feather > 0 ? Math.min(1, edge / feather) : 1;
      const at = y * target.width + x;
      const value = sampleBilinear(mask, u * mask.width, v * mask.height);
      target.data[at] = (target.data[at] ?? 0) * (1 - weight) + value * weight;
    }
  }
}

/** The patch that is meant: the one under the face, else the largest. */
function mainPatch(
  plane: Plane,
  face: readonly [number, number, number, number] | null,
  scale: number,
): { readonly labels: Int32Array; readonly patches: readonly Patch[]; readonly main: Patch | undefined } {
  const { labels, patches } = patchesOf(plane, 0.5);
  if (!face) return { labels, patches, main: patches[0] };
  const x = Math.round((face[0] + face[2] / 2) * scale);
  const y = Math.round((face[1] + face[3] / 2) * scale);
  const inside = x >= 0 && y >= 0 && x < plane.width && y < plane.height;
  const label = inside ? (labels[y * plane.width + x] ?? 0) : 0;
  return { labels, patches, main: patches.find((patch) => patch.label === label) };
}

/** The level of the pyramid that the mask is drawn at. */
function maskLevel(picture: Pyramid): Bitmap | undefined {
  return (
    picture.levels.find((level) => Math.max(level.width, level.height) <= MASK_SIDE) ??
    picture.levels[picture.levels.length - 1]
  );
}

/**
 * Person against background: the network on the whole picture, again on a square around a small person, joined, freed of
 * specks, its edge pulled to the picture's own edges.
 *
 * @param face box of the main face in pixels of the picture, when there is one: the mask must hold it.
 * @returns null where the mask is small, in pieces, or misses the face.
 */
export async function findPerson(
  picture: Pyramid,
  runner: GraphRunner,
  face: readonly [number, number, number, number] | null,
): Promise<Mask | null> {
  const base = picture.levels[0];
  const level = maskLevel(picture);
  if (!base || !level) return null;
  const scale = level.width / base.width;
  const plane: Plane = {
    width: level.width,
    height: level.height,
    data: new Float32Array(level.width * level.height),
  };
  const whole = wholeRect(base.width, base.height);
  pasteMask(plane, scale, await maskIn(picture, runner, whole), whole, 0);

  const first = mainPatch(plane, face, scale).main;
  const around = closerRect(first, face, scale, base);
  if (around) pasteMask(plane, scale, await maskIn(picture, runner, around), around, 0.08);

  const { labels, patches, main } = mainPatch(plane, face, scale);
  const minArea = face ? MIN_AREA : MIN_AREA_FACELESS;
  const total = patches.reduce((sum, patch) => sum + patch.area, 0);
  if (!main || main.area < minArea * plane.data.length || main.area < MIN_WHOLE * total) return null;
  dropSpecks(plane, labels, patches, MIN_PATCH * main.area);
  fillHoles(plane, MAX_HOLE * main.area);

  const radius = Math.max(2, Math.round(Math.max(plane.width, plane.height) / 160));
  const refined = guidedFilter(plane, luma(level), radius, 4e-4);
  const data = new Uint8Array(refined.data.length);
  for (let i = 0; i < data.length; i++) {
    data[i] = Math.round(255 * Math.min(1, Math.max(0, refined.data[i] ?? 0)));
  }
  return { width: plane.width, height: plane.height, data };
}

/** A square for the second look, or null when the first one saw the person large enough. */
function closerRect(
  patch: Patch | undefined,
  face: readonly [number, number, number, number] | null,
  scale: number,
  base: Bitmap,
): Rect | null {
  const long = Math.max(base.width, base.height);
  let box: readonly [number, number, number, number] | null = null;
  if (patch && patch.area > 0.002 * base.width * base.height * scale * scale) {
    box = [patch.box[0] / scale, patch.box[1] / scale, patch.box[2] / scale, patch.box[3] / scale];
  } else if (face) {
    const [x, y, width, height] = face;
    box = [x - 1.2 * width, y - height, 3.4 * width, 4.5 * height];
  }
  if (!box) return null;
  const size = 1.35 * Math.max(box[2], box[3]);
  if (size >= SMALL * 1.35 * long) return null;
  return { x: box[0] + box[2] / 2 - size / 2, y: box[1] + box[3] / 2 - size / 2, width: size, height: size };
}

/** Empties patches smaller than `minArea` and what is soft around them. */
function dropSpecks(plane: Plane, labels: Int32Array, patches: readonly Patch[], minArea: number): void {
  const small = new Set(patches.filter((patch) => patch.area < minArea).map((patch) => patch.label));
  if (small.size === 0) return;
  for (let i = 0; i < labels.length; i++) {
    if (small.has(labels[i] ?? 0)) plane.data[i] = 0;
  }
}

/** Fills patches of background smaller than `maxArea` that do not reach the picture's border. */
function fillHoles(plane: Plane, maxArea: number): void {
  const { width, height, data } = plane;
  const inverse = { width, height, data: data.map((value) => 1 - value) };
  const { labels, patches } = patchesOf(inverse, 0.5);
  const holes = new Set(
    patches
      .filter(({ area, box: [x, y, w, h] }) => {
        return area < maxArea && x > 0 && y > 0 && x + w < width && y + h < height;
      })
      .map(({ label }) => label),
  );
  if (holes.size === 0) return;
  for (let i = 0; i < labels.length; i++) if (holes.has(labels[i] ?? 0)) data[i] = 1;
}
