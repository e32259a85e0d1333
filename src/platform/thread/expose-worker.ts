import { expose, releaseProxy } from 'comlink';
import { installThrowHandler } from './wire.ts';
import type { LifeMessage } from './wire.ts';

/** Sends a result's buffers, bitmaps or ports instead of copying them: `return transfer(result, [result.buffer])`. */
export { transfer } from 'comlink';

/** Callbacks arrive as comlink proxies: functions that post a message and carry a release call. */
interface RemoteCallback {
  (...args: unknown[]): Promise<unknown>;
  [releaseProxy](): void;
}
const isCallback = (value: unknown): value is RemoteCallback => typeof value === 'function';

/**
 * Serves an interface from inside a worker; the page side is `connectWorker`.
 *
 * A function among a call's arguments becomes a plain one that posts and returns nothing: a failure on the other side
 * is not the worker's. It is released when the call settles; later uses do nothing.
 *
 * @param api the worker's interface: an object of async methods.
 */
export function exposeWorker(api: object): void {
  installThrowHandler();
  const life = holdLife();
  expose(async (method: string, ...args: unknown[]): Promise<unknown> => {
    const implementation: unknown = Reflect.get(api, method);
    await life;
    if (typeof implementation !== 'function') throw new TypeError(`The worker has no method ${method}`);
    const remotes: RemoteCallback[] = [];
    let open = true;
    const local = args.map((value) => {
      if (!isCallback(value)) return value;
      remotes.push(value);
      return (...values: unknown[]): void => {
        if (open) value(...values).catch(() => undefined);
      };
    });
    try {
      const result: unknown = await Reflect.apply(implementation, api, local);
      return result;
    } finally {
      open = false;
      for (const remote of remotes) remote[releaseProxy]();
    }
  });
}

/**
 * Holds a Web Lock until the worker's global goes away, and tells its name: the page waits for the same lock, and so
 * learns of a death that fires no event (`self.close()`, a crash). Without locks the page knows errors alone.
 *
 * @returns resolves once the lock is held and its name sent, so that no call runs unwatched.
 */
function holdLife(): Promise<void> {
  if (!('locks' in navigator)) return Promise.resolve();
  const lock = `stillwake-worker-${crypto.randomUUID()}`;
  return new Promise((resolve) => {
    navigator.locks
      .request(lock, () => {
        self.postMessage({ type: 'worker-life', lock } satisfies LifeMessage);
        resolve();
        return new Promise<never>(() => undefined);
      })
      .catch(() => resolve());
  });
}
