import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRenderWorker } from '../../../src/app/render-bridge.ts';
import type { RenderApi } from '../../../src/contracts/render.api.ts';
import type { FrameMessage } from '../../../src/contracts/frame-port.ts';
import { DEFAULT_SETTINGS } from '../../../src/contracts/settings.ts';
import type { WorkerConnection } from '../../../src/platform/thread/connect-worker.ts';

let connection: WorkerConnection<RenderApi>;

const OPTIONS = {
  packUrl: new URL('/packs/portrait/', location.origin).href,
  wasmUrl: new URL('/ort/', location.origin).href,
};

beforeAll(async () => {
  connection = startRenderWorker();
  await connection.api.init(OPTIONS);
});
afterAll(() => connection.terminate());

async function sample(file: string): Promise<Blob> {
  const response = await fetch(`/samples/${file}`);
  expect(response.ok).toBe(true);
  return response.blob();
}

const LOOK_AROUND = { kind: 'preset', preset: 'look-around' } as const;

/** Reads a canvas that the worker draws on, through an element that shows it. */
async function shown(canvas: HTMLCanvasElement): Promise<Uint8ClampedArray> {
  const bitmap = await createImageBitmap(canvas);
  const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
  if (!context) throw new Error('no 2-D canvas');
  context.drawImage(bitmap, 0, 0);
  return context.getImageData(0, 0, bitmap.width, bitmap.height).data;
}

describe('opening pictures', () => {
  it('tells a portrait’s face and what it can do', { timeout: 60_000 }, async () => {
    const report = await connection.api.openPicture({
      pictureId: 'portrait',
      blob: await sample('astronaut.png'),
      matte: '#ffffff',
    });
    expect(report.traits).toMatchObject({
      hasFace: true,
      hasHair: true,
      hasPerson: true,
      hasShoulders: true,
    });
    const [x, y, width, height] = report.faceBox ?? [0, 0, 0, 0];
    expect(x + width / 2).toBeGreaterThan(0.35);
    expect(x + width / 2).toBeLessThan(0.55);
    expect(y + height / 2).toBeLessThan(0.35);
  });

  it('takes five points in the original’s pixels where it finds no face', { timeout: 60_000 }, async () => {
    const blob = await sample('chelsea.png');
    const bare = await connection.api.openPicture({ pictureId: 'cat', blob, matte: '#ffffff' });
    expect(bare.traits.hasFace).toBe(false);
    const at = (x: number, y: number): [number, number] => [x * bare.width, y * bare.height];
    const placed = await connection.api.openPicture({
      pictureId: 'cat-with-points',
      blob,
      matte: '#ffffff',
      points: {
        eyeLeft: at(0.32, 0.37),
        eyeRight: at(0.63, 0.4),
        nose: at(0.47, 0.68),
        mouthLeft: at(0.38, 0.8),
        mouthRight: at(0.54, 0.8),
      },
    });
    expect(placed.traits.hasFace).toBe(true);
    const [x, y, width, height] = placed.faceBox ?? [0, 0, 0, 0];
    expect(x).toBeLessThan(0.32);
    expect(x + width).toBeGreaterThan(0.63);
    expect(y).toBeLessThan(0.37);
    expect(y + height).toBeGreaterThan(0.75);
  });

  it('offers camera and ambient motion for a landscape, and says so before anything is made', async () => {
    const report = await connection.api.openPicture({
      pictureId: 'landscape',
      blob: await sample('thanatopsis.jpg'),
      matte: '#ffffff',
    });
    expect(report.traits.hasFace).toBe(false);
    const { notices } = await connection.api.readMotion('landscape', LOOK_AROUND);
    expect(notices.map(({ code }) => code)).toContain('NOTICE_NO_FACE');
  });

  it('says what does not fit into the clip’s own length', { timeout: 60_000 }, async () => {
    const motion = {
      kind: 'prompt',
      prompt: 'She turns left, then nods, then smiles, then winks, then looks up.',
    } as const;
    const codes = async (seconds: number): Promise<string[]> =>
      (await connection.api.readMotion('portrait', motion, seconds)).notices.map(({ code }) => code);
    expect(await codes(3)).toContain('NOTICE_TOO_MANY_BEATS');
    expect(await codes(15)).not.toContain('NOTICE_TOO_MANY_BEATS');
  });

  it('refuses a picture that was never opened', async () => {
    await expect(connection.api.readMotion('nowhere', LOOK_AROUND)).rejects.toMatchObject({
      code: 'ERR_INPUT_NOT_FOUND',
    });
  });
});

describe('the live preview', () => {
  it('shows the first frame at once, moves, and stands still while paused', { timeout: 60_000 }, async () => {
    const canvas = document.createElement('canvas');
    await connection.api.attachPreview('stage', canvas.transferControlToOffscreen());
    const started = performance.now();
    await connection.api.setPreview({
      previewId: 'stage',
      pictureId: 'portrait',
      motion: LOOK_AROUND,
      seed: 1,
      seconds: 4,
      aspect: '1:1',
      maxSidePx: 240,
    });
    expect(performance.now() - started).toBeLessThan(5_000);
    const changed = async (from: Uint8ClampedArray, frames: number): Promise<boolean> => {
      for (let k = 0; k < frames; k++) {
        await new Promise((resolve) => requestAnimationFrame(resolve));
        const now = await shown(canvas);
        if (now.length === from.length && now.some((value, n) => Math.abs(value - (from[n] ?? 0)) > 8))
          return true;
      }
      return false;
    };
    // The worker has drawn it; the page shows it with its own next frames.
    let first = await shown(canvas);
    const lit = (data: Uint8ClampedArray): boolean => data.some((value, n) => n % 4 !== 3 && value > 40);
    for (let k = 0; k < 60 && !lit(first); k++) {
      await new Promise((resolve) => requestAnimationFrame(resolve));
      first = await shown(canvas);
    }
    expect(lit(first)).toBe(true);
    expect(await changed(first, 240)).toBe(true);
    await connection.api.pausePreview('stage', true);
    // One frame may still be on its way when the call returns; after two more nothing moves.
    await connection.api.readMotion('portrait', LOOK_AROUND);
    for (let k = 0; k < 3; k++) await new Promise((resolve) => requestAnimationFrame(resolve));
    expect(await changed(await shown(canvas), 20)).toBe(false);
    await connection.api.detachPreview('stage');
  });

  it('gives stills that differ by preset', async () => {
    const still = async (preset: 'smile-and-blink' | 'look-around'): Promise<Uint8ClampedArray> => {
      const bitmap = await connection.api.presetStill('portrait', { kind: 'preset', preset }, 128);
      expect([bitmap.width, bitmap.height]).toEqual([128, 128]);
      const context = new OffscreenCanvas(128, 128).getContext('2d');
      if (!context) throw new Error('no 2-D canvas');
      context.drawImage(bitmap, 0, 0);
      bitmap.close();
      return context.getImageData(0, 0, 128, 128).data;
    };
    const [a, b] = [await still('smile-and-blink'), await still('look-around')];
    expect(a.some((value, n) => Math.abs(value - (b[n] ?? 0)) > 30)).toBe(true);
  });
});

describe('jobs', () => {
  const settings = { ...DEFAULT_SETTINGS, seconds: 3, resolution: '480p', fps: 24 } as const;

  /** Takes frames from a port, gives credits back, and says how many were held at once. */
  function consume(
    port: MessagePort,
    credit: (index: number) => boolean,
  ): { readonly seen: FrameMessage['type'][] } {
    const seen: FrameMessage['type'][] = [];
    port.onmessage = ({ data }: MessageEvent<FrameMessage>) => {
      seen.push(data.type);
      if (data.type !== 'frame') return;
      data.frame.close();
      if (credit(data.index)) port.postMessage({ type: 'credit' });
    };
    return { seen };
  }

  it('keep at most four frames in flight', { timeout: 60_000 }, async () => {
    const { port1, port2 } = new MessageChannel();
    const { seen } = consume(port1, () => false);
    const job = connection.api.render(
      { jobId: 'stuck', pictureId: 'portrait', settings },
      port2,
      () => undefined,
    );
    const outcome = job.then(
      () => 'done',
      (error: unknown) => (error instanceof DOMException ? error.name : String(error)),
    );
    // The preset still is drawn by the same thread, long after a fifth frame would have come.
    while (seen.length < 4) await new Promise((resolve) => requestAnimationFrame(resolve));
    const still = await connection.api.presetStill('portrait', LOOK_AROUND, 64);
    still.close();
    expect(seen).toEqual(['frame', 'frame', 'frame', 'frame']);
    await connection.api.cancel('stuck');
    expect(await outcome).toBe('AbortError');
  });

  it('end when the encoder refuses, with its reason', { timeout: 60_000 }, async () => {
    const { port1, port2 } = new MessageChannel();
    consume(port1, (index) => {
      if (index === 2)
        port1.postMessage({
          type: 'stop',
          error: { name: 'AppError', message: 'no', code: 'ERR_MEDIA_ENCODE_FAILED' },
        });
      return true;
    });
    await expect(
      connection.api.render({ jobId: 'refused', pictureId: 'portrait', settings }, port2, () => undefined),
    ).rejects.toMatchObject({ code: 'ERR_MEDIA_ENCODE_FAILED' });
  });

  it('draw the same frames for the same settings and seed', { timeout: 120_000 }, async () => {
    const sums = async (worker: WorkerConnection<RenderApi>): Promise<number[]> => {
      const { port1, port2 } = new MessageChannel();
      const out: number[] = [];
      const copies: Promise<void>[] = [];
      let end = (): void => undefined;
      const ended = new Promise<void>((resolve) => (end = resolve));
      port1.onmessage = ({ data }: MessageEvent<FrameMessage>) => {
        if (data.type !== 'frame') {
          end();
          return;
        }
        const { frame, index } = data;
        const bytes = new Uint8Array(frame.allocationSize());
        copies.push(
          frame.copyTo(bytes).then(() => {
            out[index] = bytes.reduce((sum, value, n) => (sum + value * ((n % 8191) + 1)) % 2147483647, 0);
            frame.close();
            port1.postMessage({ type: 'credit' });
          }),
        );
      };
      const result = await worker.api.render(
        { jobId: 'same', pictureId: 'portrait', settings },
        port2,
        () => undefined,
      );
      await ended;
      await Promise.all(copies);
      expect(out).toHaveLength(result.frames);
      return out;
    };
    const [first, second] = [await sums(connection), await sums(connection)];
    expect(second).toEqual(first);
    expect(new Set(first).size).toBeGreaterThan(60);
  });
});
