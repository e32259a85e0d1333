import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PNG } from 'pngjs';
import * as v from 'valibot';
import { flowConstants } from '../../../src/contracts/flow.ts';
import type { PresetId } from '../../../src/contracts/settings.ts';
import type { ReadyPrompt } from '../../../src/core/flow/embedding.ts';
import { presetFile, readEmbedding } from '../../../src/core/flow/embedding.ts';
import type { FlowResult } from '../../../src/core/flow/engine.ts';
import { runFlow } from '../../../src/core/flow/engine.ts';
import type { FlowFrame } from '../../../src/core/flow/runtime.ts';
import { encodePrompt } from '../../../src/platform/ort/prompt.ts';
import type { TokenizerFiles } from '../../../src/platform/ort/prompt.ts';
import type { ReferenceTensor } from './golden-clip.ts';
import { numbers } from './golden-clip.ts';
import { folderPack, nodeRuntime } from './node-runtime.ts';
import { tinyFolder } from './references.ts';

/** Pixels a thing can go. */
export const DIRECTIONS = { left: [-1, 0], right: [1, 0], up: [0, -1], down: [0, 1] } as const;
/** Name of a direction. */
export type Direction = keyof typeof DIRECTIONS;

const sceneSchema = v.object({
  shape: v.string(),
  x: v.number(),
  y: v.number(),
  radius: v.number(),
  rgb: v.strictTuple([v.number(), v.number(), v.number()]),
  direction: v.picklist(['left', 'right', 'up', 'down']),
  speed: v.string(),
  text: v.string(),
});
const scenesSchema = v.object({
  across: v.number(),
  scenes: v.array(sceneSchema),
  tokens: v.array(v.object({ text: v.string(), ids: v.array(v.number()) })),
});

/** A picture that training never saw, and a sentence for it. */
export type Scene = v.InferOutput<typeof sceneSchema> & {
  /** [3, H, W] of 0…1. */
  readonly picture: Float32Array;
};

const folder = tinyFolder('learned');
/** The pack that has learnt to follow prompts. */
export const learned = await folderPack(folder);
/** Its constants. */
export const constants = flowConstants(learned);
const size = constants.sizes[0] ?? { width: 0, height: 0, frames: 0 };
const { width: W, height: H } = size;

/** Texts of the pack's tokenizer. */
export const tokenizer: TokenizerFiles = {
  json: await readFile(join(folder, 'tokenizer.json'), 'utf8'),
  config: await readFile(join(folder, 'tokenizer_config.json'), 'utf8'),
};

/** What the training script wrote down beside the pack. */
const written = v.parse(
  scenesSchema,
  JSON.parse(await readFile(join(folder, 'scenes', 'scenes.json'), 'utf8')),
);

/** Prompts, and the ids that the tokenizer of the training gave them. */
export const { tokens } = written;

/** The held-back scenes, from a grid of pictures and a list of sentences. */
export async function heldBack(): Promise<readonly Scene[]> {
  const { across, scenes } = written;
  const grid = PNG.sync.read(await readFile(join(folder, 'scenes', 'scenes.png')));
  return scenes.map((scene, index) => {
    const [left, top] = [(index % across) * W, Math.floor(index / across) * H];
    const picture = Float32Array.from({ length: 3 * W * H }, (_, i) => {
      const [c, y, x] = [Math.floor(i / (W * H)), Math.floor(i / W) % H, i % W];
      return (grid.data[4 * ((top + y) * grid.width + left + x) + c] ?? NaN) / 255;
    });
    return { ...scene, picture };
  });
}

/** A clip of PyTorch's for one of the first scenes. */
export interface TorchClip {
  /** What it began as, latents [1, C, F, h, w]. */
  readonly noise: Float32Array;
  /** uint8 [n, H, W, 3]. */
  readonly frames: ReferenceTensor;
}

/** The clips that PyTorch made of the first scenes. */
export async function torchClips(): Promise<readonly TorchClip[]> {
  const bytes = new Uint8Array(await readFile(join(folder, 'scenes', 'noise.bin')));
  const grid = PNG.sync.read(await readFile(join(folder, 'scenes', 'clips.png')));
  const count = grid.height / H;
  const noise = numbers('float32', bytes);
  return Array.from({ length: count }, (_, clip) => {
    const data = Float32Array.from({ length: size.frames * H * W * 3 }, (__, i) => {
      const [frame, y, x, c] = [
        Math.floor(i / (3 * W * H)),
        Math.floor(i / (3 * W)) % H,
        Math.floor(i / 3) % W,
        i % 3,
      ];
      return grid.data[4 * ((clip * H + y) * grid.width + frame * W + x) + c] ?? NaN;
    });
    const length = noise.length / count;
    return {
      noise: noise.slice(clip * length, (clip + 1) * length),
      frames: { type: 'uint8', shape: [size.frames, H, W, 3], data },
    };
  });
}

const nothing = (): Float32Array => {
  throw new Error('this pack needs no more noise');
};

/**
 * Frames of a clip that the pack makes of a picture and a sentence, and how long it took.
 * @param motion a sentence, or an embedding that is ready.
 * @param start a seed, or the noise itself.
 */
export async function makeClip(
  picture: Float32Array,
  motion: string | ReadyPrompt,
  start: number | Float32Array,
): Promise<{ readonly frames: readonly FlowFrame[]; readonly result: FlowResult }> {
  const runtime = nodeRuntime(learned, (file) => join(folder, file));
  const frames: FlowFrame[] = [];
  const prompt =
    typeof motion === 'string' ? await encodePrompt(runtime, constants, tokenizer, motion) : motion;
  const result = await runFlow(
    learned,
    { size, frames: size.frames, picture, prompt, seed: typeof start === 'number' ? start : 0 },
    {
      runtime,
      ...(typeof start !== 'number' && {
        noise: () => ({ start: () => start, step: nothing, decode: nothing }),
      }),
      now: () => performance.now(),
      sink: async (frame) => {
        frames.push(frame);
      },
    },
  );
  return { frames, result };
}

/** The embedding of a ready motion. */
export async function readyMotion(preset: PresetId): Promise<ReadyPrompt> {
  const file = presetFile(learned, constants, preset);
  if (!file) throw new Error(`${learned.id} does not know ${preset}`);
  return readEmbedding(file, await readFile(join(folder, file.file)));
}

const SEARCH = 30;

/** How far a pixel of a thing is from the thing's colour, at most. */
const ALIKE = 0.3;

/**
 * Pixels right and down at which `later` looks most like the scene's thing does in `first`: its own pixels, those near its
 * middle and of its colour in the drawn picture. A place of which less than 60% lies inside the picture is not looked at.
 */
export function displacement(
  { x, y, radius, rgb, picture }: Pick<Scene, 'x' | 'y' | 'radius' | 'rgb' | 'picture'>,
  first: Float32Array,
  later: Float32Array,
): readonly [number, number] {
  const cells: (readonly [number, number])[] = [];
  for (let row = 0; row < H; row++) {
    for (let column = 0; column < W; column++) {
      const off = rgb.map((value, c) => value - (picture[(c * H + row) * W + column] ?? NaN));
      const near = Math.hypot(column + 0.5 - x, row + 0.5 - y) < radius;
      if (near && Math.hypot(...off) < ALIKE) cells.push([row, column]);
    }
  }
  let best = Infinity;
  let where: readonly [number, number] = [0, 0];
  for (let dy = -SEARCH; dy <= SEARCH; dy++) {
    for (let dx = -SEARCH; dx <= SEARCH; dx++) {
      let sum = 0;
      let seen = 0;
      for (const [row, column] of cells) {
        const [r, k] = [row + dy, column + dx];
        if (r < 0 || r >= H || k < 0 || k >= W) continue;
        seen += 1;
        for (let c = 0; c < 3; c++) {
          sum += Math.abs((later[(c * H + r) * W + k] ?? NaN) - (first[(c * H + row) * W + column] ?? NaN));
        }
      }
      if (seen < 0.6 * cells.length || sum / seen >= best) continue;
      best = sum / seen;
      where = [dx, dy];
    }
  }
  return where;
}

/** Pixels in a direction, and across it. */
export function along(direction: Direction, moved: readonly [number, number]): readonly [number, number] {
  const [x, y] = DIRECTIONS[direction];
  return [moved[0] * x + moved[1] * y, Math.abs(moved[0] * y) + Math.abs(moved[1] * x)];
}

/** Where a scene's thing went from the first frame to the last. */
export function motionOf(scene: Scene, frames: readonly FlowFrame[]): readonly [number, number] {
  const [first, last] = [frames[0], frames.at(-1)];
  if (!first || !last) throw new Error('a clip without frames');
  return displacement(scene, first.planes, last.planes);
}
