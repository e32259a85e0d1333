import type { StreamColour } from './sps.ts';

/** One box of an ISO base media file: where it starts, where its content starts, where it ends. */
export interface Mp4Box {
  readonly type: string;
  readonly start: number;
  readonly body: number;
  readonly end: number;
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const ascii = (bytes: Uint8Array, at: number, count: number): string =>
  String.fromCharCode(...bytes.subarray(at, at + count));

/**
 * The boxes of a range, in order.
 *
 * @param past what to do with a last box that reaches past the end: refuse it, or report it with the end that it
 * says; bytes that are no box end the list then.
 * @throws RangeError when a box reaches past the end.
 * @source ISO/IEC 14496-12, 4.2
 */
export function readBoxes(
  bytes: Uint8Array,
  from = 0,
  to = bytes.length,
  past: 'refuse' | 'report' = 'refuse',
): Mp4Box[] {
  const view = viewOf(bytes);
  const boxes: Mp4Box[] = [];
  let at = from;
  while (at < to) {
    if (at + 8 > to) {
      if (past === 'report') return boxes;
      throw new RangeError('A box header is cut short');
    }
    const type = ascii(bytes, at + 4, 4);
    let size = view.getUint32(at);
    let header = 8;
    if (size === 1) {
      if (at + 16 > to) throw new RangeError('A box header is cut short');
      size = view.getUint32(at + 8) * 2 ** 32 + view.getUint32(at + 12);
      header = 16;
    } else if (size === 0) size = to - at;
    if (size < header || at + size > to) {
      if (past === 'refuse') throw new RangeError(`Box ${type} reaches past the end`);
      if (size < header) return boxes;
    }
    boxes.push({ type, start: at, body: at + header, end: at + size });
    at += size;
  }
  return boxes;
}

/** The boxes found by going down a path of types, all that match. `stsd` and `meta` entries are stepped into. */
export function findBoxes(bytes: Uint8Array, path: readonly string[]): Mp4Box[] {
  let level = readBoxes(bytes);
  let found: Mp4Box[] = [];
  for (const [depth, type] of path.entries()) {
    found = level.filter((box) => box.type === type);
    if (depth === path.length - 1) return found;
    level = found.flatMap((box) => readBoxes(bytes, box.body + childOffset(box.type), box.end));
  }
  return found;
}

/** Bytes between a box's body and its children. */
function childOffset(type: string): number {
  if (type === 'stsd') return 8;
  if (type === 'meta' || type === 'dref') return 4;
  return type === 'avc1' || type === 'avc3' ? 78 : 0;
}

/** Name of the box that holds an XMP packet. @source XMP specification part 3, "ISO base media" */
export const XMP_UUID: readonly number[] = [
  0xbe, 0x7a, 0xcf, 0xcb, 0x97, 0xa9, 0x42, 0xe8, 0x9c, 0x71, 0x99, 0x94, 0x91, 0xe3, 0xaf, 0xac,
];

/** An XMP packet in its `uuid` box. */
export function xmpBox(packet: Uint8Array): Uint8Array<ArrayBuffer> {
  const box = new Uint8Array(24 + packet.length);
  viewOf(box).setUint32(0, box.length);
  box.set([0x75, 0x75, 0x69, 0x64], 4);
  box.set(XMP_UUID, 8);
  box.set(packet, 24);
  return box;
}

/** The XMP packet of a file, or null. */
export function readXmp(bytes: Uint8Array): Uint8Array | null {
  const box = readBoxes(bytes).find(
    ({ type, body, end }) =>
      type === 'uuid' && end - body >= 16 && XMP_UUID.every((byte, i) => bytes[body + i] === byte),
  );
  return box === undefined ? null : bytes.subarray(box.body + 16, box.end);
}

/** Adds `by` to every chunk offset of a movie. Offsets below `from` stay. */
function shiftChunks(bytes: Uint8Array, from: number, by: number): void {
  const view = viewOf(bytes);
  const table = ['moov', 'trak', 'mdia', 'minf', 'stbl'];
  for (const { body } of findBoxes(bytes, [...table, 'stco'])) {
    const count = view.getUint32(body + 4);
    for (let i = 0; i < count; i += 1) {
      const at = body + 8 + i * 4;
      const offset = view.getUint32(at);
      if (offset < from) continue;
      if (offset + by > 0xffffffff) throw new RangeError('The file is too long for 32-bit chunk offsets');
      view.setUint32(at, offset + by);
    }
  }
  for (const { body } of findBoxes(bytes, [...table, 'co64'])) {
    const count = view.getUint32(body + 4);
    for (let i = 0; i < count; i += 1) {
      const at = body + 8 + i * 8;
      const offset = Number(view.getBigUint64(at));
      if (offset >= from) view.setBigUint64(at, BigInt(offset + by));
    }
  }
}

/** Sets a movie's creation and modification times to zero ("unknown"): the same frames then give the same file. */
function clearTimes(bytes: Uint8Array): void {
  const headers = [
    ['moov', 'mvhd'],
    ['moov', 'trak', 'tkhd'],
    ['moov', 'trak', 'mdia', 'mdhd'],
  ];
  for (const path of headers) {
    for (const { body } of findBoxes(bytes, path))
      bytes.fill(0, body + 4, body + (bytes[body] === 1 ? 20 : 12));
  }
}

/**
 * Puts a box between `moov` and `mdat`, moves the chunk offsets along, and clears the movie's times.
 *
 * Players skip a box that they don't know; before `mdat` it is read even where a service looks at a file's head alone.
 *
 * @returns a new array; `file` stays as it is.
 * @throws RangeError when `moov` doesn't come before `mdat`.
 */
export function insertBeforeMedia(file: Uint8Array, box: Uint8Array): Uint8Array<ArrayBuffer> {
  const boxes = readBoxes(file);
  const media = boxes.find(({ type }) => type === 'mdat');
  const movie = boxes.find(({ type }) => type === 'moov');
  if (media === undefined || movie === undefined || movie.start > media.start) {
    throw new RangeError('moov must come before mdat');
  }
  const head = file.slice(0, media.start);
  shiftChunks(head, media.start, box.length);
  clearTimes(head);
  const out = new Uint8Array(file.length + box.length);
  out.set(head, 0);
  out.set(box, media.start);
  out.set(file.subarray(media.start), media.start + box.length);
  return out;
}

/** What the structure of a file says, for the verifier. */
export interface Mp4Facts {
  readonly order: readonly string[];
  readonly moovBeforeMdat: boolean;
  readonly fragmented: boolean;
  readonly hasEditList: boolean;
  readonly tracks: number;
  readonly timescale: number;
  readonly samples: number;
  /** Durations of samples in ticks of the timescale, each value once. */
  readonly sampleTicks: readonly number[];
  /** Whether samples are shown in another order than they are stored. */
  readonly reordered: boolean;
  readonly width: number;
  readonly height: number;
  /** From `colr`; null where there is none. */
  readonly colour: StreamColour | null;
  /** From `pasp`, `[1, 1]` where there is none. */
  readonly pixelAspect: readonly [number, number];
  /** The `avcC` record; null where the track is not AVC. */
  readonly avcConfig: Uint8Array | null;
}

/** Reads the facts of a file with one video track. @throws RangeError when a box is missing or cut short. */
export function readMp4Facts(bytes: Uint8Array): Mp4Facts {
  const view = viewOf(bytes);
  const order = readBoxes(bytes).map(({ type }) => type);
  const track = ['moov', 'trak'];
  const table = [...track, 'mdia', 'minf', 'stbl'];
  const entry = [...table, 'stsd', 'avc1'];
  const first = (path: readonly string[]): Mp4Box => {
    const box = findBoxes(bytes, path)[0];
    if (box === undefined) throw new RangeError(`The file has no ${path.join('/')}`);
    return box;
  };
  const mdhd = first([...track, 'mdia', 'mdhd']);
  const tkhd = first([...track, 'tkhd']);
  const stts = first([...table, 'stts']);
  const ticks = new Set<number>();
  let samples = 0;
  const runs = view.getUint32(stts.body + 4);
  for (let i = 0; i < runs; i += 1) {
    samples += view.getUint32(stts.body + 8 + i * 8);
    ticks.add(view.getUint32(stts.body + 12 + i * 8));
  }
  const colr = findBoxes(bytes, [...entry, 'colr']).find(({ body }) => ascii(bytes, body, 4) === 'nclx');
  const pasp = findBoxes(bytes, [...entry, 'pasp'])[0];
  const avcC = findBoxes(bytes, [...entry, 'avcC'])[0];
  const media = order.indexOf('mdat');
  const movie = order.indexOf('moov');
  return {
    order,
    moovBeforeMdat: movie >= 0 && movie < media,
    fragmented: order.includes('moof') || findBoxes(bytes, ['moov', 'mvex']).length > 0,
    hasEditList: findBoxes(bytes, [...track, 'edts']).length > 0,
    tracks: findBoxes(bytes, track).length,
    timescale: view.getUint32(mdhd.body + (bytes[mdhd.body] === 1 ? 20 : 12)),
    samples,
    sampleTicks: [...ticks],
    reordered: findBoxes(bytes, [...table, 'ctts']).length > 0,
    width: view.getUint32(tkhd.end - 8) / 65536,
    height: view.getUint32(tkhd.end - 4) / 65536,
    colour:
      colr === undefined
        ? null
        : {
            primaries: view.getUint16(colr.body + 4),
            transfer: view.getUint16(colr.body + 6),
            matrix: view.getUint16(colr.body + 8),
            fullRange: (bytes[colr.body + 10] ?? 0) >= 128,
          },
    pixelAspect: pasp === undefined ? [1, 1] : [view.getUint32(pasp.body), view.getUint32(pasp.body + 4)],
    avcConfig: avcC === undefined ? null : bytes.subarray(avcC.body, avcC.end),
  };
}
