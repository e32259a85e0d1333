import { afterEach, expect, test } from 'vitest';
import { startDownloadWorker } from '../../../src/app/packs-bridge.ts';
import { createApp, type RunningApp } from '../../../src/app/create-app.ts';

const ID = 'tiny-wan';
const VERSION = '1.0.0';
const URL_OF_PACK = new URL('/models/tiny/wan/', location.href).href;
const ACCEPT = { licence: true, untrusted: true } as const;

const apps: RunningApp[] = [];
const start = async (name: string, undoMs = 60_000): Promise<RunningApp> => {
  const app = createApp({ name, undoMs, baseUrl: '/', pageTitle: false });
  apps.push(app);
  await app.ready;
  return app;
};
const kept = (app: RunningApp): string[] =>
  (app.state.packs.kept ?? []).filter(({ pack }) => pack.id === ID).map(({ state }) => state);

async function install(app: RunningApp): Promise<void> {
  await app.packs.open();
  await app.packs.look({ kind: 'url', url: URL_OF_PACK });
  expect(app.state.packs.looked?.offer.pack.id).toBe(ID);
  await app.packs.install(ACCEPT);
  expect(app.state.packs.error).toBeNull();
}

afterEach(async () => {
  for (const app of apps.splice(0)) app.close();
  const root = await navigator.storage.getDirectory();
  await (
    await root.getDirectoryHandle('packs', { create: true })
  )
    .removeEntry(ID, { recursive: true })
    .catch(() => undefined);
});

test('nothing of packs is read before somebody asks', async () => {
  const app = await start(`packs-${crypto.randomUUID()}`);
  expect(app.state.packs.kept).toBeNull();
});

test('an installed pack is in every tab, is chosen, deleted for a while, brought back, and deleted for good', async () => {
  const name = `packs-${crypto.randomUUID()}`;
  const [app, tab] = [await start(name), await start(name)];
  await tab.packs.open();
  await install(app);
  expect(kept(app)).toEqual(['installed']);
  expect(app.state.packs.looked).toBeNull();
  await expect.poll(() => kept(tab)).toEqual(['installed']);
  app.setSettings({ pack: ID });
  await app.packs.remove(ID, VERSION);
  expect(kept(app)).toEqual([]);
  expect(app.state.packs.undo).toMatchObject({ packId: ID, version: VERSION });
  expect(app.state.settings.pack).toBe('portrait');
  app.packs.undoRemove();
  await expect.poll(() => kept(app)).toEqual(['installed']);

  const quick = await start(name, 0);
  await quick.packs.open();
  await quick.packs.remove(ID, VERSION);
  await expect.poll(() => kept(app)).toEqual([]);
});

test('a pack that is gone gives way to Portrait, with a sentence', async () => {
  const app = await start(`packs-${crypto.randomUUID()}`);
  app.setSettings({ pack: 'was-here' });
  await app.packs.open();
  expect(app.state.settings.pack).toBe('portrait');
  expect(app.state.alert).toMatchObject({
    code: 'ERR_INPUT_PACK',
    details: { pack: 'was-here', instead: 'portrait' },
  });
});

test('a clip by a pack that is gone is refused, and says so where everybody sees it', async () => {
  const app = await start(`packs-${crypto.randomUUID()}`);
  await app.openSample('rear-admiral');
  expect(app.state.picture.phase).toBe('open');
  const said: string[] = [];
  app.subscribe(({ scoreError }) => said.push(scoreError?.code ?? ''));
  app.setSettings({ pack: 'was-here' });
  expect(await app.makeClip()).toBeNull();
  expect(app.state.alert?.code).toBe('ERR_INPUT_PACK');
  expect(app.state.jobs).toEqual([]);
  // Beside the words nobody would see it while such a pack is chosen, and Portrait would be kept from its work.
  expect(said).not.toContain('ERR_INPUT_PACK');
}, 60_000);

test('an installation that another tab is busy with is refused, and says so', async () => {
  const name = `packs-${crypto.randomUUID()}`;
  const app = await start(name);
  await app.packs.open();
  await app.packs.look({ kind: 'url', url: URL_OF_PACK });
  await navigator.locks.request(`stillwake-packs-${ID}`, () => app.packs.install(ACCEPT));
  expect(app.state.packs.error).toMatchObject({ packId: ID, error: { code: 'ERR_MODEL_BUSY' } });
  expect(app.state.packs.task).toBeNull();
  // What was looked at is still there, to try again.
  await app.packs.install(ACCEPT);
  expect(kept(app)).toEqual(['installed']);
});

test('nothing is installed that was not agreed to', async () => {
  const app = await start(`packs-${crypto.randomUUID()}`);
  await app.packs.open();
  await app.packs.look({ kind: 'url', url: URL_OF_PACK });
  await app.packs.install({ licence: true, untrusted: false });
  expect(app.state.packs.error?.error.code).toBe('ERR_MODEL_SIGNATURE');
  await app.packs.install({ licence: false, untrusted: true });
  expect(app.state.packs.error?.error.code).toBe('ERR_INPUT_ARGUMENT');
  expect(kept(app)).toEqual([]);
});

test('a deletion outlives its page, and so does the way back', async () => {
  const name = `packs-${crypto.randomUUID()}`;
  const app = await start(name);
  await install(app);
  await app.packs.remove(ID, VERSION);
  app.close();

  const later = await start(name);
  await later.packs.open();
  expect(kept(later)).toEqual([]);
  expect(later.state.packs.undo).toMatchObject({ packId: ID, version: VERSION });
  later.packs.undoRemove();
  await expect.poll(() => kept(later)).toEqual(['installed']);

  const quick = await start(name, 0);
  await quick.packs.open();
  await quick.packs.remove(ID, VERSION);
  quick.close();
  const last = await start(name);
  await last.packs.open();
  await expect.poll(() => last.state.packs.undo).toBeNull();
  await expect.poll(() => kept(last)).toEqual([]);
  await last.packs.look({ kind: 'url', url: URL_OF_PACK });
  expect(last.state.packs.looked?.offer.haveBytes).toBe(0);
});

test('a licence that is another one by now is not the one that was accepted', async () => {
  const worker = startDownloadWorker();
  await worker.api.init([]);
  const origin = { kind: 'url', url: URL_OF_PACK } as const;
  const consent = { ...ACCEPT, licenceText: 'Yours for nothing' };
  await expect(worker.api.install('one', origin, consent, () => undefined)).rejects.toMatchObject({
    code: 'ERR_MODEL_CHANGED',
    details: { pack: ID },
  });
  expect(await worker.api.list()).toEqual([]);
  worker.terminate();
});
