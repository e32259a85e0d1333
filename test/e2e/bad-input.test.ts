import { mkdir, readdir } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { readResult } from './lib/clip-result.ts';
import { probe, psnr } from './lib/mp4-file.ts';
import { makeOddPictures, ODD, orientedName } from './lib/odd-pictures.ts';
import { portraitPath, useApp } from './lib/use-app.ts';

const app = useApp();
const odd = (name: string): string => app.path(`odd/${name}`);
const FAST = ['--resolution', '480p', '--fps', '24'];

beforeAll(async () => {
  await mkdir(app.path('odd'));
  await mkdir(app.path('out'));
  await makeOddPictures(app.path('odd'), await portraitPath());
});

/** Runs a clip that must fail, and checks that it leaves nothing. */
async function refuse(code: string, ...args: readonly string[]): Promise<void> {
  const run = await app.clip(...args, '--out', app.path('out/bad.mp4'), ...FAST);
  expect(run.err).toMatch(new RegExp(`^error ${code}: \\S.+[.)]$`));
  expect(run.status).toBe(2);
  expect(run.out).toBe('');
  expect(await readdir(app.path('out'))).toEqual([]);
}

/** Runs a clip that must work. @returns its path */
async function accept(name: string, ...args: readonly string[]) {
  const out = app.path(name);
  const run = await app.clip(...args, '--out', out, ...FAST, '--json');
  expect(run.err).toBe('');
  expect(run.status).toBe(0);
  return { out, result: readResult(run.out) };
}

describe('a picture that can not be used has its own error', () => {
  test.each([
    ['an empty file', ODD.empty, 'ERR_INPUT_EMPTY'],
    ['a text named .jpg', ODD.text, 'ERR_INPUT_NOT_A_PICTURE'],
    ['a JPEG cut short', ODD.truncatedJpeg, 'ERR_INPUT_DAMAGED'],
    ['a PNG cut short', ODD.truncatedPng, 'ERR_INPUT_DAMAGED'],
    ['a PNG that says 60000×60000', ODD.hugeClaim, 'ERR_INPUT_TOO_LARGE'],
    ['51.8 megapixels', ODD.tooMany, 'ERR_INPUT_TOO_LARGE'],
    ['8193 px', ODD.tooWide, 'ERR_INPUT_TOO_LARGE'],
    ['63 px', ODD.tiny, 'ERR_INPUT_TOO_SMALL'],
    ['a fully transparent PNG', ODD.transparent, 'ERR_INPUT_TRANSPARENT'],
    ['a picture that is not there', 'nothing.jpg', 'ERR_INPUT_NOT_FOUND'],
    ['a folder', '.', 'ERR_INPUT_NOT_A_PICTURE'],
  ])('%s', async (_name, file, code) => {
    await refuse(code, odd(file), '--preset', 'breathing');
  });

  test('and the next one works', async () => {
    await refuse('ERR_INPUT_DAMAGED', odd(ODD.truncatedJpeg), '--preset', 'breathing');
    await accept('after.mp4', odd(ODD.upright), '--preset', 'breathing');
  });
});

describe('a prompt that can not be used has its own error', () => {
  test.each([
    ['5,001 characters', 'She smiles. '.repeat(500).slice(0, 5000) + 'x', 'ERR_INPUT_PROMPT_TOO_LONG'],
    ['an empty one', '', 'ERR_INPUT_PROMPT_EMPTY'],
    ['white space', ' \n\t', 'ERR_INPUT_PROMPT_EMPTY'],
    ['emoji only', '🦄🌈🎉', 'ERR_INPUT_PROMPT_NOT_UNDERSTOOD'],
    ['a language that is not read, right to left', 'هي تبتسم ببطء', 'ERR_INPUT_PROMPT_NOT_UNDERSTOOD'],
  ])('%s', async (_name, prompt, code) => {
    await refuse(code, odd(ODD.upright), '--prompt', prompt);
  });
});

describe('settings and outputs', () => {
  test.each(['0', '2.9', '16', 'NaN'])('%s seconds', async (seconds) => {
    await refuse('ERR_INPUT_SECONDS', odd(ODD.upright), '--preset', 'breathing', '--seconds', seconds);
  });

  test('an output in a folder that is not there', async () => {
    const run = await app.clip(odd(ODD.upright), '--preset', 'breathing', '--out', app.path('no/clip.mp4'));
    expect(run.status).toBe(2);
    expect(run.err).toMatch(/^error ERR_INPUT_OUTPUT: \S/);
  });

  test('an output that is a folder', async () => {
    await mkdir(app.path('folder.mp4'));
    const run = await app.clip(odd(ODD.upright), '--preset', 'breathing', '--out', app.path('folder.mp4'));
    expect(run.status).toBe(2);
    expect(run.err).toMatch(/^error ERR_INPUT_OUTPUT: \S/);
  });
});

describe('an unusual picture works as a person expects', () => {
  test.each([
    ['an animated GIF, by its first frame', ODD.gif, 24],
    ['a 16-bit PNG', ODD.deep, 30],
    ['a CMYK JPEG', ODD.cmyk, 28],
    ...Array.from({ length: 8 }, (_, index): [string, string, number] => [
      `EXIF orientation ${index + 1}`,
      orientedName(index + 1),
      30,
    ]),
  ])('%s', async (_name, file, decibels) => {
    const { out, result } = await accept('unusual.mp4', odd(file), '--preset', 'breathing');
    expect(result).toMatchObject({ width: 480, height: 640 });
    expect(await psnr(out, odd(ODD.upright))).toBeGreaterThan(decibels);
  });

  test('64 px', async () => {
    const { result } = await accept('smallest.mp4', odd(ODD.smallest), '--preset', 'gentle-movement');
    expect(result).toMatchObject({ width: 480, height: 600 });
  });

  test('8192 px', async () => {
    const { out, result } = await accept('wide.mp4', odd(ODD.wide), '--preset', 'gentle-movement');
    expect(result).toMatchObject({ width: 960, height: 480 });
    expect((await probe(out)).streams[0]).toMatchObject({ width: 960, height: 480, nb_read_frames: '72' });
  });
});

describe('an unusual prompt works as a person expects', () => {
  test('5,000 characters', async () => {
    const prompt = 'She smiles softly and looks around. '.repeat(140).slice(0, 5000);
    await accept('long.mp4', odd(ODD.upright), '--prompt', prompt);
  });

  test('words with emoji and right-to-left marks between them', async () => {
    await accept('mixed.mp4', odd(ODD.upright), '--prompt', '\u200fשלום — she smiles 😊 and blinks');
  });
});
