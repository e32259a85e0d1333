import type { Action, ActionKind, CameraMove, Span } from '../../contracts/score.ts';
import type { Clause } from './clauses.ts';
import type { NoticeCode } from './notices.ts';
import type { Token } from './tokens.ts';
import type { Manner } from './words.ts';

/** A score while it is being read. */
export interface Building {
  readonly actions: Action[];
  camera: CameraMove | null;
  readonly notices: Set<NoticeCode>;
  readonly without: Set<ActionKind>;
  readonly sounds: { text: string; span: Span }[];
  readonly constraints: { text: string; span: Span }[];
  readonly understood: Set<Token>;
  readonly moods: NonNullable<Manner['mood']>[];
  pace: number;
}

/** From the first token's start to the last one's end. */
export function spanOf(tokens: readonly Token[]): Span {
  return { start: tokens[0]?.span.start ?? 0, end: tokens.at(-1)?.span.end ?? 0 };
}

function isSoundClause(clause: Clause): boolean {
  return clause.tokens.some((token) => token.entry?.noun === 'sound' && token.entry.verb !== 'speak');
}

/** Reads one clause's constraint or sound; true when nothing else is in it. */
export function readAside(
  text: string,
  clause: Clause,
  out: Building,
  label: { readonly soundStart: number | null; readonly camera: boolean },
): boolean {
  const span = spanOf(clause.tokens);
  const negates = clause.tokens.some((token) => token.entry?.negates === true);
  const fault = clause.tokens.some((token) => token.entry?.fault === true);
  const still = clause.tokens.some((token) => token.entry?.still === true);
  if (label.soundStart !== null || isSoundClause(clause)) {
    const whole = { start: label.soundStart ?? span.start, end: span.end };
    if (out.sounds.at(-1)?.span.start === whole.start) out.sounds.pop();
    const cue = { text: text.slice(whole.start, whole.end), span: whole };
    if (negates) out.constraints.push(cue);
    else {
      out.sounds.push(cue);
      out.notices.add('NOTICE_SOUND');
    }
    for (const token of clause.tokens) out.understood.add(token);
    return true;
  }
  if (fault && (negates || clause.link === 'comma' || clause.link === 'or' || clause.link === 'and')) {
    out.constraints.push({ text: text.slice(span.start, span.end), span });
    for (const token of clause.tokens) out.understood.add(token);
    return true;
  }
  // "Face stable": a constraint without a word of motion.
  if (
    still &&
    !clause.tokens.some((token) => token.entry?.verb !== undefined && token.entry.verb !== 'face')
  ) {
    if (label.camera || clause.tokens.some((token) => token.entry?.noun === 'camera')) {
      out.camera ??= { kind: 'hold', intensity: 1, pace: 1, span };
    } else {
      out.constraints.push({ text: text.slice(span.start, span.end), span });
      if (clause.tokens.some((token) => token.entry?.noun === 'head')) out.without.add('turn-head');
    }
    for (const token of clause.tokens) out.understood.add(token);
    return true;
  }
  return false;
}

/** Kinds that a "no …" forbids besides the one it names. */
export function forbid(kind: ActionKind, out: Building): void {
  out.without.add(kind);
  if (kind === 'idle') for (const other of ['turn-head', 'sway'] as const) out.without.add(other);
}

/** Words and signs that mean nothing to the reader; neighbours are one span. */
export function unreadSpans(text: string, tokens: readonly Token[], understood: ReadonlySet<Token>): Span[] {
  const spans: { start: number; end: number }[] = [];
  for (const token of tokens) {
    if (token.kind === 'comma' || token.kind === 'stop') continue;
    const known =
      token.kind === 'word' ? token.entry !== null : token.kind === 'quote' || token.emoji !== undefined;
    if (understood.has(token) || known || (token.kind === 'word' && /^\p{N}+$/u.test(token.text))) continue;
    const last = spans.at(-1);
    if (last !== undefined && /^[\s\p{P}]*$/u.test(text.slice(last.end, token.span.start)))
      last.end = token.span.end;
    else spans.push({ ...token.span });
  }
  return spans;
}
