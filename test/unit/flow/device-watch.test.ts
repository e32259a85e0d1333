import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { AppError } from '../../../src/contracts/errors.ts';
import { watchDevice } from '../../../src/platform/ort/device-watch.ts';

const loss = new AppError('ERR_GPU_LOST', 'lost', { retryable: true });

test('without a device a run is left as it is', () => {
  const work = Promise.resolve(1);
  expect(watchDevice(undefined)(work)).toBe(work);
});

test('a run ends with the device, whether it began before or after', async () => {
  let lose: (error: AppError) => void = () => undefined;
  const lost = new Promise<AppError>((resolve) => (lose = resolve));
  const watch = watchDevice({ lost });
  const never = new Promise<never>(() => undefined);
  expect(await watch(Promise.resolve(1))).toBe(1);
  const failing = watch(Promise.reject(new Error('the browser has not told yet')));
  const hanging = watch(never);
  lose(loss);
  await expect(hanging).rejects.toBe(loss);
  await expect(failing).rejects.toBe(loss);
  await expect(watch(never)).rejects.toBe(loss);
});

test('a failure of a device that lives is told as it is', async () => {
  const watch = watchDevice({ lost: new Promise(() => undefined) });
  await expect(watch(Promise.reject(new Error('a bad shape')))).rejects.toThrow('a bad shape');
});

test('results of runs are not kept while the device lives', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const watch = watchDevice({ lost: new Promise(() => undefined) });
  const before = process.memoryUsage().arrayBuffers;
  for (let run = 0; run < 40; run++) await watch(Promise.resolve(new Float32Array(1e6)));
  await new Promise((resolve) => setImmediate(resolve));
  collect();
  // The 40 results are 160 MB together.
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(40e6);
});
