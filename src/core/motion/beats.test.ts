import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Action, Score } from '../../contracts/score.ts';
import { presetScore } from '../score/presets.ts';
import { fitBeats } from './beats.ts';
import { anyDuration, anyScore } from './test-arbitraries.ts';

const act = (kind: Action['kind'], more: Partial<Action> = {}): Action => ({
  kind,
  intensity: 1,
  pace: 1,
  ...more,
});
const scoreOf = (...actions: Action[]): Score => {
  const { preset: _, ...rest } = presetScore('breathing');
  return { ...rest, actions };
};

describe('fitBeats', () => {
  it('puts actions one after the other, and together ones at once', () => {
    const { beats } = fitBeats(scoreOf(act('turn-head'), act('smile'), act('blink', { together: true })), 6);
    const [turn, smile, blink] = beats;
    expect(smile?.startS).toBeGreaterThanOrEqual(turn?.endS ?? Infinity);
    expect(blink).toMatchObject({ startS: smile?.startS, endS: smile?.endS, beside: 'smile' });
  });

  it('slow actions take longer than quick ones', () => {
    const length = (pace: number): number => {
      const beat = fitBeats(scoreOf(act('turn-head', { pace }), act('nod'), act('look'), act('wink')), 12)
        .beats[0];
      return (beat?.endS ?? 0) - (beat?.startS ?? 0);
    };
    expect(length(0.5)).toBeGreaterThan(1.3 * length(1));
    expect(length(1)).toBeGreaterThan(1.3 * length(1.8));
  });

  it('drops from the end what does not fit, keeps at least one', () => {
    const many = scoreOf(...Array.from({ length: 9 }, () => act('nod')));
    const fit = fitBeats(many, 3);
    expect(fit.beats.length + fit.dropped.length).toBe(9);
    expect(fit.dropped.length).toBeGreaterThan(3);
    expect(fitBeats(scoreOf(act('blink', { times: 8 })), 3).beats).toHaveLength(1);
  });

  it('what lasts goes on to the end, from its place', () => {
    const { beats } = fitBeats(
      scoreOf(act('turn-head'), act('hair-wind'), act('breathe', { together: true })),
      6,
    );
    const wind = beats.find((beat) => beat.action.kind === 'hair-wind');
    expect(wind?.startS).toBeGreaterThan(1);
    expect(wind?.endS).toBe(6);
    expect(beats.find((beat) => beat.action.kind === 'breathe')?.startS).toBe(0);
  });

  it('keeps every beat inside the clip and in order', () => {
    fc.assert(
      fc.property(anyScore, anyDuration, (score, durationS) => {
        const { beats, returnS } = fitBeats(score, durationS);
        expect(returnS).toBeLessThan(durationS);
        let before = 0;
        for (const beat of beats) {
          expect(beat.startS).toBeGreaterThanOrEqual(0);
          expect(beat.endS).toBeGreaterThan(beat.startS);
          expect(beat.endS).toBeLessThanOrEqual(durationS);
          if (beat.endS === durationS) continue;
          expect(beat.startS).toBeGreaterThanOrEqual(before);
          expect(beat.endS).toBeLessThanOrEqual(returnS + 0.51);
          before = beat.startS;
        }
      }),
    );
  });
});
