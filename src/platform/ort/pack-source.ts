import { AppError } from '../../contracts/errors.ts';

/** Facts that a file must agree with. */
export interface FileCheck {
  /** Lower-case hexadecimal SHA-256. */
  readonly sha256: string;
  readonly bytes: number;
}

/** Where a pack's files come from: the site, a folder, an archive. */
export interface PackSource {
  /**
   * Reads a whole file.
   *
   * @param path relative to the pack's folder.
   * @param check what the file must agree with; null for `pack.json`, which says it for the others.
   * @returns bytes owned by the caller.
   * @throws ERR_MODEL_MISSING when there is no such file or it can't be reached, ERR_MODEL_DAMAGED when it fails the check.
   */
  read(path: string, check: FileCheck | null): Promise<Uint8Array<ArrayBuffer>>;
}

const CACHE_NAME = 'stillwake-packs-1';

/** SHA-256 in lower-case hexadecimal. */
export async function sha256Hex(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** @throws ERR_MODEL_DAMAGED when the bytes are not the file that the pack describes. */
export async function checkFile(
  path: string,
  bytes: Uint8Array<ArrayBuffer>,
  check: FileCheck,
): Promise<void> {
  if (bytes.length === check.bytes && (await sha256Hex(bytes)) === check.sha256) return;
  throw new AppError('ERR_MODEL_DAMAGED', `${path} is not the file that the pack describes`, {
    details: { file: path, bytes: bytes.length, expectedBytes: check.bytes },
    retryable: true,
  });
}

/** A pack in memory, by path. @throws ERR_MODEL_MISSING, ERR_MODEL_DAMAGED as {@link PackSource.read} */
export function memorySource(files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>): PackSource {
  return {
    async read(path, check) {
      const bytes = files.get(path);
      if (!bytes) throw missing(path, 'the pack does not hold it');
      if (check) await checkFile(path, bytes, check);
      return bytes.slice();
    },
  };
}

/**
 * A pack at an address of this site. Files are kept with the Cache API, so that they work with the network cut; checked
 * files come from there first, `pack.json` from the network first.
 *
 * @param baseUrl absolute address of the pack's folder, with a slash at the end.
 * @throws TypeError when `baseUrl` is not such an address.
 */
export function urlSource(baseUrl: string): PackSource {
  const base = new URL(baseUrl);
  if (!base.pathname.endsWith('/')) throw new TypeError('the address of a pack ends with a slash');
  return {
    async read(path, check) {
      const url = new URL(path, base);
      if (url.origin !== base.origin || !url.pathname.startsWith(base.pathname)) {
        throw missing(path, 'it lies outside the pack');
      }
      const cache = await openCache();
      const key = check ? `${url.href}?sha256=${check.sha256}` : url.href;
      if (check) {
        const kept = await readKept(cache, key);
        if (kept && (await agrees(path, kept, check))) return kept;
      }
      let bytes: Uint8Array<ArrayBuffer>;
      try {
        bytes = await download(url, path);
      } catch (error) {
        const kept = check || !isOffline(error) ? null : await readKept(cache, key);
        if (kept) return kept;
        throw error;
      }
      if (check) await checkFile(path, bytes, check);
      else if (!looksLikeJson(bytes)) throw missing(path, 'the answer is not JSON');
      await keep(cache, key, bytes);
      return bytes;
    },
  };
}

function missing(
  path: string,
  why: string,
  options: { retryable?: boolean; cause?: unknown } = {},
): AppError {
  return new AppError('ERR_MODEL_MISSING', `${path} could not be read: ${why}`, {
    ...options,
    details: { file: path, why },
  });
}

async function download(url: URL, path: string): Promise<Uint8Array<ArrayBuffer>> {
  let response: Response;
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    response = await fetch(url, { cache: 'no-cache', credentials: 'same-origin' });
    bytes = new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    throw missing(path, 'no connection', { retryable: true, cause });
  }
  if (!response.ok) {
    throw missing(path, `the server answered ${response.status}`, { retryable: response.status >= 500 });
  }
  // Servers of single-page applications answer an unknown address with their start page.
  if ((response.headers.get('content-type') ?? '').startsWith('text/html')) {
    throw missing(path, 'the server answered with a page');
  }
  return bytes;
}

function isOffline(error: unknown): boolean {
  return error instanceof AppError && error.retryable;
}

function looksLikeJson(bytes: Uint8Array): boolean {
  return /^\s*\{/.test(new TextDecoder().decode(bytes.subarray(0, 64)));
}

async function agrees(path: string, bytes: Uint8Array<ArrayBuffer>, check: FileCheck): Promise<boolean> {
  try {
    await checkFile(path, bytes, check);
    return true;
  } catch {
    return false;
  }
}

/** Null where the browser has no Cache API or forbids it; packs then load from the network each time. */
async function openCache(): Promise<Cache | null> {
  if (!('caches' in globalThis)) return null;
  try {
    return await caches.open(CACHE_NAME);
  } catch {
    return null;
  }
}

async function readKept(cache: Cache | null, key: string): Promise<Uint8Array<ArrayBuffer> | null> {
  try {
    const kept = await cache?.match(key);
    return kept ? new Uint8Array(await kept.arrayBuffer()) : null;
  } catch {
    return null;
  }
}

async function keep(cache: Cache | null, key: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  try {
    await cache?.put(key, new Response(bytes));
  } catch {
    // A full quota must not stop what already works; the file is downloaded again next time.
  }
}
