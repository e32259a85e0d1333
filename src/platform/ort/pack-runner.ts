import type { InferenceSession } from 'onnxruntime-web';
import { AppError } from '../../contracts/errors.ts';
import type { Pack, PackGraph } from '../../contracts/pack.ts';
import { packGraph, parsePack } from '../../contracts/pack.ts';
import type { Provider } from '../../contracts/render.api.ts';
import type { Notice } from '../../contracts/settings.ts';
import type { GraphRunner } from '../../core/perceive/runner.ts';
import { chooseProvider, wasmThreads } from './adapter.ts';
import type { PackSource } from './pack-source.ts';
import { urlSource } from './pack-source.ts';
import type { Runtime } from './runtime.ts';
import { startRuntime, webgpuBuild } from './runtime.ts';
import { MemoLoader, SerialQueue } from './serial.ts';

/** How a pack is opened. */
export interface PackRunnerOptions {
  /** Absolute address of the pack's folder, with a slash at the end; or where else to read it from. */
  readonly pack: string | PackSource;
  /** Absolute address of the folder that holds onnxruntime's files, with a slash at the end. */
  readonly wasmUrl: string;
  /** Forces a provider; unset means: WebGPU on a real adapter, else WebAssembly. */
  readonly provider?: Provider | undefined;
  /** WebGPU device to share; unset means one of the runtime's own. Not destroyed here. */
  readonly device?: GPUDevice | undefined;
}

/** Setting that makes onnxruntime unpack quantized weights once and not at every run. */
const FOLD_WEIGHTS = { disable_quant_qdq: '1' };

const NOTICE_NETWORKS_ON_CPU: Notice = {
  code: 'NOTICE_NETWORKS_ON_CPU',
  message: 'The graphics card could not look at the picture, so the processor did; the clip is the same.',
};

/** True when every number is finite. */
export function allFinite(values: Float32Array): boolean {
  for (let i = 0; i < values.length; i++) {
    // x − x is 0 for finite numbers and NaN otherwise.
    const value = values[i] ?? 0;
    if (value - value !== 0) return false;
  }
  return true;
}

/** An opened pack: its description, and its networks, each loaded at its first use. */
export class PackRunner implements GraphRunner {
  readonly pack: Pack;
  readonly #source: PackSource;
  readonly #options: PackRunnerOptions;
  readonly #queue = new SerialQueue();
  readonly #runtimes = new MemoLoader<Provider, Runtime>((provider) => this.#start(provider));
  readonly #files = new MemoLoader<string, Uint8Array<ArrayBuffer>>((id) => this.#readGraph(id));
  readonly #sessions = new MemoLoader<string, InferenceSession>((key) => this.#createSession(key));
  readonly #notices: Notice[] = [];
  #provider: Provider;
  #threads: number;
  #disposed = false;

  /** Use {@link openPack}. */
  constructor(pack: Pack, source: PackSource, provider: Provider, options: PackRunnerOptions) {
    this.pack = pack;
    this.#source = source;
    this.#options = options;
    this.#provider = provider;
    this.#threads = wasmThreads(globalThis.crossOriginIsolated, navigator.hardwareConcurrency);
  }

  /** Where networks run now; becomes `wasm` when WebGPU fails. */
  get provider(): Provider {
    return this.#provider;
  }

  /** Threads of the WebAssembly provider. */
  get threads(): number {
    return this.#threads;
  }

  /** What the person should know of how the networks run. */
  get notices(): readonly Notice[] {
    return this.#notices;
  }

  has(graph: string): boolean {
    return this.pack.graphs.some(({ id }) => id === graph);
  }

  /**
   * Loads networks before they are needed.
   *
   * @param onLoaded called with how many are ready, out of all.
   * @throws ERR_MODEL_MISSING, ERR_MODEL_DAMAGED, ERR_MODEL_FAILED
   */
  async load(graphs: readonly string[], onLoaded?: (done: number, total: number) => void): Promise<void> {
    // Files come down side by side; sessions are made one after another.
    const files = graphs.map((id) => this.#files.get(id));
    for (const file of files) file.catch(() => undefined);
    let done = 0;
    for (const id of graphs) {
      await this.#guard(id, () => this.#session(id));
      onLoaded?.(++done, graphs.length);
    }
  }

  run(graph: string, inputs: Readonly<Record<string, Float32Array>>): Promise<Record<string, Float32Array>> {
    return this.#queue.run(() => {
      const facts = packGraph(this.pack, graph);
      for (const { name, shape } of facts.inputs) {
        const length = shape.reduce((product, size) => product * size, 1);
        const given = inputs[name]?.length;
        if (given !== length) {
          throw new TypeError(`${graph} wants ${length} numbers as ${name}, not ${given ?? 'nothing'}`);
        }
      }
      return this.#guard(graph, () => this.#runOnce(facts, inputs));
    });
  }

  /** Frees all sessions; later runs reject. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    await this.#queue.run(() => this.#releaseSessions());
  }

  /** Does something with a graph; when WebGPU fails at it, moves everything to WebAssembly and does it again. */
  async #guard<T>(graph: string, task: () => Promise<T>): Promise<T> {
    try {
      return await task();
    } catch (error) {
      const other = error instanceof AppError && error.code !== 'ERR_MODEL_FAILED';
      if (other || this.#provider === 'wasm' || this.#disposed) throw asModelError(graph, error);
    }
    this.#provider = 'wasm';
    this.#notices.push(NOTICE_NETWORKS_ON_CPU);
    await this.#releaseSessions();
    try {
      return await task();
    } catch (error) {
      throw asModelError(graph, error);
    }
  }

  async #runOnce(
    facts: PackGraph,
    inputs: Readonly<Record<string, Float32Array>>,
  ): Promise<Record<string, Float32Array>> {
    const graph = facts.id;
    const session = await this.#session(graph);
    const runtime = await this.#runtimes.get(this.#provider);
    const feeds = Object.fromEntries(
      facts.inputs.map(({ name, shape }) => [
        name,
        runtime.tensor(inputs[name] ?? new Float32Array(), shape),
      ]),
    );
    const results = await session.run(feeds);
    const outputs: Record<string, Float32Array> = {};
    for (const { name } of facts.outputs) {
      const data = await results[name]?.getData(true);
      if (!(data instanceof Float32Array)) throw failed(graph, `no float32 output ${name}`);
      if (!allFinite(data)) throw failed(graph, `${name} is not finite`);
      outputs[name] = data;
    }
    return outputs;
  }

  #session(graph: string): Promise<InferenceSession> {
    if (this.#disposed) return Promise.reject(failed(graph, 'the pack was closed'));
    return this.#sessions.get(`${this.#provider} ${graph}`);
  }

  async #createSession(key: string): Promise<InferenceSession> {
    const [provider, graph] = key.split(' ') as [Provider, string];
    const model = await this.#files.get(graph);
    const runtime = await this.#runtimes.get(provider);
    return runtime.createSession(model, {
      device: this.#options.device,
      session: { ...FOLD_WEIGHTS, ...this.pack.session },
    });
  }

  async #start(provider: Provider): Promise<Runtime> {
    const { wasmUrl } = this.#options;
    if (provider === 'wasm') return startRuntime('wasm', wasmUrl, this.#threads);
    try {
      return await startRuntime(webgpuBuild(), wasmUrl, this.#threads);
    } catch (cause) {
      // Whatever kept this build from starting, the WebAssembly one may still do.
      throw new AppError('ERR_MODEL_FAILED', 'the WebGPU engine did not start', { cause });
    }
  }

  #readGraph(id: string): Promise<Uint8Array<ArrayBuffer>> {
    const graph: PackGraph = packGraph(this.pack, id);
    return this.#source.read(graph.file, graph);
  }

  async #releaseSessions(): Promise<void> {
    for (const session of this.#sessions.clear()) {
      try {
        await (await session).release();
      } catch {
        // A session that failed, or whose device is lost, holds nothing more to free.
      }
    }
  }
}

function failed(graph: string, why: string, cause?: unknown): AppError {
  return new AppError('ERR_MODEL_FAILED', `the network ${graph} failed: ${why}`, {
    details: { graph, why },
    ...(cause === undefined ? {} : { cause }),
  });
}

/** AppErrors as they are; anything else that a runtime throws as ERR_MODEL_FAILED. */
function asModelError(graph: string, error: unknown): AppError {
  if (error instanceof AppError) return error;
  return failed(graph, error instanceof Error ? error.message : String(error), error);
}

/**
 * Opens a pack: reads `pack.json` and chooses where networks will run. No network is loaded yet, and nothing of
 * onnxruntime.
 *
 * @throws ERR_MODEL_MISSING when `pack.json` can't be read, ERR_MODEL_DAMAGED when it is not a pack's.
 */
export async function openPack(options: PackRunnerOptions): Promise<PackRunner> {
  const source = typeof options.pack === 'string' ? urlSource(options.pack) : options.pack;
  const [bytes, choice] = await Promise.all([
    source.read('pack.json', null),
    options.provider === undefined ? chooseProvider() : { provider: options.provider },
  ]);
  let raw: unknown;
  try {
    raw = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new AppError('ERR_MODEL_DAMAGED', 'pack.json is not JSON', {
      details: { file: 'pack.json' },
      cause,
    });
  }
  return new PackRunner(parsePack(raw), source, choice.provider, options);
}
