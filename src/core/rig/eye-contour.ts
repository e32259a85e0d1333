import type { FaceFrame } from './face-frame.ts';
import { clamp, mix } from './maths.ts';
import type { Vec2 } from './maths.ts';
import { colourAt } from './pixels.ts';
import type { Pixels } from './pixels.ts';

/** An eye's contour by columns from the picture's left to its right; both lines meet at the ends. */
export interface EyeContour {
  readonly upper: readonly Vec2[];
  readonly lower: readonly Vec2[];
  /** Eye's width in pixels, by the landmarks. */
  readonly width: number;
  /** Height of the lashes' dark band above the upper line, in eye widths: it moves with the lid as one. */
  readonly lash: number;
}

/** The looked-at window in eye widths: along the eye from its left corner, and across it. */
const ALONG = { from: -0.35, to: 1.35, step: 0.025 };
const ACROSS = { from: -0.62, to: 0.62, step: 0.02 };
/** How far the corners lie beyond their landmarks, in eye widths. */
const CORNER = 0.03;
/** Furthest that the contour may leave the landmarks, in eye widths. */
const BEYOND = 0.36;

type Feature = readonly [luma: number, red: number, blue: number];

function featureAt(pixels: Pixels, x: number, y: number): Feature {
  const [r, g, b] = colourAt(pixels, x, y);
  const luma = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  return [luma, (r - luma) / (0.12 + luma), (b - luma) / (0.12 + luma)];
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

const smoothed = (values: readonly number[], sigma: number): number[] =>
  values.map((_, k) => {
    let sum = 0;
    let total = 0;
    for (let n = -Math.ceil(2.5 * sigma); n <= 2.5 * sigma; n++) {
      const value = values[k + n];
      if (value === undefined) continue;
      const w = Math.exp(-0.5 * (n / sigma) ** 2);
      sum += w * value;
      total += w;
    }
    return sum / total;
  });

/** Values of a polyline `(p, o)`, ascending in p, at p; the ends' values beyond. */
function follow(line: readonly Vec2[], p: number): number {
  let k = 0;
  while (k < line.length - 2 && (line[k + 1] as Vec2)[0] < p) k++;
  const a = line[k] as Vec2;
  const b = line[k + 1] as Vec2;
  return mix(a[1], b[1], clamp((p - a[0]) / Math.max(1e-6, b[0] - a[0]), 0, 1));
}

/**
 * Widens a contour to what the picture shows of the eye.
 *
 * Landmarks fit photographs of frontal faces; drawn eyes are larger, and the far eye of a turned head lies outside
 * them. White and iris-coloured pixels that hang together with the contour's inside, and are clearly not skin, pull it
 * outwards, never inwards.
 *
 * @param upper contour by landmarks, from the picture's left corner to its right; `lower` the same.
 * @param radius iris radius in pixels, `iris` its centre.
 */
export function widenContour(
  upper: readonly Vec2[],
  lower: readonly Vec2[],
  iris: Vec2,
  radius: number,
  frame: FaceFrame,
  pixels: Pixels,
): EyeContour {
  const a = upper[0] as Vec2;
  const b = upper.at(-1) as Vec2;
  const width = Math.max(4, Math.hypot(b[0] - a[0], b[1] - a[1]));
  const e: Vec2 = [(b[0] - a[0]) / width, (b[1] - a[1]) / width];
  const n: Vec2 = e[0] * frame.down[1] - e[1] * frame.down[0] > 0 ? [-e[1], e[0]] : [e[1], -e[0]];
  const toEye = ([x, y]: Vec2): Vec2 => [
    ((x - a[0]) * e[0] + (y - a[1]) * e[1]) / width,
    ((x - a[0]) * n[0] + (y - a[1]) * n[1]) / width,
  ];
  const toPicture = (p: number, o: number): Vec2 => [
    a[0] + width * (p * e[0] + o * n[0]),
    a[1] + width * (p * e[1] + o * n[1]),
  ];
  const upperLine = upper.map(toEye);
  const lowerLine = lower.map(toEye);
  // The corners lie a hair further out than the landmarks, so that no white is left in them.
  const stretched = (p: number): number => (p + CORNER) / (1 + 2 * CORNER);
  const within = (p: number): boolean => p >= -CORNER && p <= 1 + CORNER;
  const upperAt = (p: number): number => (within(p) ? follow(upperLine, stretched(p)) : 0);
  const lowerAt = (p: number): number => (within(p) ? follow(lowerLine, stretched(p)) : 0);

  const look = (p: number, o: number): Feature => featureAt(pixels, ...toPicture(p, o));
  const below = [0.15, 0.3, 0.5, 0.7, 0.85].flatMap((p) => [0.2, 0.28].map((o) => look(p, lowerAt(p) + o)));
  const skin: Feature = [0, 1, 2].map((k) => median(below.map((f) => f[k] ?? 0))) as [number, number, number];
  const skinChroma = Math.hypot(skin[1], skin[2]);
  const centre = toEye(iris);
  const r = radius / width;
  const irises = Array.from({ length: 8 }, (_, k) => {
    const angle = (Math.PI * 2 * k) / 8;
    return look(centre[0] + 0.6 * r * Math.cos(angle), centre[1] + 0.6 * r * Math.sin(angle));
  });
  const isWhite = (f: Feature): boolean => Math.hypot(f[1], f[2]) < 0.5 * skinChroma && f[0] > 0.6 * skin[0];
  const distance = (f: Feature, g: Feature): number =>
    Math.hypot((f[0] - g[0]) / 0.25, (f[1] - g[1]) / 0.2, (f[2] - g[2]) / 0.2);
  const isIris = (f: Feature, p: number, o: number): boolean =>
    Math.hypot(p - centre[0], o - centre[1]) < 1.5 * r &&
    distance(f, skin) > 1.3 &&
    Math.min(...irises.map((g) => distance(f, g))) < 0.5;
  const isDark = (f: Feature): boolean => f[0] < 0.45 * skin[0];

  const columns = Math.round((ALONG.to - ALONG.from) / ALONG.step) + 1;
  const rows = Math.round((ACROSS.to - ACROSS.from) / ACROSS.step) + 1;
  const pOf = (i: number): number => ALONG.from + i * ALONG.step;
  const oOf = (j: number): number => ACROSS.from + j * ACROSS.step;
  // 0 skin, 1 dark, 2 eye; then + 4 once reached from inside.
  const cells = new Uint8Array(columns * rows);
  const queue: number[] = [];
  for (let i = 0; i < columns; i++)
    for (let j = 0; j < rows; j++) {
      const p = pOf(i);
      const o = oOf(j);
      if (o < upperAt(p) - BEYOND || o > lowerAt(p) + BEYOND) continue;
      const f = look(p, o);
      const cell = i * rows + j;
      cells[cell] = isWhite(f) || isIris(f, p, o) ? 2 : isDark(f) ? 1 : 0;
      if (cells[cell] === 2 && within(p) && o > upperAt(p) && o < lowerAt(p)) queue.push(cell);
    }
  for (const cell of queue) cells[cell] = 6;
  for (let head = 0; head < queue.length; head++) {
    const cell = queue[head] as number;
    const j = cell % rows;
    for (const next of [cell - rows, cell + rows, j > 0 ? cell - 1 : -1, j < rows - 1 ? cell + 1 : -1]) {
      if (next < 0 || next >= cells.length || cells[next] !== 2) continue;
      cells[next] = 6;
      queue.push(next);
    }
  }

  const found = Array.from({ length: columns }, (_, i) => {
    let top = Infinity;
    let bottom = -Infinity;
    let total = 0;
    for (let j = 0; j < rows; j++)
      if (cells[i * rows + j] === 6) {
        top = Math.min(top, oOf(j));
        bottom = Math.max(bottom, oOf(j));
        total++;
      }
    return total >= 2 ? { top, bottom } : null;
  });
  const excess = found.filter(
    (column, i) =>
      column !== null &&
      (column.top < upperAt(pOf(i)) - 0.05 || column.bottom > lowerAt(pOf(i)) + 0.05 || !within(pOf(i))),
  ).length;
  // A few stray cells are no reason to leave the landmarks.
  const trusted = excess >= 5;
  const seen = trusted
    ? found.map((column, i) => ({ column, p: pOf(i) })).filter(({ column }) => column)
    : [];
  const first = Math.min(-CORNER, ...seen.map(({ p }) => p - CORNER));
  const last = Math.max(1 + CORNER, ...seen.map(({ p }) => p + CORNER));

  const count = upper.length;
  const tops: number[] = [];
  const bottoms: number[] = [];
  for (let k = 0; k < count; k++) {
    const p = mix(first, last, k / (count - 1));
    const column = trusted ? (found[Math.round((p - ALONG.from) / ALONG.step)] ?? null) : null;
    tops.push(Math.min(upperAt(p), column ? column.top - 0.03 : Infinity));
    bottoms.push(Math.max(lowerAt(p), column ? column.bottom + 0.04 : -Infinity));
  }
  const soften = (values: readonly number[]): number[] => (trusted ? smoothed(values, 1.8) : [...values]);
  const top = soften(tops);
  const bottom = soften(bottoms);
  for (const k of [0, count - 1]) {
    const middle = ((top[k] as number) + (bottom[k] as number)) / 2;
    top[k] = middle;
    bottom[k] = middle;
  }

  const bands: number[] = [];
  if (trusted)
    for (let k = 2; k < count - 2; k++) {
      const p = mix(first, last, k / (count - 1));
      if (Math.abs(p - centre[0]) < 1.2 * r) continue;
      let run = 0;
      while (run < 0.3 && isDark(look(p, (top[k] as number) - 0.01 - run))) run += 0.01;
      bands.push(run);
    }
  const place = (line: readonly number[]): Vec2[] =>
    line.map((o, k) => toPicture(mix(first, last, k / (count - 1)), o));
  // Where a lid's band is broken by light, the thicker part tells its height.
  const lash = [...bands].sort((p, q) => p - q)[Math.floor(0.75 * bands.length)] ?? 0;
  return { upper: place(top), lower: place(bottom), width, lash };
}
