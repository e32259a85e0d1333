import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join, normalize } from 'node:path';
import { parseRange } from '../../../scripts/lib/static-server.ts';

/** A publisher's server on an origin of its own, and how it misbehaves. */
export interface PackSite {
  readonly origin: string;
  /** Paths asked for, in order. */
  readonly seen: string[];
  /** The next answer for this path stops in its middle, and stays open. */
  stallOnce(path: string): void;
  close(): Promise<void>;
}

/**
 * Serves a folder with what another origin needs: CORS, `Range`, and ranges that pages may read. `/page/` answers
 * everything with a page, as servers of single-page applications do.
 */
export async function startPackSite(folder: string): Promise<PackSite> {
  const seen: string[] = [];
  const stalls = new Set<string>();
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const cors = {
      'Access-Control-Allow-Origin': '*',
      'Access-Control-Allow-Headers': 'Range, If-Range',
      'Access-Control-Expose-Headers': 'Content-Range, ETag',
    };
    if (request.method === 'OPTIONS') {
      response.writeHead(204, cors).end();
      return;
    }
    seen.push(pathname);
    if (pathname.startsWith('/page/')) {
      response.writeHead(200, { ...cors, 'Content-Type': 'text/html' }).end('<!doctype html>');
      return;
    }
    const path = join(folder, normalize(pathname));
    stat(path).then(
      ({ size }) => {
        const range = parseRange(request.headers.range, size);
        const { start, end } = range === null || range === 'unsatisfiable' ? { start: 0, end: size } : range;
        response.writeHead(range === null ? 200 : 206, {
          ...cors,
          ETag: `"${size}"`,
          'Content-Length': end - start,
          ...(range === null ? {} : { 'Content-Range': `bytes ${start}-${end - 1}/${size}` }),
        });
        const last = stalls.delete(pathname) ? start + Math.floor((end - start) / 2) : end;
        createReadStream(path, { start, end: last - 1 }).pipe(response, { end: last === end });
      },
      () => response.writeHead(404, cors).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1' }, resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    origin: `http://localhost:${port}`,
    seen,
    stallOnce: (path) => stalls.add(path),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
