/** Where a clip's randomness comes from. Numbers follow the order of latents [C, F, h, w]. Arrays are the caller's. */
export interface FlowNoise {
  /** Unit normals that the clip starts as; those of latent frame 0 are replaced by the picture. */
  start(length: number): Float32Array;
  /** Fresh unit normals of a stochastic step. */
  step(index: number, length: number): Float32Array;
  /** Unit normals that are mixed into finished latents before decoding. */
  decode(length: number): Float32Array;
}

/** Upper half of the 64-bit product of two unsigned 32-bit integers. */
function upperHalf(a: number, b: number): number {
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const b0 = b & 0xffff;
  const b1 = b >>> 16;
  const middle = a1 * b0 + ((a0 * b0) >>> 16);
  const carry = a0 * b1 + (middle & 0xffff);
  return (a1 * b1 + (middle >>> 16) + (carry >>> 16)) >>> 0;
}

/**
 * Philox 4×32 with ten rounds: a block of four random words from a counter and a key, integers only.
 * @param out receives the four unsigned 32-bit words.
 * @source Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3" (SC 2011)
 */
export function philox(
  counter: readonly [number, number, number, number],
  key: readonly [number, number],
  out: Uint32Array,
): void {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const high0 = upperHalf(0xd2511f53, c0);
    const low0 = Math.imul(0xd2511f53, c0);
    const high1 = upperHalf(0xcd9e8d57, c2);
    const low1 = Math.imul(0xcd9e8d57, c2);
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1 >>> 0;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0 >>> 0;
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

const LN2 = 0.6931471805599453;
const SQRT_HALF = 0.7071067811865476;

/**
 * Natural logarithm of a number in (0, 1], to 2e-16 of its size or 1e-16, by +, −, ×, ÷ alone: engines agree on every bit
 * of it, as they don't on `Math.log`.
 */
export function exactLog(value: number): number {
  let mantissa = value;
  let exponent = 0;
  while (mantissa < SQRT_HALF) {
    mantissa *= 2;
    exponent -= 1;
  }
  // ln m = 2·artanh((m − 1)/(m + 1)), whose argument is at most 0.172.
  const s = (mantissa - 1) / (mantissa + 1);
  const square = s * s;
  let sum = 1 / 25;
  for (let n = 23; n >= 1; n -= 2) sum = sum * square + 1 / n;
  return exponent * LN2 + 2 * s * sum;
}

function ratio(x: number, above: readonly number[], below: readonly number[]): number {
  let a = 0;
  let b = 0;
  for (let i = above.length - 1; i >= 0; i--) {
    a = a * x + (above[i] ?? 0);
    b = b * x + (below[i] ?? 0);
  }
  return a / b;
}

const MIDDLE_ABOVE = [
  3.387132872796366608, 133.14166789178437745, 1971.5909503065514427, 13731.693765509461125,
  45921.953931549871457, 67265.770927008700853, 33430.575583588128105, 2509.0809287301226727,
];
const MIDDLE_BELOW = [
  1, 42.313330701600911252, 687.1870074920579083, 5394.1960214247511077, 21213.794301586595867,
  39307.89580009271061, 28729.085735721942674, 5226.495278852854561,
];
const NEAR_ABOVE = [
  1.42343711074968357734, 4.6303378461565452959, 5.7694972214606914055, 3.64784832476320460504,
  1.27045825245236838258, 0.24178072517745061177, 0.0227238449892691845833, 7.7454501427834140764e-4,
];
const NEAR_BELOW = [
  1, 2.05319162663775882187, 1.6763848301838038494, 0.68976733498510000455, 0.14810397642748007459,
  0.0151986665636164571966, 5.475938084995344946e-4, 1.05075007164441684324e-9,
];
const FAR_ABOVE = [
  6.6579046435011037772, 5.4637849111641143699, 1.7848265399172913358, 0.29656057182850489123,
  0.026532189526576123093, 0.0012426609473880784386, 2.71155556874348757815e-5, 2.01033439929228813265e-7,
];
const FAR_BELOW = [
  1, 0.59983220655588793769, 0.13692988092273580531, 0.0148753612908506148525, 7.868691311456132591e-4,
  1.8463183175100546818e-5, 1.4215117583164458887e-7, 2.04426310338993978564e-15,
];

/**
 * The value that a unit normal falls below with a probability, to about 1e-15 of itself.
 * @param probability in (0, 1).
 * @source Wichura: "Algorithm AS 241: the percentage points of the normal distribution" (1988), PPND16
 */
export function normalQuantile(probability: number): number {
  const q = probability - 0.5;
  if (Math.abs(q) <= 0.425) return q * ratio(0.180625 - q * q, MIDDLE_ABOVE, MIDDLE_BELOW);
  const tail = q < 0 ? probability : 1 - probability;
  const r = Math.sqrt(-exactLog(tail));
  const size = r <= 5 ? ratio(r - 1.6, NEAR_ABOVE, NEAR_BELOW) : ratio(r - 5, FAR_ABOVE, FAR_BELOW);
  return q < 0 ? -size : size;
}

/**
 * Unit normals, each a function of the seed, the stream and its index alone: the same on every machine, in any order.
 *
 * @param seed unsigned 32-bit integer.
 * @param stream three unsigned 32-bit integers that keep streams of one seed apart.
 * @param length how many.
 */
export function normals(
  seed: number,
  stream: readonly [number, number, number],
  length: number,
): Float32Array {
  const values = new Float32Array(length);
  const words = new Uint32Array(4);
  const counter: [number, number, number, number] = [0, stream[1], stream[2], 0];
  const key = [seed, stream[0]] as const;
  for (let i = 0; i < length; i += 2) {
    counter[0] = i / 2;
    philox(counter, key, words);
    values[i] = normalQuantile(fraction(words[0] ?? 0, words[1] ?? 0));
    if (i + 1 < length) values[i + 1] = normalQuantile(fraction(words[2] ?? 0, words[3] ?? 0));
  }
  return values;
}

/** Two words as the middle of one of 2⁵² equal parts of (0, 1): exact, never 0 or 1, and 1 − it is exact, too. */
function fraction(high: number, low: number): number {
  return (high * 1048576 + (low >>> 12) + 0.5) / 4503599627370496;
}

const START = 1;
const STEP = 2;
const DECODE = 3;

/**
 * The noise of a clip.
 * @param seed unsigned 32-bit integer.
 * @param segment which of a longer clip's parts.
 */
export function seededNoise(seed: number, segment = 0): FlowNoise {
  return {
    start: (length) => normals(seed, [START, segment, 0], length),
    step: (index, length) => normals(seed, [STEP, segment, index], length),
    decode: (length) => normals(seed, [DECODE, segment, 0], length),
  };
}
