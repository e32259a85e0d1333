import type { FlowConstants } from '../../contracts/flow.ts';
import type { FlowShape } from './layout.ts';

/** Rotary positions of every token, each [N, R]. */
export interface PositionTables {
  readonly cos: Float32Array;
  readonly sin: Float32Array;
}

type LtxPositions = Extract<FlowConstants['positions'], { kind: 'ltx' }>;
type WanPositions = Extract<FlowConstants['positions'], { kind: 'wan' }>;

const f32 = Math.fround;

/**
 * `count` 32-bit numbers from 0 to 1, each rounded once. The second half counts down from the end, so that both ends are
 * exact.
 * @source PyTorch `torch.linspace`
 */
function unitSteps(count: number): number[] {
  const step = f32(1 / (count - 1));
  return Array.from({ length: count }, (_, i) =>
    i < Math.floor(count / 2) ? f32(step * i) : f32(1 - step * (count - 1 - i)),
  );
}

/**
 * LTX: every intermediate number is a 32-bit float, as in the training code. At the highest frequencies an angle of
 * 15,000 rad is then off by up to a thousandth of a radian, which the weights have learnt with; more exact would differ.
 *
 * @source diffusers `LTXVideoRotaryPosEmbed`; coordinates of `LTXConditionPipeline` (causal) and
 * `LTXImageToVideoPipeline` (not causal)
 */
function ltxTables(positions: LtxPositions, shape: FlowShape, fps: number): PositionTables {
  const { width, theta, maximum, causal } = positions;
  const count = Math.floor(width / 6);
  const lead = width % 6;
  const frequencies = unitSteps(count).map((x) => f32(f32(f32(Math.pow(theta, x)) * f32(Math.PI)) / 2));
  const { temporal, spatial, latentFrames, rows, columns, patchHeight, patchWidth, tokens } = shape;
  const seconds = (f: number): number =>
    causal ? f32(Math.max(0, temporal * (f - 1) + 1) * f32(1 / fps)) : f32(f * f32(temporal / fps));

  /** One axis: at each of `size` coordinates, `count` frequencies. */
  const axis = (size: number, of: (i: number) => number, most: number): AxisTable => {
    const table = axisTable(size, count);
    for (let i = 0; i < size; i++) {
      const share = f32(of(i) / f32(most));
      const centred = f32(f32(share * 2) - 1);
      for (let k = 0; k < count; k++) {
        setAngle(table, i * count + k, f32((frequencies[k] ?? 0) * centred));
      }
    }
    return table;
  };
  const axes = [
    axis(latentFrames, seconds, maximum[0]),
    axis(rows, (row) => row * patchHeight * spatial, maximum[1]),
    axis(columns, (column) => column * patchWidth * spatial, maximum[2]),
  ] as const;

  const cos = new Float32Array(tokens * width);
  const sin = new Float32Array(tokens * width);
  eachToken(shape, (token, places) => {
    const base = token * width;
    cos.fill(1, base, base + lead);
    for (const [a, { cos: c, sin: s }] of axes.entries()) {
      const from = (places[a] ?? 0) * count;
      // The three axes take turns, frequency by frequency, and each number stands twice.
      for (let k = 0, at = base + lead + 2 * a; k < count; k++, at += 6) {
        cos[at + 1] = cos[at] = c[from + k] ?? 0;
        sin[at + 1] = sin[at] = s[from + k] ?? 0;
      }
    }
  });
  return { cos, sin };
}

/** cos and sin of one axis, [coordinates, frequencies]. */
type AxisTable = PositionTables;

const axisTable = (size: number, count: number): AxisTable => ({
  cos: new Float32Array(size * count),
  sin: new Float32Array(size * count),
});

function setAngle(table: AxisTable, at: number, angle: number): void {
  table.cos[at] = Math.cos(angle);
  table.sin[at] = Math.sin(angle);
}

/** Calls `visit` for every token with its frame, row and column; the triple is reused. */
function eachToken(shape: FlowShape, visit: (token: number, places: readonly number[]) => void): void {
  const { latentFrames, rows, columns } = shape;
  const places = [0, 0, 0];
  let token = 0;
  for (let f = 0; f < latentFrames; f++) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        places[0] = f;
        places[1] = row;
        places[2] = column;
        visit(token++, places);
      }
    }
  }
}

/**
 * Wan: angles in 64 bits, only their cos and sin rounded. Each axis has its own part of a head, in pairs.
 * @source diffusers `WanRotaryPosEmbed`, `get_1d_rotary_pos_embed`
 */
function wanTables({ width, theta, split }: WanPositions, shape: FlowShape): PositionTables {
  const { latentFrames, rows, columns, tokens } = shape;
  const sizes = [latentFrames, rows, columns];
  const axes = split.map((part, a) => {
    const size = sizes[a] ?? 0;
    const table = axisTable(size, part);
    for (let i = 0; i < size; i++) {
      for (let k = 0; k < part; k++) {
        setAngle(table, i * part + k, i * (1 / Math.pow(theta, (k - (k % 2)) / part)));
      }
    }
    return { part, ...table };
  });
  const cos = new Float32Array(tokens * width);
  const sin = new Float32Array(tokens * width);
  eachToken(shape, (token, places) => {
    let at = token * width;
    for (const [a, { part, cos: c, sin: s }] of axes.entries()) {
      const from = (places[a] ?? 0) * part;
      cos.set(c.subarray(from, from + part), at);
      sin.set(s.subarray(from, from + part), at);
      at += part;
    }
  });
  return { cos, sin };
}

/**
 * Rotary positions of a clip's tokens, in their order.
 * @param fps frames a second that the clip plays at.
 */
export function positionTables(
  positions: FlowConstants['positions'],
  shape: FlowShape,
  fps: number,
): PositionTables {
  return positions.kind === 'ltx' ? ltxTables(positions, shape, fps) : wanTables(positions, shape);
}
