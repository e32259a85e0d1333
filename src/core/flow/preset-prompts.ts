import type { PresetId } from '../../contracts/settings.ts';

/**
 * The seven ready motions, each as one sentence that a video model follows; for packs that have no embedding of it.
 * @source models/export/stillwake_export/presets.py, which embeds the same sentences
 */
export const PRESET_PROMPTS: Readonly<Record<PresetId, string>> = {
  'gentle-movement':
    'The subject stays in place and moves gently, with small natural shifts of the head and shoulders, soft breathing and an occasional slow blink, while the camera holds still.',
  'turn-to-camera':
    'The subject notices the viewer, slowly turns the head towards the camera, meets its gaze and rests there with a calm expression, while the camera holds still.',
  'hair-in-wind':
    'A light wind moves through the hair from one side, single strands lift, sway and settle again in soft waves, while the face stays calm and the camera holds still.',
  'smile-and-blink':
    'The subject looks at the viewer, blinks once, and a warm natural smile slowly grows on the lips and in the eyes, while the camera holds still.',
  'wave-hello':
    'The subject raises one hand to shoulder height, waves hello to the viewer with a few easy movements of the wrist, smiles and lowers the hand again, while the camera holds still.',
  breathing:
    'The subject breathes slowly and evenly, the chest and shoulders rise and fall a little with each breath, and everything else stays quiet, while the camera holds still.',
  'look-around':
    'The subject looks around with curiosity, the eyes lead and the head follows slowly to one side and then to the other, then returns to the viewer, while the camera holds still.',
};
