import { exposeWorker } from '../../../src/platform/thread/expose-worker.ts';

exposeWorker({});
throw new Error('broken at load');
