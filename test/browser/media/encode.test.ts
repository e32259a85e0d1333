import { afterAll, describe, expect, test } from 'vitest';
import type { EncodeApi, EncodeJobRequest, EncodeProgress } from '../../../src/contracts/encode.api.ts';
import { AppError } from '../../../src/contracts/errors.ts';
import { readAvcSps } from '../../../src/core/media/avc.ts';
import { readMp4Facts, readXmp } from '../../../src/core/media/mp4.ts';
import { encodeAlone } from '../../../src/platform/media/encode-job.ts';
import { connectWorker } from '../../../src/platform/thread/connect-worker.ts';
import { isAbort } from '../../../src/platform/thread/error-record.ts';
import { i420Frame, movingScene, requestOf, sceneI420, sceneRgba, sendFrames } from './frames.ts';
import type { SendLog, SendOptions } from './frames.ts';

const newConnection = () =>
  connectWorker<EncodeApi>(
    () => new Worker(new URL('../../../workers/encode.worker.ts', import.meta.url), { type: 'module' }),
  );
const connection = newConnection();
afterAll(() => connection.terminate());

/** Runs a job against the real worker; `change` alters the sender alone. */
function run(
  request: EncodeJobRequest,
  change: Partial<SendOptions> = {},
  onProgress: EncodeProgress = () => undefined,
) {
  const { port1, port2 } = new MessageChannel();
  const log: SendLog = sendFrames(port1, { ...request, ...change });
  return { log, port: port1, result: connection.api.encode(request, port2, onProgress) };
}

const bytesOf = async (blob: Blob): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(await blob.arrayBuffer());
const xmpOf = (bytes: Uint8Array): XMLDocument =>
  new DOMParser().parseFromString(new TextDecoder().decode(readXmp(bytes) ?? new Uint8Array(0)), 'text/xml');

/** Says whether a `<video>` plays a file as far as its last frame. */
async function plays(file: Blob, width: number, height: number, durationS: number): Promise<void> {
  const video = document.createElement('video');
  video.muted = true;
  video.src = URL.createObjectURL(file);
  document.body.append(video);
  try {
    await new Promise((resolve, reject) => {
      video.addEventListener('ended', resolve);
      video.addEventListener('error', () => reject(new Error(video.error?.message ?? 'it does not play')));
      video.play().catch(reject);
    });
    expect([video.videoWidth, video.videoHeight]).toEqual([width, height]);
    expect(video.duration).toBeCloseTo(durationS, 3);
  } finally {
    URL.revokeObjectURL(video.src);
    video.remove();
  }
}

describe('a clip', () => {
  test('is encoded, written, marked and verified, and plays', async () => {
    const request = requestOf({ frames: 24 });
    const steps: string[] = [];
    const { log, result } = run(request, {}, (stage, done, total) => steps.push(`${stage} ${done}/${total}`));
    const clip = await result;
    const bytes = await bytesOf(clip.file);
    const facts = readMp4Facts(bytes);
    expect(facts.order).toEqual(['ftyp', 'moov', 'uuid', 'mdat']);
    expect(facts).toMatchObject({
      samples: 24,
      timescale: 30,
      sampleTicks: [1],
      hasEditList: false,
      fragmented: false,
      reordered: false,
      pixelAspect: [1, 1],
    });
    const colour = { primaries: 1, transfer: 1, matrix: 1, fullRange: false };
    expect(facts.colour).toEqual(colour);
    const sps = readAvcSps(facts.avcConfig ?? new Uint8Array(0));
    expect(sps).toMatchObject({ profileIdc: 100, width: 640, height: 480, progressive: true, colour });
    expect(clip.codec).toMatch(/^avc1\.64/);
    expect(clip.verify).toMatchObject({ frames: 24, durationS: 0.8, width: 640, height: 480, blackRun: 0 });
    expect(clip.verify.firstFrameDb).toBeGreaterThan(35);
    expect(clip.verify.frozenRun).toBeLessThan(6);
    expect(log).toMatchObject({ sent: 24, credits: 24, mostInFlight: 4, stopped: false });
    await expect.poll(() => steps.at(-1)).toBe('verify 24/24');
    expect(steps).toContain('encode 24/24');

    const poster = await createImageBitmap(clip.poster);
    expect([clip.poster.type, poster.width, poster.height]).toEqual(['image/jpeg', 640, 480]);
    poster.close();
    await plays(clip.file, 640, 480, 0.8);
  });

  test('says that it was generated, and by what settings', async () => {
    const embedded = xmpOf(await bytesOf((await run(requestOf()).result).file));
    const text = (name: string): string | undefined => embedded.getElementsByTagName(name)[0]?.textContent;
    expect(text('Iptc4xmpExt:DigitalSourceType')).toBe(
      'http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia',
    );
    expect(text('xmp:CreatorTool')).toMatch(/^Stillwake \d+\.\d+\.\d+$/);
    expect(JSON.parse(text('stillwake:settings') ?? '')).toEqual(requestOf().settings);
    expect(text('dc:title')).toBe('A test & <more>');

    const { settings } = requestOf();
    const bare = await run(
      requestOf({
        settings: { ...settings, embedSettings: false },
        sourceType: 'compositeWithTrainedAlgorithmicMedia',
      }),
    ).result;
    const bytes = await bytesOf(bare.file);
    expect(xmpOf(bytes).getElementsByTagName('Iptc4xmpExt:DigitalSourceType')[0]?.textContent).toBe(
      'http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia',
    );
    const packet = new TextDecoder().decode(readXmp(bytes) ?? new Uint8Array(0));
    expect(packet).not.toContain('settings');
    expect(packet).not.toContain('A test');
  });

  test('of an odd shape at 24 fps, without a reference', async () => {
    const request = requestOf({ width: 480, height: 854, fps: 24, frames: 7, reference: null });
    const clip = await run(request).result;
    expect(clip.verify).toMatchObject({ frames: 7, width: 480, height: 854, firstFrameDb: null });
    expect(readMp4Facts(await bytesOf(clip.file)).timescale).toBe(24);
  });

  test('of one frame', async () => {
    expect((await run(requestOf({ frames: 1 })).result).verify.frames).toBe(1);
  });

  test('encoding alone gives the same stream without a file', async () => {
    const format = { width: 854, height: 480, fps: 30, frames: 6 };
    const frames = Array.from({ length: 6 }, (_, i) =>
      i420Frame(sceneI420(movingScene, 854, 480, i / 30), 854, 480, i, 30),
    );
    const alone = await encodeAlone(format, frames);
    const { codec } = await run(requestOf({ width: 854, height: 480, frames: 6, reference: null })).result;
    expect(alone.codec).toBe(codec);
    expect(alone.sizeBytes).toBeGreaterThan(1000);
    // The frames are still the caller's.
    for (const frame of frames) {
      expect(frame.format).toBe('I420');
      frame.close();
    }
    await expect(encodeAlone({ ...format, frames: 7 }, frames)).rejects.toBeInstanceOf(RangeError);
  });

  test('two jobs at once do not mix', async () => {
    const [one, two] = [
      run(requestOf({ frames: 6 })),
      run(requestOf({ width: 320, height: 240, frames: 9 })),
    ];
    expect((await one.result).verify).toMatchObject({ frames: 6, width: 640 });
    expect((await two.result).verify).toMatchObject({ frames: 9, width: 320 });
  });
});

describe('bad frames', () => {
  const { width, height } = requestOf();
  const data = sceneI420(movingScene, width, height, 0);
  const failed = async (
    change: Partial<SendOptions>,
    details: object,
    request: Partial<EncodeJobRequest> = {},
  ): Promise<SendLog> => {
    const { log, result } = run(requestOf(request), change);
    await expect(result).rejects.toMatchObject({ code: 'ERR_MEDIA_ENCODE_FAILED', details });
    return log;
  };
  const from = (
    index: number,
    bad: () => VideoFrame,
    good = () => i420Frame(data, width, height, 0, 30),
  ) => ({
    make: (i: number) => (i === index ? bad() : good()),
  });

  test('of full range, or another matrix', async () => {
    for (const change of [{ fullRange: true }, { matrix: 'smpte170m' as const }]) {
      const space: VideoColorSpaceInit = {
        primaries: 'bt709',
        transfer: 'bt709',
        matrix: 'bt709',
        fullRange: false,
        ...change,
      };
      const log = await failed(
        from(2, () => i420Frame(data, width, height, 2, 30, space)),
        { reason: 'a frame is not limited-range BT.709', frame: 2 },
      );
      await expect.poll(() => log.stopped).toBe(true);
      expect(log.stopError).toMatchObject({ code: 'ERR_MEDIA_ENCODE_FAILED' });
    }
  });

  test('of another format', async () => {
    const rgba = new Uint8Array(width * height * 4);
    const make = () =>
      new VideoFrame(rgba, { format: 'RGBA', codedWidth: width, codedHeight: height, timestamp: 0 });
    await failed(from(0, make), { reason: 'a frame is not I420', frame: 0, format: 'RGBA' });
  });

  test('of another size', async () => {
    const small = sceneI420(movingScene, 320, 240, 0);
    await failed(
      from(1, () => i420Frame(small, 320, 240, 1, 30)),
      { frame: 1, width: 320, height: 240 },
    );
  });

  test('too few, too many, or out of order', async () => {
    await failed({ frames: 3 }, { expected: 12, said: 3 });
    await failed({ frames: 13 }, { reason: 'there are too many frames', frame: 12 });
    await failed({ frames: 0 }, { reason: 'the number of frames is wrong', frame: 0 });
    const { port1, port2 } = new MessageChannel();
    const result = connection.api.encode(requestOf(), port2, () => undefined);
    const frame = i420Frame(data, width, height, 5, 30);
    port1.postMessage({ type: 'frame', index: 5, frame }, [frame]);
    await expect(result).rejects.toMatchObject({
      details: { reason: 'a frame is missing or came twice', index: 5 },
    });
  });

  test('an odd size, or no frames at all, is the caller’s mistake', async () => {
    for (const change of [{ width: 641 }, { height: 0 }, { frames: 0 }, { frames: 1.5 }]) {
      await expect(run(requestOf(change), { frames: 0 }).result).rejects.toBeInstanceOf(RangeError);
    }
  });

  test('no encoder takes the size', async () => {
    const { log, result } = run(requestOf({ width: 16_384, height: 16_384 }), { instead: () => 'silence' });
    await expect(result).rejects.toBeInstanceOf(AppError);
    await expect(result).rejects.toMatchObject({ code: 'ERR_MEDIA_NO_ENCODER', details: { width: 16_384 } });
    await expect.poll(() => log.stopError?.code).toBe('ERR_MEDIA_NO_ENCODER');
  });
});

describe('a job that ends early', () => {
  test('is cancelled in the middle: AbortError, the renderer stops', async () => {
    const request = requestOf({ frames: 3000 });
    let steps = 0;
    const { log, result } = run(request, {}, () => {
      steps += 1;
      if (steps === 5) void connection.api.cancel(request.jobId);
    });
    const error: unknown = await result.catch((reason: unknown) => reason);
    expect(isAbort(error)).toBe(true);
    await expect.poll(() => log.stopped).toBe(true);
    expect(log.stopError).toBeUndefined();
    expect(log.sent).toBeLessThan(3000);
    expect((await run(requestOf({ frames: 3 })).result).verify.frames).toBe(3);
  });

  test('is cancelled while it waits for a frame', async () => {
    const request = requestOf();
    const { result } = run(request, { instead: (index) => (index === 2 ? 'silence' : undefined) });
    const outcome = result.catch((reason: unknown) => reason);
    await connection.api.cancel(request.jobId);
    expect(isAbort(await outcome)).toBe(true);
  });

  test('cancelling what is not there is fine', async () => {
    await connection.api.cancel('no such job');
  });

  test('the renderer’s own error comes through', async () => {
    const error = {
      name: 'AppError',
      message: 'gone',
      code: 'ERR_GPU_LOST',
      details: { n: 1 },
      retryable: true,
    } as const;
    const { log, result } = run(requestOf(), {
      instead: (index) => (index === 4 ? { type: 'abort', error } : undefined),
    });
    await expect(result).rejects.toMatchObject({ code: 'ERR_GPU_LOST', details: { n: 1 }, retryable: true });
    // Whoever said its last word is not told to stop: the port is closed instead, and nothing is kept of the job.
    await connection.api.cancel('no such job');
    expect(log.stopped).toBe(false);
  });

  test('the renderer’s cancellation stays one', async () => {
    const error = { name: 'AbortError', message: 'cancelled' };
    const { result } = run(requestOf(), {
      instead: (index) => (index === 1 ? { type: 'abort', error } : undefined),
    });
    expect(isAbort(await result.catch((reason: unknown) => reason))).toBe(true);
  });

  test('the renderer goes away: whoever started both cancels, and the job ends', async () => {
    const request = requestOf();
    let steps = 0;
    const { port, result } = run(
      request,
      { instead: (index) => (index === 6 ? 'silence' : undefined) },
      () => {
        steps += 1;
        if (steps !== 6) return;
        port.close();
        void connection.api.cancel(request.jobId);
      },
    );
    expect(isAbort(await result.catch((reason: unknown) => reason))).toBe(true);
  });

  test('the encode worker is terminated', async () => {
    const other = newConnection();
    const { port1, port2 } = new MessageChannel();
    const request = requestOf({ frames: 3000 });
    sendFrames(port1, request);
    const result = other.api.encode(request, port2, () => other.terminate());
    await expect(result).rejects.toMatchObject({ code: 'ERR_WORKER_TERMINATED' });
    port1.close();
  });
});

describe('clips that must not leave', () => {
  const refused = async (
    request: EncodeJobRequest,
    change: Partial<SendOptions>,
    details: object,
  ): Promise<void> => {
    const { result } = run(request, change);
    await expect(result).rejects.toMatchObject({ code: 'ERR_MEDIA_VERIFY_FAILED', details });
  };
  const other = { width: 160, height: 120 };

  test('the first frame is not the picture', async () => {
    const upsideDown = sceneRgba((x, y, t) => movingScene(x, 1 - y, t), 160, 120, 0);
    await refused(
      requestOf({ reference: { ...other, rgba: upsideDown } }),
      {},
      { check: 'first frame like the picture' },
    );
  });

  test('the first frame has lost contrast, as full range taken for limited does', async () => {
    const flat = sceneRgba(
      (x, y, t) => {
        const [r, g, b] = movingScene(x, y, t);
        return [128 + (r - 128) / 1.164, 128 + (g - 128) / 1.164, 128 + (b - 128) / 1.164];
      },
      160,
      120,
      0,
    );
    await refused(
      requestOf({ reference: { ...other, rgba: flat } }),
      {},
      { check: 'contrast of the first frame' },
    );
  });

  test('the first frame has another tint', async () => {
    const tinted = sceneRgba(
      (x, y, t) => {
        const [r, g, b] = movingScene(x, y, t);
        return [r + 14, g, b - 14];
      },
      160,
      120,
      0,
    );
    await refused(
      requestOf({ reference: { ...other, rgba: tinted } }),
      {},
      { check: 'colour of the first frame' },
    );
  });

  test('a frame is black', async () => {
    const scene: typeof movingScene = (x, y, t) =>
      Math.round(t * 30) === 5 ? [0, 0, 0] : movingScene(x, y, t);
    await refused(requestOf(), { scene }, { check: 'no black frame', blackRun: 1 });
  });

  test('a black picture may be black', async () => {
    const rgba = sceneRgba(() => [0, 0, 0], 160, 120, 0);
    const clip = await run(requestOf({ reference: { ...other, rgba } }), { scene: () => [0, 0, 0] }).result;
    expect(clip.verify.blackRun).toBe(0);
  });

  test('the picture stands still for more than a second', async () => {
    const scene: typeof movingScene = (x, y) => movingScene(x, y, 0);
    const request = requestOf({ width: 320, height: 240, frames: 40 });
    const { result } = run(request, { scene });
    const error: unknown = await result.catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'ERR_MEDIA_VERIFY_FAILED', details: { check: 'no frozen run' } });
    // The encoder may still improve the picture during the first frames.
    expect((error as AppError).details.frozenRun).toBeGreaterThan(30);
  });

  test('a slow drift is not frozen: a third of a pixel in a second', async () => {
    const request = requestOf({ width: 320, height: 240, frames: 45 });
    const scene: typeof movingScene = (x, y, t) => movingScene(x + t * 0.001, y, 0);
    expect((await run(request, { scene }).result).verify.frozenRun).toBeLessThan(31);
  });
});
