import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { numbers, referencesSchema, type ReferenceTensor, type References } from './golden-clip.ts';

const root = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

/** Folder of a small pack. */
export const tinyFolder = (family: 'ltx' | 'wan' | 'learned'): string => root(`models/tiny/${family}`);

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
