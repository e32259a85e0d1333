import { isAbort } from './shown-error.ts';

export interface TurnOptions {
  /** Name of the lock that all tabs share. */
  readonly name: string;
  readonly isAwake: () => boolean;
  /** Runs while this tab alone has the turn. */
  readonly work: () => Promise<void>;
  /** Called with the turn when this tab isn't awake and no other tab waits for it. */
  readonly strand: (jobIds: readonly string[]) => Promise<void>;
  /** Jobs that wait or run. */
  readonly active: () => readonly string[];
  readonly onError: (cause: unknown) => void;
}

/** One tab's place in the line of those that want to run the queue. */
export interface Turn {
  /** Stands in line if there is something to do; does nothing when it stands there already. */
  ask(): void;
  /**
   * Writes jobs while standing in line, so that no other tab can take them for left behind, then asks.
   */
  during(write: () => Promise<void>): Promise<void>;
  /** Resolves when this tab neither works nor stands in line. */
  idle(): Promise<void>;
  close(): void;
}

/**
 * The right to run jobs, held by at most one tab: a Web Lock. It falls free when its tab is closed or crashes, and
 * the next in line goes on.
 */
export function createTurn(options: TurnOptions): Turn {
  const closing = new AbortController();
  const writes = new Set<Promise<void>>();
  let standing: Promise<void> | null = null;
  let asked = false;

  /** Whether another tab stands in line behind us. */
  const othersWait = async (): Promise<boolean> => {
    const { pending = [] } = await navigator.locks.query();
    return pending.some((lock) => lock.name === options.name);
  };

  const hold = async (): Promise<void> => {
    do {
      asked = false;
      await Promise.allSettled([...writes]);
      await options.work();
    } while ((asked || writes.size > 0) && !closing.signal.aborted);
    if (options.isAwake() || closing.signal.aborted) return;
    // First the jobs, then the line: whoever wrote one of these stood in line before that.
    const left = options.active();
    if (left.length > 0 && !(await othersWait())) await options.strand(left);
  };

  const stand = (): Promise<void> => {
    standing ??= navigator.locks
      .request(options.name, { signal: closing.signal }, hold)
      .catch((cause: unknown) => {
        if (!isAbort(cause)) options.onError(cause);
      })
      .finally(() => {
        standing = null;
        if (asked && !closing.signal.aborted) void stand();
      });
    return standing;
  };

  return {
    ask() {
      if (closing.signal.aborted || options.active().length === 0) return;
      asked = true;
      void stand();
    },
    async during(write) {
      if (closing.signal.aborted) return write();
      let done: () => void = () => undefined;
      const written = new Promise<void>((resolve) => {
        done = resolve;
      });
      writes.add(written);
      void stand();
      try {
        // A round trip behind the request: after it, every other tab sees us in line.
        await navigator.locks.query();
        await write();
      } finally {
        writes.delete(written);
        done();
        asked = true;
        void stand();
      }
    },
    async idle() {
      while (standing !== null) await standing;
    },
    close() {
      closing.abort();
    },
  };
}
