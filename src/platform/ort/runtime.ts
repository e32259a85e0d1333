import type { Env, InferenceSession, Tensor } from 'onnxruntime-web';
import { AppError } from '../../contracts/errors.ts';
import { SerialQueue } from './serial.ts';

/** The part of onnxruntime-web that is used, whichever of its entries it came from. */
interface OrtModule {
  readonly env: Env;
  readonly InferenceSession: {
    create(model: Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession>;
  };
  readonly Tensor: {
    new (
      ...args:
        | [type: 'float32', data: Float32Array, dims: readonly number[]]
        | [type: 'int64', data: BigInt64Array, dims: readonly number[]]
    ): Tensor;
    fromGpuBuffer(
      buffer: GPUBuffer,
      options: { dataType: 'float32'; dims: readonly number[]; dispose: () => void },
    ): Tensor;
  };
}

/** Builds of onnxruntime-web: WebAssembly only, and its native WebGPU provider with and without stack switching. */
export type RuntimeBuild = 'wasm' | 'webgpu' | 'jspi';

const BINARY: Readonly<Record<RuntimeBuild, string>> = {
  wasm: 'ort-wasm-simd-threaded',
  webgpu: 'ort-wasm-simd-threaded.asyncify',
  jspi: 'ort-wasm-simd-threaded.jspi',
};

const PRESERVE = 'ep.webgpuexecutionprovider.preserveDevice';

/** A started build. */
export interface Runtime {
  readonly build: RuntimeBuild;
  readonly threads: number;
  /**
   * Makes a session; sessions are made one after another, as the runtime demands.
   *
   * @param model bytes of the ONNX file; not kept.
   * @param device WebGPU device to use; ignored by the `wasm` build.
   */
  createSession(model: Uint8Array, options: SessionOptions): Promise<InferenceSession>;
  tensor(data: Float32Array, shape: readonly number[]): Tensor;
  /** Numbers in a buffer of the sessions' device; `dispose` is called once when the tensor is. */
  gpuTensor(buffer: GPUBuffer, shape: readonly number[], dispose: () => void): Tensor;
  /** Whole numbers as int64. */
  words(data: readonly number[], shape: readonly number[]): Tensor;
}

/** What a session is made with. */
export interface SessionOptions {
  readonly device?: GPUDevice | undefined;
  /** `extra.session` entries of the pack. */
  readonly session: Readonly<Record<string, string>>;
  /** Weights outside the model's bytes, by the name that the model knows them by. */
  readonly externalData?: readonly { readonly path: string; readonly data: Blob }[];
  /** Sizes of free axes, by name: the session then has one shape. */
  readonly free?: Readonly<Record<string, number>>;
  /** Outputs that stay on the graphics card; ignored by the `wasm` build. */
  readonly keepOnGpu?: readonly string[];
}

/** The WebGPU build for this browser: the smaller one where WebAssembly can suspend. */
export function webgpuBuild(): RuntimeBuild {
  return 'Suspending' in WebAssembly ? 'jspi' : 'webgpu';
}

async function importBuild(build: RuntimeBuild): Promise<OrtModule> {
  switch (build) {
    case 'wasm':
      return import('onnxruntime-web/wasm');
    case 'webgpu':
      return import('onnxruntime-web/webgpu');
    case 'jspi':
      return import('onnxruntime-web/jspi');
  }
}

/**
 * The runtime's binary. It is fetched here and not by the runtime itself, which can never start again in this thread after
 * one failed download.
 */
async function fetchBinary(url: string): Promise<ArrayBuffer> {
  const fail = (why: string, retryable: boolean, cause?: unknown): AppError =>
    new AppError('ERR_MODEL_MISSING', `the engine's file ${url} could not be read: ${why}`, {
      details: { file: url, why },
      retryable,
      ...(cause === undefined ? {} : { cause }),
    });
  let bytes: ArrayBuffer;
  try {
    const response = await fetch(url, { credentials: 'same-origin' });
    if (!response.ok) throw fail(`the server answered ${response.status}`, response.status >= 500);
    bytes = await response.arrayBuffer();
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw fail('no connection', true, cause);
  }
  const head = new Uint8Array(bytes, 0, Math.min(4, bytes.byteLength));
  if (head[0] !== 0 || head[1] !== 0x61 || head[2] !== 0x73 || head[3] !== 0x6d) {
    throw fail('the answer is not WebAssembly', false);
  }
  return bytes;
}

/**
 * Starts a build of onnxruntime-web from files of this site.
 *
 * @param wasmUrl absolute address of the folder with the runtime's `.wasm` and `.mjs` files, with a slash at the end.
 * @throws ERR_MODEL_MISSING when its files can't be read, ERR_MODEL_FAILED when it does not start.
 */
export async function startRuntime(build: RuntimeBuild, wasmUrl: string, threads: number): Promise<Runtime> {
  const base = new URL(wasmUrl);
  const wasm = new URL(`${BINARY[build]}.wasm`, base).href;
  const mjs = new URL(`${BINARY[build]}.mjs`, base).href;
  const wasmBinary = await fetchBinary(wasm);
  let ort: OrtModule;
  try {
    ort = await importBuild(build);
  } catch (cause) {
    throw new AppError('ERR_MODEL_MISSING', 'the engine could not be loaded', {
      retryable: true,
      details: { build },
      cause,
    });
  }
  ort.env.logLevel = 'error';
  ort.env.wasm.numThreads = threads;
  ort.env.wasm.wasmPaths = { mjs, wasm };
  ort.env.wasm.wasmBinary = wasmBinary;
  const queue = new SerialQueue();
  return {
    build,
    threads,
    createSession: (model, { device, session, externalData, free, keepOnGpu }) =>
      queue.run(() =>
        ort.InferenceSession.create(model, {
          executionProviders:
            build === 'wasm' ? ['wasm'] : [device ? { name: 'webgpu', device } : { name: 'webgpu' }],
          graphOptimizationLevel: 'all',
          // A device that came from outside stays when the last session goes.
          extra: { session, ...(device && build !== 'wasm' ? { [PRESERVE]: '1' } : {}) },
          ...(externalData ? { externalData: [...externalData] } : {}),
          ...(free ? { freeDimensionOverrides: { ...free } } : {}),
          ...(keepOnGpu?.length && build !== 'wasm'
            ? { preferredOutputLocation: Object.fromEntries(keepOnGpu.map((name) => [name, 'gpu-buffer'])) }
            : {}),
        }),
      ),
    tensor: (data, shape) => new ort.Tensor('float32', data, shape),
    gpuTensor: (buffer, dims, dispose) =>
      ort.Tensor.fromGpuBuffer(buffer, { dataType: 'float32', dims, dispose }),
    words: (data, shape) => new ort.Tensor('int64', BigInt64Array.from(data, BigInt), shape),
  };
}
