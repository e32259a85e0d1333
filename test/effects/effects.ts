import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { buildApp } from '../../scripts/lib/build-app.ts';
import { projectPath } from '../../scripts/lib/paths.ts';
import { PRESETS, type PresetId } from '../../src/contracts/settings.ts';
import { openStudio, samplePictures, type Picture } from './make-clip.ts';
import { measureClip } from './measure-clip.ts';
import { openOracle } from './oracle.ts';
import { reportLines, type Measured } from './report.ts';
import type { Medium } from './thresholds.ts';

const USAGE = `npm run effects -- [--pictures A,B] [--presets A,B] [--resolution 480p] [--fps 24] [--seconds N] [--medium photograph|glasses|painting]
                   [--clip FILE.mp4 --presets NAME]

Makes each preset's clip of the sample faces (or of the pictures named) through the command line's pipeline and
measures it on the finished MP4 with MediaPipe's own landmarks. The numbers go to out/effects.json.

  --clip FILE   measures a clip that is there already, as the one preset named`;

function isPreset(name: string): name is PresetId {
  return (PRESETS as readonly string[]).includes(name);
}

function presetsOf(names: string | undefined): readonly PresetId[] {
  if (names === undefined) return PRESETS;
  return names.split(',').map((name) => {
    if (!isPreset(name)) throw new Error(`there is no preset ${name}`);
    return name;
  });
}

function mediumOf(name = 'photograph'): Medium {
  if (name === 'photograph' || name === 'glasses' || name === 'painting') return name;
  throw new Error(`--medium is photograph, glasses or painting, not ${name}`);
}

async function main(): Promise<number> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: {
      ...{
        pictures: text,
        presets: text,
        resolution: text,
        fps: text,
        seconds: text,
        medium: text,
        clip: text,
      },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help === true) {
    console.log(USAGE);
    return 0;
  }
  const presets = presetsOf(values.presets);
  const medium = mediumOf(values.medium);
  const oracle = await openOracle();
  const all: Measured[] = [];
  const tell = (measured: Measured): void => {
    all.push(measured);
    console.log(reportLines(measured).join('\n'));
  };
  try {
    if (values.clip !== undefined) {
      const [preset = 'gentle-movement'] = presets;
      const measures = await measureClip(oracle, values.clip, { preset, medium });
      tell({ picture: basename(values.clip), ...measures });
    } else {
      const pictures: readonly Picture[] =
        values.pictures === undefined
          ? (await samplePictures()).filter(({ medium: kind }) => kind !== null)
          : values.pictures.split(',').map((path) => ({ path: resolve(path), name: basename(path), medium }));
      await buildApp();
      const studio = await openStudio(projectPath('out/effects'));
      try {
        for (const picture of pictures) {
          for (const preset of presets) {
            const clip = await studio.make(picture, preset, {
              ...(values.resolution === undefined ? {} : { resolution: values.resolution }),
              ...(values.fps === undefined ? {} : { fps: values.fps }),
              ...(values.seconds === undefined ? {} : { seconds: values.seconds }),
            });
            const kind = picture.medium ?? medium;
            tell({ picture: picture.name, ...(await measureClip(oracle, clip, { preset, medium: kind })) });
          }
        }
      } finally {
        await studio.close();
      }
    }
  } finally {
    await oracle.close();
  }
  await mkdir(projectPath('out'), { recursive: true });
  await writeFile(join(projectPath('out'), 'effects.json'), `${JSON.stringify(all, null, 2)}\n`);
  const failed = all.flatMap(({ checks }) => checks.filter(({ passed }) => !passed)).length;
  console.log(`${all.reduce((sum, { checks }) => sum + checks.length, 0) - failed} held, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

main().then(
  (status) => {
    process.exitCode = status;
  },
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 2;
  },
);
