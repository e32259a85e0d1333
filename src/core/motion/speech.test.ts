import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { speechLength, visemes } from './speech.ts';

describe('visemes', () => {
  it('m, b and p shut the lips; a opens; o and u round; e widens', () => {
    for (const letter of 'mbp') expect(visemes(letter)[0]?.jaw).toBe(0);
    expect(visemes('a')[0]?.jaw).toBeGreaterThan(0.4);
    for (const letter of 'ou') expect(visemes(letter)[0]?.width).toBeLessThan(-0.2);
    expect(visemes('e')[0]?.width).toBeGreaterThan(0.1);
  });

  it('reads accents as their letters and doubled letters once', () => {
    expect(visemes('é')).toEqual(visemes('e'));
    expect(visemes('hello').length).toBe(4);
  });

  it('says other scripts too, and something where nothing is written', () => {
    expect(visemes('שלום').some((shape) => shape.jaw > 0.1)).toBe(true);
    expect(visemes('こんにちは').length).toBeGreaterThan(2);
    expect(visemes('').length).toBeGreaterThan(5);
  });

  it('takes about as long as a voice does', () => {
    const words = 'I am so happy to see you here today my friend';
    const perWord = speechLength(words) / words.split(' ').length;
    expect(perWord).toBeGreaterThan(0.2);
    expect(perWord).toBeLessThan(0.55);
  });

  it('stays within the jaw’s limit for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        expect(speechLength(text)).toBeGreaterThanOrEqual(0.3);
        for (const shape of visemes(text)) {
          expect(shape.jaw).toBeGreaterThanOrEqual(0);
          expect(shape.jaw).toBeLessThanOrEqual(0.6);
          expect(Math.abs(shape.width)).toBeLessThanOrEqual(0.3);
          expect(shape.lengthS).toBeGreaterThan(0.03);
        }
      }),
    );
  });
});
