import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import decodeWebp, { init } from '@jsquash/webp/decode.js';
import { initWasm, Resvg } from '@resvg/resvg-wasm';
import jpeg from 'jpeg-js';

/** Pixels, RGBA, 8 bits, rows without padding. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** A rectangle in pixels. */
export interface Crop {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const require = createRequire(import.meta.url);
let rasteriser: Promise<void> | null = null;
let webp: Promise<void> | null = null;

/** What the WebP decoder makes its result of; a browser has one of its own. */
class DecodedImage {
  readonly data: Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
  constructor(data: Uint8ClampedArray, width: number, height: number) {
    this.data = data;
    this.width = width;
    this.height = height;
  }
}

/** Draws SVG text to PNG bytes, the same on every machine. */
export async function svgToPng(svg: string): Promise<Uint8Array> {
  rasteriser ??= readFile(require.resolve('@resvg/resvg-wasm/index_bg.wasm')).then((wasm) => initWasm(wasm));
  await rasteriser;
  return new Resvg(svg, { font: { loadSystemFonts: false } }).render().asPng();
}

/**
 * Decodes a WebP file.
 *
 * @throws Error when it is not one
 */
export async function decodeWebpPixels(bytes: Uint8Array): Promise<Pixels> {
  webp ??= readFile(require.resolve('@jsquash/webp/codec/dec/webp_dec.wasm')).then(async (wasm) => {
    Object.assign(globalThis, { ImageData: DecodedImage });
    await init({ wasmBinary: new Uint8Array(wasm).buffer });
  });
  await webp;
  const { width, height, data } = await decodeWebp(new Uint8Array(bytes).buffer);
  return { width, height, data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
}

/**
 * A part of a picture, newly allocated.
 *
 * @throws Error when the rectangle leaves the picture
 */
export function cropPixels(source: Pixels, crop: Crop): Pixels {
  const { x, y, width, height } = crop;
  if (x < 0 || y < 0 || x + width > source.width || y + height > source.height) {
    throw new Error(`a crop of ${width}×${height} does not lie in ${source.width}×${source.height}`);
  }
  const data = new Uint8Array(width * height * 4);
  for (let row = 0; row < height; row++) {
    const from = ((y + row) * source.width + x) * 4;
    data.set(source.data.subarray(from, from + width * 4), row * width * 4);
  }
  return { width, height, data };
}

/** JPEG bytes, quality 0…100. */
export function encodeJpeg(pixels: Pixels, quality: number): Uint8Array {
  return jpeg.encode({ ...pixels }, quality).data;
}

/**
 * Width and height from the header of a PNG or a JPEG.
 *
 * @throws Error when it is neither
 */
export function pictureSize(bytes: Uint8Array): { readonly width: number; readonly height: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length > 24 && view.getUint32(0) === 0x89504e47) {
    return { width: view.getUint32(16), height: view.getUint32(20) };
  }
  if (bytes.length > 4 && view.getUint16(0) === 0xffd8) {
    let at = 2;
    while (at + 9 < bytes.length) {
      const marker = view.getUint16(at);
      const frame = marker >= 0xffc0 && marker <= 0xffcf && ![0xffc4, 0xffc8, 0xffcc].includes(marker);
      if (frame) return { width: view.getUint16(at + 7), height: view.getUint16(at + 5) };
      at += 2 + view.getUint16(at + 2);
    }
  }
  throw new Error('neither a PNG nor a JPEG');
}
