import { clamp } from './maths.ts';
import { hash32 } from './random.ts';

/** Fastest speech, as a multiple of the natural pace. */
export const FASTEST_SPEECH = 1.35;
/** Shapes for lips that move without words. */
const WORDLESS = 'well, hello there. I am so glad to see you';

/** A mouth shape and how long it takes to reach the next one. */
export interface Viseme {
  /** Opening, 0 … .6. */
  readonly jaw: number;
  /** Width factor minus one. */
  readonly width: number;
  readonly lengthS: number;
}

type Shape = readonly [jaw: number, width: number, lengthS: number];

const SHUT: Shape = [0, 0.02, 0.075];
const TEETH: Shape = [0.1, 0.08, 0.07];
const LETTERS: Readonly<Record<string, Shape>> = {
  a: [0.52, 0.06, 0.12],
  e: [0.3, 0.15, 0.1],
  i: [0.2, 0.18, 0.09],
  y: [0.2, 0.16, 0.08],
  o: [0.42, -0.27, 0.12],
  u: [0.22, -0.3, 0.1],
  w: [0.16, -0.3, 0.08],
  m: SHUT,
  b: SHUT,
  p: SHUT,
  f: [0.05, 0.06, 0.075],
  v: [0.05, 0.06, 0.07],
  r: [0.16, -0.12, 0.07],
  h: [0.24, 0.02, 0.05],
  k: [0.2, 0.02, 0.065],
  g: [0.2, 0.02, 0.065],
  q: [0.16, -0.26, 0.08],
  l: [0.22, 0.05, 0.07],
};
const GAP: Shape = [0.06, 0, 0.06];
const PAUSE: Shape = [0, 0, 0.24];

function shapeOf(letter: string): Shape | null {
  const known = LETTERS[letter];
  if (known !== undefined) return known;
  if (letter >= 'a' && letter <= 'z') return TEETH;
  if (/[.,;:!?…—–]/u.test(letter)) return PAUSE;
  if (/\s/u.test(letter)) return GAP;
  if (!/[\p{L}\p{N}]/u.test(letter)) return null;
  // Letters of other scripts: an opening that is always the same for the same letter.
  const pick = hash32(letter.codePointAt(0) ?? 0);
  return [0.12 + 0.36 * ((pick & 0xff) / 255), -0.24 + 0.4 * (((pick >>> 8) & 0xff) / 255), 0.1];
}

/**
 * Turns what is said into mouth shapes, from its letters: vowels open, m, b and p shut the lips, o and u round them.
 * A letter written twice is one shape.
 */
export function visemes(text: string): Viseme[] {
  const plain = (text === '' ? WORDLESS : text)
    .normalize('NFD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase();
  const out: Viseme[] = [];
  let before = '';
  for (const letter of plain) {
    const shape = shapeOf(letter);
    const again = letter === before || (shape === PAUSE && out.at(-1)?.lengthS === PAUSE[2]);
    before = letter;
    if (shape === null || again) continue;
    out.push({ jaw: clamp(shape[0], 0, 0.6), width: shape[1], lengthS: shape[2] });
  }
  while (out.length > 0 && out.at(-1)?.jaw === 0 && out.at(-1)?.width === 0) out.pop();
  return out;
}

/** Seconds that a text takes to say at pace 1, at least .3. */
export function speechLength(text: string): number {
  return Math.max(0.3, 0.15 + visemes(text).reduce((sum, viseme) => sum + viseme.lengthS, 0));
}
