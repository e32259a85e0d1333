import type { ShownError } from '../contracts/app.api.ts';
import { AppError } from '../contracts/errors.ts';
import type { JobRecord } from '../contracts/records.ts';

/** True for a cancellation, which is not shown as a failure. */
export function isAbort(cause: unknown): boolean {
  return cause instanceof DOMException && cause.name === 'AbortError';
}

/** Anything thrown as an AppError; what nobody foresaw counts as a failed worker, with its own words kept. */
export function toAppError(cause: unknown): AppError {
  if (cause instanceof AppError) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  return new AppError('ERR_WORKER_FAILED', message, { cause, details: { message }, retryable: true });
}

/** An error as the state carries it. */
export function toShownError(cause: unknown): ShownError {
  const { code, message, details, retryable } = toAppError(cause);
  return { code, message, details, retryable };
}

/** The error that a job's record carries, or null for none and for a cancellation. */
export function jobError(record: JobRecord): ShownError | null {
  const { error } = record;
  if (error === undefined || error.code === 'ABORTED') return null;
  return {
    code: error.code,
    message: error.message,
    details: error.details ?? {},
    retryable: error.retryable ?? false,
  };
}
