import { ApiError } from '../api-error.ts';

const JSON_TYPE = /^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i;
const decoder = new TextDecoder('utf-8', { fatal: true });

function tooLarge(max: number): ApiError {
  return new ApiError('ERR_REQUEST_TOO_LARGE', `A request to this route has at most ${max} bytes.`, {
    details: { max },
    // What is left of it is not read.
    headers: { Connection: 'close' },
  });
}

/**
 * A request's body, at most `max` bytes of it: a longer one is let go unread as soon as that is known, whether its
 * length is told or it comes in chunks.
 *
 * @throws ApiError ERR_REQUEST_TOO_LARGE
 */
export async function readBody(request: Request, max: number): Promise<Uint8Array<ArrayBuffer>> {
  const told = request.headers.get('content-length');
  if (told !== null && !(Number(told) <= max)) throw tooLarge(max);
  if (request.body === null) return new Uint8Array(0);
  const reader: ReadableStreamDefaultReader<Uint8Array> = request.body.getReader();
  const parts: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.byteLength;
    if (size > max) {
      // Not waited for: whoever sends may never end.
      reader.cancel().catch(() => undefined);
      throw tooLarge(max);
    }
    parts.push(value);
  }
  const body = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    body.set(part, at);
    at += part.byteLength;
  }
  return body;
}

/** Refuses bodies that are said to be something else, or compressed. @throws ApiError ERR_REQUEST_NOT_JSON */
export function requireJson(headers: Headers): void {
  if (!JSON_TYPE.test(headers.get('content-type') ?? '')) {
    throw new ApiError('ERR_REQUEST_NOT_JSON', 'The content type must be application/json.');
  }
  if ((headers.get('content-encoding') ?? 'identity').toLowerCase() !== 'identity') {
    throw new ApiError('ERR_REQUEST_NOT_JSON', 'A compressed body is not taken.');
  }
}

/** Bytes as a JSON value. @throws ApiError ERR_REQUEST_NOT_JSON */
export function parseJson(body: Uint8Array): unknown {
  try {
    const value: unknown = JSON.parse(decoder.decode(body));
    return value;
  } catch (cause) {
    throw new ApiError('ERR_REQUEST_NOT_JSON', 'The body is not JSON in UTF-8.', { cause });
  }
}
