import { afterAll, expect, test } from 'vitest';
import type { EncodeApi, EncodeJobRequest } from '../../../src/contracts/encode.api.ts';
import { AppError } from '../../../src/contracts/errors.ts';
import { readMp4Facts, readXmp } from '../../../src/core/media/mp4.ts';
import { connectWorker } from '../../../src/platform/thread/connect-worker.ts';
import { requestOf, sendFrames } from './frames.ts';
import type { SendLog, SendOptions } from './frames.ts';

const connection = connectWorker<EncodeApi>(
  () => new Worker(new URL('../../../workers/encode.worker.ts', import.meta.url), { type: 'module' }),
);
afterAll(() => connection.terminate());

/** Runs a job against the real worker; `change` alters the sender alone. */
function run(
  request: EncodeJobRequest,
  change: Partial<SendOptions> = {},
  onProgress = (): void => undefined,
) {
  const { port1, port2 } = new MessageChannel();
  const log: SendLog = sendFrames(port1, { ...request, ...change });
  return { log, result: connection.api.encode(request, port2, onProgress) };
}

test('a clip is encoded, written and verified', async () => {
  const request = requestOf();
  const { log, result } = run(request);
  const clip = await result;
  const bytes = new Uint8Array(await clip.file.arrayBuffer());
  const facts = readMp4Facts(bytes);
  expect(facts.order).toEqual(['ftyp', 'moov', 'uuid', 'mdat']);
  expect(facts).toMatchObject({ samples: 12, timescale: 30, sampleTicks: [1], hasEditList: false });
  expect(facts.colour).toEqual({ primaries: 1, transfer: 1, matrix: 1, fullRange: false });
  expect(clip.verify).toMatchObject({ frames: 12, durationS: 0.4, width: 640, height: 480, blackRun: 0 });
  expect(clip.verify.firstFrameDb).toBeGreaterThan(30);
  expect(clip.poster.type).toBe('image/jpeg');
  expect(new TextDecoder().decode(readXmp(bytes) ?? undefined)).toContain('trainedAlgorithmicMedia');
  expect(log).toMatchObject({ sent: 12, credits: 12, mostInFlight: 4, stopped: false });
});

test('codes', async () => {
  const { result } = run(requestOf({ width: 16384, height: 16384 }), { frames: 0 });
  await expect(result).rejects.toBeInstanceOf(AppError);
  await expect(result).rejects.toMatchObject({ code: 'ERR_MEDIA_NO_ENCODER' });
});
