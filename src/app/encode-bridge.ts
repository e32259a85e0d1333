import type { EncodeApi } from '../contracts/encode.api.ts';
import { connectWorker, type WorkerConnection } from '../platform/thread/connect-worker.ts';

/** Starts an encode worker. */
export function startEncodeWorker(): WorkerConnection<EncodeApi> {
  return connectWorker<EncodeApi>(
    () => new Worker(new URL('../../workers/encode.worker.ts', import.meta.url), { type: 'module' }),
  );
}
