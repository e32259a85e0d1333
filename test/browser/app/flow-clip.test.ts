import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '../../../src/contracts/errors.ts';
import { flowConstants, type FlowSize } from '../../../src/contracts/flow.ts';
import { parsePack, type Pack } from '../../../src/contracts/pack.ts';
import type { RenderApi } from '../../../src/contracts/render.api.ts';
import { DEFAULT_SETTINGS, type ClipSettings } from '../../../src/contracts/settings.ts';
import { createEngine, type Engine, type EngineOptions } from '../../../src/app/engine.ts';
import { makeClip, type MakeClipRequest } from '../../../src/app/pipeline.ts';
import { readXmp } from '../../../src/core/media/mp4.ts';
import { progressMeter } from '../../../src/core/job/progress.ts';
import type { WorkerConnection } from '../../../src/platform/thread/connect-worker.ts';
import { cleanDisk, installTiny, picture, savedState, startFlow } from '../render/flow-harness.ts';

let engine: Engine;
/** Every flow worker that was started, the newest last. */
const flows: WorkerConnection<RenderApi>[] = [];

async function tinyPack(packId: string): Promise<Pack> {
  if (packId !== 'tiny-ltx') {
    throw new AppError('ERR_INPUT_PACK', `there is no pack ${packId}`, { details: { given: packId } });
  }
  const response = await fetch('/models/tiny/ltx/pack.json');
  return parsePack(await response.json());
}

const OPTIONS: EngineOptions = {
  render: {
    packUrl: new URL('/packs/portrait/', location.origin).href,
    wasmUrl: new URL('/ort/', location.origin).href,
  },
  findPack: tinyPack,
  flowIdleMs: 200,
  startFlow: () => {
    const connection = startFlow();
    flows.push(connection);
    return connection;
  },
};

beforeAll(async () => {
  await cleanDisk();
  await installTiny('ltx');
  engine = createEngine(OPTIONS);
});
afterEach(() => {
  engine.drop('flow');
  flows.length = 0;
});
afterAll(async () => {
  engine.close();
  await cleanDisk();
});

const SHORT: ClipSettings = {
  ...DEFAULT_SETTINGS,
  seconds: 3,
  resolution: '480p',
  fps: 24,
  aspect: '1:1',
  pack: 'tiny-ltx',
};
let serial = 0;
async function request(change: Partial<MakeClipRequest> = {}): Promise<MakeClipRequest> {
  serial += 1;
  return {
    jobId: `flow-clip-${serial}-${crypto.randomUUID()}`,
    picture: { id: `picture-${serial}`, blob: await picture(), matte: '#ffffff' },
    settings: SHORT,
    title: 'A clip',
    ...change,
  };
}

/** Ends the flow worker in the middle of so many attempts. */
function ending(times: number): NonNullable<MakeClipRequest['onProgress']> {
  let left = times;
  let armed = false;
  return (event) => {
    if (event.stage === 'prepare') armed = true;
    if (event.stage !== 'model' || event.progress < 0.01 || !armed || left === 0) return;
    armed = false;
    left -= 1;
    engine.drop('flow');
  };
}

describe('the way of a clip by a flow pack', { timeout: 120_000 }, () => {
  it('ends in a verified MP4 that says what made it', async () => {
    const meter = progressMeter();
    const shares: number[] = [];
    const stages = new Set<string>();
    const previews: Blob[] = [];
    const made = await makeClip(
      engine,
      await request({
        onProgress: (event) => {
          stages.add(event.stage);
          shares.push(meter.update(event, performance.now()).progress);
        },
        onPreview: (small) => previews.push(small),
      }),
    );
    expect(made).toMatchObject({ pack: 'tiny-ltx', frames: 72, durationS: 3, width: 480, height: 480 });
    expect(made.capabilities.provider).toBe('wasm');
    const bytes = new Uint8Array(await made.file.arrayBuffer());
    expect(new TextDecoder().decode(readXmp(bytes) ?? undefined)).toMatch(/\/trainedAlgorithmicMedia</u);
    expect(made.notices.map(({ code }) => code)).toEqual(['NOTICE_FLOW_ENLARGED', 'NOTICE_FLOW_PARTS']);
    expect(made.verify).toMatchObject({ frames: 72, blackRun: 0 });
    // Random weights: as much of the picture as the exporter found in its own, and no more.
    expect(made.verify.firstFrameDb).toBeGreaterThan(5);
    expect(stages).toEqual(new Set(['prepare', 'model', 'encode', 'verify']));
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    // A picture for each of 14 steps, at least.
    expect(previews.length).toBeGreaterThanOrEqual(14);
    expect(flows).toHaveLength(1);
    // What the worker held goes with it when nothing follows.
    expect(await flows[0]?.onLost).toMatchObject({ code: 'ERR_WORKER_TERMINATED' });
  });

  it('goes on from its last step when the worker is lost on the way', async () => {
    const job = await request({ onProgress: ending(1) });
    const made = await makeClip(engine, job);
    expect(made.frames).toBe(72);
    expect(flows).toHaveLength(2);
    expect(await savedState(job.jobId)).not.toBeNull();
  });

  it('holds a lost device against a size only when it was lost twice, so that the steps are gone on with', async () => {
    const { sizes } = flowConstants(await tinyPack('tiny-ltx'));
    const failed: FlowSize[] = [];
    const spared: number[] = [];
    const own = createEngine({
      ...OPTIONS,
      flowKnowledge: {
        measure: async () => ({ provider: 'wasm' }),
        fits: () => (size) => !failed.some(({ frames }) => frames === size.frames),
        learn: (_pack, _wish, { times }) => void spared.push(times.resumedSteps),
        failed: (_pack, size) => void failed.push(size),
      },
    });
    const lost = new AppError('ERR_GPU_LOST', 'the device was lost', { retryable: true });
    const losing = async (times: number): Promise<void> => {
      let left = times;
      let armed = false;
      const onProgress: MakeClipRequest['onProgress'] = (event) => {
        if (event.stage === 'prepare') armed = true;
        if (event.stage !== 'model' || event.step?.stage !== 'step' || !armed || left === 0) return;
        armed = false;
        left -= 1;
        flows.at(-1)?.terminate(lost);
      };
      await makeClip(own, await request({ onProgress }));
    };
    try {
      await losing(1);
      expect(flows).toHaveLength(2);
      expect(failed).toEqual([]);
      expect(spared).toHaveLength(1);
      expect(spared[0]).toBeGreaterThanOrEqual(1);
      await expect(losing(2)).rejects.toBe(lost);
      expect(failed).toHaveLength(1);
      expect(sizes).toContainEqual(failed[0]);
    } finally {
      own.close();
    }
  });

  it('fails with its code when the worker is lost twice; the engine goes on, and so does the job later', async () => {
    const job = await request({ onProgress: ending(2) });
    await expect(makeClip(engine, job)).rejects.toMatchObject({
      code: 'ERR_WORKER_TERMINATED',
      retryable: true,
    });
    expect(flows).toHaveLength(2);
    const { onProgress: _loses, ...retried } = job;
    expect((await makeClip(engine, retried)).frames).toBe(72);
  });

  it('stops when cancelled, between two graph runs', async () => {
    const controller = new AbortController();
    const cancelled = await request({
      signal: controller.signal,
      onProgress: (event) => {
        if (event.stage === 'model' && event.progress > 0.01) controller.abort();
      },
    });
    await expect(makeClip(engine, cancelled)).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('does not begin with a pack that is not installed', async () => {
    const settings = { ...SHORT, pack: 'no-such-pack' };
    const made = makeClip(engine, await request({ settings }));
    await expect(made).rejects.toMatchObject({ code: 'ERR_INPUT_PACK', details: { given: 'no-such-pack' } });
    expect(flows).toEqual([]);
  });
});
