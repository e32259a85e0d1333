import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserCommand, BrowserCommandContext } from 'vitest/node';
import { startLicenceServer, strangeAddress, type LicenceServer } from './server.ts';

/** An answer as plain data, the way it goes over to the browser. */
export interface PlainAnswer {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly text: string;
}

/** The page's origin as the service sees it, whatever port the tests' own server has. */
const PAGE = 'https://app.example';

let service: Promise<LicenceServer> | null = null;

/** One service for all tests of a run, over a database of its own; it ends with the run. */
function running({ project }: BrowserCommandContext): Promise<LicenceServer> {
  if (service !== null) return service;
  const folder = mkdtempSync(join(tmpdir(), 'stillwake-licences-'));
  const started = startLicenceServer({
    keeping: { kind: 'pglite', folder: join(folder, 'data') },
    env: { APP_ORIGINS: PAGE, LOG: 'off' },
  });
  project.vitest.onClose(async () => {
    await (await started).kill();
    rmSync(folder, { recursive: true, force: true });
  });
  service = started;
  return started;
}

/** Asks the real licence service for a page in the browser: the request as the page would send it. */
const licenceRequest: BrowserCommand<
  [method: string, path: string, headers: readonly (readonly [string, string])[], body: string | null]
> = async (context, method, path, headers, body): Promise<PlainAnswer> => {
  const { url } = await running(context);
  const response = await fetch(url + path, {
    method,
    redirect: 'manual',
    // Each request from another address, so that no limit by address is met.
    headers: [
      ...headers.map(([name, value]): [string, string] => [name, value]),
      ['X-Forwarded-For', strangeAddress()],
      ...(method === 'POST' ? [['Origin', PAGE] satisfies [string, string]] : []),
    ],
    ...(body === null ? {} : { body }),
  });
  return {
    status: response.status,
    headers: [...response.headers],
    text: await response.text(),
  };
};

/** A request with the operator's key. */
const licenceOperator: BrowserCommand<[method: 'GET' | 'POST', path: string, body: unknown]> = async (
  context,
  method,
  path,
  body,
): Promise<PlainAnswer> => {
  const { status, text } = await (await running(context)).operator(method, path, body);
  return { status, text, headers: [] };
};

/** What the bad server saw last: path and whether a proof came with it. */
interface Visit {
  readonly method: string;
  readonly path: string;
  readonly hasProof: boolean;
}
const visits: Visit[] = [];
let badUrl: Promise<string> | null = null;

/** Ways of answering that no licence service has, by the first part of a request's path. */
const BAD_ANSWERS: Readonly<Record<string, (response: ServerResponse, request: IncomingMessage) => void>> = {
  html: (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html>Sign in'),
  gateway: (response) => response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad Gateway</h1>'),
  garbage: (response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"deviceId":'),
  other: (response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"hello":1}'),
  busy: (response) =>
    response
      .writeHead(503, { 'content-type': 'application/json', 'retry-after': '7' })
      .end('{"error":{"code":"ERR_SERVER_BUSY","message":"busy"}}'),
  rate: (response) =>
    response
      .writeHead(429, { 'content-type': 'application/json', 'retry-after': '9' })
      .end('{"error":{"code":"ERR_REQUEST_RATE","message":"slower"}}'),
  wall: (response) => response.writeHead(429, { 'retry-after': '11' }).end('slower'),
  silent: () => undefined,
  half: (response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '5000' });
    response.write('{"deviceId":"');
    setImmediate(() => response.destroy());
  },
  away: (response, request) => response.writeHead(307, { location: `/stolen${request.url ?? ''}` }).end(),
  taken: (response) => response.writeHead(204).end(),
  stolen: (response) => response.writeHead(200).end('{}'),
};

function startBadServer(): Promise<string> {
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    response.setHeader('access-control-allow-origin', '*');
    response.setHeader('access-control-allow-headers', '*');
    response.setHeader('access-control-allow-methods', '*');
    response.setHeader('access-control-expose-headers', '*');
    response.setHeader('cross-origin-resource-policy', 'cross-origin');
    if (request.method === 'OPTIONS') {
      response.writeHead(204).end();
      return;
    }
    visits.push({
      method: request.method ?? '',
      path,
      hasProof: request.headers['stillwake-proof'] !== undefined,
    });
    if (path.endsWith('/v1/nonce') && !path.startsWith('/stolen')) {
      const nonce = 'n'.repeat(32);
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ nonce, serverTimeMs: Date.now() }));
      return;
    }
    const answer = BAD_ANSWERS[path.split('/')[1] ?? ''];
    if (answer === undefined) response.writeHead(404).end();
    else answer(response, request);
  });
  server.unref();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(`http://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}`);
    });
  });
}

/** Address of a server that answers as no licence service does: `/html`, `/garbage`, `/away`, … before each path. */
const badLicenceServer: BrowserCommand<[]> = (): Promise<string> => {
  badUrl ??= startBadServer();
  return badUrl;
};

/** What that server was asked since the last call. */
const badLicenceVisits: BrowserCommand<[]> = (): readonly Visit[] => visits.splice(0);

/** What tests in the browser can ask of the process that runs them. */
export const LICENCE_COMMANDS = { licenceRequest, licenceOperator, badLicenceServer, badLicenceVisits };
