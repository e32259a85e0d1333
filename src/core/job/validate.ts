import * as v from 'valibot';
import { AppError, type ErrorCode, type ErrorDetails } from '../../contracts/errors.ts';
import {
  clipSettingsSchema,
  PROMPT_MAX,
  SECONDS_MAX,
  SECONDS_MIN,
  type ClipSettings,
  type Motion,
} from '../../contracts/settings.ts';

/** As in `pack.json`; whether such a pack is installed is asked where its clip is made. */
const PACK_ID = /^[a-z0-9][a-z0-9.-]*$/u;

const CODE_OF_FIELD: Readonly<Record<string, ErrorCode>> = {
  seconds: 'ERR_INPUT_SECONDS',
  resolution: 'ERR_INPUT_RESOLUTION',
  fps: 'ERR_INPUT_FPS',
  aspect: 'ERR_INPUT_ASPECT',
  seed: 'ERR_INPUT_SEED',
  pack: 'ERR_INPUT_PACK',
};

/** A value as it can be shown in a sentence: short, and never an object. */
function shown(value: unknown): string {
  return (typeof value === 'string' ? value : String(value)).slice(0, 60);
}

function motionError(motion: unknown): { code: ErrorCode; message: string; details: ErrorDetails } {
  if (typeof motion !== 'object' || motion === null || !('kind' in motion)) {
    return { code: 'ERR_INPUT_PRESET', message: 'neither a preset nor a prompt was given', details: {} };
  }
  if (motion.kind === 'preset') {
    const preset = 'preset' in motion ? shown(motion.preset) : '';
    return { code: 'ERR_INPUT_PRESET', message: `there is no preset ${preset}`, details: { given: preset } };
  }
  if (motion.kind === 'prompt' && 'prompt' in motion && typeof motion.prompt === 'string') {
    return {
      code: 'ERR_INPUT_PROMPT_TOO_LONG',
      message: `the prompt has ${motion.prompt.length} characters, at most ${PROMPT_MAX} are allowed`,
      details: { characters: motion.prompt.length, most: PROMPT_MAX },
    };
  }
  return { code: 'ERR_INPUT_ARGUMENT', message: 'the motion is not one', details: {} };
}

/** Whether a prompt says nothing at all: white space, invisible characters. */
function isBlank(motion: Motion): boolean {
  return motion.kind === 'prompt' && !/[^\s\p{Cf}\p{Cc}]/u.test(motion.prompt);
}

/**
 * Checks everything that a clip's settings may be given wrongly; what a prompt means is not read here.
 *
 * @returns the settings, without fields that don't belong there.
 * @throws ERR_INPUT_PRESET, ERR_INPUT_PROMPT_EMPTY, ERR_INPUT_PROMPT_TOO_LONG, ERR_INPUT_SECONDS,
 * ERR_INPUT_RESOLUTION, ERR_INPUT_FPS, ERR_INPUT_ASPECT, ERR_INPUT_SEED, ERR_INPUT_PACK, ERR_INPUT_ARGUMENT
 */
export function validateSettings(input: unknown): ClipSettings {
  const result = v.safeParse(clipSettingsSchema, input, { abortPipeEarly: true });
  if (!result.success) {
    const path = result.issues[0].path;
    const key = path?.[0]?.key;
    const field = typeof key === 'string' ? key : '';
    if (field === 'motion') {
      const { code, message, details } = motionError(path?.[0]?.value);
      throw new AppError(code, message, { details });
    }
    const given = shown(path?.[0]?.value);
    const details: ErrorDetails =
      field === 'seconds' ? { given, least: SECONDS_MIN, most: SECONDS_MAX } : { field, given };
    const code = CODE_OF_FIELD[field] ?? 'ERR_INPUT_ARGUMENT';
    throw new AppError(code, `${field || 'the settings'}: ${given} is not allowed`, { details });
  }
  const settings = result.output;
  if (isBlank(settings.motion)) throw new AppError('ERR_INPUT_PROMPT_EMPTY', 'the prompt is empty');
  if (!PACK_ID.test(settings.pack)) {
    throw new AppError('ERR_INPUT_PACK', `there is no pack ${shown(settings.pack)}`, {
      details: { given: shown(settings.pack) },
    });
  }
  return settings;
}
