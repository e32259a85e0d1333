/** A plane of bytes, row by row, `data.length = width × height`; 0 is nothing, 255 is fully the thing. */
export interface Mask {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** A face as the mesh and iris networks see it, in pixels of the analysed picture. */
export interface FaceObservation {
  /** Detector box `[x, y, width, height]`. */
  readonly box: readonly [number, number, number, number];
  /** Detector's confidence, 0…1. */
  readonly score: number;
  /** 478 points × (x, y, z), pixels; 0–467 mesh, 468–472 the iris at the picture's left eye (centre first), 473–477 the right one. z grows away from the viewer. */
  readonly landmarks: Float32Array;
}

/** 33 BlazePose points × (x px, y px, z px, visibility 0…1). */
export interface BodyObservation {
  readonly landmarks: Float32Array;
  readonly score: number;
}

/** 21 hand points × (x, y, z), pixels. */
export interface HandObservation {
  readonly landmarks: Float32Array;
  readonly score: number;
  /** Side of the person's own body. */
  readonly handedness: 'left' | 'right';
}

/** What the networks found in one picture. Arrays belong to the receiver. */
export interface Perception {
  /** Size of the analysed picture in pixels; every coordinate above is in this frame. */
  readonly width: number;
  readonly height: number;
  /** The main face (largest, most central), or null. */
  readonly face: FaceObservation | null;
  /** How many faces the detector sees. */
  readonly faceCount: number;
  /** Disagreement of the mesh between two crops, in IOD; above .03 it is not a human face. */
  readonly faceDisagreement: number | null;
  /** Person against background, any size; null when there is none or it is too fragmented. */
  readonly person: Mask | null;
  readonly body: BodyObservation | null;
  readonly hands: readonly HandObservation[];
}

/**
 * Five points placed by hand where no face is found (Q2); left and right are the picture's. Records and requests count
 * in pixels of the upright original.
 */
export interface FacePoints {
  readonly eyeLeft: readonly [number, number];
  readonly eyeRight: readonly [number, number];
  readonly nose: readonly [number, number];
  readonly mouthLeft: readonly [number, number];
  readonly mouthRight: readonly [number, number];
}
