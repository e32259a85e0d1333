import type { AppState } from '../contracts/app.api.ts';
import { DEFAULT_SETTINGS } from '../contracts/settings.ts';

/** The state before anything is known. */
export const EMPTY_STATE: AppState = {
  engine: { phase: 'idle' },
  picture: { phase: 'empty' },
  settings: DEFAULT_SETTINGS,
  score: null,
  scoreError: null,
  jobs: [],
  characters: [],
  clips: [],
  pictures: [],
  samples: [],
  shownClipId: null,
  undo: null,
  storage: null,
  online: true,
  estimateS: null,
  notifications: 'unsupported',
  alert: null,
  licence: null,
};
