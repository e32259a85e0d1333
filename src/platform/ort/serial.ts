/** Runs tasks one after another; a failed task does not hold up those behind it. */
export class SerialQueue {
  #tail: Promise<unknown> = Promise.resolve();

  /** Starts `task` when all earlier ones have ended; settles as it does. */
  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(task);
    this.#tail = result.catch(() => undefined);
    return result;
  }
}

/** Loads each key once, shares the promise, and forgets it when it rejects, so that a later call tries again. */
export class MemoLoader<K, T> {
  readonly #entries = new Map<K, Promise<T>>();
  readonly #load: (key: K) => Promise<T>;

  constructor(load: (key: K) => Promise<T>) {
    this.#load = load;
  }

  get(key: K): Promise<T> {
    const known = this.#entries.get(key);
    if (known) return known;
    const entry = this.#load(key);
    this.#entries.set(key, entry);
    entry.catch(() => {
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
    });
    return entry;
  }

  /** Forgets everything and returns what had been loaded or is loading. */
  clear(): Promise<T>[] {
    const all = [...this.#entries.values()];
    this.#entries.clear();
    return all;
  }
}
