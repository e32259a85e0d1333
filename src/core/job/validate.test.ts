import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError, type ErrorCode } from '../../contracts/errors.ts';
import { DEFAULT_SETTINGS, PRESETS } from '../../contracts/settings.ts';
import { validateSettings } from './validate.ts';

function codeOf(input: unknown): ErrorCode | null {
  try {
    validateSettings(input);
    return null;
  } catch (cause) {
    if (cause instanceof AppError) return cause.code;
    throw cause;
  }
}
const prompt = (text: string): unknown => ({ ...DEFAULT_SETTINGS, motion: { kind: 'prompt', prompt: text } });

describe('validateSettings', () => {
  it.each(PRESETS)('takes the preset %s', (preset) => {
    expect(codeOf({ ...DEFAULT_SETTINGS, motion: { kind: 'preset', preset } })).toBeNull();
  });

  it('gives back the settings without what does not belong there', () => {
    expect(validateSettings({ ...DEFAULT_SETTINGS, extra: 1 })).toEqual(DEFAULT_SETTINGS);
  });

  it.each([
    [{ seconds: 0 }, 'ERR_INPUT_SECONDS'],
    [{ seconds: 2.9 }, 'ERR_INPUT_SECONDS'],
    [{ seconds: 15.1 }, 'ERR_INPUT_SECONDS'],
    [{ seconds: 16 }, 'ERR_INPUT_SECONDS'],
    [{ seconds: -4 }, 'ERR_INPUT_SECONDS'],
    [{ seconds: NaN }, 'ERR_INPUT_SECONDS'],
    [{ seconds: Infinity }, 'ERR_INPUT_SECONDS'],
    [{ seconds: '4' }, 'ERR_INPUT_SECONDS'],
    [{ seconds: null }, 'ERR_INPUT_SECONDS'],
    [{ seconds: undefined }, 'ERR_INPUT_SECONDS'],
    [{ resolution: '4k' }, 'ERR_INPUT_RESOLUTION'],
    [{ fps: 25 }, 'ERR_INPUT_FPS'],
    [{ fps: NaN }, 'ERR_INPUT_FPS'],
    [{ aspect: '4:3' }, 'ERR_INPUT_ASPECT'],
    [{ seed: -1 }, 'ERR_INPUT_SEED'],
    [{ seed: 1.5 }, 'ERR_INPUT_SEED'],
    [{ seed: 2 ** 32 }, 'ERR_INPUT_SEED'],
    [{ seed: NaN }, 'ERR_INPUT_SEED'],
    [{ pack: '' }, 'ERR_INPUT_PACK'],
    [{ pack: '../portrait' }, 'ERR_INPUT_PACK'],
    [{ pack: 'No such pack' }, 'ERR_INPUT_PACK'],
    [{ pack: 7 }, 'ERR_INPUT_PACK'],
    [{ embedSettings: 'yes' }, 'ERR_INPUT_ARGUMENT'],
    [{ motion: { kind: 'preset', preset: 'dance' } }, 'ERR_INPUT_PRESET'],
    [{ motion: { kind: 'preset' } }, 'ERR_INPUT_PRESET'],
    [{ motion: null }, 'ERR_INPUT_PRESET'],
    [{ motion: undefined }, 'ERR_INPUT_PRESET'],
    [{ motion: { kind: 'dance' } }, 'ERR_INPUT_ARGUMENT'],
    [{ motion: { kind: 'prompt', prompt: 7 } }, 'ERR_INPUT_ARGUMENT'],
  ] as const)('refuses %j with %s', (change, code) => {
    expect(codeOf({ ...DEFAULT_SETTINGS, ...change })).toBe(code);
  });

  it.each(['portrait', 'ltx-2b', 'tiny.wan'])(
    'leaves it to others whether the pack %s is installed',
    (pack) => {
      expect(codeOf({ ...DEFAULT_SETTINGS, pack })).toBeNull();
    },
  );

  it.each([3, 3.5, 15])('takes %d seconds', (seconds) => {
    expect(codeOf({ ...DEFAULT_SETTINGS, seconds })).toBeNull();
  });

  it('takes a prompt of 5,000 characters and refuses one of 5,001', () => {
    expect(codeOf(prompt('x'.repeat(5000)))).toBeNull();
    expect(codeOf(prompt('x'.repeat(5001)))).toBe('ERR_INPUT_PROMPT_TOO_LONG');
  });

  it.each(['', '   ', '\n\t', '\u200b\u200d', '\u00a0'])('calls the prompt %j empty', (text) => {
    expect(codeOf(prompt(text))).toBe('ERR_INPUT_PROMPT_EMPTY');
  });

  it.each(['🙂', 'تبتسم ببطء', 'she blinks'])('leaves the meaning of %j to the reader', (text) => {
    expect(codeOf(prompt(text))).toBeNull();
  });

  it.each([null, undefined, 7, 'x', []])('refuses %j for settings', (input) => {
    expect(codeOf(input)).toMatch(/^ERR_INPUT_/u);
  });

  it('never fails with anything but its own codes', () => {
    fc.assert(
      fc.property(fc.anything(), (anything) => {
        const code = codeOf(anything) ?? codeOf({ ...DEFAULT_SETTINGS, motion: anything });
        return code === null || code.startsWith('ERR_INPUT_');
      }),
    );
  });
});
