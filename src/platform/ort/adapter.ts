import type { Provider } from '../../contracts/render.api.ts';

/** Where this machine should run networks. */
export interface ProviderChoice {
  readonly provider: Provider;
  /** The adapter's own words, or `none`. */
  readonly adapter: string;
}

const SOFTWARE = /swiftshader|llvmpipe|lavapipe|softpipe|software|basic render/i;

/** Vendor, architecture and description of an adapter, joined; never empty. */
export function adapterName(info: GPUAdapterInfo): string {
  const words = [info.vendor, info.architecture, info.device, info.description].filter((word) => word !== '');
  return words.join(' ') || 'unnamed adapter';
}

/** True for an adapter that computes on the processor: networks run 50–300 times faster in WebAssembly there. */
export function isSoftwareAdapter(info: GPUAdapterInfo): boolean {
  return info.isFallbackAdapter || SOFTWARE.test(adapterName(info));
}

/** WebGPU on a real adapter, WebAssembly on a software adapter or none. Never rejects. */
export async function chooseProvider(): Promise<ProviderChoice> {
  if (!('gpu' in navigator)) return { provider: 'wasm', adapter: 'none' };
  try {
    const adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
    if (!adapter) return { provider: 'wasm', adapter: 'none' };
    const name = adapterName(adapter.info);
    return { provider: isSoftwareAdapter(adapter.info) ? 'wasm' : 'webgpu', adapter: name };
  } catch {
    return { provider: 'wasm', adapter: 'none' };
  }
}

/**
 * Threads for the WebAssembly provider: one without cross-origin isolation (no SharedArrayBuffer), else half the cores, at
 * most two, since the pack's small networks lose more by waking threads than they gain.
 */
export function wasmThreads(isolated: boolean, cores: number): number {
  return isolated ? Math.max(1, Math.min(2, Math.floor(cores / 2))) : 1;
}
