import { describe, expect, test } from 'vitest';
import { page, userEvent } from 'vitest/browser';
import type { PacksView } from '../../../src/contracts/packs-view.ts';
import { packAddress } from '../../../src/ui/lib/pack-files.ts';
import { packErrorSentence } from '../../../src/ui/lib/pack-words.ts';
import { deep, deepAll, press, settle, shownError, textOf } from './lib/fixture.ts';
import { FITS, keptOf, lookedOf, PACK, packsOf, taskOf, URL_FROM } from './lib/packs-fixture.ts';
import { change, start as startApp, useStudioPage, type Started } from './lib/start.ts';

useStudioPage();

const KEY = `${PACK.id}/${PACK.version}`;

async function start(
  packs: Partial<PacksView>,
  state: Parameters<typeof startApp>[0] = {},
): Promise<Started> {
  const started = await startApp({ ...state, packs: packsOf(packs) }, '#/packs');
  await expect.poll(() => deepAll(started.element, 'sw-pack-add form')).toHaveLength(1);
  await settle(started.element);
  return started;
}

/** What was asked of packs, besides reading what is kept. */
const asked = ({ app }: Started): unknown[] =>
  app.named('packs').flatMap(({ args }) => (args[0] === 'open' ? [] : [args]));
const text = ({ element }: Started): string => textOf(element);
const disabled = (started: Started, label: RegExp): string | null | undefined =>
  deepAll(started.element, 'button')
    .find((one) => label.test(one.textContent))
    ?.getAttribute('aria-disabled');

describe('what is on this device', () => {
  test('is read when the page is opened; until then it says so, and then that there is nothing', async () => {
    const started = await start({ kept: null });
    expect(started.app.named('packs').map(({ args }) => args)).toEqual([['open']]);
    expect(text(started)).toContain('Looking at what is on this device');
    await change(started.element, started.app, { packs: packsOf() });
    expect(text(started)).toContain('None is on this device yet.');
    expect(text(started)).toContain('Portrait');
  });

  test('an installed pack says whether it fits, and can be chosen, checked and deleted', async () => {
    const started = await start({ kept: [keptOf()], fits: { [KEY]: FITS } });
    for (const words of ['LTX-Video 2B distilled', '0.9.8', FITS.sentence, 'Installed. It works offline.'])
      expect(text(started)).toContain(words);
    press(started.element, /^Check it/);
    press(started.element, /^Delete/);
    press(started.element, /^Use for clips/);
    await expect.poll(() => location.hash).toBe('#/');
    expect(asked(started)).toEqual([
      ['verify', PACK.id, PACK.version],
      ['remove', PACK.id, PACK.version],
    ]);
    expect(started.app.named('setSettings')[0]?.args).toEqual([{ pack: PACK.id }]);
  });

  test('a deletion can be undone for a while', async () => {
    const undo = { packId: PACK.id, version: PACK.version, title: PACK.title, untilMs: Date.now() + 9e3 };
    const started = await start({ undo });
    expect(text(started)).toContain('LTX-Video 2B distilled is deleted');
    press(started.element, 'Undo');
    await expect.poll(() => asked(started)).toEqual([['undoRemove']]);
  });

  test('a partial one goes on, or is deleted, and is not offered for clips', async () => {
    const started = await start({ kept: [keptOf({ state: 'partial', haveBytes: 1.1e9 })] });
    expect(text(started)).toContain('1.1 GB of 2.7 GB are here');
    expect(text(started)).not.toContain('Use for clips');
    press(started.element, /^Go on/);
    await expect.poll(() => asked(started)).toEqual([['resume', PACK.id, PACK.version]]);
  });

  test('of a damaged one it names the files, and repairs it', async () => {
    const damagedFiles = ['dit_step.weights-0.bin', 'vae_decode.onnx'];
    const started = await start({ kept: [keptOf({ state: 'damaged', damagedFiles })] });
    for (const file of damagedFiles) expect(text(started)).toContain(file);
    expect(text(started)).toContain('2 files aren’t what they should be');
    press(started.element, /^Repair/);
    await expect.poll(() => asked(started)).toEqual([['repair', PACK.id, PACK.version, null]]);
  });

  test('one from a folder asks for the folder again', async () => {
    const from = { kind: 'folder' } as const;
    const started = await start({ kept: [keptOf({ state: 'damaged', from, damagedFiles: ['a'] })] });
    expect(text(started)).toContain('Repair from the folder');
  });

  test('another tab that works on it is told beside it', async () => {
    const error = { packId: PACK.id, error: shownError('ERR_MODEL_BUSY') };
    const started = await start({ kept: [keptOf()], error });
    const alert = deep(started.element, 'sw-pack-card [role=alert]', HTMLElement);
    expect(alert.textContent).toContain('Another tab');
    press(alert, 'Dismiss');
    await expect.poll(() => asked(started)).toEqual([['dismissError']]);
  });
});

describe('adding', () => {
  test('an address is tidied and looked at', async () => {
    const started = await start({});
    const input = deep(started.element, '#address', HTMLInputElement);
    await userEvent.fill(input, 'models.example.org/ltx/pack.json');
    await userEvent.keyboard('{Enter}');
    await expect.poll(() => asked(started)).toEqual([['look', URL_FROM]]);
  });

  test('what is no address is said before anybody is asked', async () => {
    const started = await start({});
    const input = deep(started.element, '#address', HTMLInputElement);
    await userEvent.fill(input, 'my pack');
    await userEvent.keyboard('{Enter}');
    await settle(started.element);
    expect(text(started)).toContain('That is no address.');
    expect(input.getAttribute('aria-invalid')).toBe('true');
    expect(asked(started)).toEqual([]);
  });

  test.each([
    ['https://a.example/p', 'https://a.example/p/'],
    ['http://localhost:4173/p/pack.json?x=1#y', 'http://localhost:4173/p/'],
    ['a.example', 'https://a.example/'],
    ['', null],
    ['ftp://a.example/', null],
    ['javascript:alert(1)', null],
    ['pack', null],
  ])('%j is %j', (typed, url) => {
    expect(packAddress(typed)).toBe(url);
  });

  test('a dropped ZIP file is looked at; what can’t be a pack is said; a picture is opened', async () => {
    const started = await start({});
    const drop = (file: File): void => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(file);
      document.body.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
    };
    const file = new File(['x'], 'pack.zip', { type: 'application/zip' });
    drop(file);
    await expect.poll(() => asked(started)).toEqual([['look', { kind: 'zip', file }]]);
    drop(new File(['x'], 'notes.txt', { type: 'text/plain' }));
    await expect.poll(() => text(started)).toContain('neither a folder nor a ZIP file');
    expect(started.app.named('openFile')).toHaveLength(0);
    drop(new File(['x'], 'a.png', { type: 'image/png' }));
    await expect.poll(() => started.app.named('openFile')).toHaveLength(1);
  });

  test('while it is looked at it says so, and can be left', async () => {
    const started = await start({ looking: true });
    expect(text(started)).toContain('Looking at the pack');
    expect(disabled(started, /^Look at it/)).toBe('true');
    press(started.element, 'Cancel');
    await expect.poll(() => asked(started)).toEqual([['forgetLooked']]);
  });

  test('without a connection it says what still works', async () => {
    const started = await start({}, { online: false });
    expect(text(started)).toContain('a folder or a ZIP file works');
  });

  test.each([
    ['ERR_MODEL_UNREACHABLE', { why: 'no connection' }, 'The server doesn’t answer'],
    [
      'ERR_MODEL_UNREACHABLE',
      { why: 'policy', origin: 'https://a.example' },
      'may not ask https://a.example',
    ],
    ['ERR_MODEL_MISSING', { file: 'pack.json', why: 'it is not there' }, 'There is no pack there'],
    ['ERR_MODEL_MISSING', { file: 'a.onnx' }, 'The pack lacks a.onnx'],
    ['ERR_MODEL_DAMAGED', { path: 'graphs.0' }, 'isn’t made the way a pack is'],
    ['ERR_MODEL_SIGNATURE', {}, 'The signature of this pack doesn’t hold'],
    ['ERR_MODEL_UNSAFE', {}, 'doesn’t belong into one'],
    ['ERR_MODEL_CHANGED', {}, 'was changed where it comes from'],
    ['ERR_STORE_QUOTA', { needBytes: 2.7e9, freeBytes: 1e9 }, 'it needs 2.7 GB, and 1 GB are free'],
    ['ERR_WORKER_FAILED', {}, 'A background part stopped'],
  ] as const)('%s %j is a sentence with what to do', async (code, details, words) => {
    const error = { ...shownError(code), details };
    expect(packErrorSentence(error)).toContain(words);
    expect(packErrorSentence(error)).not.toMatch(/ERR_|!|undefined|\{|portrait pack/);
    const started = await start({ error: { packId: null, error } });
    expect(deep(started.element, 'sw-packs [role=alert]', HTMLElement).textContent).toContain(words);
  });
});

describe('an offer', () => {
  test('tells all there is to know, takes the focus, and installs once the licence is accepted', async () => {
    const started = await start({});
    await change(started.element, started.app, { packs: packsOf({ looked: lookedOf() }) });
    for (const words of [
      'Install LTX-Video 2B distilled',
      'Version 0.9.8',
      FITS.sentence,
      'It needs 2.7 GB; 11 GB are free.',
      'About 3.1 GB while it works',
      'LicenseRef-LTXV',
      'https://huggingface.co/Lightricks/LTX-Video',
      URL_FROM.url,
      'Signed by a publisher that this site trusts (stillwake-2026)',
    ])
      expect(text(started)).toContain(words);
    const title = deep(started.element, 'sw-pack-offer h2', HTMLElement);
    expect(deep(started.element, 'sw-pack-offer', HTMLElement).shadowRoot?.activeElement).toBe(title);
    press(started.element, /^Install ·/);
    await settle(started.element);
    expect(text(started)).toContain('First accept what is above.');
    expect(asked(started)).toEqual([]);
    deep(started.element, 'input[name=licence]', HTMLInputElement).click();
    await settle(started.element);
    press(started.element, /^Install ·/);
    await expect.poll(() => asked(started)).toEqual([['install', { licence: true, untrusted: false }]]);
  });

  test.each([
    ['unsigned', 'Nobody has signed this pack'],
    ['unknown-key', 'doesn’t know who signed'],
  ] as const)('%s comes with a warning and a box of its own', async (trust, words) => {
    const started = await start({ looked: lookedOf({ trust }) });
    expect(text(started)).toContain(words);
    deep(started.element, 'input[name=licence]', HTMLInputElement).click();
    await settle(started.element);
    expect(disabled(started, /Install\s+·/)).toBe('true');
    deep(started.element, 'input[name=untrusted]', HTMLInputElement).click();
    await settle(started.element);
    press(started.element, /^Install ·/);
    await expect.poll(() => asked(started)).toEqual([['install', { licence: true, untrusted: true }]]);
  });

  test('without room it says what is missing and can’t be installed', async () => {
    const started = await start({ looked: lookedOf({ freeBytes: 1.2e9 }) });
    expect(text(started)).toContain('make room for 1.5 GB more');
    deep(started.element, 'input[name=licence]', HTMLInputElement).click();
    await settle(started.element);
    press(started.element, /^Install ·/);
    await settle(started.element);
    expect(asked(started)).toEqual([]);
  });

  test('what doesn’t fit says so; what isn’t measured yet too', async () => {
    const fit = {
      ...FITS,
      fits: false,
      sentence: 'Does not fit: 2 GB more memory is needed.',
      seconds: null,
    };
    const started = await start({ looked: lookedOf({}, fit) });
    expect(text(started)).toContain(fit.sentence);
    const packs = packsOf({ looked: lookedOf({}, null), measuring: true, machine: null });
    await change(started.element, started.app, { packs });
    expect(text(started)).toContain('This machine is being tried out');
  });

  test('of another version it says which goes', async () => {
    const pack = { ...PACK, version: '0.9.6' };
    const started = await start({ kept: [keptOf({ pack })], looked: lookedOf() });
    expect(text(started)).toContain('It takes the place of version 0.9.6.');
  });

  test('what is here already is neither installed again nor shown twice while it is partial', async () => {
    const started = await start({ kept: [keptOf()], looked: lookedOf({ haveBytes: 2.7e9 }) });
    expect(text(started)).toContain('This version is on this device already.');
    const packs = packsOf({
      kept: [keptOf({ state: 'partial', haveBytes: 1e9 })],
      looked: lookedOf({ haveBytes: 1e9 }),
    });
    await change(started.element, started.app, { packs });
    expect(deepAll(started.element, 'sw-pack-card')).toHaveLength(0);
    expect(text(started)).toContain('2.7 GB, of which 1 GB is here already');
    expect(text(started)).toMatch(/Go on\s+· 1.7 GB/);
  });
});

describe('while it is installed', () => {
  test('phase, bytes, speed and time left, and Cancel', async () => {
    const started = await start({ looked: lookedOf(), task: taskOf() });
    for (const words of ['41%', 'Downloading', '1.1 GB of 2.7 GB', '24 MB a second', '66 seconds left'])
      expect(text(started)).toContain(words);
    expect(deep(started.element, '[role=progressbar]', HTMLElement).getAttribute('aria-valuenow')).toBe('41');
    press(deep(started.element, 'sw-pack-task', HTMLElement), 'Cancel');
    await expect.poll(() => asked(started)).toEqual([['cancel']]);
  });

  test('a cut connection says when it is tried again', async () => {
    const progress = taskOf().progress;
    if (progress === null) throw new TypeError('no progress');
    const waiting = { tries: 2, nextMs: 60_000, why: 'ERR_MODEL_UNREACHABLE' } as const;
    const task = taskOf({ etaS: null, progress: { ...progress, waiting } });
    const started = await start({ looked: lookedOf(), task });
    expect(text(started)).toMatch(/Trying again in (60|59) seconds/);
    expect(text(started)).toContain('Tried 2 times');
  });

  test('when it is there it is said, and the focus goes to it', async () => {
    const started = await start({ looked: lookedOf(), task: taskOf() });
    await change(started.element, started.app, { packs: packsOf({ kept: [keptOf()] }) });
    const live = deepAll(started.element, 'sw-packs [aria-live]').map((one) => one.textContent);
    expect(live).toContain('LTX-Video 2B distilled is installed.');
    const card = deep(started.element, 'sw-pack-card', HTMLElement);
    expect(card.shadowRoot?.activeElement?.textContent).toContain('LTX-Video 2B distilled');
  });

  test('another one waits', async () => {
    const other = keptOf({ pack: { ...PACK, id: 'other', title: 'Other' } });
    const started = await start({ kept: [other], looked: lookedOf(), task: taskOf() });
    expect(disabled(started, /Check it/)).toBe('true');
    press(started.element, /^Check it/);
    await settle(started.element);
    expect(asked(started)).toEqual([]);
  });
});

test.each([390, 1440])('every state fits a window of %i px, with targets of 44 px', async (width) => {
  await page.viewport(width, 900);
  const long = 'a-very-long-file-name-without-any-place-to-break-it-'.repeat(3);
  const states: Partial<PacksView>[] = [
    { kept: [keptOf(), keptOf({ pack: { ...PACK, id: 'b' }, state: 'damaged', damagedFiles: [long] })] },
    { looked: lookedOf({ trust: 'unsigned', freeBytes: 1 }) },
    { looked: lookedOf(), task: taskOf() },
  ];
  const started = await start({});
  for (const packs of states) {
    for (const dir of ['ltr', 'rtl']) {
      document.documentElement.dir = dir;
      await change(started.element, started.app, { packs: packsOf(packs) });
      const main = deep(started.element, 'main', HTMLElement);
      expect(main.scrollWidth).toBeLessThanOrEqual(width);
      const targets = deepAll(main, '.btn, summary, .box, input:not([type=checkbox])');
      for (const one of targets.filter((found) => found.checkVisibility()))
        expect(one.getBoundingClientRect().height).toBeGreaterThanOrEqual(44);
    }
  }
});
