import type { RenderApi } from '../contracts/render.api.ts';
import { connectWorker, type WorkerConnection } from '../platform/thread/connect-worker.ts';

/** Starts a render worker; `init` has not been called yet. */
export function startRenderWorker(): WorkerConnection<RenderApi> {
  return connectWorker<RenderApi>(
    () => new Worker(new URL('../../workers/render.worker.ts', import.meta.url), { type: 'module' }),
  );
}
