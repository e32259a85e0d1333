import type { RigTraits } from '../../contracts/pose.ts';
import type { MotionLimits } from './limits.ts';
import { clamp } from './maths.ts';
import type { Random } from './random.ts';
import type { Timeline } from './timeline.ts';

/** What a performer works with: where to write, and what it must know. */
export interface Stage {
  readonly timeline: Timeline;
  readonly random: Random;
  readonly limits: MotionLimits;
  readonly traits: RigTraits;
  readonly durationS: number;
  /** When everything starts going back to rest. */
  readonly returnS: number;
}

/** A window of time in seconds with the size and speed of what happens in it. */
export interface Window {
  readonly startS: number;
  readonly endS: number;
  /** 1 is the preset's own size. */
  readonly intensity: number;
}

/** A head's place in degrees; what is left out stays as it is. */
export interface HeadPlace {
  readonly yaw?: number;
  readonly pitch?: number;
  readonly roll?: number;
}

/** Commands stay below the part of a limit where it starts to bend. */
const COMFORT = 0.86;

function kept(stage: Stage, control: 'yaw' | 'pitch' | 'roll', value: number): number {
  const { limits } = stage;
  if (control === 'yaw') return clamp(value, -COMFORT * limits.yawLeft, COMFORT * limits.yawRight);
  const limit = COMFORT * limits[control];
  return clamp(value, -limit, limit);
}

/**
 * Moves the head as a body does: a little the other way first, then a quick start and a slow arrival slightly past the
 * goal, then it settles. A turn dips the chin on its way.
 *
 * @param settle false where the next move follows at once.
 */
export function moveHead(
  stage: Stage,
  startS: number,
  lengthS: number,
  place: HeadPlace,
  settle = true,
): void {
  const { timeline } = stage;
  for (const control of ['yaw', 'pitch', 'roll'] as const) {
    const asked = place[control];
    if (asked === undefined) continue;
    const delta = kept(stage, control, asked) - timeline.targetOf(control);
    if (Math.abs(delta) < 0.01) continue;
    const track = timeline.track(control);
    const before = 0.04;
    const past = settle ? 0.05 : 0;
    track.add(startS, 0.24 * lengthS, -before * delta);
    track.add(startS + 0.08 * lengthS, 0.92 * lengthS, (1 + before + past) * delta, 0.3);
    track.add(startS + 0.78 * lengthS, 0.26 * lengthS + 0.14, -past * delta);
    if (control === 'yaw' && Math.abs(delta) > 4) {
      timeline.pulse(
        'pitch',
        startS + 0.1 * lengthS,
        0.38 * lengthS,
        0,
        0.45 * lengthS,
        0.08 * Math.abs(delta),
      );
      timeline.blinkHints.push(startS + 0.25 * lengthS);
    }
  }
}

/** Moves the eyes in one jump of 70–110 ms. −1…1 of the rig's range. */
export function moveGaze(stage: Stage, startS: number, x: number, y?: number): void {
  const { timeline } = stage;
  const far = Math.abs(clamp(x, -1, 1) - timeline.targetOf('gazeX'));
  const lengthS = 0.07 + 0.03 * Math.min(1, far);
  timeline.goTo('gazeX', startS, lengthS, clamp(x, -0.95, 0.95), 0.2);
  if (y !== undefined) timeline.goTo('gazeY', startS, lengthS, clamp(y, -0.95, 0.95), 0.2);
}

/** How long the eyes are ahead of the head: 70–130 ms. @source packs.md, "Rig". */
export function leadOf(stage: Stage): number {
  return stage.random.between(0.07, 0.13);
}

/** Eyes first, then the head; when the head arrives the eyes have mostly come back to its middle. */
export function lookTo(
  stage: Stage,
  startS: number,
  lengthS: number,
  place: HeadPlace & { readonly gazeX: number; readonly gazeY?: number; readonly restX?: number },
  settle = true,
): void {
  const lead = Math.min(leadOf(stage), 0.3 * lengthS);
  moveGaze(stage, startS, place.gazeX, place.gazeY);
  moveHead(stage, startS + lead, lengthS - lead, place, settle);
  if (place.restX !== undefined) {
    stage.timeline.goTo(
      'gazeX',
      startS + lead + 0.3 * lengthS,
      0.55 * lengthS,
      clamp(place.restX, -0.95, 0.95),
    );
  }
}
