import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  cmykJpeg,
  NOT_PICTURES,
  OTHER_FORMATS,
  paintJpeg,
  pngThatSays,
  quarters,
  turnedJpeg,
  writeGif,
  writePng,
} from '../../../test/fixtures/pictures.ts';
import { exifBlock } from '../../../test/fixtures/jpeg-writer.ts';
import { AppError } from '../../contracts/errors.ts';
import { exifOrientation } from './jpeg.ts';
import { readPictureHeader } from './picture-header.ts';

const painting = quarters(96, 64);

describe('headers', () => {
  test('of good pictures', async () => {
    expect(readPictureHeader(paintJpeg(96, 64, painting))).toEqual({
      format: 'jpeg',
      width: 96,
      height: 64,
      mayBeTransparent: false,
      orientation: 1,
    });
    expect(readPictureHeader(turnedJpeg(96, 64, 6))).toMatchObject({ width: 64, height: 96, orientation: 6 });
    expect(readPictureHeader(cmykJpeg(96, 64))).toMatchObject({ width: 96 });
    expect(readPictureHeader(await writePng(96, 64, painting))).toMatchObject({
      format: 'png',
      mayBeTransparent: false,
    });
    expect(readPictureHeader(writeGif(80, 70, [[1, 2, 3]]))).toMatchObject({
      format: 'gif',
      width: 80,
      height: 70,
    });
  });

  test('the size is refused before anything else of the file', async () => {
    const cut = (await pngThatSays(60_000, 60_000)).subarray(0, 33);
    expect(() => readPictureHeader(cut)).toThrow(expect.objectContaining({ code: 'ERR_INPUT_TOO_LARGE' }));
  });

  test('of other files', () => {
    for (const [format, bytes] of Object.entries(OTHER_FORMATS)) {
      expect(() => readPictureHeader(bytes)).toThrow(
        expect.objectContaining({ code: 'ERR_INPUT_UNSUPPORTED_FORMAT', details: { format } }),
      );
    }
    for (const bytes of Object.values(NOT_PICTURES)) {
      expect(() => readPictureHeader(bytes)).toThrow(
        expect.objectContaining({ code: 'ERR_INPUT_NOT_A_PICTURE' }),
      );
    }
  });

  test('every cut of a JPEG and a PNG is damaged, whatever is left', async () => {
    for (const bytes of [paintJpeg(64, 64, painting), await writePng(64, 64, painting)]) {
      for (let length = 8; length < bytes.length; length += 1) {
        expect(() => readPictureHeader(bytes.subarray(0, length)), `${length} of ${bytes.length}`).toThrow(
          expect.objectContaining({ code: 'ERR_INPUT_DAMAGED' }),
        );
      }
    }
  });

  test('no bytes throw anything but an AppError', async () => {
    const files = [
      paintJpeg(64, 64, painting),
      await writePng(64, 64, painting),
      writeGif(64, 64, [[1, 1, 1]]),
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...files),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 5 }),
        (file, edits) => {
          const bytes = file.slice();
          for (const [at, value] of edits) bytes[at % bytes.length] = value;
          try {
            readPictureHeader(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(AppError);
          }
        },
      ),
    );
  });
});

test('EXIF orientation in both byte orders; nonsense is 1', () => {
  for (let value = 1; value <= 8; value += 1) {
    for (const little of [false, true]) {
      expect(exifOrientation(Uint8Array.from(exifBlock(value, little)).subarray(6))).toBe(value);
    }
  }
  expect(exifOrientation(Uint8Array.from(exifBlock(9)).subarray(6))).toBe(1);
  expect(exifOrientation(new Uint8Array(30))).toBe(1);
});
