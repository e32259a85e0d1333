import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MotionPlan, Pose, RigTraits } from '../../contracts/pose.ts';
import { neutralPose } from '../../contracts/pose.ts';
import type { Score } from '../../contracts/score.ts';
import { PRESETS } from '../../contracts/settings.ts';
import { presetScore } from '../score/presets.ts';
import { limitsFor } from './limits.ts';
import { planMotion } from './plan.ts';
import { tellingTime } from './telling.ts';
import {
  anyDuration,
  anyFace,
  anyPreset,
  anyScore,
  anySeed,
  anyTraits,
  PORTRAIT,
  at,
  track,
} from './test-arbitraries.ts';

const RUNS = { numRuns: 60, endOnFailure: true };
const CONTROLS = Object.keys(neutralPose()) as (keyof Pose)[];
const CAMERA: readonly (keyof Pose)[] = ['zoom', 'panX', 'panY', 'orbit'];
/** Largest change per second of each control. Eyes and lids are meant to be fast. */
const SPEED: Readonly<Partial<Record<keyof Pose, number>>> = {
  yaw: 110,
  pitch: 90,
  roll: 40,
  gazeX: 55,
  gazeY: 45,
  lidLeft: 32,
  lidRight: 32,
  browLeft: 20,
  browRight: 20,
  smile: 14,
  jaw: 20,
  mouthWidth: 14,
  breath: 13,
  sway: 0.1,
  wind: 4,
  handRaise: 6,
  handAngle: 400,
  zoom: 0.5,
  panX: 0.1,
  panY: 0.1,
  orbit: 16,
};

function atRest(pose: Pose, free: readonly (keyof Pose)[]): void {
  const neutral = neutralPose();
  for (const control of CONTROLS) {
    if (control === 'windPhaseS' || control === 'windDirection' || free.includes(control)) continue;
    expect(pose[control], control).toBe(neutral[control]);
  }
}

describe('any motion', () => {
  it('is at rest, exactly, at both ends; an asked-for camera may stay', () => {
    fc.assert(
      fc.property(anyScore, anyDuration, anySeed, anyTraits, (score, durationS, seed, traits) => {
        const plan = planMotion(score, { durationS, seed, traits });
        atRest(at(plan, 0), []);
        atRest(at(plan, durationS), CAMERA);
      }),
      RUNS,
    );
  });

  it('loops as a preset, camera too', () => {
    fc.assert(
      fc.property(anyPreset, anyDuration, anySeed, anyTraits, (score, durationS, seed, traits) => {
        const plan = planMotion(score, { durationS, seed, traits });
        atRest(at(plan, durationS), []);
        const near = at(plan, durationS - 0.02);
        expect(Math.abs(near.yaw)).toBeLessThan(0.1);
        expect(Math.abs(near.zoom - 1)).toBeLessThan(0.001);
      }),
      RUNS,
    );
  });

  it('keeps the limits of the picture', () => {
    fc.assert(
      fc.property(anyScore, anyDuration, anySeed, anyTraits, (score, durationS, seed, traits) => {
        const plan = planMotion(score, { durationS, seed, traits });
        const limits = limitsFor(traits);
        const pose = neutralPose();
        for (let timeS = 0; timeS <= durationS; timeS += 0.05) {
          plan.poseAt(timeS, pose);
          for (const control of CONTROLS) if (!Number.isFinite(pose[control])) expect.fail(control);
          const inside =
            pose.yaw >= -limits.yawLeft &&
            pose.yaw <= limits.yawRight &&
            Math.abs(pose.pitch) <= limits.pitch &&
            Math.abs(pose.roll) <= limits.roll &&
            Math.max(Math.abs(pose.gazeX), Math.abs(pose.gazeY)) <= 1 &&
            Math.min(pose.lidLeft, pose.lidRight) >= -0.15 &&
            Math.max(pose.lidLeft, pose.lidRight) <= 1 &&
            Math.max(Math.abs(pose.browLeft), Math.abs(pose.browRight)) <= 1 &&
            pose.smile >= -1 &&
            pose.smile <= 1.02 &&
            pose.jaw >= 0 &&
            pose.jaw <= 0.6 &&
            Math.abs(pose.mouthWidth) <= 0.34 &&
            Math.abs(pose.breath) <= 1.1 &&
            Math.abs(pose.sway) <= 0.01 &&
            pose.wind >= 0 &&
            pose.wind <= 1 &&
            Math.abs(pose.windDirection) === 1 &&
            pose.handRaise >= 0 &&
            pose.handRaise <= 1 &&
            Math.abs(pose.handAngle) <= 18 &&
            pose.zoom >= 0.92 &&
            pose.zoom <= 1.15 &&
            Math.max(Math.abs(pose.panX), Math.abs(pose.panY)) <= 0.02 &&
            Math.abs(pose.orbit) <= 5;
          if (!inside) expect.fail(JSON.stringify(pose));
        }
      }),
      RUNS,
    );
  });

  it('never jumps', () => {
    fc.assert(
      fc.property(anyScore, anyDuration, anySeed, anyTraits, (score, durationS, seed, traits) => {
        const plan = planMotion(score, { durationS, seed, traits });
        const step = 1 / 240;
        const before = neutralPose();
        const now = neutralPose();
        for (let timeS = 0; timeS + step <= durationS; timeS += step) {
          plan.poseAt(timeS, before);
          plan.poseAt(timeS + step, now);
          for (const control of CONTROLS) {
            const most = SPEED[control];
            if (most === undefined) continue;
            const speed = Math.abs(now[control] - before[control]) / step;
            if (speed > most)
              expect.fail(`${control} moves by ${speed.toFixed(2)} a second at ${timeS.toFixed(3)} s`);
          }
        }
      }),
      { numRuns: 40, endOnFailure: true },
    );
  });

  it('never freezes for .3 s, whatever the picture shows', () => {
    const weight: Partial<Record<keyof Pose, number>> = {
      sway: 100,
      panX: 60,
      panY: 60,
      zoom: 10,
      yaw: 0.2,
      pitch: 0.2,
      roll: 0.3,
      orbit: 0.2,
    };
    fc.assert(
      fc.property(anyPreset, anyDuration, anySeed, anyTraits, (score, durationS, seed, traits) => {
        const plan = planMotion(score, { durationS, seed, traits });
        const before = neutralPose();
        const now = neutralPose();
        for (let timeS = 0.15; timeS + 0.3 <= durationS - 0.15; timeS += 0.1) {
          plan.poseAt(timeS, before);
          plan.poseAt(timeS + 0.3, now);
          let sum = 0;
          for (const control of CONTROLS) {
            if (control === 'windPhaseS') continue;
            sum += Math.abs(now[control] - before[control]) * (weight[control] ?? 1);
          }
          if (sum < 0.002)
            expect.fail(
              `${String(score.preset)} moves by ${sum} in .3 s at ${timeS.toFixed(2)} of ${durationS}`,
            );
        }
      }),
      RUNS,
    );
  });

  it('is the same for the same seed, another for another, and knows no order of times', () => {
    fc.assert(
      fc.property(anyScore, anyDuration, anySeed, anyFace, (score, durationS, seed, traits) => {
        const one = planMotion(score, { durationS, seed, traits });
        const two = planMotion(score, { durationS, seed, traits });
        const times = [0.9, 0.1, 0.5, 0.3].map((part) => part * durationS);
        const first = times.map((timeS) => at(one, timeS));
        const second = [...times].reverse().map((timeS) => at(two, timeS));
        expect(second.reverse()).toEqual(first);
        const other = planMotion(score, { durationS, seed: (seed ^ 0x5555) >>> 0, traits });
        expect(times.map((timeS) => at(other, timeS))).not.toEqual(first);
      }),
      { numRuns: 40, endOnFailure: true },
    );
  });

  it('gives these very numbers on every machine', () => {
    const plan = planMotion(presetScore('look-around'), { durationS: 4, seed: 7, traits: PORTRAIT });
    const pose = at(plan, 1.3);
    expect([pose.yaw, pose.pitch, pose.gazeX, pose.breath]).toMatchInlineSnapshot(`
      [
        -9.427308486068792,
        0.49983337629091834,
        -0.45746380640659484,
        0.44783572710629016,
      ]
    `);
  });

  it('times outside the clip are the ends', () => {
    const plan = planMotion(presetScore('smile-and-blink'), { durationS: 3, seed: 1, traits: PORTRAIT });
    expect(at(plan, -1)).toEqual(at(plan, 0));
    expect(at(plan, 9)).toEqual(at(plan, 3));
  });

  it('draws a pose in less than .05 ms', () => {
    const text = 'the quick brown fox jumps over the lazy dog and says hello to everyone around';
    const score: Score = {
      ...presetScore('look-around'),
      actions: [{ kind: 'speak', text: `${text} ${text}`, intensity: 1, pace: 1 }],
    };
    const plan = planMotion(score, { durationS: 15, seed: 1, traits: PORTRAIT });
    const pose = neutralPose();
    for (let index = 0; index < 2000; index++) plan.poseAt((index % 450) / 30, pose);
    const start = performance.now();
    for (let index = 0; index < 4000; index++) plan.poseAt((index % 450) / 30, pose);
    expect((performance.now() - start) / 4000).toBeLessThan(0.05);
  });
});

/** Times in [from, to) at which a lid is shut. */
function closings(plan: MotionPlan): { at: number; close: number; hold: number; open: number }[] {
  const rate = 1000;
  const lids = track(plan, 'lidLeft', rate);
  const found: { at: number; close: number; hold: number; open: number }[] = [];
  for (let index = 1; index < lids.length; index++) {
    if (lids[index] !== 1 || lids[index - 1] === 1) continue;
    // From and to where the lid is a quarter closed.
    let from = index;
    while (from > 0 && (lids[from] ?? 0) > 0.25) from -= 1;
    let to = index;
    while (lids[to] === 1) to += 1;
    let end = to;
    while (end < lids.length - 1 && (lids[end] ?? 0) > 0.25) end += 1;
    found.push({
      at: from / rate,
      close: (index - from) / rate,
      hold: (to - index) / rate,
      open: (end - to) / rate,
    });
  }
  return found;
}

describe('blinks', () => {
  it('come every 2–6 s, also across the seam of a loop, faster down than up', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...PRESETS),
        anyDuration,
        anySeed,
        anyFace,
        (preset, durationS, seed, traits) => {
          const plan = planMotion(presetScore(preset), { durationS, seed, traits });
          const found = closings(plan);
          expect(found.length).toBeGreaterThan(0);
          found.forEach((blink, index) => {
            const next = found[index + 1]?.at ?? (found[0]?.at ?? 0) + durationS;
            expect(next - blink.at, JSON.stringify(found)).toBeGreaterThan(1.8);
            expect(next - blink.at, JSON.stringify(found)).toBeLessThan(6.4);
            expect(blink.close).toBeGreaterThan(0.03);
            expect(blink.close).toBeLessThan(0.11);
            expect(blink.hold).toBeGreaterThan(0.04);
            expect(blink.open).toBeGreaterThan(blink.close);
            expect(blink.open).toBeLessThan(0.21);
          });
        },
      ),
      { numRuns: 40, endOnFailure: true },
    );
  });

  it('stay away when the words say so, or the eyes are closed in the picture', () => {
    const score: Score = { ...presetScore('look-around'), without: ['blink'] };
    expect(closings(planMotion(score, { durationS: 8, seed: 3, traits: PORTRAIT }))).toEqual([]);
    const asleep: RigTraits = { ...PORTRAIT, eyesOpen: 0.05 };
    expect(
      closings(planMotion(presetScore('gentle-movement'), { durationS: 8, seed: 3, traits: asleep })),
    ).toEqual([]);
  });
});

describe('the telling moment', () => {
  it('is inside the clip, with open eyes, where the preset shows', () => {
    for (const preset of PRESETS) {
      const plan = planMotion(presetScore(preset), { durationS: 4, seed: 1, traits: PORTRAIT });
      const timeS = tellingTime(plan);
      expect(timeS).toBeGreaterThan(0);
      expect(timeS).toBeLessThan(4);
      expect(at(plan, timeS).lidLeft).toBeLessThan(0.35);
    }
    const plan = planMotion(presetScore('smile-and-blink'), { durationS: 4, seed: 1, traits: PORTRAIT });
    expect(at(plan, tellingTime(plan)).smile).toBeGreaterThan(0.8);
  });
});
