import type { PresetId } from '../contracts/settings.ts';

/** Every word that this room puts into names, notifications and the page's title; a host may give its own. */
export interface AppWords {
  readonly presets: Readonly<Record<PresetId, string>>;
  /** Name of a character whose file says nothing; the number is appended. */
  readonly unnamed: string;
  /** Heading of the notification that a clip is ready. */
  readonly clipReady: string;
}

/** The words that ship. */
export const ENGLISH: AppWords = {
  presets: {
    'gentle-movement': 'Gentle movement',
    'turn-to-camera': 'Turn to camera',
    'hair-in-wind': 'Hair in wind',
    'smile-and-blink': 'Smile and blink',
    'wave-hello': 'Wave hello',
    breathing: 'Breathing',
    'look-around': 'Look around',
  },
  unnamed: 'Picture',
  clipReady: 'Your clip is ready',
};
