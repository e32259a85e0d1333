import type { AppError } from '../contracts/errors.ts';
import type { RenderApi } from '../contracts/render.api.ts';
import type { RemoteApi, WorkerConnection } from '../platform/thread/connect-worker.ts';

/** The worker of flow packs for as long as someone needs it. */
export interface FlowLease {
  readonly api: RemoteApi<RenderApi>;
  /** Ends this worker and no later one. */
  end(reason: AppError): void;
  /** Lets go; the worker ends a while after the last one did. */
  release(): void;
}

/** A render worker of its own for flow packs: what they take ends with it, and the stage's preview stays untouched. */
export interface FlowWorker {
  /** The worker, started where there is none. */
  lease(): FlowLease;
  /** Ends it; the next lease starts another. */
  end(): void;
}

/** @param idleMs how long the worker outlives its last lease: memory of WebAssembly never shrinks. */
export function flowWorker(start: () => WorkerConnection<RenderApi>, idleMs: number): FlowWorker {
  let connection: WorkerConnection<RenderApi> | null = null;
  let leases = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  return {
    lease() {
      clearTimeout(timer);
      if (connection === null || connection.lost) {
        connection = start();
        leases = 0;
      }
      const mine = connection;
      leases += 1;
      let held = true;
      return {
        api: mine.api,
        end: (reason) => mine.terminate(reason),
        release() {
          if (!held) return;
          held = false;
          if (connection !== mine) return;
          leases -= 1;
          if (leases === 0) timer = setTimeout(() => mine.terminate(), idleMs);
        },
      };
    },
    end() {
      clearTimeout(timer);
      connection?.terminate();
    },
  };
}
