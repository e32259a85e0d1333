import { createServer, type Server } from 'node:http';
import type { BrowserContext } from 'playwright';

/** A request as it left, for whoever looks for what must not be in it. */
export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  /** Names and values. */
  readonly headers: Readonly<Record<string, string>>;
  /** Empty where there is none. */
  readonly body: Buffer;
}

/**
 * Watches that nothing leaves the application's own origin.
 *
 * Two nets, one behind the other: the pages' own requests as the browser's debugger sees them, and a proxy that
 * everything not meant for this machine runs into, whoever asks (page, worker, service worker, the browser itself).
 */
export interface NetworkWatch {
  /** Address for the browser's `proxy` setting. */
  readonly proxyUrl: string;
  /** Watches a context's pages and workers. */
  follow(context: BrowserContext): void;
  /** Addresses of requests to another origin since the last call. */
  takeForeign(): string[];
  /** Every address that pages asked for since the watch began. */
  readonly seen: readonly string[];
  /** Every request of a page since the watch began, to whatever origin. */
  readonly requests: readonly SeenRequest[];
  close(): Promise<void>;
}

/**
 * Services that Chromium calls for itself, updates and accounts, whatever is on its pages. Only the proxy sees these;
 * a page that asked for one would be caught by the other net.
 */
const BROWSER_SERVICES =
  /^(https?:\/\/)?((update|optimizationguide-pa|content-autofill|safebrowsing|clients\d?)\.googleapis\.com|(accounts|clients\d|redirector|www)\.google\.com|[\w.-]+\.gvt1\.com)[:/]/;

const OWN_SCHEMES: ReadonlySet<string> = new Set(['blob:', 'data:']);

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen({ port: 0, host: '127.0.0.1' }, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
}

/**
 * @param ownOrigin origin of the application; any port of `localhost` is another origin.
 * @param namedOrigin the one other origin that may be asked; null: none.
 */
export async function startNetworkWatch(
  ownOrigin: () => string,
  namedOrigin: () => string | null = () => null,
): Promise<NetworkWatch> {
  let foreign: string[] = [];
  const seen: string[] = [];
  const requests: SeenRequest[] = [];
  const refused = (address = '?'): void => {
    if (!BROWSER_SERVICES.test(address)) foreign.push(address);
  };
  const server = createServer((request, response) => {
    refused(request.url);
    response.writeHead(403).end();
  });
  server.on('connect', (request, socket) => {
    refused(request.url);
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  const port = await listen(server);
  return {
    proxyUrl: `http://127.0.0.1:${port}`,
    seen,
    requests,
    follow(context) {
      context.on('request', (request) => {
        const url = new URL(request.url());
        seen.push(url.href);
        if (OWN_SCHEMES.has(url.protocol)) return;
        requests.push({
          method: request.method(),
          url: url.href,
          headers: request.headers(),
          body: request.postDataBuffer() ?? Buffer.alloc(0),
        });
        if (url.origin !== ownOrigin() && url.origin !== namedOrigin()) foreign.push(url.href);
      });
    },
    takeForeign() {
      const taken = foreign;
      foreign = [];
      return taken;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
