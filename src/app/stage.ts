import type { AppState, ShownError } from '../contracts/app.api.ts';
import { AppError } from '../contracts/errors.ts';
import type { FacePoints } from '../contracts/perception.ts';
import type { CharacterRecord, PictureRecord } from '../contracts/records.ts';
import { characterName } from '../core/job/names.ts';
import type { Store } from '../platform/store/store.ts';
import type { Engine, PictureLease } from './engine.ts';
import { toShownError } from './shown-error.ts';
import { makeThumbnail } from './small-picture.ts';
import type { StateStore } from './state-store.ts';
import type { AppWords } from './words.ts';

export interface StageOptions {
  readonly store: Store;
  readonly engine: Engine;
  readonly state: StateStore<AppState>;
  readonly words: AppWords;
  /** Another picture is open, or the same with other points, or none. */
  readonly onChange: () => void;
  readonly onError: (error: ShownError) => void;
}

/** How a picture is kept; given ids make a sample opened twice one picture. */
export interface OpenOptions {
  readonly characterId?: string | undefined;
  readonly pictureId?: string;
  readonly newCharacter?: { readonly id: string; readonly name: string };
}

/** The one picture that is worked on. */
export interface Stage {
  readonly lease: PictureLease | null;
  openBlob(blob: Blob, name: string, options?: OpenOptions): Promise<void>;
  openStored(pictureId: string): Promise<void>;
  /** Shows that a picture is on its way before its bytes are here; `load` gets them. */
  openLater(name: string, load: () => Promise<Blob>, options?: OpenOptions): Promise<void>;
  close(): void;
  setMatte(colour: string): Promise<void>;
  setPoints(points: FacePoints | null): Promise<void>;
  /** Makes sure that the open picture is in the gallery. @throws ERR_STORE_* */
  keep(): Promise<PictureRecord | null>;
  /** The worker is gone; opens the picture again in a new one. */
  lost(reason: AppError): void;
}

/** Colour under transparent pixels until another is chosen. */
const MATTE = '#ffffff';
/** A larger file is not read into memory here: the worker refuses it by its first bytes or its size. */
const FILE_MAX_BYTES = 256 * 2 ** 20;
/** Two losses within this time are not healed by a third worker. */
const LOSS_APART_MS = 10_000;

async function readBytes(blob: Blob): Promise<Blob> {
  if (blob.size > FILE_MAX_BYTES) return blob;
  try {
    // A copy: the file may be changed or removed while its job still waits.
    return new Blob([await blob.arrayBuffer()], { type: blob.type });
  } catch (cause) {
    throw new AppError('ERR_INPUT_NOT_FOUND', 'the file could not be read', { cause });
  }
}

async function digestOf(blob: Blob): Promise<string> {
  if (blob.size > FILE_MAX_BYTES) return '';
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', await blob.arrayBuffer()));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

const withPoints = (record: PictureRecord, points: FacePoints | null): PictureRecord => {
  const { points: _old, ...rest } = record;
  return points === null ? rest : { ...rest, points };
};

/** An empty stage. */
export function createStage(options: StageOptions): Stage {
  const { store, engine, state } = options;
  let lease: PictureLease | null = null;
  /** Each opening has a number; what an older one brings is dropped. */
  let latest = 0;
  let lostAtMs = -Infinity;
  /** What would save the open picture, while it isn't saved. */
  let saving: { character: CharacterRecord; digest: string } | null = null;

  const openInWorker = (record: PictureRecord): Promise<PictureLease> =>
    engine.openPicture({
      pictureId: record.id,
      blob: record.blob,
      matte: record.matte,
      ...(record.points === undefined ? {} : { points: record.points }),
    });

  const show = (record: PictureRecord, next: PictureLease): void => {
    lease?.release();
    lease = next;
    state.set({ picture: { phase: 'open', record, report: next.report } });
    options.onChange();
  };

  const clear = (): void => {
    lease?.release();
    lease = null;
    saving = null;
    options.onChange();
  };

  const save = async (record: PictureRecord): Promise<void> => {
    if (saving === null) return;
    const { character, digest } = saving;
    await store.addPicture(record, character, digest);
    saving = null;
    const { characters, pictures } = state.state;
    state.set({
      characters: [character, ...characters.filter((other) => other.id !== character.id)],
      pictures: [record, ...pictures.filter((other) => other.id !== record.id)],
    });
  };

  const characterFor = (name: string, open: OpenOptions): CharacterRecord => {
    const { characters } = state.state;
    const wanted = open.characterId ?? open.newCharacter?.id;
    const known = characters.find((character) => character.id === wanted);
    if (known !== undefined) return known;
    const fallback = `${options.words.unnamed} ${characters.length + 1}`;
    return {
      id: open.newCharacter?.id ?? crypto.randomUUID(),
      name: open.newCharacter?.name ?? characterName(name, fallback),
      createdAtMs: Date.now(),
    };
  };

  /** Finds the picture in the gallery when it was opened before; otherwise makes a record that isn't saved yet. */
  const recordFor = async (
    blob: Blob,
    name: string,
    open: OpenOptions,
  ): Promise<{ record: PictureRecord; unsaved: typeof saving }> => {
    const digest = await digestOf(blob);
    const known =
      open.pictureId === undefined
        ? await store.pictureByDigest(digest)
        : await store.picture(open.pictureId);
    if (known !== null && (open.characterId === undefined || open.characterId === known.characterId)) {
      return { record: known, unsaved: null };
    }
    const character = characterFor(name, open);
    const record: PictureRecord = {
      id: open.pictureId ?? crypto.randomUUID(),
      characterId: character.id,
      name,
      blob,
      width: 0,
      height: 0,
      thumbnail: new Blob(),
      matte: MATTE,
      createdAtMs: Date.now(),
    };
    return { record, unsaved: { character, digest } };
  };

  /** Runs one opening; its errors become the stage's, unless another opening has begun. */
  const opening = async (name: string, find: () => ReturnType<typeof recordFor>): Promise<void> => {
    const mine = (latest += 1);
    const isLatest = (): boolean => mine === latest;
    state.set({ picture: { phase: 'opening', name }, shownClipId: null });
    clear();
    try {
      const { record: found, unsaved } = await find();
      if (!isLatest()) return;
      const next = await openInWorker(found);
      let record = found;
      try {
        if (isLatest() && unsaved !== null) {
          const { width, height } = next.report;
          record = {
            ...found,
            width,
            height,
            thumbnail: await makeThumbnail(found.blob, next.report, found.matte),
          };
        }
      } catch (cause) {
        next.release();
        throw cause;
      }
      if (!isLatest()) {
        next.release();
        return;
      }
      saving = unsaved;
      show(record, next);
      // A full disk doesn't take the picture off the stage; it is saved with its first job at the latest.
      await save(record).catch((cause: unknown) => options.onError(toShownError(cause)));
    } catch (cause) {
      if (isLatest()) state.set({ picture: { phase: 'failed', name, error: toShownError(cause) } });
    }
  };

  /** Opens the picture on the stage again with something changed; the old one stays until the new one is there. */
  const reopen = async (changed: PictureRecord): Promise<boolean> => {
    const mine = (latest += 1);
    try {
      const next = await openInWorker(changed);
      if (mine !== latest) {
        next.release();
        return false;
      }
      show(changed, next);
      return true;
    } catch (cause) {
      if (mine === latest) options.onError(toShownError(cause));
      return false;
    }
  };

  const note = (record: PictureRecord): void => {
    state.set({ pictures: state.state.pictures.map((other) => (other.id === record.id ? record : other)) });
  };

  return {
    get lease() {
      return lease;
    },
    openBlob: (blob, name, open = {}) =>
      opening(name, async () => recordFor(await readBytes(blob), name, open)),
    openLater: (name, load, open = {}) =>
      opening(name, async () => recordFor(await readBytes(await load()), name, open)),
    openStored: (pictureId) =>
      opening(state.state.pictures.find((picture) => picture.id === pictureId)?.name ?? '', async () => {
        const record = await store.picture(pictureId);
        if (record === null) {
          throw new AppError('ERR_STORE_NOT_FOUND', `there is no picture ${pictureId}`, {
            details: { what: 'picture', id: pictureId },
          });
        }
        return { record, unsaved: null };
      }),
    close() {
      latest += 1;
      clear();
      state.set({ picture: { phase: 'empty' }, shownClipId: null });
    },
    async setMatte(colour) {
      if (!/^#[0-9a-f]{6}$/iu.test(colour)) throw new RangeError(`${colour} is not a colour like #rrggbb`);
      const { picture } = state.state;
      if (picture.phase !== 'open' || picture.record.matte === colour) return;
      const { record } = picture;
      try {
        const thumbnail = await makeThumbnail(record.blob, record, colour);
        const changed = { ...record, matte: colour, thumbnail };
        if (!(await reopen(changed)) || saving !== null) return;
        await store.updatePicture(record.id, { matte: colour, thumbnail });
        note(changed);
      } catch (cause) {
        options.onError(toShownError(cause));
      }
    },
    async setPoints(points) {
      const { picture } = state.state;
      if (picture.phase !== 'open') return;
      const changed = withPoints(picture.record, points);
      if (!(await reopen(changed)) || saving !== null) return;
      try {
        await store.setPoints(changed.id, points);
        note(changed);
      } catch (cause) {
        options.onError(toShownError(cause));
      }
    },
    async keep() {
      const { picture } = state.state;
      if (picture.phase !== 'open') return null;
      await save(picture.record);
      return picture.record;
    },
    lost(reason) {
      const { picture } = state.state;
      if (lease === null) return;
      lease = null;
      options.onChange();
      if (picture.phase !== 'open') return;
      const nowMs = performance.now();
      const again = nowMs - lostAtMs < LOSS_APART_MS;
      lostAtMs = nowMs;
      if (again) {
        state.set({
          picture: { phase: 'failed', name: picture.record.name, error: toShownError(reason) },
        });
        return;
      }
      void reopen(picture.record);
    },
  };
}
