import { AppError } from '../../contracts/errors.ts';
import { checkPictureSize } from './picture-limits.ts';

/** Parts of a picture's header that every format has. */
interface Header {
  readonly width: number;
  readonly height: number;
  readonly mayBeTransparent: boolean;
  readonly orientation: number;
}

const u16 = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);

const EOI = 0xd9;
const SOS = 0xda;
const DRI = 0xdd;
const DNL = 0xdc;
const APP1 = 0xe1;
/** Codings that browsers read: baseline, extended sequential, progressive; Huffman alone. */
const READ: ReadonlySet<number> = new Set([0xc0, 0xc1, 0xc2]);
/** The other ones: lossless, hierarchical, arithmetic. */
const NOT_READ: ReadonlySet<number> = new Set([0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf]);

interface Component {
  readonly id: number;
  readonly across: number;
  readonly down: number;
  /** Whether a scan has carried its DC coefficients. */
  scanned: boolean;
}

interface Frame {
  readonly width: number;
  readonly height: number;
  readonly components: readonly Component[];
}

/** Orientation in an EXIF block, 1 where there is none. @source CIPA DC-008 (Exif 2.32), 4.6.4, tag 0x0112 */
export function exifOrientation(tiff: Uint8Array): number {
  if (tiff.length < 8) return 1;
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  const order = view.getUint16(0);
  if (order !== 0x4949 && order !== 0x4d4d) return 1;
  const little = order === 0x4949;
  const directory = view.getUint32(4, little);
  if (directory + 2 > tiff.length) return 1;
  const count = view.getUint16(directory, little);
  for (let i = 0; i < count; i += 1) {
    const at = directory + 2 + i * 12;
    if (at + 12 > tiff.length) return 1;
    if (view.getUint16(at, little) !== 0x0112) continue;
    const value = view.getUint16(at + 8, little);
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

function readFrame(bytes: Uint8Array, at: number, length: number): Frame {
  if (bytes[at] !== 8) {
    throw new AppError('ERR_INPUT_UNSUPPORTED_FORMAT', 'the JPEG has more than 8 bits a sample', {
      details: { format: `${bytes[at] ?? 0}-bit JPEG` },
    });
  }
  const count = bytes[at + 5] ?? 0;
  if (count === 0 || length < 6 + count * 3) throw new RangeError('the frame header is cut short');
  const components = Array.from({ length: count }, (_, i) => {
    const factors = bytes[at + 7 + i * 3] ?? 0;
    return { id: bytes[at + 6 + i * 3] ?? 0, across: factors >> 4, down: factors & 15, scanned: false };
  });
  if (components.some(({ across, down }) => across < 1 || down < 1)) {
    throw new RangeError('a sampling factor is zero');
  }
  return { width: u16(bytes, at + 3), height: u16(bytes, at + 1), components };
}

/** Coded units of a scan: MCUs when it interleaves, else blocks of the one component. @source ITU-T T.81, A.2 */
function scanUnits(frame: Frame, scanned: readonly Component[]): number {
  const most = (of: (component: Component) => number): number => Math.max(...frame.components.map(of));
  const maxAcross = most(({ across }) => across);
  const maxDown = most(({ down }) => down);
  const only = scanned[0];
  if (scanned.length === 1 && only !== undefined) {
    const width = Math.ceil((frame.width * only.across) / maxAcross);
    const height = Math.ceil((frame.height * only.down) / maxDown);
    return Math.ceil(width / 8) * Math.ceil(height / 8);
  }
  return Math.ceil(frame.width / (8 * maxAcross)) * Math.ceil(frame.height / (8 * maxDown));
}

/** Runs through a scan's coded data. Returns where the next marker is and how many restarts it met. */
function skipScan(bytes: Uint8Array, from: number): { readonly at: number; readonly restarts: number } {
  let restarts = 0;
  let at = from;
  for (;;) {
    at = bytes.indexOf(0xff, at);
    if (at < 0 || at + 1 >= bytes.length) throw new RangeError('the file ends inside a scan');
    const next = bytes[at + 1] ?? 0;
    if (next === 0xff) at += 1;
    else if (next === 0) at += 2;
    else if (next >= 0xd0 && next <= 0xd7) {
      restarts += 1;
      at += 2;
    } else return { at, restarts };
  }
}

/**
 * Size, orientation and completeness of a JPEG.
 *
 * Complete means: every segment is whole, every component has its scan, a scan has as many restarts as its size asks
 * for and at least a bit for each coded unit, and the end marker is there. What comes after that is not looked at:
 * phones append videos and depth maps.
 *
 * @throws RangeError when it is damaged; ERR_INPUT_UNSUPPORTED_FORMAT for lossless, arithmetic or 12-bit coding;
 * ERR_INPUT_TOO_SMALL or ERR_INPUT_TOO_LARGE as soon as the size is known.
 * @source ITU-T T.81, annex B
 */
export function readJpegHeader(bytes: Uint8Array): Header {
  let frame: Frame | null = null;
  let orientation = 0;
  let interval = 0;
  let at = 2;
  for (;;) {
    while (bytes[at] === 0xff && bytes[at + 1] === 0xff) at += 1;
    if (at + 2 > bytes.length) throw new RangeError('the end marker is missing');
    if (bytes[at] !== 0xff) throw new RangeError(`there is no marker at byte ${at}`);
    const marker = bytes[at + 1] ?? 0;
    at += 2;
    if (marker === EOI) break;
    if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) continue;
    const length = u16(bytes, at);
    const body = at + 2;
    const end = at + length;
    if (length < 2 || end > bytes.length) throw new RangeError('a segment is cut short');
    at = end;
    if (NOT_READ.has(marker)) {
      throw new AppError('ERR_INPUT_UNSUPPORTED_FORMAT', 'the JPEG is lossless or arithmetic', {
        details: { format: 'lossless or arithmetic JPEG' },
      });
    }
    if (READ.has(marker)) {
      if (frame !== null) throw new RangeError('there are two frames');
      frame = readFrame(bytes, body, length - 2);
      // A height of 0 is given after the first scan (DNL), which browsers don't read.
      if (frame.width === 0 || frame.height === 0) throw new RangeError('the size is missing');
      checkPictureSize(frame.width, frame.height);
    } else if (marker === DRI) interval = u16(bytes, body);
    else if (marker === APP1 && orientation === 0 && isExif(bytes, body, end)) {
      orientation = exifOrientation(bytes.subarray(body + 6, end));
    } else if (marker === SOS) {
      if (frame === null) throw new RangeError('a scan comes before the frame');
      at = checkScan(bytes, body, end, frame, interval);
    } else if (marker === DNL && frame === null) throw new RangeError('lines are counted before the frame');
  }
  if (frame === null) throw new RangeError('there is no frame');
  if (frame.components.some(({ scanned }) => !scanned)) throw new RangeError('a scan is missing');
  return {
    width: frame.width,
    height: frame.height,
    mayBeTransparent: false,
    orientation: orientation === 0 ? 1 : orientation,
  };
}

const isExif = (bytes: Uint8Array, body: number, end: number): boolean =>
  end - body >= 14 && [0x45, 0x78, 0x69, 0x66, 0, 0].every((value, i) => bytes[body + i] === value);

/** Checks one scan; returns where the next marker is. */
function checkScan(bytes: Uint8Array, body: number, end: number, frame: Frame, interval: number): number {
  const count = bytes[body] ?? 0;
  if (body + 1 + count * 2 + 3 > end) throw new RangeError('a scan header is cut short');
  const ids = Array.from({ length: count }, (_, i) => bytes[body + 1 + i * 2] ?? 0);
  const scanned = frame.components.filter(({ id }) => ids.includes(id));
  if (scanned.length !== count || count === 0) throw new RangeError('a scan names an unknown component');
  const startsAtDc = bytes[body + 1 + count * 2] === 0;
  const refines = (bytes[body + 3 + count * 2] ?? 0) >> 4 !== 0;
  const { at, restarts } = skipScan(bytes, end);
  const units = scanUnits(frame, scanned);
  if (interval > 0 && restarts < Math.ceil(units / interval) - 1) throw new RangeError('a scan is cut short');
  if (startsAtDc && !refines) {
    if ((at - end) * 8 < units) throw new RangeError('a scan is cut short');
    for (const component of scanned) component.scanned = true;
  }
  return at;
}
