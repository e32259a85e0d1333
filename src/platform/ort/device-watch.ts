import type { AppError } from '../../contracts/errors.ts';
import type { OpenGpu } from './gpu-device.ts';

/** Settles as `work` does, or rejects as soon as the device is gone: what runs on it then may never end. */
export type Watch = <T>(work: Promise<T>) => Promise<T>;

/** A run on a lost device may fail before the browser tells of the loss; it does so within this time. */
const TOLD_WITHIN_MS = 250;

async function failLater(cause: unknown): Promise<never> {
  await new Promise((resolve) => setTimeout(resolve, TOLD_WITHIN_MS));
  throw cause;
}

/**
 * Watches over runs on a device; without one they are left as they are. A race with `lost` itself would keep the result of
 * every run for as long as the device lives.
 */
export function watchDevice(gpu: Pick<OpenGpu, 'lost'> | undefined): Watch {
  if (!gpu) return (work) => work;
  const waiting = new Set<(error: AppError) => void>();
  let gone: AppError | null = null;
  void gpu.lost.then((error) => {
    gone = error;
    for (const tell of waiting) tell(error);
  });
  return async (work) => {
    let tell: (error: AppError) => void = () => undefined;
    const loss = new Promise<never>((_resolve, reject) => (tell = reject));
    if (gone === null) waiting.add(tell);
    else tell(gone);
    try {
      return await Promise.race([work.catch(failLater), loss]);
    } finally {
      waiting.delete(tell);
    }
  };
}
