import type { ClipSettings } from './settings.ts';

export interface EncodeJobRequest {
  readonly jobId: string;
  readonly width: number;
  readonly height: number;
  readonly fps: ClipSettings['fps'];
  readonly frames: number;
  /** Written into XMP when `settings.embedSettings`. */
  readonly settings: ClipSettings;
  readonly title: string;
  /** The picture scaled to the clip's own aspect (any size), RGBA, to compare the first frame with. */
  readonly reference: {
    readonly width: number;
    readonly height: number;
    readonly rgba: Uint8ClampedArray;
  } | null;
  /**
   * PSNR that the engine's own first frame has with pictures at least, by whoever made the engine; left out where it draws
   * the picture itself. Then the file is compared with that frame, too, and with the picture as far as this goes.
   */
  readonly fidelityDb?: number;
  /** IPTC digital source type of the engine. */
  readonly sourceType: 'trainedAlgorithmicMedia' | 'compositeWithTrainedAlgorithmicMedia';
}

/** What the verifier read back from the finished file (V5). */
export interface VerifyReport {
  readonly frames: number;
  readonly durationS: number;
  readonly width: number;
  readonly height: number;
  readonly codec: string;
  /** PSNR of the first decoded frame against the reference, dB; null without one. */
  readonly firstFrameDb: number | null;
  /** Longest run of identical or black frames, in frames. */
  readonly frozenRun: number;
  readonly blackRun: number;
}

export interface EncodeJobResult {
  /** The whole MP4. */
  readonly file: Blob;
  /** A JPEG of a telling frame, at most 640 px on the long side. */
  readonly poster: Blob;
  readonly codec: string;
  readonly verify: VerifyReport;
  readonly encodeMs: number;
  readonly verifyMs: number;
}

export type EncodeProgress = (stage: 'encode' | 'verify', done: number, total: number) => void;

/** The encode worker. Errors: ERR_MEDIA_*. */
export interface EncodeApi {
  /** Takes frames from `port` (see frame-port.ts; the port changes owner), writes and verifies the MP4. */
  encode(request: EncodeJobRequest, port: MessagePort, onProgress: EncodeProgress): Promise<EncodeJobResult>;
  /** Drops a job; `encode` then rejects with AbortError and nothing is kept. */
  cancel(jobId: string): Promise<void>;
}
