import type { AppState, ShownError } from '../contracts/app.api.ts';
import type { Pack } from '../contracts/pack.ts';
import type { PacksCommands, PacksView } from '../contracts/packs-view.ts';
import type { PackKey, PacksApi } from '../contracts/packs.api.ts';
import { PORTRAIT, type ClipSettings } from '../contracts/settings.ts';
import type { WorkerConnection } from '../platform/thread/connect-worker.ts';
import type { Store } from '../platform/store/store.ts';
import type { FlowKnowledge } from './engine.ts';
import type { FlowFitOptions } from './flow-fit.ts';
import type { PacksWork } from './packs-work.ts';
import { toShownError } from './shown-error.ts';
import type { StateStore } from './state-store.ts';

export interface PacksOptions {
  readonly state: StateStore<AppState>;
  /** Keeps what was measured and learnt of this machine. */
  readonly store: Pick<Store, 'setting' | 'putSetting'>;
  /** Looks at the machine, as {@link FlowFitOptions.measure}. */
  readonly measure: FlowFitOptions['measure'];
  readonly undoMs: number;
  readonly onError: (error: ShownError) => void;
  /** What the present settings come to has changed. */
  readonly onPresent: () => void;
  readonly changeSettings: (change: Partial<ClipSettings>) => void;
  /** Asks the browser to keep what this site keeps. */
  readonly persist: () => Promise<boolean>;
  /** Keys that packs may be signed with; the application's own by default. */
  readonly keys?: readonly PackKey[];
  /** Starts a download worker of a test's own. */
  readonly startDownload?: () => WorkerConnection<PacksApi>;
}

/** Flow packs. Nothing of them is loaded before somebody asks, or one is found on this device. */
export interface Packs {
  readonly commands: PacksCommands;
  /** The installed pack of that id. @throws ERR_INPUT_PACK when none is, with `details.pack` */
  find(packId: string): Promise<Pack>;
  /** What is known of how this machine makes clips with packs. */
  readonly knowledge: FlowKnowledge;
  /** Picture or settings have changed. */
  follow(): void;
  /** Ends the worker; a deletion that could still be undone is left to the next visit. */
  close(): void;
}

/** Where packs are kept, from the root of the private file system. */
const FOLDER = 'packs';

/** Whether anything of a pack is on this device; asks the file system, starts nothing. */
async function anyKept(): Promise<boolean> {
  try {
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle(FOLDER);
    for await (const _name of folder.keys()) return true;
  } catch {
    // No such folder, or no such storage.
  }
  return false;
}

/** Loads nothing yet. */
export function createPacks(options: PacksOptions): Packs {
  const { state, onError } = options;
  let loading: Promise<PacksWork> | null = null;
  let loaded: PacksWork | null = null;
  let peeked = false;
  let closed = false;

  const work = (): Promise<PacksWork> => {
    loading ??= import('./packs-work.ts')
      .then(({ createPacksWork }) => {
        const made = createPacksWork(options);
        loaded = made;
        if (closed) made.close();
        return made;
      })
      .catch((cause: unknown) => {
        // Without a connection: fetched again when it is asked for again.
        loading = null;
        throw cause;
      });
    return loading;
  };
  const guarded = async (call: (packs: PacksWork) => Promise<void> | void): Promise<void> => {
    try {
      await call(await work());
    } catch (cause) {
      if (!closed) onError(toShownError(cause));
    }
  };
  const set = (change: Partial<PacksView>): void => state.set({ packs: { ...state.state.packs, ...change } });

  return {
    commands: {
      open: () => guarded((packs) => packs.commands.open()),
      look: (origin) => guarded((packs) => packs.commands.look(origin)),
      forgetLooked: () => set({ looked: null }),
      install: (accept) => guarded((packs) => packs.commands.install(accept)),
      resume: (packId, version) => guarded((packs) => packs.commands.resume(packId, version)),
      verify: (packId, version) => guarded((packs) => packs.commands.verify(packId, version)),
      repair: (packId, version, origin) => guarded((packs) => packs.commands.repair(packId, version, origin)),
      remove: (packId, version) => guarded((packs) => packs.commands.remove(packId, version)),
      undoRemove: () => void guarded((packs) => packs.commands.undoRemove()),
      cancel: () => guarded((packs) => packs.commands.cancel()),
      dismissError: () => set({ error: null }),
    },
    find: async (packId) => (await work()).find(packId),
    knowledge: {
      measure: async () => (await work()).knowledge.measure(),
      // Whoever makes a clip has asked for its pack before, and with it for all this.
      fits: (pack, settings) => loaded?.knowledge.fits(pack, settings) ?? ((): boolean => true),
      learn: (...args) => loaded?.knowledge.learn(...args),
      failed: (...args) => loaded?.knowledge.failed(...args),
    },
    follow() {
      const { picture, settings } = state.state;
      if (loading !== null || settings.pack !== PORTRAIT) {
        if (picture.phase === 'open' || loading !== null) void guarded((packs) => packs.follow());
        return;
      }
      if (peeked || picture.phase !== 'open') return;
      peeked = true;
      void anyKept().then((any) => (any && !closed ? guarded((packs) => packs.follow()) : undefined));
    },
    close() {
      closed = true;
      loading?.then((packs) => packs.close()).catch(() => undefined);
    },
  };
}
