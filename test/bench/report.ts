import type { RenderCapabilities } from '../../src/contracts/render.api.ts';
import type { Resolution } from '../../src/contracts/settings.ts';
import type { AloneTiming, ClipTiming } from './page/bench.api.ts';

/** Everything measured at one size. */
export interface SizeRuns {
  readonly resolution: Resolution;
  /** The first clip of a fresh browser: workers start, networks load, code is compiled. */
  readonly cold: ClipTiming;
  /** Clips after it, each with its picture opened anew. */
  readonly warm: readonly ClipTiming[];
  /** The same frames encoded alone, in between. */
  readonly alone: readonly AloneTiming[];
  /** Largest resident memory of all the browser's processes during the cold clip, bytes; null where unknown. */
  readonly peakBytes: number | null;
}

/** What a bench ran on. */
export interface Machine {
  readonly platform: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly browser: string;
  readonly node: string;
  readonly capabilities: RenderCapabilities;
}

/** One line of the table: milliseconds are medians of the warm runs unless said. */
export interface SizeSummary {
  readonly resolution: Resolution;
  readonly size: string;
  readonly frames: number;
  readonly decodeMs: number;
  readonly perceiveMs: number;
  readonly firstFrameMs: number;
  readonly renderMs: number;
  readonly encodeMs: number;
  readonly verifyMs: number;
  readonly totalMs: number;
  readonly coldTotalMs: number;
  readonly aloneMs: number;
  /** Whole clip over encoding alone (X1: at most 1.25). */
  readonly ratio: number;
  readonly coldRatio: number;
  /** First drawn frame over encoding alone (X1: at most 0.2). */
  readonly firstFrameRatio: number;
  /** Frames of the clip a second of the whole job. */
  readonly framesPerSecond: number;
  readonly peakBytes: number | null;
  readonly sizeBytes: number;
}

/** The middle value; the mean of the middle two of an even number. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const high = sorted[sorted.length >> 1] ?? Number.NaN;
  return sorted.length % 2 === 1 ? high : ((sorted[(sorted.length >> 1) - 1] ?? Number.NaN) + high) / 2;
}

/** Puts the runs of one size into one line. */
export function summarise(runs: SizeRuns): SizeSummary {
  const { resolution, cold, warm, alone, peakBytes } = runs;
  const stage = (name: keyof ClipTiming['stagesMs']): number =>
    median(warm.map(({ stagesMs }) => stagesMs[name]));
  const aloneMs = median(alone.map(({ encodeMs }) => encodeMs));
  const totalMs = stage('total');
  return {
    resolution,
    size: `${cold.width}×${cold.height}`,
    frames: cold.frames,
    decodeMs: stage('decode'),
    perceiveMs: stage('perceive'),
    firstFrameMs: stage('firstFrame'),
    renderMs: stage('render'),
    encodeMs: stage('encode'),
    verifyMs: stage('verify'),
    totalMs,
    coldTotalMs: cold.stagesMs.total,
    aloneMs,
    ratio: totalMs / aloneMs,
    coldRatio: cold.stagesMs.total / aloneMs,
    firstFrameRatio: stage('firstFrame') / aloneMs,
    framesPerSecond: cold.frames / (totalMs / 1000),
    peakBytes,
    sizeBytes: median(warm.map(({ sizeBytes }) => sizeBytes)),
  };
}

/** A column: its head, and what stands in it. */
export type Column<T> = readonly [head: string, show: (line: T) => string];

const COLUMNS: readonly Column<SizeSummary>[] = [
  ['clip', (line) => `${line.resolution} ${line.size}`],
  ['decode ms', (line) => line.decodeMs.toFixed(0)],
  ['perceive ms', (line) => line.perceiveMs.toFixed(0)],
  ['first frame ms', (line) => line.firstFrameMs.toFixed(0)],
  ['render ms', (line) => line.renderMs.toFixed(0)],
  ['encode ms', (line) => line.encodeMs.toFixed(0)],
  ['verify ms', (line) => line.verifyMs.toFixed(0)],
  ['total ms', (line) => line.totalMs.toFixed(0)],
  ['cold ms', (line) => line.coldTotalMs.toFixed(0)],
  ['alone ms', (line) => line.aloneMs.toFixed(0)],
  ['ratio', (line) => line.ratio.toFixed(2)],
  ['cold ratio', (line) => line.coldRatio.toFixed(2)],
  ['first ÷ alone', (line) => line.firstFrameRatio.toFixed(2)],
  ['fps', (line) => line.framesPerSecond.toFixed(1)],
  ['peak MB', (line) => (line.peakBytes === null ? '?' : (line.peakBytes / 1e6).toFixed(0))],
  ['file MB', (line) => (line.sizeBytes / 1e6).toFixed(2)],
];

/** A Markdown table of the lines. */
export function table(lines: readonly SizeSummary[]): string {
  return drawTable(COLUMNS, lines);
}

/** A Markdown table, every column as wide as its widest cell. */
export function drawTable<T>(columns: readonly Column<T>[], lines: readonly T[]): string {
  const cells = [
    columns.map(([name]) => name),
    ...lines.map((line) => columns.map(([, show]) => show(line))),
  ];
  const widths = columns.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const draw = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padStart(widths[column] ?? 0)).join(' | ')} |`;
  const rule = `|${widths.map((width) => `${'-'.repeat(width + 1)}:`).join('|')}|`;
  return [draw(cells[0] ?? []), rule, ...cells.slice(1).map(draw)].join('\n');
}
