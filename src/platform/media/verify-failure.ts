import { AppError } from '../../contracts/errors.ts';
import type { ErrorDetails } from '../../contracts/errors.ts';

/** A finished file that may not be saved: ERR_MEDIA_VERIFY_FAILED with the check that it fails. */
export const failed = (check: string, details: ErrorDetails = {}, cause?: unknown): AppError =>
  new AppError('ERR_MEDIA_VERIFY_FAILED', `the finished file fails the check "${check}"`, {
    details: { check, ...details },
    retryable: true,
    cause,
  });
