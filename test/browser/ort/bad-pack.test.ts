import { expect, test } from 'vitest';
import { AppError } from '../../../src/contracts/errors.ts';
import { openPack } from '../../../src/platform/ort/pack-runner.ts';
import type { PackSource } from '../../../src/platform/ort/pack-source.ts';
import { memorySource, sha256Hex, urlSource } from '../../../src/platform/ort/pack-source.ts';
import { TINY, tinyPack } from './tiny-pack.ts';

const WASM = new URL('/ort/', location.href).href;
const X = new Float32Array(TINY).fill(2);
const CACHE = 'stillwake-packs-1';

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  return error instanceof AppError ? error.code : `not an AppError: ${String(error)}`;
}

const open = (pack: string | PackSource) => openPack({ pack, wasmUrl: WASM, provider: 'wasm' });

/** A pack whose one file was changed. */
async function spoilt(path: string, bytes: Uint8Array<ArrayBuffer> | null): Promise<PackSource> {
  const files = await tinyPack();
  if (bytes) files.set(path, bytes);
  else files.delete(path);
  return memorySource(files);
}

test('the control: an unspoilt pack runs', async () => {
  const runner = await open(memorySource(await tinyPack()));
  expect((await runner.run('square', { x: X })).y?.[0]).toBe(4);
  await runner.dispose();
});

test('a network with a wrong hash is damaged', async () => {
  const files = await tinyPack();
  const bytes = files.get('square.onnx')?.slice() ?? new Uint8Array();
  bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1;
  const runner = await open(await spoilt('square.onnx', bytes));
  expect(await codeOf(runner.run('square', { x: X }))).toBe('ERR_MODEL_DAMAGED');
});

test('a network cut short is damaged', async () => {
  const files = await tinyPack();
  const runner = await open(await spoilt('square.onnx', files.get('square.onnx')?.slice(0, 20) ?? null));
  expect(await codeOf(runner.run('square', { x: X }))).toBe('ERR_MODEL_DAMAGED');
});

test('a network that is not there is missing, the other one still runs', async () => {
  const runner = await open(await spoilt('square.onnx', null));
  expect(await codeOf(runner.run('square', { x: X }))).toBe('ERR_MODEL_MISSING');
  expect((await runner.run('ratio', { x: X })).y?.[0]).toBe(1);
  await runner.dispose();
});

test('a pack without pack.json is missing', async () => {
  expect(await codeOf(open(await spoilt('pack.json', null)))).toBe('ERR_MODEL_MISSING');
});

test.each(['{', '[]', '{}', 'null'])('pack.json that says %s is damaged', async (text) => {
  expect(await codeOf(open(await spoilt('pack.json', new TextEncoder().encode(text))))).toBe(
    'ERR_MODEL_DAMAGED',
  );
});

test('a pack.json that leads out of its folder is damaged', async () => {
  const files = await tinyPack((pack) => ({
    ...pack,
    graphs: pack.graphs.map((graph) => ({ ...graph, file: '../square.onnx' })),
  }));
  expect(await codeOf(open(memorySource(files)))).toBe('ERR_MODEL_DAMAGED');
});

test('an address that answers with a page, or not at all, is missing', async () => {
  expect(await codeOf(open(new URL('/no-such-pack/', location.href).href))).toBe('ERR_MODEL_MISSING');
  // The start page under the pack's own name: what single-page servers do with unknown addresses.
  const page = URL.createObjectURL(new Blob(['<!doctype html>'], { type: 'text/html' }));
  expect((await fetch(page)).ok).toBe(true);
  URL.revokeObjectURL(page);
  const runner = await open(new URL('/packs/portrait/', location.href).href);
  expect(runner.pack.engine).toBe('portrait');
});

test('an address that nobody serves is missing and can be tried again', async () => {
  const error: unknown = await open('http://127.0.0.1:9/pack/').catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'ERR_MODEL_MISSING', retryable: true });
});

test('a checked file is kept and read again without a network', async () => {
  const bytes = new TextEncoder().encode('kept before');
  const check = { sha256: await sha256Hex(bytes), bytes: bytes.length };
  const base = new URL('/no-such-pack/', location.href).href;
  const cache = await caches.open(CACHE);
  await cache.put(`${base}kept.onnx?sha256=${check.sha256}`, new Response(bytes));
  expect(await urlSource(base).read('kept.onnx', check)).toEqual(bytes);
  await caches.delete(CACHE);
  expect(await codeOf(urlSource(base).read('kept.onnx', check))).toBe('ERR_MODEL_MISSING');
});

test('a kept file that was spoilt is replaced from the network', async () => {
  const base = new URL('/packs/portrait/', location.href).href;
  const { pack } = await open(base);
  const graph = pack.graphs.find(({ id }) => id === 'iris');
  if (!graph) throw new Error('the portrait pack has no iris network');
  const cache = await caches.open(CACHE);
  const key = `${base}${graph.file}?sha256=${graph.sha256}`;
  await cache.put(key, new Response('spoilt'));
  expect((await urlSource(base).read(graph.file, graph)).length).toBe(graph.bytes);
  const kept = await (await cache.match(key))?.arrayBuffer();
  expect(kept?.byteLength).toBe(graph.bytes);
});

test('a path out of the folder is not read', async () => {
  const source = urlSource(new URL('/packs/portrait/', location.href).href);
  expect(await codeOf(source.read('../../index.html', null))).toBe('ERR_MODEL_MISSING');
  expect(await codeOf(source.read('https://example.invalid/x', null))).toBe('ERR_MODEL_MISSING');
});
