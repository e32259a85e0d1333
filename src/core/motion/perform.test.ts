import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Direction } from '../../contracts/score.ts';
import { limitsFor } from './limits.ts';
import { blink, closeEyes, wink } from './perform-face.ts';
import { comeToRest, look, nod, shakeHead, turnHead } from './perform-head.ts';
import { breaths } from './perform-lasting.ts';
import { Random } from './random.ts';
import type { Stage } from './stage.ts';
import { anyDuration, anyFace, anySeed, PORTRAIT } from './test-arbitraries.ts';
import { blinkAt, blinkLength, Timeline } from './timeline.ts';

function stageFor(durationS = 4, seed = 1, traits = PORTRAIT): Stage {
  return {
    timeline: new Timeline(durationS - 0.03),
    random: new Random(seed, 1),
    limits: limitsFor(traits),
    traits,
    durationS,
    returnS: durationS - 0.9,
  };
}

/** When a control first leaves rest, seconds. */
function onset(stage: Stage, control: 'yaw' | 'pitch' | 'gazeX' | 'gazeY'): number {
  for (let timeS = 0; timeS < stage.durationS; timeS += 0.001) {
    if (Math.abs(stage.timeline.track(control).valueAt(timeS)) > 1e-6) return timeS;
  }
  return Infinity;
}

describe('eyes and head', () => {
  it('the eyes lead the head by 50–150 ms', () => {
    const ways: Direction[] = ['left', 'right', 'around'];
    fc.assert(
      fc.property(anySeed, fc.constantFrom(...ways), fc.boolean(), anyFace, (seed, way, turns, traits) => {
        const stage = stageFor(4, seed, traits);
        const window = { startS: 0.2, endS: 2.4, intensity: 1 };
        if (turns && way !== 'around') turnHead(stage, window, way);
        else look(stage, window, way);
        const lead = onset(stage, 'yaw') - onset(stage, 'gazeX');
        expect(lead).toBeGreaterThan(0.05);
        expect(lead).toBeLessThan(0.15);
      }),
    );
  });

  it('sides are the viewer’s: left is negative', () => {
    for (const [way, sign] of [
      ['left', -1],
      ['right', 1],
    ] as const) {
      const stage = stageFor();
      turnHead(stage, { startS: 0.1, endS: 1.4, intensity: 1 }, way);
      expect(Math.sign(stage.timeline.targetOf('yaw'))).toBe(sign);
      expect(Math.abs(stage.timeline.targetOf('yaw'))).toBeGreaterThan(8);
    }
    for (const [way, sign] of [
      ['up', -1],
      ['down', 1],
    ] as const) {
      const stage = stageFor();
      look(stage, { startS: 0.1, endS: 1.4, intensity: 1 }, way);
      expect(Math.sign(stage.timeline.targetOf('pitch'))).toBe(sign);
      expect(Math.sign(stage.timeline.targetOf('gazeY'))).toBe(sign);
    }
  });

  it('nods and shakes end where they began', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), anySeed, (times, seed) => {
        const stage = stageFor(8, seed);
        nod(stage, { startS: 0.2, endS: 3, intensity: 1 }, times);
        shakeHead(stage, { startS: 3, endS: 6, intensity: 1 }, times);
        expect(stage.timeline.targetOf('pitch')).toBeCloseTo(0, 9);
        expect(stage.timeline.targetOf('yaw')).toBeCloseTo(0, 9);
      }),
    );
  });

  it('come to rest from anywhere', () => {
    fc.assert(
      fc.property(
        anyDuration,
        anySeed,
        fc.double({ min: -10, max: 10, noNaN: true }),
        (durationS, seed, yaw) => {
          const stage = stageFor(durationS, seed);
          stage.timeline.goTo('yaw', 0.1, 0.5, yaw);
          comeToRest(stage);
          expect(stage.timeline.track('yaw').valueAt(durationS)).toBe(0);
          expect(stage.timeline.track('gazeX').valueAt(durationS)).toBe(0);
        },
      ),
    );
  });

  it('a three-quarter face moves half as far away from the camera, and all the way towards it', () => {
    const limits = limitsFor({ ...PORTRAIT, sourceYaw: 35 });
    expect(limits).toMatchObject({ yawRight: 6, yawLeft: 12, pitch: 4, roll: 2 });
    expect(limitsFor(PORTRAIT)).toMatchObject({ yawRight: 12, yawLeft: 12, pitch: 8, roll: 4, jaw: 0.6 });
  });
});

describe('lids', () => {
  it('an asked-for blink stays shut for two frames at 24 fps and takes 150–400 ms', () => {
    const stage = stageFor();
    blink(stage, { startS: 0.5, endS: 2, intensity: 1 }, 2, 0);
    expect(stage.timeline.blinks).toHaveLength(2);
    for (const one of stage.timeline.blinks) {
      expect(one.holdS).toBeGreaterThanOrEqual(2 / 24);
      expect(blinkLength(one)).toBeGreaterThan(0.15);
      expect(blinkLength(one)).toBeLessThanOrEqual(0.4);
      expect(blinkAt(one, one.startS)).toBe(0);
      expect(blinkAt(one, one.startS + one.closeS)).toBe(1);
      expect(blinkAt(one, one.startS + blinkLength(one))).toBe(0);
    }
  });

  it('a wink shuts the eye on its side alone; closed eyes stay closed for their window', () => {
    const stage = stageFor();
    wink(stage, { startS: 0.5, endS: 1.3, intensity: 1 }, 'left', 1);
    expect(stage.timeline.blinks.map((one) => one.eyes)).toEqual(['left']);
    const other = stageFor();
    closeEyes(other, { startS: 0.5, endS: 2.5, intensity: 1 });
    expect(other.timeline.blinks[0]?.holdS).toBeGreaterThan(1.2);
  });
});

describe('breaths', () => {
  it('are a whole number of .2–.35 Hz that fits the clip', () => {
    fc.assert(
      fc.property(anyDuration, fc.double({ min: 0.4, max: 2, noNaN: true }), (durationS, pace) => {
        const { count, lengthS, startS } = breaths(durationS, pace);
        expect(Number.isInteger(count)).toBe(true);
        expect(1 / lengthS).toBeGreaterThanOrEqual(0.2 - 1e-9);
        expect(1 / lengthS).toBeLessThanOrEqual(0.35 + 1e-9);
        expect(startS).toBeGreaterThanOrEqual(0);
        expect(2 * startS + count * lengthS).toBeCloseTo(durationS, 9);
      }),
    );
    expect(breaths(3, 1).count).toBe(1);
    expect(breaths(8, 1).count).toBe(2);
  });
});
