import { clamp } from './maths.ts';
import type { Random } from './random.ts';
import type { Blink } from './timeline.ts';
import { blinkLength } from './timeline.ts';

/** Seconds between blinks. @source packs.md, "Rig". */
export const BLINK_GAP_MIN = 2;
/** @source packs.md, "Rig". */
export const BLINK_GAP_MAX = 6;

/** A blink nobody asked for. Its hold is longer than a frame at 24 fps, so that one frame shows the eyes shut. */
function naturalBlink(startS: number, random: Random): Blink {
  return {
    startS,
    closeS: random.between(0.08, 0.1),
    holdS: random.between(0.042, 0.05),
    openS: random.between(0.15, 0.2),
    eyes: 'both',
  };
}

/**
 * Fills the time between blinks that were asked for, so that the eyes blink every 2–6 s, also across the seam of a
 * loop, and never near either end. A moment from `hints` is taken where one is near.
 */
export function fillBlinks(
  blinks: Blink[],
  hints: readonly number[],
  durationS: number,
  random: Random,
): void {
  const first = 0.35;
  const last = durationS - 0.75;
  const near = (at: number, reach: number): number => {
    for (const hint of hints) if (Math.abs(hint - at) < reach && hint > first && hint < last) return hint;
    return at;
  };
  const asked = [...blinks].sort((a, b) => a.startS - b.startS);
  if (asked.length === 0) {
    const count = Math.max(1, Math.round(durationS / random.between(3.2, 4.2)));
    const period = durationS / count;
    const reach = Math.max(0, Math.min(0.5 * (period - BLINK_GAP_MIN), 0.5 * (BLINK_GAP_MAX - period), 0.9));
    for (let index = 0; index < count; index++) {
      const middle = (index + 0.5) * period;
      const at = clamp(near(middle, reach), middle - reach, middle + reach);
      const chosen = at === middle ? middle + random.between(-reach, reach) : at;
      blinks.push(naturalBlink(clamp(chosen, first, last), random));
    }
    return;
  }
  asked.forEach((blink, index) => {
    const next = asked[index + 1];
    const from = blink.startS + blinkLength(blink);
    const to = next?.startS ?? (asked[0] as Blink).startS + durationS;
    const gap = to - from;
    if (gap <= 4.6) return;
    const count = Math.max(1, Math.round(gap / 3.8) - 1);
    const period = gap / (count + 1);
    const reach = Math.max(0, Math.min(0.5 * (period - BLINK_GAP_MIN), 0.5 * (BLINK_GAP_MAX - period), 0.7));
    for (let step = 1; step <= count; step++) {
      const at = from + step * period + random.between(-reach, reach) - 0.15;
      const wrapped = at >= durationS ? at - durationS : at;
      blinks.push(naturalBlink(clamp(near(wrapped, 0.4 * reach), first, last), random));
    }
  });
}
