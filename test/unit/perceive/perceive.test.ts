import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Perception } from '../../../src/contracts/perception.ts';
import type { Bitmap } from '../../../src/core/perceive/bitmap.ts';
import { fitFacePoints } from '../../../src/core/perceive/face-points.ts';
import { frameRoi } from '../../../src/core/perceive/roi.ts';
import type { PerceiveOptions } from '../../../src/core/perceive/perceive.ts';
import { perceive } from '../../../src/core/perceive/perceive.ts';
import type { GraphRunner } from '../../../src/core/perceive/runner.ts';
import { canvas, paste, turned } from './compose.ts';
import { nodeRunner } from './node-runner.ts';
import { readPicture } from './read-picture.ts';

const sample = (file: string): Promise<Bitmap> =>
  readPicture(fileURLToPath(new URL(`../../../public/samples/${file}`, import.meta.url)));
const FACE_ONLY: PerceiveOptions = { person: false, body: false, hands: false };

let runner: GraphRunner;
let astronaut: Bitmap;
let reference: Float32Array;
beforeAll(async () => {
  runner = await nodeRunner();
  astronaut = await sample('astronaut.png');
  const { face } = await perceive(astronaut, runner, FACE_ONLY);
  reference = face?.landmarks ?? new Float32Array();
});

const point = (landmarks: Float32Array | undefined, index: number): [number, number] => [
  landmarks?.[3 * index] ?? NaN,
  landmarks?.[3 * index + 1] ?? NaN,
];

/** Mean distance of a face's points from where the astronaut's must be after a move, in eye distances. */
function meanError(
  seen: Perception,
  scale: number,
  move: (x: number, y: number) => [number, number],
): number {
  let sum = 0;
  for (let i = 0; i < 478; i++) {
    const [x, y] = move(...point(reference, i));
    const [px, py] = point(seen.face?.landmarks, i);
    sum += Math.hypot(px - x, py - y);
  }
  return sum / 478 / (43.6 * scale);
}

function share(seen: Perception): number {
  const mask = seen.person;
  return mask ? mask.data.reduce((sum, value) => sum + value, 0) / 255 / mask.data.length : 0;
}

describe('a portrait', () => {
  test('has its pupils where the eye sees them, the left one at the left', () => {
    const [lx, ly] = point(reference, 468);
    const [rx, ry] = point(reference, 473);
    expect(Math.hypot(lx - 203.2, ly - 101.1)).toBeLessThan(1.5);
    expect(Math.hypot(rx - 246.8, ry - 103.4)).toBeLessThan(1.5);
    // Outer corners of the eyes frame the pupils.
    expect(point(reference, 33)[0]).toBeLessThan(lx);
    expect(point(reference, 263)[0]).toBeGreaterThan(rx);
  });

  test('has the rim of both irises in the order right, top, left, bottom of the picture', () => {
    for (const centre of [468, 473]) {
      const [x, y] = point(reference, centre);
      expect(point(reference, centre + 1)[0]).toBeGreaterThan(x + 2);
      expect(point(reference, centre + 2)[1]).toBeLessThan(y - 2);
      expect(point(reference, centre + 3)[0]).toBeLessThan(x - 2);
      expect(point(reference, centre + 4)[1]).toBeGreaterThan(y + 2);
    }
  });

  test('has depth that grows away from the viewer', () => {
    expect(reference[3 * 4 + 2]).toBeLessThan(reference[3 * 234 + 2] ?? -Infinity);
    expect(reference[3 * 4 + 2]).toBeLessThan(reference[3 * 454 + 2] ?? -Infinity);
  });

  test('is a person with shoulders', async () => {
    const seen = await perceive(astronaut, runner);
    expect(seen.faceCount).toBe(1);
    expect(seen.faceDisagreement).toBeLessThan(0.03);
    expect(share(seen)).toBeGreaterThan(0.45);
    expect(share(seen)).toBeLessThan(0.65);
    const shoulder = (index: number): number => seen.body?.landmarks[4 * index] ?? NaN;
    // The person's own right shoulder is at the picture's left.
    expect(shoulder(12)).toBeLessThan(180);
    expect(shoulder(11)).toBeGreaterThan(240);
  });

  test('gives the same answer twice', async () => {
    expect((await perceive(astronaut, runner, FACE_ONLY)).face?.landmarks).toEqual(reference);
  });
});

describe('a moved portrait', () => {
  const whole = frameRoi(512, 512);

  test.each([30, 60, 90, -90, 180])('turned by %s degrees', async (degrees) => {
    const angle = (degrees * Math.PI) / 180;
    const seen = await perceive(turned(astronaut, -angle), runner, FACE_ONLY);
    const error = meanError(seen, 1, (x, y) => [
      256 + (x - 256) * Math.cos(angle) - (y - 256) * Math.sin(angle),
      256 + (x - 256) * Math.sin(angle) + (y - 256) * Math.cos(angle),
    ]);
    expect(error).toBeLessThan(0.02);
  });

  test('far away in a large picture', async () => {
    const picture = canvas(1024, 768);
    paste(picture, astronaut, whole, 640, 300, 256);
    const seen = await perceive(picture, runner, FACE_ONLY);
    expect(meanError(seen, 0.5, (x, y) => [640 + x / 2, 300 + y / 2])).toBeLessThan(0.03);
  });

  test('at the end of an elongated picture', async () => {
    const picture = canvas(1024, 256);
    paste(picture, astronaut, whole, 760, 0, 256);
    const seen = await perceive(picture, runner, FACE_ONLY);
    expect(meanError(seen, 0.5, (x, y) => [760 + x / 2, y / 2])).toBeLessThan(0.03);
  });

  test.each([0.8, 1.3])('so close that the picture is %s faces wide', async (factor) => {
    const size = 101 * factor;
    const picture = canvas(512, 512);
    paste(picture, astronaut, { cx: 224, cy: 124, size, angle: 0 }, 0, 0, 512);
    const seen = await perceive(picture, runner, FACE_ONLY);
    const scale = 512 / size;
    const error = meanError(seen, scale, (x, y) => [
      (x - 224 + size / 2) * scale,
      (y - 124 + size / 2) * scale,
    ]);
    expect(error).toBeLessThan(0.06);
  });

  test('in the dark', async () => {
    const picture = { ...astronaut, data: Uint8ClampedArray.from(astronaut.data, (value) => value * 0.15) };
    const seen = await perceive(picture, runner, FACE_ONLY);
    expect(meanError(seen, 1, (x, y) => [x, y])).toBeLessThan(0.04);
  });

  test('of two faces the larger is the main one', async () => {
    const picture = canvas(800, 512);
    paste(picture, astronaut, { cx: 225, cy: 130, size: 260, angle: 0 }, 520, 120, 250);
    paste(picture, astronaut, whole, 0, 0, 512);
    const seen = await perceive(picture, runner, FACE_ONLY);
    expect(seen.faceCount).toBeGreaterThanOrEqual(1);
    expect(seen.face?.box[0]).toBeLessThan(512);
  });
});

describe('paintings and drawings', () => {
  test.each(['portrait-of-a-woman.jpg', 'by-the-seashore.jpg', 'yellow-jumper.png', 'rear-admiral.jpg'])(
    '%s has a face',
    async (file) => {
      const seen = await perceive(await sample(file), runner, { body: false, hands: false });
      expect(seen.face).not.toBeNull();
      expect(seen.faceDisagreement).toBeLessThan(0.03);
      expect(seen.person).not.toBeNull();
    },
  );

  test('a painted raised hand is seen', async () => {
    const seen = await perceive(await sample('portrait-of-a-woman.jpg'), runner);
    const [hand] = seen.hands;
    expect(hand?.score).toBeGreaterThan(0.8);
    // It is raised at the picture's left, below the face.
    expect(hand?.landmarks[0]).toBeLessThan(seen.width / 2);
    expect(hand?.landmarks[1]).toBeGreaterThan(seen.height / 2);
    for (const value of hand?.landmarks ?? []) expect(Number.isFinite(value)).toBe(true);
  });
});

describe('pictures of nobody', () => {
  test('a landscape has no face, no body, no hands', async () => {
    const seen = await perceive(await sample('thanatopsis.jpg'), runner);
    expect(seen.face).toBeNull();
    expect(seen.body).toBeNull();
    expect(seen.person).toBeNull();
    expect(seen.hands).toEqual([]);
  });

  test('a cat has no human face and no human body, but a mask', async () => {
    const seen = await perceive(await sample('chelsea.png'), runner);
    expect(seen.face).toBeNull();
    expect(seen.body).toBeNull();
    expect(share(seen)).toBeGreaterThan(0.5);
  });

  test('one colour is nothing', async () => {
    const seen = await perceive(canvas(300, 200), runner);
    expect(seen).toMatchObject({ face: null, faceCount: 0, person: null, body: null, hands: [] });
  });

  test('a tiny picture is nothing and no error', async () => {
    expect((await perceive(canvas(64, 64), runner)).face).toBeNull();
    expect((await perceive(canvas(1, 1), runner)).face).toBeNull();
  });
});

test('a face placed by hand replaces the search', async () => {
  const face = fitFacePoints({
    eyeLeft: [171, 116],
    eyeRight: [318, 134],
    nose: [263, 243],
    mouthLeft: [220, 262],
    mouthRight: [296, 268],
  });
  const seen = await perceive(await sample('chelsea.png'), runner, { face });
  expect(seen.face).toBe(face);
  expect(seen.faceCount).toBe(0);
  expect(seen.body).toBeNull();
  expect(seen.person).not.toBeNull();
});

test('an ended signal stops the work', async () => {
  const controller = new AbortController();
  controller.abort();
  await expect(perceive(astronaut, runner, { signal: controller.signal })).rejects.toMatchObject({
    name: 'AbortError',
  });
});

test('a picture that does not fit its size is refused', async () => {
  const wrong = { width: 10, height: 10, data: new Uint8ClampedArray(3) };
  await expect(perceive(wrong, runner)).rejects.toMatchObject({ code: 'ERR_INPUT_ARGUMENT' });
});
