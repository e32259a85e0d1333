import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { packGraph, parsePack } from '../../../src/contracts/pack.ts';
import type { GraphRunner } from '../../../src/core/perceive/runner.ts';

/** Folder of the built portrait pack. */
export const PACK_FOLDER = fileURLToPath(new URL('../../../public/packs/portrait/', import.meta.url));

/** Runs a pack's graphs with onnxruntime for Node, one thread, each loaded at its first use. */
export async function nodeRunner(folder = PACK_FOLDER): Promise<GraphRunner> {
  const pack = parsePack(JSON.parse(await readFile(join(folder, 'pack.json'), 'utf8')));
  const sessions = new Map<string, Promise<InferenceSession>>();
  const open = (id: string): Promise<InferenceSession> => {
    const session =
      sessions.get(id) ??
      InferenceSession.create(join(folder, packGraph(pack, id).file), {
        intraOpNumThreads: 1,
        interOpNumThreads: 1,
        extra: { session: { ...pack.session } },
      });
    sessions.set(id, session);
    return session;
  };
  return {
    async run(graph, inputs) {
      const facts = packGraph(pack, graph);
      const session = await open(graph);
      const feeds = Object.fromEntries(
        facts.inputs.map(({ name, shape }) => [
          name,
          new Tensor('float32', inputs[name] ?? new Float32Array(), shape),
        ]),
      );
      const results = await session.run(feeds);
      const outputs: Record<string, Float32Array> = {};
      for (const { name } of facts.outputs) {
        const data = results[name]?.data;
        if (data instanceof Float32Array) outputs[name] = data;
      }
      return outputs;
    },
  };
}
