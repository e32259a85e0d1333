import type { Action, ActionKind, CameraMove, Score } from '../../contracts/score.ts';
import type { PresetId } from '../../contracts/settings.ts';

const HOLD: CameraMove = { kind: 'hold', intensity: 1, pace: 1 };

type Extra = Partial<Pick<Action, 'direction' | 'intensity' | 'pace' | 'times' | 'together'>>;

function act(kind: ActionKind, extra: Extra = {}): Action {
  return { kind, intensity: 1, pace: 1, ...extra };
}

interface Preset {
  readonly actions: readonly Action[];
  readonly camera?: CameraMove;
  readonly pace?: number;
}

const PRESET_SCORES: Readonly<Record<PresetId, Preset>> = {
  'gentle-movement': {
    actions: [
      act('idle'),
      act('smile', { intensity: 0.32, pace: 0.8 }),
      act('breathe', { intensity: 0.75, together: true }),
    ],
    camera: { kind: 'push-in', intensity: 0.28, pace: 1 },
  },
  'turn-to-camera': {
    actions: [act('turn-head', { direction: 'camera' }), act('smile', { intensity: 0.4, together: true })],
  },
  'hair-in-wind': { actions: [act('hair-wind', { together: true })] },
  'smile-and-blink': { actions: [act('smile'), act('blink', { together: true })] },
  'wave-hello': {
    actions: [
      act('wave'),
      act('smile', { intensity: 0.95, together: true }),
      act('tilt-head', { intensity: 0.7, together: true }),
    ],
  },
  breathing: { actions: [act('breathe', { together: true })] },
  'look-around': { actions: [act('look', { direction: 'around' })] },
};

/** The score of a ready motion. */
export function presetScore(preset: PresetId): Score {
  const { actions, camera = HOLD, pace = 1 } = PRESET_SCORES[preset];
  return { preset, actions, camera, pace, sounds: [], constraints: [], unread: [], notices: [] };
}
