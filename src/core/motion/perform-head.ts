import type { Direction } from '../../contracts/score.ts';
import { clamp } from './maths.ts';
import type { Stage, Window } from './stage.ts';
import { leadOf, lookTo, moveGaze, moveHead } from './stage.ts';

/** −1 for the picture's left, 1 for its right, a seeded choice where the words name no side. */
export function sideOf(stage: Stage, direction: Direction | undefined): 1 | -1 {
  if (direction === 'left') return -1;
  if (direction === 'right') return 1;
  return stage.random.sign();
}

/** Turn in degrees that brings a turned source to the camera, within what the rig bears; 0 for a frontal one. */
function towardsCamera(stage: Stage): number {
  if (Math.abs(stage.traits.sourceYaw) < FRONTAL) return 0;
  return clamp(-stage.traits.sourceYaw, -0.86 * stage.limits.yawLeft, 0.86 * stage.limits.yawRight);
}

/** Gaze that meets the camera when the head faces it. */
function cameraGaze(stage: Stage): number {
  return clamp(-stage.traits.sourceGazeX, -0.8, 0.8);
}

/** Degrees that a turn to the camera changes the yaw by, at least. Measured clips must show 8. */
const CAMERA_TURN = 10.3;

/** Below this many degrees a source faces the camera, as far as can be measured. */
const FRONTAL = 0.5;

/**
 * Turns to the camera. A turned source turns towards it; a frontal one first turns away, so that the whole turn is at
 * least {@link CAMERA_TURN} degrees.
 */
function turnToCamera(stage: Stage, { startS, endS, intensity }: Window): void {
  const { timeline, traits, limits } = stage;
  const length = endS - startS;
  const goal = towardsCamera(stage);
  const now = timeline.targetOf('yaw');
  const away = traits.sourceYaw > FRONTAL ? 1 : traits.sourceYaw < -FRONTAL ? -1 : stage.random.sign();
  const room = 0.86 * (away > 0 ? limits.yawRight : limits.yawLeft);
  const missing = CAMERA_TURN * clamp(intensity, 0.97, 1.1) - Math.abs(goal - now);
  let turnS = startS;
  if (missing > 0.3) {
    const outS = 0.4 * length;
    const side = Math.abs(now) > 3 ? Math.sign(now) : away;
    lookTo(stage, startS, outS, {
      yaw: side * Math.min(room, Math.abs(now) + missing),
      gazeX: side * 0.7,
      gazeY: 0.08,
      restX: side * 0.3,
    });
    turnS = startS + outS + 0.1 * length;
  }
  const turnLength = 0.8 * (endS - turnS);
  lookTo(stage, turnS, turnLength, {
    yaw: goal,
    pitch: -0.8,
    gazeX: cameraGaze(stage) + 0.6 * Math.sign(goal - timeline.targetOf('yaw')),
    gazeY: 0,
    restX: cameraGaze(stage),
  });
  const arriveS = turnS + turnLength;
  timeline.pulse('browLeft', arriveS - 0.15, 0.2, 0.12, 0.4, 0.35);
  timeline.pulse('browRight', arriveS - 0.14, 0.2, 0.12, 0.4, 0.35);
}

/** Turns the head and leaves it there. */
export function turnHead(stage: Stage, window: Window, direction: Direction | undefined): void {
  if (direction === 'camera') {
    turnToCamera(stage, window);
    return;
  }
  const length = Math.min(window.endS - window.startS, Math.max(0.65, 0.62 * (window.endS - window.startS)));
  const size = clamp(window.intensity, 0.3, 1.5);
  if (direction === 'up' || direction === 'down') {
    const sign = direction === 'up' ? -1 : 1;
    lookTo(stage, window.startS, length, {
      pitch: sign * 5.6 * size,
      gazeX: stage.timeline.targetOf('gazeX'),
      gazeY: sign * 0.45,
    });
    return;
  }
  const side = sideOf(stage, direction);
  lookTo(stage, window.startS, length, {
    yaw: side * 9.6 * size,
    roll: side * -0.5,
    gazeX: side * 0.75,
    restX: side * 0.25,
  });
}

/** Both sides, a little up in between, and back to the middle. */
function lookAround(stage: Stage, { startS, endS, intensity }: Window): void {
  const length = endS - startS;
  const size = clamp(intensity, 0.85, 1.15);
  const first = stage.random.sign();
  const reach = 10 * size;
  const legs = [
    { at: 0, long: 0.3, yaw: first * reach, pitch: 0.6, gazeX: first * 0.8, gazeY: 0.05 },
    { at: 0.36, long: 0.36, yaw: -first * reach, pitch: -1.6, gazeX: -first * 0.85, gazeY: -0.2 },
    { at: 0.76, long: 0.24, yaw: 0, pitch: 0, gazeX: first * 0.4, gazeY: 0 },
  ];
  legs.forEach((leg, index) => {
    const restX = index === 2 ? 0 : 0.5 * leg.gazeX;
    lookTo(stage, startS + leg.at * length, leg.long * length, { ...leg, restX });
  });
}

/** Looks somewhere: the eyes jump, the head follows part of the way. */
export function look(stage: Stage, window: Window, direction: Direction | undefined): void {
  if (direction === 'around') {
    lookAround(stage, window);
    return;
  }
  const { startS, endS } = window;
  const length = Math.min(0.9, 0.7 * (endS - startS));
  const size = clamp(window.intensity, 0.3, 1.4);
  switch (direction) {
    case 'up':
    case 'down': {
      const sign = direction === 'up' ? -1 : 1;
      lookTo(stage, startS, length, {
        yaw: 0,
        pitch: sign * 4 * size,
        gazeX: 0,
        gazeY: sign * Math.min(0.9, 0.7 * size),
      });
      return;
    }
    case 'camera':
      lookTo(stage, startS, length, {
        yaw: clamp(towardsCamera(stage), -6, 6),
        pitch: 0,
        gazeX: cameraGaze(stage),
        gazeY: 0,
      });
      return;
    default: {
      const side = sideOf(stage, direction);
      lookTo(stage, startS, length, {
        yaw: side * 5.5 * size,
        gazeX: side * Math.min(0.95, 0.85 * size),
        gazeY: 0,
        restX: side * 0.6,
      });
    }
  }
}

/** How many of `times` have room when each needs `leastS`; at least one. */
export function fitting(times: number, lengthS: number, leastS: number): number {
  return Math.max(1, Math.min(times, Math.floor(lengthS / leastS + 1e-6)));
}

/** Nods, each a little smaller than the one before; the eyes stay where they look. */
export function nod(stage: Stage, { startS, endS, intensity }: Window, times: number): void {
  const { timeline } = stage;
  const count = fitting(times, endS - startS, 0.42);
  const each = Math.min(0.85, (endS - startS) / count);
  for (let index = 0; index < count; index++) {
    const size = clamp(intensity, 0.3, 1.3) * (index === 0 ? 1 : 0.82);
    const at = startS + index * each;
    timeline.track('pitch').add(at, 0.28 * each, -1 * size);
    timeline.track('pitch').add(at + 0.16 * each, 0.4 * each, 6.2 * size);
    timeline.track('pitch').add(at + 0.5 * each, 0.4 * each, -5.8 * size);
    timeline.track('pitch').add(at + 0.78 * each, 0.22 * each + 0.1, 0.6 * size);
    timeline.pulse('gazeY', at + 0.16 * each, 0.4 * each, 0, 0.42 * each, -0.3 * size);
  }
}

/** Shakes the head: `times` swings, decaying, ending where it began. */
export function shakeHead(stage: Stage, { startS, endS, intensity }: Window, times: number): void {
  const { timeline } = stage;
  const swings = 2 * Math.max(1, fitting(times, endS - startS, 0.5));
  const each = (endS - startS) / (swings + 0.6);
  const reach = 5.4 * clamp(intensity, 0.3, 1.4) * Math.min(1, each / 0.3);
  let side: number = stage.random.sign();
  let at = 0;
  for (let index = 0; index <= swings; index++) {
    const last = index === swings;
    const fade = 1 - (0.45 * index) / swings;
    const goal = last ? 0 : side * reach * fade;
    timeline.track('yaw').add(startS + index * each, each * 1.25, goal - at);
    timeline.track('gazeX').add(startS + index * each, each * 1.25, -0.06 * (goal - at));
    at = goal;
    side = -side;
  }
  timeline.blinkHints.push(startS + each);
}

/** Leans the head to one side and leaves it there. */
export function tiltHead(stage: Stage, window: Window, direction: Direction | undefined): void {
  const side = sideOf(stage, direction);
  const length = Math.max(0.5, 0.7 * (window.endS - window.startS));
  const size = clamp(window.intensity, 0.3, 1.3);
  moveHead(stage, window.startS, Math.min(length, 1.3), {
    roll: side * 3.1 * size,
    yaw: stage.timeline.targetOf('yaw') - side * 1.4 * size,
  });
}

/** Brings head and gaze back to rest, eyes first, ending a little before the clip does. */
export function comeToRest(stage: Stage): void {
  const { timeline, returnS, durationS } = stage;
  const lead = leadOf(stage);
  const headS = returnS + lead;
  const length = durationS - 0.06 - headS;
  const yaw = timeline.targetOf('yaw');
  if (Math.abs(yaw) > 3) moveGaze(stage, returnS, -0.4 * Math.sign(yaw), 0);
  for (const control of ['yaw', 'pitch', 'roll'] as const) timeline.goTo(control, headS, length, 0, 0.3);
  for (const control of ['gazeX', 'gazeY'] as const)
    timeline.goTo(control, headS + 0.15 * length, 0.6 * length, 0);
}
