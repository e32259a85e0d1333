import { deleteDB, openDB } from 'idb';
import { afterEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../../../src/platform/store/open.ts';
import { MIGRATIONS, type Migration } from '../../../src/platform/store/schema.ts';
import { createStore } from '../../../src/platform/store/store.ts';
import { character, clip, freshName, job, picture } from './records.ts';

const names: string[] = [];
const closing: { close(): void }[] = [];

function freshDatabase(): string {
  const name = freshName();
  names.push(name);
  return name;
}

afterEach(async () => {
  for (const one of closing.splice(0)) one.close();
  for (const name of names.splice(0)) await deleteDB(name);
});

const isNamed = (row: unknown): row is { name: string } =>
  typeof row === 'object' && row !== null && 'name' in row && typeof row.name === 'string';

/** A step that changes rows, as a later release's would. */
const shout: Migration = (_database, transaction) =>
  new Promise((resolve, reject) => {
    const request = transaction.objectStore('characters').openCursor();
    request.onerror = () => reject(new Error('no cursor'));
    request.onsuccess = () => {
      const cursor = request.result;
      if (cursor === null) {
        resolve();
        return;
      }
      const row: unknown = cursor.value;
      if (isNamed(row)) cursor.update({ ...row, name: row.name.toUpperCase() });
      cursor.continue();
    };
  });

describe('the versions of the gallery', () => {
  it('start from nothing at the newest', async () => {
    const name = freshDatabase();
    const database = await openDatabase({ name });
    closing.push(database);
    expect(database.version).toBe(MIGRATIONS.length);
    expect([...database.objectStoreNames]).toEqual([
      'characters',
      'clips',
      'files',
      'jobs',
      'ledger',
      'pictures',
      'posters',
      'settings',
      'wallet',
    ]);
  });

  it('upgrade an older gallery with everything in it', async () => {
    const name = freshDatabase();
    const older = createStore({ name });
    const ada = character({ name: 'Ada' });
    const portrait = picture(ada.id);
    const running = job(portrait, { state: 'running' });
    await older.addPicture(portrait, ada);
    await older.putJobs([running]);
    const made = clip(portrait);
    await older.saveClip(made, running.id);
    older.close();

    const newer = createStore({ name, migrations: [...MIGRATIONS, shout] });
    closing.push(newer);
    const library = await newer.library();
    expect(library.characters[0]?.name).toBe('ADA');
    expect(await library.clips[0]?.file.text()).toBe(await made.file.text());
  });

  it('lead from the first release to this one with every byte, and a wallet beside it', async () => {
    const name = freshDatabase();
    const first = createStore({ name, migrations: MIGRATIONS.slice(0, 1) });
    const ada = character({ name: 'Ada' });
    const portrait = picture(ada.id);
    await first.addPicture(portrait, ada, 'abc');
    await first.putSetting('draft', { seconds: 5 });
    first.close();
    // Written as the first release wrote it, without tables that it didn't have.
    const raw = await openDB(name);
    expect(raw.version).toBe(1);
    const made = clip(portrait);
    const { file, poster, ...row } = made;
    await raw.put('clips', row);
    await raw.put('files', file, row.id);
    await raw.put('posters', poster, row.id);
    const left = [job(portrait, { state: 'running' }), job(portrait), job(portrait, { state: 'failed' })];
    for (const one of left) await raw.put('jobs', one);
    raw.close();

    const store = createStore({ name });
    closing.push(store);
    const library = await store.library();
    expect(library.characters).toEqual([ada]);
    expect(await library.pictures[0]?.blob.text()).toBe(await portrait.blob.text());
    expect({ ...library.clips[0], file: null, poster: null }).toEqual({ ...made, file: null, poster: null });
    expect(await library.clips[0]?.file.text()).toBe(await file.text());
    expect(await store.setting('draft')).toEqual({ seconds: 5 });
    expect(await store.jobs()).toEqual(expect.arrayContaining(left));
    expect(await store.wallet()).toBeNull();
    expect(await store.releaseStranded()).toEqual([]);
  });

  it('stay as they were when a step fails half way', async () => {
    const name = freshDatabase();
    const older = createStore({ name });
    await older.putCharacter(character({ name: 'Ada' }));
    older.close();

    const failing: Migration = async (database, transaction) => {
      database.createObjectStore('half');
      await shout(database, transaction);
      throw new Error('power cut');
    };
    const newer = createStore({ name, migrations: [...MIGRATIONS, failing] });
    closing.push(newer);
    await expect(newer.library()).rejects.toMatchObject({ code: 'ERR_STORE_FAILED' });

    const again = createStore({ name });
    closing.push(again);
    expect((await again.library()).characters[0]?.name).toBe('Ada');
    const raw = await openDB(name);
    closing.push(raw);
    expect(raw.version).toBe(MIGRATIONS.length);
    expect(raw.objectStoreNames.contains('half')).toBe(false);
  });

  it('refuse a gallery of a newer release and leave it alone', async () => {
    const name = freshDatabase();
    const newer = await openDB(name, MIGRATIONS.length + 1, {
      upgrade: (database) => void database.createObjectStore('future').put('kept', 'key'),
    });
    newer.close();
    const store = createStore({ name });
    closing.push(store);
    await expect(store.library()).rejects.toMatchObject({ code: 'ERR_STORE_NEWER_VERSION' });
    const again = await openDB(name);
    closing.push(again);
    expect(await again.get('future', 'key')).toBe('kept');
  });

  it('say that another tab is in the way, and open once it is gone', async () => {
    const name = freshDatabase();
    // A tab of an older release that doesn't give way.
    const stubborn = await openDB(name, 1, {
      upgrade: (database, oldVersion, newVersion, transaction, event) => {
        void [oldVersion, newVersion, transaction, event];
        database.createObjectStore('characters', { keyPath: 'id' });
      },
    });
    const store = createStore({ name, migrations: [() => undefined, () => undefined] });
    closing.push(store);
    await expect(store.setting('draft')).rejects.toMatchObject({
      code: 'ERR_STORE_BLOCKED',
      retryable: true,
    });
    stubborn.close();
    const opened = await openDatabase({ name, migrations: [() => undefined, () => undefined] });
    closing.push(opened);
    expect(opened.version).toBe(2);
  });

  it('give way to a newer tab, and say so', async () => {
    const name = freshDatabase();
    const older = createStore({ name });
    closing.push(older);
    await older.putCharacter(character());
    const told = new Promise<void>((resolve) => older.onSuperseded(resolve));
    const newer = createStore({ name, migrations: [...MIGRATIONS, shout] });
    closing.push(newer);
    expect((await newer.library()).characters).toHaveLength(1);
    await told;
    await expect(older.library()).rejects.toMatchObject({ code: 'ERR_STORE_NEWER_VERSION' });
  });
});
