/** What of time an installation uses; tests have a clock of their own. */
export interface PackTime {
  nowMs(): number;
  /** Calls back once, later. Returns what takes it back. */
  after(ms: number, call: () => void): () => void;
}

/** The clock on the wall. */
export const REAL_TIME: PackTime = {
  nowMs: () => performance.now(),
  after(ms, call) {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
};

/** Waits, unless the signal ends it: then it rejects with the signal's reason. */
export function wait(time: PackTime, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const stop = (): void => {
      cancel();
      reject(reasonOf(signal));
    };
    const cancel = time.after(ms, () => {
      signal.removeEventListener('abort', stop);
      resolve();
    });
    signal.addEventListener('abort', stop, { once: true });
  });
}

/** Why a signal was aborted, as an error. */
export function reasonOf(signal: AbortSignal): Error {
  const reason: unknown = signal.reason;
  return reason instanceof Error ? reason : new DOMException('It was cancelled', 'AbortError');
}
