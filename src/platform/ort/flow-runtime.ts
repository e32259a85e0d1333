import type { InferenceSession, Tensor } from 'onnxruntime-web';
import { AppError } from '../../contracts/errors.ts';
import { FLOW_GRAPHS } from '../../contracts/flow.ts';
import type { Pack } from '../../contracts/pack.ts';
import { packGraph } from '../../contracts/pack.ts';
import type { Provider } from '../../contracts/render.api.ts';
import type { FlowRuntime, FlowSession, FlowTensor } from '../../core/flow/runtime.ts';
import { wasmThreads } from './adapter.ts';
import type { PackSource } from './pack-source.ts';
import type { Runtime, RuntimeBuild } from './runtime.ts';
import { startRuntime, webgpuBuild } from './runtime.ts';

/** A flow pack, read where it lies. */
export interface FlowPackSource extends PackSource {
  readonly pack: Pack;
  /** A file without reading it, so that weights go from disk to where they are used piece by piece. */
  blob(path: string): Promise<Blob>;
}

/** How a flow pack's graphs are run. */
export interface FlowRuntimeOptions {
  readonly source: FlowPackSource;
  /** Absolute address of the folder that holds onnxruntime's files, with a slash at the end. */
  readonly wasmUrl: string;
  readonly provider: Provider;
  /** Forces one of the two WebGPU builds; unset means: the smaller one where WebAssembly can suspend. */
  readonly build?: Exclude<RuntimeBuild, 'wasm'>;
  /** WebGPU device to share; unset means one of the runtime's own. Not destroyed here. */
  readonly device?: GPUDevice | undefined;
}

/** Outputs that later runs take in as they are, so they need not come back from the graphics card. */
const KEPT: Readonly<Record<string, readonly string[]>> = { [FLOW_GRAPHS.context]: ['context'] };

/** A tensor of onnxruntime's; read back when somebody asks for its numbers. */
class OrtTensor implements FlowTensor {
  readonly tensor: Tensor;
  #released = false;

  constructor(tensor: Tensor) {
    this.tensor = tensor;
  }

  get shape(): readonly number[] {
    return this.tensor.dims;
  }

  get released(): boolean {
    return this.#released;
  }

  async read(): Promise<Float32Array> {
    if (this.#released) throw new TypeError('a tensor was read after its release');
    const data = await this.tensor.getData();
    if (!(data instanceof Float32Array))
      throw new TypeError(`a tensor of ${this.tensor.type} has no 32-bit floats`);
    return data.slice();
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.tensor.dispose();
  }
}

function failed(graph: string, what: string, cause: unknown): AppError {
  if (cause instanceof AppError) return cause;
  const why = cause instanceof Error ? cause.message : String(cause);
  const lost = /device (?:was |is )?lost|GPUDevice.*lost/i.test(why);
  return new AppError(
    lost ? 'ERR_GPU_LOST' : 'ERR_MODEL_FAILED',
    `the network ${graph} could not be ${what}: ${why}`,
    {
      details: { graph },
      retryable: lost,
      cause,
    },
  );
}

/**
 * Runs a flow pack on onnxruntime-web. Weights are handed over as files; what the prompt became stays on the graphics card.
 *
 * @throws ERR_MODEL_MISSING when the runtime's files can't be read, ERR_MODEL_FAILED when it does not start.
 */
export async function openFlowRuntime(options: FlowRuntimeOptions): Promise<FlowRuntime> {
  const { source, provider, device } = options;
  const build = provider === 'wasm' ? 'wasm' : (options.build ?? webgpuBuild());
  const threads = wasmThreads(globalThis.crossOriginIsolated, navigator.hardwareConcurrency);
  const runtime = await startRuntime(build, options.wasmUrl, threads);
  return {
    open: (graph, free) => openSession(runtime, source, device, graph, free),
    floats: (data, shape) => new OrtTensor(runtime.tensor(data, shape)),
    words: (ids) => new OrtTensor(runtime.words(ids, [1, ids.length])),
  };
}

async function openSession(
  runtime: Runtime,
  source: FlowPackSource,
  device: GPUDevice | undefined,
  graph: string,
  free: Readonly<Record<string, number>>,
): Promise<FlowSession> {
  const facts = packGraph(source.pack, graph);
  const model = await source.read(facts.file, facts);
  const externalData = await Promise.all(
    facts.shards.map(async ({ path, file }) => ({ path, data: await source.blob(file) })),
  );
  let session: InferenceSession;
  try {
    session = await runtime.createSession(model, {
      device,
      session: source.pack.session,
      free,
      externalData,
      keepOnGpu: KEPT[graph] ?? [],
    });
  } catch (cause) {
    throw failed(graph, 'opened', cause);
  }
  return {
    async run(feeds) {
      const inputs: Record<string, Tensor> = {};
      for (const [name, tensor] of Object.entries(feeds)) {
        if (!(tensor instanceof OrtTensor) || tensor.released)
          throw new TypeError(`${name} is not a tensor in use`);
        inputs[name] = tensor.tensor;
      }
      try {
        const results = await session.run(inputs);
        return Object.fromEntries(
          session.outputNames.flatMap((name) => {
            const value = results[name];
            return value ? [[name, new OrtTensor(value)] as const] : [];
          }),
        );
      } catch (cause) {
        throw failed(graph, 'run', cause);
      }
    },
    release: () => session.release(),
  };
}
