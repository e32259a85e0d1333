import type { EncodeJobResult } from './encode.api.ts';
import type { ErrorRecord } from './errors.ts';
import type { Provider, RendererKind } from './render.api.ts';
import type { ClipSettings, Notice } from './settings.ts';

/** One clip, asked for without an interface. */
export interface HeadlessRequest {
  /** Address of the picture's bytes, on the page's own origin. */
  readonly pictureUrl: string;
  readonly settings: ClipSettings;
  /** Address that the finished MP4 is PUT to, on the page's own origin. */
  readonly uploadUrl: string;
}

/** Where the time of a clip went, milliseconds. Render and encode overlap. */
export interface StageTimes {
  readonly decode: number;
  readonly perceive: number;
  /** From the job's start to its first drawn frame. */
  readonly firstFrame: number;
  readonly render: number;
  readonly encode: number;
  readonly verify: number;
  /** From the request to the uploaded file. */
  readonly total: number;
}

/** What a finished clip is. */
export interface HeadlessResult {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly frames: number;
  readonly seconds: number;
  readonly sizeBytes: number;
  readonly pack: string;
  readonly provider: Provider;
  readonly renderer: RendererKind;
  readonly notices: readonly Notice[];
  readonly stagesMs: StageTimes;
  readonly verify: EncodeJobResult['verify'];
}

/** The whole job from 0 to 1, its stage, and the seconds left once they can be told. */
export type HeadlessProgress = (view: {
  readonly stage: 'prepare' | 'render' | 'verify' | 'save';
  readonly progress: number;
  readonly etaS: number | null;
}) => void;

/** A failure as plain data, since a page's errors lose their code on the way out of the browser. */
export type HeadlessAnswer =
  | { readonly ok: true; readonly result: HeadlessResult }
  | { readonly ok: false; readonly error: ErrorRecord };

/** The pipeline without an interface: `globalThis.stillwake` of `headless.html`. */
export interface HeadlessApi {
  /** Makes a clip and uploads it; nothing is stored. Never rejects. */
  makeClip(request: HeadlessRequest, onProgress: HeadlessProgress): Promise<HeadlessAnswer>;
}
