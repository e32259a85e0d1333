import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { framesHash, listBoxes, probe, psnr, type Box } from './lib/mp4-file.ts';
import { readResult } from './lib/clip-result.ts';
import { ffmpeg } from './lib/odd-pictures.ts';
import { portraitPath, useApp } from './lib/use-app.ts';

const app = useApp();

/** UUID of the box that holds XMP. @source XMP specification part 3, 1.1.4 */
const XMP_UUID = 'be7acfcb97a942e89c71999491e3afac';

function xmpOf(boxes: readonly Box[]): string {
  const box = boxes.find(({ type, body }) => type === 'uuid' && body.toString('hex', 0, 16) === XMP_UUID);
  return box?.body.toString('utf8', 16) ?? '';
}

const FAST = ['--resolution', '480p', '--fps', '24'];

describe('a clip of a real face', () => {
  test('is what V1 asks for, by ffprobe, by its boxes and by the verifier', async () => {
    const out = app.path('v1.mp4');
    const run = await app.clip(
      await portraitPath(),
      ...['--preset', 'smile-and-blink', '--out', out, '--resolution', '720p', '--fps', '30', '--json'],
    );
    expect(run.err).toBe('');
    expect(run.status).toBe(0);
    const result = readResult(run.out);
    const { streams, packets } = await probe(out);
    expect(streams).toHaveLength(1);
    const [stream] = streams;
    expect(stream).toMatchObject({
      codec_type: 'video',
      codec_name: 'h264',
      pix_fmt: 'yuv420p',
      color_range: 'tv',
      color_space: 'bt709',
      color_primaries: 'bt709',
      color_transfer: 'bt709',
      r_frame_rate: '30/1',
      avg_frame_rate: '30/1',
      nb_read_frames: '90',
      width: result.width,
      height: result.height,
    });
    expect(['High', 'Main', 'Baseline', 'Constrained Baseline']).toContain(stream?.profile);
    expect(stream?.sample_aspect_ratio ?? '1:1').toBe('1:1');
    expect(Number(stream?.start_time)).toBe(0);
    expect(Number(stream?.duration)).toBeCloseTo(3, 3);
    expect(new Set(packets.map((packet) => Number(packet.duration_time).toFixed(4)))).toEqual(
      new Set(['0.0333']),
    );
    expect(result).toMatchObject({ out, fps: 30, frames: 90, pack: 'portrait' });
    expect(result.seconds).toBeCloseTo(3, 3);
    expect(Math.min(result.width, result.height)).toBe(720);
    expect(result.width % 2).toBe(0);
    expect(result.height % 2).toBe(0);

    const file = await readFile(out);
    expect(result.sizeBytes).toBe(file.length);
    const boxes = listBoxes(file);
    const top = boxes.filter(({ path, type }) => path === type).map(({ type }) => type);
    expect(top[0]).toBe('ftyp');
    expect(top).toContain('moov');
    expect(top.indexOf('moov')).toBeLessThan(top.indexOf('mdat'));
    expect(top).not.toContain('moof');
    const types = new Set(boxes.map(({ type }) => type));
    expect(types).not.toContain('edts');
    const colour = boxes.find(({ type }) => type === 'colr');
    // nclx: primaries, transfer and matrix of BT.709 (1, 1, 1), and no full range.
    expect(colour?.body.toString('hex')).toBe(`${Buffer.from('nclx').toString('hex')}00010001000100`);
  });

  test('starts at rest with the picture itself, and ends there', async () => {
    const picture = await portraitPath();
    const out = app.path('rest.mp4');
    const run = await app.clip(picture, '--preset', 'gentle-movement', '--out', out, ...FAST);
    expect(run).toMatchObject({ status: 0, err: '' });
    expect(await psnr(out, picture)).toBeGreaterThan(30);
    const last = app.path('last.png');
    await ffmpeg('-i', out, '-vf', 'select=eq(n\\,71)', '-frames:v', '1', last);
    expect(await psnr(last, picture)).toBeGreaterThan(30);
  });

  test('is marked as made with a model, with its settings', async () => {
    const out = app.path('marked.mp4');
    const run = await app.clip(
      await portraitPath(),
      '--preset',
      'breathing',
      '--out',
      out,
      '--seed',
      '77',
      ...FAST,
    );
    expect(run).toMatchObject({ status: 0, err: '' });
    const xmp = xmpOf(listBoxes(await readFile(out)));
    expect(xmp).toMatch(/digitalsourcetype\/(trainedAlgorithmicMedia|compositeWithTrainedAlgorithmicMedia)/);
    expect(xmp).toContain('breathing');
    expect(xmp).toContain('77');
  });

  test('is the same again with the same seed, and another with another (F3)', async () => {
    const picture = await portraitPath();
    const make = async (name: string, seed: number): Promise<string> => {
      const out = app.path(name);
      const args = ['--preset', 'gentle-movement', '--out', out, '--seed', String(seed), ...FAST];
      expect(await app.clip(picture, ...args)).toMatchObject({ status: 0, err: '' });
      return framesHash(out);
    };
    const first = await make('seed-1a.mp4', 1);
    expect(await make('seed-1b.mp4', 1)).toBe(first);
    expect(await make('seed-2.mp4', 2)).not.toBe(first);
  });

  test.each([
    { aspect: '9:16', width: 480, height: 854 },
    { aspect: '1:1', width: 480, height: 480 },
    { aspect: '16:9', width: 854, height: 480 },
  ])('has the shape $aspect when asked for', async ({ aspect, width, height }) => {
    const out = app.path('shape.mp4');
    const args = ['--preset', 'turn-to-camera', '--out', out, '--aspect', aspect, ...FAST, '--json'];
    const run = await app.clip(await portraitPath(), ...args);
    expect(run).toMatchObject({ status: 0, err: '' });
    expect(readResult(run.out)).toMatchObject({ width, height, fps: 24, frames: 72 });
    const { streams } = await probe(out);
    expect(streams[0]).toMatchObject({ width, height, nb_read_frames: '72' });
  });

  test('reads a prompt, and says what it can not do', async () => {
    const out = app.path('prompt.mp4');
    const prompt = 'She smiles slowly and blinks twice, then a dragon flies past. Slow push in.';
    const run = await app.clip(await portraitPath(), '--prompt', prompt, '--out', out, ...FAST, '--json');
    expect(run).toMatchObject({ status: 0, err: '' });
    const { notices } = readResult(run.out);
    expect(notices.length).toBeGreaterThan(0);
    for (const notice of notices) expect(notice.message).toMatch(/\S.*\.$/);
  });
});
