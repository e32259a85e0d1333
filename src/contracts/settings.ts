import * as v from 'valibot';

/** The seven ready motions, in the order in which they are offered. */
export const PRESETS = [
  'gentle-movement',
  'turn-to-camera',
  'hair-in-wind',
  'smile-and-blink',
  'wave-hello',
  'breathing',
  'look-around',
] as const;
/** A ready motion's stable name, as on the command line. */
export type PresetId = (typeof PRESETS)[number];

export const RESOLUTIONS = ['480p', '720p', '1080p'] as const;
/** Length of the clip's short side. */
export type Resolution = (typeof RESOLUTIONS)[number];

export const FRAME_RATES = [24, 30] as const;
/** Frames per second, constant. */
export type FrameRate = (typeof FRAME_RATES)[number];

export const ASPECTS = ['source', '9:16', '1:1', '16:9'] as const;
/** The clip's shape: the picture's own, or a crop on the subject. */
export type Aspect = (typeof ASPECTS)[number];

/** Longest prompt, in characters (UTF-16 code units). */
export const PROMPT_MAX = 5000;
export const SECONDS_MIN = 3;
export const SECONDS_MAX = 15;

/** What moves: a ready motion, or the person's own words. */
export const motionSchema = v.variant('kind', [
  v.object({ kind: v.literal('preset'), preset: v.picklist(PRESETS) }),
  v.object({ kind: v.literal('prompt'), prompt: v.pipe(v.string(), v.maxLength(PROMPT_MAX)) }),
]);
export type Motion = v.InferOutput<typeof motionSchema>;

/** The pack that comes with the application. */
export const PORTRAIT = 'portrait';

/** Everything that, with the picture, determines a clip's frames. */
export const clipSettingsSchema = v.object({
  motion: motionSchema,
  /** Length in seconds, 3 to 15. */
  seconds: v.pipe(v.number(), v.finite(), v.minValue(SECONDS_MIN), v.maxValue(SECONDS_MAX)),
  resolution: v.picklist(RESOLUTIONS),
  fps: v.picklist(FRAME_RATES),
  aspect: v.picklist(ASPECTS),
  /** Seed of every noise in the clip, an unsigned 32-bit integer. */
  seed: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffffffff)),
  /** `portrait`, or the id of an installed flow pack. */
  pack: v.string(),
  /** Whether the settings are written into the file's metadata beside the AI mark. */
  embedSettings: v.boolean(),
});
export type ClipSettings = v.InferOutput<typeof clipSettingsSchema>;

/** Settings of a new job before the person chose anything. */
export const DEFAULT_SETTINGS: ClipSettings = {
  motion: { kind: 'preset', preset: 'gentle-movement' },
  seconds: 4,
  resolution: '720p',
  fps: 30,
  aspect: 'source',
  seed: 1,
  pack: PORTRAIT,
  embedSettings: true,
};

/** Something the person should know that does not stop the job (P7): what is not possible, or is approximated. */
export interface Notice {
  /** Stable, e.g. `NOTICE_NO_HAND`. */
  readonly code: string;
  /** One plain sentence. */
  readonly message: string;
}

/** Number of frames of a clip: seconds × fps, rounded, at least 1. */
export function frameCount(seconds: number, fps: FrameRate): number {
  return Math.max(1, Math.round(seconds * fps));
}
