import type { App, AppState, JobStage, JobView } from '../../contracts/app.api.ts';
import type { PacksCommands } from '../../contracts/packs-view.ts';
import { RequestEvent, type PacksRequest, type RequestKind, type RequestMap } from '../lib/events.ts';
import { downloadClip, shareClip } from '../lib/files.ts';
import { keptPack } from '../lib/kept-pack.ts';
import { serviceWorkerInControl } from '../lib/service-worker.ts';
import { percent } from '../strings/format.ts';
import { t } from '../strings/strings.ts';
import type { Toast } from '../sw-toast/sw-toast.ts';

type Handlers = {
  readonly [K in Exclude<RequestKind, 'theme' | 'route' | 'play' | 'place'>]: (
    detail: RequestMap[K],
  ) => unknown;
};

const KINDS: readonly (keyof Handlers)[] = [
  'open-file',
  'open-sample',
  'open-stored',
  'close-picture',
  'matte',
  'points',
  'motion',
  'settings',
  'new-seed',
  'make',
  'cancel-job',
  'retry-job',
  'move-job',
  'dismiss-job',
  'watch-job',
  'show-clip',
  'rename-clip',
  'rename-character',
  'move-clip',
  'delete-clips',
  'undo-delete',
  'regenerate',
  'tweak',
  'download',
  'share',
  'dismiss-alert',
  'persist',
  'notify',
  'activate',
  'accept-tokens',
  'refresh-licence',
  'deactivate',
  'dismiss-licence-error',
  'packs',
];

/** Carries out a command about packs. */
function runPacks(packs: PacksCommands, request: PacksRequest): unknown {
  const commands: { readonly [K in keyof PacksCommands]: (...args: never) => unknown } = packs;
  return Reflect.apply(commands[request.do], packs, request.args);
}

/** Time that the stages of the job that ended last took, ms. */
export type StageTimings = Readonly<Partial<Record<JobStage, number>>>;

/** A message stays this long, ms. */
const TOAST_MS = 7000;
/** A percentage is spoken at each multiple of this. */
const SPOKEN_STEP = 0.25;

/**
 * Turns requests into commands, and keeps what belongs to this one window and to no store: which job is watched,
 * messages, what is spoken, timings of the last job.
 */
export class Commands {
  app: App | null = null;
  /** Id of the job on the stage, or null. */
  watching: string | null = null;
  /** Object URL of the picture that is being opened, or null. */
  pendingUrl: string | null = null;
  toasts: readonly Toast[] = [];
  /** What a screen reader says next. */
  spoken = '';
  /** A clip became ready while the page was hidden. */
  unseen = false;
  timings: StageTimings = {};
  /** Whether the pack is known to lie in this browser's cache. */
  packKept = false;
  readonly #changed: () => void;
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  #wanted: string | null = null;
  #spokenAt = '';
  #looked = false;
  #clock: {
    jobId: string;
    stage: JobStage;
    sinceMs: number;
    spent: Partial<Record<JobStage, number>>;
  } | null = null;

  readonly #handlers: Handlers = {
    'open-file': ({ blob, name }) => this.#open(blob, (app) => app.openFile(blob, name)),
    'open-sample': ({ sampleId }) => this.#open(null, (app) => app.openSample(sampleId)),
    'open-stored': ({ pictureId }) =>
      this.#open(this.app?.state.pictures.find((one) => one.id === pictureId)?.blob ?? null, (app) =>
        app.openStored(pictureId),
      ),
    'close-picture': () => {
      this.#live();
      this.app?.closePicture();
    },
    matte: ({ colour }) => this.app?.setMatte(colour),
    points: ({ points }) => this.app?.setPoints(points),
    motion: ({ motion }) => {
      this.#live();
      this.app?.setMotion(motion);
    },
    settings: ({ change }) => {
      this.#live();
      this.app?.setSettings(change);
    },
    'new-seed': () => this.app?.newSeed(),
    make: ({ parts }) => this.#make(parts),
    'cancel-job': ({ jobId }) => this.#cancelJob(jobId),
    'retry-job': async ({ jobId }) => {
      await this.#queueing(() => this.app?.retryJob(jobId) ?? Promise.resolve(), jobId);
    },
    'move-job': ({ jobId, place }) => this.app?.moveJob(jobId, place),
    'dismiss-job': async ({ jobId }) => {
      this.#unwatch(jobId);
      await this.app?.dismissJob(jobId);
    },
    'watch-job': ({ jobId }) => {
      this.#live();
      this.watching = jobId === '' ? null : jobId;
    },
    'show-clip': ({ clipId }) => {
      if (clipId === null) this.#live();
      else this.#showReady(clipId);
    },
    'rename-clip': ({ clipId, name }) => this.app?.renameClip(clipId, name),
    'rename-character': ({ characterId, name }) => this.app?.renameCharacter(characterId, name),
    'move-clip': ({ clipId, characterId }) => this.app?.moveClip(clipId, characterId),
    'delete-clips': ({ clipIds }) => this.app?.deleteClips(clipIds),
    'undo-delete': () => this.app?.undoDelete(),
    regenerate: async ({ clipId }) => {
      await this.#queueing(() => this.app?.regenerate(clipId) ?? Promise.resolve());
      if (!location.hash.startsWith('#/gallery')) return;
      this.watching = null;
      this.toast({ id: `queued-${clipId}`, text: t('clip.queued') });
    },
    tweak: ({ clipId }) => {
      this.#live();
      return this.app?.tweak(clipId);
    },
    download: ({ clipId }) => {
      const clip = this.app?.state.clips.find((one) => one.id === clipId);
      if (clip !== undefined) downloadClip(clip);
    },
    share: async ({ clipId }) => {
      const clip = this.app?.state.clips.find((one) => one.id === clipId);
      if (clip === undefined || (await shareClip(clip))) return;
      downloadClip(clip);
      this.toast({ id: 'share', text: t('clip.shareFailed') });
    },
    'dismiss-alert': () => this.app?.dismissAlert(),
    persist: async () => {
      if ((await this.app?.persist()) === false) this.toast({ id: 'persist', text: t('gallery.persistNo') });
    },
    notify: async () => {
      if (await this.app?.askNotifications()) this.toast({ id: 'notify', text: t('job.notifyOn') });
    },
    activate: ({ key, deviceName }) => this.app?.licence?.activate(key, deviceName),
    'accept-tokens': (tokens) => this.app?.licence?.acceptTokens(tokens),
    'refresh-licence': () => this.app?.licence?.refresh(),
    deactivate: ({ deviceId }) => this.app?.licence?.deactivate(deviceId ?? undefined),
    'dismiss-licence-error': () => this.app?.licence?.dismissError(),
    packs: (request) => (this.app === null ? undefined : runPacks(this.app.packs, request)),
  };

  /** @param changed called when something here changed that is drawn. */
  constructor(changed: () => void) {
    this.#changed = changed;
    if (typeof document !== 'undefined') document.addEventListener('visibilitychange', this.#onVisible);
  }

  /** Every request that this answers. */
  get kinds(): readonly (keyof Handlers)[] {
    return KINDS;
  }

  /** Carries a request out. */
  run<K extends keyof Handlers>(kind: K, detail: RequestMap[K]): void {
    void Promise.resolve(this.#handlers[kind](detail)).finally(() => this.#changed());
    this.#changed();
  }

  /** Whether an event is one of the requests that this answers. */
  knows(event: Event): event is RequestEvent<keyof Handlers> {
    return event instanceof RequestEvent && event.kind in this.#handlers;
  }

  /** Shows a message for a while. */
  toast(toast: Toast): void {
    const drop = (): void => {
      this.toasts = this.toasts.filter((one) => one.id !== toast.id);
      this.#changed();
    };
    this.toasts = [...this.toasts.filter((one) => one.id !== toast.id), { ...toast, dismiss: drop }];
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      drop();
    }, TOAST_MS);
    this.#timers.add(timer);
    this.#changed();
  }

  /** Follows the state: what is watched ends, what is ready is said. */
  follow(state: AppState): void {
    if (state.picture.phase !== 'opening') this.#dropPending();
    if (state.engine.phase === 'ready') this.packKept = true;
    if (!state.online) this.#lookForPack();
    this.#measure(state);
    this.#speak(state);
    if (this.watching !== null) this.#followWatched(state);
    else this.#announce(state);
    this.#changed();
  }

  /** Ends timers and listeners. */
  end(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#dropPending();
    document.removeEventListener('visibilitychange', this.#onVisible);
  }

  /** The job on the stage: when its clip is in the gallery, the clip takes its place. */
  #followWatched(state: AppState): void {
    const job = state.jobs.find((one) => one.record.id === this.watching);
    if (job === undefined) {
      this.watching = null;
      return;
    }
    const { clipId } = job.record;
    if (job.record.state !== 'done' || clipId === undefined) return;
    if (!state.clips.some((clip) => clip.id === clipId)) return;
    this.#showReady(clipId);
    this.spoken = t('job.readyLive');
    this.unseen = document.hidden;
  }

  /** A clip that became ready while something else was on the stage is said, and the stage is left alone. */
  #announce(state: AppState): void {
    const clipId = state.shownClipId;
    if (clipId === null || clipId === this.#wanted) return;
    this.app?.showClip(null);
    this.toast({
      id: `ready-${clipId}`,
      text: t('toast.ready'),
      action: { label: t('job.watch'), run: () => this.#watchClip(clipId) },
    });
    this.spoken = t('job.readyLive');
    this.unseen = document.hidden;
  }

  /** Shows a clip; its job has nothing more to say and leaves the list. */
  #showReady(clipId: string): void {
    this.watching = null;
    this.#wanted = clipId;
    const { app } = this;
    if (app === null) return;
    if (app.state.shownClipId !== clipId) app.showClip(clipId);
    const job = app.state.jobs.find((one) => one.record.clipId === clipId && one.record.state === 'done');
    if (job !== undefined) void app.dismissJob(job.record.id);
  }

  readonly #onVisible = (): void => {
    if (document.hidden || !this.unseen) return;
    this.unseen = false;
    this.#changed();
  };

  #watchClip(clipId: string): void {
    location.hash = '#/';
    this.#showReady(clipId);
  }

  /** Back to the live preview. */
  #live(): void {
    this.watching = null;
    this.#wanted = null;
    if (this.app !== null && this.app.state.shownClipId !== null) this.app.showClip(null);
  }

  /** Looks once whether the pack is kept, for the line that is shown without a connection. */
  #lookForPack(): void {
    if (this.packKept || this.#looked) return;
    this.#looked = true;
    void keptPack().then(({ here }) => {
      this.packKept ||= here;
      this.#changed();
    });
  }

  /** The job leaves the stage and the list: that it cost nothing is said where it was. */
  async #cancelJob(jobId: string): Promise<void> {
    const jobOf = (): JobView | undefined => this.app?.state.jobs.find((one) => one.record.id === jobId);
    const hasPrice = this.app?.state.licence?.metered === true && jobOf()?.record.price !== undefined;
    this.#unwatch(jobId);
    await this.app?.cancelJob(jobId);
    const ended = jobOf()?.record.state ?? 'cancelled';
    if (hasPrice && ended === 'cancelled') {
      this.toast({ id: `cancelled-${jobId}`, text: t('job.cancelledFree') });
    }
  }

  #unwatch(jobId: string): void {
    if (this.watching === jobId) this.watching = null;
  }

  async #open(blob: Blob | null, open: (app: App) => Promise<void>): Promise<void> {
    const { app } = this;
    if (app === null) return;
    this.#live();
    this.#dropPending();
    if (blob !== null && blob.type.startsWith('image/')) this.pendingUrl = URL.createObjectURL(blob);
    this.#changed();
    await serviceWorkerInControl();
    await open(app);
  }

  #dropPending(): void {
    if (this.pendingUrl === null) return;
    URL.revokeObjectURL(this.pendingUrl);
    this.pendingUrl = null;
  }

  async #make(parts: number): Promise<void> {
    const { app } = this;
    if (app === null) return;
    this.#live();
    let first: string | null = null;
    for (let part = 0; part < parts; part += 1) {
      if (part > 0) app.newSeed();
      first ??= await app.makeClip();
    }
    this.#watchNew(first);
  }

  #watchNew(jobId: string | null): void {
    const job = this.app?.state.jobs.find((one) => one.record.id === jobId);
    if (jobId === null || job === undefined) return;
    const ahead = this.app?.state.jobs.some(
      (one) => one.record.id !== jobId && one.record.state === 'running',
    );
    // Behind another job it waits in the list, and the stage stays free for the next idea.
    if (ahead === true) this.toast({ id: `queued-${jobId}`, text: t('clip.queued') });
    else this.watching = jobId;
  }

  async #queueing(queue: () => Promise<void>, jobId: string | null = null): Promise<void> {
    const before = new Set(this.app?.state.jobs.map((job) => job.record.id));
    this.#live();
    await queue();
    const added = this.app?.state.jobs.find((job) => !before.has(job.record.id));
    this.#watchNew(added?.record.id ?? jobId);
  }

  #measure(state: AppState): void {
    const running = state.jobs.find((job) => job.record.state === 'running');
    const nowMs = performance.now();
    const clock = this.#clock;
    if (clock !== null) {
      clock.spent[clock.stage] = (clock.spent[clock.stage] ?? 0) + nowMs - clock.sinceMs;
      clock.sinceMs = nowMs;
      if (clock.jobId !== running?.record.id) {
        this.timings = clock.spent;
        this.#clock = null;
      } else clock.stage = running.stage;
    }
    if (running !== undefined && this.#clock === null) {
      this.#clock = { jobId: running.record.id, stage: running.stage, sinceMs: nowMs, spent: {} };
    }
  }

  #speak(state: AppState): void {
    const running = state.jobs.find((job) => job.record.state === 'running');
    if (running === undefined) return;
    const step = Math.floor(running.progress / SPOKEN_STEP) * SPOKEN_STEP;
    const key = `${running.record.id} ${running.stage} ${step}`;
    if (key === this.#spokenAt) return;
    this.#spokenAt = key;
    this.spoken = t('job.live', { stage: t(`job.${running.stage}`), percent: percent(running.progress) });
  }
}
