import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { page } from 'vitest/browser';
import type { AppState } from '../../../src/contracts/app.api.ts';
import type { PictureRecord } from '../../../src/contracts/records.ts';
import { errorSentence } from '../../../src/ui/errors.ts';
import { requestProof } from '../../../src/ui/lib/requests.ts';
import { type SwApp } from '../../../src/ui/sw-app/sw-app.ts';
import { applyTheme } from '../../../src/ui/tokens.ts';
import {
  clipOf,
  deep,
  deepAll,
  jobOf,
  openPicture,
  press,
  settle,
  shownError,
  textOf,
} from './lib/fixture.ts';
import { start, useStudioPage } from './lib/start.ts';

const drawn = useStudioPage();
let picture: PictureRecord;
let full: Partial<AppState>;

beforeAll(() => {
  ({ picture } = drawn());
  full = {
    picture: openPicture(picture, false),
    pictures: [picture],
    characters: [{ id: picture.characterId, name: 'Ada', createdAtMs: 0 }],
    clips: [clipOf('clip-1', picture), clipOf('clip-2', picture)],
    jobs: [jobOf('a', 'running'), jobOf('b', 'queued'), jobOf('c', 'queued')],
    engine: {
      phase: 'ready',
      capabilities: { provider: 'wasm', renderer: 'processor', adapter: 'processor', threads: 1 },
    },
  };
});

afterEach(() => applyTheme('system'));

async function go(element: SwApp, hash: string, tag: string): Promise<void> {
  location.hash = hash;
  await expect.poll(() => deepAll(element, tag)[0]?.shadowRoot?.childElementCount ?? 0).toBeGreaterThan(0);
  await settle(element);
}

describe('a picture comes in', () => {
  const transfer = (file: File): DataTransfer => {
    const data = new DataTransfer();
    data.items.add(file);
    return data;
  };

  test('by drop, with a sign that it may be let go', async () => {
    const { app, element } = await start();
    const file = new File([picture.blob], 'dropped.jpg', { type: 'image/jpeg' });
    const drag = (type: string): boolean =>
      document.body.dispatchEvent(
        new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: transfer(file) }),
      );
    drag('dragover');
    await settle(element);
    expect(textOf(element)).toContain('Drop it here');
    drag('drop');
    await settle(element);
    expect(textOf(element)).not.toContain('Drop it here');
    expect(app.named('openFile')[0]?.args[1]).toBe('dropped.jpg');
  });

  test('by paste; a paste of text is left alone', async () => {
    const { app, element } = await start();
    const paste = (data: DataTransfer): boolean =>
      document.body.dispatchEvent(
        new ClipboardEvent('paste', { bubbles: true, cancelable: true, clipboardData: data }),
      );
    const text = new DataTransfer();
    text.setData('text/plain', 'hello');
    expect(paste(text)).toBe(true);
    expect(paste(transfer(new File([picture.blob], 'pasted.png', { type: 'image/png' })))).toBe(false);
    await settle(element);
    expect(app.named('openFile').map((call) => call.args[1])).toEqual(['pasted.png']);
  });

  test('from a sample', async () => {
    const sample = {
      id: 'one',
      file: 'one.jpg',
      title: 'One',
      kind: 'portrait',
      alt: 'A person',
      width: 80,
      height: 100,
      source: 'drawn',
      licence: 'CC0 1.0',
    } as const;
    const { app, element } = await start({ samples: [sample] });
    press(element, 'Open One');
    await settle(element);
    expect(app.named('openSample')[0]?.args).toEqual(['one']);
  });
});

test('a host page can prevent a request', async () => {
  const { app, element } = await start(full);
  element.addEventListener('sw-motion-request', (event) => event.preventDefault());
  press(element, 'Breathing');
  await settle(element);
  expect(app.named('setMotion')).toHaveLength(0);
});

test('pages have addresses, titles, and a current link', async () => {
  const { element } = await start(full);
  for (const [hash, tag, title] of [
    ['#/gallery', 'sw-gallery', 'Gallery – Stillwake'],
    ['#/packs', 'sw-packs', 'Packs – Stillwake'],
    ['#/privacy', 'sw-proof', 'Privacy – Stillwake'],
    ['#/hood', 'sw-hood', 'Under the hood – Stillwake'],
  ] as const) {
    await go(element, hash, tag);
    if (!document.title.includes('%')) expect(document.title).toBe(title);
  }
  await go(element, '#/packs', 'sw-packs');
  expect(deep(element, 'nav a[aria-current=page]', HTMLElement).textContent.trim()).toBe('Packs');
  expect(textOf(element)).toContain('no graphics processor to use');
});

test('appearance goes round: system, light, dark', async () => {
  const { element } = await start();
  const button = deep(element, '.theme', HTMLButtonElement);
  const seen: (string | undefined)[] = [];
  for (let round = 0; round < 3; round += 1) {
    button.click();
    await settle(element);
    seen.push(document.documentElement.dataset['swTheme']);
  }
  expect(seen).toEqual(['light', 'dark', undefined]);
});

test('an error that belongs to nothing else is said once and can be put away', async () => {
  const alert = shownError('ERR_STORE_QUOTA');
  const { app, element } = await start({ alert });
  expect(textOf(element)).toContain(errorSentence(alert));
  press(element, 'Dismiss');
  await settle(element);
  expect(app.named('dismissAlert')).toHaveLength(1);
});

test('without a connection it says what works', async () => {
  const { app, element } = await start({ online: false });
  expect(textOf(element)).toContain('the portrait pack is not on this device yet');
  app.set({ ...full });
  await settle(element);
  expect(textOf(element)).toContain('Everything you need is here');
});

test('the privacy page lists what was requested, and nothing of it went elsewhere', async () => {
  const { element } = await start();
  await go(element, '#/privacy', 'sw-proof');
  const { requests } = requestProof();
  expect(requests.length).toBeGreaterThan(0);
  expect(requests.every((one) => one.ownOrigin && !one.sends)).toBe(true);
  expect(textOf(element)).toContain('Nothing went to another site.');
});

const PAGES = [
  ['#/', 'sw-studio'],
  ['#/gallery', 'sw-gallery'],
  ['#/packs', 'sw-packs'],
  ['#/privacy', 'sw-proof'],
  ['#/hood', 'sw-hood'],
] as const;

describe.each([
  ['ltr', [390, 720, 1200]],
  ['rtl', [390, 1200]],
] as const)('%s', (direction, widths) => {
  describe.each(widths)('%i px wide', (width) => {
    test.each(PAGES)('%s: names, 44 px targets, nothing past the edge', async (hash, tag) => {
      await page.viewport(width, 800);
      document.documentElement.dir = direction;
      const { element } = await start(full);
      await go(element, hash, tag);
      const small: string[] = [];
      for (const control of deepAll(element, 'button, nav a, a.btn, a.private, select, textarea')) {
        if (!(control instanceof HTMLElement) || !control.checkVisibility()) continue;
        const box = control.getBoundingClientRect();
        const name = control.getAttribute('aria-label') ?? control.textContent.trim();
        const labelled = control instanceof HTMLTextAreaElement || control instanceof HTMLSelectElement;
        if (name === '' && !labelled) small.push(`${control.className} has no name`);
        if (Math.round(box.height) < 44 || Math.round(box.width) < 44) {
          small.push(`${name}: ${Math.round(box.width)} × ${Math.round(box.height)}`);
        }
      }
      expect(small).toEqual([]);
      const main = deep(element, 'main', HTMLElement);
      expect(main.scrollWidth).toBeLessThanOrEqual(main.clientWidth);
      expect(document.documentElement.scrollWidth).toBeLessThanOrEqual(width);
    });
  });
});
