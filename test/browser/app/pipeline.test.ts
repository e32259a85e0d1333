import { afterEach, describe, expect, it } from 'vitest';
import type { RenderApi } from '../../../src/contracts/render.api.ts';
import { DEFAULT_SETTINGS, type ClipSettings } from '../../../src/contracts/settings.ts';
import type { ProgressEvent } from '../../../src/core/job/progress.ts';
import { createEngine, type Engine } from '../../../src/app/engine.ts';
import { makeClip, type MakeClipRequest } from '../../../src/app/pipeline.ts';
import { startRenderWorker } from '../../../src/app/render-bridge.ts';
import type { WorkerConnection } from '../../../src/platform/thread/connect-worker.ts';

const engines: Engine[] = [];
/** Every render worker that was started, the newest last. */
const renderers: WorkerConnection<RenderApi>[] = [];

const RENDER = {
  packUrl: new URL('/packs/portrait/', location.origin).href,
  wasmUrl: new URL('/ort/', location.origin).href,
};

function newEngine(): Engine {
  const engine = createEngine({
    render: RENDER,
    startRender: () => {
      const connection = startRenderWorker();
      renderers.push(connection);
      return connection;
    },
  });
  engines.push(engine);
  return engine;
}

afterEach(() => {
  for (const engine of engines.splice(0)) engine.close();
  renderers.length = 0;
});

async function sample(file: string): Promise<Blob> {
  const response = await fetch(`/samples/${file}`);
  expect(response.ok).toBe(true);
  return response.blob();
}

const SHORT: ClipSettings = { ...DEFAULT_SETTINGS, seconds: 3, resolution: '480p', fps: 24 };
let serial = 0;
function request(blob: Blob, change: Partial<MakeClipRequest> = {}): MakeClipRequest {
  serial += 1;
  return {
    jobId: `job-${serial}`,
    picture: { id: `picture-${serial}`, blob, matte: '#ffffff' },
    settings: SHORT,
    title: 'A clip',
    ...change,
  };
}

describe('the way of one clip', () => {
  it('ends in a verified MP4, with progress, a live picture and times', { timeout: 120_000 }, async () => {
    const events: ProgressEvent[] = [];
    const previews: Blob[] = [];
    const made = await makeClip(
      newEngine(),
      request(await sample('rear-admiral.jpg'), {
        onProgress: (event) => events.push(event),
        onPreview: (picture) => previews.push(picture),
      }),
    );
    expect(made.file.type).toBe('video/mp4');
    expect(made.poster.type).toBe('image/jpeg');
    expect(made).toMatchObject({ frames: 72, durationS: 3 });
    expect(Math.min(made.width, made.height)).toBe(480);
    expect(made.verify.firstFrameDb).toBeGreaterThan(23);
    for (const [stage, ms] of Object.entries(made.stagesMs)) expect(ms, stage).toBeGreaterThan(0);
    expect(made.stagesMs.firstFrame).toBeLessThan(made.stagesMs.total);
    expect(new Set(events.map((event) => event.stage))).toEqual(
      new Set(['prepare', 'render', 'encode', 'verify']),
    );
    expect(previews.length).toBeGreaterThan(0);
    const live = await createImageBitmap(previews[0] ?? new Blob());
    expect(Math.max(live.width, live.height)).toBe(320);
    live.close();
  });

  it('stops in the middle when cancelled, and the workers go on living', { timeout: 120_000 }, async () => {
    const engine = newEngine();
    const blob = await sample('rear-admiral.jpg');
    const controller = new AbortController();
    const cancelled = request(blob, {
      signal: controller.signal,
      onProgress: (event) => {
        if (event.stage === 'encode' && event.done >= 3) controller.abort();
      },
    });
    await expect(makeClip(engine, cancelled)).rejects.toMatchObject({ name: 'AbortError' });
    expect(renderers.map((one) => one.lost)).toEqual([false]);
    await expect(makeClip(engine, request(new Blob(['text'])))).rejects.toMatchObject({
      code: 'ERR_INPUT_NOT_A_PICTURE',
    });
    expect(renderers.map((one) => one.lost)).toEqual([false]);
  });

  it('ends a worker that does not stop when asked to', { timeout: 60_000 }, async () => {
    const controller = new AbortController();
    const real = startRenderWorker();
    // The real worker, but for a job that takes the port and never draws, deaf to cancellation.
    const api = new Proxy(real.api, {
      get: (target, key, receiver): unknown => {
        if (key === 'cancel') return () => Promise.resolve();
        if (key !== 'render') return Reflect.get(target, key, receiver);
        return async () => {
          controller.abort();
          throw await real.onLost;
        };
      },
    });
    const engine = createEngine({
      render: RENDER,
      startRender: () => ({
        api,
        onLost: real.onLost,
        get lost() {
          return real.lost;
        },
        terminate: () => real.terminate(),
      }),
    });
    engines.push(engine);
    const made = makeClip(engine, request(await sample('rear-admiral.jpg'), { signal: controller.signal }));
    await expect(made).rejects.toMatchObject({ name: 'AbortError' });
    expect(real.lost).toBe(true);
  });

  it('ends a worker whose device is lost, whatever it was doing, and starts another', async () => {
    const lost: string[] = [];
    let loseDevice = (): void => undefined;
    const engine = createEngine({
      render: RENDER,
      onRenderLost: ({ code }) => lost.push(code),
      startRender: () => {
        const real = startRenderWorker();
        renderers.push(real);
        const device = new Promise<void>((resolve) => (loseDevice = resolve));
        const api = new Proxy(real.api, {
          get: (target, key, receiver): unknown =>
            key === 'deviceLost' ? () => device : Reflect.get(target, key, receiver),
        });
        return {
          api,
          onLost: real.onLost,
          get lost() {
            return real.lost;
          },
          terminate: (reason) => real.terminate(reason),
        };
      },
    });
    engines.push(engine);
    const first = await engine.renderer();
    loseDevice();
    expect(await renderers[0]?.onLost).toMatchObject({ code: 'ERR_GPU_LOST', retryable: true });
    expect(lost).toEqual(['ERR_GPU_LOST']);
    expect(first.lost).toBe(true);
    expect((await engine.renderer()).lost).toBe(false);
    expect(renderers.map((one) => one.lost)).toEqual([true, false]);
  });

  it('does not begin what is cancelled before it begins', async () => {
    const made = makeClip(newEngine(), request(new Blob(), { signal: AbortSignal.abort() }));
    await expect(made).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('is made after all when the render worker is lost on the way', { timeout: 120_000 }, async () => {
    const made = await makeClip(
      newEngine(),
      request(await sample('rear-admiral.jpg'), {
        onProgress: (event) => {
          if (event.stage === 'render' && event.done === 3) renderers[0]?.terminate();
        },
      }),
    );
    expect(made.frames).toBe(72);
    expect(renderers.map((one) => one.lost)).toEqual([true, false]);
  });

  it('fails with its code when the worker is lost a second time', { timeout: 120_000 }, async () => {
    const made = makeClip(
      newEngine(),
      request(await sample('rear-admiral.jpg'), {
        onProgress: (event) => {
          if (event.stage === 'render' && event.done === 2) renderers.at(-1)?.terminate();
        },
      }),
    );
    await expect(made).rejects.toMatchObject({ code: 'ERR_WORKER_TERMINATED', retryable: true });
    expect(renderers).toHaveLength(2);
  });

  it.each([
    ['nothing', () => new Blob(), 'ERR_INPUT_EMPTY'],
    ['text', () => new Blob(['no picture at all, only words']), 'ERR_INPUT_NOT_A_PICTURE'],
  ])('refuses %s as a picture', async (_what, blob, code) => {
    await expect(makeClip(newEngine(), request(blob()))).rejects.toMatchObject({ code });
  });

  it.each([
    [{ seconds: NaN }, 'ERR_INPUT_SECONDS'],
    [{ motion: { kind: 'prompt', prompt: ' ' } }, 'ERR_INPUT_PROMPT_EMPTY'],
    [{ motion: { kind: 'prompt', prompt: 'x'.repeat(5001) } }, 'ERR_INPUT_PROMPT_TOO_LONG'],
  ] as const)('refuses the settings %j before any worker is started', async (change, code) => {
    const made = makeClip(newEngine(), request(new Blob(), { settings: { ...SHORT, ...change } }));
    await expect(made).rejects.toMatchObject({ code });
    expect(renderers).toEqual([]);
  });

  it('refuses a prompt that says no motion', { timeout: 60_000 }, async () => {
    const settings: ClipSettings = { ...SHORT, motion: { kind: 'prompt', prompt: '🚀🚀' } };
    const made = makeClip(newEngine(), request(await sample('rear-admiral.jpg'), { settings }));
    await expect(made).rejects.toMatchObject({ code: 'ERR_INPUT_PROMPT_NOT_UNDERSTOOD' });
  });
});
