import { afterAll, expect, test } from 'vitest';
import { startEncodeWorker } from '../../../src/app/encode-bridge.ts';
import { requestOf, sceneRgba, sendFrames } from './frames.ts';
import type { Scene } from './frames.ts';

const connection = startEncodeWorker();
afterAll(() => connection.terminate());

const moon: Scene = (x, y) => (x > 0.5 && x < 0.53 && y > 0.5 && y < 0.53 ? [220, 220, 220] : [2, 2, 4]);
const plain: Scene = () => [140, 90, 60];

test.each([
  ['a night with a small moon may be as black', moon, 12],
  ['a picture of one colour may stand still', plain, 40],
] as const)('%s', async (_what, scene, frames) => {
  const reference = { width: 160, height: 120, rgba: sceneRgba(scene, 160, 120, 0) };
  const request = requestOf({ width: 320, height: 240, frames, reference });
  const { port1, port2 } = new MessageChannel();
  sendFrames(port1, { ...request, scene });
  const clip = await connection.api.encode(request, port2, () => undefined);
  expect(clip.verify).toMatchObject({ frames, blackRun: 0 });
});
