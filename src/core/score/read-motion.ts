import type { RigTraits } from '../../contracts/pose.ts';
import type { ActionKind, Score } from '../../contracts/score.ts';
import type { Motion, Notice } from '../../contracts/settings.ts';
import { fitBeats } from '../motion/beats.ts';
import { notice } from './notices.ts';
import type { NoticeCode } from './notices.ts';
import { presetScore } from './presets.ts';
import { readPrompt } from './read-prompt.ts';

const FACE_KINDS: ReadonlySet<ActionKind> = new Set<ActionKind>([
  'turn-head',
  'look',
  'nod',
  'shake-head',
  'tilt-head',
  'smile',
  'laugh',
  'blink',
  'wink',
  'close-eyes',
  'raise-brows',
  'frown',
  'open-mouth',
  'speak',
]);
const EYE_KINDS: ReadonlySet<ActionKind> = new Set<ActionKind>(['look', 'blink', 'wink', 'close-eyes']);

function codesFor(score: Score, traits: RigTraits, durationS: number | undefined): Set<NoticeCode> {
  const codes = new Set<NoticeCode>();
  const asks = (kind: ActionKind): boolean => score.actions.some((action) => action.kind === kind);
  if (!traits.hasFace) {
    const asksFace = score.actions.some((action) => FACE_KINDS.has(action.kind));
    if (score.preset !== undefined || asksFace || (asks('wave') && !traits.hasHand))
      codes.add('NOTICE_NO_FACE');
  } else if (asks('wave') && !traits.hasHand) {
    codes.add('NOTICE_NO_HAND');
  }
  if (asks('hair-wind') && !traits.hasHair) codes.add('NOTICE_NO_HAIR');
  if ((asks('breathe') || asks('sway')) && !traits.hasPerson) codes.add('NOTICE_NO_PERSON');
  else if (asks('breathe') && !traits.hasShoulders) codes.add('NOTICE_NO_SHOULDERS');
  if (traits.hasFace && traits.eyesOpen <= 0.12 && score.actions.some((action) => EYE_KINDS.has(action.kind)))
    codes.add('NOTICE_EYES_CLOSED');
  if (durationS !== undefined) {
    const fit = fitBeats(score, durationS);
    if (fit.dropped.length > 0 || (fit.squeezed && !fit.speechCut)) codes.add('NOTICE_TOO_MANY_BEATS');
    if (fit.speechCut) codes.add('NOTICE_SPEECH_CUT');
  }
  return codes;
}

/**
 * Reads what a person chose, a preset or a prompt, against a picture: a score whose notices say what this pack can't
 * do with it (P7).
 *
 * @param durationS length of the clip in seconds; with it the notices also say what does not fit.
 * @throws ERR_INPUT_PROMPT_EMPTY, ERR_INPUT_PROMPT_TOO_LONG, ERR_INPUT_PROMPT_NOT_UNDERSTOOD as {@link readPrompt}.
 */
export function readMotion(motion: Motion, traits: RigTraits, durationS?: number): Score {
  const score = motion.kind === 'preset' ? presetScore(motion.preset) : readPrompt(motion.prompt);
  const notices: Notice[] = [...score.notices];
  for (const code of codesFor(score, traits, durationS)) notices.push(notice(code));
  return { ...score, notices };
}
