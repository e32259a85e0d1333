import { describe, expect, it } from 'vitest';
import type { RigTraits } from '../../contracts/pose.ts';
import { PRESETS } from '../../contracts/settings.ts';
import { presetScore } from '../score/presets.ts';
import { planMotion } from './plan.ts';
import { PORTRAIT, track } from './test-arbitraries.ts';

describe('each preset does what its name says', () => {
  const lengths = [3, 4, 5.4, 8, 15];
  const seeds = [0, 1, 2, 77, 0xffffffff];
  const every = (check: (durationS: number, seed: number) => void): void => {
    for (const durationS of lengths) for (const seed of seeds) check(durationS, seed);
  };

  it('smile and blink: lids shut on a frame at 24 and 30 fps, a smile of .8 held for .8 s', () => {
    every((durationS, seed) => {
      const plan = planMotion(presetScore('smile-and-blink'), { durationS, seed, traits: PORTRAIT });
      for (const fps of [24, 30]) {
        const left = track(plan, 'lidLeft', fps);
        const right = track(plan, 'lidRight', fps);
        const shut = left.filter((lid, frame) => lid === 1 && right[frame] === 1);
        expect(shut.length).toBeGreaterThanOrEqual(2);
      }
      const held = track(plan, 'smile').filter((smile) => smile >= 0.8).length / 120;
      expect(held).toBeGreaterThan(0.8);
    });
  });

  it('turn to camera: at least 9.5° towards the camera, whatever way the head stood', () => {
    for (const sourceYaw of [-40, -25, -12, -9, -6, -3, 0, 3, 5, 8, 11, 20, 30, 45]) {
      every((durationS, seed) => {
        const plan = planMotion(presetScore('turn-to-camera'), {
          durationS,
          seed,
          traits: { ...PORTRAIT, sourceYaw },
        });
        const yaw = track(plan, 'yaw');
        // How far from the camera the head is turned; the largest fall of that before the clip's last sixth.
        const off = yaw.slice(0, Math.floor(0.85 * yaw.length)).map((value) => Math.abs(sourceYaw + value));
        let farthest = 0;
        let turned = 0;
        for (const value of off) {
          farthest = Math.max(farthest, value);
          turned = Math.max(turned, farthest - value);
        }
        expect(turned, `${sourceYaw}° ${durationS} s seed ${seed}`).toBeGreaterThan(9);
      });
    }
  });

  it('look around: both sides, 8° and the gaze', () => {
    every((durationS, seed) => {
      const plan = planMotion(presetScore('look-around'), { durationS, seed, traits: PORTRAIT });
      const yaw = track(plan, 'yaw', 240);
      const gaze = track(plan, 'gazeX', 240);
      expect(Math.max(...yaw)).toBeGreaterThan(8.5);
      expect(Math.min(...yaw)).toBeLessThan(-8.5);
      expect(Math.max(...gaze)).toBeGreaterThan(0.5);
      expect(Math.min(...gaze)).toBeLessThan(-0.5);
    });
  });

  it('breathing: a whole number of breaths at .2–.35 Hz, deep ones', () => {
    for (let durationS = 3; durationS <= 15; durationS += 0.1) {
      const plan = planMotion(presetScore('breathing'), { durationS, seed: 5, traits: PORTRAIT });
      const breath = track(plan, 'breath', 60);
      const peaks: number[] = [];
      breath.forEach((value, frame) => {
        if (
          value > 0.6 &&
          value >= (breath[frame - 1] ?? 0) &&
          value > (breath[frame + 1] ?? 0) &&
          frame - (peaks.at(-1) ?? -99) > 60
        )
          peaks.push(frame);
      });
      const first = peaks[0] ?? 0;
      const last = peaks.at(-1) ?? 0;
      expect(peaks.length).toBeGreaterThan(0);
      const hertz =
        peaks.length > 1 ? (peaks.length - 1) / ((last - first) / 60) : 1 / Math.min(durationS, 5);
      expect(hertz, `${durationS} s`).toBeGreaterThan(0.19);
      expect(hertz, `${durationS} s`).toBeLessThan(0.365);
    }
  });

  it('hair in wind: rises to a gust and dies down; nothing blows without hair', () => {
    every((durationS, seed) => {
      const plan = planMotion(presetScore('hair-in-wind'), { durationS, seed, traits: PORTRAIT });
      const wind = track(plan, 'wind');
      expect(Math.max(...wind)).toBeGreaterThan(0.85);
      expect(wind.filter((value) => value > 0.3).length / wind.length).toBeGreaterThan(0.5);
      expect(Math.max(...track(plan, 'lidLeft').filter((lid) => lid < 0.5))).toBeGreaterThan(0.08);
      const bald = planMotion(presetScore('hair-in-wind'), {
        durationS,
        seed,
        traits: { ...PORTRAIT, hasHair: false },
      });
      expect(Math.max(...track(bald, 'wind'))).toBe(0);
    });
  });

  it('wave hello: a visible hand waves 2–3 times, without one the head greets', () => {
    every((durationS, seed) => {
      const withHand = planMotion(presetScore('wave-hello'), {
        durationS,
        seed,
        traits: { ...PORTRAIT, hasHand: true },
      });
      expect(Math.max(...track(withHand, 'handRaise'))).toBe(1);
      const angle = track(withHand, 'handAngle');
      expect(Math.max(...angle)).toBeGreaterThan(9);
      expect(Math.min(...angle)).toBeLessThan(-9);
      const bare = planMotion(presetScore('wave-hello'), { durationS, seed, traits: PORTRAIT });
      expect(Math.max(...track(bare, 'handRaise'))).toBe(0);
      expect(Math.max(...track(bare, 'pitch'))).toBeGreaterThan(2.5);
      expect(Math.max(...track(bare, 'roll').map(Math.abs))).toBeGreaterThan(1.8);
      for (const plan of [withHand, bare]) expect(Math.max(...track(plan, 'smile'))).toBeGreaterThan(0.75);
    });
  });

  it('gentle movement: drifts, breathes, smiles faintly, pushes in by 3% at most', () => {
    every((durationS, seed) => {
      const plan = planMotion(presetScore('gentle-movement'), { durationS, seed, traits: PORTRAIT });
      expect(Math.max(...track(plan, 'yaw').map(Math.abs))).toBeGreaterThan(1.2);
      expect(Math.max(...track(plan, 'yaw').map(Math.abs))).toBeLessThan(5);
      expect(Math.max(...track(plan, 'smile'))).toBeGreaterThan(0.2);
      const zoom = track(plan, 'zoom');
      expect(Math.max(...zoom)).toBeGreaterThan(1.015);
      expect(Math.max(...zoom)).toBeLessThanOrEqual(1.031);
    });
  });

  it('without a face: only camera, breath, body and wind, and still alive', () => {
    const bare: RigTraits = { ...PORTRAIT, hasFace: false };
    for (const preset of PRESETS) {
      const plan = planMotion(presetScore(preset), { durationS: 4, seed: 9, traits: bare });
      for (const control of [
        'yaw',
        'pitch',
        'roll',
        'gazeX',
        'gazeY',
        'lidLeft',
        'browLeft',
        'smile',
        'jaw',
      ] as const) {
        expect(Math.max(...track(plan, control).map(Math.abs)), `${preset} ${control}`).toBe(0);
      }
      expect(Math.max(...track(plan, 'zoom'))).toBeGreaterThan(1.02);
      expect(Math.max(...track(plan, 'breath'))).toBeGreaterThan(0.4);
    }
  });
});
