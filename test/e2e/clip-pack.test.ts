import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DIST } from '../../scripts/lib/build-app.ts';
import { projectPath } from '../../scripts/lib/paths.ts';
import { readResult, type PrintedResult } from './lib/clip-result.ts';
import { framesHash, probe } from './lib/mp4-file.ts';
import { startPackSite } from './lib/pack-site.ts';
import { portraitPath, useApp, type ClipRun } from './lib/use-app.ts';

const LTX = projectPath('models/tiny/ltx');
const WAN = projectPath('models/tiny/wan');
/** The longest that a few clips may take on a busy machine, ms. */
const CLIPS_MS = 180_000;

const site = await startPackSite(projectPath('models/tiny'));
afterAll(() => site.close());
const app = useApp();

let picture = '';
beforeAll(async () => {
  picture = await portraitPath();
});

/** A square clip of 3 s, since that is what the small packs are quickest at. */
function make(pack: string, name: string, ...more: readonly string[]): Promise<ClipRun> {
  const motion = more.includes('--prompt') ? [] : ['--preset', 'breathing'];
  return app.clip(
    ...[picture, ...motion, '--out', app.path(`${name}.mp4`), '--pack', pack],
    ...['--resolution', '480p', '--fps', '24', '--aspect', '1:1', '--json', ...more],
  );
}

function made({ status, out, err }: ClipRun): PrintedResult & { flow: object } {
  expect(err).not.toContain('error');
  expect(status).toBe(0);
  const { flow, ...result } = readResult(out);
  if (flow === undefined) throw new Error('nothing is said of the pack');
  return { ...result, flow };
}

/** The clip that others are compared with, made once. */
let folderClip: Promise<ClipRun> | undefined;
const fromFolder = (): Promise<ClipRun> => (folderClip ??= make(LTX, 'folder', '--seed', '1'));

/** A copy of the LTX-shaped pack under another id, so that nothing of one that is installed already is taken for it. */
async function broken(id: string, change: (pack: Record<string, unknown>) => void = () => undefined) {
  const folder = app.path(id);
  await cp(LTX, folder, { recursive: true, filter: (path) => !path.endsWith('references') });
  const path = join(folder, 'pack.json');
  const pack = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
  pack['id'] = id;
  change(pack);
  await writeFile(path, JSON.stringify(pack));
  return folder;
}

describe('a clip by a flow pack', () => {
  test(
    'in a folder: told what it is, warned, judged, made, and what it took',
    async () => {
      const run = await fromFolder();
      const result = made(run);
      expect(result).toMatchObject({
        ...{ pack: 'tiny-ltx', provider: 'wasm', width: 480, height: 480, fps: 24, frames: 72, seconds: 3 },
        flow: {
          version: '1.0.0',
          licence: 'CC0-1.0',
          trust: 'unsigned',
          model: { width: 64, height: 64, frames: 72, fps: 24 },
        },
      });
      expect(result.notices.map(({ code }) => code)).toEqual(['NOTICE_FLOW_ENLARGED', 'NOTICE_FLOW_PARTS']);
      const [pack, warning, verdict, ...rest] = run.err.split('\n');
      expect(pack).toMatch(/^pack tiny-ltx 1\.0\.0: A small random LTX-Video, 1\.\d MB, licence CC0-1\.0$/);
      expect(warning).toMatch(/^warning: nobody has signed this pack/);
      expect(verdict).toMatch(/^Fits; about .+ for 3 s at 64×64\.$/);
      expect(rest).toEqual([]);
      const { streams } = await probe(app.path('folder.mp4'));
      expect(streams).toMatchObject([{ codec_name: 'h264', width: 480, height: 480, nb_read_frames: '72' }]);
      expect((await readFile(app.path('folder.mp4'))).length).toBe(result.sizeBytes);
      expect((await readFile(app.path('folder.mp4'))).includes('/trainedAlgorithmicMedia<')).toBe(true);
    },
    CLIPS_MS,
  );

  test(
    'by its id, of the other family, with a prompt that its text encoder reads',
    async () => {
      const run = await make('tiny-wan', 'id', '--prompt', 'the disc moves left quickly');
      expect(made(run)).toMatchObject({ pack: 'tiny-wan', frames: 72, width: 480, height: 480 });
      const { streams } = await probe(app.path('id.mp4'));
      expect(streams).toMatchObject([{ nb_read_frames: '72', width: 480, height: 480 }]);
      const other = await make(WAN, 'words', '--prompt', 'the square moves right slowly');
      made(other);
      expect(await framesHash(app.path('words.mp4'))).not.toBe(await framesHash(app.path('id.mp4')));
    },
    CLIPS_MS,
  );

  test(
    'at an address: the same seed gives the same frames, another one others',
    async () => {
      made(await fromFolder());
      made(await make(`${site.origin}/ltx`, 'address', '--seed', '1'));
      expect(site.seen).toContain('/ltx/dit_step.weights-0.bin');
      made(await make(`${site.origin}/ltx/pack.json`, 'other', '--seed', '2'));
      const [first, again, other] = await Promise.all(
        ['folder', 'address', 'other'].map((name) => framesHash(app.path(`${name}.mp4`))),
      );
      expect(again).toBe(first);
      expect(other).not.toBe(first);
    },
    CLIPS_MS,
  );
});

describe('what is no flow pack, or not whole', () => {
  /** One sentence for the person, no file, and no clip. */
  async function refused(run: Promise<ClipRun>, code: string, words: RegExp): Promise<void> {
    const { status, out, err } = await run;
    const last = err.split('\n').at(-1) ?? '';
    expect(last).toMatch(new RegExp(`^error ${code}: `));
    expect(last).toMatch(words);
    expect(status).toBe(2);
    expect(out).toBe('');
    await expect(readFile(app.path('refused.mp4'))).rejects.toMatchObject({ code: 'ENOENT' });
  }
  const refuse = (pack: string, code: string, words: RegExp, ...more: readonly string[]): Promise<void> =>
    refused(make(pack, 'refused', ...more), code, words);

  test('names that lead nowhere', async () => {
    const empty = app.path('empty');
    await mkdir(empty);
    await refuse(empty, 'ERR_INPUT_PACK', /There is no pack\.json in .*empty.*Give --pack/);
    await refuse('./nowhere', 'ERR_INPUT_PACK', /nowhere does not exist/);
    await refuse('no-such-pack', 'ERR_INPUT_PACK', /known by their ids are .*tiny-ltx, tiny-wan/);
  });

  test('a shard that is missing, one that is damaged, a description that is', async () => {
    const lacking = await broken('lacking');
    await rm(join(lacking, 'dit_step.weights-0.bin'));
    await refuse(lacking, 'ERR_MODEL_MISSING', /The pack lacks dit_step\.weights-0\.bin\./);
    const damaged = await broken('damaged');
    const shard = join(damaged, 'vae_decode.weights-0.bin');
    const bytes = await readFile(shard);
    bytes[100] = (bytes[100] ?? 0) ^ 1;
    await writeFile(shard, bytes);
    await refuse(damaged, 'ERR_MODEL_DAMAGED', /vae_decode\.weights-0\.bin isn't what pack\.json says/);
    const odd = await broken('odd', (pack) => (pack['version'] = 'newest'));
    await refuse(odd, 'ERR_MODEL_DAMAGED', /isn't made the way a pack is, at version\./);
    const climbing = await broken('climbing', (pack) => (pack['files'] = [{ file: '../../secret' }]));
    await refuse(climbing, 'ERR_MODEL_UNSAFE', /it leads out of the pack/);
    const signed = await broken('signed');
    await writeFile(join(signed, 'pack.sig'), '{}');
    await refuse(signed, 'ERR_MODEL_SIGNATURE', /signature doesn't hold/);
  });

  test('addresses without one', async () => {
    await refuse(`${site.origin}/nothing`, 'ERR_MODEL_MISSING', /no pack\.json/);
    await refuse(`${site.origin}/page`, 'ERR_MODEL_MISSING', /a page comes instead of pack\.json/);
    await refuse('http://localhost:9/pack', 'ERR_MODEL_UNREACHABLE', /server doesn't answer/);
  });

  test('a pack of the other engine, and a flow pack that takes its name', async () => {
    await refuse(join(DIST, 'packs/portrait'), 'ERR_INPUT_PACK', /is no flow pack.*--pack portrait/);
    await refuse(await broken('portrait'), 'ERR_INPUT_PACK', /calls itself portrait/);
  });

  test('words for a pack that reads none', async () => {
    const mute = await broken('mute', (pack) => {
      const graphs = pack['graphs'] as { readonly id: string }[];
      pack['graphs'] = graphs.filter(({ id }) => id !== 'text_encoder');
      const { text } = pack['constants'] as { readonly text: Record<string, unknown> };
      text['tokenizer'] = null;
    });
    const words = /has no text encoder.*Choose a --preset/;
    await refuse(mute, 'ERR_INPUT_PROMPT_NOT_UNDERSTOOD', words, '--prompt', 'the disc moves left');
  });
});
