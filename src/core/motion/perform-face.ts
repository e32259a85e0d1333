import type { Direction } from '../../contracts/score.ts';
import { clamp } from './maths.ts';
import { fitting, sideOf } from './perform-head.ts';
import { FASTEST_SPEECH, visemes } from './speech.ts';
import type { Stage, Window } from './stage.ts';
import type { Blink } from './timeline.ts';

/** Smile of intensity 1, of the rig's full smile. */
const SMILE = 0.92;

/** Smiles and goes on smiling: cheeks, a little squint, brows and chin up. */
export function smile(stage: Stage, { startS, endS, intensity }: Window): void {
  const { timeline } = stage;
  const size = clamp(SMILE * intensity, 0.1, 1);
  const length = clamp(0.55 * (endS - startS), 0.42, 0.9);
  timeline.goTo('smile', startS, length, size, 0.3);
  // A smile that does not relax a little looks held.
  if (stage.returnS - startS - length > 0.5) {
    timeline
      .track('smile')
      .add(startS + length, Math.min(1.6, stage.returnS - startS - length), -0.05 * size);
  }
  for (const control of ['lidLeft', 'lidRight'] as const) {
    timeline.goTo(control, startS + 0.12, length, 0.08 * size);
  }
  const browDelay = stage.random.between(0, 0.06);
  timeline.goTo('browLeft', startS + 0.05, length, 0.14 * size);
  timeline.goTo('browRight', startS + 0.05 + browDelay, length, 0.14 * size);
  timeline.pulse('pitch', startS, length, 0.2, 0.7, -0.9 * size);
}

/** Laughs: a wide smile, the mouth opening in a few bursts that die away, head back, shoulders shaking. */
export function laugh(stage: Stage, window: Window): void {
  const { timeline } = stage;
  const { startS, endS } = window;
  const size = clamp(window.intensity, 0.4, 1.25);
  const length = endS - startS;
  timeline.goTo('smile', startS, 0.4, clamp(0.95 * size, 0.4, 1), 0.3);
  for (const control of ['lidLeft', 'lidRight'] as const)
    timeline.pulse(control, startS + 0.1, 0.4, 0.4 * length, 0.45, 0.26 * size);
  timeline.pulse('pitch', startS + 0.05, 0.4, 0.25 * length, 0.6, -2.6 * size);
  timeline.pulse('roll', startS + 0.1, 0.5, 0.2 * length, 0.6, 0.9 * size * stage.random.sign());
  const bursts = clamp(Math.round(length / 0.26), 3, 9);
  const each = (0.86 * length) / bursts;
  for (let index = 0; index < bursts; index++) {
    const fade = 1 - (0.6 * index) / bursts;
    const at = startS + 0.08 + index * each;
    timeline.pulse('jaw', at, 0.45 * each, 0, 0.6 * each, 0.42 * size * fade);
    timeline.pulse('breath', at, 0.45 * each, 0, 0.6 * each, 0.3 * size * fade);
    timeline.pulse('pitch', at + 0.03, 0.45 * each, 0, 0.6 * each, 0.7 * size * fade);
  }
}

/** A blink that was asked for: shut for at least two frames at 24 fps. */
export function firmBlink(startS: number, eyes: Blink['eyes']): Blink {
  return { startS, closeS: 0.09, holdS: 0.1, openS: 0.18, eyes };
}

/** Seconds from one asked-for blink to the next. */
const BLINK_EVERY = 0.52;

/** Blinks as often as asked, after the first part of its window. */
export function blink(stage: Stage, { startS, endS }: Window, times: number, after: number): void {
  const count = fitting(times, endS - startS - after + 0.1, 0.42);
  const each = Math.max(0.42, Math.min(BLINK_EVERY, (endS - startS - after) / count));
  const first = startS + after;
  for (let index = 0; index < count; index++)
    stage.timeline.blinks.push(firmBlink(first + index * each, 'both'));
}

/** Winks with one eye, the cheek and the head helping. */
export function wink(stage: Stage, window: Window, direction: Direction | undefined, times: number): void {
  const { timeline } = stage;
  const side = sideOf(stage, direction);
  const count = fitting(times, window.endS - window.startS, 0.5);
  const each = Math.max(0.5, Math.min(0.8, (window.endS - window.startS) / count));
  for (let index = 0; index < count; index++) {
    const at = window.startS + 0.06 + index * each;
    timeline.blinks.push({
      startS: at,
      closeS: 0.1,
      holdS: 0.17,
      openS: 0.18,
      eyes: side < 0 ? 'left' : 'right',
    });
    timeline.pulse(side < 0 ? 'lidRight' : 'lidLeft', at, 0.12, 0.12, 0.2, 0.12);
    timeline.pulse('smile', at - 0.04, 0.2, 0.25, 0.45, Math.max(0, 0.4 - timeline.targetOf('smile')));
    timeline.pulse(side < 0 ? 'browRight' : 'browLeft', at, 0.18, 0.15, 0.3, 0.25);
    timeline.pulse('roll', at - 0.02, 0.25, 0.12, 0.4, 1.3 * side);
    timeline.pulse('pitch', at, 0.22, 0.1, 0.4, 0.9);
  }
}

/** Closes the eyes for the window and opens them again. */
export function closeEyes(stage: Stage, { startS, endS }: Window): void {
  const { timeline } = stage;
  const shutS = 0.22;
  const openS = 0.34;
  for (const eyes of ['both'] as const) {
    timeline.blinks.push({
      startS: startS + 0.04,
      closeS: shutS,
      holdS: Math.max(0.2, endS - startS - shutS - openS - 0.04),
      openS,
      eyes,
    });
  }
  timeline.pulse('pitch', startS, 0.5, Math.max(0, endS - startS - 1), 0.5, 1.2);
}

/** Raises both brows, as often as asked. */
export function raiseBrows(stage: Stage, { startS, endS, intensity }: Window, times: number): void {
  const { timeline } = stage;
  const count = fitting(times, endS - startS, 0.5);
  const each = Math.min(1.2, (endS - startS) / count);
  const size = clamp(0.75 * intensity, 0.2, 1);
  for (let index = 0; index < count; index++) {
    const at = startS + index * each;
    for (const control of ['browLeft', 'browRight'] as const)
      timeline.pulse(control, at, 0.22, Math.max(0.05, each - 0.6), 0.34, size);
    for (const control of ['lidLeft', 'lidRight'] as const)
      timeline.pulse(control, at, 0.2, Math.max(0.05, each - 0.6), 0.34, -0.07 * size);
  }
}

/** Frowns and goes on frowning. */
export function frown(stage: Stage, { startS, endS, intensity }: Window): void {
  const { timeline } = stage;
  const size = clamp(intensity, 0.3, 1.3);
  const length = clamp(0.5 * (endS - startS), 0.35, 0.8);
  timeline.goTo('smile', startS, length, -0.45 * size);
  for (const control of ['browLeft', 'browRight'] as const)
    timeline.goTo(control, startS, length, -0.62 * size);
  for (const control of ['lidLeft', 'lidRight'] as const)
    timeline.goTo(control, startS + 0.08, length, 0.1 * size);
  timeline.pulse('pitch', startS, length, 0.3, 0.6, 1.4 * size);
}

/** Opens the mouth and shuts it again. */
export function openMouth(stage: Stage, { startS, endS, intensity }: Window): void {
  const size = clamp(0.46 * intensity, 0.12, 0.58);
  const length = endS - startS;
  stage.timeline.pulse('jaw', startS, 0.32, Math.max(0.1, length - 0.72), 0.4, size);
}

/**
 * Moves the lips to a text; the head stresses some of its syllables. Speech longer than the window goes on until the
 * clip's return to rest and stops there.
 */
export function speak(stage: Stage, { startS, endS, intensity }: Window, text: string): void {
  const { timeline, random } = stage;
  const shapes = visemes(text);
  const natural = shapes.reduce((sum, shape) => sum + shape.lengthS, 0.1);
  const last = Math.max(endS, stage.returnS + 0.2);
  const rate = clamp(natural / (endS - startS), 0.8, FASTEST_SPEECH);
  const size = clamp(0.75 + 0.25 * intensity, 0.6, 1.15);
  let at = startS;
  let jaw = 0;
  let width = 0;
  let stressS = startS + 0.2;
  for (const shape of shapes) {
    const lengthS = shape.lengthS / rate;
    if (at + lengthS > last) break;
    const goal = clamp(size * shape.jaw * random.between(0.85, 1.05), 0, 0.56);
    timeline.track('jaw').add(at - 0.02, lengthS * 1.25 + 0.02, goal - jaw, 0.1);
    timeline.track('mouthWidth').add(at - 0.03, lengthS * 1.4 + 0.03, shape.width - width, 0.1);
    jaw = goal;
    width = shape.width;
    if (shape.jaw > 0.28 && at > stressS) {
      timeline.pulse('pitch', at - 0.05, 0.16, 0, 0.3, random.between(0.7, 1.5));
      timeline.pulse('yaw', at - 0.05, 0.3, 0.05, 0.4, random.between(-1.1, 1.1));
      if (random.next() < 0.4) {
        timeline.pulse('browLeft', at - 0.08, 0.16, 0.08, 0.3, 0.3);
        timeline.pulse('browRight', at - 0.08, 0.16, 0.08, 0.3, 0.3);
      }
      stressS = at + random.between(0.45, 0.9);
    }
    at += lengthS;
  }
  timeline.track('jaw').add(at, 0.16, -jaw);
  timeline.track('mouthWidth').add(at, 0.2, -width);
}

/** Waves a visible hand: up, two or three swings of ±15°, down. */
export function waveHand(stage: Stage, { startS, endS, intensity }: Window): void {
  const { timeline } = stage;
  const length = endS - startS;
  const raise = clamp(0.24 * length, 0.38, 0.6);
  timeline.track('handRaise').add(startS, raise, 1, 0.3);
  timeline.track('handRaise').add(endS - raise, raise, -1, 0.1);
  const waving = length - 1.35 * raise;
  const swings = waving > 1.5 ? 6 : 4;
  const each = waving / (swings + 0.5);
  const size = 15 * clamp(intensity, 0.6, 1.15);
  let at = 0;
  for (let index = 0; index <= swings; index++) {
    const goal =
      index === swings
        ? 0
        : (index % 2 === 0 ? 1 : -1) * size * (index === 0 ? 0.8 : 1 - (0.25 * index) / swings);
    timeline.track('handAngle').add(startS + 0.62 * raise + index * each, each * 1.15, goal - at, 0);
    at = goal;
  }
}

/** A greeting without a hand: chin up, a nod, the head leaning, a brow flash. Smiling is the caller's. */
export function greet(stage: Stage, { startS, endS, intensity }: Window): void {
  const { timeline } = stage;
  const length = endS - startS;
  const size = clamp(intensity, 0.5, 1.2);
  timeline.pulse('browLeft', startS + 0.05, 0.18, 0.2, 0.4, 0.6 * size);
  timeline.pulse('browRight', startS + 0.06, 0.18, 0.2, 0.4, 0.6 * size);
  timeline.track('pitch').add(startS, 0.32, -2 * size);
  timeline.track('pitch').add(startS + 0.28, 0.4, 6.4 * size);
  timeline.track('pitch').add(startS + 0.62, 0.5, -4.4 * size);
  timeline.pulse('gazeY', startS + 0.28, 0.36, 0, 0.5, -0.3 * size);
  const side = stage.random.sign();
  timeline.pulse('roll', startS + 0.5, 0.55, Math.max(0.1, length - 1.6), 0.6, 3 * size * side);
  timeline.pulse('yaw', startS + 0.45, 0.6, Math.max(0.1, length - 1.6), 0.6, -1.6 * size * side);
}

/** Brings the face back to rest before the clip ends. */
export function faceToRest(stage: Stage): void {
  const { timeline, returnS, durationS } = stage;
  const length = durationS - 0.05 - returnS;
  timeline.goTo('smile', returnS, length, 0, 0.15);
  for (const control of ['lidLeft', 'lidRight', 'browLeft', 'browRight'] as const) {
    timeline.goTo(control, returnS + 0.05, 0.8 * length, 0);
  }
  timeline.goTo('jaw', returnS + 0.1, 0.5 * length, 0);
  timeline.goTo('mouthWidth', returnS + 0.1, 0.5 * length, 0);
}
