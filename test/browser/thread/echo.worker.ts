import { AppError } from '../../../src/contracts/errors.ts';
import { exposeWorker, transfer } from '../../../src/platform/thread/expose-worker.ts';
import type { EchoApi } from './echo.api.ts';

let kept = new ArrayBuffer(0);

const api = {
  async echo(value) {
    return value;
  },
  async fail(kind) {
    if (kind === 'app') {
      throw new AppError('ERR_GPU_LOST', 'the device is gone', {
        details: { adapter: 'x', tries: 2 },
        retryable: true,
      });
    }
    if (kind === 'abort') throw new DOMException('stopped', 'AbortError');
    if (kind === 'quota') throw new DOMException('full', 'QuotaExceededError');
    if (kind === 'type') throw new TypeError('a wrong call');
    if (kind === 'nested') {
      const cause = new AppError('ERR_MODEL_FAILED', 'no session', { cause: new RangeError('shape') });
      throw new AppError('ERR_INPUT_PACK', 'the pack is bad', { cause });
    }
    // Other people's code throws things that are no errors.
    // eslint-disable-next-line @typescript-eslint/only-throw-error
    throw 'a string';
  },
  async count(count, onStep) {
    for (let i = 1; i <= count; i += 1) onStep(i);
    return count;
  },
  async late(onStep) {
    onStep(1);
    setTimeout(() => onStep(2), 0);
  },
  async answer(port) {
    port.postMessage('over the port');
    port.close();
  },
  hang: () => new Promise<never>(() => undefined),
  explode: () =>
    new Promise<never>(() => {
      setTimeout(() => {
        throw new RangeError('outside of a call');
      }, 0);
    }),
  close: () =>
    new Promise<never>(() => {
      self.close();
    }),
  async buffer() {
    kept = new ArrayBuffer(64);
    return transfer(kept, [kept]);
  },
  async left() {
    return kept.byteLength;
  },
} satisfies EchoApi;

exposeWorker(api);
