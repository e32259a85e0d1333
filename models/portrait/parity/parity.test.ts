import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { beforeAll, describe, expect, test } from 'vitest';
import { packGraph } from '../../../src/contracts/pack.ts';
import { buildPortraitPack } from '../build.ts';
import type { BuildResult } from '../build.ts';
import { at } from '../ir.ts';
import { NETWORKS } from '../networks.ts';
import type { NetworkDefinition, Sources } from '../networks.ts';
import { squarePixels, squaresFor, toPlanes } from './pictures.ts';
import type { Square } from './pictures.ts';
import { fetchSources, referenceOf } from './references.ts';

/** What a pack graph and its reference said about one picture. */
interface Pair {
  readonly square: Square;
  readonly want: ReadonlyMap<string, Float32Array>;
  readonly got: ReadonlyMap<string, Float32Array>;
}

let built: BuildResult;
let sources: Sources;

beforeAll(async () => {
  built = await buildPortraitPack();
  sources = await fetchSources();
}, 600_000);

async function compare(id: string): Promise<Pair[]> {
  const definition: NetworkDefinition | undefined = NETWORKS.find((network) => network.id === id);
  if (!definition) throw new Error(`no network ${id}`);
  const reference = await referenceOf(definition, sources);
  const bytes = await readFile(join(built.folder, packGraph(built.pack, id).file));
  const session = await ort.InferenceSession.create(bytes, {
    intraOpNumThreads: 1,
    extra: { session: built.pack.session },
  });
  const pairs: Pair[] = [];
  for (const square of squaresFor(id)) {
    const pixels = await squarePixels(square, definition.side, definition.range);
    const wanted = await reference(pixels);
    const shape = [1, 3, definition.side, definition.side];
    const results = await session.run({ image: new ort.Tensor('float32', toPlanes(pixels), shape) });
    const got = new Map<string, Float32Array>();
    for (const { name, shape: expected } of definition.outputs) {
      const result = results[name];
      if (!(result?.data instanceof Float32Array)) throw new Error(`${name} is not of floats`);
      expect(result.dims).toEqual(expected);
      got.set(name, result.data);
    }
    pairs.push({
      square,
      got,
      want: new Map(definition.outputs.map(({ name }, i) => [name, at(wanted, i)])),
    });
  }
  await session.release();
  return pairs;
}

function output(values: ReadonlyMap<string, Float32Array>, name: string): Float32Array {
  const data = values.get(name);
  if (!data) throw new Error(`no output ${name}`);
  return data;
}

/** Mean distance of points in the picture plane, in input pixels. */
function meanDistance({ want, got }: Pair, name: string, numbersPerPoint: number): number {
  const [a, b] = [output(want, name), output(got, name)];
  expect(b.length).toBe(a.length);
  let sum = 0;
  for (let i = 0; i < a.length; i += numbersPerPoint)
    sum += Math.hypot(at(a, i) - at(b, i), at(a, i + 1) - at(b, i + 1));
  return (sum * numbersPerPoint) / a.length;
}

function largestDifference({ want, got }: Pair, name: string): number {
  const [a, b] = [output(want, name), output(got, name)];
  expect(b.length).toBe(a.length);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - at(b, i))), 0);
}

/** Intersection over union of the masks at one half; two empty masks agree. */
function overlap({ want, got }: Pair, name: string): number {
  const [a, b] = [output(want, name), output(got, name)];
  let both = 0;
  let either = 0;
  a.forEach((value, i) => {
    const [inA, inB] = [value > 0.5, at(b, i) > 0.5];
    if (inA && inB) both++;
    if (inA || inB) either++;
  });
  return either === 0 ? 1 : both / either;
}

const sigmoid = (logit: number): number => 1 / (1 + Math.exp(-logit));

/** The reference's best anchor: how far score and box are off there. */
function bestAnchor(pair: Pair): { wanted: number; scoreError: number; boxErrorPx: number } {
  const [wantScores, gotScores] = [output(pair.want, 'scores'), output(pair.got, 'scores')];
  const [wantBoxes, gotBoxes] = [output(pair.want, 'boxes'), output(pair.got, 'boxes')];
  const best = wantScores.reduce((top, score, i) => (score > at(wantScores, top) ? i : top), 0);
  const numbers = wantBoxes.length / wantScores.length;
  let boxErrorPx = 0;
  for (let i = best * numbers; i < (best + 1) * numbers; i++)
    boxErrorPx = Math.max(boxErrorPx, Math.abs(at(wantBoxes, i) - at(gotBoxes, i)));
  const wanted = sigmoid(at(wantScores, best));
  return { wanted, scoreError: Math.abs(wanted - sigmoid(at(gotScores, best))), boxErrorPx };
}

describe('the pack’s graphs against the original networks in their own runtimes', () => {
  test.each([
    ['face-detection', 0.01, 0.1],
    ['pose-detection', 0.05, 3],
    ['hand-detection', 0.05, 3],
  ])('%s finds the same thing in the same place', async (id, scoreTolerance, boxTolerancePx) => {
    const best = (await compare(id)).map(bestAnchor);
    expect(Math.max(...best.map(({ wanted }) => wanted))).toBeGreaterThan(0.8);
    for (const { scoreError, boxErrorPx } of best) {
      expect(scoreError).toBeLessThan(scoreTolerance);
      expect(boxErrorPx).toBeLessThan(boxTolerancePx);
    }
  });

  test('face-mesh puts its points within 0.2 px of a 192 px crop', async () => {
    for (const pair of await compare('face-mesh')) {
      expect(meanDistance(pair, 'landmarks', 3)).toBeLessThan(0.2);
      expect(largestDifference(pair, 'landmarks')).toBeLessThan(1);
      expect(at(output(pair.want, 'flag'), 0)).toBeGreaterThan(5);
      expect(largestDifference(pair, 'flag')).toBeLessThan(0.5);
    }
  });

  test('iris puts its points within 0.1 px of a 64 px crop', async () => {
    for (const pair of await compare('iris')) {
      expect(meanDistance(pair, 'eye', 3)).toBeLessThan(0.1);
      expect(meanDistance(pair, 'iris', 3)).toBeLessThan(0.1);
    }
  });

  test('person draws the same mask, IoU at least 0.99', async () => {
    const pairs = await compare('person');
    for (const pair of pairs) expect(overlap(pair, 'mask')).toBeGreaterThanOrEqual(0.99);
    const area = pairs.map(({ want }) => output(want, 'mask').filter((value) => value > 0.5).length);
    expect(Math.max(...area)).toBeGreaterThan(20_000);
  });

  test('pose puts its points within 0.05 px of a 256 px crop', async () => {
    for (const pair of await compare('pose')) {
      expect(meanDistance(pair, 'landmarks', 5)).toBeLessThan(0.05);
      expect(largestDifference(pair, 'flag')).toBeLessThan(0.01);
    }
  });

  test('hand puts its points within 0.5 px of a 224 px crop where there is a hand', async () => {
    const pairs = await compare('hand');
    for (const pair of pairs) expect(largestDifference(pair, 'flag')).toBeLessThan(0.01);
    const hands = pairs.filter(({ want }) => at(output(want, 'flag'), 0) > 0.5);
    expect(hands.length).toBeGreaterThan(0);
    for (const pair of hands) {
      expect(meanDistance(pair, 'landmarks', 3)).toBeLessThan(0.5);
      expect(largestDifference(pair, 'handedness')).toBeLessThan(0.02);
    }
  });
});
