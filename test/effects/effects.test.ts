import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PRESETS, type PresetId } from '../../src/contracts/settings.ts';
import { useApp } from '../e2e/lib/use-app.ts';
import { footageOf } from './footage.ts';
import { clipArguments, samplePictures, type Picture } from './make-clip.ts';
import { measureClip, measureFootage, type Check } from './measure-clip.ts';
import { openOracle, type Oracle } from './oracle.ts';
import { decodeStill } from './raster.ts';

const app = useApp();
let oracle: Oracle;
let pictures: readonly Picture[];

beforeAll(async () => {
  oracle = await openOracle();
  pictures = await samplePictures();
});
afterAll(() => oracle.close());

function sample(name: string): Picture & { readonly medium: NonNullable<Picture['medium']> } {
  const picture = pictures.find((one) => one.name === name);
  if (picture === undefined || picture.medium === null) throw new Error(`no face is called ${name}`);
  return { ...picture, medium: picture.medium };
}

function failures(checks: readonly Check[]): string[] {
  return checks
    .filter(({ passed }) => !passed)
    .map(({ id, value, limit }) => `${id}: ${value.toFixed(4)} is not ${limit}`);
}

async function promiseHolds(name: string, preset: PresetId, resolution: string): Promise<void> {
  const picture = sample(name);
  const out = app.path(`${name}-${preset}.mp4`);
  const run = await app.clip(...clipArguments(picture, preset, out, { resolution }));
  expect(run.err).toBe('');
  expect(run.status).toBe(0);
  const { checks } = await measureClip(oracle, out, { preset, medium: picture.medium });
  expect(failures(checks)).toEqual([]);
}

describe('on a photograph', () => {
  test.each(PRESETS)('%s does what its name says', (preset) => promiseHolds('astronaut', preset, '720p'));
});

describe('on a photograph with glasses', () => {
  test('smile-and-blink leaves no iris to be seen', () =>
    promiseHolds('rear-admiral', 'smile-and-blink', '720p'));
});

describe('on a painting of a face in three-quarter view', () => {
  test.each([
    ['smile-and-blink', '480p'],
    ['turn-to-camera', '480p'],
    ['look-around', '480p'],
    ['breathing', '720p'],
  ] as const)('%s', (preset, resolution) => promiseHolds('portrait-of-a-woman', preset, resolution));
});

describe('on an illustration', () => {
  test.each(['smile-and-blink', 'turn-to-camera'] as const)('%s', (preset) =>
    promiseHolds('yellow-jumper', preset, '480p'),
  );
});

test('a clip in which nothing moves keeps no promise', async () => {
  const picture = sample('astronaut');
  const raster = await decodeStill(picture.path);
  const still = await footageOf(oracle, new Array<typeof raster>(8).fill(raster), 8);
  for (const preset of PRESETS) {
    const { checks } = measureFootage(still, { preset, medium: picture.medium });
    const failed = checks.filter(({ passed }) => !passed).map(({ id }) => id);
    expect(failed, preset).toContain('frozen, seconds');
    expect(failed.length, preset).toBeGreaterThan(1);
  }
});
