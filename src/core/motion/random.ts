/**
 * Scrambles a 32-bit integer.
 *
 * @source Constants: "lowbias32" of Chris Wellons' hash prospector (public domain).
 */
export function hash32(value: number): number {
  let x = value | 0;
  x ^= x >>> 16;
  x = Math.imul(x, 0x7feb352d);
  x ^= x >>> 15;
  x = Math.imul(x, 0x846ca68b);
  x ^= x >>> 16;
  return x >>> 0;
}

/** A stream of numbers that depends only on its seed and label; the same on every machine. */
export class Random {
  private readonly base: number;
  private count = 0;

  /**
   * @param seed unsigned 32-bit integer.
   * @param label keeps streams of one seed apart.
   */
  constructor(seed: number, label: number) {
    this.base = hash32(seed ^ hash32(Math.imul(label + 1, 0x9e3779b1)));
  }

  /** The next number in [0, 1). */
  next(): number {
    this.count += 1;
    return hash32(this.base + Math.imul(this.count, 0x9e3779b1)) / 4294967296;
  }

  /** The next number in [low, high). */
  between(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  /** −1 or 1. */
  sign(): 1 | -1 {
    return this.next() < 0.5 ? -1 : 1;
  }
}

function lattice(seed: number, cell: number): number {
  return hash32(seed + Math.imul(cell, 0x9e3779b1)) / 2147483648 - 1;
}

/** Smooth value noise in (−1, 1): one new value per unit of `x`, at rest in none of them for long. */
function noise(seed: number, x: number): number {
  const cell = Math.floor(x);
  const u = x - cell;
  const w = u * u * u * (10 + u * (6 * u - 15));
  const a = lattice(seed, cell);
  return a + (lattice(seed, cell + 1) - a) * w;
}

/**
 * Two octaves of smooth noise in (−1, 1).
 *
 * @param seed a hashed seed, one per control.
 * @param x time in units of the slow octave's period.
 */
export function drift(seed: number, x: number): number {
  return 0.72 * noise(seed, x) + 0.28 * noise(seed ^ 0x5bd1e995, 2.7 * x + 0.37);
}
