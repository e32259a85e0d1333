import { afterEach, expect, test } from 'vitest';
import { AppError } from '../../../src/contracts/errors.ts';
import { chooseProvider } from '../../../src/platform/ort/adapter.ts';
import type { PackRunner, PackRunnerOptions } from '../../../src/platform/ort/pack-runner.ts';
import { openPack } from '../../../src/platform/ort/pack-runner.ts';
import { memorySource } from '../../../src/platform/ort/pack-source.ts';
import { TINY, tinyPack } from './tiny-pack.ts';

const WASM = new URL('/ort/', location.href).href;
const opened: PackRunner[] = [];

async function open(options: Partial<PackRunnerOptions> = {}): Promise<PackRunner> {
  const runner = await openPack({ pack: memorySource(await tinyPack()), wasmUrl: WASM, ...options });
  opened.push(runner);
  return runner;
}

afterEach(async () => {
  for (const runner of opened.splice(0)) await runner.dispose();
});

/** The AppError that a promise rejects with. */
async function errorOf(promise: Promise<unknown>): Promise<AppError> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof AppError) return error;
  throw new Error(`no AppError: ${String(error)}`);
}

const X = Float32Array.of(1, -2, 3, 0.5);
const SQUARES = [1, 4, 9, 0.25];

test('a software adapter means WebAssembly', async () => {
  const choice = await chooseProvider();
  expect(choice.adapter).not.toBe('none');
  expect(choice.provider).toBe('wasm');
  expect((await open()).provider).toBe('wasm');
});

test('runs a tiny network in WebAssembly', async () => {
  const runner = await open({ provider: 'wasm' });
  const { y } = await runner.run('square', { x: X });
  expect([...(y ?? [])]).toEqual(SQUARES);
});

test('runs a tiny network on WebGPU', async () => {
  const runner = await open({ provider: 'webgpu' });
  const { y } = await runner.run('square', { x: X });
  expect([...(y ?? [])]).toEqual(SQUARES);
  expect(runner.provider).toBe('webgpu');
  expect(runner.notices).toEqual([]);
});

test('runs started together come back each with its own numbers', async () => {
  const runner = await open({ provider: 'wasm' });
  const all = await Promise.all(
    [1, 2, 3].map((value) => runner.run('square', { x: new Float32Array(TINY).fill(value) })),
  );
  expect(all.map(({ y }) => y?.[0])).toEqual([1, 4, 9]);
});

test('a lost device moves the networks to WebAssembly and says so', async () => {
  const adapter = await navigator.gpu.requestAdapter();
  const device = await adapter?.requestDevice();
  if (!device) throw new Error('this test needs a WebGPU adapter');
  device.destroy();
  const runner = await open({ provider: 'webgpu', device });
  const { y } = await runner.run('square', { x: X });
  expect([...(y ?? [])]).toEqual(SQUARES);
  expect(runner.provider).toBe('wasm');
  expect(runner.notices.map(({ code }) => code)).toEqual(['NOTICE_NETWORKS_ON_CPU']);
});

test('an engine without its WebGPU files falls back, without its WebAssembly files it fails and can try again', async () => {
  const runner = await open({ provider: 'webgpu', wasmUrl: new URL('/no-such-folder/', location.href).href });
  const error = await errorOf(runner.run('square', { x: X }));
  expect(runner.provider).toBe('wasm');
  expect(error.code).toBe('ERR_MODEL_MISSING');
  const later = await open({ provider: 'wasm' });
  expect([...((await later.run('square', { x: X })).y ?? [])]).toEqual(SQUARES);
});

test('output that is not finite is an error on WebAssembly', async () => {
  const runner = await open({ provider: 'wasm' });
  const error = await errorOf(runner.run('ratio', { x: new Float32Array(TINY) }));
  expect(error.code).toBe('ERR_MODEL_FAILED');
  // A failed run does not hold up the next one.
  expect((await runner.run('ratio', { x: X })).y?.[0]).toBe(1);
});

test('output that is not finite is tried again off the graphics card', async () => {
  const runner = await open({ provider: 'webgpu' });
  const error = await errorOf(runner.run('ratio', { x: new Float32Array(TINY) }));
  expect(error.code).toBe('ERR_MODEL_FAILED');
  expect(runner.provider).toBe('wasm');
});

test('a wrong input length is a TypeError', async () => {
  const runner = await open({ provider: 'wasm' });
  await expect(runner.run('square', { x: new Float32Array(3) })).rejects.toThrow(TypeError);
  await expect(runner.run('square', {})).rejects.toThrow(TypeError);
});

test('bytes that are no network fail by code', async () => {
  const files = await tinyPack();
  const junk = new TextEncoder().encode('not a network');
  const { sha256Hex } = await import('../../../src/platform/ort/pack-source.ts');
  const sha256 = await sha256Hex(junk);
  const changed = await tinyPack((pack) => ({
    ...pack,
    graphs: pack.graphs.map((graph) => ({ ...graph, sha256, bytes: junk.length })),
  }));
  files.set('square.onnx', junk);
  files.set('pack.json', changed.get('pack.json') ?? junk);
  const runner = await open({ provider: 'wasm', pack: memorySource(files) });
  expect((await errorOf(runner.run('square', { x: X }))).code).toBe('ERR_MODEL_FAILED');
});

test('an unknown graph is missing', async () => {
  const runner = await open({ provider: 'wasm' });
  expect((await errorOf(runner.run('cube', { x: X }))).code).toBe('ERR_MODEL_MISSING');
});

test('a closed pack runs nothing', async () => {
  const runner = await open({ provider: 'wasm' });
  await runner.run('square', { x: X });
  await runner.dispose();
  expect((await errorOf(runner.run('square', { x: X }))).code).toBe('ERR_MODEL_FAILED');
});

test('load tells how far it is', async () => {
  const runner = await open({ provider: 'wasm' });
  const seen: string[] = [];
  await runner.load(['square', 'ratio'], (done, total) => seen.push(`${done}/${total}`));
  expect(seen).toEqual(['1/2', '2/2']);
});
