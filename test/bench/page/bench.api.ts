import type { RenderCapabilities } from '../../../src/contracts/render.api.ts';
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

/** What the bench page can do: `globalThis.bench`. */
export interface BenchApi {
  /** Makes a clip of a picture on the page's own origin; each call opens the picture anew. */
  clip(pictureUrl: string, settings: ClipSettings): Promise<ClipTiming>;
  /** Draws the clip's frames once and keeps them for {@link alone}. @returns how many */
  collect(pictureUrl: string, settings: ClipSettings): Promise<number>;
  /** Encodes the kept frames alone. */
  alone(settings: ClipSettings): Promise<AloneTiming>;
}
