import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';

const root = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

/** Folder of a small pack. */
export const tinyFolder = (family: 'ltx' | 'wan'): string => root(`models/tiny/${family}`);

const shape = v.array(v.number());
const names = v.record(v.string(), v.string());
const referencesSchema = v.object({
  stamp: v.string(),
  family: v.picklist(['ltx', 'wan']),
  graphs: v.array(v.object({ graph: v.string(), inputs: names, outputs: names })),
  schedule: v.object({ sigmas: v.array(v.number()), timesteps: v.array(v.number()) }),
  clips: v.array(
    v.object({
      name: v.string(),
      size: v.object({ width: v.number(), height: v.number(), frames: v.number() }),
      sampler: v.object({ kind: v.picklist(['euler', 'stochastic']), sigmas: v.array(v.number()) }),
      causal: v.optional(v.boolean()),
      cos: v.string(),
      sin: v.string(),
      picture: v.string(),
      embedding: v.string(),
      noise: v.string(),
      stepNoise: v.optional(v.string()),
      decodeNoise: v.optional(v.string()),
      steps: v.string(),
      frames: v.string(),
    }),
  ),
  tensors: v.array(
    v.object({ name: v.string(), type: v.string(), shape, file: v.string(), sha256: v.string() }),
  ),
});

/** What diffusers makes of a small checkpoint. */
export type References = v.InferOutput<typeof referencesSchema>;
/** One clip that both sides make. */
export type ReferenceClip = References['clips'][number];

/** A reference tensor; ids are plain numbers. */
export interface ReferenceTensor {
  readonly type: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Reads references and their tensors. A tensor whose bytes are not those that were hashed is refused. */
export async function openReferences(
  family: 'ltx' | 'wan',
): Promise<{ readonly references: References; readonly tensor: (name: string) => ReferenceTensor }> {
  const folder = join(tinyFolder(family), 'references');
  const references = v.parse(
    referencesSchema,
    JSON.parse(await readFile(join(folder, 'references.json'), 'utf8')),
  );
  const tensor = (name: string): ReferenceTensor => {
    const facts = references.tensors.find((candidate) => candidate.name === name);
    if (!facts) throw new Error(`no reference ${name}`);
    const bytes = new Uint8Array(readFileSync(join(folder, facts.file)));
    const found = createHash('sha256').update(bytes).digest('hex');
    if (found !== facts.sha256) throw new Error(`${name} is not the tensor that was written`);
    return { type: facts.type, shape: facts.shape, data: numbers(facts.type, bytes) };
  };
  return { references, tensor };
}

function numbers(type: string, bytes: Uint8Array): Float32Array {
  switch (type) {
    case 'float32':
      return new Float32Array(bytes.buffer);
    case 'uint8':
      return Float32Array.from(bytes);
    case 'int64':
      return Float32Array.from(new BigInt64Array(bytes.buffer), Number);
    default:
      throw new Error(`tensors of ${type} are not read`);
  }
}

/** The stamp that references made by the exporter as it stands now would have. */
export function exporterStamp(): string {
  const base = root('models/export');
  const sources = readdirSync(join(base, 'stillwake_export'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.py'))
    .map((name) => `stillwake_export/${name.replaceAll('\\', '/')}`);
  const hash = createHash('sha256');
  // Python sorts by code points; these names are plain.
  for (const name of [...sources, 'requirements.txt'].sort()) {
    hash.update(`${name}\n`).update(readFileSync(join(base, name)));
  }
  return hash.digest('hex');
}

/** Largest difference over the reference's largest size. */
export function relativeError(found: Float32Array, wanted: Float32Array): number {
  if (found.length !== wanted.length) return Infinity;
  let worst = 0;
  let size = 0;
  for (let i = 0; i < found.length; i++) {
    worst = Math.max(worst, Math.abs((found[i] ?? NaN) - (wanted[i] ?? NaN)));
    size = Math.max(size, Math.abs(wanted[i] ?? NaN));
  }
  return worst / size;
}
