import type { FlowConstants } from '../../contracts/flow.ts';
import type { Pack } from '../../contracts/pack.ts';
import type { Motion } from '../../contracts/settings.ts';
import { planSegments } from './continuation.ts';
import { presetFile } from './embedding.ts';
import type { FlowWish } from './speed.ts';

/** Characters of a word of English in the pieces that tokenizers cut it into. */
const CHARACTERS_PER_TOKEN = 4;
/** Words of the prompt that counts as the usual one where a pack has no ready motions. */
const USUAL_WORDS = 64;
const USUAL_SECONDS = 3;

/** About how many words a pack has to read for a motion; 0 where it has a ready embedding. */
export function wordsOf(pack: Pack, constants: FlowConstants, motion: Motion): number {
  if (motion.kind === 'preset') {
    return presetFile(pack, constants, motion.preset) === null
      ? Math.min(constants.text.maxTokens, USUAL_WORDS)
      : 0;
  }
  const words = Math.ceil(motion.prompt.length / CHARACTERS_PER_TOKEN) + 1;
  return Math.min(constants.text.maxTokens, words);
}

/** The clip that a pack is judged by before it is there: its usual size, three seconds, a ready motion if it has one. */
export function usualWish(constants: FlowConstants): FlowWish {
  const { fps, text } = constants;
  const [size] = constants.sizes;
  if (!size) throw new RangeError('a pack has sizes');
  const ready = Object.keys(text.presets).length > 0;
  const words = ready ? 0 : Math.min(text.maxTokens, USUAL_WORDS);
  const frames = Math.round(USUAL_SECONDS * fps);
  return { size, frames: canContinue(frames, size) ? frames : size.frames, fps, words };
}

function canContinue(frames: number, size: { readonly frames: number }): boolean {
  try {
    planSegments(frames, size.frames);
    return true;
  } catch {
    return false;
  }
}
