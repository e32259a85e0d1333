import type { NetworkDefinition, Sources } from '../networks.ts';
import { fetchPackage } from '../sources/fetch.ts';
import { PACKAGES } from '../sources/pins.ts';
import type { PackageKey } from '../sources/pins.ts';
import { projectPath } from '../../../scripts/lib/paths.ts';
import { tfjsReference } from './tfjs-runtime.ts';
import { tfliteReference } from './tflite-runtime.ts';
import type { Reference } from './tflite-runtime.ts';

/** The pinned files of every package, from the build's cache where they are there. */
export async function fetchSources(): Promise<Sources> {
  const sources = new Map<PackageKey, Map<string, Uint8Array>>();
  for (const key of Object.keys(PACKAGES) as PackageKey[])
    sources.set(key, await fetchPackage(PACKAGES[key], projectPath('.cache/portrait')));
  return sources;
}

function file(sources: Sources, from: PackageKey, path: string): Uint8Array {
  const bytes = sources.get(from)?.get(path);
  if (!bytes) throw new Error(`${path} is not among the sources`);
  return bytes;
}

/**
 * The original network in a runtime that shares nothing with the converter. The person network has an operator
 * that TensorFlow Lite's own build refuses, so its TensorFlow.js form, converted by others, stands in.
 */
export async function referenceOf(definition: NetworkDefinition, sources: Sources): Promise<Reference> {
  const { origin, side } = definition;
  const tfjs = (path: string, outputs: readonly string[]): Promise<Reference> => {
    const json = new TextDecoder().decode(file(sources, 'human', `${path}.json`));
    return tfjsReference(json, file(sources, 'human', `${path}.bin`), side, outputs);
  };
  if (definition.id === 'person') return tfjs('package/models/selfie', ['activation_10']);
  if (origin.format === 'tfjs') return tfjs(origin.path, origin.outputs);
  const bytes = file(sources, origin.from, origin.path);
  return tfliteReference(origin.slice ? bytes.slice(...origin.slice) : bytes);
}
