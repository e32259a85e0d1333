import type { Action, Span } from '../../contracts/score.ts';
import type { Entry } from './words.ts';
import { lookUp } from './words.ts';

/** A piece of a prompt. Positions are UTF-16 code units. */
export interface Token {
  readonly kind: 'word' | 'comma' | 'stop' | 'quote' | 'emoji';
  /** Lower case, curly apostrophes made straight; for a quote, what is said. */
  readonly text: string;
  readonly lemma: string;
  readonly entry: Entry | null;
  readonly ing: boolean;
  readonly span: Span;
  /** What an emoji asks for. */
  readonly emoji?: Emoji;
}

/** An action that a picture sign stands for. */
export type Emoji = Pick<Action, 'kind'> & Partial<Pick<Action, 'direction' | 'intensity'>>;

const EMOJI: readonly (readonly [string, Emoji])[] = [
  ['👋', { kind: 'wave' }],
  ['😊🙂😀😃😄😁☺🥰😍😇🤗', { kind: 'smile' }],
  ['😂🤣😆😹', { kind: 'laugh' }],
  ['😉😜', { kind: 'wink' }],
  ['🌬💨🍃🌪', { kind: 'hair-wind' }],
  ['😮😲😯😱', { kind: 'open-mouth' }],
  ['😢😞☹🙁😠😡😔😟', { kind: 'frown' }],
  ['😌😴😪', { kind: 'close-eyes' }],
  ['👀', { kind: 'look', direction: 'around' }],
  ['🙄👆⬆', { kind: 'look', direction: 'up' }],
  ['👇⬇', { kind: 'look', direction: 'down' }],
  ['👈⬅', { kind: 'turn-head', direction: 'left' }],
  ['👉➡', { kind: 'turn-head', direction: 'right' }],
  ['🤔', { kind: 'tilt-head' }],
  ['🤨', { kind: 'raise-brows' }],
];
const EMOJI_MEANING = new Map<string, Emoji>();
for (const [signs, meaning] of EMOJI) for (const sign of signs) EMOJI_MEANING.set(sign, meaning);

/** Openings of quotations and what closes each. */
const QUOTES: Readonly<Record<string, string>> = {
  '"': '"',
  '“': '”"',
  '„': '“”"',
  '«': '»',
  '「': '」',
  '‘': '’',
};

const WORD = /[\p{L}\p{M}\p{N}]+(?:['’][\p{L}\p{M}]+)*/uy;
const SIGN = /\p{Extended_Pictographic}/uy;
const NOD_SIGN = '\u{1F642}\u200D\u2195';
const SHAKE_SIGN = '\u{1F642}\u200D\u2194';

/** A single curly quote may be an apostrophe; it opens a quotation only after a space. */
function apostropheLike(text: string, at: number): boolean {
  return text[at] === '‘' && at > 0 && !/\s/u.test(text[at - 1] ?? '');
}

function quoteAt(text: string, at: number): number {
  const close = QUOTES[text[at] ?? ''];
  if (close === undefined) return -1;
  if (apostropheLike(text, at)) return -1;
  for (let end = at + 1; end < text.length; end++) {
    const sign = text[end] ?? '';
    if (!close.includes(sign)) continue;
    if (sign === '’' && /\p{L}/u.test(text[end + 1] ?? '')) continue;
    return end;
  }
  return -1;
}

/** Cuts a prompt into tokens. Linear in its length; any text will do. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  const push = (kind: Token['kind'], start: number, end: number, more: Partial<Token> = {}): void => {
    tokens.push({ kind, text: '', lemma: '', entry: null, ing: false, span: { start, end }, ...more });
  };
  let unclosed = '';
  let at = 0;
  while (at < text.length) {
    const sign = text[at] ?? '';
    if (QUOTES[sign] !== undefined && !unclosed.includes(sign)) {
      const end = quoteAt(text, at);
      if (end >= 0) {
        const said = text.slice(at + 1, end).trim();
        if (said !== '') push('quote', at, end + 1, { text: said });
        at = end + 1;
        continue;
      }
      // Looked through to the end once: no later sign of this kind is closed either.
      if (!apostropheLike(text, at)) unclosed += sign;
    }
    WORD.lastIndex = at;
    const word = WORD.exec(text);
    if (word !== null) {
      const plain = word[0].toLowerCase().replaceAll('’', "'");
      const known = lookUp(plain) ?? (plain.endsWith("'s") ? lookUp(plain.slice(0, -2)) : null);
      push('word', at, at + word[0].length, {
        text: plain,
        lemma: known?.lemma ?? plain,
        entry: known?.entry ?? null,
        ing: known?.ing ?? false,
      });
      at += word[0].length;
      continue;
    }
    if (text.startsWith(NOD_SIGN, at) || text.startsWith(SHAKE_SIGN, at)) {
      const end = at + NOD_SIGN.length;
      push('emoji', at, end, { emoji: { kind: text.startsWith(NOD_SIGN, at) ? 'nod' : 'shake-head' } });
      at = end;
      continue;
    }
    SIGN.lastIndex = at;
    const picture = SIGN.exec(text);
    if (picture !== null) {
      const meaning = EMOJI_MEANING.get(picture[0]);
      push('emoji', at, at + picture[0].length, meaning === undefined ? {} : { emoji: meaning });
      at += picture[0].length;
      continue;
    }
    if (/[.!?;\n\r。！？…•|]/u.test(sign)) push('stop', at, at + 1);
    else if (/[,:—–()/、，→>]/u.test(sign)) push('comma', at, at + 1);
    at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
  }
  return tokens;
}
