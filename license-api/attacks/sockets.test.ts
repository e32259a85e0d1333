import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { serve } from '@hono/node-server';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LIMITS } from '../middleware/rate.ts';
import { books, OPERATOR_KEY, sold, startTarget, Tally, targetOf, type Target } from './test-target.ts';

const tally = new Tally('sockets');
const WAIT_MS = 20_000;
/** As `main` has it, and short enough to be waited for. */
const PATIENT = { requestTimeout: 30_000, headersTimeout: 10_000 };
const IMPATIENT = { requestTimeout: 600, headersTimeout: 500, connectionsCheckingInterval: 50 };
let target: Target;
/** One that limits nothing, one that waits for nobody, and one that limits as the service does. */
let open: { server: Server; port: number };
let hurried: { server: Server; port: number };
let limited: { server: Server; port: number };

/** Listens with what `main` sets, the time for slow clients apart. */
async function listen(
  app: Target['app'],
  times: Partial<typeof IMPATIENT> = PATIENT,
): Promise<{ server: Server; port: number }> {
  const server = await new Promise<ReturnType<typeof serve>>((resolve) => {
    const made = serve(
      {
        fetch: app.fetch,
        port: 0,
        hostname: '127.0.0.1',
        createServer,
        serverOptions: {
          ...times,
          maxHeaderSize: 16_384,
        },
      },
      () => resolve(made),
    );
  });
  if (!('closeAllConnections' in server)) throw new Error('not a server of HTTP/1.1');
  return { server, port: (server.address() as AddressInfo).port };
}

beforeAll(async () => {
  target = await startTarget({ folder: null });
  open = await listen(target.app);
  hurried = await listen(target.app, IMPATIENT);
  limited = await listen(targetOf(target, { limits: LIMITS }).app);
});
afterAll(async () => {
  for (const { server } of [open, hurried, limited]) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  await target.database.close();
});

/** Writes bytes and reads until the other side ends, or until the text satisfies. */
function talk(
  port: number,
  write: string | ((socket: Socket) => void),
  enough: (text: string) => boolean = () => false,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    const end = (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(text);
    };
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`no end after ${WAIT_MS} ms: ${text.slice(0, 200)}`));
    }, WAIT_MS);
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk;
      if (enough(text)) end();
    });
    // A refused sender may find its connection reset.
    socket.on('error', end);
    socket.on('close', end);
    socket.on('connect', () => {
      if (typeof write === 'string') socket.write(write, 'latin1');
      else write(socket);
    });
  });
}

const request = (method: string, path: string, headers: readonly string[] = [], body = ''): string =>
  [`${method} ${path} HTTP/1.1`, 'Host: licence.test', 'Connection: close', ...headers, '', body].join(
    '\r\n',
  );
const statusOf = (text: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0);
const json = ['Content-Type: application/json', 'Idempotency-Key: 12345678'];
const alive = async (): Promise<void> => {
  const text = await talk(open.port, request('GET', '/healthz'));
  expect(text).toContain('{"ok":true}');
};

it(
  'reads no more of a body than it may be long, however its length is told',
  { timeout: 60_000 },
  async () => {
    const before = await books(target);
    const big = 10_000_000;
    const piece = 'x'.repeat(65_536);
    const pour = (socket: Socket, head: string, wrap: (text: string) => string, end: string): void => {
      socket.write(head, 'latin1');
      let sent = 0;
      const more = (): void => {
        while (sent < big && socket.writable) {
          sent += piece.length;
          if (!socket.write(wrap(piece))) return;
        }
        socket.off('drain', more);
        if (socket.writable) socket.write(end);
      };
      socket.on('drain', more);
      more();
    };
    const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;
    for (const path of [
      '/v1/activate',
      '/v1/leases',
      '/v1/ledger',
      '/v1/operator/licences',
      '/webhooks/stripe',
      '/webhooks/payments',
    ]) {
      const length = [...json, `Content-Length: ${big}`];
      const told = await talk(open.port, (socket) =>
        pour(socket, request('POST', path, length), (text) => text, ''),
      );
      const chunked = await talk(open.port, (socket) =>
        pour(socket, request('POST', path, [...json, 'Transfer-Encoding: chunked']), chunk, '0\r\n\r\n'),
      );
      // Ten megabytes are told of and none is sent.
      const empty = await talk(open.port, request('POST', path, length), (text) => text.includes('}'));
      for (const [how, text] of [
        ['told', told],
        ['chunked', chunked],
        ['empty', empty],
      ] as const) {
        // Where the connection was reset before its answer was read, there is none to see; nothing was taken all the same.
        if (text !== '' || how === 'empty') expect([path, how, statusOf(text)]).toEqual([path, how, 413]);
        tally.count('10 MB');
      }
    }
    // Bytes that are packed are still so many bytes, and are not unpacked.
    const packed = await talk(
      open.port,
      request('POST', '/v1/activate', [...json, 'Content-Encoding: gzip', 'Content-Length: 2'], '{}'),
    );
    expect(statusOf(packed)).toBe(401);
    await alive();
    expect(await books(target)).toBe(before);
  },
);

it('ends connections that send slowly, or never', async () => {
  const drip = (texts: readonly string[]) => (socket: Socket) => {
    let i = 0;
    const timer = setInterval(() => {
      if (!socket.writable) clearInterval(timer);
      else socket.write(texts[i++ % texts.length] ?? '');
    }, 30);
    socket.on('close', () => clearInterval(timer));
  };
  const post = request('POST', '/v1/ledger', [...json, 'Content-Length: 5000']);
  const slow: readonly (readonly [string, string | ((socket: Socket) => void)])[] = [
    ['no request', ''],
    ['half a line', 'GET /v1/pol'],
    ['headers without an end', 'GET /v1/policy HTTP/1.1\r\nHost: a\r\n'],
    ['headers in drops', drip(['X'])],
    ['a body that does not come', post],
    [
      'a body in drops',
      (socket) => {
        socket.write(post);
        drip(['{'])(socket);
      },
    ],
    [
      'chunks in drops',
      (socket) => {
        socket.write(request('POST', '/v1/ledger', [...json, 'Transfer-Encoding: chunked']));
        drip(['1\r\n{\r\n'])(socket);
      },
    ],
  ];
  const answers = await Promise.all(
    slow.map(async ([what, write]) => [what, await talk(hurried.port, write)] as const),
  );
  for (const [what, text] of answers) {
    expect([0, 400, 401, 408], what).toContain(statusOf(text));
    tally.count('slow');
  }
  await alive();
});

it('takes no second header, request or answer from what stands in a first one', async () => {
  const before = await books(target);
  const lines: readonly (readonly [string, readonly string[]])[] = [
    ['bare CR', [`Idempotency-Key: 12345678\rX-Forged: 1`]],
    ['bare LF', [`Idempotency-Key: 12345678\nX-Forged: 1`]],
    ['NUL', ['Idempotency-Key: 1234\x005678']],
    ['folded', ['Idempotency-Key: 12345678', ' folded']],
    ['no colon', ['Idempotency-Key']],
    ['space in a name', ['Idempotency Key: 12345678']],
    ['space before a colon', ['Idempotency-Key : 12345678']],
    ['both lengths', ['Content-Length: 2', 'Transfer-Encoding: chunked']],
    ['two lengths', ['Content-Length: 2', 'Content-Length: 20']],
    ['a length of signs', ['Content-Length: +2']],
    ['a negative length', ['Content-Length: -2']],
    ['a coding nobody knows', ['Transfer-Encoding: xchunked']],
    ['chunked twice', ['Transfer-Encoding: chunked, identity']],
    ['a header of 20 kB', [`X-Large: ${'x'.repeat(20_000)}`]],
    ['a proof of 20 kB', [`Stillwake-Proof: ${'x'.repeat(20_000)}`]],
    ['thousands of headers', Array.from({ length: 3000 }, (_, i) => `X-${i}: 1`)],
  ];
  const smuggled = request('GET', '/v1/operator/licences', [`Authorization: Bearer ${OPERATOR_KEY}`]);
  for (const [what, headers] of lines) {
    const text = await talk(
      open.port,
      request('POST', '/v1/refresh', ['Content-Type: application/json', ...headers], `{}${smuggled}`),
    );
    expect([what, text.includes('"items"'), text.toLowerCase().includes('x-forged')]).toEqual([
      what,
      false,
      false,
    ]);
    expect([400, 401, 408, 413, 431], what).toContain(statusOf(text));
    tally.count('headers');
  }
  for (const [what, first] of [
    ['no host', 'GET /v1/policy HTTP/1.1\r\n\r\n'],
    ['host of spaces', 'GET /v1/policy HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n'],
    ['host of a path', 'GET /v1/policy HTTP/1.1\r\nHost: a/../b?c\r\nConnection: close\r\n\r\n'],
    ['a tunnel', 'CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n'],
    ['a trace', request('TRACE', '/v1/policy', ['Stillwake-Proof: secret'])],
    ['an upgrade', request('GET', '/v1/none', ['Upgrade: websocket', 'Sec-WebSocket-Version: 13'])],
    ['HTTP/9', 'GET /v1/policy HTTP/9.9\r\nHost: a\r\n\r\n'],
    ['HTTP/2 in the open', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['a line of 20 kB', request('GET', `/${'a'.repeat(20_000)}`)],
    ['a space in the path', request('GET', '/v1/policy x')],
    ['a line end in the path', request('GET', '/v1/policy%0d%0aX-Forged:%201')],
    ['another origin', request('GET', 'http://evil.example/v1/operator/licences')],
    ['a path of asterisks', request('OPTIONS', '*')],
  ] as const) {
    const text = await talk(open.port, first);
    expect([what, statusOf(text) === 0 || statusOf(text) >= 400]).toEqual([what, true]);
    expect(text.toLowerCase()).not.toMatch(/^x-forged/m);
    expect(text).not.toContain('secret');
    tally.count('requests');
  }
  await alive();
  expect(await books(target)).toBe(before);
});

it('answers pipelined requests each by itself, in their order', async () => {
  const { device, id } = await sold(target);
  const body = '{"min":3,"want":3}';
  const key = randomUUID();
  const parts = await Promise.all(
    Array.from({ length: 10 }, async () => {
      const proof = await device.proof('POST', '/v1/leases', body);
      return `POST /v1/leases HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nIdempotency-Key: ${key}\r\nStillwake-Proof: ${proof}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    }),
  );
  const text = await talk(open.port, `${parts.join('')}${request('GET', '/v1/none')}`);
  const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status));
  expect(statuses).toEqual([...parts.map(() => 200), 404]);
  expect(await target.licence(id)).toMatchObject({ leased: 3 });
  tally.count('pipelined', statuses.length);
});

it('holds against hundreds of connections at once, and tells them when to come back', async () => {
  const count = 400;
  const answers = await Promise.all(
    Array.from({ length: count }, () =>
      talk(limited.port, request('GET', '/v1/nonce', ['X-Forwarded-For: 10.9.8.7'])),
    ),
  );
  const passed = answers.filter((text) => statusOf(text) === 200).length;
  const refused = answers.filter((text) => statusOf(text) === 429);
  expect(passed + refused.length).toBe(count);
  expect(passed).toBe(LIMITS.address.burst);
  for (const text of refused) expect(text).toMatch(/^retry-after: [1-9]\d?\r$/im);
  tally.count('connections', count);
  // Bodies of a flood are not read.
  const head = request('POST', '/v1/ledger', [...json, 'Content-Length: 400000']);
  const posts = await Promise.all(
    Array.from({ length: 50 }, () => talk(limited.port, head, (text) => text.includes('}'))),
  );
  expect(new Set(posts.map(statusOf))).toEqual(new Set([429]));
  tally.count('connections', 50);
  await alive();
});
