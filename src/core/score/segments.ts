import type { Token } from './tokens.ts';
import type { Manner, Noun, Verb } from './words.ts';

/** One word of motion with what belongs to it. */
export interface Segment {
  readonly verb: Verb;
  readonly token: Token;
  /** Things named before the word in its clause, last one first. */
  readonly subjects: readonly Noun[];
  /** Things named after it. */
  readonly objects: readonly Noun[];
  readonly directions: readonly ('left' | 'right' | 'up' | 'down' | 'around' | 'in' | 'out')[];
  readonly intensity: number;
  readonly pace: number;
  readonly times?: number;
  readonly negated: boolean;
  /** What is meant is to hold still. */
  readonly still: boolean;
  readonly moods: readonly NonNullable<Manner['mood']>[];
  readonly before: readonly Token[];
  readonly after: readonly Token[];
}

const OWNERS = new Set(['her', 'his', 'their', 'its', 'my', 'your', 'subject']);
const DETERMINERS = new Set(['a', 'an', 'the', 'one', 'this', ...OWNERS]);
const SCREEN = new Set(['viewer', 'camera', 'screen', 'frame', 'picture', 'image', 'audience']);
/** How many words before a verb its subject may be. */
const SUBJECT_REACH = 24;
const NUMBERS: Readonly<Record<string, number>> = {
  one: 1,
  two: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
  couple: 2,
  few: 3,
  several: 3,
};

/** Product of the manners of some words. */
export interface MannerSum {
  readonly intensity: number;
  readonly pace: number;
  readonly moods: readonly NonNullable<Manner['mood']>[];
}

/** Adds manners up. "Very slowly" is slower, not larger. */
export function mannersOf(tokens: readonly Token[]): MannerSum {
  let intensity = 1;
  let pace = 1;
  const moods: NonNullable<Manner['mood']>[] = [];
  tokens.forEach((token, index) => {
    const manner = token.entry?.manner;
    if (manner === undefined) return;
    const next = tokens[index + 1];
    if (token.lemma === 'little' && next?.entry?.noun === 'person') return;
    if (token.entry?.verb === 'hands' && tokens[index - 1]?.text !== 'a') return;
    const nextPace = next?.entry?.manner?.pace;
    if (
      manner.intensity !== undefined &&
      manner.intensity > 1 &&
      manner.intensity < 1.2 &&
      nextPace !== undefined
    ) {
      pace *= nextPace < 1 ? 0.85 : 1.15;
      return;
    }
    intensity *= manner.intensity ?? 1;
    pace *= manner.pace ?? 1;
    if (manner.mood !== undefined) moods.push(manner.mood);
  });
  return {
    intensity: Math.min(1.6, Math.max(0.3, intensity)),
    pace: Math.min(2, Math.max(0.45, pace)),
    moods,
  };
}

/** True where a word that can be a verb is a thing: "her gaze", "the face". */
function isThing(
  token: Token,
  previous: Token | undefined,
  laterVerb: boolean,
  earlierVerb: boolean,
): boolean {
  if (token.entry?.noun === undefined) return false;
  if (token.entry.noun === 'mouth')
    return laterVerb || (previous !== undefined && DETERMINERS.has(previous.text));
  if (token.entry.noun === 'gaze' && earlierVerb && previous !== undefined && DETERMINERS.has(previous.text))
    return true;
  if (token.entry.verb === 'look') return laterVerb || token.lemma === 'sight' || token.lemma === 'eye';
  if (token.entry.verb === 'face') return previous !== undefined && DETERMINERS.has(previous.text);
  if (token.entry.verb === 'sound') return false;
  return previous !== undefined && DETERMINERS.has(previous.text);
}

/** Where the words of motion are in a clause. */
export function verbsOf(tokens: readonly Token[]): number[] {
  const found: number[] = [];
  const firstVerb = tokens.findIndex((word) => word.entry?.verb !== undefined);
  for (let index = tokens.length - 1; index >= 0; index--) {
    const token = tokens[index];
    const verb = token?.entry?.verb;
    if (token === undefined || verb === undefined) continue;
    const previous = tokens[index - 1];
    const next = tokens[index + 1];
    if (isThing(token, previous, found.length > 0, index > firstVerb)) continue;
    // "close-up", "close to": not a verb.
    if (token.text === 'close' && (next?.text === 'up' || next?.text === 'to')) continue;
    // "a touch of", "a draft": a little of something.
    if (verb === 'hands' && token.entry?.manner !== undefined && previous?.text === 'a') continue;
    if (token.entry?.plain === true && (token.text === 'standing' || token.text === 'holding')) continue;
    found.push(index);
  }
  return found.reverse();
}

/** Directions as the viewer sees them: "her left" is the picture's right. */
function directionsOf(tokens: readonly Token[]): Segment['directions'] {
  const out: Segment['directions'][number][] = [];
  tokens.forEach((token, index) => {
    const direction = token.entry?.direction;
    if (direction === undefined) return;
    if (token.text === 'up' && tokens[index - 1]?.text === 'close') return;
    if (token.text === 'right' && ['now', 'away', 'after'].includes(tokens[index + 1]?.text ?? '')) return;
    if (direction !== 'left' && direction !== 'right') {
      out.push(direction);
      return;
    }
    const previous = tokens[index - 1];
    let flip = false;
    if (previous !== undefined && OWNERS.has(previous.text)) flip = true;
    if (previous?.text === 'own') flip = true;
    if (previous?.text === 'stage') flip = true;
    if (previous !== undefined && SCREEN.has(previous.lemma)) flip = false;
    if (
      tokens[index - 1]?.text === 'from' ||
      (tokens[index - 2]?.text === 'from' && previous?.text === 'the')
    )
      flip = !flip;
    out.push(flip ? (direction === 'left' ? 'right' : 'left') : direction);
  });
  return out;
}

function timesOf(tokens: readonly Token[]): number | undefined {
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index];
    if (token === undefined) continue;
    const next = tokens[index + 1]?.text;
    const counted = next === 'times' || (next === 'of' && tokens[index + 2]?.text === 'times');
    const number = NUMBERS[token.text] ?? (/^\d{1,2}$/u.test(token.text) ? Number(token.text) : undefined);
    if (counted && number !== undefined && number > 0) return Math.min(8, number);
    if (['once', 'twice', 'thrice', 'double', 'triple', 'repeatedly'].includes(token.text))
      return token.entry?.times;
  }
  return undefined;
}

function nounsOf(tokens: readonly Token[]): Noun[] {
  const out: Noun[] = [];
  tokens.forEach((token, index) => {
    const noun = token.entry?.noun;
    if (noun === undefined) return;
    // "camera left" and "viewer's right" are directions, not cameras.
    const next = tokens[index + 1]?.entry?.direction;
    if (
      noun === 'camera' &&
      (next === 'left' || next === 'right') &&
      tokens[index + 1]?.entry?.verb === undefined
    ) {
      const before = tokens[index - 1];
      if (before !== undefined && ['to', 'toward', 'towards', 'the', 'at'].includes(before.text)) return;
    }
    out.push(noun);
  });
  return out;
}

/** "Not only" is no negation, and "never stops" is two. */
function isNegated(before: readonly Token[]): boolean {
  const negations = before.filter(
    (word, index) =>
      word.entry?.negates === true && !['only', 'just'].includes(before[index + 1]?.text ?? ''),
  );
  const stops = negations.filter((word) => word.text === 'stop' || word.text === 'stops').length;
  return negations.length > 0 && !(stops > 0 && negations.length > stops);
}

/**
 * Divides a clause at its words of motion. Words before the first belong to it; adverbs right before a later one
 * belong to that; all else belongs to the one before.
 *
 * @param negated the clause before carries its "no" over.
 * @param pending manners of a clause that had no word of motion.
 */
export function segmentsOf(tokens: readonly Token[], negated: boolean, pending: readonly Token[]): Segment[] {
  const verbs = verbsOf(tokens);
  const segments: Segment[] = [];
  let negates = negated;
  let from = 0;
  verbs.forEach((at, order) => {
    const token = tokens[at];
    const verb = token?.entry?.verb;
    if (token === undefined || verb === undefined) return;
    const nextVerb = verbs[order + 1] ?? tokens.length;
    let to = nextVerb;
    if (nextVerb < tokens.length) {
      while (
        to > at + 2 &&
        (tokens[to - 1]?.entry?.manner !== undefined ||
          DETERMINERS.has(tokens[to - 1]?.text ?? '') ||
          tokens[to - 1]?.entry?.negates === true)
      )
        to -= 1;
    }
    const before = tokens.slice(order === 0 ? 0 : from, at);
    const after = tokens.slice(at + 1, to);
    from = to;
    if (isNegated(before)) negates = true;
    const manners = mannersOf([...pending, ...before, ...after]);
    const times = timesOf([...before, ...after]);
    segments.push({
      verb,
      token,
      subjects: nounsOf(tokens.slice(Math.max(0, at - SUBJECT_REACH), at)).reverse(),
      objects: nounsOf(after),
      directions: directionsOf([...before, ...after]),
      intensity: manners.intensity,
      pace: manners.pace,
      ...(times === undefined ? {} : { times }),
      negated: negates,
      still: [...before, ...after].some((word) => word.entry?.still === true),
      moods: manners.moods,
      before,
      after,
    });
  });
  return segments;
}
