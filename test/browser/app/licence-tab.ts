import { deleteDB } from 'idb';
import { afterEach } from 'vitest';
import type { AppState } from '../../../src/contracts/app.api.ts';
import type { LicenceView } from '../../../src/contracts/licence/view.ts';
import type { ClipRecord, PictureRecord } from '../../../src/contracts/records.ts';
import { DEFAULT_SETTINGS } from '../../../src/contracts/settings.ts';
import { createApp, type AppOptions, type RunningApp } from '../../../src/app/create-app.ts';
import { createStore, type Store } from '../../../src/platform/store/store.ts';
import { character, clip, freshName, job, picture } from '../store/records.ts';
import { madeClip } from './made-clip.ts';

/** A clip that is being made: the test ends it. */
export interface Held {
  finish(): void;
  fail(cause: unknown): void;
}

/** A page with the application in it. */
export interface Tab {
  readonly app: RunningApp;
  readonly held: Held[];
}

const tabs: Tab[] = [];
const stores: Store[] = [];
const names = new Set<string>();

/** Opens a page; it is closed, and its gallery deleted, after the test. */
export function open(name: string, options: AppOptions): Tab {
  const held: Held[] = [];
  const app = createApp({
    baseUrl: '/',
    name,
    pageTitle: false,
    makeClip: ({ signal, settings, onProgress }) =>
      new Promise((resolve, reject) => {
        signal?.addEventListener('abort', () => reject(new DOMException('cancelled', 'AbortError')));
        const made = madeClip(settings.seconds);
        held.push({ finish: () => resolve(made), fail: reject });
        // Changes the state, at which tests look.
        onProgress?.({ stage: 'prepare' });
      }),
    ...options,
  });
  names.add(name);
  const tab = { app, held };
  tabs.push(tab);
  return tab;
}

/** A gallery with one clip of so many seconds, from which jobs can be made without a picture on the stage. */
export async function gallery(seconds = 3): Promise<{
  name: string;
  store: Store;
  made: ClipRecord;
  portrait: PictureRecord;
}> {
  const name = freshName();
  names.add(name);
  const store = createStore({ name });
  stores.push(store);
  const ada = character();
  const portrait = picture(ada.id);
  await store.addPicture(portrait, ada);
  const running = job(portrait, { state: 'running' });
  await store.putJobs([running]);
  const made = clip(portrait, { settings: { ...DEFAULT_SETTINGS, seconds } });
  await store.saveClip(made, running.id);
  return { name, store, made, portrait };
}

/** Resolves once the state is as wanted; looked at after each change. */
export function until(app: RunningApp, condition: (state: AppState) => boolean): Promise<AppState> {
  return new Promise((resolve) => {
    let end = (): void => undefined;
    const look = (state: AppState): void => {
      if (!condition(state)) return;
      end();
      resolve(state);
    };
    end = app.subscribe(look);
    look(app.state);
  });
}

/** The licence in the state. @throws TypeError where there is none */
export function view(app: RunningApp): LicenceView {
  const { licence } = app.state;
  if (licence === null) throw new TypeError('there is no licence in the state');
  return licence;
}

/** What a host mints tokens for. */
export const thumbprint = (app: RunningApp): string => view(app).deviceThumbprint ?? '';
/** Free here, and set aside. */
export const moments = (app: RunningApp): number[] => [view(app).moments.here, view(app).moments.reserved];
/** Resolves once so much is free here and so much set aside. */
export const here = (app: RunningApp, ...expected: number[]): Promise<AppState> =>
  until(
    app,
    ({ licence }) => licence?.moments.here === expected[0] && licence?.moments.reserved === expected[1],
  );
/** The history, newest first. */
export const lines = (app: RunningApp): [string, number][] =>
  view(app).history.map(({ kind, amount }) => [kind, amount]);

afterEach(async () => {
  for (const { app } of tabs.splice(0)) app.close();
  for (const store of stores.splice(0)) store.close();
  for (const name of names) await deleteDB(name);
  names.clear();
});
