import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright';
import { afterAll, expect, test } from 'vitest';
import { projectPath } from '../../scripts/lib/paths.ts';
import { writeZip } from '../browser/packs/zip.ts';
import { startPackSite } from './lib/pack-site.ts';
import { useApp } from './lib/use-app.ts';

const FOLDER = projectPath('models/tiny/ltx');
const TITLE = 'A small random LTX-Video';
const DAMAGED = 'vae_encode.onnx';
/** The longest that a few files and a download worker may take on a busy machine, ms. */
const WORK_MS = 20_000;

const site = await startPackSite(FOLDER);
afterAll(() => site.close());
const app = useApp({
  serving: () => Promise.resolve({ connectOrigins: [site.origin] }),
  namedOrigin: () => site.origin,
});

/** The page of packs as a person uses it: by what it says. */
class PacksPage {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', { name });
  }

  says(text: string | RegExp): Promise<void> {
    return this.page.getByText(text).first().waitFor({ timeout: WORK_MS });
  }

  async visit(): Promise<void> {
    await this.page.goto(`${app.url}#/packs`);
    await this.page.getByRole('heading', { name: 'Add a flow pack' }).waitFor({ timeout: WORK_MS });
  }

  async look(address: string): Promise<void> {
    await this.page.getByRole('textbox', { name: 'Address of the pack' }).fill(address);
    await this.button('Look at it').click();
  }

  async choose(button: string, path: string): Promise<void> {
    const choosing = this.page.waitForEvent('filechooser');
    await this.button(button).click();
    await (await choosing).setFiles(path);
  }

  offered(): Promise<void> {
    return this.page.getByRole('heading', { name: `Install ${TITLE}` }).waitFor({ timeout: WORK_MS });
  }

  /** Accepts licence and missing signature, and installs. */
  async accept(): Promise<void> {
    await this.page.getByRole('checkbox', { name: 'I accept this licence' }).check();
    await this.page.getByRole('checkbox', { name: /I know where it comes from/ }).check();
    await this.button(/^(Install|Go on) ·/).click();
  }

  installed(): Promise<void> {
    return this.says('Installed. It works offline.');
  }

  /** Names of what is kept on disk. */
  files(): Promise<string[]> {
    return this.page.evaluate(async () => {
      const names: string[] = [];
      const walk = async (folder: FileSystemDirectoryHandle): Promise<void> => {
        for await (const [name, handle] of folder.entries()) {
          names.push(name);
          if (handle instanceof FileSystemDirectoryHandle) await walk(handle);
        }
      };
      await walk(await navigator.storage.getDirectory());
      return names;
    });
  }
}

test('from an address: warned, installed, there after a reload, checked, damaged, repaired, deleted', async () => {
  const packs = new PacksPage(app.page);
  await packs.visit();
  await packs.says('None is on this device yet.');
  await packs.look(site.origin);
  await packs.offered();
  await packs.says('Nobody has signed this pack');
  // It says what is missing, though it does nothing yet.
  await packs.button(/^Install ·/).click({ force: true });
  await packs.says('First accept what is above.');
  expect(await packs.files()).not.toContain(DAMAGED);
  await packs.accept();
  await packs.installed();
  await app.page.reload();
  await packs.installed();
  await packs.button(/^Check it/).click();
  await app.page.getByText(`${TITLE} is whole.`).waitFor({ state: 'attached', timeout: WORK_MS });

  await app.page.evaluate(async (name) => {
    const root = await navigator.storage.getDirectory();
    const kept = await (await root.getDirectoryHandle('packs')).getDirectoryHandle('tiny-ltx');
    const file = await (await kept.getDirectoryHandle('1.0.0')).getFileHandle(name);
    const writable = await file.createWritable({ keepExistingData: true });
    await writable.write({ type: 'write', position: 100, data: new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]) });
    await writable.close();
  }, DAMAGED);
  await packs.button(/^Check it/).click();
  await packs.says('1 file isn’t what it should be');
  await packs.says(DAMAGED);
  const before = site.seen.length;
  await packs.button(/^Repair/).click();
  await packs.installed();
  expect(site.seen.slice(before).filter((path) => path.endsWith('.onnx'))).toEqual([`/${DAMAGED}`]);

  await packs.button(/^Delete/).click();
  await packs.says(`${TITLE} is deleted`);
  await packs.button('Undo').click();
  await packs.installed();
  await packs.button(/^Delete/).click();
  await expect.poll(() => packs.files(), { timeout: WORK_MS, interval: 500 }).not.toContain(DAMAGED);
  await packs.says('None is on this device yet.');
}, 120_000);

test('a cancelled installation keeps what is whole, is not offered, and goes on', async () => {
  const packs = new PacksPage(app.page);
  await packs.visit();
  const before = site.seen.length;
  site.stallOnce('/dit_step.weights-0.bin');
  await packs.look(site.origin);
  await packs.offered();
  await packs.accept();
  await packs.says(/Downloading/);
  await expect.poll(() => packs.files(), { timeout: WORK_MS }).toContain('tokenizer.json');
  // Not before it stalls: the next installation would be the one that waits.
  const seen = (): readonly string[] => site.seen.slice(before);
  await expect.poll(seen, { timeout: WORK_MS }).toContain('/dit_step.weights-0.bin');
  await app.page.getByRole('progressbar').waitFor({ timeout: WORK_MS });
  await app.page.locator('sw-pack-task').getByRole('button', { name: 'Cancel' }).click();
  await packs.button(/^Go on ·/).waitFor({ timeout: WORK_MS });
  await app.page.reload();
  await packs.says('It can’t make clips before it is complete.');
  expect(await packs.button(/^Use for clips/).count()).toBe(0);
  await packs.button(/^Go on/).click();
  await packs.installed();
}, 90_000);

test('from a folder, and from a ZIP file; the pack that was there is not copied again', async () => {
  const packs = new PacksPage(app.page);
  await packs.visit();
  await packs.choose('Choose a folder', FOLDER);
  await packs.offered();
  await packs.accept();
  await packs.installed();
  const names = (await readdir(FOLDER, { withFileTypes: true })).filter((entry) => entry.isFile());
  const entries = await Promise.all(
    names.map(async ({ name }) => ({
      name: `ltx/${name}`,
      bytes: new Uint8Array(await readFile(join(FOLDER, name))),
    })),
  );
  const zip = app.path('ltx.zip');
  await writeFile(zip, new Uint8Array(await (await writeZip(entries)).arrayBuffer()));
  await packs.choose('Choose a ZIP file', zip);
  await packs.offered();
  await packs.says('This version is on this device already.');
  expect(await packs.button(/^Install ·/).count()).toBe(0);

  const other = await app.context.browser()?.newContext();
  if (other === undefined) throw new Error('the browser is gone');
  app.watch.follow(other);
  try {
    const fresh = new PacksPage(await other.newPage());
    await fresh.visit();
    await fresh.choose('Choose a ZIP file', zip);
    await fresh.offered();
    await fresh.accept();
    await fresh.installed();
  } finally {
    await other.close();
  }
}, 120_000);

test('what can’t be a pack, or can’t be asked, is said and leaves nothing behind', async () => {
  const packs = new PacksPage(app.page);
  await packs.visit();
  await packs.look('not an address');
  await packs.says('That is no address.');
  await packs.look(`${site.origin}/page/`);
  await packs.says('There is no pack there');
  await packs.look(`${site.origin}/nothing/`);
  await packs.says('There is no pack there');
  await packs.look('https://elsewhere.invalid/');
  await packs.says('This site may not ask https://elsewhere.invalid');
  expect(await packs.files()).not.toContain('pack.json');
}, 60_000);

test('a disk that is full ends it with how much is missing, and what has come is kept', async () => {
  const packs = new PacksPage(app.page);
  await packs.visit();
  await packs.says('None is on this device yet.');
  const usage = await app.page.evaluate(async () => {
    await navigator.serviceWorker.ready;
    return (await navigator.storage.estimate()).usage ?? 0;
  });
  const client = await app.context.newCDPSession(app.page);
  const { origin } = new URL(app.url);
  await packs.look(site.origin);
  await packs.offered();
  // Less than the browser said that is free: it says no while the pack is written.
  await client.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: usage + 300_000 });
  await packs.accept();
  await packs.says('There is no room');
  expect(await packs.button(/^Use for clips/).count()).toBe(0);
  await client.send('Storage.overrideQuotaForOrigin', { origin });
  await packs.button(/^(Install|Go on) ·/).click();
  await packs.installed();
}, 60_000);

test('no file of a pack is kept by the service worker, and it is whole without a connection', async () => {
  const packs = new PacksPage(app.page);
  await packs.visit();
  await packs.look(site.origin);
  await packs.offered();
  await packs.accept();
  await packs.installed();
  const cached = await app.page.evaluate(async () => {
    const urls: string[] = [];
    for (const name of await caches.keys())
      urls.push(...(await (await caches.open(name)).keys()).map(({ url }) => url));
    return urls;
  });
  expect(cached.filter((url) => url.startsWith(site.origin))).toEqual([]);
  // Without a connection it is still there, and still whole.
  await app.context.setOffline(true);
  await packs.button(/^Check it/).click();
  await app.page.getByText(`${TITLE} is whole.`).waitFor({ state: 'attached', timeout: WORK_MS });
}, 60_000);
