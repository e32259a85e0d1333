import type { ClipSettings, Motion } from '../../contracts/settings.ts';
import { t } from '../strings/strings.ts';

/** A motion's name for a person: the preset's, or the first words of the prompt. */
export function motionName(motion: Motion): string {
  if (motion.kind === 'preset') return t(`preset.${motion.preset}`);
  const words = motion.prompt.trim().replace(/\s+/g, ' ');
  if (words === '') return t('preset.custom');
  return words.length > 40 ? `${words.slice(0, 38).trimEnd()}…` : words;
}

/** A shape's short name on a button. */
export function shapeName(aspect: ClipSettings['aspect']): string {
  return aspect === 'source' ? t('settings.shape.source') : aspect.replace(':', ' : ');
}

/** Whether two motions are the same wish. */
export function sameMotion(a: Motion, b: Motion): boolean {
  if (a.kind === 'preset') return b.kind === 'preset' && a.preset === b.preset;
  return b.kind === 'prompt' && a.prompt === b.prompt;
}
