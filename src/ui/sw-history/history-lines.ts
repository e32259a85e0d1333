import type { Account } from '../../contracts/licence/api.ts';
import type { HistoryLine } from '../../contracts/licence/view.ts';

type What = HistoryLine['kind'] | Account['history'][number]['kind'] | 'came' | 'back';

/** One line of a history as it is shown. */
export interface ShownLine {
  readonly atMs: number;
  readonly what: `account.history.${What}`;
  /** What is to be spent became so much more, or less. */
  readonly change: number;
  /** Name of the device that it happened on, where that is known and another may be meant. */
  readonly device: string | null;
}

/**
 * A device's ledger as a person thinks of it, newest first: a clip is one line, whether it waits, was paid or came to
 * nothing. What was set aside and then paid is not counted twice.
 */
export function deviceLines(history: readonly HistoryLine[]): ShownLine[] {
  /** Jobs that have a later line already. */
  const told = new Set<string>();
  return history.flatMap(({ atMs, kind, amount, jobId }): ShownLine[] => {
    const line = (change: number): ShownLine[] => [
      { atMs, what: `account.history.${kind}`, change, device: null },
    ];
    switch (kind) {
      case 'lease':
        return [{ atMs, what: 'account.history.came', change: amount, device: null }];
      case 'return':
        return line(-amount);
      case 'commit':
      case 'release':
        if (jobId !== null) told.add(jobId);
        return line(kind === 'commit' ? -amount : 0);
      case 'reserve': {
        const over = jobId !== null && told.has(jobId);
        // An earlier try of the same job comes before this one, with an end of its own.
        if (jobId !== null) told.delete(jobId);
        return over ? [] : line(-amount);
      }
    }
  });
}

/** What happened to the licence's balance, newest first; the service says the signs. */
export function licenceLines(history: Account['history']): ShownLine[] {
  return history.map(({ atMs, kind, amount, device }) => ({
    atMs,
    what: `account.history.${kind === 'release' ? 'back' : kind}`,
    change: amount,
    device,
  }));
}
