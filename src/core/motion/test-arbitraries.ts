import * as fc from 'fast-check';
import type { MotionPlan, Pose, RigTraits } from '../../contracts/pose.ts';
import { neutralPose } from '../../contracts/pose.ts';
import type { Action, Score } from '../../contracts/score.ts';
import { ACTION_KINDS, CAMERA_KINDS } from '../../contracts/score.ts';
import { PRESETS } from '../../contracts/settings.ts';
import { presetScore } from '../score/presets.ts';

/** A frontal portrait with everything but a hand. */
export const PORTRAIT: RigTraits = {
  hasFace: true,
  sourceYaw: 0,
  sourcePitch: 0,
  sourceGazeX: 0,
  eyesOpen: 0.9,
  mouthOpen: 0,
  hasHair: true,
  hasShoulders: true,
  hasHand: false,
  hasPerson: true,
};

/** Any picture's traits. */
export const anyTraits: fc.Arbitrary<RigTraits> = fc.record({
  hasFace: fc.boolean(),
  sourceYaw: fc.double({ min: -45, max: 45, noNaN: true }),
  sourcePitch: fc.double({ min: -20, max: 20, noNaN: true }),
  sourceGazeX: fc.double({ min: -1, max: 1, noNaN: true }),
  eyesOpen: fc.double({ min: 0, max: 1, noNaN: true }),
  mouthOpen: fc.double({ min: 0, max: 0.4, noNaN: true }),
  hasHair: fc.boolean(),
  hasShoulders: fc.boolean(),
  hasHand: fc.boolean(),
  hasPerson: fc.boolean(),
});

/** Traits of pictures that show a face with open eyes. */
export const anyFace: fc.Arbitrary<RigTraits> = anyTraits.map((traits) => ({
  ...traits,
  hasFace: true,
  hasPerson: true,
  eyesOpen: 0.5 + 0.5 * traits.eyesOpen,
}));

const anyAction: fc.Arbitrary<Action> = fc
  .record({
    kind: fc.constantFrom(...ACTION_KINDS),
    direction: fc.option(fc.constantFrom('left', 'right', 'up', 'down', 'camera', 'around'), {
      nil: undefined,
    }),
    intensity: fc.double({ min: 0.25, max: 1.6, noNaN: true }),
    pace: fc.double({ min: 0.4, max: 2, noNaN: true }),
    times: fc.option(fc.integer({ min: 1, max: 8 }), { nil: undefined }),
    text: fc.option(fc.string({ maxLength: 60 }), { nil: undefined }),
    together: fc.option(fc.boolean(), { nil: undefined }),
  })
  .map(({ kind, intensity, pace, ...rest }) => ({
    kind,
    intensity,
    pace,
    ...(rest.direction === undefined ? {} : { direction: rest.direction }),
    ...(rest.times === undefined ? {} : { times: rest.times }),
    ...(rest.text === undefined ? {} : { text: rest.text }),
    ...(rest.together === undefined ? {} : { together: rest.together }),
  }));

/** Any score a prompt may give. */
export const anyScore: fc.Arbitrary<Score> = fc.record({
  actions: fc.array(anyAction, { maxLength: 7 }),
  camera: fc.record({
    kind: fc.constantFrom(...CAMERA_KINDS),
    intensity: fc.double({ min: 0.25, max: 1.6, noNaN: true }),
    pace: fc.double({ min: 0.4, max: 2, noNaN: true }),
  }),
  pace: fc.double({ min: 0.4, max: 2, noNaN: true }),
  sounds: fc.constant([]),
  constraints: fc.constant([]),
  without: fc.subarray([...ACTION_KINDS]),
  unread: fc.constant([]),
  notices: fc.constant([]),
});

/** Any ready motion's score. */
export const anyPreset: fc.Arbitrary<Score> = fc.constantFrom(...PRESETS).map(presetScore);
export const anyDuration: fc.Arbitrary<number> = fc.double({ min: 3, max: 15, noNaN: true });
export const anySeed: fc.Arbitrary<number> = fc.integer({ min: 0, max: 0xffffffff });

/** The pose at a time. */
export function at(plan: MotionPlan, timeS: number): Pose {
  return plan.poseAt(timeS, neutralPose());
}

/** One control over the clip, `rate` times a second. */
export function track(plan: MotionPlan, control: keyof Pose, rate = 120): number[] {
  const values: number[] = [];
  const pose = neutralPose();
  for (let frame = 0; frame <= plan.durationS * rate; frame++)
    values.push(plan.poseAt(frame / rate, pose)[control]);
  return values;
}
