import type { ErrorCode, ErrorDetails } from './errors.ts';
import type { FacePoints } from './perception.ts';
import type { ClipSettings, Notice } from './settings.ts';

/** Whoever is in the pictures; the gallery groups clips by character. */
export interface CharacterRecord {
  readonly id: string;
  readonly name: string;
  readonly createdAtMs: number;
}

/** A picture as the person gave it. */
export interface PictureRecord {
  readonly id: string;
  readonly characterId: string;
  readonly name: string;
  /** The original bytes. */
  readonly blob: Blob;
  /** Oriented size in pixels. */
  readonly width: number;
  readonly height: number;
  /** A small JPEG for lists, at most 320 px on the long side. */
  readonly thumbnail: Blob;
  readonly points?: FacePoints;
  readonly matte: string;
  readonly createdAtMs: number;
}

/** A finished, verified clip. */
export interface ClipRecord {
  readonly id: string;
  readonly characterId: string;
  readonly pictureId: string;
  readonly name: string;
  readonly file: Blob;
  readonly poster: Blob;
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  readonly durationS: number;
  readonly sizeBytes: number;
  readonly settings: ClipSettings;
  readonly notices: readonly Notice[];
  readonly createdAtMs: number;
  /** Set while the clip is in the bin and can be brought back. */
  readonly deletedAtMs?: number;
}

export type JobState = 'queued' | 'running' | 'done' | 'failed' | 'cancelled' | 'interrupted';

/** A job as the queue keeps it; survives a reload. */
export interface JobRecord {
  readonly id: string;
  readonly pictureId: string;
  readonly characterId: string;
  readonly settings: ClipSettings;
  readonly state: JobState;
  /** Place in the queue; lower runs earlier. */
  readonly order: number;
  readonly createdAtMs: number;
  readonly clipId?: string;
  /** What the job costs; set aside while it waits and runs (T4). Left out where nothing is metered. */
  readonly price?: number;
  readonly error?: {
    readonly code: ErrorCode | 'ABORTED';
    readonly message: string;
    readonly details?: ErrorDetails;
    readonly retryable?: boolean;
  };
}
