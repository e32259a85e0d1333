import { AppError } from '../../contracts/errors.ts';
import { readAvifHeader } from './avif.ts';
import { readGifHeader } from './gif.ts';
import { readJpegHeader } from './jpeg.ts';
import { readPngHeader } from './png.ts';
import { sniffFormat } from './sniff.ts';
import type { PictureFormat } from './sniff.ts';
import { readWebpHeader } from './webp.ts';

/** What a picture's own header says. */
export interface PictureHeader {
  readonly format: PictureFormat;
  /** Size as stored, before any orientation. */
  readonly width: number;
  readonly height: number;
  /** Whether the format lets pixels be transparent here; false means that none is. */
  readonly mayBeTransparent: boolean;
  /** EXIF orientation 1…8, as far as it was looked for (JPEG alone; the browser turns the others). */
  readonly orientation: number;
}

/** Media type of each format. */
export const PICTURE_TYPES: Readonly<Record<PictureFormat, string>> = {
  jpeg: 'image/jpeg',
  png: 'image/png',
  webp: 'image/webp',
  avif: 'image/avif',
  gif: 'image/gif',
};

const READERS: Readonly<Record<PictureFormat, (bytes: Uint8Array) => Omit<PictureHeader, 'format'>>> = {
  jpeg: readJpegHeader,
  png: readPngHeader,
  webp: readWebpHeader,
  avif: readAvifHeader,
  gif: readGifHeader,
};

/**
 * Reads a whole picture's header by its bytes, never by a name, and checks that the file is complete: a browser draws
 * what there is of a truncated picture and says nothing.
 *
 * @throws ERR_INPUT_EMPTY, ERR_INPUT_NOT_A_PICTURE, ERR_INPUT_UNSUPPORTED_FORMAT (`details.format`), ERR_INPUT_DAMAGED
 * (`details.reason`), ERR_INPUT_TOO_SMALL, ERR_INPUT_TOO_LARGE.
 */
export function readPictureHeader(bytes: Uint8Array): PictureHeader {
  const format = sniffFormat(bytes);
  let header: Omit<PictureHeader, 'format'>;
  try {
    header = READERS[format](bytes);
  } catch (error) {
    if (error instanceof AppError || !(error instanceof RangeError)) throw error;
    throw new AppError('ERR_INPUT_DAMAGED', `the ${format.toUpperCase()} is damaged: ${error.message}`, {
      details: { format, reason: error.message },
      cause: error,
    });
  }
  return { format, ...header };
}
