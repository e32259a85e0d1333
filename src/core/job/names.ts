import type { Motion, PresetId } from '../../contracts/settings.ts';

/** Longest name that is made by us; a person may write a longer one. */
const NAME_MAX = 60;

/** A text cut at a word's end to at most `most` characters, with an ellipsis when something is missing. */
function shorten(text: string, most: number): string {
  const clean = text.replace(/\s+/gu, ' ').trim();
  const letters = [...new Intl.Segmenter().segment(clean)].map((part) => part.segment);
  if (letters.length <= most) return clean;
  const cut = letters.slice(0, most - 1).join('');
  const space = cut.lastIndexOf(' ');
  return `${(space > most / 2 ? cut.slice(0, space) : cut).replace(/[\s,;:.]+$/u, '')}…`;
}

/**
 * A clip's name from its character and motion: “Ada · Smile and blink”, or the prompt's first words.
 *
 * @param presetNames the presets as a person reads them.
 */
export function clipName(
  character: string,
  motion: Motion,
  presetNames: Readonly<Record<PresetId, string>>,
): string {
  const what = motion.kind === 'preset' ? presetNames[motion.preset] : shorten(motion.prompt, 36);
  return shorten(character === '' ? what : `${character} · ${what}`, NAME_MAX);
}

/** Names that a camera, a phone or a download gives: they say nothing about who is in the picture. */
const MEANINGLESS =
  /^(?:img|dsc[fn]?|pxl|mvimg|image|picture|photo|pic|screenshot|download|untitled|unnamed|whatsapp image|blob|unbenannt)?[\s\d._()-]*$|^[0-9a-f]{8,}$/iu;

/**
 * A character's first name from the name of its file: “ada_lovelace-2.jpg” gives “Ada lovelace 2”; a camera's own
 * numbering gives `fallback`.
 */
export function characterName(fileName: string, fallback: string): string {
  const stem = fileName
    .replace(/^.*[\\/]/u, '')
    .replace(/\.[\p{L}\d]{1,5}$/u, '')
    .replace(/[_+-]+/gu, ' ')
    .replace(/\s+/gu, ' ')
    .trim();
  if (stem === '' || MEANINGLESS.test(stem) || /^[0-9a-f ]{24,}$/iu.test(stem)) return fallback;
  const [first = '', ...rest] = [...stem];
  return shorten(first.toLocaleUpperCase() + rest.join(''), 40);
}
