import { describe, expect, test } from 'vitest';
import { decodePicture } from '../../../src/platform/media/picture.ts';
import type { DecodedPicture, DecodeOptions } from '../../../src/platform/media/picture.ts';
import { writeAvif } from '../../fixtures/avif-writer.ts';
import { writeJpeg } from '../../fixtures/jpeg-writer.ts';
import {
  cmykJpeg,
  NOT_PICTURES,
  OTHER_FORMATS,
  paintJpeg,
  pngThatSays,
  QUARTERS,
  quarters,
  truncated,
  turnedJpeg,
  writeFlatPng,
  writeGif,
  writePng,
} from '../../fixtures/pictures.ts';
import type { Colour } from '../../fixtures/pictures.ts';
import { i420Frame, sceneI420 } from './frames.ts';

const MATTE = '#336699';
const open = (
  bytes: Uint8Array<ArrayBuffer>,
  options: Partial<DecodeOptions> = {},
  type = '',
): Promise<DecodedPicture> => decodePicture(new Blob([bytes], { type }), { matte: MATTE, ...options });

/** RGBA of a pixel given in fractions of the bitmap. */
function pixelAt(bitmap: ImageBitmap, x: number, y: number): number[] {
  const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
  if (context === null) throw new Error('no canvas');
  context.drawImage(bitmap, 0, 0);
  return [...context.getImageData(Math.floor(x * bitmap.width), Math.floor(y * bitmap.height), 1, 1).data];
}

function expectColour(actual: readonly number[], expected: Colour, tolerance: number): void {
  for (let c = 0; c < 3; c += 1) {
    expect(
      Math.abs((actual[c] ?? 0) - (expected[c] ?? 0)),
      `${actual.join()} is not ${expected.join()}`,
    ).toBeLessThanOrEqual(tolerance);
  }
  expect(actual[3]).toBe(255);
}

/** The four quarters are where they belong. */
function expectQuarters({ bitmap }: DecodedPicture, tolerance = 4): void {
  [
    [0.25, 0.25],
    [0.75, 0.25],
    [0.25, 0.75],
    [0.75, 0.75],
  ].forEach(([x = 0, y = 0], i) => {
    expectColour(pixelAt(bitmap, x, y), QUARTERS[i] ?? [], tolerance);
  });
}

async function withPicture(
  opening: Promise<DecodedPicture>,
  check: (picture: DecodedPicture) => void,
): Promise<void> {
  const picture = await opening;
  try {
    check(picture);
  } finally {
    picture.bitmap.close();
  }
}

async function canvasBlob(type: string, alpha: boolean): Promise<Uint8Array<ArrayBuffer>> {
  const canvas = new OffscreenCanvas(96, 64);
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('no canvas');
  QUARTERS.forEach(([r, g, b], i) => {
    if (alpha && i === 3) return;
    context.fillStyle = `rgb(${r} ${g} ${b})`;
    context.fillRect((i % 2) * 48, Math.floor(i / 2) * 32, 48, 32);
  });
  const blob = await canvas.convertToBlob({ type, quality: 1 });
  expect(blob.type).toBe(type);
  return new Uint8Array(await blob.arrayBuffer());
}

/** An AVIF whose picture the browser's own AV1 encoder coded. */
async function avif(): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: EncodedVideoChunk[] = [];
  const encoder = new VideoEncoder({
    output: (chunk) => chunks.push(chunk),
    error: (error) => {
      throw error;
    },
  });
  encoder.configure({ codec: 'av01.0.00M.08', width: 96, height: 64, bitrate: 4e6, latencyMode: 'realtime' });
  const painting = quarters(96, 64);
  const scene = (x: number, y: number) =>
    painting(Math.floor(x * 96), Math.floor(y * 64)) as [number, number, number];
  const frame = i420Frame(sceneI420(scene, 96, 64, 0), 96, 64, 0, 30);
  encoder.encode(frame, { keyFrame: true });
  frame.close();
  await encoder.flush();
  encoder.close();
  const data = new Uint8Array(chunks[0]?.byteLength ?? 0);
  chunks[0]?.copyTo(data);
  return writeAvif({ width: 96, height: 64, data });
}

describe('good pictures', () => {
  test('JPEG, whatever its name and type say', async () => {
    await withPicture(open(paintJpeg(96, 64, quarters(96, 64)), {}, 'text/plain'), (picture) => {
      expect(picture).toMatchObject({ width: 96, height: 64 });
      expectQuarters(picture);
    });
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])('EXIF orientation %i stands upright', async (orientation) => {
    await withPicture(open(turnedJpeg(96, 64, orientation)), (picture) => {
      expect(picture).toMatchObject({ width: 96, height: 64 });
      expectQuarters(picture);
    });
  });

  test('CMYK JPEG keeps its colours', async () => {
    await withPicture(open(cmykJpeg(96, 64)), (picture) => expectQuarters(picture, 40));
  });

  test('grey JPEG with restarts', async () => {
    const bytes = writeJpeg({
      width: 100,
      height: 70,
      kind: 'grey',
      pixel: (x) => [x * 2],
      restartInterval: 5,
    });
    await withPicture(open(bytes), ({ bitmap }) =>
      expectColour(pixelAt(bitmap, 0.5, 0.5), [100, 100, 100], 4),
    );
  });

  test('PNG of 8 and 16 bits', async () => {
    for (const depth of [8, 16] as const) {
      await withPicture(open(await writePng(96, 64, quarters(96, 64), { depth })), (picture) =>
        expectQuarters(picture, 1),
      );
    }
  });

  test('WebP, lossy, and with transparent pixels on the matte', async () => {
    await withPicture(open(await canvasBlob('image/webp', false)), (picture) => expectQuarters(picture, 12));
    await withPicture(open(await canvasBlob('image/webp', true)), ({ bitmap }) => {
      expectColour(pixelAt(bitmap, 0.25, 0.25), QUARTERS[0] ?? [], 12);
      expectColour(pixelAt(bitmap, 0.75, 0.75), [0x33, 0x66, 0x99], 1);
    });
  });

  test('AVIF', async () => {
    await withPicture(open(await avif()), (picture) => expectQuarters(picture, 14));
  });

  test('an animated GIF shows its first frame', async () => {
    const bytes = writeGif(80, 70, [
      [200, 20, 60],
      [10, 220, 10],
    ]);
    await withPicture(open(bytes), ({ bitmap, width, height }) => {
      expect([width, height]).toEqual([80, 70]);
      expectColour(pixelAt(bitmap, 0.5, 0.5), [200, 20, 60], 1);
    });
  });

  test('half transparent pixels mix with the matte', async () => {
    const bytes = await writePng(64, 64, (x) => [255, 0, 0, x < 32 ? 0 : 128], { alpha: true });
    await withPicture(open(bytes, { matte: '#000000' }), ({ bitmap }) => {
      expectColour(pixelAt(bitmap, 0.25, 0.5), [0, 0, 0], 0);
      expectColour(pixelAt(bitmap, 0.75, 0.5), [128, 0, 0], 2);
    });
  });

  test('a picture is scaled down, and only down', async () => {
    const bytes = paintJpeg(192, 128, quarters(192, 128));
    await withPicture(open(bytes, { maxSidePx: 96 }), (picture) => {
      expect(picture).toMatchObject({ width: 192, height: 128 });
      expect([picture.bitmap.width, picture.bitmap.height]).toEqual([96, 64]);
      expectQuarters(picture);
    });
    await withPicture(open(bytes, { maxSidePx: 4000 }), ({ bitmap }) => expect(bitmap.width).toBe(192));
  });

  test('bytes after the end are not looked at', async () => {
    const tail = new TextEncoder().encode('appended by a phone');
    for (const bytes of [paintJpeg(96, 64, quarters(96, 64)), await writePng(96, 64, quarters(96, 64))]) {
      await withPicture(open(Uint8Array.from([...bytes, ...tail])), (picture) => expectQuarters(picture));
    }
  });

  test('the smallest and the longest side', async () => {
    await withPicture(open(await writeFlatPng(64, 64)), ({ width }) => expect(width).toBe(64));
    await withPicture(open(await writeFlatPng(8192, 64), { maxSidePx: 1024 }), ({ width, bitmap }) => {
      expect([width, bitmap.width, bitmap.height]).toEqual([8192, 1024, 8]);
    });
  });
});

describe('bad pictures', () => {
  const refused = async (bytes: Uint8Array<ArrayBuffer>, expected: object): Promise<void> => {
    await expect(open(bytes)).rejects.toMatchObject(expected);
  };

  test('an empty file', () => refused(new Uint8Array(0), { code: 'ERR_INPUT_EMPTY' }));

  test.each(Object.entries(NOT_PICTURES))('%s', (_, bytes) =>
    refused(bytes, { code: 'ERR_INPUT_NOT_A_PICTURE' }),
  );

  test.each(Object.entries(OTHER_FORMATS))('%s', (format, bytes) =>
    refused(bytes, { code: 'ERR_INPUT_UNSUPPORTED_FORMAT', details: { format } }),
  );

  test('a PNG that says 60000×60000', async () => {
    await refused(await pngThatSays(60_000, 60_000), {
      code: 'ERR_INPUT_TOO_LARGE',
      details: { width: 60_000, height: 60_000, sideMax: 8192 },
    });
  });

  test('more than 50 megapixels', async () => {
    await refused(await pngThatSays(8192, 6200), {
      code: 'ERR_INPUT_TOO_LARGE',
      details: { pixelsMax: 50_000_000 },
    });
  });

  test('63 and 8193 pixels', async () => {
    await refused(await writeFlatPng(63, 100), {
      code: 'ERR_INPUT_TOO_SMALL',
      details: { width: 63, sideMin: 64 },
    });
    await refused(await writeFlatPng(8193, 64), { code: 'ERR_INPUT_TOO_LARGE', details: { sideMax: 8192 } });
  });

  test.each([0.2, 0.5, 0.9, 0.999])('%d of a JPEG', (part) =>
    refused(truncated(paintJpeg(96, 64, quarters(96, 64)), part), { code: 'ERR_INPUT_DAMAGED' }),
  );

  test.each([0.3, 0.6, 0.9, 0.999])('%d of a PNG', async (part) =>
    refused(truncated(await writePng(96, 64, quarters(96, 64)), part), { code: 'ERR_INPUT_DAMAGED' }),
  );

  test('a part of a WebP, an AVIF and a GIF', async () => {
    for (const bytes of [
      await canvasBlob('image/webp', false),
      await avif(),
      writeGif(80, 70, [[9, 9, 9]]),
    ]) {
      await refused(truncated(bytes, 0.9), { code: 'ERR_INPUT_DAMAGED' });
    }
  });

  test('a PNG with a flipped bit', async () => {
    const bytes = await writePng(96, 64, quarters(96, 64));
    bytes[70] = (bytes[70] ?? 0) ^ 16;
    await refused(bytes, { code: 'ERR_INPUT_DAMAGED' });
  });

  test('PNG and GIF data that no decoder reads', async () => {
    await refused(await pngThatSays(100, 100), { code: 'ERR_INPUT_DAMAGED' });
  });

  test('a fully transparent PNG', async () => {
    const bytes = await writePng(100, 100, () => [255, 0, 0, 0], { alpha: true });
    await refused(bytes, { code: 'ERR_INPUT_TRANSPARENT' });
  });

  test('a matte that is no colour is the caller’s mistake', async () => {
    await expect(open(new Uint8Array(9), { matte: 'red' })).rejects.toBeInstanceOf(RangeError);
  });
});
