import { deleteDB } from 'idb';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { AppError } from '../../../src/contracts/errors.ts';
import { flowConstants, type FlowSize } from '../../../src/contracts/flow.ts';
import { parsePack, type Pack } from '../../../src/contracts/pack.ts';
import type { FlowMachine, RenderApi } from '../../../src/contracts/render.api.ts';
import { createEngine } from '../../../src/app/engine.ts';
import { createFlowFit, type FlowFitter } from '../../../src/app/flow-fit.ts';
import { measureIn } from '../../../src/app/flow-measure.ts';
import { flowWorker } from '../../../src/app/flow-worker.ts';
import { startRenderWorker } from '../../../src/app/render-bridge.ts';
import { createStore, type Store } from '../../../src/platform/store/store.ts';
import { connectWorker } from '../../../src/platform/thread/connect-worker.ts';
import { cleanDisk, installTiny, request, take, WASM } from '../render/flow-harness.ts';

const NAME = 'flow-fit-test';
const stores: Store[] = [];

function store(): Store {
  const opened = createStore({ name: NAME });
  stores.push(opened);
  return opened;
}

const GIB = 1024 ** 3;
const card: FlowMachine = {
  provider: 'webgpu',
  adapter: 'a card',
  shaderF16: true,
  subgroups: true,
  streams: true,
  maxBufferSize: 2 * GIB,
  maxStorageBufferBindingSize: 2 * GIB,
  heapBytes: 4 * GIB,
  threads: 1,
  probe: 1e9,
};

async function fitter(measure: () => Promise<FlowMachine>, now?: () => number): Promise<FlowFitter> {
  const made = createFlowFit({ store: store(), measure, ...(now ? { now } : {}) });
  await made.measure();
  return made;
}

let ltx: Pack;
beforeAll(async () => {
  await cleanDisk();
  await installTiny('ltx');
  ltx = parsePack(await (await fetch('/models/tiny/ltx/pack.json')).json());
});
afterEach(async () => {
  for (const opened of stores.splice(0)) opened.close();
  await deleteDB(NAME);
});
afterAll(cleanDisk);

test('once learnt, a job takes about as long as was said', { timeout: 120_000 }, async () => {
  const flow = flowWorker(startRenderWorker, 60_000);
  const fit = createFlowFit({
    store: store(),
    measure: (known) => measureIn({ flow: () => flow.lease(), wasmUrl: WASM, provider: 'wasm' }, known),
  });
  expect(fit.verdict(ltx)).toBeNull();
  expect(await fit.measure()).toMatchObject({ provider: 'wasm' });
  const worker = startRenderWorker();
  try {
    const job = await request('ltx');
    const wish = { size: job.size, frames: 76, fps: 25, words: 0 };
    const ratios: number[] = [];
    for (let run = 0; run < 3; run++) {
      const said = fit.present(ltx, job.settings, { width: 192, height: 128 }, null);
      expect(said?.sentence).toMatch(/^Fits; about /);
      const { result } = await take(worker, {
        ...job,
        jobId: `${job.jobId}-${run}`,
        size: said?.size ?? job.size,
      });
      ratios.push(result.times.totalMs / (1000 * (said?.seconds ?? NaN)));
      fit.learn(ltx, { ...wish, size: said?.size ?? job.size }, result);
    }
    // eslint-disable-next-line no-console -- the figure is what a reader of the log wants
    console.info(
      `real over predicted time, first by the probe alone: ${ratios.map((r) => r.toFixed(2)).join(', ')}`,
    );
    // Before anything is learnt only the order of things is told: small runs cost more than their arithmetic.
    const [, ...learnt] = ratios;
    for (const ratio of learnt) {
      expect(ratio).toBeGreaterThan(1 / 3);
      expect(ratio).toBeLessThan(3);
    }
  } finally {
    worker.terminate();
    flow.end();
  }
});

test('what was measured and learnt is there on the next visit, for the same machine', async () => {
  const asked: (FlowMachine | null)[] = [];
  const measure = (machine: FlowMachine) => async (known: FlowMachine | null) => {
    asked.push(known);
    return machine;
  };
  const times = {
    openMs: 100,
    runMs: 900,
    runs: { vae_encode: [10], dit_context: [10], dit_step: [100], vae_decode: [180] },
    sinkMs: 0,
    totalMs: 1000,
    resumedSteps: 0,
  };
  const first = createFlowFit({ store: store(), measure: measure(card) });
  const [one, two] = await Promise.all([first.measure(), first.measure()]);
  expect(one).toBe(two);
  const before = first.verdict(ltx)?.seconds ?? NaN;
  const [size] = flowConstants(ltx).sizes;
  if (!size) throw new Error('no size');
  first.learn(ltx, { size, frames: 17, fps: 25, words: 0 }, { provider: 'wasm', times });
  expect(first.verdict(ltx)?.seconds).toBe(before);
  first.learn(ltx, { size, frames: 17, fps: 25, words: 0 }, { provider: 'webgpu', times });
  const after = first.verdict(ltx)?.seconds ?? NaN;
  expect(after).toBeGreaterThan(2 * before);

  const second = createFlowFit({ store: store(), measure: measure(card) });
  await second.measure();
  expect(second.verdict(ltx)?.seconds).toBeCloseTo(after, 6);
  const other = createFlowFit({ store: store(), measure: measure({ ...card, adapter: 'another' }) });
  await other.measure();
  expect(other.verdict(ltx)?.seconds).toBeCloseTo(before, 6);
  expect(asked).toEqual([null, card, card]);
});

test('a size at which memory ran out is not tried again, until a week is over or it was made', async () => {
  let now = 1e12;
  const clock = (): number => now;
  const fit = await fitter(async () => card, clock);
  const [large, middle, small] = flowConstants(ltx).sizes;
  if (!large || !middle || !small) throw new Error('three sizes');
  const { settings } = await request('ltx');
  const picture = { width: 192, height: 128 };
  const fits = (size: FlowSize): boolean => fit.fits(ltx, settings)(size);
  fit.failed(ltx, large, new AppError('ERR_MODEL_DAMAGED', 'a shape disagrees'));
  fit.failed(ltx, large, new DOMException('cancelled', 'AbortError'));
  expect([large, middle, small].map(fits)).toEqual([true, true, true]);

  fit.failed(ltx, middle, new AppError('ERR_MODEL_FAILED', 'the network could not be run: std::bad_alloc'));
  expect([large, middle, small].map(fits)).toEqual([false, false, true]);
  expect(fit.verdict(ltx)?.sentence).toMatch(
    /^Does not fit at 96×64: this machine ran out of memory there\. It fits at 32×64; about .* for 3 s\.$/,
  );
  // Before a job only sizes that fit are looked at.
  expect(fit.present(ltx, settings, picture, null)).toMatchObject({ fits: true, size: small });
  const next = await fitter(async () => card, clock);
  expect(next.fits(ltx, settings)(middle)).toBe(false);

  now += 8 * 24 * 3600 * 1000;
  expect([large, middle, small].map(fits)).toEqual([true, true, true]);
  fit.failed(ltx, small, new AppError('ERR_GPU_LOST', 'lost', { retryable: true }));
  expect(fits(small)).toBe(false);
  const times = { openMs: 1, runMs: 1, runs: {}, sinkMs: 0, totalMs: 2, resumedSteps: 0 };
  fit.learn(ltx, { size: middle, frames: 17, fps: 25, words: 0 }, { provider: 'webgpu', times });
  expect([middle, small].map(fits)).toEqual([true, true]);
});

test('a worker that comes to a stop is ended, and another one looks without the graphics card', async () => {
  const started: string[] = [];
  const stuck = new Blob(['onmessage = () => { for (;;); };'], { type: 'text/javascript' });
  const url = URL.createObjectURL(stuck);
  const flow = flowWorker(() => {
    started.push('worker');
    return started.length === 1 ? connectWorker<RenderApi>(() => new Worker(url)) : startRenderWorker();
  }, 1000);
  try {
    const machine = await measureIn({ flow: () => flow.lease(), wasmUrl: WASM, limitMs: 10_000 }, null);
    expect(machine.provider).toBe('wasm');
    expect(machine.probe).toBeGreaterThan(0);
    expect(started).toHaveLength(2);
  } finally {
    flow.end();
    URL.revokeObjectURL(url);
  }
}, 60_000);

test('a machine that is measured when the application ends is not measured again', async () => {
  const started: string[] = [];
  const stuck = URL.createObjectURL(new Blob(['onmessage = () => undefined;'], { type: 'text/javascript' }));
  const engine = createEngine({
    render: { packUrl: location.href, wasmUrl: WASM },
    startFlow: () => {
      started.push('worker');
      return connectWorker<RenderApi>(() => new Worker(stuck));
    },
  });
  const measuring = measureIn({ flow: () => engine.flow(), wasmUrl: WASM }, null);
  engine.close();
  await expect(measuring).rejects.toMatchObject({ code: 'ERR_WORKER_TERMINATED' });
  expect(started).toHaveLength(1);
  URL.revokeObjectURL(stuck);
});
