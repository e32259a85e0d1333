import { deleteDB } from 'idb';
import { afterEach, describe, expect, it } from 'vitest';
import { readRoom } from '../../../src/app/room.ts';
import { createStore, type Store } from '../../../src/platform/store/store.ts';
import { setQuota, startAnew } from './quota.ts';
import { character, clip, freshName, job, noise, picture } from './records.ts';

let store: Store | null = null;
let name = '';

afterEach(async () => {
  await setQuota(null);
  store?.close();
  await deleteDB(name);
});

describe('a full disk', () => {
  it('is an error of its own that loses nothing, and deleting makes room', async () => {
    name = freshName();
    await startAnew(6 * 2 ** 20);
    store = createStore({ name });
    const ada = character();
    const portrait = picture(ada.id);
    await store.addPicture(portrait, ada);
    const [first, second] = [job(portrait, { state: 'running' }), job(portrait, { state: 'running' })];
    await store.putJobs([first, second]);
    const kept = clip(portrait, { file: noise(2 * 2 ** 20, 'video/mp4') });
    await store.saveClip(kept, first.id);
    const bytesBefore = new Uint8Array(await kept.file.arrayBuffer());

    expect((await readRoom())?.usedBytes).toBeGreaterThan(2 * 2 ** 20);
    const large = clip(portrait, { file: noise(8 * 2 ** 20, 'video/mp4') });
    await expect(store.saveClip(large, second.id)).rejects.toMatchObject({
      code: 'ERR_STORE_QUOTA',
      retryable: true,
    });
    await expect(
      store.addPicture(picture(ada.id, { blob: noise(8 * 2 ** 20) }), character()),
    ).rejects.toMatchObject({ code: 'ERR_STORE_QUOTA' });

    const library = await store.library();
    expect(library.clips.map((one) => one.id)).toEqual([kept.id]);
    expect(library.pictures).toHaveLength(1);
    expect(library.characters).toHaveLength(1);
    expect(new Uint8Array((await library.clips[0]?.file.arrayBuffer()) ?? [])).toEqual(bytesBefore);
    // The job has not ended, so that it can be saved later.
    expect(await store.job(second.id)).toEqual(second);

    // A disk without a byte left still lets things be deleted.
    await setQuota(1);
    await store.emptyBin([], [kept.id]);
    expect((await store.library()).clips).toEqual([]);
    await setQuota(null);
    await store.saveClip(large, second.id);
    expect((await store.library()).clips.map((one) => one.id)).toEqual([large.id]);
  });
});
