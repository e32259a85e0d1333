import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { AppError } from '../../../src/contracts/errors.ts';
import type { Pack } from '../../../src/contracts/pack.ts';
import { packGraph, parsePack } from '../../../src/contracts/pack.ts';
import type { FlowRuntime, FlowSession, FlowTensor } from '../../../src/core/flow/runtime.ts';

class NodeTensor implements FlowTensor {
  readonly tensor: Tensor;
  released = false;

  constructor(tensor: Tensor) {
    this.tensor = tensor;
  }

  get shape(): readonly number[] {
    return this.tensor.dims;
  }

  async read(): Promise<Float32Array> {
    if (this.released) throw new Error('read after release');
    const { data } = this.tensor;
    if (!(data instanceof Float32Array)) throw new Error('not a tensor of 32-bit floats');
    return data.slice();
  }

  release(): void {
    this.released = true;
  }
}

/** A runtime that counts what is in use, so that a test sees what was forgotten. */
export interface NodeRuntime extends FlowRuntime {
  /** Sessions that were made, as `graph {"free":"axes"}`, in order. */
  readonly opened: readonly string[];
  /** Most sessions that were open at once. */
  readonly mostOpen: number;
  /** Sessions that are open now. */
  readonly openNow: number;
  /** Tensors that were handed out and not released. */
  readonly tensorsInUse: number;
}

/**
 * Runs a pack's graphs with onnxruntime for Node, one thread.
 * @param load bytes of a graph's file, or its path where it has shards beside it.
 */
export function nodeRuntime(pack: Pack, load: (file: string) => string | Uint8Array): NodeRuntime {
  const tensors = new Set<NodeTensor>();
  const opened: string[] = [];
  const sessions = new Set<InferenceSession>();
  let mostOpen = 0;
  const hold = (tensor: Tensor): NodeTensor => {
    const held = new NodeTensor(tensor);
    tensors.add(held);
    return held;
  };
  return {
    opened,
    get mostOpen() {
      return mostOpen;
    },
    get openNow() {
      return sessions.size;
    },
    get tensorsInUse() {
      return [...tensors].filter(({ released }) => !released).length;
    },
    async open(graph, free): Promise<FlowSession> {
      const facts = packGraph(pack, graph);
      const options: InferenceSession.SessionOptions = {
        intraOpNumThreads: 1,
        interOpNumThreads: 1,
        freeDimensionOverrides: { ...free },
        extra: { session: { ...pack.session } },
      };
      const model = load(facts.file);
      const session =
        typeof model === 'string'
          ? await InferenceSession.create(model, options)
          : await InferenceSession.create(model, options);
      opened.push(`${graph} ${JSON.stringify(free)}`);
      sessions.add(session);
      mostOpen = Math.max(mostOpen, sessions.size);
      return {
        async run(feeds) {
          const inputs: Record<string, Tensor> = {};
          for (const [name, tensor] of Object.entries(feeds)) {
            if (!(tensor instanceof NodeTensor) || tensor.released)
              throw new Error(`${name} is not a tensor`);
            inputs[name] = tensor.tensor;
          }
          let results: InferenceSession.ReturnType;
          try {
            results = await session.run(inputs);
          } catch (cause) {
            throw new AppError('ERR_MODEL_FAILED', `the network ${graph} failed`, { cause });
          }
          return Object.fromEntries(
            Object.entries(results).map(([name, value]) => {
              if (!(value instanceof Tensor)) throw new Error(`${name} is not a tensor`);
              return [name, hold(value)];
            }),
          );
        },
        async release() {
          sessions.delete(session);
          await session.release();
        },
      };
    },
    floats: (data, shape) => hold(new Tensor('float32', data, shape)),
    words: (ids) =>
      hold(
        new Tensor(
          'int64',
          BigInt64Array.from(ids, (id) => BigInt(id)),
          [1, ids.length],
        ),
      ),
  };
}

/** A pack in a folder. @param change overrides of its constants. */
export async function folderPack(folder: string, change: Record<string, unknown> = {}): Promise<Pack> {
  const pack = parsePack(JSON.parse(await readFile(join(folder, 'pack.json'), 'utf8')));
  return { ...pack, constants: { ...pack.constants, ...change } };
}
