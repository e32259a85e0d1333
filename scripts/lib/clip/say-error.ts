import type { ErrorCode, ErrorDetails } from '../../../src/contracts/errors.ts';
import { PRESETS } from '../../../src/contracts/settings.ts';
import { errorSentence } from '../../../src/ui/errors.ts';
import { CHROME_MISSING } from '../chrome.ts';
import { sayPackError } from './say-pack-error.ts';

/** Sentences for what is done with other means on a command line than in the application. */
const SENTENCES: Partial<Record<ErrorCode, string>> = {
  ERR_ENV_UNSUPPORTED: `The pipeline can't run here: ${CHROME_MISSING}.`,
  ERR_INPUT_NOT_FOUND: 'There is no such picture, or it may not be read. Check the path.',
  ERR_INPUT_PRESET: `There is no such preset. Choose one of ${PRESETS.join(', ')}.`,
  ERR_INPUT_PROMPT_EMPTY: 'The prompt says nothing. Write what should move, or choose a --preset.',
  ERR_INPUT_ASPECT: 'This shape is not offered. Choose source, 9:16, 1:1 or 16:9.',
  ERR_INPUT_SEED: 'A seed is a whole number from 0 to 4294967295. Choose another.',
  ERR_INPUT_PACK:
    'Give --pack portrait, a folder with the pack.json of a flow pack, the http(s) address of one, or the id of a pack in models/packs or models/tiny.',
  ERR_INPUT_OUTPUT: 'The clip cannot be written there. Choose another --out.',
  ERR_INPUT_ARGUMENT: 'See --help.',
  ERR_MODEL_MISSING: 'The portrait pack is missing. Run npm run build and try again.',
  ERR_MODEL_DAMAGED: 'The portrait pack is damaged. Remove public/packs, run npm run build and try again.',
};

/** An error as far as it can be told. */
export interface Told {
  readonly code: ErrorCode;
  readonly details?: ErrorDetails;
}

/**
 * `error ERR_…: what happened and what to do`, one line without an end of line, and nothing that moves a terminal's cursor.
 *
 * @param isFlow whether a flow pack was asked for.
 */
export function sayError(error: Told, isFlow = false): string {
  const details = error.details ?? {};
  const { say } = details;
  const special = isFlow ? sayPackError(error.code, details) : null;
  const sentence = special ?? SENTENCES[error.code] ?? errorSentence(error);
  const text =
    typeof say === 'string' ? `${say.charAt(0).toUpperCase()}${say.slice(1)}. ${sentence}` : sentence;
  return `error ${error.code}: ${text.replace(/[\s\p{Cc}]+/gu, ' ')}`;
}
