import { AppError, ERROR_CODES } from '../../contracts/errors.ts';
import type { ErrorCode, ErrorRecord } from '../../contracts/errors.ts';

/** Causes beyond this depth are dropped, so that a cycle ends. */
const DEPTH_MAX = 6;

/** Names that belong to DOMException rather than to a class of their own. */
const DOM_NAMES: ReadonlySet<string> = new Set([
  'AbortError',
  'ConstraintError',
  'DataCloneError',
  'DataError',
  'EncodingError',
  'InvalidAccessError',
  'InvalidStateError',
  'NetworkError',
  'NotAllowedError',
  'NotFoundError',
  'NotReadableError',
  'NotSupportedError',
  'OperationError',
  'QuotaExceededError',
  'SecurityError',
  'TimeoutError',
  'TransactionInactiveError',
  'UnknownError',
  'VersionError',
]);

const CODES: ReadonlySet<string> = new Set(ERROR_CODES);
const isCode = (value: string): value is ErrorCode => CODES.has(value);

/**
 * An error, or whatever was thrown, as plain data: class name, message, code, details, retryable and the chain of
 * causes. The other direction is {@link fromErrorRecord}.
 */
export function toErrorRecord(thrown: unknown, depth = 0): ErrorRecord {
  if (!(thrown instanceof Error) && !(thrown instanceof DOMException)) {
    return { name: 'Error', message: typeof thrown === 'string' ? thrown : `Thrown: ${String(thrown)}` };
  }
  const cause: unknown = 'cause' in thrown ? thrown.cause : undefined;
  return {
    name: thrown.name,
    message: thrown.message,
    ...(thrown instanceof AppError
      ? { code: thrown.code, details: { ...thrown.details }, retryable: thrown.retryable }
      : {}),
    ...(cause !== undefined && depth < DEPTH_MAX ? { cause: toErrorRecord(cause, depth + 1) } : {}),
  };
}

/**
 * The error that a record was made from: an {@link AppError} with its code, details and retryable, a DOMException by
 * its name (so that an `AbortError` is one again), a TypeError or RangeError, else an Error with the name it had.
 */
export function fromErrorRecord(record: ErrorRecord): Error {
  const cause = record.cause === undefined ? undefined : fromErrorRecord(record.cause);
  const options = cause === undefined ? undefined : { cause };
  if (record.code !== undefined && isCode(record.code)) {
    return new AppError(record.code, record.message, {
      ...(record.details === undefined ? {} : { details: record.details }),
      retryable: record.retryable ?? false,
      ...options,
    });
  }
  if (DOM_NAMES.has(record.name)) return new DOMException(record.message, record.name);
  if (record.name === 'TypeError') return new TypeError(record.message, options);
  if (record.name === 'RangeError') return new RangeError(record.message, options);
  const error = new Error(record.message, options);
  if (record.name !== 'Error') error.name = record.name;
  return error;
}

/** True for a cancellation: a DOMException named `AbortError`. */
export function isAbort(thrown: unknown): boolean {
  return thrown instanceof DOMException && thrown.name === 'AbortError';
}
