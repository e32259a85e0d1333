import { flowConstants, type FlowConstants, type FlowSize } from '../contracts/flow.ts';
import type { Pack } from '../contracts/pack.ts';
import type { PackFit, PresentFit } from '../contracts/packs-view.ts';
import type { FlowJobResult, FlowMachine } from '../contracts/render.api.ts';
import type { ClipSettings } from '../contracts/settings.ts';
import { planFlowClip } from '../core/flow/clip-plan.ts';
import { usualWish, wordsOf } from '../core/flow/fit-wish.ts';
import { flowFit, flowPlan, type FitFacts } from '../core/flow/fit.ts';
import type { PictureCrop } from '../core/flow/picture.ts';
import { learntSpeed, type FlowSpeed, type FlowWish } from '../core/flow/speed.ts';
import type { Store } from '../platform/store/store.ts';
import { createFitMemory, keptMachine, putMachine, ranOutOfMemory } from './flow-fit-memory.ts';

export interface FlowFitOptions {
  readonly store: Pick<Store, 'setting' | 'putSetting'>;
  /**
   * Looks at the machine: `measureIn` (flow-measure.ts) with the worker of flow packs.
   * @param known what an earlier visit measured; where the machine is still the same it comes back without a run.
   */
  readonly measure: (known: FlowMachine | null) => Promise<FlowMachine>;
  /** A clock, milliseconds since 1970; for tests. */
  readonly now?: () => number;
}

/** A picture's oriented size in pixels. */
interface SourceSize {
  readonly width: number;
  readonly height: number;
}

/** Whether this machine can make clips with flow packs, and how long they take. */
export interface FlowFitter {
  /** Null before {@link measure} has answered. */
  readonly machine: FlowMachine | null;
  /** Measures the machine and reads what was learnt, once; a failure is forgotten, so that a later call tries again. */
  measure(): Promise<FlowMachine>;
  /**
   * Verdict for a pack's usual size and 3 s; null before the machine was measured.
   * @throws ERR_MODEL_DAMAGED when the pack's constants are.
   */
  verdict(pack: Pack): PackFit | null;
  /**
   * What settings come to on a picture, at a size that fits where one does; null before the machine was measured.
   * @throws what `planFlowClip` does where the pack can't make it on any machine; ERR_MODEL_DAMAGED.
   */
  present(
    pack: Pack,
    settings: ClipSettings,
    source: SourceSize,
    subject: PictureCrop | null,
  ): PresentFit | null;
  /** Sizes that this machine can make, for `planFlowClip`; all before it was measured. */
  fits(pack: Pack, settings: ClipSettings): (size: FlowSize) => boolean;
  /** Takes a finished job into what is known of this machine. */
  learn(pack: Pack, wish: FlowWish, result: Pick<FlowJobResult, 'provider' | 'times'>): void;
  /** Takes a failed job into it: a size at which memory ran out doesn't fit any more. */
  failed(pack: Pack, size: FlowSize, cause: unknown): void;
}

/** Measures nothing yet. */
export function createFlowFit({ store, measure, now = Date.now }: FlowFitOptions): FlowFitter {
  const memory = createFitMemory(store, now);
  const parsed = new WeakMap<Pack, FlowConstants>();
  let machine: FlowMachine | null = null;
  let measuring: Promise<FlowMachine> | null = null;

  const constantsOf = (pack: Pack): FlowConstants => {
    const constants = parsed.get(pack) ?? flowConstants(pack);
    parsed.set(pack, constants);
    return constants;
  };
  const look = async (): Promise<FlowMachine> => {
    const [known] = await Promise.all([keptMachine(store), memory.load()]);
    const found = await measure(known);
    machine = found;
    await putMachine(store, found);
    return found;
  };
  const factsOf = (pack: Pack, on: FlowMachine): FitFacts => ({
    shaderF16: on.shaderF16,
    subgroups: on.subgroups,
    failed: (size) => memory.ranOut(pack, on, size),
  });
  const speedOf = (pack: Pack, on: FlowMachine): FlowSpeed => ({
    probe: on.probe,
    ...memory.learnt(pack, on),
  });
  const judge = (pack: Pack, wish: FlowWish, on: FlowMachine): PackFit => {
    const found = flowFit(pack, constantsOf(pack), wish, on, speedOf(pack, on), factsOf(pack, on));
    const { fits, sentence, seconds, instead } = found;
    return { fits, sentence, seconds, instead };
  };
  const fits =
    (pack: Pack, settings: ClipSettings): ((size: FlowSize) => boolean) =>
    (size) => {
      if (machine === null) return true;
      const constants = constantsOf(pack);
      const withText = wordsOf(pack, constants, settings.motion) > 0;
      const plan = flowPlan(pack, constants, size, machine, machine, withText);
      return plan.problems.length === 0 && !memory.ranOut(pack, machine, size);
    };

  return {
    get machine() {
      return machine;
    },
    measure() {
      measuring ??= look().catch((cause: unknown) => {
        measuring = null;
        throw cause;
      });
      return measuring;
    },
    verdict(pack) {
      return machine && judge(pack, usualWish(constantsOf(pack)), machine);
    },
    present(pack, settings, source, subject) {
      if (machine === null) return null;
      const constants = constantsOf(pack);
      const plan = planFlowClip(pack, constants, settings, source, subject, fits(pack, settings));
      const { size, width, height, notices, modelFrames: frames, modelFps: fps } = plan;
      const wish = { size, frames, fps, words: wordsOf(pack, constants, settings.motion) };
      return { ...judge(pack, wish, machine), size, width, height, notices };
    },
    fits,
    learn(pack, wish, { provider, times }) {
      if (machine === null || provider !== machine.provider) return;
      const constants = constantsOf(pack);
      const plan = flowPlan(pack, constants, wish.size, machine, machine, wish.words > 0);
      const before = memory.learnt(pack, machine);
      memory.learn(pack, machine, wish.size, learntSpeed(pack, constants, wish, plan, times, before));
    },
    failed(pack, size, cause) {
      if (machine !== null && ranOutOfMemory(cause)) memory.forbid(pack, machine, size);
    },
  };
}
