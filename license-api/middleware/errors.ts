import type { ErrorHandler } from 'hono';
import { ApiError } from '../api-error.ts';
import type { AppEnvironment } from '../services.ts';

/** SQLSTATE classes after which the same request may succeed: connection, resources, shutdown, serialisation. */
const BUSY = /^(08|53|57P|40001|40P01)/;
const LOST = new Set(['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EPIPE']);

function isBusy(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return false;
  return BUSY.test(error.code) || LOST.has(error.code);
}

/** The refusal that is answered to whatever was thrown. Of what nobody foresaw only `ERR_SERVER` is told. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (isBusy(error)) {
    return new ApiError('ERR_SERVER_BUSY', 'The service is busy; try again.', {
      headers: { 'Retry-After': '1' },
      cause: error,
    });
  }
  return new ApiError('ERR_SERVER', 'Something went wrong on the server.', { cause: error });
}

/** A refusal as an answer. */
export function errorResponse(error: unknown): Response {
  const refusal = toApiError(error);
  const headers = refusal.code === 'ERR_OPERATOR_KEY' ? { 'WWW-Authenticate': 'Bearer' } : {};
  return Response.json(refusal.body(), {
    status: refusal.status,
    headers: { ...headers, ...refusal.headers },
  });
}

/** Answers whatever a route threw, and leaves its code for the log. */
export const onError: ErrorHandler<AppEnvironment> = (error, c) => {
  c.set('errorCode', toApiError(error).code);
  return errorResponse(error);
};
