import type { FlowSize } from '../../../src/contracts/flow.ts';
import type { Pack } from '../../../src/contracts/pack.ts';
import type {
  FlowJobTimes,
  FlowMachine,
  Provider,
  RenderCapabilities,
} from '../../../src/contracts/render.api.ts';
import type { ClipSettings } from '../../../src/contracts/settings.ts';
import type { StageTimes } from '../../../src/contracts/headless.api.ts';

/** One whole clip, as the application and the command line make it. */
export interface ClipTiming {
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  readonly sizeBytes: number;
  readonly codec: string;
  readonly stagesMs: StageTimes;
  readonly capabilities: RenderCapabilities;
}

/** The same frames, encoded and nothing else. */
export interface AloneTiming {
  readonly encodeMs: number;
  readonly sizeBytes: number;
  readonly codec: string;
}

/** A flow pack in the page's own files. */
export interface InstalledPack {
  readonly id: string;
  readonly version: string;
  readonly bytes: number;
  readonly installMs: number;
}

/** Three seconds by an installed flow pack. */
export interface FlowRequest {
  readonly pack: Pack;
  readonly size: FlowSize;
  readonly pictureUrl: string;
  readonly provider?: Provider;
}

/** What they took. */
export interface FlowTiming {
  readonly provider: Provider;
  readonly frames: number;
  /** From the call until the runtime stands and the pack's files are found, without its sessions. */
  readonly loadedMs: number;
  readonly wallMs: number;
  readonly times: FlowJobTimes;
}

/** What the bench page can do: `globalThis.bench`. */
export interface BenchApi {
  /** Makes a clip of a picture on the page's own origin; each call opens the picture anew. */
  clip(pictureUrl: string, settings: ClipSettings): Promise<ClipTiming>;
  /** Draws the clip's frames once and keeps them for {@link alone}. @returns how many */
  collect(pictureUrl: string, settings: ClipSettings): Promise<number>;
  /** Encodes the kept frames alone. */
  alone(settings: ClipSettings): Promise<AloneTiming>;
  /** Installs the flow pack of a folder on the page's own origin. */
  install(url: string): Promise<InstalledPack>;
  /** Measures the machine as the application does before it offers flow packs. */
  machine(provider?: Provider): Promise<FlowMachine>;
  /** Makes three seconds with a flow pack in a worker of its own and throws the frames away. */
  flow(request: FlowRequest): Promise<FlowTiming>;
}
