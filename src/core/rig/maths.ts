/** 0 below `low`, 1 above `high`, a cubic between; works downwards when low > high. */
export function smoothstep(low: number, high: number, value: number): number {
  const t = Math.min(1, Math.max(0, (value - low) / (high - low)));
  return t * t * (3 - 2 * t);
}

export function clamp(value: number, low: number, high: number): number {
  return value < low ? low : value > high ? high : value;
}

export function mix(a: number, b: number, t: number): number {
  return a + (b - a) * t;
}

/** Two numbers: a point or a vector in pixels of the analysed picture. */
export type Vec2 = readonly [number, number];

/** A smooth curve through a polyline (Catmull–Rom), at parameter 0 … 1 by point index. */
export function alongCurve(points: readonly Vec2[], t: number): [number, number] {
  const last = points.length - 1;
  const f = clamp(t, 0, 1) * last;
  const i = Math.min(last - 1, Math.floor(f));
  const u = f - i;
  const p1 = points[i] ?? [0, 0];
  const p2 = points[i + 1] ?? p1;
  const p0 = points[i - 1] ?? [2 * p1[0] - p2[0], 2 * p1[1] - p2[1]];
  const p3 = points[i + 2] ?? [2 * p2[0] - p1[0], 2 * p2[1] - p1[1]];
  const out: [number, number] = [0, 0];
  for (let k = 0; k < 2; k++) {
    const a = p0[k] ?? 0;
    const b = p1[k] ?? 0;
    const c = p2[k] ?? 0;
    const d = p3[k] ?? 0;
    out[k] =
      0.5 * (2 * b + (c - a) * u + (2 * a - 5 * b + 4 * c - d) * u * u + (3 * b - a - 3 * c + d) * u ** 3);
  }
  return out;
}
