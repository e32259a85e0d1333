import { describe, expect, it } from 'vitest';
import type { RigTraits } from '../../contracts/pose.ts';
import { PRESETS } from '../../contracts/settings.ts';
import { PORTRAIT } from '../motion/test-arbitraries.ts';
import { presetScore } from './presets.ts';
import { readMotion } from './read-motion.ts';

function codesOf(prompt: string, traits: RigTraits = PORTRAIT, durationS?: number): string[] {
  return readMotion({ kind: 'prompt', prompt }, traits, durationS).notices.map((one) => one.code);
}

describe('presets', () => {
  it('have scores with their own name and no complaint on a full portrait', () => {
    const full: RigTraits = { ...PORTRAIT, hasHand: true };
    for (const preset of PRESETS) {
      const score = readMotion({ kind: 'preset', preset }, full, 3);
      expect(score).toEqual(presetScore(preset));
      expect(score.preset).toBe(preset);
      expect(score.actions.length).toBeGreaterThan(0);
    }
  });

  it('say what the picture lacks', () => {
    const lacking = (preset: (typeof PRESETS)[number], traits: Partial<RigTraits>): string[] =>
      readMotion({ kind: 'preset', preset }, { ...PORTRAIT, ...traits }).notices.map((one) => one.code);
    expect(lacking('wave-hello', {})).toEqual(['NOTICE_NO_HAND']);
    expect(lacking('hair-in-wind', { hasHair: false })).toEqual(['NOTICE_NO_HAIR']);
    expect(lacking('breathing', { hasShoulders: false })).toEqual(['NOTICE_NO_SHOULDERS']);
    expect(lacking('breathing', { hasPerson: false })).toEqual(['NOTICE_NO_PERSON']);
    expect(lacking('smile-and-blink', { eyesOpen: 0.02 })).toEqual(['NOTICE_EYES_CLOSED']);
    for (const preset of [
      'gentle-movement',
      'turn-to-camera',
      'smile-and-blink',
      'wave-hello',
      'look-around',
    ] as const) {
      expect(lacking(preset, { hasFace: false })).toContain('NOTICE_NO_FACE');
    }
    expect(lacking('breathing', { hasFace: false })).toContain('NOTICE_NO_FACE');
  });
});

describe('prompts against a picture and a length', () => {
  it('say what the picture lacks', () => {
    expect(codesOf('She smiles')).toEqual([]);
    expect(codesOf('She smiles', { ...PORTRAIT, hasFace: false })).toEqual(['NOTICE_NO_FACE']);
    expect(codesOf('She waves')).toEqual(['NOTICE_NO_HAND']);
    expect(codesOf('The camera pushes in', { ...PORTRAIT, hasFace: false })).toEqual([]);
  });

  it('say what does not fit the length', () => {
    const long = 'She turns left, then turns right, then nods, then looks up, then laughs, then winks.';
    expect(codesOf(long, PORTRAIT, 3)).toEqual(['NOTICE_TOO_MANY_BEATS']);
    expect(codesOf(long, PORTRAIT, 12)).toEqual([]);
    expect(codesOf(long)).toEqual([]);
    const speech = `She says "${'I have so very much to tell you. '.repeat(6)}"`;
    expect(codesOf(speech, PORTRAIT, 4)).toEqual(['NOTICE_NO_VOICE', 'NOTICE_SPEECH_CUT']);
    expect(codesOf('She says "Hello there, my friend"', PORTRAIT, 4)).toEqual(['NOTICE_NO_VOICE']);
  });

  it('passes the reader’s errors on', () => {
    expect(() => readMotion({ kind: 'prompt', prompt: ' ' }, PORTRAIT)).toThrowError(
      expect.objectContaining({ code: 'ERR_INPUT_PROMPT_EMPTY' }),
    );
  });
});
