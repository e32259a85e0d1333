import * as v from 'valibot';
import { AppError } from '../contracts/errors.ts';
import type { FlowSize } from '../contracts/flow.ts';
import type { Pack } from '../contracts/pack.ts';
import type { FlowMachine } from '../contracts/render.api.ts';
import type { LearntSpeed } from '../core/flow/speed.ts';
import type { Store } from '../platform/store/store.ts';

const MACHINE_KEY = 'flow-machine';
const MEMORY_KEY = 'flow-fit';
/** Differs from build to build, so that another version of the application measures anew. */
const BUILD = new URL(import.meta.url).pathname;
/** Packs, each on one machine, of which something is kept; the oldest go. */
const KEPT_MOST = 32;
/** A memory failure is forgotten after so long: drivers and browsers change, other programs end. */
const FORGET_MS = 7 * 24 * 3600 * 1000;

type Settings = Pick<Store, 'setting' | 'putSetting'>;

const amount = v.pipe(v.number(), v.finite(), v.minValue(0));
const positive = v.pipe(v.number(), v.finite(), v.gtValue(0));

const machineSchema = v.object({
  build: v.literal(BUILD),
  machine: v.object({
    provider: v.picklist(['webgpu', 'wasm']),
    adapter: v.string(),
    shaderF16: v.boolean(),
    subgroups: v.boolean(),
    streams: v.boolean(),
    maxBufferSize: amount,
    maxStorageBufferBindingSize: amount,
    heapBytes: amount,
    threads: amount,
    probe: v.nullable(positive),
  }),
});

const entrySchema = v.object({
  key: v.string(),
  speed: v.optional(
    v.object({
      graphs: v.record(v.string(), positive),
      openMs: v.optional(amount),
      restMs: v.optional(amount),
    }),
  ),
  /** Pixels times frames of the smallest size at which memory ran out, and when. */
  ranOut: v.optional(v.object({ pixels: positive, atMs: amount })),
});
type Entry = v.InferOutput<typeof entrySchema>;

/** What an earlier visit measured with this version of the application; null where there is nothing. */
export async function keptMachine(store: Settings): Promise<FlowMachine | null> {
  const kept = v.safeParse(machineSchema, await store.setting(MACHINE_KEY).catch(() => null));
  return kept.success ? kept.output.machine : null;
}

/** Keeps a measurement for the next visit; one that can't be kept is made again. */
export async function putMachine(store: Settings, machine: FlowMachine): Promise<void> {
  await store.putSetting(MACHINE_KEY, { build: BUILD, machine }).catch(() => undefined);
}

/** What was learnt of packs on this machine, from visit to visit. */
export interface FitMemory {
  load(): Promise<void>;
  learnt(pack: Pack, machine: FlowMachine): LearntSpeed | undefined;
  /** A job at `size` came to its end: what fits is no longer held against it. */
  learn(pack: Pack, machine: FlowMachine, size: FlowSize, speed: LearntSpeed): void;
  ranOut(pack: Pack, machine: FlowMachine, size: FlowSize): boolean;
  forbid(pack: Pack, machine: FlowMachine, size: FlowSize): void;
}

const keyOf = ({ id, version }: Pack, { provider, adapter }: FlowMachine): string =>
  JSON.stringify([id, version, provider, adapter]);

const pixelsOf = ({ width, height, frames }: FlowSize): number => width * height * frames;

/** Knows nothing until loaded or taught. */
export function createFitMemory(store: Settings, now: () => number): FitMemory {
  /** The latest last. */
  let entries: readonly Entry[] = [];

  const find = (key: string): Entry | undefined => entries.find((entry) => entry.key === key);
  const put = (entry: Entry): void => {
    entries = [...entries.filter(({ key }) => key !== entry.key), entry].slice(-KEPT_MOST);
    store.putSetting(MEMORY_KEY, entries).catch(() => undefined);
  };

  return {
    async load() {
      const kept = v.safeParse(v.array(entrySchema), await store.setting(MEMORY_KEY).catch(() => null));
      if (!kept.success) return;
      // What this visit has seen already is newer.
      const seen = new Set(entries.map(({ key }) => key));
      entries = [...kept.output.filter(({ key }) => !seen.has(key)), ...entries];
    },
    learnt: (pack, machine) => find(keyOf(pack, machine))?.speed,
    learn(pack, machine, size, speed) {
      const key = keyOf(pack, machine);
      const ranOut = find(key)?.ranOut;
      const still = ranOut !== undefined && ranOut.pixels > pixelsOf(size);
      put({ key, speed: { ...speed, graphs: { ...speed.graphs } }, ...(still ? { ranOut } : {}) });
    },
    ranOut(pack, machine, size) {
      const ranOut = find(keyOf(pack, machine))?.ranOut;
      if (ranOut === undefined || now() - ranOut.atMs > FORGET_MS) return false;
      return pixelsOf(size) >= ranOut.pixels;
    },
    forbid(pack, machine, size) {
      const key = keyOf(pack, machine);
      const before = find(key);
      const pixels = Math.min(pixelsOf(size), before?.ranOut?.pixels ?? Infinity);
      put({ ...before, key, ranOut: { pixels, atMs: now() } });
    },
  };
}

const MEMORY_WORDS =
  /out of memory|bad_?alloc|allocation failed|failed to allocate|can(?:no|')t allocate|OOM|memory access out of bounds|too large for the implementation/i;

/** Whether a job failed for want of memory: its words say so, or the graphics device was lost, which mostly means that. */
export function ranOutOfMemory(cause: unknown): boolean {
  if (!(cause instanceof AppError)) return false;
  if (cause.code === 'ERR_GPU_LOST') return true;
  const family = cause.code.startsWith('ERR_MODEL_') || cause.code.startsWith('ERR_WORKER_');
  return family && MEMORY_WORDS.test(cause.message);
}
