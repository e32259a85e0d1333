import type { InferenceSession, Tensor } from 'onnxruntime-web';
import { AppError } from '../../contracts/errors.ts';
import { FLOW_GRAPHS } from '../../contracts/flow.ts';
import type { Pack } from '../../contracts/pack.ts';
import { packGraph } from '../../contracts/pack.ts';
import type { Provider } from '../../contracts/render.api.ts';
import type { FlowRuntime, FlowSession, FlowTensor } from '../../core/flow/runtime.ts';
import { wasmThreads } from './adapter.ts';
import { watchDevice, type Watch } from './device-watch.ts';
import { checkSession, graphError } from './flow-session.ts';
import type { OpenGpu } from './gpu-device.ts';
import type { PackSource } from './pack-source.ts';
import type { Runtime, RuntimeBuild } from './runtime.ts';
import { startRuntime, webgpuBuild } from './runtime.ts';
import { MemoLoader } from './serial.ts';

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
  /** WebGPU device to share; unset means one of the runtime's own, whose loss nobody sees. Not destroyed here. */
  readonly gpu?: OpenGpu | undefined;
}

/** Outputs that later runs take in as they are, so they need not come back from the graphics card. */
const KEPT: Readonly<Record<string, readonly string[]>> = { [FLOW_GRAPHS.context]: ['context'] };

/** A tensor of onnxruntime's; read back when somebody asks for its numbers. */
class OrtTensor implements FlowTensor {
  readonly tensor: Tensor;
  readonly #watch: Watch;
  #released = false;

  constructor(tensor: Tensor, watch: Watch) {
    this.tensor = tensor;
    this.#watch = watch;
  }

  get shape(): readonly number[] {
    return this.tensor.dims;
  }

  get released(): boolean {
    return this.#released;
  }

  async read(): Promise<Float32Array> {
    if (this.#released) throw new TypeError('a tensor was read after its release');
    const data = await this.#watch(this.tensor.getData());
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

/** Numbers in a buffer of their own on the graphics card. */
function lastingTensor(
  runtime: Runtime,
  device: GPUDevice,
  data: Float32Array,
  shape: readonly number[],
  watch: Watch,
): OrtTensor {
  const buffer = device.createBuffer({
    // The runtime copies in pieces of 16 bytes.
    size: 16 * Math.ceil(data.byteLength / 16),
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
  });
  device.queue.writeBuffer(buffer, 0, Float32Array.from(data));
  return new OrtTensor(
    runtime.gpuTensor(buffer, shape, () => buffer.destroy()),
    watch,
  );
}

const runtimes = new MemoLoader<string, Runtime>((key) => {
  const [build, wasmUrl] = key.split(' ') as [RuntimeBuild, string];
  return startRuntime(
    build,
    wasmUrl,
    wasmThreads(globalThis.crossOriginIsolated, navigator.hardwareConcurrency),
  );
});

/**
 * Runs a flow pack on onnxruntime-web. Weights are handed over as files; what the prompt became stays on the graphics card.
 *
 * @throws ERR_MODEL_MISSING when the runtime's files can't be read, ERR_MODEL_FAILED when it does not start.
 */
export async function openFlowRuntime(options: FlowRuntimeOptions): Promise<FlowRuntime> {
  const { source, provider } = options;
  const build = provider === 'wasm' ? 'wasm' : (options.build ?? webgpuBuild());
  const gpu = build === 'wasm' ? undefined : options.gpu;
  const runtime = await runtimes.get(`${build} ${new URL(options.wasmUrl).href}`);
  const watch = watchDevice(gpu);
  return {
    open: (graph, free) => openSession(runtime, source, gpu?.device, watch, graph, free),
    floats: (data, shape, lasting = false) =>
      gpu && lasting
        ? lastingTensor(runtime, gpu.device, data, shape, watch)
        : new OrtTensor(runtime.tensor(data, shape), watch),
    words: (ids) => new OrtTensor(runtime.words(ids, [1, ids.length]), watch),
  };
}

async function openSession(
  runtime: Runtime,
  source: FlowPackSource,
  device: GPUDevice | undefined,
  watch: Watch,
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
    session = await watch(
      runtime.createSession(model, {
        device,
        session: source.pack.session,
        free,
        externalData,
        keepOnGpu: KEPT[graph] ?? [],
      }),
    );
  } catch (cause) {
    throw graphError(graph, 'opened', cause);
  }
  const release = (): Promise<void> =>
    // What a lost device held is gone with it.
    watch(session.release()).catch((cause: unknown) => {
      if (!(cause instanceof AppError && cause.code === 'ERR_GPU_LOST')) throw cause;
    });
  try {
    checkSession(facts, session);
  } catch (cause) {
    await release();
    throw cause;
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
        const results = await watch(session.run(inputs));
        return Object.fromEntries(
          session.outputNames.flatMap((name) => {
            const value = results[name];
            return value ? [[name, new OrtTensor(value, watch)] as const] : [];
          }),
        );
      } catch (cause) {
        throw graphError(graph, 'run', cause);
      }
    },
    release,
  };
}
