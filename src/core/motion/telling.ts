import type { MotionPlan } from '../../contracts/pose.ts';
import { neutralPose } from '../../contracts/pose.ts';

/** Moments that are looked at. */
const LOOKS = 96;

/**
 * The moment, in seconds, at which a still shows the motion best: far from rest, eyes open. For a strip of preset
 * stills.
 */
export function tellingTime(plan: MotionPlan): number {
  const pose = neutralPose();
  let best = 0.5 * plan.durationS;
  let bestWorth = -Infinity;
  for (let index = 1; index < LOOKS; index++) {
    const timeS = (plan.durationS * index) / LOOKS;
    plan.poseAt(timeS, pose);
    const shut = Math.max(pose.lidLeft, pose.lidRight) - 0.35;
    const worth =
      Math.abs(pose.yaw) / 12 +
      0.3 * Math.abs(pose.gazeX) +
      Math.abs(pose.pitch) / 8 +
      (0.8 * Math.abs(pose.roll)) / 4 +
      1.2 * Math.abs(pose.smile) +
      1.2 * pose.handRaise +
      Math.abs(pose.handAngle) / 20 +
      1.2 * pose.wind +
      0.5 * pose.breath +
      0.7 * pose.jaw +
      0.4 * Math.abs(pose.browLeft) +
      4 * Math.abs(pose.zoom - 1) -
      (shut > 0 ? 2.5 * shut : 0);
    if (worth > bestWorth) {
      bestWorth = worth;
      best = timeS;
    }
  }
  return best;
}
