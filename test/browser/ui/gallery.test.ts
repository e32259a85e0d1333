import { html } from 'lit';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { cdp, page } from 'vitest/browser';
import type { AppState } from '../../../src/contracts/app.api.ts';
import type { PictureRecord } from '../../../src/contracts/records.ts';
import { SwApp } from '../../../src/ui/sw-app/sw-app.ts';
import { SwClipCard } from '../../../src/ui/sw-clip-card/sw-clip-card.ts';
import '../../../src/ui/sw-gallery/sw-gallery.ts';
import {
  clipOf,
  deep,
  deepAll,
  drawnPicture,
  ListeningApp,
  mount,
  pictureOf,
  press,
  settle,
  textOf,
} from './lib/fixture.ts';

let pictures: PictureRecord[];

function state(count: number): Partial<AppState> {
  const clips = Array.from({ length: count }, (_, at) => {
    const picture = pictures[at % pictures.length];
    if (picture === undefined) throw new Error('no picture');
    return clipOf(`clip-${at}`, picture);
  });
  const characters = pictures.map((one) => ({ id: one.characterId, name: `Who ${one.id}`, createdAtMs: 0 }));
  return { clips, pictures, characters };
}

async function start(count: number): Promise<{ app: ListeningApp; element: SwApp }> {
  const app = new ListeningApp(state(count));
  const element = await mount(html`<sw-app .app=${app}></sw-app>`, SwApp);
  await expect.poll(() => deepAll(element, 'sw-gallery h1').length).toBe(1);
  await settle(element);
  return { app, element };
}

beforeAll(async () => {
  const blob = await drawnPicture();
  pictures = [pictureOf(blob, 'a'), pictureOf(blob, 'b')];
});

beforeEach(async () => {
  history.replaceState(null, '', '#/gallery');
  await page.viewport(1000, 700);
});

test('without clips it says what comes here and where to begin', async () => {
  const { element } = await start(0);
  expect(textOf(element)).toContain('No clips yet');
  expect(deep(element, 'sw-gallery a', HTMLAnchorElement).getAttribute('href')).toBe('#/');
});

describe('hundreds of clips', () => {
  test('are drawn as far as one has scrolled, and hold only the posters near the window', async () => {
    const { element } = await start(400);
    const cards = (): SwClipCard[] =>
      deepAll(element, 'sw-clip-card').filter((one) => one instanceof SwClipCard);
    const first = cards().length;
    expect(first).toBeLessThanOrEqual(120);
    expect(cards().reduce((sum, card) => sum + card.urlCount, 0)).toBeLessThan(first + 1);
    const main = deep(element, 'main', HTMLElement);
    main.scrollTo(0, main.scrollHeight);
    await expect.poll(() => cards().length).toBeGreaterThan(first);
    main.scrollTo(0, main.scrollHeight);
    await expect.poll(() => cards()[0]?.urlCount).toBe(0);
  });
});

describe('a card', () => {
  const playing = (element: SwApp): number => deepAll(element, 'sw-clip-card video').length;

  test('plays while the mouse or the focus is on it', async () => {
    const { element } = await start(3);
    const card = deep(element, 'sw-clip-card', SwClipCard);
    expect(playing(element)).toBe(0);
    card.dispatchEvent(new PointerEvent('pointerenter', { pointerType: 'mouse' }));
    await settle(element);
    expect(playing(element)).toBe(1);
    card.dispatchEvent(new PointerEvent('pointerleave'));
    await settle(element);
    expect(playing(element)).toBe(0);
    expect(card.urlCount).toBe(1);
    deep(card, 'button', HTMLButtonElement).focus();
    await settle(element);
    expect(playing(element)).toBe(1);
  });

  test('stands still under reduced motion', async () => {
    const media = (value: string): Promise<unknown> =>
      cdp().send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-reduced-motion', value }] });
    await media('reduce');
    try {
      expect(matchMedia('(prefers-reduced-motion: reduce)').matches).toBe(true);
      const { element } = await start(1);
      deep(element, 'sw-clip-card', SwClipCard).dispatchEvent(
        new PointerEvent('pointerenter', { pointerType: 'mouse' }),
      );
      await settle(element);
      expect(playing(element)).toBe(0);
    } finally {
      await media('');
    }
  });
});

describe('a clip', () => {
  test('opens at an address of its own; back closes it', async () => {
    const { element } = await start(3);
    press(element, 'Open Clip clip-1');
    await expect.poll(() => location.hash).toBe('#/gallery/clip/clip-1');
    await settle(element);
    const dialog = deep(element, 'sw-clip-dialog dialog', HTMLDialogElement);
    expect(dialog.open).toBe(true);
    history.back();
    await expect.poll(() => deepAll(element, 'sw-clip-dialog dialog').length).toBe(0);
    expect(location.hash).toBe('#/gallery');
  });

  test('is renamed, remade, changed, moved and deleted', async () => {
    const { app, element } = await start(3);
    location.hash = '#/gallery/clip/clip-0';
    await expect.poll(() => deepAll(element, 'sw-clip-dialog dialog').length).toBe(1);
    await settle(element);
    const name = deep(element, 'sw-clip-dialog input', HTMLInputElement);
    name.value = '  A better name ';
    name.dispatchEvent(new Event('change'));
    const belongs = deep(element, 'sw-clip-dialog select', HTMLSelectElement);
    belongs.value = 'character-of-b';
    belongs.dispatchEvent(new Event('change'));
    press(deep(element, 'sw-clip-dialog dialog', HTMLDialogElement), 'New variation');
    press(deep(element, 'sw-clip-dialog dialog', HTMLDialogElement), 'Delete');
    await settle(element);
    expect(app.named('renameClip')[0]?.args).toEqual(['clip-0', 'A better name']);
    expect(app.named('moveClip')[0]?.args).toEqual(['clip-0', 'character-of-b']);
    expect(app.named('regenerate')[0]?.args).toEqual(['clip-0']);
    expect(app.named('deleteClips')[0]?.args).toEqual([['clip-0']]);
    await expect.poll(() => location.hash).toBe('#/gallery');
  });
});

test('several are chosen and deleted together, and can come back', async () => {
  const { app, element } = await start(4);
  press(element, 'Select');
  await settle(element);
  press(element, 'Open Clip clip-0');
  press(element, 'Open Clip clip-3');
  await settle(element);
  expect(textOf(element)).toContain('2 selected');
  press(deep(element, '.selection', HTMLElement), 'Delete');
  await settle(element);
  expect(app.named('deleteClips')[0]?.args).toEqual([['clip-0', 'clip-3']]);
  app.set({ undo: { clipIds: ['clip-0', 'clip-3'], untilMs: Date.now() + 8000 } });
  await settle(element);
  expect(textOf(element)).toContain('2 clips deleted');
  press(element, 'Undo');
  await settle(element);
  expect(app.named('undoDelete')).toHaveLength(1);
});

test('a character is renamed, alone at an address of its own, and gets a new clip', async () => {
  const { app, element } = await start(4);
  const name = deep(element, '.of-head input', HTMLInputElement);
  name.value = 'Ada';
  name.dispatchEvent(new Event('change'));
  location.hash = '#/gallery/of/character-of-b';
  await expect.poll(() => deepAll(element, 'section.of').length).toBe(1);
  press(element, 'New clip of Who b');
  await settle(element);
  expect(app.named('renameCharacter')[0]?.args).toEqual(['character-of-a', 'Ada']);
  expect(app.named('openStored')[0]?.args).toEqual(['b']);
  await expect.poll(() => location.hash).toBe('#/');
});
