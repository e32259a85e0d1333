import { checkPictureSize } from './picture-limits.ts';

/**
 * Size and completeness of a WebP: the chunks that its RIFF header counts are all there, and one of them is a picture.
 * Bytes after them are not looked at.
 *
 * @throws RangeError when it is damaged; ERR_INPUT_TOO_SMALL or ERR_INPUT_TOO_LARGE as soon as the size is known.
 * @source RFC 9649, 2; RFC 6386, 9.1
 */
export function readWebpHeader(bytes: Uint8Array): {
  readonly width: number;
  readonly height: number;
  readonly mayBeTransparent: boolean;
  readonly orientation: number;
} {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 20) throw new RangeError('the header is cut short');
  const end = 8 + view.getUint32(4, true);
  let size: { readonly width: number; readonly height: number; readonly alpha: boolean } | null = null;
  let data = false;
  let at = 12;
  while (at + 8 <= end) {
    if (at + 8 > bytes.length) throw new RangeError('a chunk is missing');
    const type = String.fromCharCode(...bytes.subarray(at, at + 4));
    const length = view.getUint32(at + 4, true);
    const body = at + 8;
    const least = { VP8X: 10, 'VP8 ': 10, VP8L: 5 }[type] ?? 0;
    const has = Math.min(length, bytes.length - body);
    if (has >= least) {
      if (type === 'VP8X') size ??= extendedSize(view, body);
      else if (type === 'VP8 ') size ??= lossySize(bytes, view, body);
      else if (type === 'VP8L') size ??= losslessSize(bytes, view, body);
      if (size !== null) checkPictureSize(size.width, size.height);
    }
    if (length < least || body + length > bytes.length) throw new RangeError(`chunk ${type} is cut short`);
    if (type === 'VP8 ' || type === 'VP8L' || type === 'ANMF') data = true;
    at = body + length + (length % 2);
  }
  if (size === null || !data) throw new RangeError('there is no picture in it');
  return { width: size.width, height: size.height, mayBeTransparent: size.alpha, orientation: 1 };
}

type Size = { readonly width: number; readonly height: number; readonly alpha: boolean };

function extendedSize(view: DataView, body: number): Size {
  const u24 = (at: number): number => view.getUint16(at, true) + view.getUint8(at + 2) * 65536;
  const flags = view.getUint8(body);
  // An animation's frames need not cover its canvas.
  return { width: u24(body + 4) + 1, height: u24(body + 7) + 1, alpha: (flags & 0x12) !== 0 };
}

function lossySize(bytes: Uint8Array, view: DataView, body: number): Size {
  if (![0x9d, 0x01, 0x2a].every((value, i) => bytes[body + 3 + i] === value)) {
    throw new RangeError('the picture does not begin with a key frame');
  }
  return {
    width: view.getUint16(body + 6, true) & 0x3fff,
    height: view.getUint16(body + 8, true) & 0x3fff,
    alpha: false,
  };
}

function losslessSize(bytes: Uint8Array, view: DataView, body: number): Size {
  if (bytes[body] !== 0x2f) throw new RangeError('the lossless picture has no signature');
  const bits = view.getUint32(body + 1, true);
  return {
    width: (bits & 0x3fff) + 1,
    height: ((bits >>> 14) & 0x3fff) + 1,
    alpha: ((bits >>> 28) & 1) === 1,
  };
}
