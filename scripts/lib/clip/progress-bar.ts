import type { HeadlessProgress } from '../../../src/contracts/headless.api.ts';

/** The part of a terminal that a bar needs. */
export interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** A bar on one line of a terminal; silent where there is none. */
export interface ProgressBar {
  readonly update: HeadlessProgress;
  /** Wipes the line. */
  clear(): void;
}

const WORDS = { prepare: 'looking', render: 'drawing', verify: 'checking', save: 'saving' } as const;
const ERASE_LINE = '\r\u001b[2K';

/** The bar's line: `[#####     ] 42 % drawing, 6 s left`, no wider than the terminal. */
export function barLine(view: Parameters<HeadlessProgress>[0], columns: number): string {
  const left = view.etaS === null ? '' : `, ${Math.ceil(view.etaS)} s left`;
  const text = ` ${String(Math.floor(view.progress * 100)).padStart(3)} % ${WORDS[view.stage]}${left}`;
  const width = Math.max(0, Math.min(40, columns - text.length - 3));
  const done = Math.round(width * Math.min(1, Math.max(0, view.progress)));
  return `[${'#'.repeat(done)}${' '.repeat(width - done)}]${text}`.slice(0, Math.max(0, columns - 1));
}

/** Draws progress on a terminal. */
export function progressBar(terminal: Terminal): ProgressBar {
  const shown = terminal.isTTY === true;
  return {
    update(view) {
      if (shown) terminal.write(`${ERASE_LINE}${barLine(view, terminal.columns ?? 80)}`);
    },
    clear() {
      if (shown) terminal.write(ERASE_LINE);
    },
  };
}
