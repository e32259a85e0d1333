/**
 * Wraps an async step so that it never runs twice at once: calls during a run are answered by one more run after it.
 * The step reads its input when it starts, so the last one always sees the newest input.
 *
 * @returns a function that resolves when the input of the call has been worked off, or rejects as that run did.
 */
export function coalesce(step: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null;
  let next: Promise<void> | null = null;
  const start = (): Promise<void> => {
    const run = step().finally(() => {
      running = null;
    });
    running = run;
    return run;
  };
  return () => {
    if (running === null) return start();
    next ??= running
      .catch(() => undefined)
      .then(() => {
        next = null;
        return start();
      });
    return next;
  };
}
