import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { keySchema } from '../../contracts/licence/api.ts';
import { KEY_BYTES, makeKey, normaliseKey } from './key.ts';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const bytes = fc.uint8Array({ minLength: KEY_BYTES, maxLength: KEY_BYTES });
const key = bytes.map(makeKey);
/** The 25 characters of a key, and the key of 25 characters. */
const bare = (text: string): string => text.slice(3).replaceAll('-', '');
const whole = (characters: string): string => `SW-${(characters.match(/.{1,5}/g) ?? []).join('-')}`;
const replaced = (text: string, place: number, character: string): string =>
  text.slice(0, place) + character + text.slice(place + 1);

describe('a licence key', () => {
  it('is made in the form that the API takes, and read as itself', () => {
    fc.assert(
      fc.property(key, (made) => {
        expect(v.is(keySchema, made)).toBe(true);
        expect(normaliseKey(made)).toBe(made);
      }),
    );
  });

  it('holds all of its 120 random bits, and no more', () => {
    fc.assert(
      fc.property(bytes, fc.uint8Array({ maxLength: 8 }), (random, beyond) => {
        const characters = bare(makeKey(random)).slice(0, 24);
        const bits = [...characters]
          .map((character) => ALPHABET.indexOf(character).toString(2).padStart(5, '0'))
          .join('');
        expect(bits).toBe([...random].map((byte) => byte.toString(2).padStart(8, '0')).join(''));
        expect(makeKey(new Uint8Array([...random, ...beyond]))).toBe(makeKey(random));
      }),
    );
    expect(() => makeKey(new Uint8Array(KEY_BYTES - 1))).toThrow(RangeError);
  });

  it('is forgiven case, spaces, dashes of any kind, and O, I, L', () => {
    const spoiled = fc.tuple(
      key,
      fc.boolean(),
      fc.boolean(),
      fc.constantFrom('', ' ', '-', '–', '—', '−', '_', '\u00a0', '\u200b', ' - ', '\t', '\n'),
      fc.constantFrom('0', 'O', 'o'),
      fc.constantFrom('1', 'I', 'i', 'L', 'l'),
    );
    fc.assert(
      fc.property(spoiled, ([made, lower, prefix, dash, zero, one]) => {
        const characters = bare(made).replaceAll('0', zero).replaceAll('1', one);
        const groups = characters.match(/.{5}/g) ?? [];
        const typed = ` ${(prefix ? ['SW', ...groups] : groups).join(dash)}\u200b `;
        expect(normaliseKey(lower ? typed.toLowerCase() : typed)).toBe(made);
      }),
    );
  });

  it('with any one wrong character is found, every place and every character', () => {
    let tried = 0;
    for (const seed of [0, 1, 77, 255]) {
      const good = bare(makeKey(Uint8Array.from({ length: KEY_BYTES }, (_, i) => (seed * (i + 1)) & 255)));
      expect(normaliseKey(whole(good))).not.toBeNull();
      for (let place = 0; place < 25; place++) {
        for (const character of ALPHABET) {
          if (character === good[place]) continue;
          expect(normaliseKey(whole(replaced(good, place, character)))).toBeNull();
          tried++;
        }
      }
    }
    expect(tried).toBe(4 * 25 * 31);
  });

  it('with any two characters swapped is found', () => {
    fc.assert(
      fc.property(key, (made) => {
        const good = bare(made);
        for (let a = 0; a < 25; a++)
          for (let b = a + 1; b < 25; b++) {
            if (good[a] === good[b]) continue;
            const swapped = replaced(replaced(good, a, good.charAt(b)), b, good.charAt(a));
            expect(normaliseKey(whole(swapped))).toBeNull();
          }
      }),
      { numRuns: 30 },
    );
  });

  it('that was guessed passes the check about once in 32 times', () => {
    const characters = fc.array(fc.constantFrom(...ALPHABET), { minLength: 25, maxLength: 25 });
    const passed = fc
      .sample(characters, { numRuns: 8000, seed: 1 })
      .filter((guess) => normaliseKey(whole(guess.join(''))) !== null);
    expect(passed.length).toBeGreaterThan(150);
    expect(passed.length).toBeLessThan(350);
  });

  it.each([
    ['', 'nothing'],
    ['SW', 'the prefix alone'],
    ['SW-00000-00000-00000-00000-00000', 'zeros'],
    ['not a key at all', 'words'],
    ["SW-' OR 1=1; DROP TABLE licences; --", 'SQL'],
    ['SW-00000-00000-00000-00000-0000\u0000', 'a zero byte'],
    ['x'.repeat(1_000_000), 'a million characters'],
    ['ＳＷ-00000', 'full-width letters'],
  ])('%s (%s) is none', (typed) => {
    expect(normaliseKey(typed)).toBeNull();
  });

  it('is none with a character too few, too many, or of another alphabet', () => {
    fc.assert(
      fc.property(key, fc.nat(24), (made, place) => {
        const good = bare(made);
        expect(normaliseKey(whole(good.slice(0, place) + good.slice(place + 1)))).toBeNull();
        expect(normaliseKey(whole(`${good}0`))).toBeNull();
        for (const wrong of ['U', 'u', '!', 'é', 'ı', 'ſ', '٣', '０']) {
          expect(normaliseKey(whole(replaced(good, place, wrong)))).toBeNull();
        }
      }),
      { numRuns: 50 },
    );
  });

  it('is judged without an error whatever is typed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (typed) => {
        const read = normaliseKey(typed);
        expect(read === null || v.is(keySchema, read)).toBe(true);
      }),
    );
  });
});
