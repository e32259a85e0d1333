import { AppError } from '../contracts/errors.ts';
import type { FlowMachine, FlowMeasureRequest } from '../contracts/render.api.ts';
import type { FlowLease } from './flow-worker.ts';

/** Longer than the download and the start of a runtime take on a slow machine. */
const LIMIT_MS = 90_000;

/** What measuring a machine needs. */
export interface MeasureOptions extends Pick<FlowMeasureRequest, 'wasmUrl' | 'provider'> {
  /** The worker of flow packs: `engine.flow`. */
  readonly flow: () => FlowLease;
  /** How long a worker may take before it counts as stuck, milliseconds. */
  readonly limitMs?: number;
}

/**
 * Looks at the machine in the worker of flow packs. A worker that a graphics card brings down, or to a stop, is ended, and
 * another one looks without that card.
 * @throws ERR_WORKER_FAILED, ERR_WORKER_TERMINATED when that fails, too.
 */
export async function measureIn(options: MeasureOptions, known: FlowMachine | null): Promise<FlowMachine> {
  try {
    return await ask(options, known);
  } catch (cause) {
    const worker = cause instanceof AppError && cause.code.startsWith('ERR_WORKER_');
    if (!worker || options.provider === 'wasm') throw cause;
    return ask({ ...options, provider: 'wasm' }, known);
  }
}

async function ask(options: MeasureOptions, known: FlowMachine | null): Promise<FlowMachine> {
  const { flow, wasmUrl, provider, limitMs = LIMIT_MS } = options;
  const lease = flow();
  // Whatever the worker does then, the call that waits for it rejects.
  const timer = setTimeout(
    () => lease.end(new AppError('ERR_WORKER_TERMINATED', 'measuring the machine took too long')),
    limitMs,
  );
  try {
    return await lease.api.measureFlow({
      wasmUrl,
      ...(provider === undefined ? {} : { provider }),
      ...(known === null ? {} : { known }),
    });
  } finally {
    clearTimeout(timer);
    lease.release();
  }
}
