import type { Locator, Page } from 'playwright';
import { expect } from 'vitest';

/** The longest that a picture may take to be looked at on a busy machine without a GPU, ms. */
const OPEN_MS = 60_000;
/** The longest that a short clip may take there, ms. */
const CLIP_MS = 150_000;

/** The application as a person uses it: by what it says. */
export class Studio {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  get makeButton(): Locator {
    return this.page.getByRole('button', { name: /^(Make clip|Add to queue)/ });
  }

  get saved(): Locator {
    return this.page.getByText('Saved in your gallery');
  }

  get progress(): Locator {
    return this.page.getByRole('progressbar', { name: 'Making your clip' });
  }

  async visit(url: string): Promise<void> {
    await this.page.goto(url);
    await this.page.getByRole('button', { name: 'Choose a picture' }).waitFor();
  }

  /** Gives a file to the dialogue of the button. */
  async pick(path: string): Promise<void> {
    const choosing = this.page.waitForEvent('filechooser');
    await this.page.getByRole('button', { name: /^Choose (a|another) picture$/ }).click();
    await (await choosing).setFiles(path);
  }

  /** Opens a picture and waits until it has been looked at. */
  async open(path: string): Promise<void> {
    await this.pick(path);
    await this.opened();
  }

  async opened(): Promise<void> {
    await this.page.getByText(/^Live preview/).waitFor({ timeout: OPEN_MS });
  }

  async openSample(title: string): Promise<void> {
    await this.page.getByRole('button', { name: `Open ${title}` }).click();
    await this.opened();
  }

  /** The smallest and shortest clip: 3 s, 480p, 24 frames a second. */
  async chooseFast(): Promise<void> {
    await this.page.getByRole('slider').fill('3');
    await this.page.getByRole('radio', { name: '480p' }).check({ force: true });
    const rate = this.page.getByRole('radio', { name: '24' });
    if (!(await rate.isVisible())) await this.page.locator('summary', { hasText: 'More' }).click();
    await rate.check({ force: true });
  }

  /** The largest and longest clip: 15 s, 1080p. */
  async chooseSlow(): Promise<void> {
    await this.page.getByRole('slider').fill('15');
    await this.page.getByRole('radio', { name: '1080p' }).check({ force: true });
  }

  async choosePreset(name: string): Promise<void> {
    await this.page.getByRole('radio', { name }).click();
  }

  async write(prompt: string): Promise<void> {
    await this.choosePreset('Custom');
    await this.page.getByRole('textbox', { name: 'What should happen' }).fill(prompt);
  }

  async make(): Promise<void> {
    await this.makeButton.click();
  }

  async waitForClip(): Promise<void> {
    await this.saved.waitFor({ timeout: CLIP_MS });
  }

  /** Waits until the job shown has drawn something, so that what comes next happens in its middle. */
  async waitForMiddle(): Promise<void> {
    await this.progress.waitFor();
    const middle = async (): Promise<number> => Number(await this.progress.getAttribute('aria-valuenow'));
    await expect.poll(middle, { timeout: OPEN_MS, interval: 50 }).toBeGreaterThanOrEqual(15);
  }

  async goToGallery(): Promise<void> {
    await this.page.getByRole('link', { name: 'Gallery', exact: true }).click();
  }

  /** How many clips the gallery shows, once it shows so many. */
  async expectClips(count: number): Promise<void> {
    await this.goToGallery();
    if (count === 0) await this.page.getByRole('heading', { name: 'No clips yet' }).waitFor();
    const cards = this.page.locator('sw-clip-card');
    await expect.poll(() => cards.count(), { timeout: CLIP_MS }).toBe(count);
  }

  /** Records of a store of the gallery's database. */
  async countRecords(store: string): Promise<number> {
    return this.page.evaluate(async (name) => {
      const settle = <T>(request: IDBRequest<T>): Promise<T> =>
        new Promise((resolve, reject) => {
          request.onsuccess = () => resolve(request.result);
          request.onerror = () => reject(request.error ?? new Error('the database failed'));
        });
      let count = 0;
      for (const { name: database = '' } of await indexedDB.databases()) {
        const open = await settle(indexedDB.open(database));
        if (open.objectStoreNames.contains(name)) {
          count += await settle(open.transaction(name).objectStore(name).count());
        }
        open.close();
      }
      return count;
    }, store);
  }
}
