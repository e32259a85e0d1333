/**
 * Writes `src/core/perceive/canonical-face.ts`: a frontal, symmetric, neutral face averaged from what the mesh network
 * sees in portraits.
 *
 * Usage: `node --import tsx scripts/perceive/canonical-face.ts PICTURE…` (PNG or JPEG, one face each).
 */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { FACE_POINTS } from '../../src/core/perceive/face.ts';
import { perceive } from '../../src/core/perceive/perceive.ts';
import { nodeRunner } from '../../test/unit/perceive/node-runner.ts';
import { readPicture } from '../../test/unit/perceive/read-picture.ts';

type Vector = readonly [number, number, number];

const OUT = fileURLToPath(new URL('../../src/core/perceive/canonical-face.ts', import.meta.url));
const IRIS = [468, 473] as const;
/** Upper and lower inner lip, point by point: a neutral face has them closed. */
const INNER_LIPS = [
  [13, 14],
  [82, 87],
  [81, 178],
  [80, 88],
  [191, 95],
  [312, 317],
  [311, 402],
  [310, 318],
  [415, 324],
] as const;

const minus = (a: Vector, b: Vector): Vector => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
const dot = (a: Vector, b: Vector): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const cross = (a: Vector, b: Vector): Vector => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];
const unit = (a: Vector): Vector => {
  const length = Math.hypot(...a);
  return [a[0] / length, a[1] / length, a[2] / length];
};
const middle = (a: Vector, b: Vector): Vector => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2, (a[2] + b[2]) / 2];

function points(landmarks: Float32Array): Vector[] {
  return Array.from({ length: FACE_POINTS }, (_, i) => [
    landmarks[3 * i] ?? 0,
    landmarks[3 * i + 1] ?? 0,
    landmarks[3 * i + 2] ?? 0,
  ]);
}

function at(face: readonly Vector[], index: number): Vector {
  const point = face[index];
  if (!point) throw new RangeError(`no point ${index}`);
  return point;
}

/** Turns a face to the front in its own axes: x along the cheeks, y down from forehead to chin; eye distance 1. */
function frontal(face: readonly Vector[]): Vector[] {
  const x = unit(minus(at(face, 454), at(face, 234)));
  const down = minus(at(face, 152), at(face, 10));
  const along = dot(down, x);
  const y = unit([down[0] - along * x[0], down[1] - along * x[1], down[2] - along * x[2]]);
  const z = cross(x, y);
  const eyes = IRIS.map((index) => at(face, index));
  const origin = middle(eyes[0] ?? [0, 0, 0], eyes[1] ?? [0, 0, 0]);
  const scale = 1 / Math.hypot(...minus(eyes[1] ?? [0, 0, 0], eyes[0] ?? [0, 0, 0]));
  return face.map((point) => {
    const from = minus(point, origin);
    return [dot(from, x) * scale, dot(from, y) * scale, dot(from, z) * scale];
  });
}

/** For each point the one at its mirrored place, the closest pairs first; a point of the midline is its own. */
function mirrorPairs(face: readonly Vector[]): number[] {
  const candidates: { readonly i: number; readonly k: number; readonly distance: number }[] = [];
  face.forEach(([x, y, z], i) => {
    for (let k = i; k < face.length; k++) {
      // Irises pair with irises only: they lie among the lids' points.
      if (i >= 468 !== k >= 468) continue;
      const other = at(face, k);
      const distance = Math.hypot(other[0] + x, other[1] - y, other[2] - z);
      if (distance < 0.3) candidates.push({ i, k, distance });
    }
  });
  candidates.sort((a, b) => a.distance - b.distance);
  const pairs = new Array<number>(face.length).fill(-1);
  for (const { i, k } of candidates) {
    if (pairs[i] === -1 && pairs[k] === -1) [pairs[i], pairs[k]] = [k, i];
  }
  return pairs;
}

const runner = await nodeRunner();
const faces: Vector[][] = [];
for (const file of process.argv.slice(2)) {
  const { face } = await perceive(await readPicture(file), runner, { person: false, body: false });
  if (!face) throw new Error(`no face in ${file}`);
  faces.push(frontal(points(face.landmarks)));
}
const mean = Array.from({ length: FACE_POINTS }, (_, i): Vector => {
  const sum = faces.reduce<Vector>(
    (total, face) => [total[0] + at(face, i)[0], total[1] + at(face, i)[1], total[2] + at(face, i)[2]],
    [0, 0, 0],
  );
  return [sum[0] / faces.length, sum[1] / faces.length, sum[2] / faces.length];
});
const pairs = mirrorPairs(mean);
const unpaired = pairs.filter((pair) => pair === -1).length;
if (unpaired > 0) throw new Error(`${unpaired} points have no mirror image`);
const even = mean.map(([x, y, z], i): Vector => {
  const [mx, my, mz] = at(mean, pairs[i] ?? i);
  return [(x - mx) / 2, (y + my) / 2, (z + mz) / 2];
});
for (const [upper, lower] of INNER_LIPS) {
  const [ux, uy, uz] = at(even, upper);
  const [lx, ly, lz] = at(even, lower);
  even[upper] = [ux, (uy + ly) / 2, (uz + lz) / 2];
  even[lower] = [lx, (uy + ly) / 2, (uz + lz) / 2];
}
const numbers = frontal(even)
  .flat()
  .map((value) => Math.round(value * 1000));
const text = `/**
 * A frontal, symmetric, neutral face: 478 × (x, y, z), thousandths of the eye distance, origin between the irises, x to the
 * picture's right, y down, z away from the viewer. Written by scripts/perceive/canonical-face.ts.
 */
// prettier-ignore
const THOUSANDTHS: readonly number[] = [
${numbers.map((value, i) => `${i % 24 === 0 ? '  ' : ''}${value},${i % 24 === 23 ? '\n' : ' '}`).join('')}
];

/** The same in eye distances. */
export const CANONICAL_FACE: Float32Array = Float32Array.from(THOUSANDTHS, (value) => value / 1000);
`;
await writeFile(OUT, await format(text, { ...(await resolveConfig(OUT)), parser: 'typescript' }));
