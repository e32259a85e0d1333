/** Crockford's base 32: no I, L, O, U. @source https://www.crockford.com/base32.html */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const PREFIX = 'SW';
const LENGTH = 25;
/** Random bytes of a key: 24 characters of five bits. */
export const KEY_BYTES = 15;
/** Longest text that is looked at. */
const TYPED_MAX = 128;

/** Times the primitive element of GF(32), modulo x⁵ + x² + 1. */
function timesAlpha(value: number): number {
  const shifted = value << 1;
  return shifted & 32 ? shifted ^ 0b100101 : shifted;
}

/**
 * Check value of the characters before it: the key as a polynomial over GF(32) is to have the root α. Each of the 25
 * places weighs another power of α (its order is 31), so every single wrong character and every swap of any two
 * different ones is found.
 * @source Reed and Solomon, Polynomial Codes over Certain Finite Fields (1960), with one check symbol
 */
function checkOf(values: readonly number[]): number {
  // Begins with 1 so that a key of zeros is none.
  return values.reduce((sum, value) => timesAlpha(sum) ^ value, 1);
}

function grouped(characters: string): string {
  return [PREFIX, ...(characters.match(/.{5}/g) ?? [])].join('-');
}

/**
 * A licence key `SW-XXXXX-XXXXX-XXXXX-XXXXX-XXXXX`: 120 random bits and a check character.
 *
 * @param randomBytes at least {@link KEY_BYTES} from a cryptographic source; those beyond are not used.
 * @throws RangeError for fewer.
 */
export function makeKey(randomBytes: Uint8Array): string {
  if (randomBytes.length < KEY_BYTES) throw new RangeError(`a key takes ${KEY_BYTES} random bytes`);
  const values: number[] = [];
  let bits = 0;
  let held = 0;
  for (const byte of randomBytes.subarray(0, KEY_BYTES)) {
    held = ((held << 8) | byte) & 0xfff;
    bits += 8;
    for (; bits >= 5; bits -= 5) values.push((held >> (bits - 5)) & 31);
  }
  values.push(timesAlpha(checkOf(values)));
  return grouped(values.map((value) => ALPHABET.charAt(value)).join(''));
}

/**
 * A key as a person typed it, in its one form. Spaces, dashes of any kind or none, lower case, a missing `SW`, and the
 * letters O, I and L for 0, 1 and 1 are forgiven.
 *
 * @returns null when it has another shape or its check character is wrong: no server need be asked.
 */
export function normaliseKey(typed: string): string | null {
  if (typed.length > TYPED_MAX) return null;
  // Spaces, dashes, and the invisible characters that come along when a key is copied from a mail.
  const bare = typed.replace(/[\s\p{Pd}\p{Cf}_\u2212]/gu, '');
  if (!/^[0-9A-Za-z]+$/.test(bare)) return null;
  const upper = bare.toUpperCase();
  const body = upper.length === LENGTH + PREFIX.length && upper.startsWith(PREFIX) ? upper.slice(2) : upper;
  if (body.length !== LENGTH) return null;
  const characters = body.replaceAll('O', '0').replaceAll('I', '1').replaceAll('L', '1');
  const values = [...characters].map((character) => ALPHABET.indexOf(character));
  if (values.includes(-1)) return null;
  // The check character is the last: the whole, with it, comes to nothing.
  return checkOf(values) === 0 ? grouped(characters) : null;
}
