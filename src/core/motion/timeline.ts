import { ease } from './maths.ts';

/** Controls that are moved by steps. Lids are moved by {@link Blink}s besides. */
export const CONTROLS = [
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
  'breath',
  'sway',
  'wind',
  'handRaise',
  'handAngle',
  'zoom',
  'panX',
  'panY',
  'orbit',
] as const;
export type Control = (typeof CONTROLS)[number];

/** Below this a control counts as at rest; it is far below what a pixel can show. */
const REST = 1e-9;
/** Shortest step at the end of a clip, seconds. */
const LEAST_STEP = 0.16;

/** One control over time: a sum of eased steps. Steps that overlap add up, as submovements of a body do. */
export class Track {
  private steps = new Float64Array(32);
  private count = 0;
  private readonly endS: number;
  /** Where the control is when every step so far is done. */
  target = 0;

  /** @param endS when every step is over, seconds. */
  constructor(endS: number) {
    this.endS = endS;
  }

  /**
   * Adds `delta`, eased in from `startS` over `lengthS`. A step that would reach past the end is moved and shortened,
   * so that nothing is left undone when the clip ends.
   */
  add(startS: number, lengthS: number, delta: number, skew = 0.25): void {
    if (delta === 0) return;
    const from = Math.max(0, Math.min(startS, this.endS - LEAST_STEP));
    const length = Math.max(0.02, Math.min(lengthS, this.endS - from));
    if (this.count * 4 === this.steps.length) {
      const grown = new Float64Array(this.steps.length * 2);
      grown.set(this.steps);
      this.steps = grown;
    }
    const at = this.count * 4;
    this.steps[at] = from;
    this.steps[at + 1] = 1 / length;
    this.steps[at + 2] = delta;
    this.steps[at + 3] = skew;
    this.count += 1;
    this.target += delta;
  }

  /** Value at `timeS`; exactly 0 when all steps cancel. Allocates nothing. */
  valueAt(timeS: number): number {
    const steps = this.steps;
    let value = 0;
    for (let at = 0; at < this.count * 4; at += 4) {
      const since = timeS - (steps[at] as number);
      if (since > 0)
        value += (steps[at + 2] as number) * ease(since * (steps[at + 1] as number), steps[at + 3] as number);
    }
    return value < REST && value > -REST ? 0 : value;
  }
}

/** A closing and opening of the eyes. */
export interface Blink {
  readonly startS: number;
  readonly closeS: number;
  readonly holdS: number;
  readonly openS: number;
  /** Which eyes, by the picture's side. */
  readonly eyes: 'both' | 'left' | 'right';
}

/** How long a blink takes from open to open. */
export function blinkLength(blink: Blink): number {
  return blink.closeS + blink.holdS + blink.openS;
}

/** 0 open … 1 shut. Faster down than up; exactly 1 during the hold. */
export function blinkAt(blink: Blink, timeS: number): number {
  const since = timeS - blink.startS;
  if (since <= 0) return 0;
  if (since < blink.closeS) return ease(since / blink.closeS, 0.1);
  const held = since - blink.closeS;
  if (held <= blink.holdS) return 1;
  return 1 - ease((held - blink.holdS) / blink.openS, 0.35);
}

/** All that happens in a clip, before noise: one track per control and the blinks. */
export class Timeline {
  private readonly tracks: Readonly<Record<Control, Track>>;
  readonly blinks: Blink[] = [];
  /** Moments at which a blink would look natural, e.g. in the middle of a turn. */
  readonly blinkHints: number[] = [];

  /** @param endS when every step is over, seconds; a little before the clip ends. */
  constructor(endS: number) {
    this.tracks = Object.fromEntries(CONTROLS.map((control) => [control, new Track(endS)])) as Record<
      Control,
      Track
    >;
  }

  track(control: Control): Track {
    return this.tracks[control];
  }

  /** Moves a control from where it will be to `value`. */
  goTo(control: Control, startS: number, lengthS: number, value: number, skew = 0.25): void {
    const track = this.tracks[control];
    track.add(startS, lengthS, value - track.target, skew);
  }

  /** Where a control is when everything planned so far is done. */
  targetOf(control: Control): number {
    return this.tracks[control].target;
  }

  /** Out and back again: `delta` over `upS`, held, undone over `downS`. */
  pulse(control: Control, startS: number, upS: number, holdS: number, downS: number, delta: number): void {
    const track = this.tracks[control];
    track.add(startS, upS, delta);
    track.add(startS + upS + holdS, downS, -delta);
  }
}
