import type { Direction } from '../../contracts/score.ts';
import { clamp } from './maths.ts';
import { sideOf } from './perform-head.ts';
import type { Stage, Window } from './stage.ts';

/** Longest breath, seconds: .2 Hz. */
const BREATH_MAX = 5;

/**
 * How a clip is divided into breaths: a whole number, each .2–.35 Hz and as near to a quarter as it gets. Lengths
 * between 5 and 5.7 s, where neither one nor two would do, get one breath and a pause.
 *
 * @param pace 1 is neutral; slower breathes slower where the length allows it.
 */
export function breaths(
  durationS: number,
  pace: number,
): { readonly count: number; readonly lengthS: number; readonly startS: number } {
  const wanted = clamp(4.1 / pace, 3.3, 4.8);
  let count = Math.max(1, Math.round(durationS / wanted));
  while (count > 1 && durationS / count < 1 / 0.35) count -= 1;
  while (durationS / count > BREATH_MAX && durationS / (count + 1) >= 1 / 0.35) count += 1;
  const lengthS = Math.min(BREATH_MAX, durationS / count);
  return { count, lengthS, startS: Math.max(0, 0.5 * (durationS - lengthS * count)) };
}

/**
 * Breathes through the clip: in, out a little below rest, back to rest. Where shoulders are out of the picture the
 * head bobs instead. @source rig-study.md, "Breathing".
 *
 * @param depth 1 is a clearly visible breath.
 */
export function breathe(stage: Stage, depth: number, pace: number): void {
  const { timeline, traits, random } = stage;
  const { count, lengthS, startS } = breaths(stage.durationS, pace);
  const bob = traits.hasShoulders ? 0.12 : 1.3;
  for (let index = 0; index < count; index++) {
    const size = depth * random.between(0.92, 1.08);
    const at = startS + index * lengthS;
    const steps: readonly (readonly [number, number, number])[] = [
      [0, 0.44, 1],
      [0.4, 0.46, -1.2],
      [0.76, 0.24, 0.2],
    ];
    for (const [from, long, delta] of steps) {
      timeline.track('breath').add(at + from * lengthS, long * lengthS, delta * size, 0.05);
      if (traits.hasFace)
        timeline.track('pitch').add(at + from * lengthS + 0.12, long * lengthS, -bob * delta * size, 0.05);
    }
  }
}

/** Sways the body from side to side. */
export function sway(stage: Stage, { startS, endS, intensity }: Window, pace: number): void {
  const { timeline, random } = stage;
  const length = endS - startS - 0.1;
  const half = clamp(1.5 / pace, 0.9, 2.4);
  const count = Math.max(2, Math.round(length / half));
  const each = length / count;
  const size = clamp(0.0075 * intensity, 0.001, 0.0095);
  let side: number = random.sign();
  let at = 0;
  for (let index = 0; index < count; index++) {
    const goal = index === count - 1 ? 0 : side * size * random.between(0.85, 1);
    timeline.track('sway').add(startS + index * each, 1.15 * each, goal - at, 0.05);
    timeline.track('roll').add(startS + index * each + 0.1, 1.15 * each, 130 * (goal - at), 0.05);
    at = goal;
    side = -side;
  }
}

/**
 * Wind in the hair: it rises, comes in gusts of 3–7 s and dies down before the end. The head gives way a little and
 * the eyes narrow.
 *
 * @returns which way it blows, −1 left or 1 right.
 */
export function wind(
  stage: Stage,
  window: Window,
  direction: Direction | undefined,
  reacts: boolean,
): 1 | -1 {
  const { timeline, random } = stage;
  const { startS, endS } = window;
  const side = sideOf(stage, direction);
  const size = clamp(window.intensity, 0.05, 1);
  const track = timeline.track('wind');
  const fallS = Math.min(1.3, 0.38 * (endS - startS));
  const stillS = endS - 0.08;
  const calm = 0.5 * size;
  track.add(startS, Math.min(0.9, 0.3 * (endS - startS)), calm, 0.1);
  let at = startS + 0.15;
  while (at < stillS - fallS - 0.3) {
    const gustS = Math.min(random.between(3, 7), Math.max(1.4, stillS - fallS - at + 0.5));
    const peak = size * random.between(0.44, 0.5);
    track.add(at, 0.42 * gustS, peak, 0.2);
    track.add(at + 0.46 * gustS, 0.5 * gustS, -peak, 0.1);
    if (reacts) {
      const turn = side * size * random.between(1.6, 2.6);
      timeline.pulse('yaw', at + 0.2, 0.4 * gustS, 0.05 * gustS, 0.45 * gustS, turn);
      timeline.pulse('roll', at + 0.28, 0.4 * gustS, 0.05 * gustS, 0.45 * gustS, side * 0.8 * size);
      timeline.pulse('gazeX', at + 0.2, 0.3 * gustS, 0.1 * gustS, 0.4 * gustS, -0.1 * turn);
      for (const control of ['lidLeft', 'lidRight'] as const) {
        timeline.pulse(control, at + 0.15, 0.3 * gustS, 0.15 * gustS, 0.4 * gustS, 0.17 * size);
      }
      for (const control of ['browLeft', 'browRight'] as const) {
        timeline.pulse(control, at + 0.2, 0.3 * gustS, 0.15 * gustS, 0.4 * gustS, -0.16 * size);
      }
    }
    at += gustS;
  }
  timeline.track('wind').add(stillS - fallS, fallS, -calm, 0);
  return side;
}

/** Gentle life: the head drifts from place to place and the weight shifts, never far. */
export function idle(stage: Stage, { startS, endS, intensity }: Window, pace: number): void {
  const { timeline, random } = stage;
  const length = endS - startS - 0.1;
  const count = Math.max(2, Math.round((length * clamp(pace, 0.6, 1.4)) / 1.45));
  const each = length / count;
  const size = clamp(intensity, 0.3, 1.3);
  const now = { yaw: 0, pitch: 0, roll: 0, sway: 0 };
  let side: number = random.sign();
  for (let index = 0; index < count; index++) {
    const home = index === count - 1;
    const goals = {
      yaw: side * random.between(1.6, 2.7),
      pitch: random.between(-1, 0.7),
      roll: side * random.between(0.3, 1),
      sway: side * random.between(0.001, 0.0028),
    };
    timeline.track('gazeX').add(startS + index * each, 0.09, home ? 0 : side * 0.16, 0.2);
    timeline.track('gazeX').add(startS + index * each + 0.35, 0.8 * each, home ? 0 : side * -0.16);
    for (const control of ['yaw', 'pitch', 'roll', 'sway'] as const) {
      const goal = home ? 0 : goals[control] * size;
      timeline.track(control).add(startS + index * each + 0.1, 1.25 * each - 0.1, goal - now[control], 0.15);
      now[control] = goal;
    }
    side = -side;
  }
}
