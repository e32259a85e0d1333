import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);

/** A tensor inside the runtime; `data()` is a view of its memory. */
interface RuntimeTensor {
  readonly name: string;
  readonly shape: string;
  data(): Float32Array;
}

interface TensorList {
  size(): number;
  get(index: number): RuntimeTensor;
}

interface Runner {
  GetInputs(): TensorList;
  GetOutputs(): TensorList;
  Infer(): boolean;
}

interface Runtime {
  readonly HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  readonly TFLiteWebModelRunner: {
    CreateFromBufferAndOptions(
      address: number,
      bytes: number,
      options: {
        numThreads: number;
        enableWebNNDelegate: boolean;
        webNNDevicePreference: number;
        enableProfiling: boolean;
        maxProfilingBufferEntries: number;
      },
    ): { ok(): boolean; errorMessage(): string; value(): Runner };
  };
}

let runtime: Promise<Runtime> | null = null;

async function start(): Promise<Runtime> {
  const folder = join(dirname(require.resolve('@tensorflow/tfjs-tflite/package.json')), 'wasm');
  const wasmBinary = await readFile(join(folder, 'tflite_web_api_cc_simd.wasm'));
  const load = require(join(folder, 'tflite_web_api_cc_simd.js')) as (options: {
    wasmBinary: Uint8Array;
    print: (line: string) => void;
    printErr: (line: string) => void;
  }) => Promise<Runtime>;
  const ignore = (): void => undefined;
  return load({ wasmBinary, print: ignore, printErr: ignore });
}

/** Runs one network; `input` is `[H,W,3]`, outputs are in the file's order. */
export type Reference = (input: Float32Array) => Promise<Float32Array[]>;

/**
 * TensorFlow Lite itself, compiled to WebAssembly, on a file.
 * @throws Error when the runtime refuses the file.
 */
export async function tfliteReference(file: Uint8Array): Promise<Reference> {
  runtime ??= start();
  const module = await runtime;
  const address = module._malloc(file.length);
  module.HEAPU8.set(file, address);
  const made = module.TFLiteWebModelRunner.CreateFromBufferAndOptions(address, file.length, {
    numThreads: 1,
    enableWebNNDelegate: false,
    webNNDevicePreference: 0,
    enableProfiling: false,
    maxProfilingBufferEntries: 1,
  });
  if (!made.ok()) throw new Error(made.errorMessage());
  const runner = made.value();
  return (input) => {
    runner.GetInputs().get(0).data().set(input);
    if (!runner.Infer()) throw new Error('inference failed');
    const outputs = runner.GetOutputs();
    return Promise.resolve(
      Array.from({ length: outputs.size() }, (_, i) => Float32Array.from(outputs.get(i).data())),
    );
  };
}
