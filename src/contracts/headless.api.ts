import type { EncodeJobResult } from './encode.api.ts';
import type { ErrorRecord } from './errors.ts';
import type { FlowSize } from './flow.ts';
import type { PackFit } from './packs-view.ts';
import type { PackOffer, PackProgress } from './packs.api.ts';
import type { FlowJobStep, FlowJobTimes, Provider, RendererKind } from './render.api.ts';
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

/** How a flow pack made a clip. */
export interface HeadlessFlow {
  readonly version: string;
  /** What the model drew; the clip is that, scaled. */
  readonly size: FlowSize;
  /** Of all its parts together, and how many pass in a second. */
  readonly frames: number;
  readonly fps: number;
  readonly times: FlowJobTimes;
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
  /** Left out where the portrait pack made it. */
  readonly flow?: HeadlessFlow;
}

/** The whole job from 0 to 1, its stage, and the seconds left once they can be told. */
export type HeadlessProgress = (view: {
  readonly stage: 'prepare' | 'render' | 'verify' | 'save';
  readonly progress: number;
  readonly etaS: number | null;
  /** What a flow pack is at. */
  readonly step?: Pick<FlowJobStep, 'stage' | 'done' | 'total'>;
}) => void;

/** A failure as plain data, since a page's errors lose their code on the way out of the browser. */
export type HeadlessAnswer<T = HeadlessResult> =
  { readonly ok: true; readonly result: T } | { readonly ok: false; readonly error: ErrorRecord };

/** A flow pack at an address, before it is installed. */
export interface HeadlessOffer extends Pick<PackOffer, 'trust' | 'keyId' | 'bytes'> {
  readonly id: string;
  readonly version: string;
  readonly title: string;
  /** SPDX expression. */
  readonly licence: string;
}

/** Whether this machine can make the clip that was asked for with its flow pack, and how long it takes. */
export type HeadlessVerdict = (fit: Pick<PackFit, 'fits' | 'sentence' | 'seconds'>) => void;

/** The pipeline without an interface: `globalThis.stillwake` of `headless.html`. */
export interface HeadlessApi {
  /**
   * Makes a clip and uploads it; nothing is stored. A flow pack must have been installed in this page before. Never rejects.
   *
   * @param onVerdict told once, before the work of a flow pack; one that doesn't fit is an error then.
   */
  makeClip(
    request: HeadlessRequest,
    onProgress: HeadlessProgress,
    onVerdict?: HeadlessVerdict,
  ): Promise<HeadlessAnswer>;
  /**
   * Reads what a pack is. Never rejects; ERR_INPUT_PACK with `details.why` `portrait-engine` or `reserved-id` where it is no
   * flow pack, or takes the name of the portrait pack.
   *
   * @param url of the pack's folder, with a slash at the end.
   */
  lookPack(url: string): Promise<HeadlessAnswer<HeadlessOffer>>;
  /** Installs a flow pack, whose licence and whose want of a trusted signature its caller has told. Never rejects. */
  installPack(
    url: string,
    onProgress: (progress: PackProgress) => void,
  ): Promise<HeadlessAnswer<HeadlessOffer>>;
}
