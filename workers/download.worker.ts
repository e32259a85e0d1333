import { createPacks } from '../src/platform/packs/packs.ts';
import { exposeWorker } from '../src/platform/thread/expose-worker.ts';

// Installs, verifies, repairs and removes packs; see packs.api.ts.
exposeWorker(createPacks());
