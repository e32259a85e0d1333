import { AppError } from '../../contracts/errors.ts';
import type { FlowRuntime, FlowSession, FlowSignal, FlowTensor } from './runtime.ts';

/** Where a job's time went, milliseconds. */
export interface FlowTimes {
  /** Making sessions. */
  openMs: number;
  /** Running graphs and reading what they gave, and the runs of each graph, in order. */
  runMs: number;
  readonly runs: Record<string, number[]>;
}

/** Outputs of a run; the receiver releases them. */
export type FlowOutputs = Readonly<Record<string, FlowTensor>>;

/** The sessions of one job: all that were used, or only the last where memory is short. */
export class GraphShelf {
  readonly times: FlowTimes = { openMs: 0, runMs: 0, runs: {} };
  readonly #runtime: FlowRuntime;
  readonly #onlyOne: boolean;
  readonly #now: () => number;
  readonly #signal: FlowSignal | undefined;
  readonly #open = new Map<string, { readonly key: string; readonly session: FlowSession }>();

  /** @param onlyOne never two sessions at once. @param now a clock, milliseconds. */
  constructor(runtime: FlowRuntime, onlyOne: boolean, now: () => number, signal: FlowSignal | undefined) {
    this.#runtime = runtime;
    this.#onlyOne = onlyOne;
    this.#now = now;
    this.#signal = signal;
  }

  /**
   * Runs a graph, made ready first where it is not.
   * @param free sizes of its free axes.
   * @throws the signal's reason when the job was cancelled before.
   */
  async run(
    graph: string,
    free: Readonly<Record<string, number>>,
    feeds: Readonly<Record<string, FlowTensor>>,
  ): Promise<FlowOutputs> {
    this.#signal?.throwIfAborted();
    const session = await this.#session(graph, free);
    this.#signal?.throwIfAborted();
    const started = this.#now();
    const outputs = await session.run(feeds);
    const ms = this.#now() - started;
    this.times.runMs += ms;
    (this.times.runs[graph] ??= []).push(ms);
    return outputs;
  }

  /**
   * Reads an output as 32-bit floats.
   * @throws ERR_MODEL_DAMAGED when it is not there or has another shape, ERR_MODEL_FAILED when a number is not finite.
   */
  async read(
    graph: string,
    outputs: FlowOutputs,
    name: string,
    shape: readonly number[],
  ): Promise<Float32Array> {
    const tensor = shaped(graph, outputs, name, shape);
    const started = this.#now();
    const data = await tensor.read();
    const ms = this.#now() - started;
    this.times.runMs += ms;
    const runs = this.times.runs[graph];
    if (runs) runs.push((runs.pop() ?? 0) + ms);
    if (!allFinite(data)) {
      throw new AppError('ERR_MODEL_FAILED', `${graph} gave ${name} that is not finite`, {
        details: { graph, why: `${name} is not finite` },
      });
    }
    return data;
  }

  /** Frees every session. */
  async close(): Promise<void> {
    for (const graph of [...this.#open.keys()]) await this.#release(graph);
  }

  async #session(graph: string, free: Readonly<Record<string, number>>): Promise<FlowSession> {
    const key = JSON.stringify(free);
    const found = this.#open.get(graph);
    if (found?.key === key) return found.session;
    if (this.#onlyOne) await this.close();
    else await this.#release(graph);
    this.#signal?.throwIfAborted();
    const started = this.#now();
    const session = await this.#runtime.open(graph, free);
    this.times.openMs += this.#now() - started;
    this.#open.set(graph, { key, session });
    return session;
  }

  async #release(graph: string): Promise<void> {
    const found = this.#open.get(graph);
    this.#open.delete(graph);
    await found?.session.release();
  }
}

/** True when every number is finite. */
function allFinite(values: Float32Array): boolean {
  // 0 × x is 0 for finite numbers and NaN otherwise; sums without a branch are quick over millions of pixels, and four that
  // don't wait for each other are quicker.
  let [a, b, c, d] = [0, 0, 0, 0];
  const whole = values.length - (values.length % 4);
  for (let i = 0; i < whole; i += 4) {
    a += 0 * (values[i] ?? 0);
    b += 0 * (values[i + 1] ?? 0);
    c += 0 * (values[i + 2] ?? 0);
    d += 0 * (values[i + 3] ?? 0);
  }
  for (let i = whole; i < values.length; i++) a += 0 * (values[i] ?? 0);
  return a + b + c + d === 0;
}

/**
 * An output of the given shape; −1 fits any size.
 * @throws ERR_MODEL_DAMAGED; `details.path` says graph and tensor.
 */
export function shaped(
  graph: string,
  outputs: FlowOutputs,
  name: string,
  shape: readonly number[],
): FlowTensor {
  const tensor = outputs[name];
  const fits =
    tensor?.shape.length === shape.length &&
    shape.every((size, axis) => size === -1 || size === tensor.shape[axis]);
  if (tensor && fits) return tensor;
  const found = tensor ? `[${tensor.shape.join(', ')}]` : 'nothing';
  throw new AppError('ERR_MODEL_DAMAGED', `${graph} gave ${name} as ${found}, not [${shape.join(', ')}]`, {
    details: { path: `${graph}.${name}`, found },
  });
}

/** Does something with tensors that are freed afterwards, whatever happens. */
export async function withTensors<K extends string, R>(
  tensors: Readonly<Record<K, FlowTensor>>,
  use: (tensors: Readonly<Record<K, FlowTensor>>) => Promise<R>,
): Promise<R> {
  try {
    return await use(tensors);
  } finally {
    releaseAll(Object.values<FlowTensor>(tensors));
  }
}

/** Frees tensors, each once. */
export function releaseAll(tensors: Iterable<FlowTensor | undefined>): void {
  for (const tensor of tensors) tensor?.release();
}
