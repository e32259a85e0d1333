import { expect, test } from 'vitest';
import type { Bitmap } from '../../../src/core/perceive/bitmap.ts';
import { PERCEIVE_GRAPHS } from '../../../src/core/perceive/graphs.ts';
import { perceive } from '../../../src/core/perceive/perceive.ts';
import { openPack } from '../../../src/platform/ort/pack-runner.ts';

const WASM = new URL('/ort/', location.href).href;
const PACK = new URL('/packs/portrait/', location.href).href;

async function readSample(file: string): Promise<Bitmap> {
  const response = await fetch(`/samples/${file}`);
  const image = await createImageBitmap(await response.blob());
  const canvas = new OffscreenCanvas(image.width, image.height);
  const context = canvas.getContext('2d');
  if (!context) throw new Error('no canvas');
  context.drawImage(image, 0, 0);
  image.close();
  const { data, width, height } = context.getImageData(0, 0, canvas.width, canvas.height);
  return { data, width, height };
}

test('sees a face, its irises and the person at real size in WebAssembly', async () => {
  const runner = await openPack({ pack: PACK, wasmUrl: WASM, provider: 'wasm' });
  await runner.load(PERCEIVE_GRAPHS);
  const picture = await readSample('astronaut.png');
  const seen = await perceive(picture, runner);
  await runner.dispose();
  expect(seen.faceCount).toBe(1);
  expect(seen.faceDisagreement).toBeLessThan(0.03);
  const landmarks = seen.face?.landmarks;
  // Pupils as found by eye in this picture, pixels; the irises are 8 px wide.
  const pupils = [
    [468, 203.2, 101.1],
    [473, 246.8, 103.4],
  ] as const;
  for (const [index, x, y] of pupils) {
    const dx = (landmarks?.[3 * index] ?? 0) - x;
    const dy = (landmarks?.[3 * index + 1] ?? 0) - y;
    expect(Math.hypot(dx, dy)).toBeLessThan(1.5);
  }
  expect(seen.person).not.toBeNull();
  expect(seen.body?.score).toBeGreaterThan(0.5);
});
