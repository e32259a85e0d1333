import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PRESETS } from '../../src/contracts/settings.ts';
import { clipArguments, samplePictures, type Picture } from '../effects/make-clip.ts';
import { measureClip } from '../effects/measure-clip.ts';
import { openOracle, type Oracle } from '../effects/oracle.ts';
import { reportLines } from '../effects/report.ts';
import { useApp } from './lib/use-app.ts';

const app = useApp();
let oracle: Oracle | undefined;
let picture: Picture | undefined;

beforeAll(async () => {
  oracle = await openOracle();
  picture = (await samplePictures()).find(({ medium }) => medium === 'photograph');
});
afterAll(() => oracle?.close());

describe('each preset does what its name says, measured on the finished MP4 by independent landmarks', () => {
  test.each(PRESETS)('%s', async (preset) => {
    if (oracle === undefined || picture === undefined) throw new Error('there is nothing to measure with');
    const out = app.path(`${preset}.mp4`);
    const run = await app.clip(...clipArguments(picture, preset, out));
    expect(run).toMatchObject({ status: 0, err: '' });
    const measured = await measureClip(oracle, out, { preset, medium: 'photograph' });
    const failed = measured.checks.filter(({ passed }) => !passed);
    expect(failed, reportLines({ picture: picture.name, ...measured }).join('\n')).toEqual([]);
    expect(measured.checks.length).toBeGreaterThan(0);
  });
});
