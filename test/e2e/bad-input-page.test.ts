import { mkdir } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { PRESETS } from '../../src/contracts/settings.ts';
import { errorSentence } from '../../src/ui/errors.ts';
import { makeOddPictures, ODD } from './lib/odd-pictures.ts';
import { Studio } from './lib/studio.ts';
import { portraitPath, useApp } from './lib/use-app.ts';

const app = useApp();
const odd = (name: string): string => app.path(`odd/${name}`);

beforeAll(async () => {
  await mkdir(app.path('odd'));
  await makeOddPictures(app.path('odd'), await portraitPath());
});

async function expectNothingSaved(studio: Studio): Promise<void> {
  expect(await studio.countRecords('pictures')).toBe(0);
  expect(await studio.countRecords('files')).toBe(0);
  expect(await studio.countRecords('clips')).toBe(0);
}

describe('the page stays usable after a picture that can not be used', () => {
  test('each says what happened and what to do, saves nothing, and the next picture opens', async () => {
    const studio = new Studio(app.page);
    await studio.visit(app.url);
    const cases = [
      [ODD.empty, 'ERR_INPUT_EMPTY'],
      [ODD.text, 'ERR_INPUT_NOT_A_PICTURE'],
      [ODD.truncatedJpeg, 'ERR_INPUT_DAMAGED'],
      [ODD.truncatedPng, 'ERR_INPUT_DAMAGED'],
      [ODD.hugeClaim, 'ERR_INPUT_TOO_LARGE'],
      [ODD.tooMany, 'ERR_INPUT_TOO_LARGE'],
      [ODD.tooWide, 'ERR_INPUT_TOO_LARGE'],
      [ODD.tiny, 'ERR_INPUT_TOO_SMALL'],
      [ODD.transparent, 'ERR_INPUT_TRANSPARENT'],
    ] as const;
    for (const [file, code] of cases) {
      await studio.pick(odd(file));
      const alert = app.page.getByRole('alert').filter({ hasText: errorSentence({ code }) });
      await alert.waitFor({ timeout: 60_000 });
    }
    await expectNothingSaved(studio);
    await studio.open(odd(ODD.upright));
    await studio.makeButton.waitFor();
  });

  test.each([ODD.gif, ODD.deep, ODD.cmyk, ODD.smallest, ODD.wide])('%s opens', async (file) => {
    const studio = new Studio(app.page);
    await studio.visit(app.url);
    await studio.open(odd(file));
    expect(await studio.makeButton.getAttribute('aria-disabled')).toBe('false');
  });
});

describe('the page stays usable after a prompt that can not be used', () => {
  test('each says what happened, none can be made, and the next one can', async () => {
    const studio = new Studio(app.page);
    await studio.visit(app.url);
    await studio.open(odd(ODD.upright));
    const disabled = (): Promise<string | null> => studio.makeButton.getAttribute('aria-disabled');
    await studio.write('');
    await app.page.getByText('Write what should happen first').waitFor();
    expect(await disabled()).toBe('true');
    const bad = [
      ['x'.repeat(5001), 'ERR_INPUT_PROMPT_TOO_LONG'],
      ['🦄🌈🎉', 'ERR_INPUT_PROMPT_NOT_UNDERSTOOD'],
      ['هي تبتسم ببطء', 'ERR_INPUT_PROMPT_NOT_UNDERSTOOD'],
    ] as const;
    for (const [prompt, code] of bad) {
      await studio.write(prompt);
      await app.page.getByText(errorSentence({ code })).first().waitFor();
      await expect.poll(disabled, { timeout: 10_000 }).toBe('true');
    }
    await studio.write('She smiles slowly.');
    await expect.poll(disabled, { timeout: 10_000 }).toBe('false');
    expect(await studio.countRecords('clips')).toBe(0);
  });

  test('seconds outside 3 to 15 can not be chosen', async () => {
    const studio = new Studio(app.page);
    await studio.visit(app.url);
    await studio.open(odd(ODD.upright));
    const slider = app.page.getByRole('slider');
    expect(await slider.getAttribute('min')).toBe('3');
    expect(await slider.getAttribute('max')).toBe('15');
    for (const [key, value] of [
      ['Home', '3'],
      ['ArrowLeft', '3'],
      ['End', '15'],
      ['ArrowRight', '15'],
    ] as const) {
      await slider.press(key);
      expect(await slider.inputValue()).toBe(value);
    }
  });

  test('every preset and Custom are offered', async () => {
    const studio = new Studio(app.page);
    await studio.visit(app.url);
    await studio.open(odd(ODD.upright));
    const group = app.page.getByRole('radiogroup', { name: 'How it moves' });
    expect(await group.getByRole('radio').count()).toBe(PRESETS.length + 1);
  });
});
