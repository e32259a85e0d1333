import type { FlowMachine, Provider } from '../../contracts/render.api.ts';
import { adapterName, isSoftwareAdapter, wasmThreads } from './adapter.ts';
import { webgpuBuild } from './runtime.ts';

/** What a machine offers, before anything was run on it. */
export type MachineFacts = Omit<FlowMachine, 'probe'>;

const PAGE_BYTES = 65536;
/** All that 32 bits can address, and the least that is worth asking for. */
const PAGES_MOST = 65536;
const PAGES_LEAST = 1024;
const GIB = 1024 ** 3;
/** What of the machine's memory a tab may plan with. */
const MEMORY_SHARE = 0.75;

/**
 * The most that WebAssembly may hold: what this browser lets a module ask for, and no more than the machine can spare where
 * the browser says how much it has.
 */
function heapBytes(): number {
  const { deviceMemory } = navigator as { readonly deviceMemory?: number };
  const spare = deviceMemory === undefined ? Infinity : MEMORY_SHARE * deviceMemory * GIB;
  const shared = globalThis.crossOriginIsolated;
  for (let pages = PAGES_MOST; pages > PAGES_LEAST; pages /= 2) {
    try {
      // Addresses are set aside here, and no memory.
      new WebAssembly.Memory({ initial: 1, maximum: pages, shared });
      return Math.min(pages * PAGE_BYTES, spare);
    } catch {
      // That much can't be set aside.
    }
  }
  return Math.min(PAGES_LEAST * PAGE_BYTES, spare);
}

async function findAdapter(): Promise<GPUAdapter | null> {
  if (!('gpu' in navigator)) return null;
  try {
    return await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
  } catch {
    return null;
  }
}

/**
 * What this machine offers to a flow pack. Never rejects.
 * @param wanted forces a provider; without an adapter it is `wasm` all the same. Unset means: WebGPU on a real adapter.
 */
export async function lookAtMachine(wanted?: Provider): Promise<MachineFacts> {
  const adapter = await findAdapter();
  const best = adapter === null || isSoftwareAdapter(adapter.info) ? 'wasm' : 'webgpu';
  const provider = adapter === null ? 'wasm' : (wanted ?? best);
  return {
    provider,
    adapter: adapter === null ? 'none' : adapterName(adapter.info),
    shaderF16: adapter?.features.has('shader-f16') ?? false,
    subgroups: adapter?.features.has('subgroups') ?? false,
    streams: provider === 'webgpu' && webgpuBuild() === 'jspi',
    maxBufferSize: adapter?.limits.maxBufferSize ?? 0,
    maxStorageBufferBindingSize: adapter?.limits.maxStorageBufferBindingSize ?? 0,
    heapBytes: heapBytes(),
    threads: wasmThreads(globalThis.crossOriginIsolated, navigator.hardwareConcurrency),
  };
}

/** Whether an earlier measurement is of this very machine. */
export function isSameMachine(known: FlowMachine, facts: MachineFacts): boolean {
  const names = Object.keys(facts) as (keyof MachineFacts)[];
  return names.every((name) => known[name] === facts[name]);
}
