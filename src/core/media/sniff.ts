import { AppError } from '../../contracts/errors.ts';

/** Formats that are read. */
export type PictureFormat = 'jpeg' | 'png' | 'webp' | 'avif' | 'gif';

/** Bytes from the start that {@link sniffFormat} needs at most. */
export const SNIFF_BYTES = 4096;

const latin1 = (bytes: Uint8Array, at: number, count: number): string =>
  String.fromCharCode(...bytes.subarray(at, at + count));

const startsWith = (bytes: Uint8Array, ...values: number[]): boolean =>
  values.every((value, i) => bytes[i] === value);

/** Sizes of the header that follows a bitmap file's own 14 bytes. */
const BMP_HEADERS: ReadonlySet<number> = new Set([12, 16, 40, 52, 56, 64, 108, 124]);

/** Brands of the files that begin with `ftyp`. */
function brandFormat(bytes: Uint8Array): string | null {
  if (latin1(bytes, 4, 4) !== 'ftyp') return null;
  const size = Math.min(new DataView(bytes.buffer, bytes.byteOffset).getUint32(0), bytes.length);
  const brands = [latin1(bytes, 8, 4)];
  for (let at = 16; at + 4 <= size; at += 4) brands.push(latin1(bytes, at, 4));
  if (brands.some((brand) => brand === 'avif' || brand === 'avis')) return 'avif';
  if (brands.some((brand) => /^(he(ic|ix|vc|vx|im|is|vm|vs)|mif1|msf1)$/.test(brand))) return 'HEIC';
  if (brands.includes('crx ')) return 'Canon RAW';
  if (brands[0] === 'jp2 ' || brands[0] === 'jpx ') return 'JPEG 2000';
  if (brands[0] === 'jxl ') return 'JPEG XL';
  return null;
}

/** Names of formats that are pictures, but none that we read. */
function unsupported(bytes: Uint8Array): string | null {
  if (startsWith(bytes, 0x49, 0x49, 0x2a, 0) || startsWith(bytes, 0x4d, 0x4d, 0, 0x2a)) return 'TIFF';
  if (startsWith(bytes, 0x49, 0x49, 0x2b, 0) || startsWith(bytes, 0x4d, 0x4d, 0, 0x2b)) return 'TIFF';
  if (latin1(bytes, 0, 2) === 'BM' && bytes.length >= 26 && BMP_HEADERS.has(bytes[14] ?? 0)) return 'BMP';
  if (latin1(bytes, 0, 4) === '8BPS') return 'PSD';
  if (startsWith(bytes, 0xff, 0x0a) || latin1(bytes, 4, 8) === 'JXL \r\n\x87\n') return 'JPEG XL';
  if (latin1(bytes, 4, 6) === 'jP  \r\n' || startsWith(bytes, 0xff, 0x4f, 0xff, 0x51)) return 'JPEG 2000';
  if (startsWith(bytes, 0, 0, 1, 0) && (bytes[4] ?? 0) > 0 && bytes[5] === 0) return 'ICO';
  if (startsWith(bytes, 0x8a, 0x4d, 0x4e, 0x47)) return 'MNG';
  if (latin1(bytes, 0, 4) === 'gimp') return 'XCF';
  if (startsWith(bytes, 0x76, 0x2f, 0x31, 0x01)) return 'OpenEXR';
  if (latin1(bytes, 0, 4) === 'qoif') return 'QOI';
  const text = latin1(bytes, 0, Math.min(bytes.length, SNIFF_BYTES)).replace(/^\xef\xbb\xbf/, '');
  if (/^\s*(<\?xml[^>]*>\s*|<!--[\s\S]*?-->\s*|<!DOCTYPE\s+svg[^>]*>\s*)*<svg[\s>]/i.test(text)) return 'SVG';
  return null;
}

/**
 * Tells a picture's format from its first bytes.
 *
 * @param bytes the start of the file, {@link SNIFF_BYTES} of it or all.
 * @throws ERR_INPUT_EMPTY, ERR_INPUT_UNSUPPORTED_FORMAT with its name in `details.format`, ERR_INPUT_NOT_A_PICTURE.
 */
export function sniffFormat(bytes: Uint8Array): PictureFormat {
  if (bytes.length === 0) throw new AppError('ERR_INPUT_EMPTY', 'the file is empty');
  if (startsWith(bytes, 0xff, 0xd8, 0xff)) return 'jpeg';
  if (startsWith(bytes, 0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return 'png';
  if (/^GIF8[79]a$/.test(latin1(bytes, 0, 6))) return 'gif';
  if (latin1(bytes, 0, 4) === 'RIFF' && latin1(bytes, 8, 4) === 'WEBP') return 'webp';
  const brand = bytes.length < 12 ? null : brandFormat(bytes);
  if (brand === 'avif') return 'avif';
  const name = brand ?? unsupported(bytes);
  if (name !== null) {
    throw new AppError('ERR_INPUT_UNSUPPORTED_FORMAT', `the picture is a ${name}`, {
      details: { format: name },
    });
  }
  throw new AppError('ERR_INPUT_NOT_A_PICTURE', 'the file is no picture');
}
