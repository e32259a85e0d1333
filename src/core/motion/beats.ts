import type { Action, ActionKind, Score } from '../../contracts/score.ts';
import { clamp } from './maths.ts';
import { FASTEST_SPEECH, speechLength } from './speech.ts';

/** An action with its place in the clip. */
export interface Beat {
  readonly action: Action;
  /** Seconds. */
  readonly startS: number;
  readonly endS: number;
  /** For a `together` action: what it goes with. */
  readonly beside?: ActionKind;
}

/** How a score fits a length. */
export interface BeatFit {
  readonly beats: readonly Beat[];
  /** Actions that found no room, in order. */
  readonly dropped: readonly Action[];
  /** True when what is left still has less time than it needs: repetitions are left out. */
  readonly squeezed: boolean;
  /** True when the lips must stop before the end of what is said. */
  readonly speechCut: boolean;
  /** When everything starts going back to rest. */
  readonly returnS: number;
}

/** Kinds that are states rather than beats: they go on until the end. */
const LASTING: ReadonlySet<ActionKind> = new Set(['breathe', 'sway', 'hair-wind', 'idle']);

/** Seconds at pace 1: the least that still reads, and what looks best. */
const LENGTHS: Readonly<Record<Exclude<ActionKind, 'speak'>, readonly [least: number, best: number]>> = {
  'turn-head': [0.65, 1.3],
  look: [0.6, 1.1],
  nod: [0.55, 0.75],
  'shake-head': [0.8, 1.1],
  'tilt-head': [0.6, 1.1],
  smile: [0.6, 1.5],
  laugh: [1, 1.6],
  blink: [0.42, 0.6],
  wink: [0.5, 0.8],
  'close-eyes': [0.7, 1.4],
  'raise-brows': [0.5, 0.9],
  frown: [0.6, 1.2],
  'open-mouth': [0.6, 1.1],
  wave: [1.5, 2.2],
  breathe: [0, 0],
  sway: [0, 0],
  'hair-wind': [0, 0],
  idle: [0, 0],
};

/** Seconds before the first beat. */
const LEAD_IN = 0.12;

function lengthOf(action: Action, pace: number): readonly [number, number] {
  const own = clamp(pace * action.pace, 0.4, 2);
  if (action.kind === 'speak') {
    const length = speechLength(action.text ?? '');
    return [length / FASTEST_SPEECH, length / own];
  }
  let [least, best] = LENGTHS[action.kind];
  const times = clamp(action.times ?? 1, 1, 8);
  if (action.kind === 'turn-head' && action.direction === 'camera') [least, best] = [1.6, 2.4];
  if (action.kind === 'look' && action.direction === 'around') [least, best] = [1.9, 2.9];
  if (
    action.kind === 'nod' ||
    action.kind === 'blink' ||
    action.kind === 'wink' ||
    action.kind === 'raise-brows'
  ) {
    [least, best] = [least * times, best * times];
  } else if (action.kind === 'shake-head') {
    [least, best] = [least * (0.4 + 0.3 * (action.times ?? 2)), best * (0.4 + 0.3 * (action.times ?? 2))];
  } else if (times > 1) {
    [least, best] = [least * times, best * times];
  }
  return [least / Math.max(1, own), best / own];
}

/** True for what goes on through the clip instead of taking a turn. */
export function isLasting(kind: ActionKind): boolean {
  return LASTING.has(kind);
}

/**
 * Lays a score's actions out over a clip: one after the other, `together` ones on top of the one before, lasting ones
 * to the end. What does not fit at its least length is dropped from the end.
 */
export function fitBeats(score: Score, durationS: number): BeatFit {
  const last = score.actions.findLast((action) => !isLasting(action.kind) && action.kind !== 'blink');
  const alreadyHome = last !== undefined && last.kind === 'look' && last.direction === 'around';
  const returnLength = alreadyHome ? clamp(0.12 * durationS, 0.4, 0.7) : clamp(0.27 * durationS, 0.7, 1.1);
  const room = durationS - returnLength - LEAD_IN;
  const groups: { actions: Action[]; least: number; best: number }[] = [];
  const lasting: { action: Action; after: number }[] = [];
  for (const action of score.actions) {
    if (isLasting(action.kind)) {
      lasting.push({ action, after: action.together === true ? 0 : groups.length });
      continue;
    }
    const [least, best] = lengthOf(action, score.pace);
    const last = groups.at(-1);
    if (action.together === true && last !== undefined) {
      // The same thing twice at once is once.
      if (last.actions.some((other) => other.kind === action.kind)) continue;
      last.actions.push(action);
      last.least = Math.max(last.least, least);
      last.best = Math.max(last.best, best);
    } else {
      groups.push({ actions: [action], least, best });
    }
  }

  const dropped: Action[] = [];
  let needed = groups.reduce((sum, group) => sum + group.least, 0);
  while (groups.length > 1 && needed > room) {
    const gone = groups.pop();
    if (gone === undefined) break;
    dropped.unshift(...gone.actions);
    needed -= gone.least;
  }

  const best = groups.reduce((sum, group) => sum + group.best, 0);
  const least = groups.reduce((sum, group) => sum + group.least, 0);
  const grow = best <= room ? Math.min(room / Math.max(best, 0.001), 1.7) : 1;
  const shrink = best > room ? clamp((room - least) / Math.max(best - least, 0.001), 0, 1) : 1;
  const lengths = groups.map((group) =>
    best > room
      ? least > room
        ? room
        : group.least + (group.best - group.least) * shrink
      : group.best * grow,
  );
  const spare = Math.max(0, room - lengths.reduce((sum, length) => sum + length, 0));
  // Spare time: a breath before the first beat, the rest after the beats, where poses are held.
  const gap = groups.length > 1 ? (0.55 * spare) / groups.length : 0.2 * spare;
  const beats: Beat[] = [];
  const starts: number[] = [];
  let at = LEAD_IN + Math.min(0.5, 0.12 * spare);
  groups.forEach((group, index) => {
    const length = lengths[index] ?? 0;
    starts.push(at);
    const main = group.actions[0]?.kind;
    group.actions.forEach((action, order) => {
      const place = { action, startS: at, endS: at + length };
      beats.push(order === 0 || main === undefined ? place : { ...place, beside: main });
    });
    at += length + gap;
  });
  for (const { action, after } of lasting) {
    const startS = after === 0 ? 0 : Math.min(starts[after] ?? at, durationS - returnLength - 0.4);
    beats.push({ action, startS: Math.max(0, startS), endS: durationS });
  }
  const speechCut = beats.some(
    ({ action, startS, endS }) =>
      action.kind === 'speak' &&
      speechLength(action.text ?? '') / FASTEST_SPEECH >
        Math.max(endS, durationS - returnLength) - startS + 0.05,
  );
  return { beats, dropped, squeezed: least > room + 0.25, speechCut, returnS: durationS - returnLength };
}
