import type { FlowConstants, FlowSize } from '../../contracts/flow.ts';
import { FLOW_GRAPHS } from '../../contracts/flow.ts';
import type { Pack, PackGraph } from '../../contracts/pack.ts';
import { packGraph } from '../../contracts/pack.ts';
import { planSegments } from './continuation.ts';
import { flowShape } from './layout.ts';
import type { MemoryPlan } from './memory.ts';
import { evaluate, runFrames, weightBytes } from './memory.ts';

/** A clip that may be asked for. */
export interface FlowWish {
  readonly size: FlowSize;
  /** Frames of the clip as the model makes it, and how many of them pass in a second. */
  readonly frames: number;
  readonly fps: number;
  /** Words of the prompt; 0 where a ready embedding is used. */
  readonly words: number;
}

/** What a finished job told of a machine and a pack. */
export interface LearntSpeed {
  /** Floating-point operations per millisecond, by graph. */
  readonly graphs: Readonly<Record<string, number>>;
  /** Making one session, milliseconds; on average. */
  readonly openMs?: number | undefined;
  /** What the engine does between its sessions, milliseconds for each pixel of each frame. */
  readonly restMs?: number | undefined;
}

/** How fast a machine computes. */
export interface FlowSpeed extends Partial<LearntSpeed> {
  /** Floating-point operations per millisecond by the half-second probe; null where it could not run. */
  readonly probe: number | null;
}

/** Where a job's time went, milliseconds. */
export interface SpentTimes {
  readonly openMs: number;
  readonly runMs: number;
  readonly runs: Readonly<Record<string, readonly number[]>>;
  readonly sinkMs: number;
  readonly totalMs: number;
  readonly resumedSteps: number;
}

const BYTES_PER_WEIGHT = { fp32: 4, fp16: 2, int8: 1, int4: 0.5 } as const;

/** Bytes of weights that a session takes in within a millisecond, and what each takes besides, where nothing was learnt. */
const OPEN_BYTES_PER_MS = 500_000;
const OPEN_MS = 50;
/** A newer measurement weighs this much. */
const NEWEST_WEIGHT = 0.5;

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

/** What a clip asks of one graph. */
export interface GraphWork {
  readonly graph: PackGraph;
  readonly runs: number;
  /** Of one run. */
  readonly work: number | null;
  /** How often its session is made. */
  readonly opens: number;
}

/** What a clip asks of each graph that it runs. */
export function workList(
  pack: Pack,
  constants: FlowConstants,
  wish: FlowWish,
  plan: MemoryPlan,
): readonly GraphWork[] {
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
  const once: readonly string[] = [FLOW_GRAPHS.textEncoder, FLOW_GRAPHS.context];
  return Object.entries(runs)
    .filter(([, count]) => count > 0)
    .map(([id, count]) => {
      const graph = packGraph(pack, id);
      const share = id === FLOW_GRAPHS.decode ? tile : 1;
      const pixels = share * size.width * size.height * runFrames(constants, id, size.frames);
      const spoken = words > 0 ? words : constants.text.maxTokens;
      const work = runWork(constants, graph, shape.tokens, spoken, pixels);
      // Where one graph is held at a time, each part of a clip opens them anew.
      return { graph, runs: count, work, opens: plan.oneSession && !once.includes(id) ? segments : 1 };
    });
}

/** Pixels of all frames that the model draws, those of every part. */
function drawnPixels({ size, frames }: FlowWish): number {
  return size.width * size.height * size.frames * planSegments(frames, size.frames).length;
}

/** Seconds that a clip takes, sessions and all; null where the work of a graph or the speed of the machine is unknown. */
export function flowSeconds(
  pack: Pack,
  constants: FlowConstants,
  wish: FlowWish,
  plan: MemoryPlan,
  speed: FlowSpeed,
): number | null {
  let ms = (speed.restMs ?? 0) * drawnPixels(wish);
  for (const { graph, runs, work, opens } of workList(pack, constants, wish, plan)) {
    const perMs = speed.graphs?.[graph.id] ?? speed.probe;
    if (work === null || perMs === null) return null;
    ms += (runs * work) / perMs;
    ms += opens * (speed.openMs ?? OPEN_MS + weightBytes(graph) / OPEN_BYTES_PER_MS);
  }
  return ms / 1000;
}

const mix = (old: number | undefined, now: number): number =>
  old === undefined ? now : old + (now - old) * NEWEST_WEIGHT;

/**
 * What a finished job tells of a machine's speed.
 * @param before what was known; graphs that did not run keep theirs.
 */
export function learntSpeed(
  pack: Pack,
  constants: FlowConstants,
  wish: FlowWish,
  plan: MemoryPlan,
  times: SpentTimes,
  before?: LearntSpeed,
): LearntSpeed {
  const graphs: Record<string, number> = { ...before?.graphs };
  let opened = 0;
  for (const { graph, work, opens } of workList(pack, constants, wish, plan)) {
    opened += opens;
    // The middle one: the first run still warms up.
    const sorted = [...(times.runs[graph.id] ?? [])].sort((a, b) => a - b);
    const ms = sorted[Math.floor(sorted.length / 2)];
    if (work !== null && ms !== undefined && ms > 0) graphs[graph.id] = mix(graphs[graph.id], work / ms);
  }
  // A job that went on from a saved state opened fewer sessions and did less between them.
  if (times.resumedSteps > 0) return { ...before, graphs };
  const rest = Math.max(0, times.totalMs - times.openMs - times.runMs - times.sinkMs);
  return {
    graphs,
    openMs: mix(before?.openMs, times.openMs / opened),
    restMs: mix(before?.restMs, rest / drawnPixels(wish)),
  };
}
