import { checkPictureSize } from './picture-limits.ts';

const tableBytes = (flags: number): number => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);

/** Runs through a chain of sub-blocks from `at`; returns what is behind it, and how much data it holds. */
function skipBlocks(bytes: Uint8Array, from: number): { readonly at: number; readonly size: number } {
  let at = from;
  let size = 0;
  for (;;) {
    const length = bytes[at];
    if (length === undefined || at + 1 + length > bytes.length) throw new RangeError('a block is cut short');
    at += 1 + length;
    if (length === 0) return { at, size };
    size += length;
  }
}

/**
 * Size and completeness of a GIF as far as its first frame, which is the one that is used: a file that is cut off
 * later is as good as a whole one.
 *
 * @throws RangeError when it is damaged; ERR_INPUT_TOO_SMALL or ERR_INPUT_TOO_LARGE as soon as the size is known.
 * @source CompuServe GIF89a, 18 to 23
 */
export function readGifHeader(bytes: Uint8Array): {
  readonly width: number;
  readonly height: number;
  readonly mayBeTransparent: boolean;
  readonly orientation: number;
} {
  if (bytes.length < 13) throw new RangeError('the header is cut short');
  const u16 = (at: number): number => (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
  const width = u16(6);
  const height = u16(8);
  checkPictureSize(width, height);
  let at = 13 + tableBytes(bytes[10] ?? 0);
  for (;;) {
    const kind = bytes[at];
    if (kind === 0x21) at = skipBlocks(bytes, at + 2).at;
    else if (kind === 0x2c) {
      if (at + 10 > bytes.length) throw new RangeError('a frame header is cut short');
      const data = skipBlocks(bytes, at + 10 + tableBytes(bytes[at + 9] ?? 0) + 1);
      if (data.size === 0 || u16(at + 5) === 0 || u16(at + 7) === 0)
        throw new RangeError('the frame is empty');
      // A frame need not cover the screen, whatever its transparency says.
      return { width, height, mayBeTransparent: true, orientation: 1 };
    } else if (kind === 0x3b) throw new RangeError('there is no frame');
    else throw new RangeError(`there is no block at byte ${at}`);
  }
}
