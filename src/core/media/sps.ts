import { BitReader, BitWriter } from './bits.ts';

/** Colour of a video stream as three code points and the range. @source ITU-T H.273 */
export interface StreamColour {
  readonly primaries: number;
  readonly transfer: number;
  readonly matrix: number;
  readonly fullRange: boolean;
}

/** BT.709, limited range: what every clip carries. */
export const BT709_LIMITED: StreamColour = { primaries: 1, transfer: 1, matrix: 1, fullRange: false };

/** What a sequence parameter set says. */
export interface SpsInfo {
  readonly profileIdc: number;
  readonly constraintFlags: number;
  readonly levelIdc: number;
  /** 1 is 4:2:0. */
  readonly chromaFormatIdc: number;
  readonly bitDepth: number;
  /** Size after cropping, in pixels. */
  readonly width: number;
  readonly height: number;
  readonly progressive: boolean;
  /** Sample aspect ratio `[width, height]`, `[1, 1]` where none is written. */
  readonly pixelAspect: readonly [number, number];
  /** Null where the stream says nothing about its colour. */
  readonly colour: StreamColour | null;
}

interface SpsLayout extends SpsInfo {
  /** Position of `vui_parameters_present_flag`. */
  readonly vuiFlagAt: number;
  readonly hasVui: boolean;
  /** Position of `video_signal_type_present_flag`, and of the bit after the signal type. */
  readonly signalAt: number;
  readonly afterSignal: number;
}

/** Profiles whose sets carry chroma format and bit depth. @source ITU-T H.264, 7.3.2.1.1 */
const HIGH_PROFILES: ReadonlySet<number> = new Set([
  100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135,
]);

/** Sample aspect ratios by `aspect_ratio_idc`. @source ITU-T H.264, table E-1 */
const ASPECTS: readonly (readonly [number, number])[] = [
  [1, 1],
  [1, 1],
  [12, 11],
  [10, 11],
  [16, 11],
  [40, 33],
  [24, 11],
  [20, 11],
  [32, 11],
  [80, 33],
  [18, 11],
  [15, 11],
  [64, 33],
  [160, 99],
  [4, 3],
  [3, 2],
  [2, 1],
];

/** Takes the emulation prevention bytes out of a NAL unit's payload. @source ITU-T H.264, 7.4.1 */
export function unescapeNal(nal: Uint8Array): Uint8Array<ArrayBuffer> {
  const out: number[] = [];
  let zeros = 0;
  for (const byte of nal) {
    if (zeros >= 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    out.push(byte);
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return Uint8Array.from(out);
}

/** Puts emulation prevention bytes in, the other direction of {@link unescapeNal}. */
export function escapeNal(payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const out: number[] = [];
  let zeros = 0;
  for (const byte of payload) {
    if (zeros >= 2 && byte <= 3) {
      out.push(3);
      zeros = 0;
    }
    out.push(byte);
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return Uint8Array.from(out);
}

function skipScalingLists(r: BitReader, count: number): void {
  for (let list = 0; list < count; list += 1) {
    if (r.bit() === 0) continue;
    const size = list < 6 ? 16 : 64;
    let last = 8;
    let next = 8;
    for (let i = 0; i < size && next !== 0; i += 1) {
      next = (last + r.se() + 256) % 256;
      if (next !== 0) last = next;
    }
  }
}

function readLayout(r: BitReader): SpsLayout {
  r.u(8); // NAL header
  const profileIdc = r.u(8);
  const constraintFlags = r.u(8);
  const levelIdc = r.u(8);
  r.ue();
  let chromaFormatIdc = 1;
  let bitDepth = 8;
  let separate = 0;
  if (HIGH_PROFILES.has(profileIdc)) {
    chromaFormatIdc = r.ue();
    if (chromaFormatIdc === 3) separate = r.bit();
    bitDepth = Math.max(8 + r.ue(), 8 + r.ue());
    r.bit();
    if (r.bit() === 1) skipScalingLists(r, chromaFormatIdc === 3 ? 12 : 8);
  }
  r.ue();
  const orderType = r.ue();
  if (orderType === 0) r.ue();
  else if (orderType === 1) {
    r.bit();
    r.se();
    r.se();
    const cycle = r.ue();
    for (let i = 0; i < cycle; i += 1) r.se();
  }
  r.ue();
  r.bit();
  const widthMbs = r.ue() + 1;
  const heightUnits = r.ue() + 1;
  const frameMbsOnly = r.bit();
  if (frameMbsOnly === 0) r.bit();
  r.bit();
  let [left, right, top, bottom] = [0, 0, 0, 0];
  if (r.bit() === 1) [left, right, top, bottom] = [r.ue(), r.ue(), r.ue(), r.ue()];
  const planes = separate === 1 ? 0 : chromaFormatIdc;
  const cropX = planes === 1 || planes === 2 ? 2 : 1;
  const cropY = (planes === 1 ? 2 : 1) * (2 - frameMbsOnly);

  const vuiFlagAt = r.position;
  const hasVui = r.bit() === 1;
  let pixelAspect: readonly [number, number] = [1, 1];
  let colour: StreamColour | null = null;
  let signalAt = r.position;
  if (hasVui) {
    if (r.bit() === 1) {
      const idc = r.u(8);
      pixelAspect = idc === 255 ? [r.u(16), r.u(16)] : (ASPECTS[idc] ?? [1, 1]);
    }
    if (r.bit() === 1) r.bit();
    signalAt = r.position;
    if (r.bit() === 1) {
      r.u(3);
      const fullRange = r.bit() === 1;
      const described = r.bit() === 1;
      colour = {
        primaries: described ? r.u(8) : 2,
        transfer: described ? r.u(8) : 2,
        matrix: described ? r.u(8) : 2,
        fullRange,
      };
    }
  }
  return {
    profileIdc,
    constraintFlags,
    levelIdc,
    chromaFormatIdc,
    bitDepth,
    width: widthMbs * 16 - cropX * (left + right),
    height: heightUnits * 16 * (2 - frameMbsOnly) - cropY * (top + bottom),
    progressive: frameMbsOnly === 1,
    pixelAspect,
    colour,
    vuiFlagAt,
    hasVui,
    signalAt,
    afterSignal: r.position,
  };
}

/**
 * Reads a sequence parameter set.
 *
 * @param nal the whole NAL unit, header byte first, emulation prevention bytes in place.
 * @throws RangeError when it is cut short.
 * @source ITU-T H.264, 7.3.2.1.1 and E.1.1
 */
export function readSps(nal: Uint8Array): SpsInfo {
  const { profileIdc, constraintFlags, levelIdc, chromaFormatIdc, bitDepth, width, height, ...rest } =
    readLayout(new BitReader(unescapeNal(nal)));
  const { progressive, pixelAspect, colour } = rest;
  return {
    profileIdc,
    constraintFlags,
    levelIdc,
    chromaFormatIdc,
    bitDepth,
    width,
    height,
    progressive,
    pixelAspect,
    colour,
  };
}

const lastBit = (payload: Uint8Array): number => {
  let end = payload.length;
  while (end > 0 && payload[end - 1] === 0) end -= 1;
  const byte = payload[end - 1] ?? 0;
  let shift = 0;
  while (shift < 8 && ((byte >> shift) & 1) === 0) shift += 1;
  return end * 8 - 1 - shift;
};

/**
 * The same sequence parameter set with its colour written out, since some encoders leave it out or write "unspecified"
 * although they were told. Everything else stays bit for bit; a set that is right already comes back unchanged.
 *
 * @returns a new NAL unit, or `nal` itself.
 */
export function writeSpsColour(nal: Uint8Array, colour: StreamColour): Uint8Array {
  const payload = unescapeNal(nal);
  const reader = new BitReader(payload);
  const at = readLayout(reader);
  const has = at.colour;
  if (
    has !== null &&
    has.primaries === colour.primaries &&
    has.transfer === colour.transfer &&
    has.matrix === colour.matrix &&
    has.fullRange === colour.fullRange
  ) {
    return nal;
  }
  const out = new BitWriter();
  const signal = (): void => {
    // Present, format unspecified (5), range, described, then the three code points.
    out
      .u(1, 1)
      .u(5, 3)
      .u(colour.fullRange ? 1 : 0, 1)
      .u(1, 1);
    out.u(colour.primaries, 8).u(colour.transfer, 8).u(colour.matrix, 8);
  };
  if (at.hasVui) {
    out.copy(reader, 0, at.signalAt);
    signal();
    out.copy(reader, at.afterSignal, lastBit(payload));
  } else {
    out.copy(reader, 0, at.vuiFlagAt);
    out.u(1, 1).u(0, 1).u(0, 1); // VUI present, no aspect ratio, no overscan
    signal();
    out.u(0, 6); // no chroma location, timing, NAL or VCL HRD, picture structure, bitstream restriction
  }
  return escapeNal(out.stop().bytes());
}
