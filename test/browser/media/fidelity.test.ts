import { afterAll, expect, test } from 'vitest';
import type { EncodeApi, EncodeJobRequest } from '../../../src/contracts/encode.api.ts';
import { connectWorker } from '../../../src/platform/thread/connect-worker.ts';
import { movingScene, requestOf, sceneRgba, sendFrames } from './frames.ts';

const connection = connectWorker<EncodeApi>(
  () => new Worker(new URL('../../../workers/encode.worker.ts', import.meta.url), { type: 'module' }),
);
afterAll(() => connection.terminate());

/** The picture upside down: what a poor engine makes of it, or a broken one. */
function upsideDown(): NonNullable<EncodeJobRequest['reference']> {
  const [width, height] = [160, 120];
  const rgba = sceneRgba(movingScene, width, height, 0);
  const turned = new Uint8ClampedArray(rgba.length);
  for (let y = 0; y < height; y += 1) {
    turned.set(rgba.subarray(4 * y * width, 4 * (y + 1) * width), 4 * (height - 1 - y) * width);
  }
  return { width, height, rgba: turned };
}

async function run(change: Partial<EncodeJobRequest>): Promise<unknown> {
  const request = requestOf({ width: 320, height: 240, frames: 6, ...change });
  const { port1, port2 } = new MessageChannel();
  sendFrames(port1, request);
  return connection.api.encode(request, port2, () => undefined).catch((cause: unknown) => cause);
}

test('an engine that keeps little of a picture is held to no more than that', async () => {
  expect(await run({ reference: upsideDown(), fidelityDb: 9 })).toMatchObject({ verify: { frames: 6 } });
});

test.each([undefined, 40, 31])('one that keeps it (%s dB) is held to the picture', async (fidelityDb) => {
  const change = fidelityDb === undefined ? {} : { fidelityDb };
  expect(await run({ reference: upsideDown(), ...change })).toMatchObject({
    code: 'ERR_MEDIA_VERIFY_FAILED',
    details: { check: 'first frame like the picture', least: 23 },
  });
  expect(await run(change)).toMatchObject({ verify: { frames: 6 } });
});

test('what it keeps of a picture it has to keep: the bound is not the encoder’s', async () => {
  expect(await run({ reference: upsideDown(), fidelityDb: 28 })).toMatchObject({
    details: { check: 'first frame like the picture', least: 20 },
  });
});
