import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { crc32, deflateSync } from 'node:zlib';
import { encodeCmykJpeg } from './cmyk-jpeg.ts';

const run = promisify(execFile);

/** Calls ffmpeg quietly. @param args everything between the program's name and the output's path, and that path. */
export async function ffmpeg(...args: readonly string[]): Promise<void> {
  await run('ffmpeg', ['-v', 'error', '-nostdin', '-y', ...args]);
}

const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

function pngChunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const head = Buffer.alloc(4);
  head.writeUInt32BE(data.length);
  const tail = Buffer.alloc(4);
  tail.writeUInt32BE(crc32(body));
  return Buffer.concat([head, body, tail]);
}

/**
 * An RGBA PNG of 8 bits whose every pixel is the same.
 *
 * @param claimed size written in the header; the pixels are only as many as `real` says.
 */
function png(
  claimed: readonly [number, number],
  real: readonly [number, number],
  rgba: readonly number[],
): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(claimed[0], 0);
  header.writeUInt32BE(claimed[1], 4);
  header.set([8, 6, 0, 0, 0], 8);
  const row = Buffer.concat([
    Buffer.from([0]),
    Buffer.from(Array.from({ length: real[0] }, () => rgba).flat()),
  ]);
  const pixels = Buffer.concat(Array.from({ length: real[1] }, () => row));
  return Buffer.concat([
    PNG_SIGNATURE,
    pngChunk('IHDR', header),
    pngChunk('IDAT', deflateSync(pixels)),
    pngChunk('IEND', new Uint8Array(0)),
  ]);
}

function segment(marker: number, data: Uint8Array): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(data.length + 2, 2);
  return Buffer.concat([head, data]);
}

/**
 * Puts an EXIF orientation into a JPEG.
 * @source Exif 2.32, 4.6.4: tag 0x0112, type SHORT, in a TIFF header of little-endian order
 */
function withOrientation(jpeg: Buffer, orientation: number): Buffer {
  const tiff = Buffer.from('49492a0008000000010012010300010000000000000000000000', 'hex');
  tiff.writeUInt16LE(orientation, 18);
  const exif = segment(0xe1, Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), tiff]));
  return Buffer.concat([jpeg.subarray(0, 2), exif, jpeg.subarray(2)]);
}

/**
 * How pixels must be stored so that each EXIF orientation shows the same picture, as ffmpeg filters.
 * @source Exif 2.32, 4.6.4 A, figure of orientations
 */
const STORED: Readonly<Record<number, string>> = {
  1: 'null',
  2: 'hflip',
  3: 'hflip,vflip',
  4: 'vflip',
  5: 'transpose=0',
  6: 'transpose=2',
  7: 'transpose=3',
  8: 'transpose=1',
};

/** Names of the pictures that {@link makeOddPictures} writes. */
export const ODD = {
  empty: 'empty.jpg',
  text: 'text.jpg',
  truncatedJpeg: 'truncated.jpg',
  truncatedPng: 'truncated.png',
  hugeClaim: 'huge-claim.png',
  tooMany: 'too-many-pixels.jpg',
  gif: 'animated.gif',
  deep: 'sixteen-bit.png',
  cmyk: 'cmyk.jpg',
  tiny: 'tiny.png',
  smallest: 'smallest.png',
  wide: 'wide.jpg',
  tooWide: 'too-wide.jpg',
  transparent: 'transparent.png',
  upright: 'upright.png',
} as const;

/** Name of the JPEG with an EXIF orientation, 1 to 8. */
export function orientedName(orientation: number): string {
  return `orientation-${orientation}.jpg`;
}

/**
 * Writes every odd picture that the tests need.
 *
 * @param folder an empty folder; `upright.png` in it is what all the good ones show, 384×512.
 * @param portrait path of a real portrait, at least three quarters as wide as high.
 */
export async function makeOddPictures(folder: string, portrait: string): Promise<void> {
  const at = (name: string): string => join(folder, name);
  const upright = at(ODD.upright);
  await ffmpeg('-i', portrait, '-vf', 'scale=-2:512,crop=384:512', '-pix_fmt', 'rgb24', upright);
  const baseline = ['-c:v', 'mjpeg', '-huffman', 'default', '-q:v', '2', '-pix_fmt', 'yuvj444p'];
  const whole = at('whole.jpg');
  await ffmpeg('-i', upright, ...baseline, whole);
  const [jpegBytes, pngBytes] = [await readFile(whole), await readFile(upright)];
  await writeFile(at(ODD.empty), '');
  await writeFile(at(ODD.text), 'This is a letter, not a picture.\n'.repeat(40));
  await writeFile(at(ODD.truncatedJpeg), jpegBytes.subarray(0, Math.floor(jpegBytes.length / 3)));
  await writeFile(at(ODD.truncatedPng), pngBytes.subarray(0, Math.floor(pngBytes.length / 3)));
  await writeFile(at(ODD.hugeClaim), png([60000, 60000], [4, 4], [9, 9, 9, 255]));
  await writeFile(at(ODD.transparent), png([300, 300], [300, 300], [200, 100, 50, 0]));
  await ffmpeg('-i', upright, '-vf', 'scale=63:80', at(ODD.tiny));
  await ffmpeg('-i', upright, '-vf', 'scale=64:80', at(ODD.smallest));
  await ffmpeg('-i', upright, '-vf', 'scale=8192:4096', '-q:v', '4', at(ODD.wide));
  await ffmpeg('-i', upright, '-vf', 'scale=8193:1024', '-q:v', '4', at(ODD.tooWide));
  await ffmpeg('-i', upright, '-vf', 'scale=7200:7200', '-q:v', '8', at(ODD.tooMany));
  await ffmpeg('-i', upright, '-pix_fmt', 'rgb48be', at(ODD.deep));
  // The later frames are negatives, so that a clip of anything but the first frame is found out.
  const gif = "loop=3:1:0,negate=enable='gt(n,0)',scale=-2:256,split[a][b];[a]palettegen[p];[b][p]paletteuse";
  await ffmpeg('-i', upright, '-vf', gif, '-loop', '0', at(ODD.gif));
  const raw = at('upright.rgb');
  await ffmpeg('-i', upright, '-vf', 'null', '-f', 'rawvideo', '-pix_fmt', 'rgb24', raw);
  await writeFile(at(ODD.cmyk), encodeCmykJpeg(await readFile(raw), 384, 512));
  for (let orientation = 1; orientation <= 8; orientation++) {
    const stored = at(`stored-${orientation}.jpg`);
    await ffmpeg('-i', upright, '-vf', STORED[orientation] ?? 'null', ...baseline, stored);
    await writeFile(at(orientedName(orientation)), withOrientation(await readFile(stored), orientation));
  }
}
