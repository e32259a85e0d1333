import type { Network } from './ir.ts';
import { PACKAGES } from './sources/pins.ts';
import type { PackageKey } from './sources/pins.ts';
import { importTfjs } from './tfjs/import.ts';
import { importTflite } from './tflite/import.ts';
import { AppError } from '../../src/contracts/errors.ts';

/** Files of every pinned package, by package and path. */
export type Sources = ReadonlyMap<PackageKey, ReadonlyMap<string, Uint8Array>>;

/** A part of a file, in bytes; the whole when absent. */
export type Slice = readonly [start: number, end: number];

/** Where a network is stored and in which format. */
export type Origin =
  | {
      readonly format: 'tflite';
      readonly from: PackageKey;
      readonly path: string;
      readonly slice?: Slice;
    }
  | {
      readonly format: 'tfjs';
      readonly from: PackageKey;
      /** Path without `.json` and `.bin`. */
      readonly path: string;
      /** Nodes that become the outputs. */
      readonly outputs: readonly string[];
    };

/** An output of a graph: its name, shape and meaning for whoever reads it. */
export interface OutputDefinition {
  readonly name: string;
  readonly shape: readonly number[];
  readonly meaning: string;
}

/** One graph of the pack and how it is made. */
export interface NetworkDefinition {
  readonly id: string;
  readonly origin: Origin;
  readonly side: number;
  /** What 0…255 becomes. */
  readonly range: readonly [number, number];
  readonly outputs: readonly OutputDefinition[];
  /** Half floats, or int8 but for the layers named: numbers in order of appearance, most costly to round first. */
  readonly storage: 'fp16' | { readonly int8Except: readonly number[] };
}

const FACE_FILES = 'package/face_mesh_solution_packed_assets.data';
const HAND_FILES = 'package/hands_solution_packed_assets.data';
const MODEL = 'StatefulPartitionedCall/model';

/**
 * The graphs of the portrait pack. `parity/sensitivity.ts` measures which layers int8 costs most; pose loses too much
 * in most of its layers, the two small networks have nothing to save.
 */
export const NETWORKS: readonly NetworkDefinition[] = [
  {
    id: 'face-detection',
    origin: { format: 'tflite', from: 'faceMesh', path: FACE_FILES, slice: [3757224, 3986256] },
    side: 128,
    range: [-1, 1],
    outputs: [
      {
        name: 'boxes',
        shape: [1, 896, 16],
        meaning:
          'per anchor: centre x, y, width, height, then x, y of right eye, left eye, nose, mouth, right ear, left ear (sides of the person); input pixels relative to the anchor',
      },
      { name: 'scores', shape: [1, 896, 1], meaning: 'logit per anchor' },
    ],
    storage: 'fp16',
  },
  {
    id: 'face-mesh',
    origin: { format: 'tflite', from: 'faceMesh', path: FACE_FILES, slice: [2495952, 3737848] },
    side: 192,
    range: [0, 1],
    outputs: [
      { name: 'landmarks', shape: [1, 1404], meaning: '468 points, x, y, z each, input pixels' },
      { name: 'flag', shape: [1, 1], meaning: 'face presence, logit' },
    ],
    storage: { int8Except: [8, 42, 38, 12, 10, 34, 27, 14, 21, 16, 29, 31] },
  },
  {
    id: 'iris',
    origin: {
      format: 'tfjs',
      from: 'human',
      path: 'package/models/iris',
      outputs: [`${MODEL}/conv_eyes_contours_and_brows/BiasAdd`, `${MODEL}/conv_iris/BiasAdd`],
    },
    side: 64,
    range: [0, 1],
    outputs: [
      {
        name: 'eye',
        shape: [1, 213],
        meaning: '71 points of the eye and brow contours, x, y, z each, input pixels',
      },
      {
        name: 'iris',
        shape: [1, 15],
        meaning: 'iris centre and 4 points of its rim, x, y, z each, input pixels',
      },
    ],
    storage: { int8Except: [80, 0, 6, 12, 77, 3, 4, 9, 55, 7, 1, 10] },
  },
  {
    id: 'person',
    origin: { format: 'tflite', from: 'selfie', path: 'package/selfie_segmentation.tflite' },
    side: 256,
    range: [0, 1],
    outputs: [{ name: 'mask', shape: [1, 1, 256, 256], meaning: 'person, 0…1' }],
    storage: 'fp16',
  },
  {
    id: 'pose-detection',
    origin: {
      format: 'tfjs',
      from: 'human',
      path: 'package/models/blazepose-detector',
      outputs: [`${MODEL}/regressors_person/concat`, `${MODEL}/classifiers_person/concat`],
    },
    side: 224,
    range: [-1, 1],
    outputs: [
      {
        name: 'boxes',
        shape: [1, 2254, 12],
        meaning:
          'per anchor: centre x, y, width, height of the face, then x, y of hip centre, a point on the circle round the body, shoulder centre, a point on the circle round the upper body; input pixels relative to the anchor',
      },
      { name: 'scores', shape: [1, 2254, 1], meaning: 'logit per anchor' },
    ],
    storage: {
      int8Except: [7, 5, 50, 21, 12, 3, 17, 8, 24, 60, 11, 13, 64, 14, 6, 10, 54, 9, 18, 36, 56, 19, 27, 38],
    },
  },
  {
    id: 'pose',
    origin: {
      format: 'tfjs',
      from: 'human',
      path: 'package/models/blazepose-lite',
      outputs: ['Identity_2', 'Identity_3'],
    },
    side: 256,
    range: [0, 1],
    outputs: [
      {
        name: 'landmarks',
        shape: [1, 195],
        meaning:
          '39 points (33 of the body, then centre and scale of the body and of the upper body, then hands), x, y, z in input pixels, visibility logit, presence logit each',
      },
      { name: 'flag', shape: [1, 1], meaning: 'body presence, 0…1' },
    ],
    storage: 'fp16',
  },
  {
    id: 'hand-detection',
    origin: { format: 'tflite', from: 'hands', path: HAND_FILES, slice: [11, 2341291] },
    side: 192,
    range: [0, 1],
    outputs: [
      {
        name: 'boxes',
        shape: [1, 2016, 18],
        meaning:
          'per anchor: centre x, y, width, height of the palm, then x, y of wrist, index, middle, ring and little finger base, thumb base and second joint; input pixels relative to the anchor',
      },
      { name: 'scores', shape: [1, 2016, 1], meaning: 'logit per anchor' },
    ],
    storage: { int8Except: [2, 0, 15, 4, 6, 8, 12, 16, 10, 17, 27, 21, 14, 18, 11, 30] },
  },
  {
    id: 'hand',
    origin: { format: 'tflite', from: 'hands', path: 'package/hand_landmark_lite.tflite' },
    side: 224,
    range: [0, 1],
    outputs: [
      { name: 'landmarks', shape: [1, 63], meaning: '21 points, x, y, z each, input pixels' },
      { name: 'flag', shape: [1, 1], meaning: 'hand presence, 0…1' },
      {
        name: 'handedness',
        shape: [1, 1],
        meaning: '0…1, above 0.5 is a right hand if the picture is mirrored, else a left one',
      },
      { name: 'world', shape: [1, 63], meaning: '21 points, x, y, z each, metres round the hand centre' },
    ],
    storage: {
      int8Except: [5, 10, 8, 14, 17, 3, 26, 13, 9, 22, 11, 20, 15, 28, 25, 31, 21, 19, 6, 24, 49, 18, 23, 16],
    },
  },
];

function fileOf(sources: Sources, from: PackageKey, path: string): Uint8Array {
  const bytes = sources.get(from)?.get(path);
  if (!bytes)
    throw new AppError('ERR_MODEL_MISSING', `${path} of ${PACKAGES[from].name} was not fetched`, {
      details: { package: PACKAGES[from].name, file: path },
    });
  return bytes;
}

/**
 * Reads a network out of its package's files.
 * @throws ERR_MODEL_FAILED when it has an operator that is not known.
 */
export function importNetwork(origin: Origin, sources: Sources): Network {
  if (origin.format === 'tflite') {
    const file = fileOf(sources, origin.from, origin.path);
    return importTflite(origin.slice ? file.slice(...origin.slice) : file);
  }
  const json = new TextDecoder().decode(fileOf(sources, origin.from, `${origin.path}.json`));
  return importTfjs(json, fileOf(sources, origin.from, `${origin.path}.bin`), origin.outputs);
}
