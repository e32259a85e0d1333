import { version } from '../package.json';
import type { EncodeApi } from '../src/contracts/encode.api.ts';
import { encodeClip } from '../src/platform/media/encode-job.ts';
import { exposeWorker } from '../src/platform/thread/expose-worker.ts';

const jobs = new Map<string, AbortController>();

/** Encodes, writes and verifies clips; see encode.api.ts. */
const api = {
  async encode(request, port, onProgress) {
    const controller = new AbortController();
    jobs.set(request.jobId, controller);
    try {
      return await encodeClip(request, port, {
        onProgress,
        signal: controller.signal,
        creatorTool: `Stillwake ${version}`,
      });
    } finally {
      jobs.delete(request.jobId);
    }
  },
  async cancel(jobId) {
    jobs.get(jobId)?.abort(new DOMException('The job was cancelled', 'AbortError'));
  },
} satisfies EncodeApi;

exposeWorker(api);
