import { AppError } from '../../contracts/errors.ts';
import type { FlowConstants } from '../../contracts/flow.ts';
import { FLOW_GRAPHS, flowConstants } from '../../contracts/flow.ts';
import type { Pack, PackGraph, PackTensor } from '../../contracts/pack.ts';
import { packGraph } from '../../contracts/pack.ts';
import type { FlowShape } from './layout.ts';
import { flowShape, framesOf } from './layout.ts';

/** A tensor at a graph's border: each axis a number, or the letter of a free one. */
interface Border {
  readonly name: string;
  readonly type: PackTensor['type'];
  readonly axes: readonly (number | string)[];
}

interface Borders {
  readonly inputs: readonly Border[];
  readonly outputs: readonly Border[];
}

const floats = (name: string, ...axes: (number | string)[]): Border => ({ name, type: 'float32', axes });

/** The borders of every graph that a pack with these constants has; the table of `FLOW_GRAPHS`. */
function borders(constants: FlowConstants): Readonly<Record<string, Borders>> {
  const { latent, patch, positions, text, decode } = constants;
  const P = latent.channels * patch[1] * patch[2];
  const R = positions.width;
  const E = text.width;
  const C = latent.channels;
  const tokens = (name: string): Border => floats(name, 1, 'N', P);
  const memory = (prefix: string): Border[] =>
    decode.kind === 'stream'
      ? decode.memory.map(({ channels, scale }, i) =>
          floats(
            `${prefix}${i}`,
            1,
            channels,
            scale === 1 ? 'h' : `h·${scale}`,
            scale === 1 ? 'w' : `w·${scale}`,
          ),
        )
      : [];
  return {
    [FLOW_GRAPHS.textEncoder]: {
      inputs: [{ name: 'ids', type: 'int64', axes: [1, 'T'] }],
      outputs: [floats('embedding', 1, 'T', E)],
    },
    [FLOW_GRAPHS.encode]: {
      inputs: [floats('image', 1, 3, 'H', 'W')],
      outputs: [floats('latent', 1, C, 'h', 'w')],
    },
    [FLOW_GRAPHS.context]: {
      inputs: [floats('embedding', 1, 'T', E)],
      outputs: [floats('context', 'L', 2, 'keys', 'D')],
    },
    [FLOW_GRAPHS.step]: {
      inputs: [
        tokens('latents'),
        floats('context', 'L', 2, 'keys', 'D'),
        floats('cos', 1, 'N', R),
        floats('sin', 1, 'N', R),
        floats('timesteps', 2),
        floats('mask', 1, 'N', 1),
      ],
      outputs: [tokens('velocity')],
    },
    [FLOW_GRAPHS.decode]:
      decode.kind === 'tiles'
        ? {
            inputs: [floats('latents', 1, C, 'F', 'h', 'w')],
            outputs: [floats('frames', 1, 3, 'n', 'H', 'W')],
          }
        : {
            inputs: [floats('latents', 1, C, 'h', 'w'), ...memory('memory_')],
            outputs: [floats('frames', 1, 3, latent.temporal, 'H', 'W'), ...memory('next_memory_')],
          },
  };
}

/** Letters whose size follows from the clip's; a graph may have them fixed only where all sizes agree. */
function lettersOf(constants: FlowConstants, shape: FlowShape): Readonly<Record<string, number>> {
  const { decode } = constants;
  const F = decode.kind === 'tiles' ? Math.min(decode.frames, shape.latentFrames) : shape.latentFrames;
  return {
    N: shape.tokens,
    F,
    n: framesOf(F, shape.temporal),
    h: shape.latentHeight,
    w: shape.latentWidth,
    H: shape.height,
    W: shape.width,
  };
}

/** Sizes that two graphs hand each other: layers, keys of a layer, their width. */
const SHARED = new Set(['L', 'keys', 'D']);

class GraphCheck {
  readonly #pack: Pack;
  readonly #graph: PackGraph;
  readonly #at: string;
  /** What letters stand for, and those that all graphs share. */
  readonly #letters = new Map<string, number>();
  readonly #shared: Map<string, number>;

  constructor(pack: Pack, graph: PackGraph, shared: Map<string, number>) {
    this.#pack = pack;
    this.#graph = graph;
    this.#at = `graphs.${pack.graphs.indexOf(graph)}`;
    this.#shared = shared;
  }

  #fail(path: string, why: string): never {
    const { id } = this.#graph;
    throw new AppError('ERR_MODEL_DAMAGED', `${id} of ${this.#pack.id} does not fit its constants: ${why}`, {
      details: { path: `${this.#at}.${path}`, graph: id },
    });
  }

  borders({ inputs, outputs }: Borders, sizes: readonly Readonly<Record<string, number>>[]): void {
    this.#side('inputs', this.#graph.inputs, inputs, sizes);
    this.#side('outputs', this.#graph.outputs, outputs, sizes);
  }

  #side(
    side: string,
    found: readonly PackTensor[],
    wanted: readonly Border[],
    sizes: readonly Readonly<Record<string, number>>[],
  ): void {
    for (const border of wanted) {
      const index = found.findIndex(({ name }) => name === border.name);
      const tensor = found[index];
      const path = `${side}.${index}`;
      if (!tensor) return this.#fail(side, `there is no ${border.name}`);
      if (tensor.type !== border.type) this.#fail(`${path}.type`, `${border.name} is ${border.type}`);
      if (tensor.shape.length !== border.axes.length) {
        this.#fail(`${path}.shape`, `${border.name} has ${border.axes.length} axes`);
      }
      for (const [axis, wants] of border.axes.entries()) {
        this.#axis(`${path}.shape.${axis}`, tensor.shape[axis] ?? -1, wants, sizes);
      }
    }
    const extra = found.findIndex(({ name }) => !wanted.some((border) => border.name === name));
    if (extra >= 0) this.#fail(`${side}.${extra}`, `nothing is known of ${found[extra]?.name ?? ''}`);
  }

  #axis(
    path: string,
    size: number,
    wants: number | string,
    sizes: readonly Readonly<Record<string, number>>[],
  ): void {
    if (typeof wants === 'number') {
      if (size !== wants) this.#fail(path, `it is ${wants}`);
      return;
    }
    if (size === -1) return;
    const letters = SHARED.has(wants) ? this.#shared : this.#letters;
    const before = letters.get(wants);
    if (before !== undefined && before !== size) this.#fail(path, `${wants} is ${before} elsewhere`);
    letters.set(wants, size);
    const [letter = '', scale = '1'] = wants.split('·');
    for (const known of sizes) {
      const value = known[letter];
      if (value !== undefined && value * Number(scale) !== size) {
        this.#fail(path, `${wants} is ${value * Number(scale)} at a size of the pack`);
      }
    }
  }
}

function checkDecode(pack: Pack, constants: FlowConstants): void {
  const { decode, latent } = constants;
  if (decode.kind !== 'stream' || decode.dropFrames === latent.temporal - 1) return;
  throw new AppError('ERR_MODEL_DAMAGED', `the first latent frame of ${pack.id} is not one frame`, {
    details: { path: 'decode.dropFrames' },
  });
}

function checkPresets(pack: Pack, { text }: FlowConstants): void {
  for (const [preset, id = ''] of Object.entries(text.presets)) {
    const index = pack.files.findIndex((file) => file.id === id);
    const file = pack.files[index];
    if (!file) {
      throw new AppError('ERR_MODEL_MISSING', `pack ${pack.id} has no file ${id}`, {
        details: { pack: pack.id, file: id },
      });
    }
    const [words = 0, width = 0] = file.tensor?.shape ?? [];
    const bytes = { float32: 4, float16: 2, int32: 0, uint8: 0 }[file.tensor?.type ?? 'uint8'];
    const fits =
      file.tensor?.shape.length === 2 &&
      width === text.width &&
      words <= text.maxTokens &&
      file.bytes === words * width * bytes;
    if (fits) continue;
    throw new AppError('ERR_MODEL_DAMAGED', `the embedding of ${preset} in ${pack.id} is not one`, {
      details: { path: `files.${index}` },
    });
  }
}

/**
 * Constants of a flow pack whose graphs fit them.
 *
 * @throws ERR_MODEL_MISSING when a graph or a file is not there; ERR_MODEL_DAMAGED when the constants are incomplete or a
 * graph's border disagrees with them: `details.path` says where in `pack.json`.
 */
export function checkFlowPack(pack: Pack): FlowConstants {
  if (pack.engine !== 'flow') {
    throw new AppError('ERR_MODEL_DAMAGED', `${pack.id} is not a flow pack`, { details: { path: 'engine' } });
  }
  const constants = flowConstants(pack);
  checkDecode(pack, constants);
  const sizes = constants.sizes.map((size) => lettersOf(constants, flowShape(constants, size)));
  const shared = new Map<string, number>();
  for (const [id, wanted] of Object.entries(borders(constants))) {
    const optional = id === FLOW_GRAPHS.textEncoder && constants.text.tokenizer === null;
    const there = pack.graphs.some((graph) => graph.id === id);
    if (optional && !there) continue;
    new GraphCheck(pack, packGraph(pack, id), shared).borders(wanted, sizes);
  }
  checkPresets(pack, constants);
  return constants;
}
