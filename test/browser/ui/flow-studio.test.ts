import { describe, expect, test } from 'vitest';
import type { AppState } from '../../../src/contracts/app.api.ts';
import type { ShownFit } from '../../../src/contracts/packs-view.ts';
import { DEFAULT_SETTINGS, type ClipSettings } from '../../../src/contracts/settings.ts';
import { clipErrorSentence, errorSentence } from '../../../src/ui/errors.ts';
import { deep, deepAll, jobOf, settle, shownError, textOf } from './lib/fixture.ts';
import { viewOf } from './lib/licence-fixture.ts';
import { FITS, keptOf, PACK, packsOf } from './lib/packs-fixture.ts';
import { change, start as startApp, useStudioPage, type Started } from './lib/start.ts';

const drawn = useStudioPage();

const NOTICE = 'This model draws 512×320; the clip is enlarged to 768×480.';
const PRESENT: ShownFit = {
  ...FITS,
  size: { width: 512, height: 320, frames: 97 },
  width: 768,
  height: 480,
  words: { least: 50, most: 200 },
  crop: [0, 0.1, 1, 0.5],
  notices: [{ code: 'NOTICE_FLOW_ENLARGED', message: NOTICE }],
};
const FLOW: ClipSettings = { ...DEFAULT_SETTINGS, pack: PACK.id };

async function start(state: Partial<AppState>): Promise<Started> {
  const started = await startApp({ ...drawn().opened, ...state });
  await settle(started.element);
  return started;
}
const text = ({ element }: Started): string => textOf(element);
const chosen = (): Partial<AppState> => ({
  settings: FLOW,
  estimateS: 40,
  packs: packsOf({ kept: [keptOf()], present: PRESENT }),
});
const make = ({ element }: Started): HTMLElement => deep(element, '.make', HTMLElement);
const words = (count: number): ClipSettings => ({
  ...FLOW,
  motion: { kind: 'prompt', prompt: Array.from({ length: count }, () => 'word').join(' ') },
});

describe('the choice of a model', () => {
  test('is there once a flow pack is installed, not before', async () => {
    const started = await start({ packs: packsOf({ kept: [keptOf({ state: 'partial' })] }) });
    expect(deepAll(started.element, 'sw-model')).toHaveLength(0);
    await change(started.element, started.app, { packs: packsOf({ kept: [keptOf()] }) });
    await expect.poll(() => deepAll(started.element, 'sw-model input')).toHaveLength(2);
    const [portrait, flow] = deepAll(started.element, 'sw-model input');
    expect(portrait).toHaveProperty('checked', true);
    if (flow instanceof HTMLElement) flow.click();
    await expect.poll(() => started.app.named('setSettings')[0]?.args).toEqual([{ pack: PACK.id }]);
  });

  test('a model that the tier lacks says which has it, and is not taken', async () => {
    const started = await start({ packs: packsOf({ kept: [keptOf()] }), licence: viewOf('plus', 3000) });
    await expect.poll(() => deepAll(started.element, 'sw-model input[aria-disabled=true]')).toHaveLength(1);
    const locked = deep(started.element, 'sw-model input[aria-disabled=true]', HTMLInputElement);
    expect(locked.getAttribute('aria-label')).toContain('Premium');
    locked.click();
    await settle(started.element);
    expect(locked.checked).toBe(false);
    expect(text(started)).toMatch(/part of Premium/);
    expect(started.app.named('setSettings')).toHaveLength(0);
  });

  test('a tier that has it takes it', async () => {
    const started = await start({ packs: packsOf({ kept: [keptOf()] }), licence: viewOf('premium', 8000) });
    await expect.poll(() => deepAll(started.element, 'sw-model input')).toHaveLength(2);
    expect(deepAll(started.element, 'sw-model input[aria-disabled=true]')).toHaveLength(0);
  });
});

describe('with a flow pack chosen', () => {
  test('verdict, time, size and what it can’t do are said before the job; no live preview plays', async () => {
    const started = await start(chosen());
    for (const said of [FITS.sentence, NOTICE, 'about 40 seconds', '768 × 480'])
      expect(text(started)).toContain(said);
    expect(text(started)).toContain('Shows a preview while it works');
    expect(started.app.named('attachPreview')).toHaveLength(0);
    make(started).click();
    await expect.poll(() => started.app.named('makeClip')).toHaveLength(1);
  });

  test('going back to Portrait plays again', async () => {
    const started = await start(chosen());
    const settings = DEFAULT_SETTINGS;
    await change(started.element, started.app, { settings, packs: packsOf({ kept: [keptOf()] }) });
    await expect.poll(() => started.app.named('attachPreview').length).toBeGreaterThan(0);
    expect(text(started)).not.toContain('Shows a preview');
  });

  test('what doesn’t fit says what to change, and isn’t made', async () => {
    const sentence = 'Does not fit at 768×480; choose 480p or a shorter clip.';
    const present = { ...PRESENT, fits: false, sentence };
    const started = await start({ ...chosen(), packs: packsOf({ kept: [keptOf()], present }) });
    expect(text(started)).toContain(sentence);
    make(started).click();
    await settle(started.element);
    expect(started.app.named('makeClip')).toHaveLength(0);
  });

  test('a pack that reads no words says so instead of dropping them', async () => {
    const refused = shownError('ERR_INPUT_PROMPT_NOT_UNDERSTOOD');
    const started = await start({ settings: words(60), packs: packsOf({ kept: [keptOf()], refused }) });
    expect(text(started)).toContain('This model reads no words.');
    expect(make(started).getAttribute('aria-disabled')).toBe('true');
  });

  test.each([
    [3, 'This model likes more to go on'],
    [50, 'A good length'],
    [200, 'A good length'],
    [201, 'More than 200 words'],
  ])('of %i words the meter says: %s', async (count, said) => {
    // What the reader of the portrait pack makes of the words doesn't count.
    const scoreError = shownError('ERR_INPUT_PROMPT_NOT_UNDERSTOOD');
    const started = await start({ ...chosen(), settings: words(count), scoreError });
    expect(text(started)).toContain(said);
    expect(text(started)).toContain(`${count} words`);
    expect(text(started)).not.toContain('beat');
    expect(make(started).getAttribute('aria-disabled')).toBe('false');
  });

  test.each([
    ['load', 0, 5, 'Loading the model'],
    ['step', 2, 8, 'Step 3 of 8'],
    ['step', 8, 8, 'Step 8 of 8'],
    ['decode', 0, 4, 'Drawing frames, 1 of 4'],
  ] as const)('a job at %s %i of %i says: %s', async (stage, done, total, said) => {
    const job = jobOf('job', 'running', { step: { stage, done, total } });
    const started = await start({ ...chosen(), jobs: [job] });
    started.app.onMake = () => 'job';
    make(started).click();
    await expect.poll(() => text(started)).toContain(said);
  });
});

test('errors are worded for the pack that they happened with', () => {
  const damaged = shownError('ERR_MODEL_DAMAGED');
  expect(clipErrorSentence(damaged, 'portrait')).toBe(errorSentence(damaged));
  expect(clipErrorSentence(damaged, PACK.id)).toContain('Packs');
  expect(clipErrorSentence(damaged, PACK.id)).not.toContain('portrait pack');
  const long = { ...shownError('ERR_INPUT_SECONDS'), details: { most: 4.8 } };
  expect(clipErrorSentence(long, PACK.id)).toContain('4.8');
  const unfit = { why: 'does-not-fit', sentence: 'Does not fit at 96×64. It fits at 32×64.' };
  expect(clipErrorSentence({ ...shownError('ERR_MODEL_FAILED'), details: unfit }, PACK.id)).toBe(
    unfit.sentence,
  );
  const check = { check: 'first frame like the picture' };
  const unlike = { ...shownError('ERR_MEDIA_VERIFY_FAILED'), details: check };
  expect(clipErrorSentence(unlike, PACK.id)).toContain('another model');
  expect(clipErrorSentence(unlike, 'portrait')).toBe(errorSentence(unlike));
  const gone = { ...shownError('ERR_INPUT_PACK'), details: { pack: PACK.id, instead: 'portrait' } };
  expect(errorSentence(gone)).toContain('Portrait is chosen');
});
