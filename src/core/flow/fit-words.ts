/** English: what a verdict can say. `{name}` is filled in. A translator copies this table and keeps the keys. */
export const FIT_WORDS = {
  fits: 'Fits; {time} for {length} at {size}.',
  fitsUntimed: 'Fits; {length} at {size}.',
  slow: 'The browser has no graphics card to use here; with one it would be much faster.',
  buffer: 'Does not fit at {size}: {what} needs {needs} in one piece, and this graphics card gives {gives}.',
  heap: 'Does not fit at {size}: {what} needs {needs} in the browser, which gives {gives}.',
  device: 'Does not fit at {size}: {what} needs {needs}, and this graphics card has {gives}.',
  failed: 'Does not fit at {size}: this machine ran out of memory there.',
  halves:
    'Can’t run here: this model computes in 16-bit numbers (shader-f16), which this graphics card does not offer. ' +
    'Look for its variant without them.',
  scores: 'With subgroups, which this graphics card does not offer to the browser, it would need less.',
  instead: 'It fits at {size}; {time} for {length}.',
  insteadUntimed: 'It fits at {size}.',
  insteadParts: 'It fits at {size} in parts of {frames} frames; {time} for {length}.',
  insteadPartsUntimed: 'It fits at {size} in parts of {frames} frames.',
  presets: 'A ready motion fits, since nothing has to be read for it.',
  nothing: 'No size of this model fits.',
  'graph.text_encoder': 'reading the prompt',
  'graph.vae_encode': 'reading the picture',
  'graph.dit_context': 'preparing the prompt',
  'graph.dit_step': 'a step',
  'graph.vae_decode': 'drawing the frames',
  aboutASecond: 'about a second',
  aboutSeconds: 'about {count} s',
  aboutMinutes: 'about {count} min',
  aboutHours: 'about {count} h',
} as const;

/** Key of {@link FIT_WORDS}. */
export type FitCode = keyof typeof FIT_WORDS;

/** One sentence of a verdict: its key and what is filled in, for an interface in another language. */
export interface FitSaying {
  readonly code: FitCode;
  readonly values: Readonly<Record<string, string>>;
}

/** A sentence of the table with its values in place. */
export function sayFit({ code, values }: FitSaying): string {
  return FIT_WORDS[code].replace(/\{(\w+)\}/g, (all, name: string) => values[name] ?? all);
}

const say = (code: FitCode, count: number): string => sayFit({ code, values: { count: String(count) } });

/** Bytes in the unit that people know them in. */
export function sayBytes(bytes: number): string {
  if (bytes >= 0.95e9) return `${(bytes / 1e9).toFixed(1)} GB`;
  return bytes >= 0.95e6 ? `${Math.round(bytes / 1e6)} MB` : `${Math.max(1, Math.round(bytes / 1e3))} kB`;
}

/** A span of time as one says it: no more precise than it is. */
export function sayAbout(seconds: number): string {
  if (seconds < 1) return say('aboutASecond', 1);
  if (seconds < 10) return say('aboutSeconds', Math.round(seconds));
  if (seconds < 90) return say('aboutSeconds', 5 * Math.round(seconds / 5));
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? say('aboutMinutes', minutes) : say('aboutHours', Math.round(seconds / 3600));
}

/** Width and height as one says them. */
export const saySize = ({ width, height }: { readonly width: number; readonly height: number }): string =>
  `${width}×${height}`;

/** Length of a clip in seconds, to a tenth. */
export const sayLength = (frames: number, fps: number): string => `${Math.round((10 * frames) / fps) / 10} s`;
