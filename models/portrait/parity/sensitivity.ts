import * as ort from 'onnxruntime-node';
import { convert } from '../convert.ts';
import { at, sizeOf } from '../ir.ts';
import { NETWORKS, importNetwork } from '../networks.ts';
import type { NetworkDefinition } from '../networks.ts';
import { FEWEST_WEIGHTS, asHalf, int8Except, roundToInt8 } from '../onnx/quantize.ts';
import type { Quantizer } from '../onnx/writer.ts';
import { squarePixels, squaresFor, toPlanes } from './pictures.ts';
import { fetchSources } from './references.ts';

const USAGE = `node --import tsx models/portrait/parity/sensitivity.ts GRAPH

Measures, layer by layer, what int8 weights cost a graph of the pack, for \`int8Except\` in networks.ts.`;

/** What a graph says about every picture: per picture, its outputs by name. */
type Answers = readonly ReadonlyMap<string, Float32Array>[];

/** Squares of the samples, some moved and scaled, all mirrored too. */
async function pictures({ id, side, range }: NetworkDefinition): Promise<Float32Array[]> {
  const made: Float32Array[] = [];
  for (const square of squaresFor(id))
    for (const [scale, shift] of [
      [1, 0],
      [0.85, 0.04],
      [1.2, -0.05],
    ] as const) {
      const grown = square.side * scale;
      const left = square.left + (square.side - grown) / 2 + shift * grown;
      const top = square.top + (square.side - grown) / 2;
      const planes = toPlanes(await squarePixels({ ...square, left, top, side: grown }, side, range));
      const mirrored = planes.map((_, i) => at(planes, i - (i % side) + (side - 1 - (i % side))));
      made.push(planes, mirrored);
    }
  return made;
}

async function answers(
  file: Uint8Array,
  definition: NetworkDefinition,
  inputs: Float32Array[],
): Promise<Answers> {
  const session = await ort.InferenceSession.create(file, {
    intraOpNumThreads: 1,
    extra: { session: { disable_quant_qdq: '1' } },
  });
  const all: Map<string, Float32Array>[] = [];
  for (const input of inputs) {
    const image = new ort.Tensor('float32', input, [1, 3, definition.side, definition.side]);
    const results = await session.run({ image });
    const values = new Map<string, Float32Array>();
    for (const { name } of definition.outputs) {
      const data = results[name]?.data;
      if (data instanceof Float32Array) values.set(name, data);
    }
    all.push(values);
  }
  await session.release();
  return all;
}

/** Numbers per point of the outputs that are points. */
const POINTS: Readonly<Record<string, number>> = { landmarks: 3, eye: 3, iris: 3 };

/** Mean distance of points, of the five best anchors' boxes and scores, or of masks in percent; outputs count alike. */
function error(definition: NetworkDefinition, want: Answers, got: Answers): number {
  const terms: number[] = [];
  want.forEach((wanted, picture) => {
    for (const { name, shape } of definition.outputs) {
      const [a, b] = [wanted.get(name), at(got, picture).get(name)];
      if (!a || !b) continue;
      const step = definition.id === 'pose' ? 5 : POINTS[name];
      if (name in POINTS && step !== undefined) {
        let sum = 0;
        for (let i = 0; i < a.length; i += step)
          sum += Math.hypot(at(a, i) - at(b, i), at(a, i + 1) - at(b, i + 1));
        terms.push((sum * step) / a.length);
      } else if (name === 'mask') terms.push(100 * meanDifference(a, b));
      else if (name === 'boxes') {
        const scores = wanted.get('scores') ?? new Float32Array(0);
        const best = [...scores.keys()].sort((i, j) => at(scores, j) - at(scores, i)).slice(0, 5);
        const numbers = shape[2] ?? 1;
        const box = (all: Float32Array, i: number): Float32Array =>
          all.subarray(i * numbers, (i + 1) * numbers);
        terms.push(best.reduce((sum, i) => sum + meanDifference(box(a, i), box(b, i)), 0) / 5);
      }
    }
  });
  return terms.reduce((sum, term) => sum + term, 0) / terms.length;
}

function meanDifference(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + Math.abs(value - at(b, i)), 0) / a.length;
}

async function measure(id: string): Promise<void> {
  const definition = NETWORKS.find((network) => network.id === id);
  if (!definition) throw new Error(`no graph ${id}\n\n${USAGE}`);
  const network = importNetwork(definition.origin, await fetchSources());
  const inputs = await pictures(definition);
  const sizes: number[] = [];
  const half = convert(definition, network, (weights) => {
    sizes.push(sizeOf(weights.shape));
    return null;
  });
  const want = await answers(half, definition, inputs);
  const cost = async (quantizer: Quantizer): Promise<number> =>
    error(definition, want, await answers(convert(definition, network, quantizer), definition, inputs));
  const layers: { layer: number; weights: number; alone: number }[] = [];
  for (const [layer, weights] of sizes.entries()) {
    if (weights < FEWEST_WEIGHTS) continue;
    const alone = await cost((tensor, axis, index) =>
      index === layer ? roundToInt8(tensor, axis) : asHalf(tensor, axis, index),
    );
    layers.push({ layer, weights, alone });
  }
  layers.sort((a, b) => b.alone ** 2 / b.weights - a.alone ** 2 / a.weights);
  const total = sizes.reduce((sum, weights) => sum + weights, 0);
  for (let kept = 0; kept <= layers.length; kept += 4) {
    const names = layers.slice(0, kept).map(({ layer }) => layer);
    const share = layers.slice(kept).reduce((sum, { weights }) => sum + weights, 0) / total;
    const result = await cost(int8Except(names));
    console.log(
      `${kept} kept: ${(100 * share).toFixed(0)}% int8, error ${result.toFixed(3)}, ${names.slice(-4).join(', ')}`,
    );
  }
}

const [graph] = process.argv.slice(2);
if (graph === undefined) console.log(USAGE);
else await measure(graph);
