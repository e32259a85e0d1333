import * as v from 'valibot';
import type { JobView } from '../contracts/app.api.ts';
import { AppError } from '../contracts/errors.ts';
import type { Pack } from '../contracts/pack.ts';
import type { PacksCommands, PacksView, PackTask } from '../contracts/packs-view.ts';
import type { KeptPack, PackOffer, PackOrigin, PackProgress, PacksApi } from '../contracts/packs.api.ts';
import { PORTRAIT } from '../contracts/settings.ts';
import type { RemoteApi, WorkerConnection } from '../platform/thread/connect-worker.ts';
import { PACK_KEYS } from './pack-keys.ts';
import { startDownloadWorker } from './packs-bridge.ts';
import { createPackFits } from './packs-fit.ts';
import type { Packs, PacksOptions } from './packs.ts';
import { isAbort, toShownError } from './shown-error.ts';

/** {@link Packs} once it is loaded: speaks with the download worker, and keeps the state's `packs`. */
export type PacksWork = Packs;

/** Tells other tabs that what is kept has changed. */
const CHANNEL = 'stillwake-packs';
/** A speed is believed from here on: seconds left don't jump about while the first bytes come. */
const SURE_AFTER_MS = 1000;

/** Setting that holds a deletion which can still be undone: it outlives the page. */
const BIN = 'packs-bin';
const binSchema = v.object({
  packId: v.string(),
  version: v.string(),
  title: v.string(),
  untilMs: v.number(),
});

type Api = RemoteApi<PacksApi>;
type Report = (progress: PackProgress) => void;

const keyOf = (pack: Pick<Pack, 'id' | 'version'>): string => `${pack.id}/${pack.version}`;

/** Whether two descriptions are of the same pack under the same conditions. */
const samePack = (a: Pack, b: Pack): boolean =>
  keyOf(a) === keyOf(b) && a.licence.spdx === b.licence.spdx && a.licence.text === b.licence.text;

/** Starts the download worker when it is first spoken to. */
export function createPacksWork(options: PacksOptions): PacksWork {
  const { state } = options;
  let connection: WorkerConnection<PacksApi> | null = null;
  let listing: Promise<readonly KeptPack[]> | null = null;
  let undoTimer: ReturnType<typeof setTimeout> | undefined;
  let closed = false;
  /** The latest wish to look at something; what an older one brings is dropped. */
  let looks = 0;

  const view = (): PacksView => state.state.packs;
  const set = (change: Partial<PacksView>): void => {
    if (!closed) state.set({ packs: { ...view(), ...change } });
  };
  const fits = createPackFits({ ...options, view, set });

  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = () => void refresh().catch(() => undefined);

  const api = async (): Promise<Api> => {
    if (closed) throw new AppError('ERR_WORKER_TERMINATED', 'the application has ended');
    if (connection === null || connection.lost) {
      connection = (options.startDownload ?? startDownloadWorker)();
      await connection.api.init(options.keys ?? PACK_KEYS);
    }
    return connection.api;
  };

  const shown = (kept: readonly KeptPack[]): readonly KeptPack[] => {
    const { undo } = view();
    return undo === null
      ? kept
      : kept.filter(({ pack }) => keyOf(pack) !== keyOf({ id: undo.packId, version: undo.version }));
  };

  /** The settings must not name what isn't there: whoever comes back is told, and goes on with what is. */
  const dropMissing = (kept: readonly KeptPack[]): void => {
    const wanted = state.state.settings.pack;
    if (wanted === PORTRAIT || kept.some((one) => one.pack.id === wanted && one.state === 'installed'))
      return;
    options.changeSettings({ pack: PORTRAIT });
    options.onError(
      toShownError(
        new AppError('ERR_INPUT_PACK', `${wanted} is not installed any more`, {
          details: { pack: wanted, instead: PORTRAIT },
        }),
      ),
    );
  };

  const refresh = async (): Promise<readonly KeptPack[]> => {
    await left();
    const mine = (listing = api().then((worker) => worker.list()));
    try {
      const kept = shown(await mine);
      if (listing !== mine) return kept;
      const { looked } = view();
      const same = looked && kept.find(({ pack }) => keyOf(pack) === keyOf(looked.offer.pack));
      set({
        kept,
        ...(looked && same
          ? { looked: { ...looked, offer: { ...looked.offer, haveBytes: same.haveBytes } } }
          : {}),
      });
      dropMissing(kept);
      fits.follow();
      return kept;
    } catch (cause) {
      if (listing === mine) listing = null;
      throw cause;
    }
  };
  const changed = async (): Promise<void> => {
    channel.postMessage(null);
    await refresh();
  };
  const known = async (): Promise<readonly KeptPack[]> => {
    const { kept } = view();
    return listing !== null && kept !== null ? kept : refresh();
  };

  const fail = (packId: string | null, cause: unknown): void => {
    if (!isAbort(cause)) set({ error: { packId, error: toShownError(cause) } });
  };
  /** Runs what was asked for; a failure is shown, and the list is read again either way. */
  const guarded = async (packId: string | null, work: () => Promise<void>): Promise<void> => {
    set({ error: null });
    try {
      await work();
    } catch (cause) {
      fail(packId, cause);
    }
  };

  const follower = (id: string): Report => {
    let since: { readonly phase: PackProgress['phase']; readonly atMs: number } | null = null;
    return (progress) => {
      const { task } = view();
      if (task?.id !== id) return;
      const nowMs = performance.now();
      if (since?.phase !== progress.phase) since = { phase: progress.phase, atMs: nowMs };
      const { bytesPerSecond, totalBytes, doneBytes, waiting } = progress;
      const sure = nowMs - since.atMs >= SURE_AFTER_MS && waiting === null && (bytesPerSecond ?? 0) > 0;
      const etaS = sure && bytesPerSecond !== null ? (totalBytes - doneBytes) / bytesPerSecond : null;
      set({ task: { ...task, progress, etaS } });
    };
  };

  const run = async (
    kind: PackTask['kind'],
    pack: Pack,
    work: (worker: Api, id: string, report: Report) => Promise<KeptPack>,
  ): Promise<KeptPack | null> => {
    const { id: packId, version, title } = pack;
    if (view().task !== null) {
      fail(packId, new AppError('ERR_MODEL_BUSY', 'one thing at a time', { details: { pack: packId } }));
      return null;
    }
    const id = crypto.randomUUID();
    set({ task: { id, kind, packId, version, title, progress: null, etaS: null }, error: null });
    let done: KeptPack | null = null;
    try {
      done = await work(await api(), id, follower(id));
    } catch (cause) {
      fail(packId, cause);
    }
    set({ task: null });
    await changed().catch((cause: unknown) => fail(packId, cause));
    return done;
  };

  const find = (packId: string, version: string): KeptPack => {
    const kept = view().kept?.find(({ pack }) => keyOf(pack) === keyOf({ id: packId, version }));
    if (kept !== undefined) return kept;
    throw new AppError('ERR_MODEL_MISSING', `nothing of ${packId} ${version} is kept`, {
      details: { pack: packId, version },
    });
  };

  const showOffer = (origin: PackOrigin, offer: PackOffer): void => {
    set({ looked: { origin, offer, fit: fits.of(offer.pack) } });
    fits.measure();
  };

  const install = async (
    origin: PackOrigin,
    pack: Pack,
    agreed: { readonly licence: boolean; readonly untrusted: boolean },
  ): Promise<void> => {
    // Whoever installs it again wants it: its deletion is off.
    if (view().undo?.packId === pack.id) {
      endUndo();
      await options.store.putSetting(BIN, null);
    }
    // What took gigabytes to fetch shouldn't be the first that the browser clears. It may say no.
    void options.persist();
    const done = await run('install', pack, (worker, id, report) =>
      worker.install(id, origin, { ...agreed, licenceText: pack.licence.text }, report),
    );
    if (done !== null && view().looked?.origin === origin) set({ looked: null });
  };

  const endUndo = (): void => {
    clearTimeout(undoTimer);
    undoTimer = undefined;
    set({ undo: null });
  };
  const bin = async (): Promise<PacksView['undo']> => {
    const read = v.safeParse(binSchema, await options.store.setting(BIN));
    return read.success ? read.output : null;
  };
  const removeNow = async (): Promise<void> => {
    const { undo } = view();
    if (undo === null) return;
    endUndo();
    await guarded(undo.packId, async () => {
      try {
        const kept = await bin();
        // Undone in another tab.
        if (kept?.packId !== undo.packId || kept.version !== undo.version) return;
        await options.store.putSetting(BIN, null);
        await (await api()).remove(undo.packId, undo.version);
      } finally {
        await changed();
      }
    });
  };
  /** Goes on with a deletion that an earlier page, or another tab, began. */
  const takeBin = async (): Promise<void> => {
    const undo = await bin().catch(() => null);
    if (undo === null || view().undo !== null || closed) return;
    set({ undo });
    undoTimer = setTimeout(() => void removeNow(), Math.max(0, undo.untilMs - Date.now()));
  };
  let taking: Promise<void> | null = null;
  const left = (): Promise<void> => (taking ??= takeBin());

  const commands: PacksCommands = {
    async open() {
      // What went wrong before is still to be read.
      try {
        await refresh();
        fits.measure();
      } catch (cause) {
        fail(null, cause);
      }
    },
    async look(origin) {
      const mine = (looks += 1);
      set({ looking: true, looked: null, error: null });
      try {
        const offer = await (await api()).look(origin);
        if (offer.pack.id === PORTRAIT) {
          throw new AppError(
            'ERR_MODEL_UNSAFE',
            'the pack takes the name of the one that comes with the site',
            {
              details: { file: 'pack.json', why: 'reserved-id' },
            },
          );
        }
        if (mine === looks) showOffer(origin, offer);
      } catch (cause) {
        if (mine === looks) fail(null, cause);
      }
      if (mine === looks) set({ looking: false });
    },
    forgetLooked() {
      looks += 1;
      set({ looked: null, looking: false });
    },
    async install(accept) {
      const { looked } = view();
      if (looked !== null) await install(looked.origin, looked.offer.pack, accept);
    },
    resume: (packId, version) =>
      guarded(packId, async () => {
        const kept = find(packId, version);
        if (kept.from.kind !== 'url') {
          throw new AppError('ERR_MODEL_MISSING', 'the folder or archive has to be chosen again', {
            details: { pack: packId, from: kept.from.kind },
          });
        }
        const origin: PackOrigin = { kind: 'url', url: kept.from.url };
        const offer = await (await api()).look(origin);
        // Another licence, another version, or a signature that is gone: that has to be agreed to first.
        const agreed = samePack(offer.pack, kept.pack) && offer.trust === kept.trust;
        if (!agreed) showOffer(origin, offer);
        else await install(origin, offer.pack, { licence: true, untrusted: kept.trust !== 'trusted' });
      }),
    verify: (packId, version) =>
      guarded(packId, async () => {
        await run('verify', find(packId, version).pack, (worker, id, report) =>
          worker.verify(id, packId, version, report),
        );
      }),
    repair: (packId, version, origin) =>
      guarded(packId, async () => {
        await run('repair', find(packId, version).pack, (worker, id, report) =>
          worker.repair(id, packId, version, origin, report),
        );
      }),
    remove: (packId, version) =>
      guarded(packId, async () => {
        const { pack } = find(packId, version);
        const uses = ({ record }: JobView): boolean =>
          record.settings.pack === packId && (record.state === 'queued' || record.state === 'running');
        if (state.state.jobs.some(uses)) {
          throw new AppError('ERR_MODEL_BUSY', `a clip that waits or runs needs ${packId}`, {
            details: { pack: packId },
          });
        }
        // The earlier deletion is final: one undo, one step.
        await removeNow();
        const undo = { packId, version, title: pack.title, untilMs: Date.now() + options.undoMs };
        await options.store.putSetting(BIN, undo);
        set({ undo });
        set({ kept: shown(view().kept ?? []) });
        undoTimer = setTimeout(() => void removeNow(), options.undoMs);
        if (pack.id === state.state.settings.pack) options.changeSettings({ pack: PORTRAIT });
      }),
    undoRemove() {
      if (view().undo === null) return;
      endUndo();
      void guarded(null, async () => {
        await options.store.putSetting(BIN, null);
        await changed();
      });
    },
    async cancel() {
      const { task } = view();
      if (task !== null && connection?.lost === false) await connection.api.cancel(task.id);
    },
    dismissError: () => set({ error: null }),
  };

  return {
    commands,
    async find(packId) {
      const found = (await known()).find((one) => one.pack.id === packId && one.state === 'installed');
      if (found !== undefined) return found.pack;
      throw new AppError('ERR_INPUT_PACK', `${packId} is not installed`, { details: { pack: packId } });
    },
    knowledge: fits.knowledge,
    follow() {
      known().then(
        (kept) => {
          dropMissing(kept);
          fits.follow();
        },
        (cause: unknown) => fail(null, cause),
      );
    },
    close() {
      closed = true;
      clearTimeout(undoTimer);
      channel.close();
      connection?.terminate();
    },
  };
}
