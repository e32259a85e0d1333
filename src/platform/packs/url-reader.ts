import { AppError } from '../../contracts/errors.ts';
import { isBlocked } from './policy.ts';
import { collect, missing, wrongLength, type PackReader } from './reader.ts';
import { reasonOf, type PackTime } from './time.ts';

/** What a reader of addresses needs besides the address. */
export interface UrlOptions {
  readonly time: PackTime;
  /** A connection that says nothing for so long is given up. */
  readonly idleMs: number;
  /** ETag or date of each file that was begun, by path: read and written here, remembered by whoever installs. */
  readonly validators: Record<string, string>;
}

const unreachable = (path: string, why: string, cause?: unknown, retryAfterMs?: number): AppError =>
  new AppError('ERR_MODEL_UNREACHABLE', `${path} could not be fetched: ${why}`, {
    retryable: true,
    details: { file: path, why, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) },
    cause,
  });

/** A strong ETag or else the date; null where `If-Range` can't be asked. @source RFC 9110 §13.1.5 */
function validatorOf(headers: Headers): string | null {
  const etag = headers.get('etag');
  return etag !== null && !etag.startsWith('W/') ? etag : headers.get('last-modified');
}

/** Milliseconds to wait. @source RFC 9110 §10.2.3 */
function retryAfterMs(headers: Headers): number | undefined {
  const value = headers.get('retry-after');
  if (value === null) return undefined;
  if (/^\d{1,7}$/.test(value)) return Number(value) * 1000;
  const atMs = Date.parse(value);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - Date.now());
}

const RETRYABLE: ReadonlySet<number> = new Set([408, 425, 429]);

/** @throws what an answer that is no file means */
function checkStatus(path: string, { status, headers }: Response): void {
  if (status >= 500 || RETRYABLE.has(status)) {
    throw unreachable(path, `the server answered ${status}`, undefined, retryAfterMs(headers));
  }
  if (status !== 200 && status !== 206 && status !== 416)
    throw missing(path, `the server answered ${status}`);
  // Servers of single-page applications answer an unknown address with their start page.
  if (/^(text\/html|application\/xhtml)/i.test(headers.get('content-type') ?? '')) {
    throw missing(path, 'the server answered with a page');
  }
}

/** First and total of a `Content-Range`; nulls where another origin doesn't show it. */
function rangeOf(headers: Headers): { from: number | null; total: number | null } {
  const match = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get('content-range') ?? '');
  if (match === null) return { from: null, total: null };
  return { from: Number(match[1]), total: match[2] === '*' ? null : Number(match[2]) };
}

/** One connection: ends with its caller's signal, or when nothing comes for too long. */
class Connection {
  readonly #path: string;
  readonly #outer: AbortSignal;
  readonly #options: UrlOptions;
  readonly #own = new AbortController();

  constructor(path: string, outer: AbortSignal, options: UrlOptions) {
    this.#path = path;
    this.#outer = outer;
    this.#options = options;
  }

  get signal(): AbortSignal {
    return AbortSignal.any([this.#outer, this.#own.signal]);
  }

  /** Awaits one thing from the network. */
  async within<T>(call: () => Promise<T>): Promise<T> {
    const cancel = this.#options.time.after(this.#options.idleMs, () =>
      this.#own.abort(new Error('stalled')),
    );
    try {
      return await call();
    } catch (cause) {
      if (this.#outer.aborted) throw reasonOf(this.#outer);
      if (cause instanceof AppError) throw cause;
      throw unreachable(
        this.#path,
        this.#own.signal.aborted ? 'nothing came for too long' : 'no connection',
        cause,
      );
    } finally {
      cancel();
    }
  }

  async *pieces(response: Response): AsyncGenerator<Uint8Array, void> {
    const reader = response.body?.getReader();
    try {
      while (reader !== undefined) {
        const { done, value } = await this.within(() => reader.read());
        if (done) return;
        yield value;
      }
    } finally {
      this.#own.abort();
      await reader?.cancel().catch(() => undefined);
    }
  }

  close(): void {
    this.#own.abort();
  }
}

const strange = (path: string): AppError =>
  new AppError('ERR_MODEL_UNSAFE', `${path} leads to another origin`, {
    details: { file: path, why: 'a redirect to another origin' },
  });

/** Asks, and follows a redirect only within the origin. */
async function ask(url: URL, path: string, headers: HeadersInit, connection: Connection): Promise<Response> {
  const request = (redirect: RequestRedirect): Promise<Response> =>
    connection.within(() =>
      fetch(url, {
        headers,
        redirect,
        signal: connection.signal,
        // Gigabytes have no place in the browser's cache; they are kept where they belong.
        cache: 'no-store',
        credentials: 'same-origin',
        referrerPolicy: 'no-referrer',
      }),
    );
  const direct = await request('manual').catch(async (cause: unknown) => {
    const { origin } = url;
    if (
      !(cause instanceof AppError) ||
      cause.details['why'] !== 'no connection' ||
      !(await isBlocked(origin))
    )
      throw cause;
    throw new AppError('ERR_MODEL_UNREACHABLE', `the page's policy doesn't let it ask ${origin}`, {
      details: { file: path, why: 'policy', origin },
      cause,
    });
  });
  if (direct.type !== 'opaqueredirect') return direct;
  let followed: Response;
  try {
    followed = await request('follow');
  } catch (cause) {
    // Where a redirect leads is hidden when it is refused on the way.
    if (cause instanceof AppError && cause.details['why'] === 'no connection') throw strange(path);
    throw cause;
  }
  if (new URL(followed.url).origin === url.origin) return followed;
  connection.close();
  throw strange(path);
}

/**
 * Files at an address.
 *
 * @param base of the pack's folder, with a slash at the end.
 * @throws ERR_INPUT_ARGUMENT when it is none that can be fetched.
 */
export function urlReader(base: string, options: UrlOptions): PackReader {
  const root = parseBase(base);
  const known = options.validators;
  const changed = new Set<string>();
  /** Files of an origin that doesn't let pages ask `If-Range`; the hashes tell what it would have told. */
  let plainRange = false;

  const noteValidator = (path: string, headers: Headers): void => {
    const validator = validatorOf(headers);
    if (validator === null || known[path] === validator) return;
    if (known[path] !== undefined) changed.add(path);
    known[path] = validator;
  };

  async function askRange(
    path: string,
    from: number,
    to: number | null,
    connection: Connection,
  ): Promise<Response> {
    const url = new URL(path, root);
    if (from === 0 && to === null) return ask(url, path, {}, connection);
    const range = { Range: `bytes=${from}-${to === null ? '' : to - 1}` };
    const validator = known[path];
    if (validator === undefined || plainRange) return ask(url, path, range, connection);
    try {
      return await ask(url, path, { ...range, 'If-Range': validator }, connection);
    } catch (cause) {
      // Of another origin's refusal and a missing network only the first ends when the header is left out.
      if (!(cause instanceof AppError) || cause.details['why'] !== 'no connection') throw cause;
      const answer = await ask(url, path, range, connection);
      plainRange = true;
      return answer;
    }
  }

  return {
    kind: 'url',
    async small(path, bytesMax, signal) {
      const connection = new Connection(path, signal, options);
      const response = await ask(new URL(path, root), path, {}, connection);
      if (response.status === 404 || response.status === 410) {
        connection.close();
        return null;
      }
      try {
        checkStatus(path, response);
      } catch (cause) {
        connection.close();
        throw cause;
      }
      return collect(path, connection.pieces(response), bytesMax);
    },
    async open({ path, bytes }, from, to, signal) {
      const connection = new Connection(path, signal, options);
      const response = await askRange(path, from, to === bytes ? null : to, connection);
      try {
        checkStatus(path, response);
        noteValidator(path, response.headers);
        const isChanged = changed.has(path);
        const wrong = (length: number): AppError =>
          wrongLength(path, length, bytes, isChanged ? 'ERR_MODEL_CHANGED' : 'ERR_MODEL_DAMAGED');
        if (response.status === 416) throw wrong(rangeOf(response.headers).total ?? from);
        const range = response.status === 206 ? rangeOf(response.headers) : { from: null, total: null };
        const at = response.status === 206 ? (range.from ?? from) : 0;
        if (range.total !== null && range.total !== bytes) throw wrong(range.total);
        if (at > from) throw wrong(bytes - at);
        const length = response.headers.get('content-length');
        // What is packed on the way has another length on the way.
        if (length !== null && response.headers.get('content-encoding') === null) {
          const expected = response.status === 206 ? to - at : bytes;
          if (Number(length) !== expected) throw wrong(at + Number(length));
        }
        return { at, changed: isChanged, pieces: connection.pieces(response) };
      } catch (cause) {
        connection.close();
        throw cause;
      }
    },
  };
}

function parseBase(base: string): URL {
  const url = URL.parse(base);
  if (url !== null && /^https?:$/.test(url.protocol) && url.pathname.endsWith('/') && url.search === '')
    return url;
  throw new AppError('ERR_INPUT_ARGUMENT', 'the address of a pack is http(s) and ends with a slash', {
    details: { argument: 'url' },
  });
}
