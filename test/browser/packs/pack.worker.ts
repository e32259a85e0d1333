import type { PacksApi } from '../../../src/contracts/packs.api.ts';
import { createPacks } from '../../../src/platform/packs/packs.ts';
import type { PackTime } from '../../../src/platform/packs/time.ts';
import { exposeWorker } from '../../../src/platform/thread/expose-worker.ts';
import type { TestPacksApi } from './harness.ts';

/** A clock that stands still for whoever waits, until `tick`. Each look at it is 100 ms later, so that nothing is left untold. */
let nowMs = 0;
const timers = new Set<{ readonly atMs: number; readonly call: () => void }>();
const time: PackTime = {
  nowMs: () => (nowMs += 100),
  after(ms, call) {
    const timer = { atMs: nowMs + ms, call };
    timers.add(timer);
    return () => timers.delete(timer);
  },
};

let packs: PacksApi | null = null;
const ready = (): PacksApi => {
  if (packs === null) throw new Error('not set up');
  return packs;
};

/** The product's packs with a clock and a chunk size that a test sets. */
const api: TestPacksApi = {
  async setup(options, keys) {
    packs = createPacks({ ...options, time });
    await packs.init(keys);
  },
  async tick(ms) {
    nowMs += ms;
    const due = [...timers].filter(({ atMs }) => atMs <= nowMs).sort((a, b) => a.atMs - b.atMs);
    for (const timer of due) if (timers.delete(timer)) timer.call();
  },
  init: (...args) => ready().init(...args),
  look: (...args) => ready().look(...args),
  install: (...args) => ready().install(...args),
  list: () => ready().list(),
  verify: (...args) => ready().verify(...args),
  repair: (...args) => ready().repair(...args),
  remove: (...args) => ready().remove(...args),
  cancel: (...args) => ready().cancel(...args),
};

exposeWorker(api);
