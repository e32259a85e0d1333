import { ApiError } from '../api-error.ts';

// The mark at the beginning of a text is not passed over: JSON has none. @source RFC 8259, 8.1
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Bytes as a JSON value. @throws ApiError ERR_REQUEST_NOT_JSON */
export function parseJson(body: Uint8Array): unknown {
  try {
    const value: unknown = JSON.parse(decoder.decode(body));
    return value;
  } catch (cause) {
    throw new ApiError('ERR_REQUEST_NOT_JSON', 'The body is not JSON in UTF-8.', { cause });
  }
}

/** Whether no text in a JSON value, names of members too, holds U+0000 or half of a surrogate pair. However deep it is. */
export function isText(value: unknown): boolean {
  const open: unknown[] = [value];
  while (open.length > 0) {
    const one = open.pop();
    if (typeof one === 'string') {
      if (one.includes('\0') || /\p{Surrogate}/u.test(one)) return false;
    } else if (Array.isArray(one)) {
      for (const member of one) open.push(member);
    } else if (typeof one === 'object' && one !== null) {
      for (const [name, member] of Object.entries(one)) open.push(name, member);
    }
  }
  return true;
}
