import { mkdtemp, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseRange, resolveInside, startServer, type RunningServer } from './static-server.ts';

let folder: string;
let server: RunningServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stillwake-server-'));
  await mkdir(join(folder, 'root', 'assets'), { recursive: true });
  await writeFile(join(folder, 'secret.txt'), 'secret');
  await writeFile(join(folder, 'root', 'index.html'), '<!doctype html>');
  await writeFile(join(folder, 'root', 'clip.mp4'), Buffer.from('0123456789'));
  await writeFile(join(folder, 'root', 'assets', 'index-abcdEF12.js'), 'export {};');
  await symlink(join(folder, 'secret.txt'), join(folder, 'root', 'link.txt'));
  server = await startServer({ root: join(folder, 'root'), port: 0 });
});

afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

/** Status of a request whose path is sent as it stands; `fetch` would tidy the dots away. */
function rawStatus(path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    request({ port: server.port, host: '127.0.0.1', path }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });
}

describe('static server', () => {
  test('serves the page with isolation and a strict policy', async () => {
    const response = await fetch(server.url);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('cross-origin-opener-policy')).toBe('same-origin');
    expect(response.headers.get('cross-origin-embedder-policy')).toBe('require-corp');
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(response.headers.get('cache-control')).toBe('no-cache');
  });

  test('lets hashed files be kept for ever', async () => {
    const response = await fetch(`${server.url}assets/index-abcdEF12.js`);
    expect(response.headers.get('cache-control')).toContain('immutable');
    expect(response.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
  });

  test('answers ranges', async () => {
    const part = await fetch(`${server.url}clip.mp4`, { headers: { Range: 'bytes=2-4' } });
    expect(part.status).toBe(206);
    expect(part.headers.get('content-range')).toBe('bytes 2-4/10');
    expect(await part.text()).toBe('234');
    const tail = await fetch(`${server.url}clip.mp4`, { headers: { Range: 'bytes=-3' } });
    expect(await tail.text()).toBe('789');
    const beyond = await fetch(`${server.url}clip.mp4`, { headers: { Range: 'bytes=10-' } });
    expect(beyond.status).toBe(416);
  });

  test('says that nothing changed', async () => {
    const first = await fetch(`${server.url}clip.mp4`);
    const etag = first.headers.get('etag') ?? '';
    const second = await fetch(`${server.url}clip.mp4`, { headers: { 'If-None-Match': etag } });
    expect(second.status).toBe(304);
  });

  test.each([
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/..\\secret.txt',
    '/link.txt',
    '/%zz',
    '/assets',
    '/no',
  ])('does not serve %s', async (path) => {
    expect(await rawStatus(path)).toBe(404);
  });

  test('refuses to write', async () => {
    const response = await fetch(`${server.url}clip.mp4`, { method: 'PUT', body: 'x' });
    expect(response.status).toBe(405);
  });

  test('takes the next port when one is taken, unless it was asked for', async () => {
    const next = await startServer({ root: folder, port: server.port });
    expect(next.port).toBeGreaterThan(server.port);
    await next.close();
    await expect(startServer({ root: folder, port: server.port, exactPort: true })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
  });
});

describe('parseRange', () => {
  test('reads one range and leaves the rest', () => {
    expect(parseRange(undefined, 10)).toBeNull();
    expect(parseRange('bytes=-', 10)).toBeNull();
    expect(parseRange('bytes=0-1,4-5', 10)).toBeNull();
    expect(parseRange('items=0-1', 10)).toBeNull();
    expect(parseRange('bytes=0-', 10)).toEqual({ start: 0, end: 10 });
    expect(parseRange('bytes=5-99', 10)).toEqual({ start: 5, end: 10 });
    expect(parseRange('bytes=-99', 10)).toEqual({ start: 0, end: 10 });
    expect(parseRange('bytes=-0', 10)).toBe('unsatisfiable');
    expect(parseRange('bytes=7-3', 10)).toBe('unsatisfiable');
  });
});

describe('resolveInside', () => {
  test('stays inside', () => {
    expect(resolveInside('/a/b', '/c.txt')).toBe('/a/b/c.txt');
    expect(resolveInside('/a/b', '/')).toBe('/a/b/index.html');
    expect(resolveInside('/a/b', '/../b2/x')).toBeNull();
    expect(resolveInside('/a/b', '/x%00y')).toBeNull();
  });
});
