import type { FlowConstants, FlowSize } from '../../contracts/flow.ts';
import { FLOW_GRAPHS } from '../../contracts/flow.ts';
import type { Pack, PackGraph } from '../../contracts/pack.ts';
import { packGraph } from '../../contracts/pack.ts';
import { planSegments } from './continuation.ts';
import { flowShape } from './layout.ts';
import type { DeviceLimits, MemoryPlan, MemoryProblem } from './memory.ts';
import { evaluate, memoryPlan, runFrames, weightBytes } from './memory.ts';
import type { FlowTimes } from './shelf.ts';

/** How fast a machine computes: floating-point operations per millisecond. */
export interface FlowSpeed {
  /** By the half-second probe. */
  readonly probe: number;
  /** What graphs of this pack did in an earlier job; counts more than the probe. */
  readonly graphs?: Readonly<Record<string, number>>;
}

/** A clip that may be asked for. */
export interface FlowWish {
  readonly size: FlowSize;
  /** Frames of the clip, and frames a second. */
  readonly frames: number;
  readonly fps: number;
  /** Words of the prompt; 0 where a ready embedding is used. */
  readonly words: number;
}

/** Whether a machine can make a clip, and how long it takes. */
export interface FlowFit {
  readonly fits: boolean;
  /** One sentence for the person. */
  readonly sentence: string;
  /** Seconds that it takes; of `instead` where the wish does not fit; null where nobody can tell. */
  readonly seconds: number | null;
  /** Of the wish. */
  readonly plan: MemoryPlan;
  /** The largest size that fits where the wish does not; null where none does. */
  readonly instead: FlowSize | null;
}

const BYTES_PER_WEIGHT = { fp32: 4, fp16: 2, int8: 1, int4: 0.5 } as const;

/**
 * Floating-point operations of one run; null where the pack does not say and weights don't tell. From weights: two for each
 * of them and each token.
 * @param pixels W·H·frames of the run.
 */
export function runWork(
  constants: FlowConstants,
  graph: PackGraph,
  tokens: number,
  words: number,
  pixels: number,
): number | null {
  const terms = constants.work[graph.id];
  if (terms) return evaluate(terms, tokens, pixels);
  const weights = weightBytes(graph) / BYTES_PER_WEIGHT[graph.dtype];
  if (graph.id === FLOW_GRAPHS.step) return 2 * weights * tokens;
  if (graph.id === FLOW_GRAPHS.context || graph.id === FLOW_GRAPHS.textEncoder) return 2 * weights * words;
  return null;
}

/** Runs of each graph, and the work of one, that a clip takes. */
function workList(
  pack: Pack,
  constants: FlowConstants,
  wish: FlowWish,
  plan: MemoryPlan,
): { readonly graph: string; readonly runs: number; readonly work: number | null }[] {
  const { size, frames, words } = wish;
  const shape = flowShape(constants, size);
  const segments = planSegments(frames, size.frames).length;
  const { rows, columns } = plan.decodeTile;
  const tile =
    (Math.min(rows, shape.latentHeight) * Math.min(columns, shape.latentWidth)) /
    (shape.latentHeight * shape.latentWidth);
  const runs = {
    [FLOW_GRAPHS.textEncoder]: words > 0 ? 1 : 0,
    [FLOW_GRAPHS.context]: 1,
    [FLOW_GRAPHS.encode]: segments,
    [FLOW_GRAPHS.step]: segments * (constants.sampler.sigmas.length - 1),
    [FLOW_GRAPHS.decode]: segments * plan.decodeRuns,
  };
  return Object.entries(runs)
    .filter(([, count]) => count > 0)
    .map(([id, count]) => {
      const graph = packGraph(pack, id);
      const share = id === FLOW_GRAPHS.decode ? tile : 1;
      const pixels = share * size.width * size.height * runFrames(constants, id, size.frames);
      const spoken = words > 0 ? words : constants.text.maxTokens;
      return { graph: id, runs: count, work: runWork(constants, graph, shape.tokens, spoken, pixels) };
    });
}

/** Seconds that a clip takes, without loading; null where the work of a graph is unknown. */
export function flowSeconds(
  pack: Pack,
  constants: FlowConstants,
  wish: FlowWish,
  plan: MemoryPlan,
  speed: FlowSpeed,
): number | null {
  let ms = 0;
  for (const { graph, runs, work } of workList(pack, constants, wish, plan)) {
    if (work === null) return null;
    ms += (runs * work) / (speed.graphs?.[graph] ?? speed.probe);
  }
  return ms / 1000;
}

/** What a finished job tells of a machine's speed, graph by graph, for {@link FlowSpeed}. */
export function learntSpeed(
  pack: Pack,
  constants: FlowConstants,
  wish: FlowWish,
  plan: MemoryPlan,
  times: FlowTimes,
): Readonly<Record<string, number>> {
  const speeds: Record<string, number> = {};
  for (const { graph, work } of workList(pack, constants, wish, plan)) {
    // The middle one: the first run still warms up.
    const sorted = [...(times.runs[graph] ?? [])].sort((a, b) => a - b);
    const ms = sorted[Math.floor(sorted.length / 2)];
    if (work !== null && ms !== undefined && ms > 0) speeds[graph] = work / ms;
  }
  return speeds;
}

/** Bytes in the unit that people know them in. */
export function sayBytes(bytes: number): string {
  if (bytes >= 0.95e9) return `${(bytes / 1e9).toFixed(1)} GB`;
  return bytes >= 0.95e6 ? `${Math.round(bytes / 1e6)} MB` : `${Math.max(1, Math.round(bytes / 1e3))} kB`;
}

/** A span of time as one says it: no more precise than it is. */
export function sayAbout(seconds: number): string {
  if (seconds < 1) return 'about a second';
  if (seconds < 10) return `about ${Math.round(seconds)} s`;
  if (seconds < 90) return `about ${5 * Math.round(seconds / 5)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `about ${minutes} min`;
  return `about ${Math.round(seconds / 3600)} h`;
}

const DOES: Readonly<Record<string, string>> = {
  [FLOW_GRAPHS.textEncoder]: 'reading the prompt',
  [FLOW_GRAPHS.encode]: 'reading the picture',
  [FLOW_GRAPHS.context]: 'reading the prompt',
  [FLOW_GRAPHS.step]: 'a step',
  [FLOW_GRAPHS.decode]: 'drawing the frames',
};

function sayProblem({ graph, what, needs, gives }: MemoryProblem): string {
  const who = DOES[graph] ?? graph;
  switch (what) {
    case 'buffer':
      return `${who} needs ${sayBytes(needs)} in one piece, and this graphics card gives ${sayBytes(gives)}`;
    case 'heap':
      return `${who} needs ${sayBytes(needs)} in the browser, which gives ${sayBytes(gives)}`;
    case 'device':
      return `${who} needs ${sayBytes(needs)}, and this graphics card has ${sayBytes(gives)}`;
  }
}

const saySize = ({ width, height }: FlowSize): string => `${width}×${height}`;

/** Length of a clip in seconds, to a tenth. */
const sayLength = (frames: number, fps: number): string => `${Math.round((10 * frames) / fps) / 10} s`;

/**
 * Whether a machine can make a clip, as a sentence and a time: "Fits; about 40 s for 3 s at 512×320", or what to change so
 * that it does.
 * @param speed null before the probe: then no time is told.
 */
export function flowFit(
  pack: Pack,
  constants: FlowConstants,
  wish: FlowWish,
  limits: DeviceLimits,
  speed: FlowSpeed | null,
): FlowFit {
  const withText = wish.words > 0;
  const planOf = (size: FlowSize): MemoryPlan => memoryPlan(pack, constants, size, limits, withText);
  const timeOf = (size: FlowSize, plan: MemoryPlan): number | null =>
    speed && flowSeconds(pack, constants, { ...wish, size }, plan, speed);
  const say = (size: FlowSize, seconds: number | null): string => {
    const what = `${sayLength(wish.frames, wish.fps)} at ${saySize(size)}`;
    return seconds === null ? what : `${sayAbout(seconds)} for ${what}`;
  };

  const plan = planOf(wish.size);
  const [problem] = plan.problems;
  if (!problem) {
    const seconds = timeOf(wish.size, plan);
    return { fits: true, sentence: `Fits; ${say(wish.size, seconds)}.`, seconds, plan, instead: null };
  }
  const pixels = ({ width, height, frames }: FlowSize): number => width * height * frames;
  const smaller = constants.sizes
    .filter((size) => pixels(size) < pixels(wish.size))
    .map((size) => ({ size, plan: planOf(size) }))
    .filter((candidate) => candidate.plan.problems.length === 0)
    .sort((a, b) => pixels(b.size) - pixels(a.size))[0];
  const why = `Does not fit at ${saySize(wish.size)}: ${sayProblem(problem)}.`;
  if (!smaller) {
    return { fits: false, sentence: `${why} No size of this pack fits.`, seconds: null, plan, instead: null };
  }
  const { size } = smaller;
  const seconds = timeOf(size, smaller.plan);
  const shorter = size.frames < wish.size.frames ? `, ${size.frames} frames a part,` : '';
  const sentence = `${why} ${saySize(size)}${shorter} fits; ${say(size, seconds)}.`;
  return { fits: false, sentence, seconds, plan, instead: size };
}
