import * as v from 'valibot';
import type { App, AppState, ShownError } from '../contracts/app.api.ts';
import { AppError } from '../contracts/errors.ts';
import type { LicenceConfig } from '../contracts/licence/view.ts';
import type { PackKey, PacksApi } from '../contracts/packs.api.ts';
import type { RenderOptions } from '../contracts/render.api.ts';
import { clipSettingsSchema, PORTRAIT, type ClipSettings } from '../contracts/settings.ts';
import { keepForGood, readRoom } from './room.ts';
import { createStore } from '../platform/store/store.ts';
import type { WorkerConnection } from '../platform/thread/connect-worker.ts';
import { EMPTY_STATE } from './empty-state.ts';
import { createEngine, type EngineOptions } from './engine.ts';
import { measureIn } from './flow-measure.ts';
import { createGallery } from './gallery.ts';
import { createJobs, randomSeed } from './jobs.ts';
import { createLicenceGate } from './licence/gate.ts';
import type { LicenceSeams } from './licence/types.ts';
import { askNotifications, followTitle, notificationState, notify } from './notify.ts';
import { createPacks } from './packs.ts';
import { makeClip, type ClipMaker } from './pipeline.ts';
import { createPreviews } from './preview.ts';
import { createQueue } from './queue.ts';
import { createRunner } from './runner.ts';
import { fetchSample, readSamples } from './samples.ts';
import { toShownError } from './shown-error.ts';
import { createSpeeds } from './speeds.ts';
import { createStage } from './stage.ts';
import { createStateStore } from './state-store.ts';
import { ENGLISH, type AppWords } from './words.ts';

export interface AppOptions {
  /** Address of the folder that holds `packs/`, `ort/` and `samples/`; the page's own by default. */
  readonly baseUrl?: string;
  /** Name of the gallery; another name is another gallery. */
  readonly name?: string;
  readonly words?: AppWords;
  /**
   * Where tiers and Moments come from; left out: everything is unlocked and nothing is metered. `unreadable` where a
   * page says something that can't be read: nothing can be made, everything can be watched.
   */
  readonly licence?: LicenceConfig | 'unreadable';
  /** Network, clock, keys and waits of the licence that a test puts in place of the browser's own. */
  readonly licenceSeams?: LicenceSeams;
  /** Forces for tests and the developer page. */
  readonly render?: Pick<RenderOptions, 'provider' | 'renderer'>;
  /** Whether the page's title shows the progress; an embedded element leaves its host's title alone. */
  readonly pageTitle?: boolean;
  readonly undoMs?: number;
  /** Makes a clip instead of the workers. */
  readonly makeClip?: ClipMaker;
  /** Starts a render worker that a test can end. */
  readonly startRender?: EngineOptions['startRender'];
  /** Keys that packs may be signed with instead of the application's own. */
  readonly packKeys?: readonly PackKey[];
  /** Starts a download worker that a test chose. */
  readonly startDownload?: () => WorkerConnection<PacksApi>;
}

/** The application with its beginning and end. */
export interface RunningApp extends App {
  /** Resolves when gallery, jobs and settings of earlier visits are in the state; never rejects. */
  readonly ready: Promise<void>;
  /** Resolves when this tab runs no job and has none to run. */
  idle(): Promise<void>;
  /** Ends workers, timers and connections. */
  close(): void;
}

const DRAFT = 'draft';
/** How long a deletion can be undone. */
const UNDO_MS = 10_000;

/**
 * Starts the application: reads the gallery, the queue and the settings of earlier visits. No worker is started and
 * no model byte fetched before a picture is opened.
 */
export function createApp(options: AppOptions = {}): RunningApp {
  const baseUrl = new URL(options.baseUrl ?? '.', document.baseURI).href;
  const name = options.name ?? 'stillwake';
  const words = options.words ?? ENGLISH;
  const life = new AbortController();
  const state = createStateStore<AppState>({
    ...EMPTY_STATE,
    online: navigator.onLine,
    notifications: notificationState(),
  });
  const onError = (error: ShownError): void => state.set({ alert: error });
  const store = createStore({
    name,
    ...(options.licenceSeams?.now === undefined ? {} : { now: options.licenceSeams.now }),
  });
  const gate = createLicenceGate({
    config: options.licence,
    store,
    state,
    ...(options.licenceSeams === undefined ? {} : { seams: options.licenceSeams }),
  });
  /** Whether the person has begun to work here. */
  let awake = false;
  let draftTouched = false;
  /** Whether what earlier visits left was read. */
  let loaded = false;

  const guarded = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (cause) {
      onError(toShownError(cause));
    }
  };

  const packs = createPacks({
    state,
    store,
    undoMs: options.undoMs ?? UNDO_MS,
    onError,
    onPresent: () => updateEstimate(),
    measure: (known) => measureIn({ flow: () => engine.flow(), ...engine.flowPlace }, known),
    changeSettings: (change) => changeSettings({ ...state.state.settings, ...change }),
    persist: () => app.persist(),
    ...(options.packKeys === undefined ? {} : { keys: options.packKeys }),
    ...(options.startDownload === undefined ? {} : { startDownload: options.startDownload }),
  });
  const engine = createEngine({
    render: {
      packUrl: new URL('packs/portrait/', baseUrl).href,
      wasmUrl: new URL('ort/', baseUrl).href,
      ...options.render,
    },
    findPack: (packId) => packs.find(packId),
    flowKnowledge: packs.knowledge,
    ...(options.startRender === undefined ? {} : { startRender: options.startRender }),
    onState: (next) => state.set({ engine: next }),
    onRenderLost: (reason) => {
      previews.lost();
      stage.lost(reason);
    },
  });
  const previews = createPreviews({
    lease: () => stage.lease,
    settings: () => state.state.settings,
    onScore: (score, scoreError) => state.set({ score, scoreError }),
  });
  const speeds = createSpeeds(store);
  const updateEstimate = (): void => {
    const { picture, settings, packs: flow } = state.state;
    const portraitS = picture.phase === 'open' ? speeds.estimateS(picture.report, settings) : null;
    const flowS = flow.present?.seconds ?? null;
    state.set({ estimateS: settings.pack === PORTRAIT ? portraitS : flowS });
  };
  const stage = createStage({
    store,
    engine,
    state,
    words,
    onError,
    onChange: () => {
      previews.update();
      updateEstimate();
      packs.follow();
    },
  });
  const gallery = createGallery({ store, state, undoMs: options.undoMs ?? UNDO_MS, onError });
  const make: ClipMaker = options.makeClip ?? ((request) => makeClip(engine, request));

  const run = createRunner({
    make,
    words,
    characterName: (id) => state.state.characters.find((one) => one.id === id)?.name ?? '',
    onMade: (made, totalMs) => {
      speeds.learn(made, totalMs);
      updateEstimate();
    },
  });

  const updateRoom = async (): Promise<void> => {
    const room = await readRoom();
    if (!life.signal.aborted) state.set({ storage: room });
  };

  const queue = createQueue({
    store,
    name,
    run,
    isAwake: () => awake,
    onError,
    onChange: (jobs) => {
      state.set({ jobs });
      // A software renderer shares the processor with the job; a real one does both.
      const { engine: engineState } = state.state;
      const isSoftware = engineState.phase === 'ready' && engineState.capabilities.renderer === 'processor';
      previews.pause('job', isSoftware && jobs.some((job) => job.record.state === 'running'));
    },
    onClip: async (clip) => {
      // Read back rather than kept: the clip's bytes then lie on the disk and not in memory.
      await guarded(() => gallery.load());
      const { picture } = state.state;
      if (picture.phase !== 'open' || picture.record.id === clip.pictureId)
        state.set({ shownClipId: clip.id });
      notify(words.clipReady, clip.name, clip.id, () => state.set({ shownClipId: clip.id })).catch(
        () => undefined,
      );
      void updateRoom();
    },
    onEnded: () => gate.syncSoon(),
  });

  const jobs = createJobs({ state, queue, stage, gate, packs, onError });

  const changeSettings = (settings: ClipSettings): void => {
    draftTouched = true;
    state.set({ settings });
    previews.update();
    updateEstimate();
    packs.follow();
    if (!v.safeParse(clipSettingsSchema, settings).success) return;
    store.putSetting(DRAFT, settings).catch((cause: unknown) => onError(toShownError(cause)));
  };

  const load = async (): Promise<void> => {
    const samples = readSamples(baseUrl).then((found) => {
      if (!life.signal.aborted) state.set({ samples: found });
    });
    await guarded(async () => {
      const [draft] = await Promise.all([store.setting(DRAFT), speeds.load()]);
      const settings = v.safeParse(clipSettingsSchema, draft);
      if (settings.success && !draftTouched) state.set({ settings: settings.output });
      updateEstimate();
      await gallery.load();
      await queue.load();
      await gallery.tidy();
      loaded = true;
    });
    await Promise.all([samples, updateRoom(), guarded(() => gate.load())]);
  };

  const { signal } = life;
  const onHidden = (): void => previews.pause('hidden', document.hidden);
  const onOnline = (): void => state.set({ online: navigator.onLine });
  document.addEventListener('visibilitychange', onHidden, { signal });
  window.addEventListener('online', onOnline, { signal });
  window.addEventListener('offline', onOnline, { signal });
  onHidden();
  const stopForeign = store.onForeignChange((tables) => {
    if (tables.some((table) => table === 'clips' || table === 'characters' || table === 'pictures')) {
      void guarded(() => gallery.load());
    }
  });
  const stopSuperseded = store.onSuperseded(() =>
    onError(
      toShownError(
        new AppError(
          'ERR_STORE_NEWER_VERSION',
          'a newer version was opened in another tab: reload this page',
        ),
      ),
    ),
  );

  const app: RunningApp = {
    get licence() {
      return gate.commands;
    },
    packs: packs.commands,
    get state() {
      return state.state;
    },
    subscribe: (listener) => state.subscribe(listener),
    ready: load(),
    idle: () => queue.idle(),
    close() {
      if (life.signal.aborted) return;
      life.abort();
      stopTitle();
      stopForeign();
      stopSuperseded();
      queue.close();
      gate.close();
      packs.close();
      gallery.close();
      engine.close();
      store.close();
    },

    openFile(blob, fileName, characterId) {
      awake = true;
      return stage.openBlob(blob, fileName, { characterId });
    },
    async openSample(sampleId) {
      awake = true;
      const sample = state.state.samples.find((one) => one.id === sampleId);
      if (sample === undefined) {
        onError(toShownError(new AppError('ERR_INPUT_NOT_FOUND', `there is no sample ${sampleId}`)));
        return;
      }
      const id = `sample-${sample.id}`;
      await stage.openLater(sample.title, () => fetchSample(baseUrl, sample), {
        pictureId: id,
        newCharacter: { id, name: sample.title },
      });
    },
    openStored(pictureId) {
      awake = true;
      return stage.openStored(pictureId);
    },
    closePicture: () => stage.close(),
    setMatte: (colour) => stage.setMatte(colour),
    setPoints: (points) => stage.setPoints(points),
    setMotion(motion) {
      state.set({ shownClipId: null });
      changeSettings({ ...state.state.settings, motion });
    },
    setSettings: (change) => changeSettings({ ...state.state.settings, ...change }),
    newSeed: () => changeSettings({ ...state.state.settings, seed: randomSeed() }),
    makeClip() {
      awake = true;
      return jobs.makeClip();
    },
    cancelJob: (jobId) => guarded(() => queue.cancel(jobId)),
    retryJob(jobId) {
      awake = true;
      return jobs.retryJob(jobId);
    },
    moveJob: (jobId, place) => guarded(() => queue.move(jobId, place)),
    dismissJob: (jobId) => guarded(() => queue.dismiss(jobId)),
    showClip: (clipId) =>
      state.set({ shownClipId: clipId === null ? null : (jobs.clipById(clipId)?.id ?? null) }),
    renameClip: (clipId, clipTitle) => gallery.renameClip(clipId, clipTitle),
    renameCharacter: (characterId, title) => gallery.renameCharacter(characterId, title),
    moveClip: (clipId, characterId) => gallery.moveClip(clipId, characterId),
    deleteClips: (clipIds) => gallery.deleteClips(clipIds),
    undoDelete: () => gallery.undoDelete(),
    regenerate(clipId) {
      awake = true;
      return jobs.regenerate(clipId);
    },
    async tweak(clipId) {
      awake = true;
      const clip = jobs.clipById(clipId);
      if (clip === null) return;
      changeSettings(clip.settings);
      await stage.openStored(clip.pictureId);
    },
    dismissAlert() {
      state.set({ alert: null });
      // Another tab was in the way, or the disk: whoever has read that tries again.
      if (!loaded) void load();
    },
    attachPreview: (canvas, previewOptions) => previews.attach(canvas, previewOptions),
    pausePreview: (paused) => previews.pause('asked', paused),
    presetStill: (motion, maxSidePx) => previews.still(motion, maxSidePx),
    async persist() {
      const persisted = await keepForGood();
      await updateRoom();
      return persisted;
    },
    async askNotifications() {
      const granted = await askNotifications();
      state.set({ notifications: notificationState() });
      return granted;
    },
  };
  const stopTitle = options.pageTitle === false ? (): void => undefined : followTitle(app);
  return app;
}
