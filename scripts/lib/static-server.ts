import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, realpath, stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { extname, join, relative, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { SERVER_HEADERS, serverHeaders } from './headers.ts';

const MIME: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.md': 'text/markdown; charset=utf-8',
  '.wasm': 'application/wasm',
  '.onnx': 'application/octet-stream',
  '.bin': 'application/octet-stream',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.webp': 'image/webp',
  '.avif': 'image/avif',
  '.gif': 'image/gif',
  '.ico': 'image/x-icon',
  '.mp4': 'video/mp4',
};

/** Bundled files carry a hash of their content in their name and never change. */
const HASHED = /^\/assets\/.+-[\w-]{8}\.\w+$/;

/** Answers a request itself and says `true`, or leaves it to the files and says `false`. */
export type Route = (request: IncomingMessage, response: ServerResponse) => Promise<boolean> | boolean;

/** How {@link startServer} serves. */
export interface ServerOptions {
  /** Folder whose files are served; nothing outside it ever is, not through a link either. */
  readonly root: string;
  /** First port to try; 0 lets the system choose. */
  readonly port: number;
  /** When true, a port that is taken is an error; otherwise the next ones are tried. */
  readonly exactPort?: boolean;
  /** Single files from elsewhere, by the path they are served at. */
  readonly mount?: Readonly<Record<string, string>>;
  /** Further folders, by the path that they are served under, with a slash at both ends; may be added to while it runs. */
  readonly folders?: Readonly<Record<string, string>>;
  /** Asked before the files. */
  readonly route?: Route;
  /** Changes text files of the root on their way out, by name; the files stay as they are. */
  readonly transform?: Readonly<Record<string, (text: string) => string>>;
  /** Origins besides its own that the page may ask. */
  readonly connectOrigins?: readonly string[];
}

/** A running server. */
export interface RunningServer {
  /** Origin with a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** Ends it and every open connection. */
  close(): Promise<void>;
}

/** A half-open byte range `[start, end)` of a file. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Reads a `Range` header of one range.
 *
 * @returns the range; `null` when there is none that we serve (the whole file is the answer);
 * `'unsatisfiable'` when it lies outside the file.
 * @source RFC 9110, 14.1.2
 */
export function parseRange(
  header: string | undefined,
  sizeBytes: number,
): ByteRange | null | 'unsatisfiable' {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (match === null) return null;
  const [, first = '', last = ''] = match;
  if (first === '' && last === '') return null;
  const start = first === '' ? Math.max(0, sizeBytes - Number(last)) : Number(first);
  const end = first === '' || last === '' ? sizeBytes : Math.min(sizeBytes, Number(last) + 1);
  return start >= end ? 'unsatisfiable' : { start, end };
}

/**
 * The file that a request's path names.
 *
 * @param pathname percent-encoded path of the request; a slash at the end means `index.html`.
 * @returns an absolute path inside the root, or null when the path leaves it or can't be read.
 */
export function resolveInside(root: string, pathname: string): string | null {
  let decoded: string;
  try {
    decoded = decodeURIComponent(pathname);
  } catch {
    return null;
  }
  if (decoded.includes('\0') || decoded.includes('\\')) return null;
  const folder = resolve(root);
  const path = resolve(join(folder, decoded.endsWith('/') ? `${decoded}index.html` : decoded));
  return path.startsWith(folder + sep) ? path : null;
}

function fail(response: ServerResponse, status: number, headers: Record<string, string> = {}): void {
  response.writeHead(status, { ...SERVER_HEADERS, 'Content-Type': 'text/plain; charset=utf-8', ...headers });
  response.end(`${status}\n`);
}

/** The file behind a path, links followed, or null when there is none in the root. */
async function realInside(root: string, pathname: string): Promise<string | null> {
  const path = resolveInside(root, pathname);
  const real = path === null ? null : await realpath(path).catch(() => null);
  return real !== null && real.startsWith((await realpath(root)) + sep) ? real : null;
}

/** {@link realInside} the root, or the further folder that the path lies under. */
async function realServed({ root, folders = {} }: ServerOptions, pathname: string): Promise<string | null> {
  const under = Object.entries(folders).find(([prefix]) => pathname.startsWith(prefix));
  if (under === undefined) return realInside(root, pathname);
  const [prefix, folder] = under;
  return realInside(folder, pathname.slice(prefix.length - 1));
}

/** What is known of an answer before its bytes are read. */
interface Content {
  readonly sizeBytes: number;
  /** Changes whenever the bytes do. */
  readonly etag: string;
  /** All bytes, where they aren't those of the file. */
  readonly bytes?: Buffer;
}

/** A file, or its text as it was changed: with a tag of its own, or a browser would keep the one before. */
async function contentOf(path: string, { root, transform = {} }: ServerOptions): Promise<Content | null> {
  const info = await stat(path).catch(() => null);
  if (!info?.isFile()) return null;
  const name = relative(await realpath(root), path);
  const change = Object.hasOwn(transform, name) ? transform[name] : undefined;
  if (change !== undefined) {
    const bytes = Buffer.from(change(await readFile(path, 'utf8')));
    const hash = createHash('sha256').update(bytes).digest('base64url').slice(0, 22);
    return { sizeBytes: bytes.byteLength, etag: `"${hash}"`, bytes };
  }
  const etag = `"${info.size.toString(36)}-${Math.round(info.mtimeMs).toString(36)}"`;
  return { sizeBytes: info.size, etag };
}

async function serveFile(
  options: ServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { mount = {}, connectOrigins } = options;
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    fail(response, 405, { Allow: 'GET, HEAD' });
    return;
  }
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  const mounted = Object.hasOwn(mount, pathname) ? mount[pathname] : undefined;
  const real = mounted ?? (await realServed(options, pathname));
  const content = real === null ? null : await contentOf(real, options);
  if (real === null || content === null) {
    fail(response, 404);
    return;
  }
  const { sizeBytes, etag, bytes } = content;
  const headers: Record<string, string> = {
    ...serverHeaders(connectOrigins),
    'Content-Type': MIME[extname(real).toLowerCase()] ?? 'application/octet-stream',
    'Cache-Control': HASHED.test(pathname) ? 'public, max-age=31536000, immutable' : 'no-cache',
    'Accept-Ranges': 'bytes',
    ETag: etag,
  };
  if (request.headers['if-none-match'] === etag) {
    response.writeHead(304, headers).end();
    return;
  }
  const range = parseRange(request.headers.range, sizeBytes);
  if (range === 'unsatisfiable') {
    fail(response, 416, { 'Content-Range': `bytes */${sizeBytes}` });
    return;
  }
  const { start, end } = range ?? { start: 0, end: sizeBytes };
  headers['Content-Length'] = String(end - start);
  if (range !== null) headers['Content-Range'] = `bytes ${start}-${end - 1}/${sizeBytes}`;
  response.writeHead(range === null ? 200 : 206, headers);
  if (request.method === 'HEAD' || end === start) {
    response.end();
    return;
  }
  if (bytes === undefined) await pipeline(createReadStream(real, { start, end: end - 1 }), response);
  else response.end(bytes.subarray(start, end));
}

/** How many ports after the first are tried. */
const PORT_TRIES = 30;

/**
 * Serves a folder on this machine alone, with the headers that the application needs and nothing but its files.
 *
 * @throws Error with `code: 'EADDRINUSE'` when no port is free.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const server = createServer((request, response) => {
    const answer = async (): Promise<void> => {
      if ((await options.route?.(request, response)) === true) return;
      await serveFile(options, request, response);
    };
    answer().catch(() => {
      // The peer went away, or a file vanished between looking and reading.
      if (response.headersSent) response.destroy();
      else fail(response, 500);
    });
  });
  const listen = (port: number): Promise<number> =>
    new Promise((resolvePort, reject) => {
      server.once('error', reject);
      server.listen({ port, host: '127.0.0.1' }, () => {
        server.removeListener('error', reject);
        const address = server.address();
        resolvePort(typeof address === 'object' && address !== null ? address.port : port);
      });
    });
  const tries = options.exactPort === true || options.port === 0 ? 1 : PORT_TRIES;
  for (let offset = 0; ; offset++) {
    try {
      const port = await listen(options.port + offset);
      return {
        url: `http://localhost:${port}/`,
        port,
        close: () =>
          new Promise((done) => {
            server.close(() => done());
            server.closeAllConnections();
          }),
      };
    } catch (error) {
      const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
      if (!taken || offset + 1 >= tries) throw error;
    }
  }
}
