import type { AppState, ShownError } from '../contracts/app.api.ts';
import { AppError } from '../contracts/errors.ts';
import type { Store } from '../platform/store/store.ts';
import { toShownError } from './shown-error.ts';
import type { StateStore } from './state-store.ts';

export interface GalleryOptions {
  readonly store: Store;
  readonly state: StateStore<AppState>;
  /** How long a deletion can be undone, milliseconds. */
  readonly undoMs: number;
  readonly onError: (error: ShownError) => void;
}

/** Characters, pictures and clips as the state shows them, and what changes them. */
export interface Gallery {
  /** Reads everything; also after another tab changed something. */
  load(): Promise<void>;
  /** Empties the bin of what an earlier visit left there, and offers to undo what is still fresh. */
  tidy(): Promise<void>;
  renameClip(clipId: string, name: string): Promise<void>;
  renameCharacter(characterId: string, name: string): Promise<void>;
  moveClip(clipId: string, characterId: string): Promise<void>;
  deleteClips(clipIds: readonly string[]): Promise<void>;
  undoDelete(): Promise<void>;
  close(): void;
}

const newestFirst = (a: { readonly createdAtMs: number }, b: { readonly createdAtMs: number }): number =>
  b.createdAtMs - a.createdAtMs;

/** A name as it is kept: trimmed, one line; null when nothing is left. */
function cleanName(name: string): string | null {
  const clean = name.replace(/\s+/gu, ' ').trim().slice(0, 200);
  return clean === '' ? null : clean;
}

/**
 * The newly read rows, but the objects of before where nothing has changed: whoever shows them keeps the same blobs,
 * and an address made of one stays good.
 */
function reuse<Row extends { readonly id: string }>(before: readonly Row[], read: readonly Row[]): Row[] {
  const known = new Map(before.map((row) => [row.id, row]));
  return read.map((row) => {
    const old = known.get(row.id);
    return old !== undefined && JSON.stringify(sorted(old)) === JSON.stringify(sorted(row)) ? old : row;
  });
}

/** Fields in one order, blobs by their size. */
function sorted(row: object): unknown[] {
  return Object.entries(row)
    .map(([key, value]: [string, unknown]) => [key, value instanceof Blob ? value.size : value] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Reads nothing yet. */
export function createGallery({ store, state, undoMs, onError }: GalleryOptions): Gallery {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let closed = false;
  /** In the bin by this tab's word alone, because the full disk took no note of it. */
  const hidden = new Set<string>();

  const guarded = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (cause) {
      onError(toShownError(cause));
    }
  };

  const load = async (): Promise<void> => {
    const { characters, pictures, clips } = await store.library();
    if (closed) return;
    const live = clips.filter((clip) => clip.deletedAtMs === undefined && !hidden.has(clip.id));
    const { shownClipId } = state.state;
    state.set({
      characters: reuse(state.state.characters, characters.sort(newestFirst)),
      pictures: reuse(state.state.pictures, pictures.sort(newestFirst)),
      clips: reuse(state.state.clips, live.sort(newestFirst)),
      shownClipId: live.some((clip) => clip.id === shownClipId) ? shownClipId : null,
    });
  };

  /** Removes for good what can't be undone any more. */
  const purge = async (clipIds: readonly string[]): Promise<void> => {
    await guarded(async () => {
      const unnoted = clipIds.filter((id) => hidden.has(id));
      await store.emptyBin(clipIds, unnoted);
      for (const id of unnoted) hidden.delete(id);
    });
  };

  const offerUndo = (clipIds: readonly string[], untilMs: number): void => {
    clearTimeout(timer);
    state.set({ undo: { clipIds, untilMs } });
    timer = setTimeout(
      () => {
        // First the purge: whoever reads the gallery when the offer is gone finds the clips gone too.
        void purge(clipIds);
        state.set({ undo: null });
      },
      Math.max(0, untilMs - Date.now()),
    );
  };

  return {
    load,
    async tidy() {
      const nowMs = Date.now();
      await store.purgeBin(nowMs - undoMs);
      const { clips } = await store.library();
      const fresh = clips.filter((clip) => clip.deletedAtMs !== undefined);
      if (fresh.length === 0 || closed) return;
      const untilMs = Math.max(...fresh.map((clip) => (clip.deletedAtMs ?? nowMs) + undoMs));
      offerUndo(
        fresh.map((clip) => clip.id),
        untilMs,
      );
    },
    renameClip: (clipId, name) =>
      guarded(async () => {
        const clean = cleanName(name);
        if (clean === null) return;
        await store.updateClip(clipId, { name: clean });
        state.set({
          clips: state.state.clips.map((clip) => (clip.id === clipId ? { ...clip, name: clean } : clip)),
        });
      }),
    renameCharacter: (characterId, name) =>
      guarded(async () => {
        const clean = cleanName(name);
        if (clean === null) return;
        await store.renameCharacter(characterId, clean);
        state.set({
          characters: state.state.characters.map((character) =>
            character.id === characterId ? { ...character, name: clean } : character,
          ),
        });
      }),
    moveClip: (clipId, characterId) =>
      guarded(async () => {
        if (!state.state.characters.some((character) => character.id === characterId)) {
          throw new AppError('ERR_STORE_NOT_FOUND', `there is no character ${characterId}`, {
            details: { what: 'character', id: characterId },
          });
        }
        await store.updateClip(clipId, { characterId });
        state.set({
          clips: state.state.clips.map((clip) => (clip.id === clipId ? { ...clip, characterId } : clip)),
        });
      }),
    deleteClips: (clipIds) =>
      guarded(async () => {
        const going = clipIds.filter((id) => state.state.clips.some((clip) => clip.id === id));
        if (going.length === 0) return;
        const nowMs = Date.now();
        try {
          await store.binClips(going, nowMs);
        } catch (cause) {
          if (!(cause instanceof AppError) || cause.code !== 'ERR_STORE_QUOTA') throw cause;
          // A full disk takes no note, but deleting is how it gets room: remember it here until the undo runs out.
          for (const id of going) hidden.add(id);
        }
        const { undo, clips, shownClipId } = state.state;
        // The earlier deletion is final: one undo, one step.
        if (undo !== null) void purge(undo.clipIds);
        state.set({
          clips: clips.filter((clip) => !going.includes(clip.id)),
          shownClipId: shownClipId !== null && going.includes(shownClipId) ? null : shownClipId,
        });
        offerUndo(going, nowMs + undoMs);
      }),
    undoDelete: () =>
      guarded(async () => {
        const { undo } = state.state;
        if (undo === null) return;
        clearTimeout(timer);
        const noted = undo.clipIds.filter((id) => !hidden.has(id));
        if (noted.length > 0) await store.restoreClips(noted);
        for (const id of undo.clipIds) hidden.delete(id);
        state.set({ undo: null });
        await load();
      }),
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}
