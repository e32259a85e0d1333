import type { FlowSize } from '../../../src/contracts/flow.ts';
import type { DecodeTile } from '../../../src/core/flow/decode.ts';

/** Builds of onnxruntime-web that a pack can be opened with. */
export const BUILDS = ['wasm', 'jspi', 'webgpu'] as const;
export type Build = (typeof BUILDS)[number];

/** What is asked of a graph: the clip that it is for. */
export interface Wish {
  readonly size: FlowSize;
  /** Latent rows and columns that the decoder gets at once. */
  readonly tile: DecodeTile;
}

/** How a graph was opened, or run. */
export interface Measured {
  readonly ms: number;
  /** Size of WebAssembly's memory afterwards, which never shrinks: the most that it held since the worker started. */
  readonly heapBytes: number;
}

/** How an installation went. */
export interface Installed {
  readonly bytes: number;
  /** Until the last byte was there, and then until every file had been read again. */
  readonly transferMs: number;
  readonly verifyMs: number;
}

/** Opens and runs graphs of an installed pack in a worker of its own. */
export interface SessionApi {
  /** Starts the runtime. @returns threads, and the size of its empty memory */
  start(build: Build, wasmUrl: string, packId: string): Promise<{ threads: number; heapBytes: number }>;
  open(graph: string, wish: Wish): Promise<Measured>;
  /**
   * Runs a graph that is open on numbers of the right shape: drawn noise, true positions, a ready motion's embedding, and
   * what `dit_context` gave in this worker, or zeros.
   * @throws Error when an output has a number that is not finite.
   */
  run(graph: string, wish: Wish): Promise<Measured>;
  close(graph: string): Promise<void>;
}

/** What the page can do: `globalThis.full`. */
export interface FullApi {
  /** Installs the pack at an address, its licence accepted, through the application's download worker. */
  install(url: string): Promise<Installed>;
  /** Starts a fresh worker; ends the one before. */
  start(build: Build, packId: string): Promise<{ threads: number; heapBytes: number }>;
  open(graph: string, wish: Wish): Promise<Measured>;
  run(graph: string, wish: Wish): Promise<Measured>;
  close(graph: string): Promise<void>;
  /** Ends the worker. */
  end(): void;
}
