import type { ShownError } from '../contracts/app.api.ts';
import type { ErrorCode } from '../contracts/errors.ts';
import { PORTRAIT } from '../contracts/settings.ts';
import { secondsShort } from './strings/format.ts';
import { number, t, type StringKey } from './strings/strings.ts';

/** The sentence's key for a code. That every code has one is checked by the compiler. */
export function errorKey(code: ErrorCode): `error.${ErrorCode}` & StringKey {
  return `error.${code}`;
}

/** What happened and what to do, for a person; the code itself is not shown. */
export function errorSentence(
  error: Pick<ShownError, 'code'> & Partial<Pick<ShownError, 'details'>>,
): string {
  // Said of what went on by itself with another choice, which asks nothing of the person.
  if (error.code === 'ERR_INPUT_PACK' && error.details?.['instead'] !== undefined)
    return t('error.pack.gone');
  return t(errorKey(error.code));
}

const FLOW_ERRORS = [
  'ERR_MODEL_MISSING',
  'ERR_MODEL_DAMAGED',
  'ERR_MODEL_FAILED',
  'ERR_MODEL_BUSY',
  'ERR_GPU_LOST',
  'ERR_INPUT_PROMPT_NOT_UNDERSTOOD',
] as const;

/** {@link errorSentence} of a clip by a pack; what is said of the portrait pack doesn't hold of a flow pack. */
export function clipErrorSentence(error: ShownError, packId: string): string {
  const { most, check, why, sentence } = error.details;
  // It says what to change, where the code alone says only that the model stopped.
  if (why === 'does-not-fit' && typeof sentence === 'string') return sentence;
  if (
    packId !== PORTRAIT &&
    error.code === 'ERR_MEDIA_VERIFY_FAILED' &&
    check === 'first frame like the picture'
  )
    return t('error.flow.unlike');
  if (packId !== PORTRAIT && error.code === 'ERR_INPUT_SECONDS' && typeof most === 'number')
    return t('error.flow.ERR_INPUT_SECONDS', { length: secondsShort(most) });
  const code = packId === PORTRAIT ? undefined : FLOW_ERRORS.find((one) => one === error.code);
  return code === undefined ? errorSentence(error) : t(`error.flow.${code}`);
}

/** Facts that came with an error and help a person, such as the size of a picture; empty where there are none. */
export function errorFacts(error: ShownError): string {
  const { width, height } = error.details;
  return typeof width === 'number' && typeof height === 'number'
    ? `${number(width)} × ${number(height)}`
    : '';
}
