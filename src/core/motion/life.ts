import type { Pose, RigTraits } from '../../contracts/pose.ts';
import type { ActionKind } from '../../contracts/score.ts';
import { CAMERA_MAX } from './camera.ts';
import type { MotionLimits } from './limits.ts';
import { clamp, smoothBetween, softLimit } from './maths.ts';
import { drift, hash32, Random } from './random.ts';
import type { Timeline } from './timeline.ts';
import { blinkAt, Track } from './timeline.ts';

/** The small motion under everything: nothing alive holds still. */
export interface Life {
  readonly durationS: number;
  readonly hasFace: boolean;
  /** Amplitudes of the noise, in each control's unit. */
  readonly yaw: number;
  readonly pitch: number;
  readonly roll: number;
  readonly sway: number;
  readonly brow: number;
  readonly smile: number;
  readonly breath: number;
  readonly seeds: Readonly<Record<'yaw' | 'pitch' | 'roll' | 'sway' | 'brow' | 'smile' | 'breath', number>>;
  /** Small jumps of the eyes. */
  readonly eyesX: Track;
  readonly eyesY: Track;
}

/** Plans the small motion of a clip. */
export function lifeOf(options: {
  readonly durationS: number;
  readonly seed: number;
  readonly traits: RigTraits;
  readonly without: ReadonlySet<ActionKind>;
  /** True where nothing but a breath is asked for: smaller. */
  readonly calm: boolean;
}): Life {
  const { durationS, seed, traits, without } = options;
  const face = traits.hasFace ? 1 : 0;
  const head = face * (without.has('turn-head') ? 0.35 : options.calm ? 0.6 : 1);
  const label = (number: number): number => hash32(seed ^ hash32(number * 7919 + 13));
  const endS = durationS - 0.1;
  const eyesX = new Track(endS);
  const eyesY = new Track(endS);
  if (traits.hasFace && !without.has('look')) {
    const random = new Random(seed, 3);
    let at = random.between(0.4, 1);
    while (at < endS - 0.5) {
      eyesX.add(at, 0.06, random.between(-0.09, 0.09) - eyesX.target, 0.2);
      eyesY.add(at, 0.06, random.between(-0.07, 0.07) - eyesY.target, 0.2);
      at += random.between(0.5, 1.6);
    }
    eyesX.add(endS - 0.3, 0.2, -eyesX.target);
    eyesY.add(endS - 0.3, 0.2, -eyesY.target);
  }
  return {
    durationS,
    hasFace: traits.hasFace,
    yaw: 1.2 * head,
    pitch: 0.9 * head,
    roll: 0.5 * head,
    sway: traits.hasPerson ? 0.0009 : 0,
    brow: 0.05 * face,
    smile: without.has('smile') ? 0 : 0.035 * face,
    breath: traits.hasPerson && !without.has('breathe') ? 0.03 : 0,
    seeds: {
      yaw: label(1),
      pitch: label(2),
      roll: label(3),
      sway: label(4),
      brow: label(5),
      smile: label(6),
      breath: label(7),
    },
    eyesX,
    eyesY,
  };
}

/** Seconds over which the noise comes in and goes out. */
const FADE = 0.45;

const FACE_CONTROLS = [
  'yaw',
  'pitch',
  'roll',
  'gazeX',
  'gazeY',
  'lidLeft',
  'lidRight',
  'browLeft',
  'browRight',
  'smile',
  'jaw',
  'mouthWidth',
] as const;

/** Where no face was found there is no head to move either. */
function stillFace(out: Pose): void {
  for (let index = 0; index < FACE_CONTROLS.length; index++) {
    const control = FACE_CONTROLS[index];
    if (control !== undefined) out[control] = 0;
  }
}

/** Writes everything at `timeS` into `out`: tracks, noise, couplings, limits. */
export function writePose(
  timeline: Timeline,
  limits: MotionLimits,
  life: Life,
  windDirection: number,
  timeS: number,
  out: Pose,
): Pose {
  const at = (control: Parameters<Timeline['track']>[0]): number => timeline.track(control).valueAt(timeS);
  const { seeds } = life;
  const near = smoothBetween(0, FADE, timeS) * smoothBetween(0, FADE, life.durationS - timeS);

  const yaw = at('yaw') + near * life.yaw * drift(seeds.yaw, 0.85 * timeS);
  const pitch = at('pitch') + near * life.pitch * drift(seeds.pitch, 0.95 * timeS);
  const roll = at('roll') + near * life.roll * drift(seeds.roll, 0.75 * timeS);
  const gazeX = at('gazeX') + life.eyesX.valueAt(timeS);
  const gazeY = at('gazeY') + life.eyesY.valueAt(timeS);

  out.yaw = softLimit(yaw, yaw < 0 ? limits.yawLeft : limits.yawRight);
  out.pitch = softLimit(pitch, limits.pitch);
  out.roll = softLimit(roll, limits.roll);
  out.gazeX = softLimit(gazeX, limits.gaze);
  out.gazeY = softLimit(gazeY, limits.gaze);

  // Upper lids go with the eyes: down with a lowered gaze, a little wider with a raised one.
  const followed = out.gazeY > 0 ? 0.22 * out.gazeY : 0.07 * out.gazeY;
  let left = clamp(at('lidLeft') + followed, -0.15, 0.6);
  let right = clamp(at('lidRight') + followed, -0.15, 0.6);
  for (let index = 0; index < timeline.blinks.length; index++) {
    const blink = timeline.blinks[index];
    if (blink === undefined) continue;
    const shut = blinkAt(blink, timeS);
    if (shut === 0) continue;
    if (blink.eyes !== 'right') left = shut === 1 ? 1 : Math.max(left, left + (1 - left) * shut);
    if (blink.eyes !== 'left') right = shut === 1 ? 1 : Math.max(right, right + (1 - right) * shut);
  }
  out.lidLeft = left;
  out.lidRight = right;

  const brow = near * life.brow * drift(seeds.brow, 0.7 * timeS);
  out.browLeft = softLimit(at('browLeft') + brow, 1);
  out.browRight = softLimit(at('browRight') + brow, 1);
  out.smile = softLimit(at('smile') + near * life.smile * drift(seeds.smile, 0.8 * timeS), 1.02);
  out.jaw = softLimit(Math.max(0, at('jaw')), limits.jaw);
  out.mouthWidth = softLimit(at('mouthWidth'), 0.34);

  if (!life.hasFace) stillFace(out);

  out.breath = softLimit(at('breath') + near * life.breath * drift(seeds.breath, 0.6 * timeS), 1.1);
  out.sway = softLimit(at('sway') + near * life.sway * drift(seeds.sway, 0.6 * timeS), 0.01);
  out.wind = clamp(at('wind'), 0, 1);
  out.windDirection = windDirection;
  out.windPhaseS = timeS;
  out.handRaise = clamp(at('handRaise'), 0, 1);
  out.handAngle = softLimit(at('handAngle'), limits.handAngle);
  out.zoom = 1 + clamp(at('zoom'), -CAMERA_MAX.zoom, CAMERA_MAX.zoom);
  out.panX = clamp(at('panX'), -CAMERA_MAX.panX, CAMERA_MAX.panX);
  out.panY = clamp(at('panY'), -CAMERA_MAX.panY, CAMERA_MAX.panY);
  out.orbit = clamp(at('orbit'), -CAMERA_MAX.orbit, CAMERA_MAX.orbit);
  return out;
}
