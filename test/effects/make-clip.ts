import { mkdir, readFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { runClip } from '../../scripts/lib/clip/run-clip.ts';
import { openSession } from '../../scripts/lib/clip/session.ts';
import { projectPath } from '../../scripts/lib/paths.ts';
import type { SampleInfo } from '../../src/contracts/app.api.ts';
import type { PresetId } from '../../src/contracts/settings.ts';
import type { Medium } from './thresholds.ts';

/** A picture to make clips of. */
export interface Picture {
  readonly path: string;
  readonly name: string;
  /** Null when there is no person's face in it. */
  readonly medium: Medium | null;
}

/** Settings of a clip as the command line writes them. */
export interface ClipOptions {
  readonly seconds?: string;
  readonly resolution?: string;
  readonly fps?: string;
}

/** Long enough for two breaths; the others show what they have in the shortest clip but one. */
const SECONDS: Readonly<Record<PresetId, string>> = {
  'gentle-movement': '4',
  'turn-to-camera': '4',
  'hair-in-wind': '4',
  'smile-and-blink': '4',
  'wave-hello': '4',
  breathing: '8',
  'look-around': '5',
};

const MEDIUM: Readonly<Record<SampleInfo['kind'], Medium | null>> = {
  portrait: 'photograph',
  painting: 'painting',
  illustration: 'painting',
  animal: null,
  landscape: null,
};

/** Photographs of people who wear glasses. */
const WITH_GLASSES: ReadonlySet<string> = new Set(['rear-admiral']);

/** The samples that the build has made, in their order. */
export async function samplePictures(): Promise<Picture[]> {
  const listed: unknown = JSON.parse(await readFile(projectPath('public/samples/samples.json'), 'utf8'));
  return (listed as SampleInfo[]).map(({ id, file, kind }) => ({
    path: projectPath(`public/samples/${file}`),
    name: basename(file, extname(file)),
    medium: WITH_GLASSES.has(id) ? 'glasses' : MEDIUM[kind],
  }));
}

/** The command line that makes a clip of one preset. */
export function clipArguments(
  picture: Picture,
  preset: PresetId,
  out: string,
  options: ClipOptions = {},
): string[] {
  return [
    ...[picture.path, '--preset', preset, '--out', out],
    ...['--seconds', options.seconds ?? SECONDS[preset]],
    ...['--resolution', options.resolution ?? '480p', '--fps', options.fps ?? '24'],
  ];
}

/** The command line's pipeline in one browser for many clips. */
export interface Studio {
  /**
   * Makes a clip and gives its path in the studio's folder.
   *
   * @throws Error with what the command line said
   */
  make(picture: Picture, preset: PresetId, options?: ClipOptions): Promise<string>;
  close(): Promise<void>;
}

/**
 * Opens the pipeline. The application must have been built.
 *
 * @param folder where the clips go; made when it is not there
 */
export async function openStudio(folder: string): Promise<Studio> {
  await mkdir(folder, { recursive: true });
  const session = await openSession();
  return {
    async make(picture, preset, options) {
      const out = join(folder, `${basename(picture.name, extname(picture.name))}-${preset}.mp4`);
      const said: string[] = [];
      const status = await runClip(clipArguments(picture, preset, out, options), {
        out: (line) => said.push(line),
        err: (line) => said.push(line),
        terminal: { write: () => undefined },
        folder,
        session: () => Promise.resolve(session),
      });
      if (status !== 0) throw new Error(`${picture.name}, ${preset}: ${said.join(' ')}`);
      return out;
    },
    close: () => session.close(),
  };
}
