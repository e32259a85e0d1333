import type { JobView, ShownError } from '../contracts/app.api.ts';
import type { ClipRecord, JobRecord, PictureRecord } from '../contracts/records.ts';
import { AppError } from '../contracts/errors.ts';
import { progressMeter, type ProgressEvent, type ProgressView } from '../core/job/progress.ts';
import {
  ACTIVE_STATES,
  lastOrder,
  moveWaiting,
  RETRY_STATES,
  sortJobs,
  waitingJobs,
} from '../core/job/queue.ts';
import { removeCheckpoints, tidyCheckpoints } from '../platform/store/checkpoints.ts';
import type { Store } from '../platform/store/store.ts';
import { createTurn } from './queue-turn.ts';
import { isAbort, jobError, toAppError, toShownError } from './shown-error.ts';

/** Runs one job up to a record that is ready to be saved. */
export type JobRunner = (
  job: JobRecord,
  picture: PictureRecord,
  watch: {
    readonly signal: AbortSignal;
    readonly onProgress: (event: ProgressEvent) => void;
    /** A small picture of the frame last drawn. */
    readonly onPreview: (picture: Blob) => void;
  },
) => Promise<ClipRecord>;

export interface QueueOptions {
  readonly store: Store;
  /** Name shared by all tabs of one gallery. */
  readonly name: string;
  readonly run: JobRunner;
  /** Whether the person has begun to work in this tab; a fresh tab doesn't start work by itself. */
  readonly isAwake: () => boolean;
  /** Jobs in the order in which they are shown. */
  readonly onChange: (jobs: readonly JobView[]) => void;
  /** A clip was made and saved by this tab. */
  readonly onClip: (clip: ClipRecord, job: JobRecord) => void | Promise<void>;
  /** A job came to its end by this tab, whichever end. */
  readonly onEnded?: () => void;
  /** The queue itself could not be read or written. */
  readonly onError: (error: ShownError) => void;
}

/** Jobs, one at a time over all tabs; kept in the store, so that a reload loses none. */
export interface Queue {
  /** Reads the jobs left by an earlier visit; those that nobody runs any more are offered again. */
  load(): Promise<void>;
  /**
   * Queues a job, and sets its price aside.
   *
   * @throws ERR_STORE_* when the job can't be kept, ERR_LICENCE_* when it can't be paid; it is not queued then.
   */
  add(job: Pick<JobRecord, 'pictureId' | 'characterId' | 'settings' | 'price'>): Promise<JobRecord>;
  cancel(jobId: string): Promise<void>;
  /**
   * Queues a job again that came to nothing.
   *
   * @param price what it costs now; left out where nothing is metered.
   * @throws ERR_LICENCE_* when it can't be paid, ERR_STORE_* when its price can't be set aside; it stays as it is then.
   */
  retry(jobId: string, price?: number): Promise<void>;
  move(jobId: string, place: number): Promise<void>;
  dismiss(jobId: string): Promise<void>;
  /** Resolves when this tab runs nothing and has nothing to run. */
  idle(): Promise<void>;
  close(): void;
}

/** What is known of a job beyond its record. */
interface Live {
  view: ProgressView | null;
  previewUrl: string | null;
  error: ShownError | null;
  /** Present while this tab runs it. */
  controller: AbortController | null;
  /** Made, but the disk was full: a retry saves it without making it again. */
  unsaved: ClipRecord | null;
}

/** Progress as one tab tells it to the others. */
interface ProgressMessage {
  readonly jobId: string;
  readonly view: ProgressView;
}

/** Shown progress changes at most so often. */
const PROGRESS_EVERY_MS = 100;

/** Starts nothing; call `load`. */
export function createQueue(options: QueueOptions): Queue {
  const { store } = options;
  const channel = new BroadcastChannel(`${options.name}-progress`);
  const records = new Map<string, JobRecord>();
  const lives = new Map<string, Live>();
  /** Changes that a full disk took no note of, with the state that the store still has. */
  const unwritten = new Map<string, { readonly stored: JobRecord['state']; readonly record: JobRecord }>();
  let closed = false;

  const live = (id: string): Live => {
    const known = lives.get(id);
    if (known !== undefined) return known;
    const fresh: Live = { view: null, previewUrl: null, error: null, controller: null, unsaved: null };
    lives.set(id, fresh);
    return fresh;
  };

  const emit = (): void => {
    if (closed) return;
    options.onChange(
      sortJobs([...records.values()]).map((record): JobView => {
        const known = lives.get(record.id);
        const view = record.state === 'running' ? (known?.view ?? null) : null;
        return {
          record,
          stage: record.state === 'running' ? (view?.stage ?? 'prepare') : 'waiting',
          progress: record.state === 'done' ? 1 : (view?.progress ?? 0),
          etaS: view?.etaS ?? null,
          step: view?.step ?? null,
          previewUrl: record.state === 'running' ? (known?.previewUrl ?? null) : null,
          error: record.state === 'failed' ? (known?.error ?? jobError(record)) : null,
        };
      }),
    );
  };

  const forget = (id: string): void => {
    const known = lives.get(id);
    if (known !== undefined && known.previewUrl !== null) URL.revokeObjectURL(known.previewUrl);
    lives.delete(id);
    unwritten.delete(id);
  };

  /** Takes the store's word for all jobs; a job of ours that was cancelled elsewhere is stopped. */
  const refresh = async (): Promise<void> => {
    const found = new Map((await store.jobs()).map((job) => [job.id, job]));
    for (const id of [...records.keys()]) {
      if (found.has(id)) continue;
      lives.get(id)?.controller?.abort();
      records.delete(id);
      forget(id);
    }
    for (const [id, stored] of found) {
      const note = unwritten.get(id);
      if (note !== undefined && note.stored !== stored.state) unwritten.delete(id);
      const job = unwritten.get(id)?.record ?? stored;
      if (job.state !== 'running') lives.get(id)?.controller?.abort();
      records.set(id, job);
    }
    emit();
  };

  const keep = (record: JobRecord): void => {
    records.set(record.id, record);
    emit();
  };

  /**
   * Changes a job in the store; on a full disk at least here, so that the queue goes on.
   *
   * @throws ERR_LICENCE_*, ERR_STORE_* when a job that is to wait anew can't be paid; nothing has changed then.
   */
  const change = async (
    id: string,
    from: readonly JobRecord['state'][],
    what: Partial<Omit<JobRecord, 'id'>>,
  ): Promise<JobRecord | null> => {
    try {
      const note = unwritten.get(id);
      if (note !== undefined) {
        await store.putJobs([note.record]);
        unwritten.delete(id);
      }
      const changed = await store.changeJob(id, from, what);
      if (changed !== null) keep(changed);
      return changed;
    } catch (cause) {
      if (toAppError(cause).code.startsWith('ERR_LICENCE_')) throw cause;
      const record = records.get(id);
      if (record === undefined || !from.includes(record.state)) return null;
      // What has a price waits only once that is set aside; otherwise it would be made for nothing.
      if (what.state === 'queued' && (what.price ?? record.price ?? 0) > 0) throw cause;
      // A full disk is told by the job that it keeps from being saved.
      if (toAppError(cause).code !== 'ERR_STORE_QUOTA') options.onError(toShownError(cause));
      const { error: _error, ...rest } = record;
      const changed = { ...rest, ...what };
      unwritten.set(id, { stored: unwritten.get(id)?.stored ?? record.state, record: changed });
      keep(changed);
      return changed;
    }
  };

  const runOne = async (job: JobRecord): Promise<void> => {
    const started = await change(job.id, ['queued'], { state: 'running' });
    if (started === null) return;
    const mine = live(job.id);
    const controller = new AbortController();
    mine.controller = controller;
    mine.error = null;
    const meter = progressMeter();
    let shownAtMs = -Infinity;
    const onProgress = (event: ProgressEvent): void => {
      if (controller.signal.aborted) return;
      const nowMs = performance.now();
      const before = mine.view;
      mine.view = meter.update(event, nowMs);
      const sameStep =
        before?.step?.stage === mine.view.step?.stage && before?.step?.done === mine.view.step?.done;
      if (before?.stage === mine.view.stage && sameStep && nowMs - shownAtMs < PROGRESS_EVERY_MS) return;
      shownAtMs = nowMs;
      channel.postMessage({ jobId: job.id, view: mine.view } satisfies ProgressMessage);
      emit();
    };
    const onPreview = (picture: Blob): void => {
      if (controller.signal.aborted) return;
      const old = mine.previewUrl;
      mine.previewUrl = URL.createObjectURL(picture);
      emit();
      // After the state has the new one, so that nobody is asked to show a dead address.
      if (old !== null) URL.revokeObjectURL(old);
    };
    try {
      const clip = mine.unsaved ?? (await make(job, { signal: controller.signal, onProgress, onPreview }));
      mine.unsaved = clip;
      onProgress({ stage: 'save' });
      controller.signal.throwIfAborted();
      const ended = await store.saveClip(clip, job.id);
      mine.unsaved = null;
      void removeCheckpoints(job.id);
      await options.onClip(clip, ended);
      keep(ended);
    } catch (cause) {
      // Closing is no cancellation: the job is offered again by the next tab.
      if (closed) return;
      if (isAbort(cause)) {
        mine.unsaved = null;
        void removeCheckpoints(job.id);
        await change(job.id, ['running'], { state: 'cancelled' });
      } else {
        mine.error = toShownError(cause);
        const { code, message, details, retryable } = toAppError(cause);
        if (code !== 'ERR_STORE_QUOTA') mine.unsaved = null;
        await change(job.id, ['running'], { state: 'failed', error: { code, message, details, retryable } });
      }
    } finally {
      mine.controller = null;
      mine.view = null;
      if (mine.previewUrl !== null) URL.revokeObjectURL(mine.previewUrl);
      mine.previewUrl = null;
      emit();
      if (!closed) options.onEnded?.();
    }
  };

  const make = async (job: JobRecord, watch: Parameters<JobRunner>[2]): Promise<ClipRecord> => {
    const picture = await store.picture(job.pictureId);
    if (picture === null) {
      throw new AppError('ERR_STORE_NOT_FOUND', 'the picture of this job is no longer in the gallery', {
        details: { what: 'picture', id: job.pictureId },
      });
    }
    return options.run(job, picture, watch);
  };

  const turn = createTurn({
    name: `${options.name}-queue`,
    isAwake: options.isAwake,
    async work() {
      // Whoever has the turn is the only one that runs jobs: what still counts as running was left behind.
      await refresh();
      await store.releaseStranded();
      for (const job of records.values()) {
        if (job.state === 'running') await change(job.id, ['running'], { state: 'interrupted' });
      }
      if (!options.isAwake()) return;
      while (!closed) {
        const next = waitingJobs([...records.values()])[0];
        if (next === undefined) return;
        await runOne(next);
        await refresh().catch((cause: unknown) => options.onError(toShownError(cause)));
      }
    },
    async strand(jobIds) {
      // Nobody will run these: the tab that queued them is gone, and this one hasn't been used yet.
      for (const id of jobIds) await change(id, ['queued'], { state: 'interrupted' });
    },
    active: () =>
      [...records.values()].filter((job) => ACTIVE_STATES.includes(job.state)).map((job) => job.id),
    onError: (cause) => options.onError(toShownError(cause)),
  });

  const stopForeign = store.onForeignChange((tables) => {
    if (!tables.includes('jobs') || closed) return;
    refresh()
      .then(() => turn.ask())
      .catch((cause: unknown) => options.onError(toShownError(cause)));
  });
  channel.onmessage = (event: MessageEvent<ProgressMessage>) => {
    const { jobId, view } = event.data;
    const known = live(jobId);
    if (known.controller !== null) return;
    known.view = view;
    emit();
  };

  return {
    async load() {
      const left = await store.jobs();
      // Their clips are in the gallery; a cancellation needs no second look.
      const past = left.filter((job) => job.state === 'done' || job.state === 'cancelled');
      if (past.length > 0) await store.removeJobs(past.map((job) => job.id));
      void tidyCheckpoints(left.filter((job) => !past.includes(job)).map((job) => job.id));
      await refresh();
      turn.ask();
    },
    async add(input) {
      const job: JobRecord = {
        ...input,
        id: crypto.randomUUID(),
        state: 'queued',
        order: lastOrder([...records.values()]),
        createdAtMs: Date.now(),
      };
      await turn.during(async () => {
        await store.addJob(job);
        keep(job);
      });
      return job;
    },
    async cancel(jobId) {
      await change(jobId, ACTIVE_STATES, { state: 'cancelled' });
      const controller = lives.get(jobId)?.controller ?? null;
      controller?.abort();
      // A running one tells it when it has stopped.
      if (controller !== null) return;
      void removeCheckpoints(jobId);
      options.onEnded?.();
    },
    async retry(jobId, price) {
      await turn.during(async () => {
        const order = lastOrder([...records.values()]);
        // What once had a price and has none now is free.
        const cost = price ?? (records.get(jobId)?.price === undefined ? undefined : 0);
        await change(jobId, RETRY_STATES, {
          state: 'queued',
          order,
          ...(cost === undefined ? {} : { price: cost }),
        });
      });
    },
    async move(jobId, place) {
      for (const job of moveWaiting([...records.values()], jobId, place)) {
        await change(job.id, ['queued'], { order: job.order });
      }
    },
    async dismiss(jobId) {
      const record = records.get(jobId);
      if (record === undefined || ACTIVE_STATES.includes(record.state)) return;
      await store.removeJobs([jobId]);
      void removeCheckpoints(jobId);
      records.delete(jobId);
      forget(jobId);
      emit();
    },
    idle: () => turn.idle(),
    close() {
      if (closed) return;
      closed = true;
      stopForeign();
      channel.close();
      turn.close();
      for (const [id, known] of lives) {
        known.controller?.abort();
        forget(id);
      }
    },
  };
}
