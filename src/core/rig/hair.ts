import type { FaceFrame } from './face-frame.ts';
import { eachVertex } from './grid.ts';
import type { Grid } from './grid.ts';
import { mix, smoothstep } from './maths.ts';
import { colourAt } from './pixels.ts';
import type { Pixels } from './pixels.ts';
import { CHIN, FACE_OVAL, UPPER_OVAL } from './points.ts';
import { blurRaster, rasterFor, sampleRaster } from './raster.ts';
import type { Raster } from './raster.ts';

type Colour = [number, number, number];

/** Luma and two chroma, weighted so that a distance of 1 is a clear difference of hair from skin. */
function feature(c: readonly [number, number, number]): Colour {
  const y = 0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2];
  const brightness = 0.15 + y;
  return [y / 0.22, (c[0] - y) / brightness / 0.16, (c[2] - y) / brightness / 0.16];
}

const distance = (a: Colour, b: Colour): number => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);

function inPolygon(polygon: readonly (readonly [number, number])[], x: number, y: number): boolean {
  let inside = false;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const [xi, yi] = polygon[i] ?? [0, 0];
    const [xj, yj] = polygon[j] ?? [0, 0];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}

/** Two or three typical colours of a list, by a few rounds of k-means from its spread. */
function palette(colours: readonly Colour[]): Colour[] {
  const sorted = [...colours].sort((a, b) => a[0] - b[0]);
  let centres = [0.2, 0.5, 0.8].map((q): Colour => sorted[Math.floor(q * (sorted.length - 1))] ?? [0, 0, 0]);
  for (let round = 0; round < 4; round++) {
    const sums = centres.map((): [number, number, number, number] => [0, 0, 0, 0]);
    for (const c of sorted) {
      let best = 0;
      centres.forEach((centre, k) => {
        if (distance(c, centre) < distance(c, centres[best] ?? centre)) best = k;
      });
      const sum = sums[best];
      if (!sum) continue;
      for (let k = 0; k < 3; k++) sum[k] = (sum[k] ?? 0) + (c[k] ?? 0);
      sum[3]++;
    }
    centres = centres.map((centre, k): Colour => {
      const sum = sums[k] ?? [0, 0, 0, 0];
      return sum[3] > 0 ? [sum[0] / sum[3], sum[1] / sum[3], sum[2] / sum[3]] : centre;
    });
  }
  return centres;
}

/**
 * Where hair is, 0 … 1, or null when none is seen.
 *
 * Seeds lie .22 – .52 IOD outside the upper face outline; from them the region floods over pixels of like colour,
 * outside the face, above the shoulders' middle, and (where a person mask is known) on the person.
 */
export function hairMask(pixels: Pixels, frame: FaceFrame, person: Raster | null): Raster | null {
  const out = rasterFor(pixels.width, pixels.height, 320);
  const { width, height } = out;
  const toX = (i: number): number => ((i + 0.5) / width) * pixels.width;
  const toY = (j: number): number => ((j + 0.5) / height) * pixels.height;
  const oval = FACE_OVAL.map((i) => frame.point(i));
  const colours = new Array<Colour>(width * height);
  for (let j = 0, n = 0; j < height; j++)
    for (let i = 0; i < width; i++, n++) colours[n] = feature(colourAt(pixels, toX(i), toY(j)));
  const skins = [50, 280, 151, 9, 205, 425].map((i) => feature(colourAt(pixels, ...frame.point(i))));
  const skinLike = (c: Colour): number => Math.min(...skins.map((s) => distance(c, s)));
  const index = (x: number, y: number): number => {
    const i = Math.min(width - 1, Math.max(0, Math.floor((x / pixels.width) * width)));
    const j = Math.min(height - 1, Math.max(0, Math.floor((y / pixels.height) * height)));
    return j * width + i;
  };
  const onPerson = (n: number): boolean => {
    if (!person) return true;
    const i = n % width;
    const j = Math.floor(n / width);
    return sampleRaster(person, (i + 0.5) / width, (j + 0.5) / height) > 0.45;
  };

  const seeds: number[] = [];
  const faceMiddle = frame.point(168);
  for (const p of UPPER_OVAL) {
    const [x, y] = frame.point(p);
    const length = Math.hypot(x - faceMiddle[0], y - faceMiddle[1]) || 1;
    for (let off = 0.22; off <= 0.52; off += 0.06) {
      const px = x + ((x - faceMiddle[0]) / length) * off * frame.iod;
      const py = y + ((y - faceMiddle[1]) / length) * off * frame.iod;
      if (px < 0 || py < 0 || px >= pixels.width || py >= pixels.height) continue;
      const n = index(px, py);
      if (onPerson(n) && skinLike(colours[n] as Colour) > 0.75) seeds.push(n);
    }
  }
  if (seeds.length < 6) return null;
  const typical = palette(seeds.map((n) => colours[n] as Colour));
  const [, chinB] = frame.local(...frame.point(CHIN));
  const seen = new Uint8Array(width * height);
  const queue: number[] = [];
  const hairLike = (n: number): boolean => {
    const c = colours[n] as Colour;
    return Math.min(...typical.map((t) => distance(c, t))) < 0.75;
  };
  const allowed = (n: number): boolean => {
    const i = n % width;
    const j = Math.floor(n / width);
    const x = toX(i);
    const y = toY(j);
    const [a, b] = frame.local(x, y);
    if (Math.abs(a) > 2.6 * frame.iod || b - chinB > 2.2 * frame.iod) return false;
    return onPerson(n) && !inPolygon(oval, x, y);
  };
  for (const n of seeds)
    if (!seen[n] && hairLike(n) && allowed(n)) {
      seen[n] = 1;
      queue.push(n);
    }
  for (let head = 0; head < queue.length; head++) {
    const n = queue[head] as number;
    const i = n % width;
    for (const m of [i > 0 ? n - 1 : -1, i < width - 1 ? n + 1 : -1, n - width, n + width]) {
      if (m < 0 || m >= seen.length || seen[m]) continue;
      seen[m] = 1;
      if (hairLike(m) && allowed(m)) queue.push(m);
      else seen[m] = 2;
    }
  }
  for (const n of queue) out.data[n] = 1;
  const area = (queue.length * pixels.width * pixels.height) / (width * height);
  if (area < 0.35 * frame.iod ** 2) return null;
  return blurRaster(out, Math.max(1, (0.05 * frame.iod * width) / pixels.width));
}

/** How each vertex sways in the wind. */
export interface HairField {
  readonly vertices: Uint32Array;
  /** By entry of `vertices`: 0 at the roots … 1 at the tips. */
  readonly weight: Float32Array;
  /** Distance from the roots in IOD, and across, for the waves. */
  readonly along: Float32Array;
  readonly across: Float32Array;
}

/** Weights of the hair's motion: nothing at the roots, all of it 2.3 IOD below the crown. */
export function hairField(grid: Grid, frame: FaceFrame, mask: Raster): HairField {
  const vertices: number[] = [];
  const weight: number[] = [];
  const along: number[] = [];
  const across: number[] = [];
  const [, crownB] = frame.local(...frame.point(10));
  const soft = blurRaster(
    { width: mask.width, height: mask.height, data: Float32Array.from(mask.data) },
    (0.1 * frame.iod * mask.width) / grid.width,
  );
  eachVertex(grid, (n, x, y) => {
    const u = x / grid.width;
    const v = y / grid.height;
    const m = sampleRaster(soft, u, v);
    if (m < 0.02) return;
    const [a, b] = frame.local(x, y);
    const below = (b - crownB) / frame.iod + 0.35;
    // Hair above the brow still moves a little at its outline; what lies against the face hardly.
    const ramp = smoothstep(0, 2.3, below) * 0.92 + 0.08;
    const aside = smoothstep(0.55, 1.25, Math.abs(a) / frame.iod);
    const border = smoothstep(0, 0.05, Math.min(u, v, 1 - u, 1 - v));
    vertices.push(n);
    weight.push(Math.min(1, m * 1.25) * ramp * mix(0.35, 1, aside) * border);
    along.push(below);
    across.push(a / frame.iod);
  });
  return {
    vertices: Uint32Array.from(vertices),
    weight: Float32Array.from(weight),
    along: Float32Array.from(along),
    across: Float32Array.from(across),
  };
}

/**
 * The wind's displacement of one hair vertex in IOD: a steady lean and two travelling waves.
 * @source rig study: waves of 3.7 and 2 IOD at .53 and .81 Hz, amplitude at most .12 IOD.
 */
export function windOffset(
  along: number,
  across: number,
  timeS: number,
  wind: number,
  direction: number,
  out: Float32Array,
): void {
  const path = along - 0.35 * direction * across;
  const slow = Math.sin(2 * Math.PI * (path / 3.7 - 0.53 * timeS) + 0.8 * across);
  const fast = Math.sin(2 * Math.PI * (path / 2 - 0.81 * timeS) + 1.7 + 1.3 * across);
  const amplitude = 0.12 * wind;
  out[0] = amplitude * (0.42 * direction + 0.4 * slow + 0.18 * fast);
  out[1] = amplitude * (-0.12 * Math.abs(direction) + 0.14 * fast - 0.08 * slow);
}
