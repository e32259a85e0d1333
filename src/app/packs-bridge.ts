import type { PacksApi } from '../contracts/packs.api.ts';
import { connectWorker, type WorkerConnection } from '../platform/thread/connect-worker.ts';

/** Starts a download worker; it trusts no key before `init` has told it which. */
export function startDownloadWorker(): WorkerConnection<PacksApi> {
  return connectWorker<PacksApi>(
    () => new Worker(new URL('../../workers/download.worker.ts', import.meta.url), { type: 'module' }),
  );
}
