import type { FlowConstants, FlowSize } from '../../contracts/flow.ts';
import { FLOW_GRAPHS } from '../../contracts/flow.ts';
import type { Pack } from '../../contracts/pack.ts';
import type { FitCode, FitSaying } from './fit-words.ts';
import { FIT_WORDS, sayAbout, sayBytes, sayFit, sayLength, saySize } from './fit-words.ts';
import type { DeviceLimits, MemoryPlan, MemoryProblem } from './memory.ts';
import { memoryPlan } from './memory.ts';
import type { FlowSpeed, FlowWish } from './speed.ts';
import { flowSeconds } from './speed.ts';

/** What a graphics card offers, and what this machine was seen to fail at. */
export interface FitFacts {
  /** Unset means: yes. */
  readonly shaderF16?: boolean;
  readonly subgroups?: boolean;
  /** Sizes at which memory ran out before. */
  readonly failed?: (size: FlowSize) => boolean;
}

/** Whether a machine can make a clip, and how long it takes. */
export interface FlowFit {
  readonly fits: boolean;
  /** For the person, in English. */
  readonly sentence: string;
  /** The same, for an interface in another language. */
  readonly said: readonly FitSaying[];
  /** Seconds that it takes; of `instead` where the wish does not fit; null where nobody can tell. */
  readonly seconds: number | null;
  /** Of the wish. */
  readonly plan: MemoryPlan;
  /** The largest size that fits where the wish does not; null where none does. */
  readonly instead: FlowSize | null;
}

/** Above so many seconds it is worth saying that a graphics card would be faster. */
const SLOW_S = 120;

/** How a clip of one size is made on a machine: what a job goes by, and what a verdict is about. */
export function flowPlan(
  pack: Pack,
  constants: FlowConstants,
  size: FlowSize,
  limits: DeviceLimits,
  facts: Pick<FitFacts, 'subgroups'>,
  withText: boolean,
): MemoryPlan {
  const { scores } = constants.needs;
  const step = constants.activations[FLOW_GRAPHS.step];
  if (facts.subgroups !== false || limits.provider === 'wasm' || scores === 0 || !step) {
    return memoryPlan(pack, constants, size, limits, withText);
  }
  const { perTokenSquared, largest } = step;
  const whole = {
    ...step,
    perTokenSquared: perTokenSquared + scores,
    largest: { ...largest, perTokenSquared: Math.max(largest.perTokenSquared, scores) },
  };
  const activations = { ...constants.activations, [FLOW_GRAPHS.step]: whole };
  return memoryPlan(pack, { ...constants, activations }, size, limits, withText);
}

const pixelsOf = ({ width, height, frames }: FlowSize): number => width * height * frames;

class Judge {
  readonly #pack: Pack;
  readonly #constants: FlowConstants;
  readonly #wish: FlowWish;
  readonly #limits: DeviceLimits;
  readonly #speed: FlowSpeed | null;
  readonly #facts: FitFacts;

  constructor(
    pack: Pack,
    constants: FlowConstants,
    wish: FlowWish,
    limits: DeviceLimits,
    speed: FlowSpeed | null,
    facts: FitFacts,
  ) {
    this.#pack = pack;
    this.#constants = constants;
    this.#wish = wish;
    this.#limits = limits;
    this.#speed = speed;
    this.#facts = facts;
  }

  verdict(): FlowFit {
    const { size } = this.#wish;
    const plan = this.#plan(size);
    if (this.#lacksHalves) {
      return this.#answer(false, [{ code: 'halves', values: {} }], null, plan, null);
    }
    if (this.#fits(plan)) return this.#fitting(plan);
    const why = this.#why(plan);
    const smaller = this.#constants.sizes
      .filter((other) => pixelsOf(other) < pixelsOf(size))
      .map((other) => this.#plan(other))
      .filter((other) => this.#fits(other))
      .sort((a, b) => pixelsOf(b.size) - pixelsOf(a.size))[0];
    if (!smaller) {
      const hint = this.#hint(plan) ?? { code: 'nothing' as const, values: {} };
      return this.#answer(false, [...why, hint], null, plan, null);
    }
    const seconds = this.#seconds(smaller);
    const parts = smaller.size.frames < size.frames && smaller.size.frames < this.#wish.frames;
    const code: FitCode = parts ? 'insteadParts' : 'instead';
    const values = { ...this.#values(smaller.size, seconds), frames: String(smaller.size.frames) };
    const untimed: FitCode = parts ? 'insteadPartsUntimed' : 'insteadUntimed';
    const says = [...why, { code: seconds === null ? untimed : code, values }, ...this.#slow(seconds)];
    return this.#answer(false, says, seconds, plan, smaller.size);
  }

  #fitting(plan: MemoryPlan): FlowFit {
    const seconds = this.#seconds(plan);
    const values = this.#values(plan.size, seconds);
    const says: FitSaying[] = [{ code: seconds === null ? 'fitsUntimed' : 'fits', values }];
    return this.#answer(true, [...says, ...this.#slow(seconds)], seconds, plan, null);
  }

  #answer(
    fits: boolean,
    said: readonly FitSaying[],
    seconds: number | null,
    plan: MemoryPlan,
    instead: FlowSize | null,
  ): FlowFit {
    return { fits, sentence: said.map(sayFit).join(' '), said, seconds, plan, instead };
  }

  get #lacksHalves(): boolean {
    const { shaderF16 } = this.#constants.needs;
    return shaderF16 && this.#limits.provider === 'webgpu' && this.#facts.shaderF16 === false;
  }

  #plan(size: FlowSize, limits = this.#limits, words = this.#wish.words, facts = this.#facts): MemoryPlan {
    return flowPlan(this.#pack, this.#constants, size, limits, facts, words > 0);
  }

  #fits(plan: MemoryPlan): boolean {
    return plan.problems.length === 0 && !this.#facts.failed?.(plan.size);
  }

  #seconds(plan: MemoryPlan): number | null {
    const wish = { ...this.#wish, size: plan.size };
    return this.#speed && flowSeconds(this.#pack, this.#constants, wish, plan, this.#speed);
  }

  #values(size: FlowSize, seconds: number | null): Record<string, string> {
    const { frames, fps } = this.#wish;
    const time = seconds === null ? {} : { time: sayAbout(seconds) };
    return { ...time, length: sayLength(frames, fps), size: saySize(size) };
  }

  #slow(seconds: number | null): readonly FitSaying[] {
    const slow = this.#limits.provider === 'wasm' && (seconds ?? 0) > SLOW_S;
    return slow ? [{ code: 'slow', values: {} }] : [];
  }

  #why(plan: MemoryPlan): readonly FitSaying[] {
    const size = saySize(plan.size);
    const [problem] = plan.problems;
    if (!problem) return [{ code: 'failed', values: { size } }];
    const values = {
      size,
      what: doing(problem.graph),
      needs: sayBytes(problem.needs),
      gives: sayBytes(problem.gives),
    };
    const what = this.#limits.provider === 'wasm' && problem.what === 'buffer' ? 'heap' : problem.what;
    const says: FitSaying[] = [{ code: what, values }];
    if (this.#scoresAreWhy(plan, problem)) says.push({ code: 'scores', values: {} });
    return says;
  }

  /** Whether the clip would fit if only the graphics card offered subgroups. */
  #scoresAreWhy({ size }: MemoryPlan, problem: MemoryProblem): boolean {
    if (this.#facts.subgroups !== false || problem.graph !== FLOW_GRAPHS.step) return false;
    const facts = { ...this.#facts, subgroups: true };
    return this.#fits(this.#plan(size, this.#limits, this.#wish.words, facts));
  }

  /** What would make a clip fit that fits at no size. */
  #hint({ size }: MemoryPlan): FitSaying | null {
    const sizes = [size, ...this.#constants.sizes];
    const ready = Object.keys(this.#constants.text.presets).length > 0;
    if (this.#wish.words > 0 && ready && sizes.some((one) => this.#fits(this.#plan(one, this.#limits, 0)))) {
      return { code: 'presets', values: {} };
    }
    return null;
  }
}

function doing(graph: string): string {
  const code = `graph.${graph}`;
  return code in FIT_WORDS ? FIT_WORDS[code as FitCode] : graph;
}

/**
 * Whether a machine can make a clip, as a sentence and a time: "Fits; about 40 s for 3 s at 512×320.", or what to change so
 * that it does.
 * @param speed null before the machine was measured: then no time is told.
 */
export function flowFit(
  pack: Pack,
  constants: FlowConstants,
  wish: FlowWish,
  limits: DeviceLimits,
  speed: FlowSpeed | null,
  facts: FitFacts = {},
): FlowFit {
  return new Judge(pack, constants, wish, limits, speed, facts).verdict();
}
