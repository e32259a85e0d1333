import type { FlowSize } from './flow.ts';
import type { FacePoints } from './perception.ts';
import type { RigTraits } from './pose.ts';
import type { Score } from './score.ts';
import type { ClipSettings, Motion, Notice } from './settings.ts';

/** Where networks run. */
export type Provider = 'webgpu' | 'wasm';
/** What draws: a graphics API, or the processor where the only adapter is a software one. */
export type RendererKind = 'webgpu' | 'webgl2' | 'processor';

/** What the render worker found on this machine, after the capture self-test. */
export interface RenderCapabilities {
  readonly provider: Provider;
  readonly renderer: RendererKind;
  /** Adapter's own words, for the developer page. */
  readonly adapter: string;
  readonly threads: number;
}

/** Forces for tests and the developer page; unset means: choose by what works. */
export interface RenderOptions {
  readonly provider?: Provider;
  readonly renderer?: RendererKind;
  /** Address of the pack's folder, with a slash at the end. */
  readonly packUrl: string;
  /** Address of the folder that holds onnxruntime's wasm files, with a slash at the end. */
  readonly wasmUrl: string;
}

/** Bytes of the pack's networks that are ready, out of all. */
export type LoadProgress = (readyBytes: number, totalBytes: number) => void;

/** Opens a picture for preview and rendering. */
export interface OpenPictureRequest {
  /** The caller's name for it; also used to close it. */
  readonly pictureId: string;
  readonly blob: Blob;
  /** Colour under transparent pixels, `#rrggbb`. */
  readonly matte: string;
  /** Points placed by hand; replaces face detection. */
  readonly points?: FacePoints;
}

/** What the studio shows about an opened picture. */
export interface PictureReport {
  readonly pictureId: string;
  /** Oriented size in pixels of the original. */
  readonly width: number;
  readonly height: number;
  readonly traits: RigTraits;
  /** Face box in fractions of the picture `[x, y, width, height]`, or null. */
  readonly faceBox: readonly [number, number, number, number] | null;
  /** Subject box for crops, in fractions. */
  readonly subjectBox: readonly [number, number, number, number];
  readonly notices: readonly Notice[];
  readonly decodeMs: number;
  readonly perceiveMs: number;
}

/** A real-time preview on a canvas. The worker owns the canvas from then on. */
export interface PreviewRequest {
  readonly previewId: string;
  readonly pictureId: string;
  readonly motion: Motion;
  readonly seed: number;
  readonly seconds: number;
  readonly aspect: ClipSettings['aspect'];
  /** Longest side of what is drawn, in device pixels. */
  readonly maxSidePx: number;
}

/** What a motion means for a picture: the notices of P7, without drawing anything. */
export interface ScoreReport {
  readonly score: Score;
  readonly notices: readonly Notice[];
}

export interface RenderJobRequest {
  readonly jobId: string;
  readonly pictureId: string;
  readonly settings: ClipSettings;
}

export interface RenderJobResult {
  readonly frames: number;
  readonly width: number;
  readonly height: number;
  readonly notices: readonly Notice[];
  readonly firstFrameMs: number;
  readonly renderMs: number;
}

/** A clip by an installed flow pack. Says all that is needed: neither `init` nor an open picture is. */
export interface FlowJobRequest {
  readonly jobId: string;
  /** An installed pack (see packs.api.ts); `settings.pack` is its id. */
  readonly version: string;
  readonly settings: ClipSettings;
  readonly picture: { readonly blob: Blob; readonly matte: string };
  /** What the model draws: a size of the pack. */
  readonly size: FlowSize;
  /** Part of the picture that fills it, fractions `[x, y, width, height]`. */
  readonly crop: readonly [number, number, number, number];
  /** Of the frames that are sent: the model's, scaled. Even. */
  readonly width: number;
  readonly height: number;
  /** Address of the folder that holds onnxruntime's wasm files, with a slash at the end. */
  readonly wasmUrl: string;
  /** Forces where graphs run; unset means: by what works. */
  readonly provider?: Provider;
}

/** Where a flow job's time went, milliseconds, and what it spared. */
export interface FlowJobTimes {
  /** Making sessions. */
  readonly openMs: number;
  /** Running graphs and reading what they gave. */
  readonly runMs: number;
  /** The runs of each graph, in order. */
  readonly runs: Readonly<Record<string, readonly number[]>>;
  /** Waiting for the encoder. */
  readonly sinkMs: number;
  readonly totalMs: number;
  /** Steps that a saved state spared. */
  readonly resumedSteps: number;
}

/** What a flow job came to. */
export interface FlowJobResult extends RenderJobResult {
  readonly provider: Provider;
  readonly times: FlowJobTimes;
}

/**
 * Where a flow job is: graph runs of the stage, over all parts of a longer clip, which go through encode, step and decode
 * one after another.
 */
export interface FlowJobStep {
  readonly stage: 'load' | 'encode' | 'context' | 'step' | 'decode';
  readonly done: number;
  readonly total: number;
  /** The whole job, 0…1, by the work that lies behind it. */
  readonly progress: number;
}

/** With a small JPEG of what the clip will look like, after each step; of finished frames now and then. */
export type FlowJobProgress = (step: FlowJobStep, preview?: Blob) => void;

/** What a machine offers to a flow pack, and how fast it is. */
export interface FlowMachine {
  readonly provider: Provider;
  /** Adapter's own words, or `none`. */
  readonly adapter: string;
  readonly shaderF16: boolean;
  readonly subgroups: boolean;
  /** Whether weights go from storage to the graphics card without passing the heap. */
  readonly streams: boolean;
  readonly maxBufferSize: number;
  readonly maxStorageBufferBindingSize: number;
  /** Most that WebAssembly may hold, bytes. */
  readonly heapBytes: number;
  readonly threads: number;
  /** Floating-point operations per millisecond, seen in half a second of a real graph; null where it could not run. */
  readonly probe: number | null;
}

/** What {@link RenderApi.measureFlow} needs. */
export interface FlowMeasureRequest extends Pick<FlowJobRequest, 'wasmUrl' | 'provider'> {
  /** An earlier answer: where the machine is still the same it is given again, and nothing is run. */
  readonly known?: FlowMachine;
}

/**
 * Frames drawn so far, out of all; now and then (about twice a second) with a small JPEG of the last one, at most
 * 320 px on the long side, for the live picture of a running job.
 */
export type RenderProgress = (done: number, total: number, preview?: Blob) => void;

/**
 * The render worker. Errors arrive as AppError (codes ERR_INPUT_*, ERR_MODEL_*, ERR_GPU_*, ERR_ENV_NO_RENDERER).
 * Size of output frames: {@link outputSize} in core.
 */
export interface RenderApi {
  /** Chooses what draws and where networks run, and loads the networks. */
  init(options: RenderOptions, onLoad?: LoadProgress): Promise<RenderCapabilities>;
  /** Resolves when the graphics device is gone, and with it all that the worker holds: a fresh worker is needed then. */
  deviceLost(): Promise<void>;
  openPicture(request: OpenPictureRequest): Promise<PictureReport>;
  /** Forgets a picture and frees what it holds. Unknown ids are fine. */
  closePicture(pictureId: string): Promise<void>;
  /**
   * Reads a motion against an open picture.
   * @param seconds length of the clip, for what fits into it; without it nothing is said of that.
   * @throws ERR_INPUT_PROMPT_*
   */
  readMotion(pictureId: string, motion: Motion, seconds?: number): Promise<ScoreReport>;
  /** Hands a canvas over once per preview; `setPreview` then says what plays. */
  attachPreview(previewId: string, canvas: OffscreenCanvas): Promise<void>;
  /** Starts or changes what plays; resolves when the first frame is on the canvas. */
  setPreview(request: PreviewRequest): Promise<ScoreReport>;
  /** Pauses or resumes (page hidden, job running, reduced motion). */
  pausePreview(previewId: string, paused: boolean): Promise<void>;
  detachPreview(previewId: string): Promise<void>;
  /** A still of a preset at its most telling moment, for the preset strip: an ImageBitmap the receiver closes. */
  presetStill(pictureId: string, motion: Motion, maxSidePx: number): Promise<ImageBitmap>;
  /** Draws a clip and sends its frames over `port` (see frame-port.ts); the port changes owner. */
  render(request: RenderJobRequest, port: MessagePort, onProgress: RenderProgress): Promise<RenderJobResult>;
  /**
   * Makes a clip with a flow pack and sends its frames over `port`; the port changes owner. What is done is saved after each
   * step: the same request, made again in this or a later visit, goes on from there. The pack can't be deleted meanwhile.
   *
   * @throws ERR_MODEL_MISSING (not installed, a file gone), ERR_MODEL_DAMAGED (`details.path`: a shape that disagrees with the
   * graph, an operator that nobody knows), ERR_MODEL_FAILED, ERR_GPU_LOST (retryable), ERR_INPUT_PROMPT_NOT_UNDERSTOOD (the
   * pack reads no prompts), ERR_INPUT_*; AbortError.
   */
  renderFlow(request: FlowJobRequest, port: MessagePort, onProgress: FlowJobProgress): Promise<FlowJobResult>;
  /**
   * Looks at the machine and runs a graph for half a second. Never rejects for want of a graphics card; one that fails is
   * answered as `wasm`.
   */
  measureFlow(options: FlowMeasureRequest): Promise<FlowMachine>;
  /** Ends a job at the next frame or graph run; `render` or `renderFlow` then rejects with AbortError. */
  cancel(jobId: string): Promise<void>;
}
