import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LicenceConfig } from '../../../src/contracts/licence/view.ts';
import { fileRevision } from '../service-worker-plugin.ts';
import { startServer } from '../static-server.ts';
import { fetchPageLicence, LicenceApiError, licenceServing, withLicenceMeta } from './page-config.ts';

const KEY = {
  kty: 'OKP',
  crv: 'Ed25519',
  x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
  kid: 'one',
  alg: 'EdDSA',
  use: 'sig',
} as const;
const PAGE = '<!doctype html><html><head><title>x</title></head><body></body></html>';

let api: Server;
let origin: string;
let status = 200;
let body = '';

beforeAll(async () => {
  api = createServer((request, response) => {
    const there = request.url === '/.well-known/jwks.json' || request.url === '/below/.well-known/jwks.json';
    response.writeHead(there ? status : 404).end(body);
  });
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
  const address = api.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  origin = `http://127.0.0.1:${address.port}`;
});

afterAll(async () => {
  api.closeAllConnections();
  await new Promise((resolve) => api.close(resolve));
});

function answer(nextStatus: number, next: unknown): void {
  status = nextStatus;
  body = typeof next === 'string' ? next : JSON.stringify(next);
}

describe('fetchPageLicence', () => {
  test('pins the keys that the service shows at this moment', async () => {
    answer(200, { keys: [KEY] });
    expect(await fetchPageLicence(`${origin}/`)).toEqual({
      origin,
      config: { url: origin, issuer: origin, keys: [KEY] },
    });
    expect((await fetchPageLicence(`${origin}/below/`)).config).toMatchObject({
      url: `${origin}/below`,
      issuer: origin,
    });
  });

  test.each([
    ['a refusal', 500, { keys: [KEY] }],
    ['no JSON', 200, '<html>'],
    ['no keys', 200, { keys: [] }],
    ['a key of another kind', 200, { keys: [{ ...KEY, crv: 'X25519' }] }],
  ])('refuses %s', async (_name, code, value) => {
    answer(code, value);
    await expect(fetchPageLicence(origin)).rejects.toThrow(LicenceApiError);
  });

  test.each([
    '',
    'localhost',
    'ftp://localhost',
    'http://a:b@localhost',
    'http://localhost/?x',
    'javascript:1',
  ])('refuses the address “%s”', async (address) => {
    await expect(fetchPageLicence(address)).rejects.toThrow(/--licence-api wants/);
  });

  test('says in one sentence that nothing answers', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    await new Promise((resolve) => server.close(resolve));
    await expect(fetchPageLicence(`http://127.0.0.1:${port}`)).rejects.toThrow(
      `no licence API answers at http://127.0.0.1:${port}: start it with npm run license-api`,
    );
  });
});

describe('withLicenceMeta', () => {
  test('cannot be broken out of', () => {
    const config: LicenceConfig = { issuer: `http://x'><script>alert(1)</script>&quot;`, keys: [] };
    const html = withLicenceMeta(PAGE, config);
    expect(html).not.toContain('<script>');
    const content = /content='([^']*)'/.exec(html)?.[1] ?? '';
    const read = content
      .replaceAll('&#39;', "'")
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&amp;', '&');
    expect(JSON.parse(read)).toEqual(config);
  });

  test('is served with the page, in the policy and in the tag, and leaves the file alone', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'stillwake-page-'));
    await writeFile(join(folder, 'index.html'), PAGE);
    await writeFile(join(folder, 'headless.html'), PAGE);
    await writeFile(join(folder, 'service-worker.js'), `files("${fileRevision(PAGE)}")`);
    const serve = async (
      issuer: string,
    ): Promise<{
      etag: string;
      html: string;
      policy: string;
      worker: string;
      other: string;
      ranged: string;
    }> => {
      const server = await startServer({
        root: folder,
        port: 0,
        ...(await licenceServing(folder, { config: { issuer, keys: [] }, origin: 'http://localhost:8787' })),
      });
      const response = await fetch(server.url);
      const answered = {
        etag: response.headers.get('etag') ?? '',
        policy: response.headers.get('content-security-policy') ?? '',
        html: await response.text(),
        worker: await (await fetch(`${server.url}service-worker.js`)).text(),
        other: await (await fetch(`${server.url}headless.html`)).text(),
        ranged: await (await fetch(server.url, { headers: { Range: 'bytes=0-14' } })).text(),
      };
      const again = await fetch(server.url, { headers: { 'If-None-Match': answered.etag } });
      expect(again.status).toBe(304);
      await server.close();
      return answered;
    };
    const [one, two] = [await serve('http://one'), await serve('http://two')];
    expect(one.html).toContain('"issuer":"http://one"');
    expect(one.other).toBe(PAGE);
    expect(one.ranged).toBe('<!doctype html>');
    expect(one.worker).toBe(`files("${fileRevision(one.html)}")`);
    expect(one.etag).not.toBe(two.etag);
    expect(one.policy).toContain("connect-src 'self' blob: data: http://localhost:8787;");
    expect(await readFile(join(folder, 'index.html'), 'utf8')).toBe(PAGE);
    await rm(folder, { recursive: true });
  });
});
