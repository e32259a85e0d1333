import { proxy, transfer, wrap } from 'comlink';
import { AppError } from '../../contracts/errors.ts';
import { installThrowHandler, isLifeMessage } from './wire.ts';
import type { Invoke } from './wire.ts';

/** An interface as the other thread sees it: the same methods, each returning a promise. */
export type RemoteApi<Api> = {
  readonly [K in keyof Api]: Api[K] extends (...args: infer Args) => infer Result
    ? (...args: Args) => Promise<Awaited<Result>>
    : never;
};

/** A worker and the way to speak with it. */
export interface WorkerConnection<Api> {
  /**
   * The worker's methods. Functions given as arguments are called back across the thread; a MessagePort,
   * OffscreenCanvas, ImageBitmap or VideoFrame given as an argument changes owner. Every call rejects with
   * ERR_WORKER_FAILED or ERR_WORKER_TERMINATED when the worker is gone; none hangs.
   */
  readonly api: RemoteApi<Api>;
  /** Resolves, never rejects, with the reason once the worker is gone, whoever ended it. */
  readonly onLost: Promise<AppError>;
  /** Whether the worker is gone. */
  readonly lost: boolean;
  /** Ends the worker at once; pending calls reject with the reason, ERR_WORKER_TERMINATED when none is given. */
  terminate(reason?: AppError): void;
}

const isMovable = (value: unknown): value is Transferable =>
  value instanceof MessagePort ||
  (typeof OffscreenCanvas !== 'undefined' && value instanceof OffscreenCanvas) ||
  (typeof ImageBitmap !== 'undefined' && value instanceof ImageBitmap) ||
  (typeof VideoFrame !== 'undefined' && value instanceof VideoFrame);

const outgoing = (value: unknown): unknown => {
  if (typeof value === 'function') return proxy(value);
  return isMovable(value) ? transfer(value, [value]) : value;
};

/**
 * Starts a worker that calls `exposeWorker` and returns its methods.
 *
 * The worker counts as lost, and is terminated, on `error` (it failed to load, or threw outside a call), on
 * `messageerror`, when it closes itself or crashes (its life lock falls free), and on `terminate`.
 *
 * @param create says `new Worker(new URL(…), { type: 'module' })`.
 */
export function connectWorker<Api extends object>(create: () => Worker): WorkerConnection<Api> {
  installThrowHandler();
  const worker = create();
  const invoke = wrap<Invoke>(worker);
  const pending = new Set<(reason: AppError) => void>();
  const life = new AbortController();
  let reason: AppError | null = null;
  let tellLost: (reason: AppError) => void = () => undefined;
  const onLost = new Promise<AppError>((resolve) => {
    tellLost = resolve;
  });

  const lose = (error: AppError): void => {
    if (reason !== null) return;
    reason = error;
    life.abort();
    worker.terminate();
    for (const reject of pending) reject(error);
    pending.clear();
    tellLost(error);
  };
  const fail = (message: string, cause?: unknown): void => {
    lose(new AppError('ERR_WORKER_FAILED', message, { retryable: true, details: { message }, cause }));
  };

  worker.addEventListener('error', (event) => {
    event.preventDefault();
    // A script that can't be loaded or parsed gives a plain Event without a message.
    const message =
      event instanceof ErrorEvent && event.message !== '' ? event.message : 'the worker did not load';
    fail(message, event instanceof ErrorEvent ? event.error : undefined);
  });
  worker.addEventListener('messageerror', () => {
    fail('a message from the worker could not be read');
  });
  worker.addEventListener('message', (event: MessageEvent<unknown>) => {
    if (!isLifeMessage(event.data)) return;
    navigator.locks
      .request(event.data.lock, { signal: life.signal }, () => {
        fail('the worker ended by itself');
      })
      .catch(() => undefined);
  });

  const call = (method: string, args: readonly unknown[]): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (reason !== null) {
        reject(reason);
        return;
      }
      const answer = invoke(method, ...args.map(outgoing));
      pending.add(reject);
      answer.then(resolve, reject).finally(() => pending.delete(reject));
    });

  const methods: ProxyHandler<object> = {
    get: (_, key) =>
      // `then` must be missing: a thenable could not be returned from an async function.
      typeof key === 'string' && key !== 'then' ? (...args: unknown[]) => call(key, args) : undefined,
  };
  const api = new Proxy({}, methods) as RemoteApi<Api>;

  return {
    api,
    onLost,
    get lost() {
      return reason !== null;
    },
    terminate(why) {
      lose(why ?? new AppError('ERR_WORKER_TERMINATED', 'the worker was ended', { retryable: true }));
    },
  };
}
