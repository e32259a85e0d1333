import { flowConstants } from '../contracts/flow.ts';
import type { Pack } from '../contracts/pack.ts';
import type { PackFit, PacksView, PresentFit } from '../contracts/packs-view.ts';
import { PORTRAIT, type ClipSettings } from '../contracts/settings.ts';
import { planFlowClip, promptWords } from '../core/flow/clip-plan.ts';
import { cropSubject, pictureCrop } from '../core/flow/picture.ts';
import { validateSettings } from '../core/job/validate.ts';
import type { FlowKnowledge } from './engine.ts';
import { createFlowFit } from './flow-fit.ts';
import type { PacksOptions } from './packs.ts';
import { toShownError } from './shown-error.ts';
import type { FlowMachine, PictureReport } from '../contracts/render.api.ts';

export interface PackFitsOptions extends Pick<PacksOptions, 'state' | 'store' | 'measure' | 'onPresent'> {
  readonly view: () => PacksView;
  readonly set: (change: Partial<PacksView>) => void;
}

/** Verdicts on kept packs, on a pack that is looked at, and on the present settings. */
export interface PackFits {
  readonly knowledge: FlowKnowledge;
  /** Measures the machine once; the verdicts follow by themselves. */
  measure(): void;
  /** The verdict on a pack's usual clip; null until the machine was measured. */
  of(pack: Pack): PackFit | null;
  /** Packs, picture, settings, or what is known of the machine have changed. */
  follow(): void;
}

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Knows nothing of the machine yet. */
export function createPackFits(options: PackFitsOptions): PackFits {
  const { state, store, view, set } = options;
  const fitter = createFlowFit({ store, measure: options.measure });

  /** What a pack without good constants comes to is said when it is used. */
  const judged = <T>(judge: () => T): T | null => {
    try {
      return judge();
    } catch {
      return null;
    }
  };
  const of = (pack: Pack): PackFit | null =>
    pack.engine === 'flow' ? judged(() => fitter.verdict(pack)) : null;

  /** Before the machine was measured: sizes and notices, and nothing of time. */
  const planned = (pack: Pack, settings: ClipSettings, report: PictureReport): PresentFit => {
    const plan = planFlowClip(pack, flowConstants(pack), settings, report, cropSubject(report));
    const { size, width, height, notices } = plan;
    return { fits: true, sentence: '', seconds: null, instead: null, size, width, height, notices };
  };
  const present = (): Pick<PacksView, 'present' | 'refused'> => {
    const { picture, settings } = state.state;
    const kept = view().kept?.find(({ pack, state: is }) => pack.id === settings.pack && is === 'installed');
    if (kept === undefined || settings.pack === PORTRAIT || picture.phase !== 'open') {
      return { present: null, refused: null };
    }
    const { report } = picture;
    const { pack } = kept;
    try {
      const valid = validateSettings(settings);
      const fit = fitter.present(pack, valid, report, cropSubject(report)) ?? planned(pack, valid, report);
      const crop = pictureCrop(report, fit.size, cropSubject(report));
      return { present: { ...fit, crop, words: promptWords(flowConstants(pack)) }, refused: null };
    } catch (cause) {
      return { present: null, refused: toShownError(cause) };
    }
  };

  const follow = (): void => {
    const { kept, fits, looked, present: shown, refused } = view();
    const verdicts: Record<string, PackFit> = {};
    for (const { pack } of kept ?? []) {
      const fit = of(pack);
      if (fit !== null) verdicts[`${pack.id}/${pack.version}`] = fit;
    }
    const next = present();
    const fit = looked === null ? null : of(looked.offer.pack);
    const before = [fits, { present: shown, refused }, looked?.fit ?? null];
    if (isSame([verdicts, next, fit], before)) return;
    set({ fits: verdicts, ...next, ...(looked === null ? {} : { looked: { ...looked, fit } }) });
    options.onPresent();
  };
  const measured = async (): Promise<FlowMachine> => {
    if (fitter.machine !== null) return fitter.machine;
    set({ measuring: true });
    try {
      const machine = await fitter.measure();
      set({ measuring: false, machine });
      follow();
      return machine;
    } catch (cause) {
      set({ measuring: false });
      throw cause;
    }
  };
  const begin = (): void => {
    if (view().measuring) return;
    // Nothing is said of the machine then; whoever makes a clip hears what is wrong.
    measured().catch(() => undefined);
  };

  return {
    knowledge: {
      measure: measured,
      fits: (pack, settings) => fitter.fits(pack, settings),
      learn(...args) {
        fitter.learn(...args);
        follow();
      },
      failed(...args) {
        fitter.failed(...args);
        follow();
      },
    },
    measure: begin,
    of,
    follow() {
      // Whoever has chosen such a pack wants to know how long it takes.
      if (state.state.settings.pack !== PORTRAIT && state.state.picture.phase === 'open') begin();
      follow();
    },
  };
}
