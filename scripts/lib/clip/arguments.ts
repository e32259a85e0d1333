import { isAbsolute, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { AppError } from '../../../src/contracts/errors.ts';
import {
  DEFAULT_SETTINGS,
  PORTRAIT,
  PRESETS,
  SECONDS_MIN,
  type ClipSettings,
} from '../../../src/contracts/settings.ts';
import { validateSettings } from '../../../src/core/job/validate.ts';
import { readPackChoice, type PackChoice } from './pack-choice.ts';

/** Help of the command line. */
export const USAGE = `npm run --silent clip -- PICTURE (--preset NAME | --prompt TEXT) --out FILE.mp4
    [--seconds 3] [--resolution 480p|720p|1080p] [--fps 24|30] [--aspect source|9:16|1:1|16:9]
    [--seed N] [--pack portrait|ID|FOLDER|URL] [--json]

Makes a clip of a picture on this machine.

  --preset NAME      one of ${PRESETS.slice(0, 4).join(', ')},
                     ${PRESETS.slice(4).join(', ')}
  --prompt TEXT      what should move, in your own words (at most 5,000 characters)
  --out FILE.mp4     where the clip goes; an existing file is replaced once the new one is checked
  --seconds N        3 to 15, ${SECONDS_MIN} without it
  --resolution R     length of the short side, ${DEFAULT_SETTINGS.resolution} without it
  --fps N            ${DEFAULT_SETTINGS.fps} without it
  --aspect A         the picture's own shape without it, otherwise a crop on the subject
  --seed N           0 to 4294967295, ${DEFAULT_SETTINGS.seed} without it; the same seed gives the same frames
  --pack P           portrait without it; otherwise a flow pack: a folder with a pack.json, the http(s) address of one,
                     or the id of a pack in models/packs or models/tiny. Its licence is named and taken as accepted
  --json             print one JSON object last: what was made, notices, times
  --help             this text

Exit status: 0 for a clip; 2 for bad input or a failed job, with "error ERR_...: what happened and what to do"
on standard error and no file left behind; 130 after Ctrl-C.`;

const VALUE_OPTIONS = [
  'preset',
  'prompt',
  'out',
  'seconds',
  'resolution',
  'fps',
  'aspect',
  'seed',
  'pack',
] as const;
const FLAGS = ['json', 'help'] as const;

/** What a command line asks for. */
export type ClipCommand =
  | { readonly kind: 'help' }
  | {
      readonly kind: 'clip';
      /** Absolute. */
      readonly picture: string;
      /** Absolute. */
      readonly out: string;
      /** `pack` is the portrait pack's until {@link pack} was looked at. */
      readonly settings: ClipSettings;
      readonly pack: PackChoice;
      readonly json: boolean;
    };

function wrong(message: string): AppError {
  return new AppError('ERR_INPUT_ARGUMENT', message, { details: { say: message } });
}

/** Joins `--name value` to `--name=value`, so that a value may begin with a dash (`--seconds -1`, `--prompt "- smile"`). */
function joinValues(args: readonly string[]): string[] {
  const names: ReadonlySet<string> = new Set(VALUE_OPTIONS.map((name) => `--${name}`));
  const options: ReadonlySet<string> = new Set([...names, ...FLAGS.map((name) => `--${name}`)]);
  const joined: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    if (arg === '--') return [...joined, ...args.slice(i)];
    const next = args[i + 1];
    if (names.has(arg) && next !== undefined && !options.has(next)) {
      joined.push(`${arg}=${next}`);
      i++;
    } else joined.push(arg);
  }
  return joined;
}

/** A number as written; anything else is NaN, which no setting allows. */
function numberOf(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text);
}

function parse(args: readonly string[]): ReturnType<typeof parseOptions> {
  try {
    return parseOptions(args);
  } catch (error) {
    // parseArgs explains itself in its first sentence; what follows is advice on its own syntax.
    const [first = 'the options could not be read'] = (error instanceof Error ? error.message : '').split(
      '. ',
    );
    throw wrong(first);
  }
}

function parseOptions(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  return parseArgs({
    args: joinValues(args),
    allowPositionals: true,
    options: {
      preset: text,
      prompt: text,
      out: text,
      seconds: text,
      resolution: text,
      fps: text,
      aspect: text,
      seed: text,
      pack: text,
      json: flag,
      help: { ...flag, short: 'h' },
    },
  });
}

/**
 * Reads and checks a command line; touches no file.
 *
 * @param args what follows the program's name.
 * @param folder what relative paths are relative to, absolute.
 * @throws ERR_INPUT_ARGUMENT when an option is unknown, missing or doubled; and what {@link validateSettings} and
 * {@link readPackChoice} throw.
 */
export function readArguments(args: readonly string[], folder: string): ClipCommand {
  const { values, positionals } = parse(args);
  if (values.help === true) return { kind: 'help' };
  const [picture, ...more] = positionals;
  if (picture === undefined) throw wrong('no picture is named');
  if (more.length > 0) throw wrong(`one picture makes one clip, but ${positionals.length} are named`);
  if (values.preset !== undefined && values.prompt !== undefined) {
    throw wrong('--preset and --prompt exclude each other');
  }
  if (values.preset === undefined && values.prompt === undefined) {
    throw wrong('neither --preset nor --prompt is given');
  }
  if (values.out === undefined || values.out === '') throw wrong('--out FILE.mp4 is missing');
  const settings = validateSettings({
    motion:
      values.preset === undefined
        ? { kind: 'prompt', prompt: values.prompt }
        : { kind: 'preset', preset: values.preset },
    seconds: values.seconds === undefined ? SECONDS_MIN : numberOf(values.seconds),
    resolution: values.resolution ?? DEFAULT_SETTINGS.resolution,
    fps: values.fps === undefined ? DEFAULT_SETTINGS.fps : numberOf(values.fps),
    aspect: values.aspect ?? DEFAULT_SETTINGS.aspect,
    seed: values.seed === undefined ? DEFAULT_SETTINGS.seed : numberOf(values.seed),
    pack: PORTRAIT,
    embedSettings: DEFAULT_SETTINGS.embedSettings,
  });
  const absolute = (path: string): string => (isAbsolute(path) ? path : resolve(folder, path));
  return {
    kind: 'clip',
    picture: absolute(picture),
    out: absolute(values.out),
    settings,
    pack: readPackChoice(values.pack, folder),
    json: values.json === true,
  };
}
