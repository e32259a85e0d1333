import { join } from 'node:path';
import type { Pack } from '../../../src/contracts/pack.ts';
import type { FlowJob, FlowProgress, FlowResult, FlowTools } from '../../../src/core/flow/engine.ts';
import { runFlow } from '../../../src/core/flow/engine.ts';
import { normals } from '../../../src/core/flow/noise.ts';
import type { FlowCheckpoints, FlowFrame, FlowRuntime } from '../../../src/core/flow/runtime.ts';
import { folderPack, nodeRuntime } from './node-runtime.ts';
import type { NodeRuntime } from './node-runtime.ts';
import { tinyFolder } from './references.ts';

/** Folder of the small LTX pack. */
export const folder = tinyFolder('ltx');
/** Path of one of its files. */
export const load = (file: string): string => join(folder, file);
const sampler = { kind: 'stochastic', sigmas: [1, 0.75, 0.5, 0.25, 0], timestepScale: 1000 };
/** The pack, with four stochastic steps. */
export const ltx = await folderPack(folder, { sampler });
/** Steps of a part. */
export const STEPS = 4;

/** Pixels and frames of a part. */
export const size = { width: 64, height: 32, frames: 17 };
/** A picture of that size, planes of 0…1. */
export const picture = normals(1, [0, 0, 0], 3 * 64 * 32).map((z) => Math.min(1, Math.max(0, 0.5 + 0.2 * z)));
/** Words of the prompt. */
export const words = 5;
/** The clip that tests make unless they change it. */
export const job: FlowJob = {
  size,
  frames: 17,
  picture,
  prompt: { embedding: normals(2, [0, 0, 0], words * 32), words },
  seed: 42,
};

/** Saved states in memory. */
export class MemoryCheckpoints implements FlowCheckpoints {
  bytes: Uint8Array | null = null;
  saves = 0;

  async load(): Promise<Uint8Array | null> {
    return this.bytes;
  }

  async save(bytes: Uint8Array): Promise<void> {
    this.bytes = bytes;
    this.saves += 1;
  }
}

/** A clip and how it was made. */
export interface Made {
  readonly frames: FlowFrame[];
  readonly progress: FlowProgress[];
  readonly result: FlowResult;
  readonly runtime: NodeRuntime;
}

/** Makes {@link job} with changes. */
export async function make(
  change: Partial<FlowJob> = {},
  tools: Partial<FlowTools> = {},
  pack: Pack = ltx,
): Promise<Made> {
  const runtime = nodeRuntime(pack, load);
  const frames: FlowFrame[] = [];
  const progress: FlowProgress[] = [];
  const result = await runFlow(
    pack,
    { ...job, ...change },
    {
      runtime,
      sink: async (frame) => void frames.push(frame),
      onProgress: (at) => progress.push(at),
      now: () => performance.now(),
      ...tools,
    },
  );
  return { frames, progress, result, runtime };
}

/** The runtime, failing when a graph is run for the n-th time. */
export function failing(runtime: FlowRuntime, graph: string, at: number, error: Error): FlowRuntime {
  let runs = 0;
  return {
    ...runtime,
    open: async (id, free) => {
      const session = await runtime.open(id, free);
      return {
        release: () => session.release(),
        run: async (feeds) => {
          if (id === graph && ++runs === at) throw error;
          return session.run(feeds);
        },
      };
    },
  };
}

/** The runtime, with what a graph is given as `input` noted down. */
export function watching(
  runtime: FlowRuntime,
  graph: string,
  input: string,
  seen: Float32Array[],
): FlowRuntime {
  return {
    ...runtime,
    open: async (id, free) => {
      const session = await runtime.open(id, free);
      return {
        release: () => session.release(),
        run: async (feeds) => {
          const tensor = id === graph ? feeds[input] : undefined;
          if (tensor) seen.push(await tensor.read());
          return session.run(feeds);
        },
      };
    },
  };
}

/** Frames of a clip without the rest. */
export const planes = (made: Made): Float32Array[] => made.frames.map((frame) => frame.planes);

/** Mean size of the change from one frame to another. */
export const difference = (a: Float32Array, b: Float32Array): number =>
  a.reduce((sum, value, i) => sum + Math.abs(value - (b[i] ?? 0)), 0) / a.length;

/** Whether frames are the same, bit for bit. */
export function same(found: readonly Float32Array[], wanted: readonly Float32Array[]): boolean {
  return (
    found.length === wanted.length &&
    found.every((frame, k) =>
      Buffer.from(frame.buffer).equals(Buffer.from(wanted[k]?.buffer ?? new ArrayBuffer())),
    )
  );
}
