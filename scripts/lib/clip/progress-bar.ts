import type { HeadlessProgress } from '../../../src/contracts/headless.api.ts';
import type { PackProgress } from '../../../src/contracts/packs.api.ts';

/** The part of a terminal that a bar needs. */
export interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** A bar on one line of a terminal; silent where there is none. */
export interface ProgressBar {
  readonly update: HeadlessProgress;
  /** Draws how far the installation of a pack is. */
  readonly install: (progress: PackProgress) => void;
  /** Wipes the line. */
  clear(): void;
}

type View = Parameters<HeadlessProgress>[0];

const WORDS = { prepare: 'looking', render: 'drawing', verify: 'checking', save: 'saving' } as const;
const PHASES = { download: 'fetching', copy: 'copying', verify: 'checking' } as const;
const ERASE_LINE = '\r\u001b[2K';

/** Bytes of a whole that is so large, as one says them: `1.2`, `of 1.9 GB`. */
function ofBytes(done: number, total: number): string {
  const [unit, by, digits] = total >= 1e9 ? ['GB', 1e9, 2] : total >= 1e6 ? ['MB', 1e6, 1] : ['kB', 1e3, 0];
  return `${(done / by).toFixed(digits)} of ${(total / by).toFixed(digits)} ${unit}`;
}

const left = (seconds: number | null): string => (seconds === null ? '' : `, ${Math.ceil(seconds)} s left`);

/** What a flow pack is at, in words. */
function stepWords({ stage, done, total }: NonNullable<View['step']>): string {
  switch (stage) {
    case 'load':
      return 'opening the pack';
    case 'encode':
      return 'reading the picture';
    case 'context':
      return 'reading the prompt';
    case 'step':
      return `step ${done} of ${total}`;
    case 'decode':
      return `drawing, tile ${done} of ${total}`;
  }
}

function line(progress: number, words: string, columns: number): string {
  const share = Math.min(1, Math.max(0, progress));
  const text = ` ${String(Math.floor(share * 100)).padStart(3)} % ${words}`;
  const width = Math.max(0, Math.min(40, columns - text.length - 3));
  const done = Math.round(width * share);
  return `[${'#'.repeat(done)}${' '.repeat(width - done)}]${text}`.slice(0, Math.max(0, columns - 1));
}

/** The bar's line: `[#####     ] 42 % drawing, 6 s left`, no wider than the terminal. */
export function barLine({ stage, progress, etaS, step }: View, columns: number): string {
  const isAtWork = step !== undefined && (stage === 'prepare' || stage === 'render');
  return line(progress, `${isAtWork ? stepWords(step) : WORDS[stage]}${left(etaS)}`, columns);
}

/** The bar's line while a pack is installed: `[####     ] 42 % fetching the pack, 0.80 of 1.90 GB, 34 s left`. */
export function packLine(progress: PackProgress, columns: number): string {
  const { phase, doneBytes, totalBytes, bytesPerSecond, waiting } = progress;
  const share = totalBytes === 0 ? 0 : doneBytes / totalBytes;
  if (waiting !== null) {
    return line(share, `no answer, trying again in ${Math.ceil(waiting.nextMs / 1000)} s`, columns);
  }
  const etaS =
    bytesPerSecond === null || bytesPerSecond <= 0 ? null : (totalBytes - doneBytes) / bytesPerSecond;
  return line(share, `${PHASES[phase]} the pack, ${ofBytes(doneBytes, totalBytes)}${left(etaS)}`, columns);
}

/** Draws progress on a terminal. */
export function progressBar(terminal: Terminal): ProgressBar {
  const shown = terminal.isTTY === true;
  const draw = (make: (columns: number) => string): void => {
    if (shown) terminal.write(`${ERASE_LINE}${make(terminal.columns ?? 80)}`);
  };
  return {
    update: (view) => draw((columns) => barLine(view, columns)),
    install: (progress) => draw((columns) => packLine(progress, columns)),
    clear() {
      if (shown) terminal.write(ERASE_LINE);
    },
  };
}
