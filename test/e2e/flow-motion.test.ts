import { writeFile } from 'node:fs/promises';
import { PNG } from 'pngjs';
import { expect, test } from 'vitest';
import { projectPath } from '../../scripts/lib/paths.ts';
import { along, displacement, heldBack, type Scene } from '../unit/flow/learned-scenes.ts';
import { smallFrames } from './lib/mp4-file.ts';
import { useApp } from './lib/use-app.ts';

const LEARNED = projectPath('models/tiny/learned');
const SIDE = 64;
/** The picture is given this much larger, as a person's would be. */
const SCALE = 8;
/** A frame of the clip that still belongs to its first part. */
const LATER = 40;
/** Pixels of {@link SIDE} that count as going somewhere until then. */
const LEAST = 2;

const app = useApp();

/** Writes a scene's picture as a file. */
async function draw(scene: Scene, path: string): Promise<void> {
  const png = new PNG({ width: SCALE * SIDE, height: SCALE * SIDE });
  for (let i = 0; i < png.width * png.height; i++) {
    const at = Math.floor(Math.floor(i / png.width) / SCALE) * SIDE + Math.floor((i % png.width) / SCALE);
    for (let c = 0; c < 3; c++) {
      png.data[4 * i + c] = Math.round(255 * (scene.picture[c * SIDE * SIDE + at] ?? 0));
    }
    png.data[4 * i + 3] = 255;
  }
  await writeFile(path, PNG.sync.write(png));
}

test('clips of the pack that has learnt something move as their prompts say', async () => {
  const scenes = await heldBack();
  // One for each way; all forty of them run under Node (test/unit/flow/learned.test.ts).
  const chosen = (['left', 'right', 'up', 'down'] as const).flatMap((direction) =>
    scenes.filter((scene) => scene.direction === direction).slice(0, 1),
  );
  const moved: { readonly text: string; readonly forward: number; readonly aside: number }[] = [];
  for (const [index, scene] of chosen.entries()) {
    const picture = app.path(`scene-${index}.png`);
    const clip = app.path(`scene-${index}.mp4`);
    await draw(scene, picture);
    const run = await app.clip(
      ...[picture, '--prompt', scene.text, '--pack', LEARNED, '--out', clip],
      ...['--seconds', '3', '--resolution', '480p', '--fps', '24', '--seed', String(index)],
    );
    expect(run.status, run.err).toBe(0);
    const [first, later] = await smallFrames(clip, [0, LATER], SIDE);
    if (first === undefined || later === undefined) throw new Error('a clip without frames');
    const [forward, aside] = along(scene.direction, displacement(scene, first, later));
    moved.push({ text: scene.text, forward, aside });
  }
  const obeyed = moved.filter(({ forward, aside }) => forward >= LEAST && forward > aside);
  expect(obeyed).toEqual(moved);
}, 240_000);
