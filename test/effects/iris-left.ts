import { at, EYE_OUTLINE, irisCentre, irisRadius, type Side } from './face-measures.ts';
import type { Landmarks } from './oracle.ts';
import type { Raster } from './raster.ts';

type Colour = readonly [number, number, number];

/** Points on the skin of the lids and under the eye, away from lashes. */
const LID_SKIN: Readonly<Record<Side, readonly number[]>> = {
  left: [27, 28, 29, 30, 56, 190, 247, 23, 24, 22, 26, 110, 112],
  right: [257, 258, 259, 260, 286, 414, 467, 253, 254, 252, 256, 339, 341],
};

/** Rows below this share of the opening belong to the lashes, where the lids meet. */
const LASH_FROM = 0.62;

/** The share of an iris's pixels, those least like skin, that its colours are taken from. */
const IRIS_SHARE = 0.6;

function colourAt(raster: Raster, x: number, y: number): Colour {
  const u = Math.min(raster.width - 1, Math.max(0, Math.round(x)));
  const v = Math.min(raster.height - 1, Math.max(0, Math.round(y)));
  const k = (v * raster.width + u) * 4;
  return [raster.data[k] ?? 0, raster.data[k + 1] ?? 0, raster.data[k + 2] ?? 0];
}

function nearest(colour: Colour, palette: readonly Colour[]): number {
  let best = Infinity;
  for (const other of palette) {
    const d = Math.hypot(colour[0] - other[0], colour[1] - other[1], colour[2] - other[2]);
    if (d < best) best = d;
  }
  return best;
}

function inside(x: number, y: number, outline: readonly (readonly [number, number])[]): boolean {
  let odd = false;
  outline.forEach(([ax, ay], index) => {
    const [bx, by] = outline[(index + 1) % outline.length] ?? [0, 0];
    if (ay > y !== by > y && x < ax + ((y - ay) / (by - ay)) * (bx - ax)) odd = !odd;
  });
  return odd;
}

/** Where the visible iris lies at rest: pixel places relative to the corners of the eye, which lids do not move. */
function irisPlaces(rest: Landmarks, side: Side): readonly (readonly [number, number])[] {
  const outline = EYE_OUTLINE[side].map((index) => {
    const [x, y] = at(rest, index);
    return [x, y] as const;
  });
  const top = Math.min(...outline.map(([, y]) => y));
  const bottom = Math.max(...outline.map(([, y]) => y));
  const [cx, cy] = irisCentre(rest, side);
  const radius = irisRadius(rest, side) * 0.8;
  const places: (readonly [number, number])[] = [];
  for (let y = Math.ceil(cy - radius); y <= cy + radius; y++) {
    if (y > top + (bottom - top) * LASH_FROM) break;
    for (let x = Math.ceil(cx - radius); x <= cx + radius; x++) {
      if (Math.hypot(x - cx, y - cy) <= radius && inside(x, y, outline)) places.push([x, y]);
    }
  }
  return places;
}

/**
 * How much of an iris can still be seen: pixels of its place that look like it rather than like lid,
 * over the same count at rest. About 0 when a lid is drawn over it, about 1 when it is only squeezed or moved.
 *
 * @param rest the eye open
 * @param now the eye closed
 */
export function irisLeft(
  rest: { readonly face: Landmarks; readonly raster: Raster },
  now: { readonly face: Landmarks; readonly raster: Raster },
  side: Side,
): number {
  const places = irisPlaces(rest.face, side);
  const skin = LID_SKIN[side].flatMap((index) => {
    const [x, y] = at(rest.face, index);
    const [u, v] = at(now.face, index);
    return [colourAt(rest.raster, x, y), colourAt(now.raster, u, v)];
  });
  // What looks like lid already at rest, such as the rim under a low lid, says nothing: the rest is the iris.
  const unlike = places
    .map(([x, y]) => colourAt(rest.raster, x, y))
    .sort((a, b) => nearest(b, skin) - nearest(a, skin));
  const iris = unlike.slice(0, Math.ceil(unlike.length * IRIS_SHARE));
  const [outer = 0, inner = 0] = side === 'left' ? [33, 133] : [263, 362];
  const [ax, ay] = at(rest.face, outer);
  const [bx, by] = at(rest.face, inner);
  const [cx, cy] = at(now.face, outer);
  const [dx, dy] = at(now.face, inner);
  // The similarity that carries the corners of the eye at rest onto the corners now.
  const length = (bx - ax) ** 2 + (by - ay) ** 2;
  const cosine = ((bx - ax) * (dx - cx) + (by - ay) * (dy - cy)) / length;
  const sine = ((bx - ax) * (dy - cy) - (by - ay) * (dx - cx)) / length;
  const count = (raster: Raster, moved: boolean): number =>
    places.filter(([x, y]) => {
      const u = moved ? cx + cosine * (x - ax) - sine * (y - ay) : x;
      const v = moved ? cy + sine * (x - ax) + cosine * (y - ay) : y;
      const colour = colourAt(raster, u, v);
      return nearest(colour, iris) < 0.5 * nearest(colour, skin);
    }).length;
  const before = count(rest.raster, false);
  return before === 0 ? 0 : count(now.raster, true) / before;
}
