import type { FlowConstants, FlowSize } from '../../contracts/flow.ts';

/** Everything that follows from a clip's size: its latents, its tokens. */
export interface FlowShape {
  /** Pixels of a frame, and frames. */
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  /** C, F, h, w of the latents. */
  readonly channels: number;
  readonly latentFrames: number;
  readonly latentHeight: number;
  readonly latentWidth: number;
  /** Rows and columns of tokens in a latent frame, each of `patchHeight` × `patchWidth` latent cells. */
  readonly rows: number;
  readonly columns: number;
  readonly patchHeight: number;
  readonly patchWidth: number;
  /** N, all tokens; and those of latent frame 0, which come first. */
  readonly tokens: number;
  readonly pictureTokens: number;
  /** P, numbers in a token. */
  readonly tokenWidth: number;
  /** Frames per latent frame after the first, and pixels per latent row and column. */
  readonly temporal: number;
  readonly spatial: number;
}

/** The parts of a pack's constants that sizes follow from. */
export type LayoutConstants = Pick<FlowConstants, 'patch'> & {
  readonly latent: Pick<FlowConstants['latent'], 'channels' | 'temporal' | 'spatial'>;
};

/**
 * Shapes for a clip of `size`.
 * @throws RangeError when the size is not made of whole patches.
 */
export function flowShape({ latent, patch }: LayoutConstants, size: FlowSize): FlowShape {
  const { width, height, frames } = size;
  const { channels, temporal, spatial } = latent;
  const [, patchHeight, patchWidth] = patch;
  const rows = height / (spatial * patchHeight);
  const columns = width / (spatial * patchWidth);
  const latentFrames = (frames - 1) / temporal + 1;
  for (const count of [rows, columns, latentFrames]) {
    if (!Number.isInteger(count) || count < 1) {
      throw new RangeError(`${width}×${height} px, ${frames} frames is not made of whole patches`);
    }
  }
  return {
    width,
    height,
    frames,
    channels,
    latentFrames,
    latentHeight: rows * patchHeight,
    latentWidth: columns * patchWidth,
    rows,
    columns,
    patchHeight,
    patchWidth,
    tokens: latentFrames * rows * columns,
    pictureTokens: rows * columns,
    tokenWidth: channels * patchHeight * patchWidth,
    temporal,
    spatial,
  };
}

/** Frames that `latentFrames` latent frames stand for. */
export function framesOf(latentFrames: number, temporal: number): number {
  return (latentFrames - 1) * temporal + 1;
}

/** The fewest frames, at least `frames`, that are whole latent frames. */
export function wholeFrames(frames: number, temporal: number): number {
  return Math.ceil((Math.max(1, frames) - 1) / temporal) * temporal + 1;
}

/** Calls `copy(token, latent)` for every run of `patchWidth` neighbours, with their offsets in either order. */
function eachRun(shape: FlowShape, frames: number, copy: (token: number, latent: number) => void): void {
  const { channels, rows, columns, patchHeight, patchWidth, tokenWidth, latentHeight, latentWidth } = shape;
  const plane = latentHeight * latentWidth;
  for (let f = 0; f < frames; f++) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        let token = ((f * rows + row) * columns + column) * tokenWidth;
        for (let c = 0; c < channels; c++) {
          for (let y = 0; y < patchHeight; y++) {
            const line = (c * frames + f) * plane + (row * patchHeight + y) * latentWidth;
            copy(token, line + column * patchWidth);
            token += patchWidth;
          }
        }
      }
    }
  }
}

function latentFramesOf(length: number, shape: FlowShape): number {
  const frames = length / (shape.pictureTokens * shape.tokenWidth);
  if (Number.isInteger(frames) && frames >= 1) return frames;
  throw new RangeError(`${length} numbers are not whole latent frames`);
}

/**
 * Latents [C, F, h, w] as tokens [N, P]. Tokens run over frames, rows, columns; within one over channels, rows, columns.
 * Any number of whole latent frames; a new array.
 */
export function toTokens(latents: Float32Array, shape: FlowShape): Float32Array {
  const tokens = new Float32Array(latents.length);
  eachRun(shape, latentFramesOf(latents.length, shape), (token, latent) => {
    for (let x = 0; x < shape.patchWidth; x++) tokens[token + x] = latents[latent + x] ?? 0;
  });
  return tokens;
}

/** Undoes {@link toTokens}: tokens [N, P] as latents [C, F, h, w]; a new array. */
export function toLatents(tokens: Float32Array, shape: FlowShape): Float32Array {
  const latents = new Float32Array(tokens.length);
  eachRun(shape, latentFramesOf(tokens.length, shape), (token, latent) => {
    for (let x = 0; x < shape.patchWidth; x++) latents[latent + x] = tokens[token + x] ?? 0;
  });
  return latents;
}

/** The mask [1, N, 1] of `dit_step`: 1 on the picture's tokens, 0 on the others. */
export function pictureMask(shape: FlowShape): Float32Array {
  return new Float32Array(shape.tokens).fill(1, 0, shape.pictureTokens);
}

/** Latents [C, F, h, w] of `length / C` numbers a channel: (x − mean)/std per channel, in place. */
export function normalise(latents: Float32Array, mean: readonly number[], std: readonly number[]): void {
  const plane = latents.length / mean.length;
  for (let c = 0; c < mean.length; c++) {
    const m = mean[c] ?? 0;
    const s = std[c] ?? 1;
    for (let i = c * plane; i < (c + 1) * plane; i++) latents[i] = ((latents[i] ?? 0) - m) / s;
  }
}

/** Undoes {@link normalise}: x·std + mean per channel, in place. */
export function denormalise(latents: Float32Array, mean: readonly number[], std: readonly number[]): void {
  const plane = latents.length / mean.length;
  for (let c = 0; c < mean.length; c++) {
    const m = mean[c] ?? 0;
    const s = std[c] ?? 1;
    for (let i = c * plane; i < (c + 1) * plane; i++) latents[i] = (latents[i] ?? 0) * s + m;
  }
}

/** A box of latent cells: frames, rows and columns, each from…before. */
export interface LatentBox {
  readonly frames: readonly [number, number];
  readonly rows: readonly [number, number];
  readonly columns: readonly [number, number];
}

/** The part of latents [C, F, h, w] inside a box, [C, f, y, x]; a new array. */
export function cutLatents(latents: Float32Array, shape: FlowShape, box: LatentBox): Float32Array {
  const { channels, latentHeight, latentWidth } = shape;
  const latentFrames = latents.length / (channels * latentHeight * latentWidth);
  const [f0, f1] = box.frames;
  const [y0, y1] = box.rows;
  const [x0, x1] = box.columns;
  const part = new Float32Array(channels * (f1 - f0) * (y1 - y0) * (x1 - x0));
  let at = 0;
  for (let c = 0; c < channels; c++) {
    for (let f = f0; f < f1; f++) {
      for (let y = y0; y < y1; y++) {
        const line = ((c * latentFrames + f) * latentHeight + y) * latentWidth;
        part.set(latents.subarray(line + x0, line + x1), at);
        at += x1 - x0;
      }
    }
  }
  return part;
}
