import { deleteDB } from 'idb';
import { afterEach, describe, expect, it } from 'vitest';
import type { AppState } from '../../../src/contracts/app.api.ts';
import { DEFAULT_SETTINGS } from '../../../src/contracts/settings.ts';
import { createApp, type AppOptions, type RunningApp } from '../../../src/app/create-app.ts';
import { startRenderWorker } from '../../../src/app/render-bridge.ts';
import { freshName } from '../store/records.ts';

const apps: { app: RunningApp; name: string }[] = [];

function start(name = freshName(), options: AppOptions = {}): RunningApp {
  const app = createApp({ baseUrl: '/', name, pageTitle: false, ...options });
  apps.push({ app, name });
  return app;
}

/** Resolves once the state is as asked; it is looked at after each change. */
function until(app: RunningApp, condition: (state: AppState) => boolean): Promise<AppState> {
  return new Promise((resolve) => {
    let end = (): void => undefined;
    const look = (state: AppState): void => {
      if (!condition(state)) return;
      end();
      resolve(state);
    };
    end = app.subscribe(look);
    look(app.state);
  });
}

afterEach(async () => {
  const names = new Set(apps.map((one) => one.name));
  for (const { app } of apps.splice(0)) app.close();
  for (const name of names) await deleteDB(name);
  document.querySelectorAll('canvas').forEach((canvas) => canvas.remove());
});

function canvas(): HTMLCanvasElement {
  return document.body.appendChild(document.createElement('canvas'));
}

describe('the application', () => {
  it('starts without a worker, with samples, and remembers the settings', async () => {
    const name = freshName();
    const app = start(name);
    await app.ready;
    expect(app.state.engine).toEqual({ phase: 'idle' });
    expect(app.state.settings).toEqual(DEFAULT_SETTINGS);
    expect(new Set(app.state.samples.map((sample) => sample.kind)).size).toBeGreaterThanOrEqual(4);
    expect(app.state.storage).not.toBeNull();
    app.attachPreview(canvas(), { maxSidePx: 320 });
    app.setSettings({ seconds: 7 });
    app.setMotion({ kind: 'prompt', prompt: 'she blinks twice' });
    // Nonsense is shown but not remembered.
    app.setSettings({ seconds: NaN });
    expect(app.state.settings.seconds).toBeNaN();
    expect(app.state.engine).toEqual({ phase: 'idle' });
    app.close();
    const again = start(name);
    await again.ready;
    expect(again.state.settings).toMatchObject({
      seconds: 7,
      motion: { kind: 'prompt', prompt: 'she blinks twice' },
    });
  });

  it('goes from a sample to a clip that survives a reload', { timeout: 180_000 }, async () => {
    const name = freshName();
    const app = start(name);
    await app.ready;
    const view = canvas();
    app.attachPreview(view, { maxSidePx: 320 });
    app.setSettings({ seconds: 3, resolution: '480p', fps: 24 });
    await app.openSample('rear-admiral');
    expect(app.state.picture.phase).toBe('open');
    expect(app.state.engine.phase).toBe('ready');
    await until(app, (state) => state.score !== null);
    expect(app.state.pictures).toHaveLength(1);
    expect(app.state.estimateS).toBeNull();
    const still = await app.presetStill({ kind: 'preset', preset: 'smile-and-blink' }, 96);
    expect(still?.width).toBe(96);
    still?.close();

    app.setMotion({ kind: 'prompt', prompt: '🚀' });
    await until(app, (state) => state.scoreError !== null);
    expect(app.state.scoreError?.code).toBe('ERR_INPUT_PROMPT_NOT_UNDERSTOOD');
    expect(await app.makeClip()).toBeNull();
    app.setMotion({ kind: 'preset', preset: 'smile-and-blink' });
    await until(app, (state) => state.score?.score.preset === 'smile-and-blink');
    expect(app.state.scoreError).toBeNull();

    const jobId = await app.makeClip();
    expect(jobId).not.toBeNull();
    await until(app, (state) => state.jobs.some((job) => job.previewUrl !== null));
    await app.idle();
    expect(app.state.jobs[0]).toMatchObject({ record: { id: jobId, state: 'done' }, progress: 1 });
    const [clip] = app.state.clips;
    expect(clip).toMatchObject({ frames: 72, durationS: 3, pictureId: 'sample-rear-admiral' });
    expect(clip?.name).toContain('Smile and blink');
    expect(app.state.shownClipId).toBe(clip?.id);
    expect(app.state.estimateS).toBeGreaterThan(0);
    app.close();

    const again = start(name);
    await again.ready;
    expect(again.state.clips).toHaveLength(1);
    expect(await again.state.clips[0]?.file.arrayBuffer()).toEqual(await clip?.file.arrayBuffer());
    expect(again.state.jobs).toEqual([]);
    expect(again.state.engine).toEqual({ phase: 'idle' });
    // The same sample is the same picture.
    await again.openSample('rear-admiral');
    expect(again.state.pictures).toHaveLength(1);
    expect(again.state.characters).toHaveLength(1);
    expect(again.state.estimateS).toBeGreaterThan(0);
  });

  it('shows a bad picture’s own error, saves nothing, and goes on', { timeout: 60_000 }, async () => {
    const app = start();
    await app.ready;
    await app.openFile(new Blob(['words'], { type: 'image/jpeg' }), 'words.jpg');
    expect(app.state.picture).toMatchObject({
      phase: 'failed',
      name: 'words.jpg',
      error: { code: 'ERR_INPUT_NOT_A_PICTURE' },
    });
    await app.openFile(new Blob([]), 'empty.png');
    expect(app.state.picture).toMatchObject({ phase: 'failed', error: { code: 'ERR_INPUT_EMPTY' } });
    expect(await app.makeClip()).toBeNull();
    expect(app.state.alert?.code).toBe('ERR_INPUT_NOT_FOUND');
    app.dismissAlert();
    expect(app.state).toMatchObject({ pictures: [], characters: [], jobs: [], alert: null });
  });

  it('opens a file once, and again under the same name', { timeout: 90_000 }, async () => {
    const app = start();
    await app.ready;
    const blob = await (await fetch('/samples/chelsea.png')).blob();
    // The newest wins: the first is dropped, unsaved.
    await Promise.all([
      app.openFile(new Blob(['words']), 'a.png'),
      app.openFile(blob, 'chelsea_the-cat.png'),
    ]);
    expect(app.state.picture).toMatchObject({ phase: 'open', record: { name: 'chelsea_the-cat.png' } });
    expect(app.state.characters.map((character) => character.name)).toEqual(['Chelsea the cat']);
    const { picture } = app.state;
    const first = picture.phase === 'open' ? picture.record : null;
    const thumbnail = await createImageBitmap(first?.thumbnail ?? new Blob());
    expect(Math.max(thumbnail.width, thumbnail.height)).toBe(320);
    thumbnail.close();
    app.closePicture();
    expect(app.state).toMatchObject({ picture: { phase: 'empty' }, score: null });
    await app.openFile(blob, 'copy.png');
    expect(app.state.picture).toMatchObject({ phase: 'open', record: { id: first?.id } });
    expect(app.state.pictures).toHaveLength(1);

    // Points by hand open the same picture anew and are kept with it.
    const points = {
      eyeLeft: [180, 110],
      eyeRight: [260, 105],
      nose: [225, 160],
      mouthLeft: [195, 190],
      mouthRight: [250, 190],
    } as const;
    await app.setPoints(points);
    expect(app.state.picture).toMatchObject({
      phase: 'open',
      record: { points },
      report: { traits: { hasFace: true } },
    });
    await app.setMatte('#203040');
    expect(app.state.pictures[0]).toMatchObject({ points, matte: '#203040' });
    await expect(app.setMatte('red')).rejects.toThrow(RangeError);
  });

  it(
    'opens a picture again when its worker is lost, and asks for new canvases',
    { timeout: 120_000 },
    async () => {
      const renderers: ReturnType<typeof startRenderWorker>[] = [];
      const app = start(freshName(), {
        startRender: () => {
          const connection = startRenderWorker();
          renderers.push(connection);
          return connection;
        },
      });
      await app.ready;
      let lost = 0;
      app.attachPreview(canvas(), { maxSidePx: 160, onLost: () => (lost += 1) });
      await app.openSample('chelsea');
      await until(app, (state) => state.score !== null);
      renderers[0]?.terminate();
      await until(app, (state) => state.score === null);
      await until(app, (state) => state.engine.phase === 'ready' && state.score !== null);
      expect(app.state.picture.phase).toBe('open');
      expect(lost).toBe(1);
    },
  );
});
