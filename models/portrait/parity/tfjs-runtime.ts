import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { loadGraphModel } from '@tensorflow/tfjs-converter';
import { io, ready, setBackend, tensor } from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Reference } from './tflite-runtime.ts';

let started: Promise<void> | null = null;

async function start(): Promise<void> {
  const require = createRequire(import.meta.url);
  const folder = dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json'));
  setWasmPaths(`${join(folder, 'wasm-out')}/`);
  await setBackend('wasm');
  await ready();
}

/**
 * TensorFlow.js itself on a graph model.
 * @param json text of `model.json`.
 * @param outputs names of the nodes wanted.
 */
export async function tfjsReference(
  json: string,
  weights: Uint8Array,
  side: number,
  outputs: readonly string[],
  channels = 3,
): Promise<Reference> {
  started ??= start();
  await started;
  const { modelTopology, weightsManifest } = JSON.parse(json) as io.ModelJSON;
  const model = await loadGraphModel(
    io.fromMemory({
      modelTopology,
      weightSpecs: weightsManifest.flatMap((group) => group.weights),
      weightData: weights.slice().buffer,
    }),
  );
  return async (input) => {
    const picture = tensor(input, [1, side, side, channels]);
    const results = model.execute(picture, [...outputs]);
    const list: Tensor[] = Array.isArray(results) ? results : [results];
    const values = await Promise.all(list.map((result) => result.data()));
    for (const each of [picture, ...list]) each.dispose();
    return values.map((value) => Float32Array.from(value));
  };
}
