import type { Build, Installed } from './page/full.api.ts';

/** One graph, opened and perhaps run. Bytes; what was not measured is null. */
export interface FullLine {
  readonly build: Build;
  /** `alone` in a fresh worker, `together` with those above it in the table. */
  readonly how: 'alone' | 'together';
  readonly graph: string;
  /** Weights on disk. */
  readonly stored: number;
  /** What the plan says that WebAssembly's memory has to hold, for opening and for running. */
  readonly predictedOpen: number;
  readonly predictedRun: number;
  /** Size of that memory. */
  readonly heapOpen: number | null;
  readonly heapRun: number | null;
  readonly openMs: number | null;
  readonly runMs: number | null;
  /** Largest resident memory of all the browser's processes while it lasted; null where the system does not tell. */
  readonly peakBytes: number | null;
  /** Why it was not opened or run. */
  readonly failed: string | null;
}

/** What a run came to. */
export interface FullReport {
  readonly pack: string;
  readonly size: { readonly width: number; readonly height: number; readonly frames: number };
  readonly machine: string;
  readonly installed: (Installed & { readonly peakBytes: number | null }) | null;
  readonly lines: readonly FullLine[];
}

const mega = (bytes: number | null): string => (bytes === null ? '–' : (bytes / 1e6).toFixed(0));
const ratio = (predicted: number, measured: number | null): string =>
  measured === null ? '–' : (predicted / measured).toFixed(2);
const seconds = (ms: number | null): string => (ms === null ? '–' : (ms / 1000).toFixed(1));

const COLUMNS: readonly (readonly [string, (line: FullLine) => string])[] = [
  ['build', ({ build }) => build],
  ['how', ({ how }) => how],
  ['graph', ({ graph }) => graph],
  ['stored MB', ({ stored }) => mega(stored)],
  ['plan, open MB', ({ predictedOpen }) => mega(predictedOpen)],
  ['heap, open MB', ({ heapOpen }) => mega(heapOpen)],
  ['plan ÷ heap', ({ predictedOpen, heapOpen }) => ratio(predictedOpen, heapOpen)],
  ['plan, run MB', ({ predictedRun, heapRun }) => (heapRun === null ? '–' : mega(predictedRun))],
  ['heap, run MB', ({ heapRun }) => mega(heapRun)],
  ['plan ÷ heap', ({ predictedRun, heapRun }) => ratio(predictedRun, heapRun)],
  ['open s', ({ openMs }) => seconds(openMs)],
  ['run s', ({ runMs }) => seconds(runMs)],
  ['browser MB', ({ peakBytes }) => mega(peakBytes)],
];

const LEFT = 3;

/** A line for the terminal. */
export function lineText(line: FullLine): string {
  const words = COLUMNS.map(([name, show], column) => (column < LEFT ? show(line) : `${name} ${show(line)}`));
  return [...words, ...(line.failed === null ? [] : [line.failed])].join('; ');
}

function table(lines: readonly FullLine[]): string[] {
  const cells = [
    COLUMNS.map(([name]) => name),
    ...lines.map((line) => COLUMNS.map(([, show]) => show(line))),
  ];
  const widths = COLUMNS.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const draw = (row: readonly string[]): string => {
    const padded = row.map((cell, column) => {
      const width = widths[column] ?? 0;
      return column < LEFT ? cell.padEnd(width) : cell.padStart(width);
    });
    return `| ${padded.join(' | ')} |`;
  };
  const rule = widths.map((width, column) =>
    column < LEFT ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`,
  );
  return [draw(cells[0] ?? []), `|${rule.join('|')}|`, ...cells.slice(1).map(draw)];
}

/** A Markdown report. */
export function fullText({ pack, size, machine, installed, lines }: FullReport): string {
  const told = installed && [
    `${mega(installed.bytes)} MB installed in ${seconds(installed.transferMs)} s, read again in ` +
      `${seconds(installed.verifyMs)} s; the browser held ${mega(installed.peakBytes)} MB at most`,
    '',
  ];
  const failures = lines.flatMap(({ build, how, graph, failed }) =>
    failed === null ? [] : ['', `${build}, ${how}, ${graph}: ${failed}`],
  );
  const head = `${pack}, ${size.width}×${size.height}×${size.frames}; ${machine}`;
  return [head, '', ...(told ?? []), ...table(lines), ...failures].join('\n');
}
