import type { AppState } from '../contracts/app.api.ts';
import type { PacksView } from '../contracts/packs-view.ts';
import { DEFAULT_SETTINGS } from '../contracts/settings.ts';

/** Nothing is known of packs before somebody asks for them. */
export const EMPTY_PACKS: PacksView = {
  kept: null,
  fits: {},
  machine: null,
  measuring: false,
  looking: false,
  looked: null,
  task: null,
  undo: null,
  error: null,
  present: null,
  refused: null,
};

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
  packs: EMPTY_PACKS,
  licence: null,
};
