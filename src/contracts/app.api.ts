import type { ErrorCode, ErrorDetails } from './errors.ts';
import type { LicenceCommands, LicenceView } from './licence/view.ts';
import type { PacksCommands, PacksView } from './packs-view.ts';
import type { FacePoints } from './perception.ts';
import type { CharacterRecord, ClipRecord, JobRecord, PictureRecord } from './records.ts';
import type { FlowJobStep, PictureReport, RenderCapabilities, ScoreReport } from './render.api.ts';
import type { ClipSettings, Motion } from './settings.ts';

/** An error as the interface shows it; the sentence comes from the code. */
export interface ShownError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: ErrorDetails;
  readonly retryable: boolean;
}

/** The picture on the stage. */
export type StagePicture =
  | { readonly phase: 'empty' }
  | { readonly phase: 'opening'; readonly name: string }
  | { readonly phase: 'failed'; readonly name: string; readonly error: ShownError }
  | { readonly phase: 'open'; readonly record: PictureRecord; readonly report: PictureReport };

export type JobStage = 'waiting' | 'prepare' | 'render' | 'verify' | 'save';

/** A job with what is known while it runs. */
export interface JobView {
  readonly record: JobRecord;
  readonly stage: JobStage;
  /** What a flow pack is at, while it is at work. */
  readonly step?: Pick<FlowJobStep, 'stage' | 'done' | 'total'> | null;
  /** Whole job, 0…1. */
  readonly progress: number;
  /** Time left in seconds once it can be told. */
  readonly etaS: number | null;
  /** Live frame while it runs; owned by the state, replaced as it goes. */
  readonly previewUrl: string | null;
  readonly error: ShownError | null;
}

/** One entry of `public/samples/samples.json`. */
export interface SampleInfo {
  readonly id: string;
  readonly file: string;
  readonly title: string;
  readonly kind: 'portrait' | 'illustration' | 'animal' | 'landscape' | 'painting';
  readonly alt: string;
  readonly width: number;
  readonly height: number;
  readonly source: string;
  readonly licence: string;
}

/** Loading of the pack and the engine, shown as a number while there is something to wait for. */
export type EngineState =
  | { readonly phase: 'idle' }
  /** `ready` is the share of the pack's networks that are ready, 0…1. */
  | { readonly phase: 'loading'; readonly ready: number }
  | { readonly phase: 'ready'; readonly capabilities: RenderCapabilities }
  | { readonly phase: 'failed'; readonly error: ShownError };

/** Everything the interface draws from. Immutable; a new object at each change. */
export interface AppState {
  readonly engine: EngineState;
  readonly picture: StagePicture;
  readonly settings: ClipSettings;
  /** What the present motion means for the present picture; null until read. */
  readonly score: ScoreReport | null;
  readonly scoreError: ShownError | null;
  /** Queue order: running first, then waiting, then ended ones not yet dismissed. */
  readonly jobs: readonly JobView[];
  readonly characters: readonly CharacterRecord[];
  /** Live clips (not in the bin), newest first. */
  readonly clips: readonly ClipRecord[];
  readonly pictures: readonly PictureRecord[];
  readonly samples: readonly SampleInfo[];
  /** The clip last made or chosen for the stage, or null. */
  readonly shownClipId: string | null;
  /** A deletion that can still be undone. */
  readonly undo: { readonly clipIds: readonly string[]; readonly untilMs: number } | null;
  readonly storage: {
    readonly persisted: boolean;
    readonly usedBytes: number;
    readonly quotaBytes: number;
  } | null;
  readonly online: boolean;
  /** How long *Make clip* will take with the present settings, seconds, from what this machine did before; null until known. */
  readonly estimateS: number | null;
  /** Whether a system notification may be shown when a clip is ready while the page is hidden. */
  readonly notifications: 'default' | 'granted' | 'denied' | 'unsupported';
  /** Errors that belong to no job and no picture (storage full, …); dismissible. */
  readonly alert: ShownError | null;
  /** Flow packs of this machine. */
  readonly packs: PacksView;
  /** Tiers and Moments; null where there is no licence API: everything is unlocked and nothing of this shows. */
  readonly licence: LicenceView | null;
}

/** What the interface can ask for. Commands that fail set the state's error fields; they don't reject, except where said. */
export interface AppCommands {
  /** Opens a file, drop or paste; the picture is stored with a character of its own unless one is named. */
  openFile(blob: Blob, name: string, characterId?: string): Promise<void>;
  openSample(sampleId: string): Promise<void>;
  openStored(pictureId: string): Promise<void>;
  closePicture(): void;
  setMatte(colour: string): Promise<void>;
  setPoints(points: FacePoints | null): Promise<void>;
  setMotion(motion: Motion): void;
  setSettings(change: Partial<Omit<ClipSettings, 'motion'>>): void;
  newSeed(): void;
  /** Queues a job of the present picture and settings; returns its id, or null when the input is not good (the error is in the state). */
  makeClip(): Promise<string | null>;
  cancelJob(jobId: string): Promise<void>;
  retryJob(jobId: string): Promise<void>;
  /** Moves a waiting job so that it runs as number `place` (0 = next). */
  moveJob(jobId: string, place: number): Promise<void>;
  dismissJob(jobId: string): Promise<void>;
  showClip(clipId: string | null): void;
  renameClip(clipId: string, name: string): Promise<void>;
  renameCharacter(characterId: string, name: string): Promise<void>;
  moveClip(clipId: string, characterId: string): Promise<void>;
  /** Puts clips in the bin; `undoDelete` brings them back until the time runs out. */
  deleteClips(clipIds: readonly string[]): Promise<void>;
  undoDelete(): Promise<void>;
  /** Queues the same job with another seed. */
  regenerate(clipId: string): Promise<void>;
  /** Opens the clip's picture with its settings in the studio. */
  tweak(clipId: string): Promise<void>;
  dismissAlert(): void;
  /**
   * Gives a canvas to the live preview; returns the call that ends it. A canvas can be given only once. When the
   * renderer is lost and rebuilt the canvas is dead: `onLost` is called, and a new canvas is to be given.
   */
  attachPreview(
    canvas: HTMLCanvasElement,
    options: { readonly maxSidePx: number; readonly onLost?: () => void },
  ): () => void;
  pausePreview(paused: boolean): void;
  /** A still of a preset on the present picture, or null when there is none. The caller closes it. */
  presetStill(motion: Motion, maxSidePx: number): Promise<ImageBitmap | null>;
  /** Asks the browser to keep the gallery. */
  persist(): Promise<boolean>;
  /** Asks for permission to notify when a clip is ready; only ever called from a click. */
  askNotifications(): Promise<boolean>;
  readonly packs: PacksCommands;
  /** Tiers and Moments; null exactly when {@link AppState.licence} is. */
  readonly licence: LicenceCommands | null;
}

/** The application's one value: state, subscription, commands. */
export interface App extends AppCommands {
  readonly state: AppState;
  /** Calls back after each change; returns the call that ends it. */
  subscribe(listener: (state: AppState) => void): () => void;
}
