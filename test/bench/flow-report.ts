import { FLOW_GRAPHS, type FlowSize } from '../../src/contracts/flow.ts';
import type { FlowTiming } from './page/bench.api.ts';
import { drawTable, median, type Column } from './report.ts';

/** Everything measured of one pack at one size. */
export interface FlowRuns {
  readonly pack: string;
  readonly size: FlowSize;
  /** The first job of a fresh browser. */
  readonly cold: FlowTiming;
  /** Jobs after it, each in a worker of its own. */
  readonly warm: readonly FlowTiming[];
  /** Resident memory of the browser's page processes: largest during the first job, and before it; null where unknown. */
  readonly peakBytes: number | null;
  readonly beforeBytes: number | null;
}

/** One line of the table: milliseconds are medians of the warm jobs unless said. */
export interface FlowSummary {
  readonly pack: string;
  readonly size: string;
  readonly provider: string;
  readonly frames: number;
  /** Until every session stands: the runtime, the pack's files, and making sessions; of the first job, and later. */
  readonly coldLoadMs: number;
  readonly loadMs: number;
  readonly stepMs: number;
  readonly steps: number;
  /** One run of the decoder. */
  readonly tileMs: number;
  readonly tiles: number;
  readonly totalMs: number;
  /** Share of a job outside its sessions: total − sessions made − sessions run − frames handed on (X2: at most 0.05). */
  readonly outside: number;
  /** The same with the frames' way to the encoder, scaling and colours included. */
  readonly outsideWithFrames: number;
  /** What the job added to resident memory; null where unknown. */
  readonly addedBytes: number | null;
  readonly peakBytes: number | null;
}

/** Share of a job's time that lies outside its sessions. @param frames whether handing frames on counts as outside */
export function outsideShare({ times }: Pick<FlowTiming, 'times'>, frames: boolean): number {
  const { totalMs, openMs, runMs, sinkMs } = times;
  return (totalMs - openMs - runMs - (frames ? 0 : sinkMs)) / totalMs;
}

/** Puts the runs of one pack and size into one line. */
export function summariseFlow({ pack, size, cold, warm, peakBytes, beforeBytes }: FlowRuns): FlowSummary {
  const of = (value: (timing: FlowTiming) => number): number => median(warm.map(value));
  const runsOf = (graph: string): readonly number[] => warm.flatMap(({ times }) => times.runs[graph] ?? []);
  const load = ({ loadedMs, times }: FlowTiming): number => loadedMs + times.openMs;
  return {
    pack,
    size: `${size.width}×${size.height}×${size.frames}`,
    provider: cold.provider,
    frames: cold.frames,
    coldLoadMs: load(cold),
    loadMs: of(load),
    stepMs: median(runsOf(FLOW_GRAPHS.step)),
    steps: runsOf(FLOW_GRAPHS.step).length / warm.length,
    tileMs: median(runsOf(FLOW_GRAPHS.decode)),
    tiles: runsOf(FLOW_GRAPHS.decode).length / warm.length,
    totalMs: of(({ wallMs }) => wallMs),
    outside: of((timing) => outsideShare(timing, false)),
    outsideWithFrames: of((timing) => outsideShare(timing, true)),
    addedBytes: peakBytes === null || beforeBytes === null ? null : peakBytes - beforeBytes,
    peakBytes,
  };
}

const ms = (value: number): string => value.toFixed(value < 100 ? 1 : 0);
const percent = (value: number): string => `${(100 * value).toFixed(1)}%`;
const megabytes = (value: number | null): string => (value === null ? '?' : (value / 1e6).toFixed(0));

const COLUMNS: readonly Column<FlowSummary>[] = [
  ['pack', (line) => line.pack],
  ['size', (line) => line.size],
  ['on', (line) => line.provider],
  ['load ms, cold', (line) => ms(line.coldLoadMs)],
  ['load ms', (line) => ms(line.loadMs)],
  ['step ms', (line) => ms(line.stepMs)],
  ['steps', (line) => line.steps.toFixed(0)],
  ['tile ms', (line) => ms(line.tileMs)],
  ['tiles', (line) => line.tiles.toFixed(0)],
  ['total ms', (line) => ms(line.totalMs)],
  ['outside', (line) => percent(line.outside)],
  ['with frames', (line) => percent(line.outsideWithFrames)],
  ['added MB', (line) => megabytes(line.addedBytes)],
  ['peak MB', (line) => megabytes(line.peakBytes)],
];

/** A Markdown table of the lines. */
export function flowTable(lines: readonly FlowSummary[]): string {
  return drawTable(COLUMNS, lines);
}
