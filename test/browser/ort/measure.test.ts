import { expect, test } from 'vitest';
import { startRenderWorker } from '../../../src/app/render-bridge.ts';
import type { FlowMachine, FlowMeasureRequest } from '../../../src/contracts/render.api.ts';
import { isSameMachine, lookAtMachine } from '../../../src/platform/ort/machine.ts';
import { probeProvider, timeRuns } from '../../../src/platform/ort/probe.ts';
import { measureMachine } from '../../../workers/render/measure.ts';

const WASM = new URL('/ort/', location.href).href;
const GIB = 1024 ** 3;

async function inWorker(request: FlowMeasureRequest): Promise<FlowMachine> {
  const worker = startRenderWorker();
  try {
    return await worker.api.measureFlow(request);
  } finally {
    worker.terminate();
  }
}

test('a machine without a real graphics card is measured in WebAssembly', async () => {
  const machine = await inWorker({ wasmUrl: WASM });
  expect(machine).toMatchObject({ provider: 'wasm', streams: false, shaderF16: false });
  expect(machine.adapter).toMatch(/swiftshader/i);
  expect(machine.heapBytes).toBeGreaterThanOrEqual(GIB);
  expect(machine.heapBytes).toBeLessThanOrEqual(4 * GIB);
  expect(machine.threads).toBeGreaterThanOrEqual(1);
  // A processor of this century does 0.5 to 500 GFLOP/s.
  expect(machine.probe).toBeGreaterThan(0.5e6);
  expect(machine.probe).toBeLessThan(500e6);
});

test('the same graph runs on WebGPU', async () => {
  const machine = await inWorker({ wasmUrl: WASM, provider: 'webgpu' });
  expect(machine).toMatchObject({ provider: 'webgpu', streams: 'Suspending' in WebAssembly });
  expect(machine.maxStorageBufferBindingSize).toBeGreaterThanOrEqual(128 * 1024 ** 2);
  expect(machine.probe).toBeGreaterThan(0);
});

test('what was measured before is given again while the machine is the same', async () => {
  const facts = await lookAtMachine('webgpu');
  const known: FlowMachine = { ...facts, probe: 123 };
  expect(await measureMachine({ wasmUrl: WASM, provider: 'webgpu', known })).toEqual(known);
  expect(isSameMachine({ ...known, adapter: 'another card' }, facts)).toBe(false);
  expect(isSameMachine({ ...known, subgroups: !known.subgroups }, facts)).toBe(false);
});

test('a graphics card that fails is answered as WebAssembly', async () => {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its adapter below
  const real = GPUAdapter.prototype.requestDevice;
  // The real adapter, whose devices are taken away the moment they are made.
  GPUAdapter.prototype.requestDevice = async function (this: GPUAdapter, wish) {
    const device = await real.call(this, wish);
    device.destroy();
    return device;
  };
  try {
    await expect(probeProvider('webgpu', WASM)).rejects.toMatchObject({ name: 'AppError' });
    const machine = await measureMachine({ wasmUrl: WASM, provider: 'webgpu' });
    expect(machine).toMatchObject({ provider: 'wasm', streams: false });
    expect(machine.adapter).toMatch(/swiftshader/i);
    expect(machine.probe).toBeGreaterThan(0);
  } finally {
    GPUAdapter.prototype.requestDevice = real;
  }
});

test('without the runtime’s files nothing is timed, and nothing rejects', async () => {
  const machine = await inWorker({ wasmUrl: new URL('/no-such-folder/', location.href).href });
  expect(machine).toMatchObject({ provider: 'wasm', probe: null });
});

/** A machine whose runs take `fixedMs + rows·perRowMs` of a clock of its own. */
function clockwork(fixedMs: number, perRowMs: number): Parameters<typeof timeRuns> {
  let now = 0;
  return [
    async (rows) => {
      now += fixedMs + rows * perRowMs;
    },
    () => now,
  ];
}

test.each([
  ['slow', 0, 40, 1],
  ['of a processor', 0.1, 0.2, 256],
  ['of a fast card', 1, 0.0005, 4096],
  ['of a card that takes long to ask', 30, 0, 1],
] as const)(
  'the time of a machine that is %s is taken within half a second',
  async (_, fixed, perRow, rows) => {
    const result = await timeRuns(...clockwork(fixed, perRow));
    expect(result.rows).toBe(rows);
    expect(result.ms).toBeLessThanOrEqual(500);
    expect(result.speed).toBeCloseTo((4 * rows * 1024 * 1024) / (fixed + rows * perRow), 3);
  },
);

test('a machine that takes longer than half a second for one run has run it once', async () => {
  const result = await timeRuns(...clockwork(0, 600));
  expect(result).toMatchObject({ rows: 1, runs: 1, ms: 600 });
});
