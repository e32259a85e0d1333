import type { ShownError } from '../contracts/app.api.ts';
import type { ErrorCode } from '../contracts/errors.ts';
import { number, t, type StringKey } from './strings/strings.ts';

/** The sentence's key for a code. That every code has one is checked by the compiler. */
export function errorKey(code: ErrorCode): `error.${ErrorCode}` & StringKey {
  return `error.${code}`;
}

/** What happened and what to do, for a person; the code itself is not shown. */
export function errorSentence(error: Pick<ShownError, 'code'>): string {
  return t(errorKey(error.code));
}

/** Facts that came with an error and help a person, such as the size of a picture; empty where there are none. */
export function errorFacts(error: ShownError): string {
  const { width, height } = error.details;
  return typeof width === 'number' && typeof height === 'number'
    ? `${number(width)} × ${number(height)}`
    : '';
}
