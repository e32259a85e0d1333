import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join, normalize } from 'node:path';
import type { BrowserCommand } from 'vitest/node';

/** What the server does once, instead of answering well, when a file is asked for. */
export interface Mischief {
  /** Below the site; `*` for any file. */
  readonly path: string;
  /** Answered so often; once when left out, -1 for ever. */
  readonly times?: number;
  /** Ends the connection after so many bytes of the body. */
  readonly cutAfter?: number;
  /** Says nothing more after so many bytes of the body, and keeps the connection until `!cut` is asked for. */
  readonly stallAfter?: number;
  /** Turns every later byte of the file over, with another ETag, once this answer is out. */
  readonly changeAfterwards?: boolean;
  /** The same, with the ETag that it had. */
  readonly spoilAfterwards?: boolean;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly ignoreRange?: boolean;
  /** Gives so many bytes more, or fewer, of which the headers know. */
  readonly lengthBy?: number;
}

/** A request as the server saw it. */
export interface Seen {
  readonly path: string;
  readonly range: string | null;
  readonly ifRange: string | null;
}

interface Kept {
  bytes: Buffer;
  etag: string;
}
interface Site {
  readonly files: Map<string, Kept>;
  readonly mischief: { rule: Mischief; left: number }[];
  readonly seen: Seen[];
  /** Connections that say nothing more. */
  readonly held: ServerResponse[];
}

const sites = new Map<string, Site>();
const siteOf = (name: string): Site => {
  const known = sites.get(name);
  if (known !== undefined) return known;
  const site: Site = { files: new Map(), mischief: [], seen: [], held: [] };
  sites.set(name, site);
  return site;
};

const keep = (bytes: Buffer): Kept => ({
  bytes,
  etag: `"${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}"`,
});

function turnOver(file: Kept, isTold: boolean): void {
  const turned = Buffer.from(file.bytes.map((byte) => byte ^ 0xff));
  file.bytes = turned;
  if (isTold) file.etag = keep(turned).etag;
}

/** Files of the repository under `/repo/`, everything else from what a test put there. */
function find(site: string, path: string): Kept | null {
  if (site !== 'repo') return siteOf(site).files.get(path) ?? null;
  const full = normalize(join(process.cwd(), path));
  if (!full.startsWith(join(process.cwd(), 'models/tiny/'))) return null;
  try {
    return keep(readFileSync(full));
  } catch {
    return null;
  }
}

function take(site: Site, path: string): Mischief | null {
  const found = site.mischief.find(
    ({ rule, left }) => left !== 0 && (rule.path === '*' || rule.path === path),
  );
  if (found === undefined) return null;
  found.left -= 1;
  return found.rule;
}

function send(response: ServerResponse, site: Site, body: Buffer, rule: Mischief | null): void {
  if (rule?.cutAfter !== undefined) {
    response.write(body.subarray(0, rule.cutAfter), () => response.destroy());
  } else if (rule?.stallAfter !== undefined) {
    response.write(body.subarray(0, rule.stallAfter));
    site.held.push(response);
  } else {
    response.end(body);
  }
}

function give(
  request: IncomingMessage,
  response: ServerResponse,
  site: Site,
  file: Kept,
  rule: Mischief | null,
): void {
  const { bytes, etag } = file;
  const match = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  const asked = request.headers['if-range'];
  const isRange = match !== null && rule?.ignoreRange !== true && (asked === undefined || asked === etag);
  const from = isRange ? Number(match[1]) : 0;
  if (isRange && from >= bytes.length) {
    response.writeHead(416, { etag, 'content-range': `bytes */${bytes.length}` }).end();
    return;
  }
  const to = isRange && match[2] !== '' ? Math.min(bytes.length, Number(match[2]) + 1) : bytes.length;
  const by = rule?.lengthBy ?? 0;
  const body =
    by > 0 ? Buffer.concat([bytes.subarray(from, to), Buffer.alloc(by)]) : bytes.subarray(from, to + by);
  response.writeHead(isRange ? 206 : 200, {
    'content-type': 'application/octet-stream',
    'content-length': body.length,
    'accept-ranges': 'bytes',
    etag,
    ...(isRange ? { 'content-range': `bytes ${from}-${to - 1}/${bytes.length}` } : {}),
    ...rule?.headers,
  });
  send(response, site, body, rule);
  if (rule?.changeAfterwards === true) turnOver(file, true);
  if (rule?.spoilAfterwards === true) turnOver(file, false);
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(Buffer.from(part as Uint8Array));
  return Buffer.concat(parts);
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.setHeader('access-control-allow-origin', '*');
  response.setHeader('access-control-allow-headers', 'range, if-range, content-type');
  response.setHeader('access-control-allow-methods', 'GET, PUT, POST');
  response.setHeader('access-control-expose-headers', 'etag, content-range, retry-after');
  response.setHeader('access-control-max-age', '600');
  response.setHeader('cross-origin-resource-policy', 'cross-origin');
  const [, name = '', ...rest] = decodeURI((request.url ?? '/').split('?')[0] ?? '').split('/');
  const path = rest.join('/');
  const site = siteOf(name);
  if (request.method === 'OPTIONS') {
    response.writeHead(204).end();
  } else if (request.method === 'PUT') {
    site.files.set(path, keep(await bodyOf(request)));
    response.writeHead(204).end();
  } else if (request.method === 'POST' && path === '!mischief') {
    const rules = JSON.parse((await bodyOf(request)).toString('utf8')) as Mischief[];
    site.mischief.push(...rules.map((rule) => ({ rule, left: rule.times ?? 1 })));
    response.writeHead(204).end();
  } else if (path === '!seen') {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(site.seen.splice(0)));
  } else if (path === '!cut') {
    for (const held of site.held.splice(0)) held.destroy();
    response.writeHead(204).end();
  } else {
    serve(request, response, name, path);
  }
}

function serve(request: IncomingMessage, response: ServerResponse, name: string, path: string): void {
  const site = siteOf(name);
  const { range = null, 'if-range': ifRange = null } = request.headers;
  site.seen.push({ path, range, ifRange: typeof ifRange === 'string' ? ifRange : null });
  const rule = take(site, path);
  if (rule?.status !== undefined) {
    response.writeHead(rule.status, { 'content-type': 'text/plain', ...rule.headers }).end(rule.body ?? '');
    return;
  }
  const file = find(name, path);
  if (file === null) response.writeHead(404, { 'content-type': 'text/plain' }).end('no');
  else give(request, response, site, file, rule);
}

function listen(): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = address !== null && typeof address === 'object' ? address.port : 0;
      resolve({ server, url: `http://127.0.0.1:${port}/` });
    });
  });
}

let running: Promise<readonly { server: Server; url: string }[]> | null = null;

/** Addresses of two servers, of different origins, that give a test's files well or badly; they end with the run. */
const packServers: BrowserCommand<[]> = async ({ project }): Promise<readonly string[]> => {
  if (running === null) {
    running = Promise.all([listen(), listen()]);
    project.vitest.onClose(async () => {
      for (const { server } of (await running) ?? []) {
        server.closeAllConnections();
        server.close();
      }
    });
  }
  return (await running).map(({ url }) => url);
};

/** What tests of packs can ask of the process that runs them. */
export const PACK_COMMANDS = { packServers };
