import { startDownloadWorker } from '../../../src/app/packs-bridge.ts';
import { connectWorker, type WorkerConnection } from '../../../src/platform/thread/connect-worker.ts';
import type { FullApi, SessionApi } from './full.api.ts';

declare global {
  /** Set by this script. */
  var full: FullApi | undefined;
}

let session: WorkerConnection<SessionApi> | null = null;

function current(): WorkerConnection<SessionApi>['api'] {
  if (session === null) throw new Error('no worker is there');
  return session.api;
}

function end(): void {
  session?.terminate();
  session = null;
}

globalThis.full = {
  async install(url) {
    const worker = startDownloadWorker();
    try {
      await worker.api.init([]);
      const started = performance.now();
      let transferred = started;
      const origin = { kind: 'url', url } as const;
      const accept = { licence: true, untrusted: true };
      const kept = await worker.api.install('full', origin, accept, ({ phase }) => {
        if (phase !== 'verify') transferred = performance.now();
      });
      const ended = performance.now();
      return { bytes: kept.bytes, transferMs: transferred - started, verifyMs: ended - transferred };
    } finally {
      worker.terminate();
    }
  },
  start(build, packId) {
    end();
    session = connectWorker<SessionApi>(
      () => new Worker(new URL('./session.worker.ts', import.meta.url), { type: 'module' }),
    );
    return session.api.start(build, new URL('ort/', document.baseURI).href, packId);
  },
  open: (graph, wish) => current().open(graph, wish),
  run: (graph, wish) => current().run(graph, wish),
  close: (graph) => current().close(graph),
  end,
};
