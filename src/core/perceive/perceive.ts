import type { BodyObservation, FaceObservation, Mask, Perception } from '../../contracts/perception.ts';
import type { Bitmap, Pyramid } from './bitmap.ts';
import { pyramid } from './bitmap.ts';
import type { FaceFrame } from './body.ts';
import { findBody } from './body.ts';
import type { ReadFace } from './face.ts';
import { byImportance, eyeDistance, readFace } from './face.ts';
import { findFaces, findOddFaces } from './find-faces.ts';
import { findHands } from './hands.ts';
import { EYE_LEFT, EYE_RIGHT } from './iris.ts';
import { findPerson } from './person.ts';
import type { GraphRunner } from './runner.ts';

/** What may be left out, when it is not needed. All default to true. */
export interface PerceiveOptions {
  readonly person?: boolean;
  readonly body?: boolean;
  readonly hands?: boolean;
  /** A face placed by hand; replaces the search for one. */
  readonly face?: FaceObservation;
  /** Ends the work between two networks. */
  readonly signal?: { throwIfAborted(): void };
}

/** Faces that are read before giving up on finding a human one. */
const MAX_TRIES = 4;

/**
 * Looks at a picture once: faces, person mask, body, hands.
 *
 * @param picture RGBA, upright, at most about 1024 px on the long side (larger works but gains little); not kept.
 * @param runner runs the portrait pack's networks.
 * @returns everything in pixels of `picture`. A picture of nobody gives nulls and an empty list, not an error.
 * @throws ERR_INPUT_ARGUMENT for data that do not fit the size; ERR_MODEL_* from the runner.
 */
export async function perceive(
  picture: Bitmap,
  runner: GraphRunner,
  options: PerceiveOptions = {},
): Promise<Perception> {
  const { width, height } = picture;
  const levels = pyramid(picture);
  const guarded: GraphRunner = {
    run: (graph, inputs) => {
      options.signal?.throwIfAborted();
      return runner.run(graph, inputs);
    },
  };
  const { read, faceCount } = options.face
    ? { read: null, faceCount: 0 }
    : await mainFace(levels, guarded, width, height);
  const face = options.face ?? (read?.human ? read.face : null);
  const person: Mask | null =
    options.person === false ? null : await findPerson(levels, guarded, face?.box ?? null);
  let body: BodyObservation | null = null;
  // Points placed by hand lie on faces that are not human: their bodies are not either.
  if (options.body !== false && !options.face && (face ?? person)) {
    body = await findBody(levels, guarded, faceFrame(face), personBox(person, width, height));
  }
  const hands =
    options.hands !== false && !options.face && (face ?? body) ? await findHands(levels, guarded, body) : [];
  return {
    width,
    height,
    face,
    faceCount,
    faceDisagreement: read?.disagreement ?? null,
    person,
    body,
    hands,
  };
}

/** The main human face, or, where none is human, the least doubtful one; and how many the detector sees. */
async function mainFace(
  levels: Pyramid,
  runner: GraphRunner,
  width: number,
  height: number,
): Promise<{ readonly read: ReadFace | null; readonly faceCount: number }> {
  let best: ReadFace | null = null;
  let faceCount = 0;
  for (const find of [findFaces, findOddFaces]) {
    const seen = byImportance(await find(levels, runner), width, height);
    faceCount = Math.max(faceCount, seen.length);
    for (const one of seen.slice(0, MAX_TRIES)) {
      const read = await readFace(levels, runner, one);
      if (read.human) return { read, faceCount: seen.length };
      if (!best || read.disagreement < best.disagreement) best = read;
    }
  }
  return { read: best, faceCount };
}

/** Middle, size and slant of a face's eyes. */
function faceFrame(face: FaceObservation | null): FaceFrame | null {
  if (!face) return null;
  const at = (index: number, axis: number): number => face.landmarks[3 * index + axis] ?? 0;
  const [lx, ly] = [at(EYE_LEFT.iris, 0), at(EYE_LEFT.iris, 1)];
  const [rx, ry] = [at(EYE_RIGHT.iris, 0), at(EYE_RIGHT.iris, 1)];
  return {
    cx: (lx + rx) / 2,
    cy: (ly + ry) / 2,
    eyeDistance: eyeDistance(face.landmarks),
    angle: Math.atan2(ry - ly, rx - lx),
  };
}

/** Box of the mask's solid part in pixels of the picture. */
function personBox(
  person: Mask | null,
  width: number,
  height: number,
): readonly [number, number, number, number] | null {
  if (!person) return null;
  let [x0, y0, x1, y1] = [person.width, person.height, -1, -1];
  for (let i = 0; i < person.data.length; i++) {
    if ((person.data[i] ?? 0) < 128) continue;
    const x = i % person.width;
    const y = (i - x) / person.width;
    x0 = Math.min(x0, x);
    x1 = Math.max(x1, x);
    y0 = Math.min(y0, y);
    y1 = Math.max(y1, y);
  }
  if (x1 < x0) return null;
  const fx = width / person.width;
  const fy = height / person.height;
  return [x0 * fx, y0 * fy, (x1 - x0 + 1) * fx, (y1 - y0 + 1) * fy];
}
