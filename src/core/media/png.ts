import { crc32 } from './crc32.ts';
import { checkPictureSize } from './picture-limits.ts';

/** Bit depths of each colour type. @source W3C PNG third edition, 11.2.1 */
const DEPTHS: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};

/** Where the chunks begin. */
const SIGNATURE_BYTES = 8;

/**
 * Size and completeness of a PNG: every chunk up to the end chunk is whole, the critical ones (header, palette, data,
 * end) have their checksum right, and there is data. A wrong checksum in an ancillary chunk harms no pixel, nor does
 * anything after the end chunk.
 *
 * @throws RangeError when it is damaged; ERR_INPUT_TOO_SMALL or ERR_INPUT_TOO_LARGE as soon as the size is known.
 * @source W3C PNG third edition, 5.3 and 11.2
 */
export function readPngHeader(bytes: Uint8Array): {
  readonly width: number;
  readonly height: number;
  readonly mayBeTransparent: boolean;
  readonly orientation: number;
} {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = SIGNATURE_BYTES;
  let size: { readonly width: number; readonly height: number; readonly colourType: number } | null = null;
  let transparency = false;
  let palette = false;
  let data = false;
  for (;;) {
    if (at + 12 > bytes.length) throw new RangeError('the end chunk is missing');
    const length = view.getUint32(at);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const body = at + 8;
    const end = body + length;
    if (!/^[A-Za-z]{4}$/.test(type)) throw new RangeError(`there is no chunk at byte ${at}`);
    if (end + 4 > bytes.length) throw new RangeError(`chunk ${type} is cut short`);
    const critical = ((bytes[at + 4] ?? 0) & 0x20) === 0;
    if (critical && crc32(bytes.subarray(at + 4, end)) !== view.getUint32(end)) {
      throw new RangeError(`chunk ${type} has a wrong checksum`);
    }
    if (size === null) {
      if (type !== 'IHDR' || length !== 13) throw new RangeError('the header chunk is missing');
      const colourType = bytes[body + 9] ?? 0;
      if (DEPTHS[colourType]?.includes(bytes[body + 8] ?? 0) !== true || (bytes[body + 12] ?? 2) > 1) {
        throw new RangeError('the header chunk makes no sense');
      }
      size = { width: view.getUint32(body), height: view.getUint32(body + 4), colourType };
      checkPictureSize(size.width, size.height);
    } else if (type === 'IEND') break;
    else if (type === 'PLTE') palette = true;
    else if (type === 'tRNS') transparency = true;
    else if (type === 'IDAT') data ||= length > 0;
    at = end + 4;
  }
  if (!data) throw new RangeError('there is no data');
  if (size.colourType === 3 && !palette) throw new RangeError('the palette is missing');
  return {
    width: size.width,
    height: size.height,
    mayBeTransparent: transparency || size.colourType === 4 || size.colourType === 6,
    orientation: 1,
  };
}
