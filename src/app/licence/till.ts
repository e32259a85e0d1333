import type { ClipSettings } from '../../contracts/settings.ts';
import type { JobRecord } from '../../contracts/records.ts';
import type { Store } from '../../platform/store/store.ts';
import type { LicenceGate } from './types.ts';

export interface TillOptions {
  readonly gate: Pick<LicenceGate, 'admit' | 'syncSoon'>;
  readonly store: Pick<Store, 'addJob' | 'changeJob' | 'finishJob' | 'removeJobs'>;
  /** Name of the gallery whose queue is kept from running meanwhile. */
  readonly name: string;
}

/** Charges for clips that are made past the queue and handed over instead of kept. */
export interface Till {
  /**
   * Sets the price aside, makes the clip and hands it over (both are `work`), and only then spends it. Nothing is
   * charged when `work` rejects or the page goes away.
   *
   * @throws ERR_LICENCE_* when it can't be paid, `work` isn't called then; whatever `work` throws.
   */
  charged<T>(settings: ClipSettings, work: (jobId: string) => Promise<T>): Promise<T>;
}

/** Where nothing is metered `work` runs at once and nothing is written. */
export function createTill({ gate, store, name }: TillOptions): Till {
  const paid = async <T>(job: JobRecord, work: (jobId: string) => Promise<T>): Promise<T> => {
    await store.addJob(job);
    try {
      await store.changeJob(job.id, ['queued'], { state: 'running' });
      const done = await work(job.id);
      await store.finishJob(job.id);
      return done;
    } catch (cause) {
      // What was set aside for it is let go with it.
      await store.removeJobs([job.id]);
      throw cause;
    } finally {
      gate.syncSoon();
    }
  };
  return {
    async charged(settings, work) {
      const price = await gate.admit(settings);
      const id = crypto.randomUUID();
      if (price === undefined || price === 0) return work(id);
      const job: JobRecord = {
        id,
        pictureId: 'none',
        characterId: 'none',
        settings,
        state: 'queued',
        order: Number.MAX_SAFE_INTEGER,
        createdAtMs: Date.now(),
        price,
      };
      // Whoever has the queue's turn takes every other running job for left behind; so this one has it.
      return navigator.locks.request(`${name}-queue`, () => paid(job, work));
    },
  };
}
