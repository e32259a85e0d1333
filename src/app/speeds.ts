import * as v from 'valibot';
import { PORTRAIT, type ClipSettings } from '../contracts/settings.ts';
import { estimateClipS, learnSpeed, type Speed } from '../core/job/estimate.ts';
import { validateSettings } from '../core/job/validate.ts';
import type { Store } from '../platform/store/store.ts';
import type { MadeClip } from './pipeline.ts';

const KEY = 'speed';
const speedSchema = v.object({
  msPerMegapixel: v.pipe(v.number(), v.finite(), v.minValue(0)),
  fixedMs: v.pipe(v.number(), v.finite(), v.minValue(0)),
});

/** What this machine was seen to need, kept from visit to visit. */
export interface Speeds {
  /** Reads what earlier visits measured. @throws ERR_STORE_* */
  load(): Promise<void>;
  /**
   * Takes a finished clip of the portrait pack into the measurement; others are of another kind.
   * @param totalMs from the job's start to the file verified.
   */
  learn(made: MadeClip, totalMs: number): void;
  /**
   * Seconds that a clip of the portrait pack will take; null when nothing was measured yet or the settings make none. What
   * flow packs take is known to `FlowFitter`.
   */
  estimateS(
    source: { readonly width: number; readonly height: number },
    settings: ClipSettings,
  ): number | null;
}

/** Knows nothing until loaded or taught. */
export function createSpeeds(store: Pick<Store, 'setting' | 'putSetting'>): Speeds {
  let speed: Speed | null = null;
  return {
    async load() {
      const kept = v.safeParse(speedSchema, await store.setting(KEY));
      if (kept.success) speed ??= kept.output;
    },
    learn(made, totalMs) {
      if (made.pack !== PORTRAIT) return;
      // Opening the picture ends with the first frame, whether it was open already or not.
      const framesMs = Math.max(1, totalMs - made.stagesMs.firstFrame);
      speed = learnSpeed(speed, { ...made, totalMs, framesMs });
      // A measurement that isn't kept is made again.
      store.putSetting(KEY, speed).catch(() => undefined);
    },
    estimateS(source, settings) {
      if (speed === null || settings.pack !== PORTRAIT) return null;
      try {
        return estimateClipS(speed, source, validateSettings(settings));
      } catch {
        return null;
      }
    },
  };
}
