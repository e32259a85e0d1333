import { createStore } from '../../../src/platform/store/store.ts';
import { clip, job, picture } from './records.ts';

/** What the worker is to do; plain data. */
export interface CrashOrder {
  readonly name: string;
  readonly seed: number;
}

/** Numbers that follow from a seed, 0 ≤ n < 1. @source mulberry32, public domain */
function numbers(seed: number): () => number {
  let a = seed | 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Works on the gallery without an end, several things at once; says how far it has come. Whoever started it ends it. */
self.onmessage = async ({ data }: MessageEvent<CrashOrder>) => {
  const store = createStore({ name: data.name });
  const next = numbers(data.seed);
  const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(next() * list.length)];
  const act = async (): Promise<void> => {
    const jobs = await store.jobs();
    const id = pick(jobs)?.id ?? 'none';
    const of = picture('nobody');
    switch (Math.floor(next() * 10)) {
      case 0:
      case 1:
      case 2:
        return store.addJob(job(of, { id: crypto.randomUUID(), price: 1 + Math.floor(next() * 9) }));
      case 3:
      case 4:
        return void (await store.changeJob(id, ['queued'], { state: 'running' }));
      case 5:
      case 6:
        return void (await store.saveClip(clip(of, { id: crypto.randomUUID() }), id));
      case 7:
        return void (await store.changeJob(id, ['queued', 'running'], {
          state: pick(['cancelled', 'failed', 'interrupted'] as const) ?? 'failed',
        }));
      case 8:
        return void (await store.changeJob(id, ['failed', 'cancelled'], { state: 'queued' }));
      default:
        return void (await store.releaseStranded());
    }
  };
  for (let done = 0; ; done += 1) {
    // What is refused (nothing left, not running any more) changes nothing.
    await Promise.allSettled([act(), act(), act()]);
    self.postMessage(done);
  }
};
