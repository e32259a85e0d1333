import { AppError } from '../../contracts/errors.ts';
import type { Provider } from '../../contracts/render.api.ts';
import { wasmThreads } from './adapter.ts';
import { openGpu } from './gpu-device.ts';
import { probeModel, probeWork } from './probe-model.ts';
import { startRuntime, webgpuBuild } from './runtime.ts';

/** How long the probe may run, milliseconds, after its session is made. */
const BUDGET_MS = 500;
/** A run that takes so long is not mostly the way there and back. */
const ENOUGH_MS = 25;
const ROWS_FIRST = 1;
const ROWS_MOST = 4096;
const ROWS_GROWTH = 4;

/** What the probe came to. */
export interface ProbeResult {
  /** Floating-point operations per millisecond. */
  readonly speed: number;
  /** Rows of the runs that count, and how many there were. */
  readonly rows: number;
  readonly runs: number;
  /** All of it after the session was made. */
  readonly ms: number;
}

/**
 * Times runs of a graph within {@link BUDGET_MS}; only one that has begun is waited for. Rows grow until a run is long
 * enough to say something; each new shape is run once before it counts.
 * @param run one run of {@link probeModel}, settled when its result is back.
 * @param now a clock, milliseconds.
 */
export async function timeRuns(
  run: (rows: number) => Promise<void>,
  now: () => number,
): Promise<ProbeResult> {
  const started = now();
  const left = (): number => started + BUDGET_MS - now();
  const timed = async (rows: number): Promise<number> => {
    const from = now();
    await run(rows);
    return now() - from;
  };
  let rows = ROWS_FIRST;
  let first = await timed(rows);
  for (;;) {
    // A second run that would not be over in time: the first one is all that there is, warming up included.
    if (first > left()) return { speed: probeWork(rows) / first, rows, runs: 1, ms: now() - started };
    const once = await timed(rows);
    const next = rows * ROWS_GROWTH;
    if (once >= ENOUGH_MS || next > ROWS_MOST || 2 * ROWS_GROWTH * once > left()) {
      const times = [once];
      while (left() > once) times.push(await timed(rows));
      times.sort((a, b) => a - b);
      const middle = times[times.length >> 1] ?? once;
      // A clock may be too coarse for a single run.
      const speed = probeWork(rows) / Math.max(middle, 0.01);
      return { speed, rows, runs: times.length, ms: now() - started };
    }
    rows = next;
    first = await timed(rows);
  }
}

/** Settles when a device has answered, and a loss that came before would be known. */
async function answered(device: GPUDevice): Promise<null> {
  await device.queue.onSubmittedWorkDone().catch(() => undefined);
  return new Promise((resolve) => setTimeout(() => resolve(null), 0));
}

/**
 * How fast graphs run on a provider, by half a second of a real one.
 * @throws ERR_MODEL_MISSING when the runtime's files can't be read; ERR_MODEL_FAILED, ERR_GPU_FAILED or ERR_GPU_LOST when the
 * provider does not do it.
 */
export async function probeProvider(provider: Provider, wasmUrl: string): Promise<ProbeResult> {
  const gpu = provider === 'webgpu' ? await openGpu() : null;
  if (provider === 'webgpu' && gpu === null) {
    throw new AppError('ERR_GPU_FAILED', 'there is no graphics card to measure');
  }
  const threads = wasmThreads(globalThis.crossOriginIsolated, navigator.hardwareConcurrency);
  try {
    // On a device that is gone already the runtime would wait for ever, and nobody could stop it.
    const gone = gpu && (await Promise.race([gpu.lost, answered(gpu.device)]));
    if (gone) throw gone;
    const runtime = await startRuntime(provider === 'wasm' ? 'wasm' : webgpuBuild(), wasmUrl, threads);
    const work = async (): Promise<ProbeResult> => {
      const session = await runtime.createSession(probeModel(), { device: gpu?.device, session: {} });
      try {
        return await timeRuns(
          async (rows) => {
            const x = runtime.tensor(new Float32Array(rows).fill(0.5), [rows, 1]);
            const { y } = await session.run({ x });
            const [mean = NaN] = ((await y?.getData(true)) ?? []) as Float32Array;
            x.dispose();
            if (!Number.isFinite(mean)) {
              throw new AppError('ERR_MODEL_FAILED', 'the probe gave no number', {
                details: { graph: 'probe' },
              });
            }
          },
          () => performance.now(),
        );
      } finally {
        await session.release();
      }
    };
    const lost = gpu?.lost.then((error): never => {
      throw error;
    });
    lost?.catch(() => undefined);
    return await (lost ? Promise.race([work(), lost]) : work());
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError('ERR_MODEL_FAILED', 'the probe did not run', { details: { graph: 'probe' }, cause });
  } finally {
    gpu?.device.destroy();
  }
}
