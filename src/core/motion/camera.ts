import type { CameraMove, Score } from '../../contracts/score.ts';
import { clamp } from './maths.ts';
import type { Stage } from './stage.ts';
import type { Control } from './timeline.ts';

type Goals = readonly (readonly [Control, number])[];

/**
 * Where each camera move ends at intensity 1: the person's magnification, shifts in fractions of the picture, degrees.
 * Pans magnify a little too, which keeps the borders out of sight.
 *
 * @source rig-study.md, "Camera": 1.10 over 1.03 is free; 1% sideways is invisible, 2% shows the fill.
 */
const GOALS: Readonly<Record<Exclude<CameraMove['kind'], 'hold'>, Goals>> = {
  'push-in': [['zoom', 0.1]],
  'zoom-in': [['zoom', 0.12]],
  'pull-out': [['zoom', -0.05]],
  'zoom-out': [['zoom', -0.06]],
  'pan-left': [
    ['panX', -0.016],
    ['zoom', 0.025],
  ],
  'pan-right': [
    ['panX', 0.016],
    ['zoom', 0.025],
  ],
  'tilt-up': [
    ['panY', -0.016],
    ['zoom', 0.025],
  ],
  'tilt-down': [
    ['panY', 0.016],
    ['zoom', 0.025],
  ],
  'orbit-left': [
    ['orbit', -3.2],
    ['zoom', 0.015],
  ],
  'orbit-right': [
    ['orbit', 3.2],
    ['zoom', 0.015],
  ],
};

/** Furthest that any camera control goes from rest. */
export const CAMERA_MAX: Readonly<Record<'zoom' | 'panX' | 'panY' | 'orbit', number>> = {
  zoom: 0.14,
  panX: 0.02,
  panY: 0.02,
  orbit: 5,
};

/**
 * Moves the camera over the clip. A preset's camera comes back, so that the clip loops; one that was asked for ends at
 * its goal, because that is what "push in" means.
 */
export function moveCamera(stage: Stage, score: Score): void {
  const { camera } = score;
  if (camera.kind === 'hold') return;
  const { timeline, durationS } = stage;
  const endS = durationS - 0.05;
  const pace = clamp(camera.pace * score.pace, 0.4, 2);
  for (const [control, goal] of GOALS[camera.kind]) {
    const limit = CAMERA_MAX[control as keyof typeof CAMERA_MAX];
    const low = control === 'zoom' ? -0.07 : -limit;
    const size = clamp(goal * clamp(camera.intensity, 0.1, 1.5), low, limit);
    const track = timeline.track(control);
    if (score.preset === undefined) {
      const lengthS = pace > 1 ? Math.max(0.8, (endS - 0.1) / (pace * pace)) : endS - 0.1;
      track.add(0.1, lengthS, size, 0);
    } else {
      track.add(0.05, 0.55 * endS, size, 0);
      track.add(0.45 * endS, 0.55 * endS, -size, 0);
    }
  }
}

/** Without a face the camera is most of the motion: it drifts sideways and in, and comes back. */
export function driftCamera(stage: Stage): void {
  const { timeline, random, durationS } = stage;
  const endS = durationS - 0.05;
  const side = random.sign();
  timeline.track('zoom').add(0.02, 0.56 * endS, 0.06, 0);
  timeline.track('zoom').add(0.44 * endS, 0.56 * endS, -0.06, 0);
  const legs: readonly (readonly [number, number, number])[] = [
    [0, 0.36, 1],
    [0.3, 0.46, -1.8],
    [0.7, 0.3, 0.8],
  ];
  for (const [from, long, delta] of legs) {
    timeline.track('panX').add(0.02 + from * endS, long * endS, side * 0.009 * delta, 0);
    timeline.track('orbit').add(0.02 + from * endS, long * endS, side * 1.6 * delta, 0);
  }
}
