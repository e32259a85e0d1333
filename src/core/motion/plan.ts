import type { MotionPlan, Pose, RigTraits } from '../../contracts/pose.ts';
import type { Action, ActionKind, Score } from '../../contracts/score.ts';
import type { Beat } from './beats.ts';
import { fitBeats } from './beats.ts';
import { fillBlinks } from './blinks.ts';
import { driftCamera, moveCamera } from './camera.ts';
import type { Life } from './life.ts';
import { lifeOf, writePose } from './life.ts';
import { limitsFor } from './limits.ts';
import { clamp } from './maths.ts';
import {
  blink,
  closeEyes,
  faceToRest,
  frown,
  greet,
  laugh,
  openMouth,
  raiseBrows,
  smile,
  speak,
  waveHand,
  wink,
} from './perform-face.ts';
import { comeToRest, look, nod, shakeHead, tiltHead, turnHead } from './perform-head.ts';
import { breathe, idle, sway, wind } from './perform-lasting.ts';
import { Random } from './random.ts';
import type { Stage, Window } from './stage.ts';
import { Timeline } from './timeline.ts';

/** What a plan depends on besides the score. */
export interface PlanOptions {
  /** Length of the clip, 3 … 15 s. */
  readonly durationS: number;
  /** Unsigned 32-bit integer. */
  readonly seed: number;
  readonly traits: RigTraits;
}

/** Kinds that need no face. */
const FACELESS: ReadonlySet<ActionKind> = new Set(['breathe', 'sway', 'hair-wind', 'idle', 'wave']);

function perform(stage: Stage, beat: Beat, score: Score): void {
  const { action } = beat;
  // Beside a turn of the head the face answers when the turn is nearly over.
  const late = action.kind === 'smile' && beat.beside === 'turn-head' ? 0.55 * (beat.endS - beat.startS) : 0;
  const window: Window = { startS: beat.startS + late, endS: beat.endS, intensity: action.intensity };
  const pace = action.pace * score.pace;
  const times = clamp(Math.round(action.times ?? 1), 1, 8);
  switch (action.kind) {
    case 'turn-head':
      turnHead(stage, window, action.direction);
      break;
    case 'look':
      look(stage, window, action.direction);
      break;
    case 'nod':
      nod(stage, window, times);
      break;
    case 'shake-head':
      shakeHead(stage, window, clamp(action.times ?? 2, 1, 6));
      break;
    case 'tilt-head':
      tiltHead(stage, window, action.direction);
      break;
    case 'smile':
      smile(stage, window);
      break;
    case 'laugh':
      laugh(stage, window);
      break;
    case 'blink':
      blink(
        stage,
        window,
        times,
        action.together === true ? Math.min(0.75, 0.35 * (window.endS - window.startS)) : 0.06,
      );
      break;
    case 'wink':
      wink(stage, window, action.direction, times);
      break;
    case 'close-eyes':
      closeEyes(stage, window);
      break;
    case 'raise-brows':
      raiseBrows(stage, window, times);
      break;
    case 'frown':
      frown(stage, window);
      break;
    case 'open-mouth':
      openMouth(stage, window);
      break;
    case 'speak':
      speak(stage, window, action.text ?? '');
      break;
    case 'wave':
      if (stage.traits.hasHand) waveHand(stage, window);
      else if (stage.traits.hasFace) greet(stage, window);
      break;
    case 'sway':
      sway(stage, window, pace);
      break;
    case 'idle':
      idle(stage, window, pace);
      break;
    // Wind and breath need more than a window; planMotion does them.
    case 'hair-wind':
    case 'breathe':
      break;
  }
}

/** Actions that a picture without a face can still do. */
function possible(score: Score, traits: RigTraits): Score {
  if (traits.hasFace) return score;
  return { ...score, actions: score.actions.filter((action) => FACELESS.has(action.kind)) };
}

function breathOf(actions: readonly Action[]): { depth: number; pace: number } {
  const asked = actions.find((action) => action.kind === 'breathe');
  return asked === undefined
    ? { depth: 0.55, pace: 1 }
    : { depth: clamp(asked.intensity, 0.4, 1), pace: asked.pace };
}

/**
 * Turns a score into motion.
 *
 * Everything is at rest, the neutral pose exactly, at 0 and at `durationS`, so that a clip loops; only a camera move
 * that a prompt asked for stays at its goal, and such a clip is not meant to loop. `windPhaseS` is simply the time, and
 * is continuous; it means nothing where `wind` is 0.
 *
 * The plan is immutable; `poseAt` allocates nothing and may be called in any order of times.
 */
export function planMotion(score: Score, options: PlanOptions): MotionPlan {
  const { durationS, seed, traits } = options;
  const playable = possible(score, traits);
  const fit = fitBeats(playable, durationS);
  const timeline = new Timeline(durationS - 0.03);
  const stage: Stage = {
    timeline,
    random: new Random(seed, 1),
    limits: limitsFor(traits),
    traits,
    durationS,
    returnS: fit.returnS,
  };
  const without = new Set<ActionKind>(score.without ?? []);
  let windDirection = 1;

  for (const beat of fit.beats) perform(stage, beat, score);
  comeToRest(stage);
  faceToRest(stage);

  const gust = fit.beats.find((beat) => beat.action.kind === 'hair-wind');
  const drifting = fit.beats.some((beat) => beat.action.kind === 'idle');
  if (traits.hasHair && !without.has('hair-wind')) {
    if (gust !== undefined) {
      const window = { startS: gust.startS, endS: durationS, intensity: gust.action.intensity };
      windDirection = wind(stage, window, gust.action.direction, traits.hasFace);
    } else if (drifting || !traits.hasFace) {
      windDirection = wind(
        stage,
        { startS: 0, endS: durationS, intensity: traits.hasFace ? 0.14 : 0.3 },
        undefined,
        false,
      );
    }
  }
  const breath = breathOf(playable.actions);
  if (!without.has('breathe') && traits.hasPerson) breathe(stage, breath.depth, breath.pace * score.pace);
  moveCamera(stage, score);
  const cameraHeld = score.camera.span !== undefined && score.camera.kind === 'hold';
  if (!traits.hasFace && score.camera.kind === 'hold' && !cameraHeld) driftCamera(stage);
  if (traits.hasFace && !without.has('blink') && traits.eyesOpen > 0.12) {
    fillBlinks(timeline.blinks, timeline.blinkHints, durationS, new Random(seed, 2));
  }

  const life: Life = lifeOf({
    durationS,
    seed,
    traits,
    without,
    calm: playable.actions.length === 1 && breath.depth >= 0.9,
  });
  const plan: MotionPlan = {
    durationS,
    poseAt(timeS: number, out: Pose): Pose {
      return writePose(timeline, stage.limits, life, windDirection, clamp(timeS, 0, durationS), out);
    },
  };
  return plan;
}
