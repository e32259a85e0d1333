import type { Action, ActionKind } from '../../contracts/score.ts';
import type { Clause } from './clauses.ts';

/** Parts of the body that two motions at once would fight over. */
const REGIONS: Readonly<Record<ActionKind, string>> = {
  'turn-head': 'head',
  look: 'head',
  nod: 'head',
  'shake-head': 'head',
  'tilt-head': 'roll',
  smile: 'lips',
  laugh: 'lips jaw',
  blink: 'lids',
  wink: 'lids',
  'close-eyes': 'lids',
  'raise-brows': 'brows',
  frown: 'lips brows',
  'open-mouth': 'jaw',
  speak: 'jaw',
  wave: 'hand',
  breathe: 'breath',
  sway: 'body',
  'hair-wind': 'hair',
  idle: 'idle',
};

/** Kinds that go on through the clip. */
export const LASTING: ReadonlySet<ActionKind> = new Set(['breathe', 'sway', 'hair-wind', 'idle']);

function clashes(kind: ActionKind, group: readonly ActionKind[]): boolean {
  const mine = REGIONS[kind].split(' ');
  return group.some((other) => REGIONS[other].split(' ').some((region) => mine.includes(region)));
}

/** Whether an action goes together with what came before it. */
export function goesTogether(
  clause: Clause,
  kind: ActionKind,
  ing: boolean,
  group: readonly ActionKind[],
): boolean {
  if (group.length === 0) return false;
  if (clause.link === 'while') return !group.includes(kind);
  if (clause.link === 'and' || (clause.link === 'comma' && ing)) return !clashes(kind, group);
  return false;
}

/** A product kept in range and rounded to a thousandth, so that scores read well. */
export function blended(own: number, given: number | undefined, low: number, high: number): number {
  return Math.round(Math.min(high, Math.max(low, own * (given ?? 1))) * 1000) / 1000;
}

/** Adds an action, merging what merely says the same again. */
export function addAction(out: Action[], action: Action, sameClause: boolean): void {
  const twin = LASTING.has(action.kind)
    ? out.findIndex((other) => other.kind === action.kind)
    : sameClause &&
        out.at(-1)?.kind === action.kind &&
        (out.at(-1)?.direction === action.direction || action.direction === undefined)
      ? out.length - 1
      : -1;
  const before = out[twin];
  if (before === undefined) {
    out.push(action);
    return;
  }
  const stronger =
    Math.abs(action.intensity - 1) > Math.abs(before.intensity - 1) ? action.intensity : before.intensity;
  const paced = Math.abs(action.pace - 1) > Math.abs(before.pace - 1) ? action.pace : before.pace;
  out[twin] = {
    ...action,
    ...before,
    ...(action.direction === undefined ? {} : { direction: action.direction }),
    intensity: stronger,
    pace: paced,
  };
}
