import { AppError } from '../../contracts/errors.ts';
import type { Action, ActionKind, CameraMove, Score, Span } from '../../contracts/score.ts';
import { PROMPT_MAX } from '../../contracts/settings.ts';
import type { Building } from './asides.ts';
import { forbid, readAside, spanOf, unreadSpans } from './asides.ts';
import type { Clause } from './clauses.ts';
import { clausesOf } from './clauses.ts';
import type { Draft } from './meaning.ts';
import { cameraActs, meaningOf } from './meaning.ts';
import { notice } from './notices.ts';
import { addAction, blended, goesTogether, LASTING } from './placing.ts';
import { mannersOf, segmentsOf } from './segments.ts';
import type { Token } from './tokens.ts';
import { tokenize } from './tokens.ts';
import type { Manner } from './words.ts';

/** Words that say that what is meant is the pace over all. */
const PACE_LABELS: ReadonlySet<string> = new Set(['motion', 'pace', 'pacing', 'tempo', 'speed', 'rhythm']);

/** How emotional words change everything, and what they mean where nothing else is asked for. */
const MOODS: Readonly<
  Record<
    NonNullable<Manner['mood']>,
    { readonly intensity: number; readonly pace: number; readonly alone: readonly Draft[] }
  >
> = {
  tender: { intensity: 0.8, pace: 0.8, alone: [{ kind: 'smile', intensity: 0.5 }] },
  happy: { intensity: 0.95, pace: 0.95, alone: [{ kind: 'smile' }] },
  sad: {
    intensity: 0.75,
    pace: 0.7,
    alone: [
      { kind: 'look', direction: 'down' },
      { kind: 'frown', intensity: 0.6 },
    ],
  },
  surprised: {
    intensity: 1,
    pace: 1.1,
    alone: [{ kind: 'raise-brows' }, { kind: 'open-mouth', intensity: 0.6 }],
  },
  angry: { intensity: 0.9, pace: 0.95, alone: [{ kind: 'frown' }] },
  curious: {
    intensity: 0.85,
    pace: 0.85,
    alone: [{ kind: 'tilt-head' }, { kind: 'raise-brows', intensity: 0.6 }],
  },
  tired: { intensity: 0.7, pace: 0.6, alone: [{ kind: 'close-eyes' }] },
};

/**
 * Reads a prompt into a score (P3): offline, deterministic, linear in the length. English words in any inflection;
 * sides are the viewer's, so that "her left" is the picture's right.
 *
 * @param text at most 5,000 UTF-16 code units, any Unicode.
 * @throws ERR_INPUT_PROMPT_EMPTY when there is nothing but white space.
 * @throws ERR_INPUT_PROMPT_TOO_LONG when it is longer than that.
 * @throws ERR_INPUT_PROMPT_NOT_UNDERSTOOD when not one word or sign of it asks for anything.
 */
export function readPrompt(text: string): Score {
  if (text.length > PROMPT_MAX) {
    throw new AppError(
      'ERR_INPUT_PROMPT_TOO_LONG',
      `The prompt has ${text.length} characters, at most ${PROMPT_MAX} are read.`,
      {
        details: { length: text.length, max: PROMPT_MAX },
      },
    );
  }
  if (!/[^\s\p{C}\p{Z}]/u.test(text)) throw new AppError('ERR_INPUT_PROMPT_EMPTY', 'The prompt is empty.');

  const tokens = tokenize(text);
  const out: Building = {
    actions: [],
    camera: null,
    notices: new Set(),
    without: new Set(),
    sounds: [],
    constraints: [],
    understood: new Set(),
    moods: [],
    pace: 1,
  };
  const clauses = clausesOf(tokens);
  readClauses(text, clauses, out);

  const asked = out.actions.length > 0 || out.camera !== null || out.without.size > 0 || out.notices.size > 0;
  const mood = out.moods[0];
  if (out.actions.length === 0 && mood !== undefined) {
    MOODS[mood].alone.forEach((draft, index) => {
      out.actions.push({ intensity: 1, pace: 1, ...draft, ...(index > 0 ? { together: true } : {}) });
    });
  } else if (!asked && out.constraints.length === 0 && out.pace === 1) {
    throw new AppError(
      'ERR_INPUT_PROMPT_NOT_UNDERSTOOD',
      'No motion was recognised in the prompt; one that works: "She smiles and blinks slowly."',
      {
        details: { example: 'She smiles and blinks slowly.' },
      },
    );
  }

  const unread = unreadSpans(text, tokens, out.understood);
  if (unread.length > 0) out.notices.add('NOTICE_UNREAD');
  if (out.actions.some((action) => action.kind === 'wave')) out.notices.delete('NOTICE_HANDS');
  if (out.actions.some((action) => action.kind === 'speak')) out.notices.add('NOTICE_NO_VOICE');
  const felt = out.moods.reduce((least, name) => Math.min(least, MOODS[name].intensity), 1);
  const slowed = out.moods.reduce((least, name) => Math.min(least, MOODS[name].pace), 1);
  const without = [...out.without].filter((kind) => !out.actions.some((action) => action.kind === kind));
  const soften = (action: Action): Action =>
    felt === 1 ? action : { ...action, intensity: blended(action.intensity, felt, 0.25, 1.6) };
  return {
    actions: out.actions.map(soften),
    camera: out.camera ?? { kind: 'hold', intensity: 1, pace: 1 },
    pace: blended(out.pace, slowed, 0.4, 2),
    sounds: out.sounds,
    constraints: out.constraints,
    ...(without.length === 0 ? {} : { without }),
    unread,
    notices: [...out.notices].map(notice),
  };
}

function isPaceLabel(text: string, clause: Clause | undefined): boolean {
  const only = clause?.tokens.length === 1 ? clause.tokens[0] : undefined;
  return only !== undefined && PACE_LABELS.has(only.lemma) && text[only.span.end] === ':';
}

function readClauses(text: string, clauses: readonly Clause[], out: Building): void {
  let group: ActionKind[] = [];
  let pending: Token[] = [];
  let carried = false;
  let cameraLast = false;
  let speaking = false;
  let soundSentence = -1;
  let soundStart = 0;
  let swapFrom = -1;

  clauses.forEach((clause, index) => {
    const { tokens } = clause;
    if (clause.link === 'start') {
      cameraLast = false;
      pending = [];
      carried = false;
    }
    if (clause.link !== 'or') carried = false;
    const first = tokens[0];
    if (tokens.length === 1 && first?.entry?.noun === 'sound' && text[first.span.end] === ':') {
      soundSentence = clause.sentence;
      soundStart = first.span.start;
      out.understood.add(first);
      return;
    }
    if (
      clause.tokens.every((token) => token.entry?.noun === 'camera' || token.entry?.plain === true) &&
      text[tokens.at(-1)?.span.end ?? 0] === ':'
    ) {
      cameraLast = tokens.some((token) => token.entry?.noun === 'camera');
      return;
    }
    const manners = mannersOf(tokens);
    out.moods.push(...manners.moods);
    const quote = tokens.find((token) => token.kind === 'quote');
    if (
      quote === undefined &&
      readAside(text, clause, out, {
        soundStart: soundSentence === clause.sentence ? soundStart : null,
        camera: cameraLast,
      })
    )
      return;
    if (
      // "Pacing: slow."
      (index > 0 &&
        clauses[index - 1]?.sentence === clause.sentence &&
        isPaceLabel(text, clauses[index - 1])) ||
      tokens.some(
        (token, at) =>
          PACE_LABELS.has(token.lemma) && (token.lemma !== 'motion' || tokens[at - 1]?.lemma === 'slow'),
      )
    ) {
      if (manners.pace !== 1) out.pace = blended(manners.pace, out.pace, 0.45, 2);
      for (const token of tokens) out.understood.add(token);
      if (!tokens.some((token) => token.entry?.verb !== undefined && token.lemma !== 'motion')) return;
    }
    if (tokens.some((token) => /^(?:\d+)?(?:fps|px|1080p|720p|480p|2160p|4k)$/u.test(token.text))) {
      out.notices.add('NOTICE_SETTINGS');
      for (const token of tokens) if (token.entry === null) out.understood.add(token);
    }

    const startsAt = out.actions.length;
    const segments = segmentsOf(tokens, carried, pending);
    const merged = segments.filter((segment, at) => {
      if (segment.verb === 'blow' && segments[at + 1]?.token.lemma === 'kiss') return false;
      // "Turns to look at the camera", "turns to face us": one motion.
      const next = segments[at + 1];
      return !(
        segment.verb === 'turn' &&
        next !== undefined &&
        (next.verb === 'look' || next.verb === 'face') &&
        segment.directions.length === 0
      );
    });
    let spoke = false;
    for (const segment of merged) {
      if (segment.negated) carried = true;
      const camera = cameraActs(segment, cameraLast && clause.link !== 'start');
      const meaning = meaningOf(segment, cameraLast && clause.link !== 'start');
      if (!meaning.understood) continue;
      out.understood.add(segment.token);
      cameraLast = meaning.camera !== undefined || (camera && cameraLast);
      const span = spanOf(
        segment.before.length > 0 || segment.after.length > 0
          ? [...segment.before, segment.token, ...segment.after]
          : [segment.token],
      );
      if (segment.negated) {
        if (
          meaning.camera !== undefined ||
          (segment.objects.includes('camera') &&
            segment.verb !== 'look' &&
            segment.verb !== 'face' &&
            segment.verb !== 'turn')
        ) {
          out.camera ??= { kind: 'hold', intensity: 1, pace: 1, span };
          out.constraints.push({ text: text.slice(span.start, span.end), span });
          continue;
        }
        for (const action of meaning.actions) forbid(action.kind, out);
        out.constraints.push({ text: text.slice(span.start, span.end), span });
        continue;
      }
      // "Her smile fades", "her expression changes to a smile": the scene stays.
      const aboutFace = segment.verb === 'scene' && merged.length > 1;
      for (const code of meaning.notices) if (!aboutFace) out.notices.add(code);
      for (const kind of meaning.without) out.without.add(kind);
      if (meaning.camera !== undefined) {
        const move: CameraMove = {
          kind: meaning.camera,
          intensity: segment.intensity,
          pace: segment.pace,
          span,
        };
        if (out.camera === null || out.camera.kind === 'hold') out.camera = move;
        else if (meaning.camera !== 'hold' && meaning.camera !== out.camera.kind)
          out.notices.add('NOTICE_ONE_CAMERA');
      }
      meaning.actions.forEach((draft, order) => {
        if (draft.kind === 'speak') {
          if (quote !== undefined && !spoke) {
            spoke = true;
            draft = { ...draft, text: quote.text };
          } else if (spoke || clauses[index + 1]?.tokens[0]?.kind === 'quote') {
            speaking = true;
            return;
          }
        }
        place(clause, draft, segment, span, order, segment.token.ing);
      });
    }
    for (const token of tokens) {
      if (token.emoji !== undefined) {
        out.understood.add(token);
        place(clause, token.emoji, { intensity: manners.intensity, pace: manners.pace }, token.span, 0, true);
      }
      if (token.kind === 'quote' && !spoke) {
        spoke = true;
        place(
          clause,
          { kind: 'speak', text: token.text },
          { intensity: manners.intensity, pace: manners.pace },
          token.span,
          0,
          speaking,
        );
        speaking = false;
      }
    }

    if (segments.length === 0 && !spoke) elliptical(clause, manners);
    else pending = [];
    // "Smiles after turning": what follows "after" comes first. "Before smiling, she turns": the other way round.
    if (clause.link === 'after' && index > 0 && clauses[index - 1]?.sentence === clause.sentence)
      moveBefore(startsAt);
    if (swapFrom >= 0 && out.actions.length > startsAt) {
      moveBefore(startsAt, swapFrom);
      swapFrom = -1;
    }
    if (clause.link === 'before' && (index === 0 || clauses[index - 1]?.sentence !== clause.sentence))
      swapFrom = startsAt;
  });

  function place(
    clause: Clause,
    draft: Draft,
    manner: { readonly intensity: number; readonly pace: number; readonly times?: number },
    span: Span,
    order: number,
    ing: boolean,
  ): void {
    const together = LASTING.has(draft.kind)
      ? clause.link === 'start' || clause.link === 'while' || clause.link === 'and' || clause.link === 'comma'
      : order === 0 && goesTogether(clause, draft.kind, ing, group);
    const times = manner.times ?? draft.times;
    const action: Action = {
      ...draft,
      intensity: blended(manner.intensity, draft.intensity, 0.25, 1.6),
      pace: blended(manner.pace, draft.pace, 0.4, 2),
      ...(times === undefined ? {} : { times }),
      ...(together ? { together } : {}),
      span,
    };
    if (!together && !LASTING.has(draft.kind)) group = [];
    if (!LASTING.has(draft.kind)) group.push(draft.kind);
    addAction(out.actions, action, order === 0);
  }

  /** A clause without a word of motion: a side ("then right") repeats the last motion, a manner goes to a neighbour. */
  function elliptical(clause: Clause, manners: ReturnType<typeof mannersOf>): void {
    const { tokens } = clause;
    const last = out.actions.at(-1);
    if (
      last !== undefined &&
      (last.kind === 'turn-head' || last.kind === 'look') &&
      clause.link !== 'start' &&
      tokens.some((token) => token.entry?.noun === 'camera')
    ) {
      out.actions.push({
        kind: last.kind,
        direction: 'camera',
        intensity: last.intensity,
        pace: last.pace,
        span: spanOf(tokens),
      });
      group = [last.kind];
      return;
    }
    const side = tokens.find(
      (token) =>
        token.entry?.direction === 'left' ||
        token.entry?.direction === 'right' ||
        token.entry?.direction === 'up' ||
        token.entry?.direction === 'down',
    );
    const direction = side?.entry?.direction;
    if (
      last !== undefined &&
      clause.link !== 'start' &&
      (direction === 'left' || direction === 'right' || direction === 'up' || direction === 'down') &&
      (last.kind === 'turn-head' || last.kind === 'look' || last.kind === 'tilt-head')
    ) {
      const flip = tokens.some((token) => ['her', 'his', 'their'].includes(token.text));
      const seen =
        flip && direction === 'left' ? 'right' : flip && direction === 'right' ? 'left' : direction;
      out.actions.push({
        kind: last.kind,
        direction: seen,
        intensity: last.intensity,
        pace: last.pace,
        span: spanOf(tokens),
      });
      group = [last.kind];
      return;
    }
    if (manners.intensity === 1 && manners.pace === 1) return;
    const opens = clause.link === 'start' || clause.link === 'then' || pending.length > 0;
    if (opens || last === undefined) {
      pending = [...tokens];
      return;
    }
    out.actions[out.actions.length - 1] = {
      ...last,
      intensity: blended(last.intensity, manners.intensity, 0.25, 1.6),
      pace: blended(last.pace, manners.pace, 0.4, 2),
    };
  }

  function moveBefore(startsAt: number, from = -1): void {
    const moved = out.actions.splice(startsAt);
    if (moved.length === 0) return;
    // The group that they overtake: everything from its first member on.
    let at = from;
    if (at < 0) {
      at = out.actions.length - 1;
      while (at > 0 && out.actions[at]?.together === true) at -= 1;
    }
    at = Math.max(0, at);
    const overtaken = out.actions[at];
    if (overtaken !== undefined) {
      const { together: _, ...alone } = overtaken;
      out.actions[at] = alone;
    }
    out.actions.splice(at, 0, ...moved);
  }
}
