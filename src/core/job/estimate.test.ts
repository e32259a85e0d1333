import { describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS } from '../../contracts/settings.ts';
import { estimateClipS, learnSpeed } from './estimate.ts';

const source = { width: 1000, height: 1000 };
/** 120 frames of 720 × 720. */
const done = { totalMs: 7000, framesMs: 6000, width: 720, height: 720, frames: 120 };

describe('the estimate of a clip', () => {
  it('repeats what the same clip took', () => {
    expect(estimateClipS(learnSpeed(null, done), source, DEFAULT_SETTINGS)).toBeCloseTo(7, 6);
  });

  it('grows with frames and pixels, but not its fixed part', () => {
    const speed = learnSpeed(null, done);
    expect(estimateClipS(speed, source, { ...DEFAULT_SETTINGS, seconds: 8 })).toBeCloseTo(13, 6);
    expect(estimateClipS(speed, source, { ...DEFAULT_SETTINGS, resolution: '480p' })).toBeCloseTo(
      1 + (6 * 480 ** 2) / 720 ** 2,
      6,
    );
  });

  it('comes near the truth again after one slow job', () => {
    let speed = learnSpeed(null, { ...done, totalMs: 70_000, framesMs: 60_000 });
    for (let i = 0; i < 6; i += 1) speed = learnSpeed(speed, done);
    expect(estimateClipS(speed, source, DEFAULT_SETTINGS)).toBeLessThan(10);
  });
});
