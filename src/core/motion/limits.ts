import type { RigTraits } from '../../contracts/pose.ts';
import { clamp, smoothBetween } from './maths.ts';

/** Ranges a pose of a plan never leaves, per picture. Degrees and the units of Pose. */
export interface MotionLimits {
  /** Head turn to the picture's left (a positive number of degrees). */
  readonly yawLeft: number;
  readonly yawRight: number;
  readonly pitch: number;
  readonly roll: number;
  readonly gaze: number;
  readonly jaw: number;
  readonly handAngle: number;
}

/** Head turn, degrees, that a frontal face bears. @source rig-study.md, "Turn". */
export const YAW_MAX = 12;
/** @source rig-study.md, "Turn". */
export const PITCH_MAX = 8;
/** @source rig-study.md, "Turn". */
export const ROLL_MAX = 4;
/** @source rig-study.md, "Mouth". */
export const JAW_MAX = 0.6;

/**
 * The limits for a picture: full for a frontal face, half for a three-quarter one, except that turning towards the
 * camera stays full.
 */
export function limitsFor(traits: RigTraits): MotionLimits {
  const turned = smoothBetween(12, 28, Math.abs(traits.sourceYaw));
  const away = YAW_MAX * (1 - 0.5 * turned);
  const shrink = 1 - 0.5 * clamp(turned, 0, 1);
  return {
    yawLeft: traits.sourceYaw < 0 ? away : YAW_MAX,
    yawRight: traits.sourceYaw > 0 ? away : YAW_MAX,
    pitch: PITCH_MAX * shrink,
    roll: ROLL_MAX * shrink,
    gaze: 1,
    jaw: JAW_MAX,
    handAngle: 18,
  };
}
