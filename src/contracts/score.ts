import type { Notice, PresetId } from './settings.ts';

/** What the subject can be asked to do by a portrait pack. */
export const ACTION_KINDS = [
  'turn-head', // direction: left | right | camera | up | down
  'look', // gaze and head: left | right | up | down | camera | around
  'nod',
  'shake-head',
  'tilt-head', // left | right
  'smile',
  'laugh',
  'blink',
  'wink', // left | right
  'close-eyes',
  'raise-brows',
  'frown',
  'open-mouth',
  'speak', // quoted dialogue; lips move
  'wave', // a visible hand
  'breathe',
  'sway',
  'hair-wind', // direction: left | right
  'idle', // gentle life: small drift, blink
] as const;
export type ActionKind = (typeof ACTION_KINDS)[number];

/** Sides and directions are the viewer's: left is the left edge of the picture. */
export type Direction = 'left' | 'right' | 'up' | 'down' | 'camera' | 'around';

/** A half-open range of UTF-16 code units in the prompt, [start, end). */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** One beat of the subject's motion, in the order in which it was asked for. */
export interface Action {
  readonly kind: ActionKind;
  readonly direction?: Direction;
  /** 1 is the preset's own size; 0.5 slight, 1.4 strong. */
  readonly intensity: number;
  /** 1 is the preset's own speed; 0.6 slow, 1.5 quick. */
  readonly pace: number;
  /** How often, when the words say so ("blinks twice"). */
  readonly times?: number;
  /** What is said, for `speak`. */
  readonly text?: string;
  /** True when it goes on through the whole clip or together with the action before it. */
  readonly together?: boolean;
  readonly span?: Span;
}

export const CAMERA_KINDS = [
  'hold',
  'push-in',
  'pull-out',
  'pan-left',
  'pan-right',
  'tilt-up',
  'tilt-down',
  'orbit-left',
  'orbit-right',
  'zoom-in',
  'zoom-out',
] as const;
export type CameraKind = (typeof CAMERA_KINDS)[number];

/** The clip's one camera movement. */
export interface CameraMove {
  readonly kind: CameraKind;
  readonly intensity: number;
  readonly pace: number;
  readonly span?: Span;
}

/** A prompt or preset, read (P3). Plain data. */
export interface Score {
  readonly preset?: PresetId;
  readonly actions: readonly Action[];
  readonly camera: CameraMove;
  /** Pace over all, 1 is neutral. */
  readonly pace: number;
  readonly sounds: readonly { readonly text: string; readonly span: Span }[];
  readonly constraints: readonly { readonly text: string; readonly span: Span }[];
  /** Kinds the words rule out, not even as ambient life: "no blinking" gives blink, "head still" gives turn-head. */
  readonly without?: readonly ActionKind[];
  /** Words that carry meaning and were not understood. */
  readonly unread: readonly Span[];
  /** What this pack can't do, said before the job starts. */
  readonly notices: readonly Notice[];
}
