import { deleteDB } from 'idb';
import { afterEach, describe, expect, it } from 'vitest';
import { createStore, type Store } from '../../../src/platform/store/store.ts';
import { character, clip, freshName, job, picture } from './records.ts';

const open: { store: Store; name: string }[] = [];

function fresh(name = freshName()): Store {
  const store = createStore({ name });
  open.push({ store, name });
  return store;
}

afterEach(async () => {
  const names = new Set(open.map((one) => one.name));
  for (const { store } of open.splice(0)) store.close();
  for (const name of names) await deleteDB(name);
});

describe('the gallery', () => {
  it('gives back what was put in, bytes included, after a reopening', async () => {
    const name = freshName();
    const first = fresh(name);
    const ada = character({ name: 'Ada' });
    const portrait = picture(ada.id, {
      points: { eyeLeft: [1, 2], eyeRight: [3, 4], nose: [5, 6], mouthLeft: [7, 8], mouthRight: [9, 10] },
    });
    await first.addPicture(portrait, ada, 'abc');
    const running = job(portrait, { state: 'running' });
    await first.putJobs([running]);
    const made = clip(portrait);
    await first.saveClip(made, running.id);
    first.close();

    const second = fresh(name);
    const library = await second.library();
    expect(library.characters).toEqual([ada]);
    expect(library.pictures).toHaveLength(1);
    const [found] = library.pictures;
    expect({ ...found, blob: null, thumbnail: null }).toEqual({ ...portrait, blob: null, thumbnail: null });
    expect(await found?.blob.text()).toBe(await portrait.blob.text());
    expect(await found?.thumbnail.text()).toBe(await portrait.thumbnail.text());
    const [kept] = library.clips;
    expect({ ...kept, file: null, poster: null }).toEqual({ ...made, file: null, poster: null });
    expect(await kept?.file.text()).toBe(await made.file.text());
    expect(kept?.file.type).toBe('video/mp4');
    expect(await kept?.poster.text()).toBe(await made.poster.text());
  });

  it('finds a picture again by its digest, and says null for an unknown one', async () => {
    const store = fresh();
    const ada = character();
    const portrait = picture(ada.id);
    await store.addPicture(portrait, ada, 'abc');
    expect((await store.pictureByDigest('abc'))?.id).toBe(portrait.id);
    expect(await store.pictureByDigest('abd')).toBeNull();
    expect(await store.picture('nobody')).toBeNull();
    expect(await store.pictureByDigest('abc')).not.toHaveProperty('digest');
  });

  it('changes names, matte and points without touching the bytes', async () => {
    const store = fresh();
    const ada = character();
    const portrait = picture(ada.id);
    await store.addPicture(portrait, ada);
    await store.updatePicture(portrait.id, { matte: '#102030' });
    const points = {
      eyeLeft: [1, 2],
      eyeRight: [3, 4],
      nose: [5, 6],
      mouthLeft: [7, 8],
      mouthRight: [9, 10],
    } as const;
    await store.setPoints(portrait.id, points);
    expect(await store.picture(portrait.id)).toMatchObject({ matte: '#102030', points });
    await store.setPoints(portrait.id, null);
    expect(await store.picture(portrait.id)).not.toHaveProperty('points');
    await store.renameCharacter(ada.id, 'Ada');
    expect((await store.library()).characters[0]?.name).toBe('Ada');
    await expect(store.renameCharacter('nobody', 'x')).rejects.toMatchObject({ code: 'ERR_STORE_NOT_FOUND' });
    await expect(store.updateClip('nothing', { name: 'x' })).rejects.toMatchObject({
      code: 'ERR_STORE_NOT_FOUND',
    });
    await expect(store.setPoints('nothing', null)).rejects.toMatchObject({ code: 'ERR_STORE_NOT_FOUND' });
  });

  it('keeps settings', async () => {
    const store = fresh();
    expect(await store.setting('draft')).toBeUndefined();
    await store.putSetting('draft', { seconds: 5 });
    expect(await store.setting('draft')).toEqual({ seconds: 5 });
  });
});

describe('saving a clip', () => {
  it('ends its job in the same transaction', async () => {
    const store = fresh();
    const ada = character();
    const portrait = picture(ada.id);
    const running = job(portrait, { state: 'running' });
    await store.addPicture(portrait, ada);
    await store.putJobs([running]);
    const made = clip(portrait);
    expect(await store.saveClip(made, running.id)).toMatchObject({ state: 'done', clipId: made.id });
    expect(await store.job(running.id)).toMatchObject({ state: 'done', clipId: made.id });
  });

  it.each(['queued', 'cancelled', 'failed', 'done', 'interrupted'] as const)(
    'saves nothing for a job that is %s',
    async (state) => {
      const store = fresh();
      const ada = character();
      const portrait = picture(ada.id);
      const other = job(portrait, { state });
      await store.addPicture(portrait, ada);
      await store.putJobs([other]);
      await expect(store.saveClip(clip(portrait), other.id)).rejects.toMatchObject({ name: 'AbortError' });
      expect((await store.library()).clips).toEqual([]);
      expect(await store.job(other.id)).toEqual(other);
    },
  );

  it('saves nothing when a part can not be stored', async () => {
    const store = fresh();
    const ada = character();
    const portrait = picture(ada.id);
    const running = job(portrait, { state: 'running' });
    await store.addPicture(portrait, ada);
    await store.putJobs([running]);
    // A poster that is no plain data: the last put of the transaction fails, so that the earlier ones must go too.
    const broken = clip(portrait);
    Object.defineProperty(broken, 'poster', { value: () => undefined });
    await expect(store.saveClip(broken, running.id)).rejects.toMatchObject({ code: 'ERR_STORE_FAILED' });
    expect((await store.library()).clips).toEqual([]);
    expect(await store.job(running.id)).toEqual(running);
  });
});

describe('the bin', () => {
  it('gives clips back, empties what is old, and leaves the picture alone', async () => {
    const store = fresh();
    const ada = character();
    const portrait = picture(ada.id);
    await store.addPicture(portrait, ada);
    const clips = [clip(portrait), clip(portrait), clip(portrait)];
    for (const one of clips) {
      const running = job(portrait, { state: 'running' });
      await store.putJobs([running]);
      await store.saveClip(one, running.id);
    }
    const [a = '', b = '', c = ''] = clips.map((one) => one.id);
    await store.binClips([a, 'nothing'], 1000);
    await store.binClips([b], 2000);
    await store.restoreClips([b]);
    expect(await store.purgeBin(999)).toEqual([]);
    expect((await store.library()).clips).toHaveLength(3);
    // Only what lies in the bin is emptied, whatever is asked.
    await store.emptyBin([b, c]);
    expect((await store.library()).clips).toHaveLength(3);
    expect(await store.purgeBin(1000)).toEqual([a]);
    const left = await store.library();
    expect(left.clips.map((one) => one.id).sort()).toEqual([b, c].sort());
    expect(left.clips.every((one) => one.deletedAtMs === undefined)).toBe(true);
    // A picture's id in the list of clips doesn't take its bytes away.
    await store.emptyBin([], [b, portrait.id]);
    expect(await (await store.picture(portrait.id))?.blob.text()).toBe(await portrait.blob.text());
  });
});

describe('jobs', () => {
  it('change only from a state that the caller knows of', async () => {
    const store = fresh();
    const portrait = picture('nobody');
    const waiting = job(portrait);
    await store.putJobs([waiting]);
    expect(await store.changeJob(waiting.id, ['running'], { state: 'done' })).toBeNull();
    expect(await store.changeJob('nothing', ['queued'], { state: 'done' })).toBeNull();
    expect(await store.changeJob(waiting.id, ['queued'], { state: 'running' })).toEqual({
      ...waiting,
      state: 'running',
    });
    const error = { code: 'ERR_GPU_LOST', message: 'gone' } as const;
    await store.changeJob(waiting.id, ['running'], { state: 'failed', error });
    expect(await store.job(waiting.id)).toMatchObject({ state: 'failed', error });
    // Whatever comes after a failure is no failure any more.
    await store.changeJob(waiting.id, ['failed'], { state: 'queued' });
    expect(await store.job(waiting.id)).not.toHaveProperty('error');
    await store.removeJobs([waiting.id]);
    expect(await store.jobs()).toEqual([]);
  });
});

describe('two tabs', () => {
  it('tell each other what changed, and not themselves', async () => {
    const name = freshName();
    const mine = fresh(name);
    const other = fresh(name);
    const own: unknown[] = [];
    mine.onForeignChange((tables) => own.push(tables));
    const told = new Promise((resolve) => other.onForeignChange(resolve));
    await mine.putSetting('draft', 1);
    expect(await told).toEqual(['settings']);
    expect(own).toEqual([]);
  });
});
