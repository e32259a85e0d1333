import { deleteDB } from 'idb';
import { afterEach, describe, expect, it } from 'vitest';
import type { JobView, ShownError } from '../../../src/contracts/app.api.ts';
import { AppError } from '../../../src/contracts/errors.ts';
import type { ClipRecord, JobRecord, PictureRecord } from '../../../src/contracts/records.ts';
import { createQueue, type JobRunner, type Queue } from '../../../src/app/queue.ts';
import { createStore, type Store } from '../../../src/platform/store/store.ts';
import { fillUp, setQuota, startAnew } from '../store/quota.ts';
import { character, clip, freshName, noise, picture } from '../store/records.ts';

type Watch = Parameters<JobRunner>[2];

/** A job that the test holds in its hand: it runs until the test ends it. */
interface Held {
  readonly job: JobRecord;
  readonly watch: Watch;
  finish(change?: Partial<ClipRecord>): void;
  fail(cause: unknown): void;
}

/** One tab: its own connection to the store, its own queue. */
interface Tab {
  readonly store: Store;
  readonly queue: Queue;
  readonly views: () => readonly JobView[];
  readonly state: (jobId: string) => string | undefined;
  readonly clips: ClipRecord[];
  readonly errors: ShownError[];
  /** Jobs that this tab runs or ran, in the order of their start. */
  readonly held: Held[];
  /** Resolves once the condition holds; it is looked at after each change. */
  until(condition: () => boolean): Promise<void>;
  awake: boolean;
}

const tabs: Tab[] = [];
let name = '';

function openTab(awake = true): Tab {
  const store = createStore({ name });
  const listeners = new Set<() => void>();
  const tell = (): void => {
    for (const listener of listeners) listener();
  };
  let views: readonly JobView[] = [];
  const held: Held[] = [];
  const clips: ClipRecord[] = [];
  const errors: ShownError[] = [];
  const tab: Tab = {
    store,
    views: () => views,
    state: (jobId) => views.find((view) => view.record.id === jobId)?.record.state,
    clips,
    errors,
    held,
    awake,
    until: (condition) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!condition()) return;
          listeners.delete(look);
          resolve();
        };
        listeners.add(look);
        look();
      }),
    queue: createQueue({
      store,
      name,
      isAwake: () => tab.awake,
      run: (job, of, watch) =>
        new Promise((resolve, reject) => {
          watch.signal.addEventListener('abort', () => reject(new DOMException('cancelled', 'AbortError')));
          held.push({
            job,
            watch,
            finish: (change) => resolve(clip(of, { settings: job.settings, ...change })),
            fail: reject,
          });
          tell();
        }),
      onChange: (next) => {
        views = next;
        tell();
      },
      onClip: (made) => void clips.push(made),
      onError: (error) => errors.push(error),
    }),
  };
  tabs.push(tab);
  return tab;
}

async function withPicture(tab: Tab): Promise<PictureRecord> {
  const ada = character();
  const portrait = picture(ada.id);
  await tab.store.addPicture(portrait, ada);
  return portrait;
}

const settings = { ...clip(picture('x')).settings };
const ask = (of: PictureRecord): Pick<JobRecord, 'pictureId' | 'characterId' | 'settings'> => ({
  pictureId: of.id,
  characterId: of.characterId,
  settings,
});

afterEach(async () => {
  for (const tab of tabs.splice(0)) {
    tab.queue.close();
    tab.store.close();
  }
  await deleteDB(name);
});

function begin(awake = true): Tab {
  name = freshName();
  return openTab(awake);
}

describe('the queue', () => {
  it('runs one job at a time, in order, and saves each clip', async () => {
    const tab = begin();
    const portrait = await withPicture(tab);
    await tab.queue.load();
    const first = await tab.queue.add(ask(portrait));
    const second = await tab.queue.add(ask(portrait));
    await tab.until(() => tab.held.length === 1);
    expect(tab.state(first.id)).toBe('running');
    expect(tab.state(second.id)).toBe('queued');
    expect(tab.held[0]?.job.id).toBe(first.id);
    tab.held[0]?.finish();
    await tab.until(() => tab.held.length === 2);
    expect(tab.state(first.id)).toBe('done');
    tab.held[1]?.finish();
    await tab.queue.idle();
    expect(tab.clips).toHaveLength(2);
    const { clips } = await tab.store.library();
    expect(clips).toHaveLength(2);
    expect((await tab.store.job(second.id))?.clipId).toBe(tab.clips[1]?.id);
  });

  it('tells stage, progress, time left and a live picture', async () => {
    const tab = begin();
    const portrait = await withPicture(tab);
    const { id } = await tab.queue.add(ask(portrait));
    await tab.until(() => tab.held.length === 1);
    const view = (): JobView | undefined => tab.views().find((one) => one.record.id === id);
    tab.held[0]?.watch.onProgress({ stage: 'prepare' });
    expect(view()).toMatchObject({ stage: 'prepare', progress: 0, etaS: null, previewUrl: null });
    tab.held[0]?.watch.onProgress({ stage: 'encode', done: 50, total: 100 });
    expect(view()?.stage).toBe('render');
    expect(view()?.progress).toBeGreaterThan(0.3);
    tab.held[0]?.watch.onPreview(new Blob(['frame'], { type: 'image/jpeg' }));
    const shown = view()?.previewUrl ?? '';
    expect(await (await fetch(shown)).text()).toBe('frame');
    tab.held[0]?.watch.onProgress({ stage: 'verify', done: 100, total: 100 });
    expect(view()?.stage).toBe('verify');
    tab.held[0]?.finish();
    await tab.queue.idle();
    expect(view()).toMatchObject({ progress: 1, previewUrl: null });
    await expect(fetch(shown)).rejects.toThrow(TypeError);
  });

  it('cancels a waiting job, which then never runs', async () => {
    const tab = begin();
    const portrait = await withPicture(tab);
    await tab.queue.add(ask(portrait));
    const second = await tab.queue.add(ask(portrait));
    await tab.until(() => tab.held.length === 1);
    await tab.queue.cancel(second.id);
    tab.held[0]?.finish();
    await tab.queue.idle();
    expect(tab.held).toHaveLength(1);
    expect(tab.state(second.id)).toBe('cancelled');
  });

  it('cancels a running job, saves nothing of it and goes on with the next', async () => {
    const tab = begin();
    const portrait = await withPicture(tab);
    const first = await tab.queue.add(ask(portrait));
    await tab.queue.add(ask(portrait));
    await tab.until(() => tab.held.length === 1);
    await tab.queue.cancel(first.id);
    expect(tab.held[0]?.watch.signal.aborted).toBe(true);
    await tab.until(() => tab.held.length === 2);
    expect(tab.views().find((view) => view.record.id === first.id)).toMatchObject({
      record: { state: 'cancelled' },
      error: null,
    });
    tab.held[1]?.finish();
    await tab.queue.idle();
    expect((await tab.store.library()).clips).toHaveLength(1);
  });

  it('saves nothing when the cancellation comes together with the finish', async () => {
    const tab = begin();
    const portrait = await withPicture(tab);
    const { id } = await tab.queue.add(ask(portrait));
    await tab.until(() => tab.held.length === 1);
    const cancelling = tab.queue.cancel(id);
    tab.held[0]?.finish();
    await cancelling;
    await tab.queue.idle();
    const [job, { clips }] = await Promise.all([tab.store.job(id), tab.store.library()]);
    expect([job?.state, clips.length]).toEqual(['cancelled', 0]);
  });

  it('shows a failure with its code, goes on, and runs the job again on request', async () => {
    const tab = begin();
    const portrait = await withPicture(tab);
    const first = await tab.queue.add(ask(portrait));
    const second = await tab.queue.add(ask(portrait));
    await tab.until(() => tab.held.length === 1);
    tab.held[0]?.fail(new AppError('ERR_GPU_LOST', 'gone', { retryable: true, details: { adapter: 'x' } }));
    await tab.until(() => tab.held.length === 2);
    const failed = { code: 'ERR_GPU_LOST', message: 'gone', retryable: true, details: { adapter: 'x' } };
    expect(tab.views().find((view) => view.record.id === first.id)?.error).toEqual(failed);
    await tab.queue.retry(first.id);
    expect(tab.state(first.id)).toBe('queued');
    tab.held[1]?.finish();
    await tab.until(() => tab.held.length === 3);
    expect(tab.held.map((one) => one.job.id)).toEqual([first.id, second.id, first.id]);
    tab.held[2]?.finish();
    await tab.queue.idle();
    expect(tab.views().every((view) => view.record.state === 'done' && view.error === null)).toBe(true);
  });

  it('fails a job whose picture is gone', async () => {
    const tab = begin();
    await tab.queue.load();
    const { id } = await tab.queue.add(ask(picture('nobody')));
    await tab.queue.idle();
    expect(tab.views().find((view) => view.record.id === id)?.error?.code).toBe('ERR_STORE_NOT_FOUND');
  });

  it('reorders what waits', async () => {
    const tab = begin();
    const portrait = await withPicture(tab);
    const jobs: JobRecord[] = [];
    for (let i = 0; i < 4; i += 1) jobs.push(await tab.queue.add(ask(portrait)));
    const [a, b, c, d] = jobs.map((job) => job.id);
    await tab.until(() => tab.held.length === 1);
    await tab.queue.move(d ?? '', 0);
    expect(tab.views().map((view) => view.record.id)).toEqual([a, d, b, c]);
    await tab.queue.move(d ?? '', 9);
    await tab.queue.move(c ?? '', 0);
    // A running job stays where it is.
    await tab.queue.move(a ?? '', 2);
    expect(tab.views().map((view) => view.record.id)).toEqual([a, c, b, d]);
    for (let i = 0; i < 4; i += 1) {
      await tab.until(() => tab.held.length === i + 1);
      tab.held[i]?.finish();
    }
    await tab.queue.idle();
    expect(tab.held.map((one) => one.job.id)).toEqual([a, c, b, d]);
  });

  it('dismisses what has ended and nothing else', async () => {
    const tab = begin();
    const portrait = await withPicture(tab);
    const first = await tab.queue.add(ask(portrait));
    await tab.until(() => tab.held.length === 1);
    await tab.queue.dismiss(first.id);
    expect(tab.state(first.id)).toBe('running');
    tab.held[0]?.finish();
    await tab.queue.idle();
    await tab.queue.dismiss(first.id);
    expect(tab.views()).toEqual([]);
    expect(await tab.store.jobs()).toEqual([]);
  });
});

describe('after a reload', () => {
  /** The tab goes away in the middle of a job, as at a reload. */
  async function reload(tab: Tab, awake = false): Promise<Tab> {
    tab.queue.close();
    tab.store.close();
    await tab.queue.idle();
    const next = openTab(awake);
    await next.queue.load();
    return next;
  }

  it('offers what ran and what waited again, and starts nothing by itself', async () => {
    const tab = begin();
    const portrait = await withPicture(tab);
    const first = await tab.queue.add(ask(portrait));
    const second = await tab.queue.add(ask(portrait));
    await tab.until(() => tab.held.length === 1);
    const next = await reload(tab);
    await next.until(() => next.state(second.id) === 'interrupted');
    expect(next.state(first.id)).toBe('interrupted');
    await next.queue.idle();
    expect(next.held).toEqual([]);
    next.awake = true;
    await next.queue.retry(first.id);
    await next.until(() => next.held.length === 1);
    next.held[0]?.finish();
    await next.queue.idle();
    expect(next.state(first.id)).toBe('done');
    expect(next.state(second.id)).toBe('interrupted');
  });

  it('forgets what is done and keeps what failed, with its reason', async () => {
    const tab = begin();
    const portrait = await withPicture(tab);
    const first = await tab.queue.add(ask(portrait));
    const second = await tab.queue.add(ask(portrait));
    await tab.until(() => tab.held.length === 1);
    tab.held[0]?.finish();
    await tab.until(() => tab.held.length === 2);
    tab.held[1]?.fail(new AppError('ERR_MEDIA_VERIFY_FAILED', 'black', { details: { frame: 3 } }));
    await tab.queue.idle();
    const next = await reload(tab);
    expect(next.state(first.id)).toBeUndefined();
    expect(next.views()[0]).toMatchObject({
      record: { id: second.id, state: 'failed' },
      error: { code: 'ERR_MEDIA_VERIFY_FAILED', details: { frame: 3 } },
    });
  });
});

describe('two tabs', () => {
  it('run one job between them, and the second shows the progress of the first', async () => {
    const one = begin();
    const portrait = await withPicture(one);
    const two = openTab();
    await one.queue.load();
    await two.queue.load();
    const first = await one.queue.add(ask(portrait));
    await one.until(() => one.held.length === 1);
    const second = await two.queue.add(ask(portrait));
    await one.until(() => one.state(second.id) === 'queued');
    await two.until(() => two.state(first.id) === 'running');
    one.held[0]?.watch.onProgress({ stage: 'encode', done: 50, total: 100 });
    await two.until(() => (two.views().find((view) => view.record.id === first.id)?.progress ?? 0) > 0.3);
    expect(two.held).toEqual([]);
    one.held[0]?.finish();
    // Whoever has the turn works off the line, whichever tab it was filled from.
    await one.until(() => one.held.length === 2);
    one.held[1]?.finish();
    await Promise.all([one.queue.idle(), two.queue.idle()]);
    await two.until(() => two.state(second.id) === 'done');
    expect(two.held).toEqual([]);
    expect((await two.store.library()).clips).toHaveLength(2);
  });

  it('cancel each other’s jobs', async () => {
    const one = begin();
    const portrait = await withPicture(one);
    const two = openTab();
    const { id } = await one.queue.add(ask(portrait));
    await one.until(() => one.held.length === 1);
    await two.queue.load();
    await two.queue.cancel(id);
    await one.until(() => one.state(id) === 'cancelled');
    await one.queue.idle();
    expect(one.held[0]?.watch.signal.aborted).toBe(true);
    expect((await one.store.library()).clips).toEqual([]);
  });

  it('take over what a closed one leaves: its running job is offered, waiting ones go on', async () => {
    const one = begin();
    const portrait = await withPicture(one);
    const two = openTab();
    await two.queue.load();
    const first = await one.queue.add(ask(portrait));
    await one.until(() => one.held.length === 1);
    const second = await two.queue.add(ask(portrait));
    one.queue.close();
    one.store.close();
    await two.until(() => two.held.length === 1);
    expect(two.held[0]?.job.id).toBe(second.id);
    expect(two.state(first.id)).toBe('interrupted');
    two.held[0]?.finish();
    await two.queue.idle();
    expect(two.state(second.id)).toBe('done');
  });

  it('leave a job alone that the other one has only just queued', async () => {
    const one = begin();
    const portrait = await withPicture(one);
    const fresh = openTab(false);
    await fresh.queue.load();
    for (let i = 0; i < 20; i += 1) {
      const { id } = await one.queue.add(ask(portrait));
      await one.until(() => one.held.length === i + 1);
      expect(one.state(id)).toBe('running');
      one.held[i]?.finish();
      await one.queue.idle();
    }
    expect(one.held).toHaveLength(20);
    expect(fresh.held).toEqual([]);
    expect((await one.store.jobs()).every((job) => job.state === 'done')).toBe(true);
  });
});

describe('a full disk', () => {
  afterEach(() => setQuota(null));

  it('fails the job with its code, and a retry saves what was made without making it again', async () => {
    await startAnew(2 * 2 ** 20);
    const tab = begin();
    const portrait = await withPicture(tab);
    const { id } = await tab.queue.add(ask(portrait));
    await tab.until(() => tab.held.length === 1);
    await fillUp(tab.store);
    tab.held[0]?.finish({ file: noise(8 * 2 ** 20, 'video/mp4') });
    await tab.queue.idle();
    expect(tab.views()[0]).toMatchObject({ record: { state: 'failed' }, error: { code: 'ERR_STORE_QUOTA' } });
    expect((await tab.store.library()).clips).toEqual([]);

    await setQuota(null);
    await tab.queue.retry(id);
    await tab.queue.idle();
    expect(tab.held).toHaveLength(1);
    expect(tab.state(id)).toBe('done');
    expect((await tab.store.library()).clips[0]?.file.size).toBe(8 * 2 ** 20);
  });
});
