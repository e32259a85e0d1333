import { findBoxes, readBoxes } from './mp4.ts';
import type { Mp4Box } from './mp4.ts';
import { checkPictureSize } from './picture-limits.ts';

/** Where the item data that lies in the file itself ends, from `iloc`. @source ISO/IEC 14496-12, 8.11.3 */
function itemsEnd(bytes: Uint8Array, box: Mp4Box): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = box.body + 4;
  const number = (size: number): number => {
    let value = 0;
    for (let i = 0; i < size; i += 1) value = value * 256 + view.getUint8(at + i);
    at += size;
    return value;
  };
  const version = bytes[box.body] ?? 0;
  const sizes = number(2);
  const [offsetSize, lengthSize, baseSize] = [sizes >> 12, (sizes >> 8) & 15, (sizes >> 4) & 15];
  const indexSize = version > 0 ? sizes & 15 : 0;
  const items = number(version < 2 ? 2 : 4);
  let end = 0;
  for (let item = 0; item < items; item += 1) {
    number(version < 2 ? 2 : 4);
    const method = version > 0 ? number(2) & 15 : 0;
    number(2);
    const base = number(baseSize);
    const extents = number(2);
    for (let extent = 0; extent < extents; extent += 1) {
      number(indexSize);
      const from = base + number(offsetSize);
      const length = number(lengthSize);
      if (method === 0) end = Math.max(end, from + length);
    }
  }
  return end;
}

/**
 * Size and completeness of an AVIF: its description is whole and what the items point at is in the file.
 *
 * The size is that of the largest item; the browser's decoder has the last word, and its answer is checked again.
 *
 * @throws RangeError when it is damaged; ERR_INPUT_TOO_SMALL or ERR_INPUT_TOO_LARGE as soon as the size is known.
 * @source AV1 Image File Format 1.1, 2; ISO/IEC 23008-12, 6.5.3
 */
export function readAvifHeader(bytes: Uint8Array): {
  readonly width: number;
  readonly height: number;
  readonly mayBeTransparent: boolean;
  readonly orientation: number;
} {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const boxes = readBoxes(bytes, 0, bytes.length, 'report');
  const meta = boxes.find(({ type }) => type === 'meta');
  if (meta === undefined || meta.end > bytes.length) throw new RangeError('the description is missing');
  const head = bytes.subarray(0, meta.end);
  let [width, height] = [0, 0];
  for (const { body, end } of findBoxes(head, ['meta', 'iprp', 'ipco', 'ispe'])) {
    if (end - body < 12) throw new RangeError('a size is cut short');
    const [w, h] = [view.getUint32(body + 4), view.getUint32(body + 8)];
    if (w * h > width * height) [width, height] = [w, h];
  }
  checkPictureSize(width, height);
  const located = findBoxes(head, ['meta', 'iloc'])[0];
  if (located === undefined) throw new RangeError('the items are nowhere');
  if (itemsEnd(bytes, located) > bytes.length) throw new RangeError('the data is cut short');
  return { width, height, mayBeTransparent: true, orientation: 1 };
}
