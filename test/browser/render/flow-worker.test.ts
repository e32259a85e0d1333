import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { FlowJobRequest, FlowJobStep, RenderApi } from '../../../src/contracts/render.api.ts';
import { DEFAULT_SETTINGS } from '../../../src/contracts/settings.ts';
import { removeCheckpoints, tidyCheckpoints } from '../../../src/platform/store/checkpoints.ts';
import type { WorkerConnection } from '../../../src/platform/thread/connect-worker.ts';
import {
  cleanDisk,
  installTiny,
  loseDevices,
  removePack,
  request,
  sameFrames,
  savedJobs,
  savedState,
  spoilState,
  startFlow,
  take,
  type Taken,
} from './flow-harness.ts';

const open = new Set<WorkerConnection<RenderApi>>();
const start = (): WorkerConnection<RenderApi> => {
  const connection = startFlow();
  open.add(connection);
  return connection;
};
/** The worker of the tests that leave it whole. */
let shared: WorkerConnection<RenderApi>;
let short: FlowJobRequest;
let undisturbed: Taken;

/** A clip of one part, so that a test waits for no more than it needs. */
async function shortRequest(change: Partial<FlowJobRequest> = {}): Promise<FlowJobRequest> {
  const settings = {
    ...DEFAULT_SETTINGS,
    seconds: 0.5,
    fps: 24,
    resolution: '480p',
    pack: 'tiny-ltx',
  } as const;
  return request('ltx', { settings, size: { width: 64, height: 64, frames: 17 }, ...change });
}

const isStep = (step: FlowJobStep, done: number): boolean => step.stage === 'step' && step.done === done;
/** For a job that is not to end by itself. */
const NEVER = new Promise<never>(() => undefined);
/** A promise for whoever settles it later. */
function later(): { promise: Promise<unknown>; resolve: (value: unknown) => void } {
  let settle: (value: unknown) => void = () => undefined;
  const promise = new Promise<unknown>((resolve) => (settle = resolve));
  return { promise, resolve: (value) => settle(value) };
}
const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'nothing',
    (cause: unknown) => cause,
  );

beforeAll(async () => {
  await cleanDisk();
  await installTiny('ltx');
  await installTiny('wan');
  shared = startFlow();
  short = await shortRequest();
  undisturbed = await take(shared, short);
});
afterEach(() => {
  for (const connection of open) connection.terminate();
  open.clear();
});
afterAll(async () => {
  shared.terminate();
  await cleanDisk();
});

describe('a clip by a flow pack', () => {
  test.each([
    ['ltx', 7, 2],
    ['wan', 4, 3],
  ] as const)(
    'comes from %s frame by frame, with a picture after each step',
    async (family, steps, parts) => {
      const job = await request(family);
      const taken = await take(shared, job);
      expect(taken.frames.map(({ index }) => index)).toEqual(Array.from({ length: 72 }, (_, i) => i));
      expect(taken.frames.map(({ timestampUs }) => timestampUs)).toEqual(
        taken.frames.map((_, i) => Math.round((i * 1e6) / 24)),
      );
      const looks = new Set(taken.frames.map(({ width, height, colour }) => `${width}×${height} ${colour}`));
      expect(looks).toEqual(new Set(['128×128 I420 bt709 bt709 bt709 false']));
      expect(taken.result).toMatchObject({ frames: 72, width: 128, height: 128, provider: 'wasm' });
      const { times } = taken.result;
      expect(times.runs['dit_step']).toHaveLength(steps * parts);
      expect(times.resumedSteps).toBe(0);
      expect(times.openMs + times.runMs + times.sinkMs).toBeLessThanOrEqual(times.totalMs + 1);
      const pictured = taken.previews.filter(({ step }) => step.stage === 'step');
      expect(pictured.map(({ step }) => step.done)).toEqual(
        Array.from({ length: steps * parts }, (_, i) => i + 1),
      );
      const bitmap = await createImageBitmap(pictured[0]?.picture ?? new Blob());
      expect([bitmap.width, bitmap.height, pictured[0]?.picture.type]).toEqual([320, 320, 'image/jpeg']);
      bitmap.close();
    },
  );

  test('tells how much of the work is done, from 0 to 1 and never back', () => {
    const told = undisturbed.steps.map(({ progress }) => progress);
    expect([told[0], told.at(-1)]).toEqual([0, 1]);
    expect(told).toEqual([...told].sort((a, b) => a - b));
    expect([...new Set(undisturbed.steps.map(({ stage }) => stage))]).toEqual([
      'load',
      'context',
      'encode',
      'step',
      'decode',
    ]);
  });

  test('has moving frames that are neither black nor all alike', () => {
    const means = undisturbed.frames.map(({ bytes, width, height }) => {
      const luma = bytes.subarray(0, width * height);
      return luma.reduce((sum, value) => sum + value, 0) / luma.length;
    });
    for (const mean of means) expect(mean).toBeGreaterThan(30);
    expect(sameFrames(undisturbed, { ...undisturbed, frames: [...undisturbed.frames].reverse() })).toBe(
      false,
    );
  });

  test('is the same for the same seed, and another for another', async () => {
    const again = await take(shared, { ...short, jobId: `${short.jobId}-again` });
    expect(sameFrames(again, undisturbed)).toBe(true);
    const settings = { ...short.settings, seed: 2 };
    const other = await take(shared, { ...short, jobId: `${short.jobId}-other`, settings });
    expect(sameFrames(other, undisturbed)).toBe(false);
  });

  test('plays at the rate that is asked for, whatever the model’s is', async () => {
    const job = await request('wan');
    const settings = { ...job.settings, seconds: 0.5, fps: 30 as const };
    const { frames, result } = await take(shared, {
      ...job,
      settings,
      size: { width: 64, height: 64, frames: 13 },
    });
    expect(frames).toHaveLength(15);
    expect(frames.at(-1)?.timestampUs).toBe(Math.round((14 * 1e6) / 30));
    expect(result.times.runs['dit_step']).toHaveLength(4);
  });

  test('follows the words of a prompt', async () => {
    const motion = { kind: 'prompt', prompt: 'the disc moves left slowly' } as const;
    const settings = { ...short.settings, motion };
    const spoken = await take(shared, await shortRequest({ settings }));
    expect(spoken.result.times.runs['text_encoder']).toHaveLength(1);
    expect(sameFrames(spoken, undisturbed)).toBe(false);
    const long = { ...settings, motion: { kind: 'prompt', prompt: 'left '.repeat(400) } as const };
    const cut = await take(shared, await shortRequest({ settings: long }));
    expect(cut.result.notices.map(({ code }) => code)).toEqual(['NOTICE_FLOW_PROMPT_CUT']);
  });

  test('opens and frees its sessions with each job, in one worker', async () => {
    const first = undisturbed.result.times.runs;
    for (let i = 0; i < 3; i++) {
      const { result } = await take(shared, { ...short, jobId: `${short.jobId}-${i}` });
      expect(Object.keys(result.times.runs)).toEqual(Object.keys(first));
      expect(result.times.openMs).toBeGreaterThan(0);
    }
  });
});

describe('a flow job that is disturbed', () => {
  test('ends between two graph runs when cancelled, and the next goes on in the same worker', async () => {
    const job = await shortRequest();
    const onStep = (step: FlowJobStep): void => {
      if (isStep(step, 3)) void shared.api.cancel(job.jobId);
    };
    const cancelled = take(shared, job, onStep, NEVER);
    await expect(cancelled).rejects.toMatchObject({ name: 'AbortError' });
    expect(sameFrames(await take(shared, { ...short, jobId: 'after-cancel' }), undisturbed)).toBe(true);
  });

  test('is cancelled before it has begun', async () => {
    const job = await shortRequest();
    const cancelled = take(shared, job);
    void shared.api.cancel(job.jobId);
    await expect(cancelled).rejects.toMatchObject({ name: 'AbortError' });
  });

  test('goes on from its last step when its worker was killed, with the same frames', async () => {
    const killed = start();
    const job = await shortRequest();
    const onStep = (step: FlowJobStep): void => {
      if (isStep(step, 3)) killed.terminate();
    };
    const lost = take(killed, job, onStep, NEVER);
    await expect(lost).rejects.toMatchObject({ code: 'ERR_WORKER_TERMINATED' });
    const { result, ...taken } = await take(start(), job);
    expect(result.times.resumedSteps).toBeGreaterThanOrEqual(3);
    expect(result.times.resumedSteps + (result.times.runs['dit_step']?.length ?? 0)).toBe(7);
    expect(sameFrames({ ...taken, result }, undisturbed)).toBe(true);
  });

  test('begins anew where its saved state is damaged or another job’s', async () => {
    const job = await shortRequest();
    await take(shared, job);
    expect((await take(shared, job)).result.times.resumedSteps).toBe(7);
    await spoilState(job.jobId);
    const anew = await take(shared, job);
    expect(anew.result.times.resumedSteps).toBe(0);
    expect(sameFrames(anew, undisturbed)).toBe(true);
    const settings = { ...job.settings, seed: 9 };
    expect((await take(shared, { ...job, settings })).result.times.resumedSteps).toBe(0);
  });

  test('keeps the state before where a write was cut', async () => {
    const job = await shortRequest();
    await take(shared, job);
    // The newest of the two was cut: what is left is a step older.
    await spoilState(job.jobId, 'newest');
    const { result } = await take(shared, job);
    expect(result.times.resumedSteps).toBeGreaterThanOrEqual(6);
    expect(sameFrames(await take(shared, job), undisturbed)).toBe(true);
  });

  test('leaves nothing behind that nobody may go on with', async () => {
    const [one, other] = [await shortRequest(), await shortRequest()];
    await take(shared, one);
    await take(shared, other);
    expect(await savedState(one.jobId)).not.toBeNull();
    await removeCheckpoints(one.jobId);
    await removeCheckpoints('never seen');
    expect(await savedState(one.jobId)).toBeNull();
    await tidyCheckpoints([other.jobId]);
    expect(await savedJobs()).toEqual([other.jobId]);
    await tidyCheckpoints([]);
    expect(await savedJobs()).toEqual([]);
  });

  test('keeps the state of a job that runs', async () => {
    const job = await shortRequest();
    const { promise: tidied, resolve } = later();
    const onStep = (step: FlowJobStep): void => {
      if (isStep(step, 2)) void tidyCheckpoints([]).then(resolve);
    };
    await take(shared, job, onStep, tidied);
    expect(await savedState(job.jobId)).not.toBeNull();
  });
});

describe('a pack that is in use or gone', () => {
  test('can’t be deleted while a clip is made with it, and can afterwards', async () => {
    const { promise: refused, resolve } = later();
    const onStep = (step: FlowJobStep): void => {
      if (isStep(step, 1)) void codeOf(removePack('tiny-ltx')).then(resolve);
    };
    await take(shared, await shortRequest(), onStep, refused);
    expect(await refused).toMatchObject({ code: 'ERR_MODEL_BUSY', retryable: true });
    await removePack('tiny-wan');
    const gone = take(shared, await request('wan'));
    await expect(gone).rejects.toMatchObject({ code: 'ERR_MODEL_MISSING', details: { pack: 'tiny-wan' } });
  });

  test('makes no clip while somebody changes it', async () => {
    const job = await shortRequest();
    const busy = navigator.locks.request('stillwake-packs-tiny-ltx', () => codeOf(take(shared, job)));
    expect(await busy).toMatchObject({ code: 'ERR_MODEL_BUSY', retryable: true });
  });

  test('makes no clip of what is no picture, and no clip in another version', async () => {
    const bad = await shortRequest({ picture: { blob: new Blob(['no picture at all']), matte: '#ffffff' } });
    await expect(take(shared, bad)).rejects.toMatchObject({ code: 'ERR_INPUT_NOT_A_PICTURE' });
    const other = await shortRequest({ version: '2.0.0' });
    await expect(take(shared, other)).rejects.toMatchObject({ code: 'ERR_MODEL_MISSING' });
  });
});

// Last, since a software adapter holds up everything that is drawn beside it.
describe('a flow job on the graphics card', () => {
  const tiny = { size: { width: 32, height: 64, frames: 17 }, width: 64, height: 128 } as const;

  test('gives what WebAssembly does, nearly', { timeout: 90_000 }, async () => {
    const job = await shortRequest({ ...tiny, provider: 'webgpu' });
    const { frames, result } = await take(start(), job);
    expect(result.provider).toBe('webgpu');
    const others = await take(shared, { ...job, jobId: `${job.jobId}-wasm`, provider: 'wasm' });
    expect(frames).toHaveLength(others.frames.length);
    const off = frames.map(({ bytes }, i) => {
      const other = others.frames[i]?.bytes ?? new Uint8Array();
      return bytes.reduce((most, byte, k) => Math.max(most, Math.abs(byte - (other[k] ?? 0))), 0);
    });
    expect(Math.max(...off)).toBeLessThan(6);
  });

  test('goes on elsewhere when the device is lost in step 3', { timeout: 90_000 }, async () => {
    const job = await shortRequest({ ...tiny, provider: 'webgpu' });
    const lost = take(start(), job, (step) => {
      if (isStep(step, 3)) loseDevices();
    });
    await expect(lost).rejects.toMatchObject({ code: 'ERR_GPU_LOST', retryable: true });
    const again = await take(shared, { ...job, provider: 'wasm' });
    expect(again.result.times.resumedSteps).toBeGreaterThanOrEqual(3);
    expect(again.frames).toHaveLength(12);
  });
});
