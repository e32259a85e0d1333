import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import jpeg from 'jpeg-js';
import { projectPath } from '../../../scripts/lib/paths.ts';
import { buildSamples } from '../../../scripts/samples/build.ts';

/** A square of a sample picture, pixels; may reach over its border, where it is black. */
export interface Square {
  readonly file: string;
  readonly left: number;
  readonly top: number;
  readonly side: number;
}

const ADMIRAL = 'rear-admiral.jpg';
const PORTRAIT = 'portrait-of-a-woman.jpg';
const SEASHORE = 'by-the-seashore.jpg';
const LANDSCAPE = 'thanatopsis.jpg';

/** Squares that show what each kind of network is made for, and one that does not. */
export const SQUARES = {
  whole: [
    { file: ADMIRAL, left: -44, top: 0, side: 600 },
    { file: PORTRAIT, left: -133, top: 0, side: 1298 },
    { file: SEASHORE, left: -138, top: 0, side: 1264 },
    { file: LANDSCAPE, left: 0, top: -185, side: 1036 },
  ],
  face: [
    { file: ADMIRAL, left: 147, top: 104, side: 250 },
    { file: PORTRAIT, left: 289, top: 223, side: 380 },
    { file: SEASHORE, left: 215, top: 260, side: 340 },
  ],
  eye: [
    { file: ADMIRAL, left: 182, top: 160, side: 78 },
    { file: PORTRAIT, left: 372, top: 306, side: 96 },
    { file: SEASHORE, left: 322, top: 392, side: 72 },
  ],
  hand: [
    { file: PORTRAIT, left: 187, top: 805, side: 340 },
    { file: SEASHORE, left: 480, top: 750, side: 360 },
  ],
} as const satisfies Record<string, readonly Square[]>;

/** The squares that suit a graph of the pack. */
export function squaresFor(graph: string): readonly Square[] {
  switch (graph) {
    case 'face-mesh':
      return SQUARES.face;
    case 'iris':
      return SQUARES.eye;
    case 'hand':
      return SQUARES.hand;
    case 'hand-detection':
      return [...SQUARES.whole, ...SQUARES.hand];
    default:
      return SQUARES.whole;
  }
}

interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

const decoded = new Map<string, Promise<Pixels>>();
let samples: Promise<void> | null = null;

async function decode(file: string): Promise<Pixels> {
  samples ??= buildSamples();
  await samples;
  return jpeg.decode(await readFile(join(projectPath('public/samples'), file)), { useTArray: true });
}

/**
 * A square scaled to `side`, bilinear, as `[side,side,3]` in `range`.
 * @param range what 0…255 becomes.
 */
export async function squarePixels(
  square: Square,
  side: number,
  [low, high]: readonly [number, number],
): Promise<Float32Array> {
  let pending = decoded.get(square.file);
  if (!pending) {
    pending = decode(square.file);
    decoded.set(square.file, pending);
  }
  const { width, height, data } = await pending;
  const sample = (x: number, y: number, channel: number): number =>
    x < 0 || y < 0 || x >= width || y >= height ? 0 : (data[4 * (y * width + x) + channel] ?? 0);
  const result = new Float32Array(side * side * 3);
  for (let y = 0, at = 0; y < side; y++) {
    const sy = square.top + ((y + 0.5) * square.side) / side - 0.5;
    const y0 = Math.floor(sy);
    for (let x = 0; x < side; x++) {
      const sx = square.left + ((x + 0.5) * square.side) / side - 0.5;
      const x0 = Math.floor(sx);
      for (let channel = 0; channel < 3; channel++, at++) {
        const [fx, fy] = [sx - x0, sy - y0];
        const top = sample(x0, y0, channel) * (1 - fx) + sample(x0 + 1, y0, channel) * fx;
        const bottom = sample(x0, y0 + 1, channel) * (1 - fx) + sample(x0 + 1, y0 + 1, channel) * fx;
        result[at] = low + ((top * (1 - fy) + bottom * fy) / 255) * (high - low);
      }
    }
  }
  return result;
}

/** `[H,W,3]` as `[3,H,W]`. */
export function toPlanes(pixels: Float32Array): Float32Array {
  const area = pixels.length / 3;
  return Float32Array.from(pixels, (_, i) => pixels[(i % area) * 3 + Math.floor(i / area)] ?? 0);
}
