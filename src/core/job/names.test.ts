import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PRESETS, type PresetId } from '../../contracts/settings.ts';
import { characterName, clipName } from './names.ts';

const presets = Object.fromEntries(PRESETS.map((id) => [id, id.toUpperCase()])) as Record<PresetId, string>;

describe('names', () => {
  it.each([
    ['ada_lovelace-2.jpg', 'Ada lovelace 2'],
    ['Mona Lisa.png', 'Mona Lisa'],
    ['folder/éva.webp', 'Éva'],
    ['安娜.jpg', '安娜'],
    ['v1.2 portrait.png', 'V1.2 portrait'],
    ['IMG_20240101_123456.jpg', 'Picture 1'],
    ['DSCF0042.JPG', 'Picture 1'],
    ['image.png', 'Picture 1'],
    ['Screenshot 2026-01-01.png', 'Picture 1'],
    ['9f86d081884c7d65.png', 'Picture 1'],
    ['3b241101-e2bb-4255-8caf-4136c566a962.png', 'Picture 1'],
    ['.png', 'Picture 1'],
    ['', 'Picture 1'],
  ])('%j gives %j', (file, name) => {
    expect(characterName(file, 'Picture 1')).toBe(name);
  });

  it('of a clip say who and what', () => {
    expect(clipName('Ada', { kind: 'preset', preset: 'breathing' }, presets)).toBe('Ada · BREATHING');
    expect(clipName('', { kind: 'preset', preset: 'breathing' }, presets)).toBe('BREATHING');
    const long = 'She smiles slowly, then looks to the left and blinks twice before she turns';
    const prompt = { kind: 'prompt', prompt: `  ${long}\n` } as const;
    expect(clipName('Ada', prompt, presets)).toBe('Ada · She smiles slowly, then looks to…');
  });

  it('are never empty, never long and never cut a letter in two', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (file, prompt) => {
        const name = characterName(file, 'Picture 1');
        expect(name).not.toBe('');
        expect(name).not.toMatch(/\p{Surrogate}/u);
        const clip = clipName(name, { kind: 'prompt', prompt }, presets);
        expect(clip).not.toMatch(/\p{Surrogate}/u);
        expect([...new Intl.Segmenter().segment(clip)].length).toBeLessThanOrEqual(60);
      }),
    );
  });
});
