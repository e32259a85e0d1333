import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, type Json } from './canonical.ts';
import { base64Url, digest } from './digest.ts';

const bytes = fc.uint8Array({ maxLength: 300 });
const text = fc.string({ unit: 'binary', maxLength: 100 });

describe('base64url', () => {
  it('is node’s, for bytes of every length', () => {
    fc.assert(
      fc.property(bytes, (input) => {
        expect(base64Url(input)).toBe(Buffer.from(input).toString('base64url'));
      }),
    );
  });

  it('of each single byte is node’s', () => {
    for (let byte = 0; byte < 256; byte++) {
      expect(base64Url(Uint8Array.of(byte))).toBe(Buffer.of(byte).toString('base64url'));
    }
  });
});

describe('a digest', () => {
  it('is node’s SHA-256, of bytes and of text', () => {
    fc.assert(
      fc.property(bytes, text, (input, words) => {
        expect(digest(input)).toBe(createHash('sha256').update(input).digest('base64url'));
        expect(digest(words)).toBe(createHash('sha256').update(words, 'utf8').digest('base64url'));
      }),
    );
  });

  it('is that of the standard', () => {
    // FIPS 180-4, “abc” and nothing.
    expect(digest('abc')).toBe(
      Buffer.from('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad', 'hex').toString(
        'base64url',
      ),
    );
    expect(digest('')).toBe('47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU');
  });
});

describe('canonical JSON', () => {
  const json: fc.Arbitrary<Json> = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as Json);

  /** The same value with the members of every object in another order. */
  const shuffled = (value: Json): Json => {
    if (value === null || typeof value !== 'object') return value;
    if (Array.isArray(value)) return value.map((item: Json) => shuffled(item));
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([name, member]: [string, Json]) => [name, shuffled(member)]),
    );
  };

  it('says the same value', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(value);
      }),
    );
  });

  it('is one text, in whatever order the members came', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(canonicalJson(shuffled(value))).toBe(canonicalJson(value));
        expect(canonicalJson(JSON.parse(canonicalJson(value)) as Json)).toBe(canonicalJson(value));
      }),
    );
  });

  it('is that of the standard', () => {
    // RFC 8785, 3.2.2 and 3.2.3; the order is that of UTF-16 units.
    const sample = {
      numbers: [333333333.33333329, 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: '\u20ac$\u000f\u000aA\'\u0042\u0022\u005c\\"/',
      literals: [null, true, false],
    };
    expect(canonicalJson(sample)).toBe(
      String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    );
    const names = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, '\u00f6': 7 };
    expect(Object.values(JSON.parse(canonicalJson(names)) as object)).toEqual([4, 2, 6, 7, 1, 5, 3]);
    expect(canonicalJson(-0)).toBe('0');
  });

  it.each([NaN, Infinity, -Infinity])('can’t say %d, wherever it stands', (number) => {
    expect(() => canonicalJson(number)).toThrow(TypeError);
    expect(() => canonicalJson({ a: [{ b: number }] })).toThrow(TypeError);
  });
});
