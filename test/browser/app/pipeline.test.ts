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

function newEngine(): Engine {
  const engine = createEngine({
    render: {
      packUrl: new URL('/packs/portrait/', location.origin).href,
      wasmUrl: new URL('/ort/', location.origin).href,
    },
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
});
