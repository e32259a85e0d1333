import { AppError } from '../../contracts/errors.ts';

/** What perception needs to know of one network of the portrait pack. */
export interface GraphFacts {
  /** Name in the pack. */
  readonly name: string;
  /** Name of its one input, `[1, 3, side, side]`, red first. */
  readonly input: string;
  /** Side of the square input in pixels. */
  readonly side: number;
  /** Input value of black and of white. */
  readonly range: readonly [number, number];
}

/** The networks of the portrait pack that perception uses, and their outputs. */
export const GRAPHS = {
  /** → `boxes` [1, 896, 16], `scores` [1, 896, 1] logits. */
  faceDetection: { name: 'face-detection', input: 'image', side: 128, range: [-1, 1] },
  /** → `landmarks` [1, 1404] in input pixels, `flag` [1, 1] logit. */
  faceMesh: { name: 'face-mesh', input: 'image', side: 192, range: [0, 1] },
  /** → `eye` [1, 213], `iris` [1, 15], both in input pixels. */
  iris: { name: 'iris', input: 'image', side: 64, range: [0, 1] },
  /** → `mask` [1, 1, 256, 256], 0…1. */
  person: { name: 'person', input: 'image', side: 256, range: [0, 1] },
  /** → `boxes` [1, 2254, 12], `scores` [1, 2254, 1] logits. */
  poseDetection: { name: 'pose-detection', input: 'image', side: 224, range: [-1, 1] },
  /** → `landmarks` [1, 195] in input pixels, `flag` [1, 1] 0…1, `mask` [1, 1, 256, 256] 0…1. */
  pose: { name: 'pose', input: 'image', side: 256, range: [0, 1] },
  /** → `boxes` [1, 2016, 18], `scores` [1, 2016, 1] logits. */
  handDetection: { name: 'hand-detection', input: 'image', side: 192, range: [0, 1] },
  /** → `landmarks` [1, 63] in input pixels, `flag` [1, 1] 0…1, `handedness` [1, 1] 0…1. */
  hand: { name: 'hand', input: 'image', side: 224, range: [0, 1] },
} as const satisfies Record<string, GraphFacts>;

/** Every graph that {@link GRAPHS} names, to load before the first picture. */
export const PERCEIVE_GRAPHS: readonly string[] = Object.values(GRAPHS).map(({ name }) => name);

/**
 * An output by name.
 *
 * @param length how many numbers it must have.
 * @throws ERR_MODEL_FAILED when it is not so: the pack is not the one that this program knows.
 */
export function outputOf(
  outputs: Readonly<Record<string, Float32Array>>,
  output: string,
  length: number,
  graph: string,
): Float32Array {
  const values = outputs[output];
  if (values?.length === length) return values;
  throw new AppError(
    'ERR_MODEL_FAILED',
    `the network ${graph} has no output ${output} of ${length} numbers`,
    {
      details: { graph, output, length },
    },
  );
}
