import { heapBytes } from './watched-memory.ts';
import type { PresetId } from '../../../src/contracts/settings.ts';
import { PRESETS } from '../../../src/contracts/settings.ts';
import type { Pack } from '../../../src/contracts/pack.ts';
import { FLOW_GRAPHS, flowConstants } from '../../../src/contracts/flow.ts';
import type { FlowRuntime, FlowSession } from '../../../src/core/flow/runtime.ts';
import { presetFile, readEmbedding } from '../../../src/core/flow/embedding.ts';
import { releaseAll } from '../../../src/core/flow/shelf.ts';
import { openFlowRuntime } from '../../../src/platform/ort/flow-runtime.ts';
import { openInstalledPack, type InstalledPack } from '../../../src/platform/packs/opfs-source.ts';
import { exposeWorker } from '../../../src/platform/thread/expose-worker.ts';
import { wasmThreads } from '../../../src/platform/ort/adapter.ts';
import type { Measured, SessionApi } from './full.api.ts';
import { FullInputs } from './inputs.ts';

interface Started {
  readonly runtime: FlowRuntime;
  readonly inputs: FullInputs;
}

let started: Started | null = null;
const sessions = new Map<string, FlowSession>();

function current(): Started {
  if (started === null) throw new Error('the worker has not started');
  return started;
}

function fileOf(pack: Pack): Pack['files'][number] {
  const constants = flowConstants(pack);
  const find = (preset: PresetId): Pack['files'][number] | null => presetFile(pack, constants, preset);
  for (const preset of PRESETS) {
    const file = find(preset);
    if (file) return file;
  }
  throw new Error('the pack has no ready motion');
}

async function inputsOf(source: InstalledPack): Promise<FullInputs> {
  const file = fileOf(source.pack);
  const prompt = readEmbedding(file, await source.read(file.file, file));
  return new FullInputs(source.pack, flowConstants(source.pack), prompt);
}

async function timed(work: () => Promise<void>): Promise<Measured> {
  const begin = performance.now();
  await work();
  return { ms: performance.now() - begin, heapBytes: heapBytes() };
}

const api: SessionApi = {
  async start(build, wasmUrl, packId) {
    const source = await openInstalledPack(packId);
    const how = build === 'wasm' ? { provider: build } : { provider: 'webgpu' as const, build };
    const runtime = await openFlowRuntime({ source, wasmUrl, ...how });
    started = { runtime, inputs: await inputsOf(source) };
    const threads = wasmThreads(globalThis.crossOriginIsolated, navigator.hardwareConcurrency);
    return { threads, heapBytes: heapBytes() };
  },
  open: (graph, wish) =>
    timed(async () => {
      const { runtime, inputs } = current();
      sessions.set(graph, await runtime.open(graph, inputs.free(graph, wish)));
    }),
  run: async (graph, wish) => {
    const { runtime, inputs } = current();
    const session = sessions.get(graph);
    if (!session) throw new Error(`${graph} is not open`);
    const feeds = inputs.feeds(runtime, graph, wish);
    const read = new Map<string, { data: Float32Array; shape: readonly number[] }>();
    let measured: Measured;
    try {
      measured = await timed(async () => {
        const outputs = await session.run(feeds);
        try {
          for (const [name, tensor] of Object.entries(outputs)) {
            read.set(name, { shape: tensor.shape, data: await tensor.read() });
          }
        } finally {
          releaseAll(Object.values(outputs));
        }
      });
    } finally {
      releaseAll(Object.values(feeds));
    }
    for (const [name, { data }] of read) {
      if (!data.every(Number.isFinite)) throw new Error(`${graph} gave ${name} that is not finite`);
    }
    if (graph === FLOW_GRAPHS.context) inputs.context = read.get('context') ?? null;
    return measured;
  },
  close: async (graph) => {
    await sessions.get(graph)?.release();
    sessions.delete(graph);
  },
};
exposeWorker(api);
