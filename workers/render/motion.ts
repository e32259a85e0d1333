import type { MotionPlan, RigTraits } from '../../src/contracts/pose.ts';
import { neutralPose } from '../../src/contracts/pose.ts';
import type { ScoreReport } from '../../src/contracts/render.api.ts';
import type { Motion } from '../../src/contracts/settings.ts';
import { planMotion } from '../../src/core/motion/plan.ts';
import { readMotion } from '../../src/core/score/read-motion.ts';

/** A motion read and planned for a picture. */
export interface PlannedMotion {
  readonly report: ScoreReport;
  readonly plan: MotionPlan;
}

/** Reads a motion against a picture's traits and plans it. @throws ERR_INPUT_PROMPT_* */
export function plannedMotion(
  motion: Motion,
  traits: RigTraits,
  durationS: number,
  seed: number,
): PlannedMotion {
  const score = readMotion(motion, traits, durationS);
  return { report: { score, notices: score.notices }, plan: planMotion(score, { durationS, seed, traits }) };
}

/** Largest magnification of a plan, for the texture's size: 1 when the camera holds. */
export function largestZoom(plan: MotionPlan): number {
  const pose = neutralPose();
  let zoom = 1;
  for (let k = 0; k <= 24; k++) {
    plan.poseAt((plan.durationS * k) / 24, pose);
    zoom = Math.max(zoom, pose.zoom + 2.1 * Math.max(Math.abs(pose.panX), Math.abs(pose.panY)));
  }
  return zoom;
}
