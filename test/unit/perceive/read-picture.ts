import { readFile } from 'node:fs/promises';
import jpeg from 'jpeg-js';
import { PNG } from 'pngjs';
import type { Bitmap } from '../../../src/core/perceive/bitmap.ts';
import { halve } from '../../../src/core/perceive/bitmap.ts';

/** Decodes a PNG or JPEG and halves it until its long side is at most 1024 px. */
export async function readPicture(file: string): Promise<Bitmap> {
  const bytes = await readFile(file);
  let picture: Bitmap = /\.png$/i.test(file)
    ? PNG.sync.read(bytes)
    : jpeg.decode(bytes, { useTArray: true, formatAsRGBA: true });
  while (Math.max(picture.width, picture.height) > 1024) picture = halve(picture);
  return picture;
}
