import { describe, expect, it } from 'vitest';
import { pyramid } from './bitmap.ts';
import { FACE_DETECTOR } from './detect.ts';
import { findFaces } from './find-faces.ts';

/** How often the detector runs on a picture of nobody. */
async function looks(width: number, height: number): Promise<number> {
  let count = 0;
  const anchors = FACE_DETECTOR.centres.length / 2;
  const picture = pyramid({ width, height, data: new Uint8ClampedArray(4 * width * height) });
  const found = await findFaces(picture, {
    run: () => {
      count += 1;
      return Promise.resolve({
        boxes: new Float32Array(anchors * (4 + 2 * FACE_DETECTOR.keypoints)),
        scores: new Float32Array(anchors).fill(-50),
      });
    },
  });
  expect(found).toEqual([]);
  return count;
}

describe('the search for faces', () => {
  it('goes along a panorama', async () => {
    expect(await looks(1024, 102)).toBeGreaterThan(15);
  });

  it('does not go along a ribbon in which no face could be read', async () => {
    expect(await looks(1024, 8)).toBe(1);
  });
});
