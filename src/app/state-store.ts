/** An immutable value that changes as a whole, and tells it. Knows nothing of elements. */
export interface StateStore<State extends object> {
  readonly state: State;
  /** Replaces fields; tells the listeners if any is another value than before. */
  set(change: Partial<State>): void;
  subscribe(listener: (state: State) => void): () => void;
}

/** A store that starts with `initial`. A listener that throws doesn't keep the others from being told. */
export function createStateStore<State extends object>(initial: State): StateStore<State> {
  let state = initial;
  const listeners = new Set<(state: State) => void>();
  return {
    get state() {
      return state;
    },
    set(change) {
      const next = { ...state, ...change };
      const keys = Object.keys(change) as (keyof State)[];
      if (keys.every((key) => Object.is(state[key], next[key]))) return;
      state = next;
      for (const listener of [...listeners]) {
        try {
          listener(next);
        } catch (cause) {
          reportError(cause);
        }
      }
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
  };
}
