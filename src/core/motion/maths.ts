/*
 * Everything here uses only +, −, ×, ÷ and floor, which IEEE 754 defines to the last bit, so that a plan is the same
 * on every machine. Math.sin, Math.exp and their kin may differ between engines and are not used for motion.
 */

/** `value` kept within [low, high]. */
export function clamp(value: number, low: number, high: number): number {
  return value < low ? low : value > high ? high : value;
}

/** Linear blend: a at 0, b at 1. */
export function mix(a: number, b: number, amount: number): number {
  return a + (b - a) * amount;
}

/** 0 below `from`, 1 above `to`, smooth in between. */
export function smoothBetween(from: number, to: number, value: number): number {
  const u = clamp((value - from) / (to - from), 0, 1);
  return u * u * (3 - 2 * u);
}

/**
 * The way a limb goes from one place to another: the polynomial of least jerk, 0 at u ≤ 0 and 1 at u ≥ 1, at rest at
 * both ends.
 *
 * @param skew 0 is symmetric; up to .6 starts quicker and settles slower; negative does the opposite.
 * @source Flash and Hogan 1985, "The coordination of arm movements", equation of the minimum-jerk path.
 */
export function ease(u: number, skew: number): number {
  if (u <= 0) return 0;
  if (u >= 1) return 1;
  const w = u + skew * u * (1 - u);
  const value = w * w * w * (10 + w * (6 * w - 15));
  return value < 1 ? value : 1;
}

/**
 * Bends a value so that it never passes ±limit: untouched up to 85% of it, then ever slower. Slope is continuous.
 */
export function softLimit(value: number, limit: number): number {
  if (limit <= 0) return 0;
  const size = value < 0 ? -value : value;
  const knee = 0.85 * limit;
  if (size <= knee) return value;
  const room = limit - knee;
  const over = (size - knee) / room;
  const bent = knee + (room * over) / (1 + over);
  return value < 0 ? -bent : bent;
}
