import { beforeAll, describe, expect, it } from 'vitest';
import { PRESETS } from '../../../src/contracts/settings.ts';
import { promptReader } from '../../../src/platform/ort/prompt.ts';
import { psnr } from './golden-clip.ts';
import type { Direction, Scene } from './learned-scenes.ts';
import {
  along,
  constants,
  displacement,
  heldBack,
  makeClip,
  motionOf,
  readyMotion,
  tokenizer,
  tokens,
  torchClips,
} from './learned-scenes.ts';

const OTHER: Readonly<Record<Direction, Direction>> = {
  left: 'right',
  right: 'left',
  up: 'down',
  down: 'up',
};
/** Pixels that count as going somewhere. */
const LEAST = 3;

const obeys = (direction: Direction, moved: readonly [number, number]): boolean => {
  const [forward, aside] = along(direction, moved);
  return forward >= LEAST && forward > aside;
};
const plain = (scene: Scene, direction: Direction, speed = ''): string =>
  `the ${scene.shape} moves ${direction} ${speed}`.trim();

let scenes: readonly Scene[] = [];
beforeAll(async () => {
  scenes = await heldBack();
});

describe('what measures a motion', () => {
  it('finds where a thing went, and that it stayed', () => {
    const scene = scenes[0];
    if (!scene) throw new Error('no scene');
    const { picture } = scene;
    const side = Math.sqrt(picture.length / 3);
    const moved = (dx: number, dy: number): Float32Array =>
      picture.map((_, i) => {
        const [c, y, x] = [Math.floor(i / side ** 2), Math.floor(i / side) % side, i % side];
        const clamp = (value: number): number => Math.min(side - 1, Math.max(0, value));
        return picture[(c * side + clamp(y - dy)) * side + clamp(x - dx)] ?? NaN;
      });
    expect(displacement(scene, picture, picture)).toEqual([0, 0]);
    expect(displacement(scene, picture, moved(7, 0))).toEqual([7, 0]);
    expect(displacement(scene, picture, moved(-3, 11))).toEqual([-3, 11]);
    expect(obeys('right', [7, 0])).toBe(true);
    expect(obeys('left', [7, 0])).toBe(false);
    expect(obeys('right', [7, -8])).toBe(false);
    expect(obeys('up', [0, -2])).toBe(false);
  });
});

describe('the small pack that has learnt to follow prompts', () => {
  it('is asked for every direction as often', () => {
    expect(scenes).toHaveLength(40);
    for (const direction of ['left', 'right', 'up', 'down'] as const) {
      expect(scenes.filter((scene) => scene.direction === direction)).toHaveLength(10);
      expect(new Set(scenes.map(({ text }) => text)).size).toBeGreaterThan(30);
    }
  });

  it('makes the frames that the trained networks make, though its weights are bytes', async () => {
    const clips = await torchClips();
    expect(clips).toHaveLength(2);
    for (const [i, clip] of clips.entries()) {
      const scene = scenes[i];
      if (!scene) throw new Error('no scene');
      const { frames } = await makeClip(scene.picture, scene.text, clip.noise);
      expect(psnr(frames, clip.frames)).toBeGreaterThan(35);
    }
  }, 30_000);

  it('moves things where the sentence says, in pictures that it never saw', async () => {
    const wrong: string[] = [];
    for (const [i, scene] of scenes.entries()) {
      const { frames } = await makeClip(scene.picture, scene.text, 100 + i);
      const moved = motionOf(scene, frames);
      if (!obeys(scene.direction, moved)) wrong.push(`${scene.text}: ${moved.join(', ')}`);
    }
    expect(wrong.length, wrong.join('\n')).toBeLessThanOrEqual(4);
  }, 90_000);

  it('moves the same thing the other way when the sentence does', async () => {
    const wrong: string[] = [];
    const asked = scenes.slice(0, 10);
    for (const [i, scene] of asked.entries()) {
      const way = OTHER[scene.direction];
      const { frames } = await makeClip(scene.picture, plain(scene, way), 100 + i);
      const moved = motionOf(scene, frames);
      if (!obeys(way, moved)) wrong.push(`${plain(scene, way)}: ${moved.join(', ')}`);
    }
    expect(wrong.length, wrong.join('\n')).toBeLessThanOrEqual(1);
  }, 60_000);

  it('goes farther quickly than slowly', async () => {
    const reach = async (speed: string): Promise<number> => {
      let sum = 0;
      for (const [i, scene] of scenes.slice(0, 12).entries()) {
        const { frames } = await makeClip(scene.picture, plain(scene, scene.direction, speed), 300 + i);
        sum += along(scene.direction, motionOf(scene, frames))[0] / 12;
      }
      return sum;
    };
    const [slow, quick] = [await reach('slowly'), await reach('quickly')];
    expect(slow, `slowly ${slow.toFixed(1)} px, quickly ${quick.toFixed(1)} px`).toBeGreaterThan(3);
    expect(quick, `slowly ${slow.toFixed(1)} px, quickly ${quick.toFixed(1)} px`).toBeGreaterThan(1.5 * slow);
  }, 60_000);
});

describe('ready motions of the pack', () => {
  it('are all there, and move nothing away', async () => {
    for (const [i, preset] of PRESETS.entries()) {
      const scene = scenes[i];
      if (!scene) throw new Error('no scene');
      const { frames } = await makeClip(scene.picture, await readyMotion(preset), 500 + i);
      const [dx, dy] = motionOf(scene, frames);
      expect(Math.hypot(dx, dy), `${preset}: ${dx}, ${dy}`).toBeLessThanOrEqual(4);
    }
  }, 30_000);
});

describe('prompts of the pack', () => {
  const read = promptReader(tokenizer, constants.text.maxTokens);

  it('become the ids that the model was trained with', () => {
    expect(tokens.length).toBeGreaterThan(40);
    for (const { text, ids } of tokens) expect(read(text).ids, text).toEqual(ids);
  });

  it('end as the model has learnt, whatever they are', () => {
    const end = read('').ids;
    expect(end).toHaveLength(1);
    for (const text of ['the disc moves left', 'Xyzzy 😀 déjà-vu', ' \n\t ', '漢字']) {
      const { ids, cut } = read(text);
      expect(ids.at(-1)).toBe(end[0]);
      expect(cut).toBe(false);
    }
    expect(read('The  DISC\tmoves left').ids).toEqual(read('the disc moves left').ids);
    expect(read('the disc moves left').ids).not.toEqual(read('the disc moves right').ids);
  });

  it('are cut where the model reads no more, and keep their end', () => {
    const { ids, cut } = read('the disc moves left and '.repeat(60));
    expect(cut).toBe(true);
    expect(ids).toHaveLength(constants.text.maxTokens);
    expect(ids.at(-1)).toBe(read('').ids[0]);
  });

  it('need files that are a tokenizer', () => {
    const code = (files: Partial<typeof tokenizer>): string => {
      try {
        promptReader({ ...tokenizer, ...files }, 8)('left');
      } catch (error) {
        return error instanceof Error && 'code' in error ? String(error.code) : String(error);
      }
      return 'none';
    };
    expect(code({ json: '<html>' })).toBe('ERR_MODEL_DAMAGED');
    expect(code({ json: '[]' })).toBe('ERR_MODEL_DAMAGED');
    expect(code({ json: '{"model":{"type":"Other"}}' })).toBe('ERR_MODEL_DAMAGED');
    expect(code({ config: '7' })).toBe('ERR_MODEL_DAMAGED');
  });
});
