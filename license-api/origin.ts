import { ApiError } from './api-error.ts';
import type { Licence, RawRequest } from './services.ts';

/**
 * A page may use a licence from the licence's own origins; from the application's where it has none. What is no page
 * sends no `Origin`.
 *
 * @throws ApiError ERR_REQUEST_ORIGIN
 */
export function checkOrigin(
  request: RawRequest,
  licence: Pick<Licence, 'origins'>,
  appOrigins: readonly string[],
): void {
  const origin = request.headers.get('Origin');
  if (origin === null) return;
  const allowed = licence.origins.length === 0 ? appOrigins : licence.origins;
  if (!allowed.includes(origin)) {
    throw new ApiError('ERR_REQUEST_ORIGIN', 'This page may not use this licence.');
  }
}
