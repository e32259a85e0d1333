import { fitFacePoints } from '../perceive/face-points.ts';
import type { Perception } from '../../contracts/perception.ts';
import type { Pixels } from './pixels.ts';

export const WIDTH = 400;
export const HEIGHT = 520;

const EYE_Y = 200;
const EYES = [150, 250] as const;
const ACROSS = 24;
const TALL = 9;

/**
 * A drawn head for tests: skin, white eyes with dark irises, a dark line of a mouth, brown hair, blue behind.
 * Colours are far apart, so that a test can count what is left of one.
 */
export function drawnPortrait(): Pixels {
  const data = new Uint8ClampedArray(WIDTH * HEIGHT * 4);
  for (let y = 0; y < HEIGHT; y++)
    for (let x = 0; x < WIDTH; x++) {
      let colour: readonly [number, number, number] = [60 + (x % 16), 90, 150 + (y % 16)];
      if (((x - 200) / 150) ** 2 + ((y - 200) / 190) ** 2 < 1) colour = [80, 50, 30];
      if (y > 380 && Math.abs(x - 200) < 120 + (y - 380)) colour = [110, 30, 50];
      if (((x - 200) / 105) ** 2 + ((y - 235) / 150) ** 2 < 1) colour = [214, 160 + (x % 8), 132];
      for (const eye of EYES) {
        if (((x - eye) / ACROSS) ** 2 + ((y - EYE_Y) / TALL) ** 2 < 1) colour = [245, 245, 245];
        if (Math.hypot(x - eye, y - EYE_Y) < 8 && Math.abs(y - EYE_Y) < TALL) colour = [20, 60, 20];
      }
      if (Math.abs(y - 310) < 2 && Math.abs(x - 200) < 42) colour = [90, 30, 30];
      data.set([...colour, 255], 4 * (y * WIDTH + x));
    }
  return { width: WIDTH, height: HEIGHT, data };
}

/** What perception would say of {@link drawnPortrait}: a face whose eyes' contours are the drawn ones. */
export function drawnPerception(): Perception {
  const face = fitFacePoints({
    eyeLeft: [EYES[0], EYE_Y],
    eyeRight: [EYES[1], EYE_Y],
    nose: [200, 255],
    mouthLeft: [158, 310],
    mouthRight: [242, 310],
  });
  const contour = (points: readonly number[], eye: number, side: number): void => {
    points.forEach((index, k) => {
      const t = k / (points.length - 1);
      face.landmarks[3 * index] = eye - ACROSS + 2 * ACROSS * t;
      face.landmarks[3 * index + 1] = EYE_Y + side * TALL * Math.sqrt(Math.max(0, 1 - (2 * t - 1) ** 2));
    });
  };
  contour([33, 246, 161, 160, 159, 158, 157, 173, 133], EYES[0], -1);
  contour([33, 7, 163, 144, 145, 153, 154, 155, 133], EYES[0], 1);
  contour([362, 398, 384, 385, 386, 387, 388, 466, 263], EYES[1], -1);
  contour([362, 382, 381, 380, 374, 373, 390, 249, 263], EYES[1], 1);
  const person = { width: 100, height: 130, data: new Uint8Array(100 * 130) };
  for (let y = 0; y < 130; y++)
    for (let x = 0; x < 100; x++) {
      const px = 4 * x + 2;
      const py = 4 * y + 2;
      const head = ((px - 200) / 150) ** 2 + ((py - 200) / 190) ** 2 < 1;
      const trunk = py > 380 && Math.abs(px - 200) < 120 + (py - 380);
      person.data[y * 100 + x] = head || trunk ? 255 : 0;
    }
  return {
    width: WIDTH,
    height: HEIGHT,
    face,
    faceCount: 1,
    faceDisagreement: 0,
    person,
    body: null,
    hands: [],
  };
}
