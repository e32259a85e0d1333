import {
  createServer,
  request as ask,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { strangeAddress } from '../../licence/server.ts';
import type { SeenRequest } from './network-watch.ts';

/** What is done with an answer of the service on its way to the page. */
export type RelayMode = 'pass' | 'garbage' | 'lose-answers';

/**
 * A proxy in front of the licence service, as an operator has one: pages know its address alone. It writes down every
 * request as it came over the wire, whoever made it, and can be the trouble that a network is.
 */
export interface LicenceRelay {
  readonly url: string;
  /** Everything that came since it was started, preflights included. */
  readonly requests: readonly SeenRequest[];
  mode: RelayMode;
  /** Nothing listens any more; open connections are cut. */
  stop(): Promise<void>;
  /** Listens again, on the same port; nothing when it does. */
  start(): Promise<void>;
}

async function readAll(message: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of message) parts.push(Buffer.from(part as Uint8Array));
  return Buffer.concat(parts);
}

/** Name by name, as it came over the wire; several of one name are joined. */
function headersOf(message: IncomingMessage): Record<string, string> {
  return Object.fromEntries(
    Object.entries(message.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
}

function upstream(url: URL, seen: SeenRequest): Promise<{ answer: IncomingMessage; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const headers = { ...seen.headers, 'x-forwarded-for': strangeAddress() };
    const asked = ask(url, { method: seen.method, headers, agent: false }, (answer) => {
      readAll(answer).then((body) => resolve({ answer, body }), reject);
    });
    asked.once('error', reject);
    asked.end(seen.body);
  });
}

/** @param serviceUrl address of the service, without a slash at the end. */
export async function startRelay(serviceUrl: string): Promise<LicenceRelay> {
  const requests: SeenRequest[] = [];
  let server: Server | null = null;
  let port = 0;
  const relay = {
    mode: 'pass' as RelayMode,
    requests,
    get url() {
      return `http://localhost:${port}`;
    },
    async start() {
      if (server !== null) return;
      const made = createServer((request, response) => {
        answer(request, response).catch(() => response.destroy());
      });
      await new Promise<void>((resolve, reject) => {
        made.once('error', reject);
        made.listen(port, '127.0.0.1', resolve);
      });
      const address = made.address();
      port = typeof address === 'object' && address !== null ? address.port : port;
      server = made;
    },
    stop: () =>
      new Promise<void>((resolve) => {
        if (server === null) {
          resolve();
          return;
        }
        server.close(() => resolve());
        server.closeAllConnections();
        server = null;
      }),
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const seen: SeenRequest = {
      method: request.method ?? '',
      url: request.url ?? '',
      headers: headersOf(request),
      body: await readAll(request),
    };
    requests.push(seen);
    const { answer: got, body } = await upstream(new URL(seen.url, serviceUrl), seen);
    const { mode } = relay;
    if (mode === 'lose-answers') {
      response.destroy();
      return;
    }
    const {
      'content-length': _length,
      connection: _connection,
      'keep-alive': _alive,
      ...headers
    } = got.headers;
    if (mode === 'garbage' && seen.method !== 'OPTIONS') {
      response
        .writeHead(200, { ...headers, 'content-type': 'text/html' })
        .end('<!doctype html><title>Sign in');
      return;
    }
    response.writeHead(got.statusCode ?? 502, headers).end(body);
  };
  await relay.start();
  return relay;
}
