import { html } from 'lit';
import { describe, expect, test } from 'vitest';
import { DEFAULT_SETTINGS, PROMPT_MAX } from '../../../src/contracts/settings.ts';
import { errorSentence } from '../../../src/ui/errors.ts';
import { BlobUrls } from '../../../src/ui/lib/blob-url.ts';
import type { RequestEvent, RequestKind } from '../../../src/ui/lib/events.ts';
import { fileName } from '../../../src/ui/lib/files.ts';
import { hashOf, routeOf } from '../../../src/ui/lib/routes.ts';
import { SwPoints } from '../../../src/ui/sw-points/sw-points.ts';
import { SwPresetStrip } from '../../../src/ui/sw-preset-strip/sw-preset-strip.ts';
import { SwPrompt } from '../../../src/ui/sw-prompt/sw-prompt.ts';
import { SwSettings } from '../../../src/ui/sw-settings/sw-settings.ts';
import {
  clipOf,
  deep,
  deepAll,
  drawnPicture,
  key,
  mount,
  openPicture,
  pictureOf,
  press,
  settle,
  shownError,
  textOf,
} from './lib/fixture.ts';

/** Details of the requests of one kind that an element raises from now on. */
function requests<K extends RequestKind>(of: Element, kind: K): RequestEvent<K>['detail'][] {
  const list: RequestEvent<K>['detail'][] = [];
  of.addEventListener(`sw-${kind}-request`, (event) => {
    if ('detail' in event) list.push((event as RequestEvent<K>).detail);
  });
  return list;
}

describe('sw-preset-strip', () => {
  test('is one stop for Tab, and arrows, Home and End choose', async () => {
    const strip = await mount(html`<sw-preset-strip></sw-preset-strip>`, SwPresetStrip);
    const asked = requests(strip, 'motion');
    strip.addEventListener('sw-motion-request', (event) => (strip.motion = event.detail.motion));
    const tiles = deepAll(strip, '[role=radio]');
    expect(tiles).toHaveLength(8);
    expect(tiles.filter((tile) => tile.getAttribute('tabindex') === '0')).toHaveLength(1);
    for (const name of ['ArrowRight', 'End', 'Home', 'ArrowLeft']) {
      key(deep(strip, '[aria-checked=true]', HTMLElement), name);
      await settle(strip);
    }
    expect(asked.map(({ motion }) => (motion.kind === 'preset' ? motion.preset : 'custom'))).toEqual([
      'turn-to-camera',
      'custom',
      'gentle-movement',
      'custom',
    ]);
    expect(deep(strip, '[aria-checked=true]', HTMLElement).matches(':focus')).toBe(true);
  });

  test('keeps the words of Custom while a motion is tried', async () => {
    const strip = await mount(
      html`<sw-preset-strip .motion=${{ kind: 'prompt', prompt: 'nods' }}></sw-preset-strip>`,
      SwPresetStrip,
    );
    const asked = requests(strip, 'motion');
    press(strip, 'Breathing');
    strip.motion = { kind: 'preset', preset: 'breathing' };
    await settle(strip);
    press(strip, 'Custom');
    expect(asked.at(-1)?.motion).toEqual({ kind: 'prompt', prompt: 'nods' });
  });

  test('shows the picture itself until its stills are drawn', async () => {
    const picture = openPicture(pictureOf(await drawnPicture()));
    const strip = await mount(html`<sw-preset-strip .picture=${picture}></sw-preset-strip>`, SwPresetStrip);
    expect(deepAll(strip, 'img')).toHaveLength(7);
  });
});

describe('sw-prompt', () => {
  const read = {
    score: {
      actions: [
        { kind: 'smile', intensity: 1, pace: 1, span: { start: 0, end: 6 } },
        { kind: 'idle', intensity: 1, pace: 1 },
      ],
      camera: { kind: 'hold', intensity: 1, pace: 1 },
      pace: 1,
      sounds: [],
      constraints: [],
      unread: [{ start: 11, end: 16 }],
      notices: [],
    },
    notices: [
      { code: 'NOTICE_BODY', message: 'This pack does not walk.' },
      { code: 'NOTICE_UNREAD', message: 'Some words.' },
    ],
  } as const;

  test('says beats, words that were not understood, and what cannot be done', async () => {
    const prompt = await mount(
      html`<sw-prompt .prompt=${'smiles and swims'} .score=${read}></sw-prompt>`,
      SwPrompt,
    );
    const text = textOf(prompt);
    expect(text).toContain('One or two beats: just right');
    expect(text).toContain('3 words');
    expect(text).toContain('Not understood swims');
    expect(text).toContain('cannot make someone walk');
    expect(text).not.toContain('Some words');
    expect(deepAll(prompt, '.bar.on')).toHaveLength(1);
  });

  test('is read a moment after the last key, once', async () => {
    const prompt = await mount(html`<sw-prompt></sw-prompt>`, SwPrompt);
    const asked = requests(prompt, 'motion');
    const field = deep(prompt, 'textarea', HTMLTextAreaElement);
    for (const text of ['n', 'no', 'nods']) {
      field.value = text;
      field.dispatchEvent(new Event('input'));
    }
    expect(asked).toHaveLength(0);
    await expect.poll(() => asked.length).toBe(1);
    expect(asked[0]?.motion).toEqual({ kind: 'prompt', prompt: 'nods' });
  });

  test('an example is taken at once', async () => {
    const prompt = await mount(html`<sw-prompt></sw-prompt>`, SwPrompt);
    const asked = requests(prompt, 'motion');
    expect(deepAll(prompt, '.examples button')).toHaveLength(4);
    press(prompt, 'Smiles slowly and blinks twice');
    expect(asked).toHaveLength(1);
  });

  test('words that are refused say why and offer examples', async () => {
    const error = shownError('ERR_INPUT_PROMPT_NOT_UNDERSTOOD');
    const prompt = await mount(html`<sw-prompt .prompt=${'xyzzy'} .error=${error}></sw-prompt>`, SwPrompt);
    expect(textOf(prompt)).toContain(errorSentence(error));
    expect(deep(prompt, 'textarea', HTMLElement).getAttribute('aria-invalid')).toBe('true');
    expect(deepAll(prompt, '.examples button')).toHaveLength(4);
  });

  test('too many characters are counted, not cut', async () => {
    const long = 'a'.repeat(PROMPT_MAX + 1);
    const prompt = await mount(html`<sw-prompt .prompt=${long}></sw-prompt>`, SwPrompt);
    expect(deep(prompt, 'textarea', HTMLTextAreaElement).value).toHaveLength(PROMPT_MAX + 1);
    expect(textOf(prompt)).toContain('5,001 of 5,000 characters');
  });
});

describe('sw-settings', () => {
  test('length, size, shape, frame rate, variation and metadata are asked for', async () => {
    const settings = await mount(html`<sw-settings></sw-settings>`, SwSettings);
    const asked = requests(settings, 'settings');
    const set = (selector: string, value: string, type: string): void => {
      const input = deep(settings, selector, HTMLInputElement);
      input.value = value;
      input.dispatchEvent(new Event(type));
    };
    set('input[type=range]', '9', 'input');
    const radio = (name: string): HTMLInputElement =>
      deep(settings, `input[aria-label='${name}']`, HTMLInputElement);
    for (const name of ['1080p', 'Square', '24']) radio(name).click();
    set('input[type=number]', '77', 'change');
    deep(settings, '[role=switch]', HTMLInputElement).click();
    expect(asked.map(({ change }) => change)).toEqual([
      { seconds: 9 },
      { resolution: '1080p' },
      { aspect: '1:1' },
      { fps: 24 },
      { seed: 77 },
      { embedSettings: false },
    ]);
  });

  test('above eight seconds two clips are suggested, and made', async () => {
    const long = { ...DEFAULT_SETTINGS, seconds: 11 };
    const settings = await mount(html`<sw-settings can-make .settings=${long}></sw-settings>`, SwSettings);
    const changes = requests(settings, 'settings');
    const makes = requests(settings, 'make');
    press(settings, 'Make two clips of 6s');
    expect(changes).toEqual([{ change: { seconds: 6 } }]);
    expect(makes).toEqual([{ parts: 2 }]);
  });

  test('a variation that is no number is put back', async () => {
    const settings = await mount(html`<sw-settings></sw-settings>`, SwSettings);
    const asked = requests(settings, 'settings');
    const seed = deep(settings, 'input[type=number]', HTMLInputElement);
    seed.value = '';
    seed.dispatchEvent(new Event('change'));
    expect(seed.value).toBe('1');
    expect(asked).toHaveLength(0);
  });
});

describe('sw-points', () => {
  test('arrows move a point, Shift moves it further, and it stays on the picture', async () => {
    const points = await mount(html`<sw-points width="1000" height="500"></sw-points>`, SwPoints);
    const nose = deepAll(points, 'button')[2];
    if (!(nose instanceof HTMLElement)) throw new Error('no nose');
    const [x, y] = points.value.nose;
    key(nose, 'ArrowRight');
    key(nose, 'ArrowUp', { shiftKey: true });
    expect(points.value.nose[0]).toBeCloseTo(x + 4);
    expect(points.value.nose[1]).toBeCloseTo(y - 20);
    for (let press = 0; press < 60; press += 1) key(nose, 'ArrowLeft', { shiftKey: true });
    expect(points.value.nose[0]).toBe(0);
    await settle(points);
    expect(nose.getAttribute('aria-label')).toContain('Tip of the nose: 0% across');
  });

  test('points that were placed before are where they were', async () => {
    const placed = {
      eyeLeft: [100, 50],
      eyeRight: [200, 50],
      nose: [150, 90],
      mouthLeft: [120, 130],
      mouthRight: [180, 130],
    } as const;
    const points = await mount(
      html`<sw-points .width=${400} .height=${300} .points=${placed}></sw-points>`,
      SwPoints,
    );
    expect(points.value.mouthRight[0]).toBeCloseTo(180);
    expect(points.value.mouthRight[1]).toBeCloseTo(130);
  });
});

describe('small parts', () => {
  test('addresses and places are each other, and an unknown address is the studio', () => {
    const routes = [
      { page: 'studio' },
      { page: 'gallery' },
      { page: 'gallery', clipId: 'a/b c' },
      { page: 'gallery', characterId: 'é' },
      { page: 'packs' },
      { page: 'privacy' },
      { page: 'hood' },
    ] as const;
    for (const route of routes) expect(routeOf(hashOf(route))).toEqual(route);
    for (const hash of ['', '#', '#/nowhere', '#/gallery/clip/%E0%A4%A']) {
      expect(['studio', 'gallery']).toContain(routeOf(hash).page);
    }
  });

  test('object URLs are revoked with their key and all at the end', async () => {
    const urls = new BlobUrls();
    const url = urls.url('a', new Blob(['x']));
    expect(urls.size).toBe(1);
    expect(await (await fetch(url)).text()).toBe('x');
    urls.clear();
    await expect(fetch(url)).rejects.toThrow();
    expect(urls.size).toBe(0);
  });

  test("a clip's file name is one that every system takes", async () => {
    const picture = pictureOf(await drawnPicture());
    expect(fileName(clipOf('1', picture, 'a/b: "c"?\u0000 <d>.'))).toBe('a b c d.mp4');
    expect(fileName(clipOf('1', picture, '...'))).toBe('stillwake.mp4');
    expect(fileName(clipOf('1', picture, 'Мона Лиза · Улыбка'))).toBe('Мона Лиза · Улыбка.mp4');
  });
});
