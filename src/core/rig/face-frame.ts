import type { FaceObservation } from '../../contracts/perception.ts';
import * as p from './points.ts';
import type { Vec2 } from './maths.ts';

/** A face's own axes and sizes, in pixels of the analysed picture. Depth is positive towards the viewer. */
export interface FaceFrame {
  /** Distance of the iris centres in three dimensions: the unit of every effect. */
  readonly iod: number;
  /** Unit vectors: across the face to the picture's right, and down the face. */
  readonly right: Vec2;
  readonly down: Vec2;
  /** Midway between the face's sides, near the ears: the pivot of yaw and pitch. */
  readonly centre: Vec2;
  /** Mesh z of the pivot plane. */
  readonly pivotZ: number;
  readonly faceWidth: number;
  readonly faceHeight: number;
  readonly chin: Vec2;
  /** Rotation of the source head in degrees: positive turns to the picture's right, looks down, leans right. */
  readonly yaw: number;
  readonly pitch: number;
  readonly roll: number;
  point(index: number): Vec2;
  /** Height of a point above the pivot plane, towards the viewer. */
  depth(index: number): number;
  /** `[across, down]` of a position from the centre, in the face's axes. */
  local(x: number, y: number): [number, number];
}

const degrees = (radians: number): number => (radians * 180) / Math.PI;

/** Measures a face. */
export function faceFrame(face: FaceObservation): FaceFrame {
  const l = face.landmarks;
  const at = (i: number, k: number): number => l[3 * i + k] ?? 0;
  const point = (i: number): Vec2 => [at(i, 0), at(i, 1)];
  const between = (a: number, b: number): number =>
    Math.hypot(at(a, 0) - at(b, 0), at(a, 1) - at(b, 1), at(a, 2) - at(b, 2));
  // Eye corners carry the depth: the iris network gives x and y only, with the depth of the eye it lies in.
  const iod = Math.max(4, between(468, 473));
  const eyeLine = Math.atan2(at(263, 1) - at(33, 1), at(263, 0) - at(33, 0));
  const right: Vec2 = [Math.cos(eyeLine), Math.sin(eyeLine)];
  const down: Vec2 = [-right[1], right[0]];
  const centre: Vec2 = [
    (at(p.SIDE_LEFT, 0) + at(p.SIDE_RIGHT, 0)) / 2,
    (at(p.SIDE_LEFT, 1) + at(p.SIDE_RIGHT, 1)) / 2,
  ];
  const pivotZ = (at(p.SIDE_LEFT, 2) + at(p.SIDE_RIGHT, 2)) / 2;
  const across = between(p.SIDE_LEFT, p.SIDE_RIGHT);
  // A line across the face is level in depth on a frontal head; its slope is the yaw. z grows away from the viewer.
  const yaw = degrees(
    Math.atan2(
      at(p.SIDE_RIGHT, 2) - at(p.SIDE_LEFT, 2),
      Math.hypot(at(p.SIDE_RIGHT, 0) - at(p.SIDE_LEFT, 0), at(p.SIDE_RIGHT, 1) - at(p.SIDE_LEFT, 1)),
    ),
  );
  const pitch = degrees(
    Math.atan2(
      at(p.CHIN, 2) - at(p.FOREHEAD, 2),
      Math.hypot(at(p.CHIN, 0) - at(p.FOREHEAD, 0), at(p.CHIN, 1) - at(p.FOREHEAD, 1)),
    ),
  );
  return {
    iod,
    right,
    down,
    centre,
    pivotZ,
    faceWidth: across,
    faceHeight: between(p.FOREHEAD, p.CHIN),
    chin: point(p.CHIN),
    yaw,
    pitch,
    roll: degrees(eyeLine),
    point,
    depth: (i) => pivotZ - at(i, 2),
    local: (x, y) => {
      const dx = x - centre[0];
      const dy = y - centre[1];
      return [dx * right[0] + dy * right[1], dx * down[0] + dy * down[1]];
    },
  };
}
