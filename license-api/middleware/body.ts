import { ApiError } from '../api-error.ts';

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Bytes as a JSON value. @throws ApiError ERR_REQUEST_NOT_JSON */
export function parseJson(body: Uint8Array): unknown {
  try {
    const value: unknown = JSON.parse(decoder.decode(body));
    return value;
  } catch (cause) {
    throw new ApiError('ERR_REQUEST_NOT_JSON', 'The body is not JSON in UTF-8.', { cause });
  }
}
