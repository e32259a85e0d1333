/** Limits of one H.264 level. @source ITU-T H.264, table A-1 (level × 10, macroblocks a second, a frame, kbit/s) */
const LEVELS: readonly (readonly [idc: number, rate: number, frame: number, kbps: number])[] = [
  [10, 1485, 99, 64],
  [11, 3000, 396, 192],
  [12, 6000, 396, 384],
  [13, 11880, 396, 768],
  [20, 11880, 396, 2000],
  [21, 19800, 792, 4000],
  [22, 20250, 1620, 4000],
  [30, 40500, 1620, 10000],
  [31, 108000, 3600, 14000],
  [32, 216000, 5120, 20000],
  [40, 245760, 8192, 20000],
  [41, 245760, 8192, 50000],
  [42, 522240, 8704, 50000],
  [50, 589824, 22080, 135000],
  [51, 983040, 36864, 240000],
  [52, 2073600, 36864, 240000],
];

/**
 * The lowest level that holds a stream, as `level_idc` (31 is 3.1), at least 30 since some encoders refuse less;
 * null when none does. A frame's sides are also bound to √(8 × macroblocks a frame).
 */
export function avcLevel(width: number, height: number, fps: number, bitrate: number): number | null {
  const across = Math.ceil(width / 16);
  const down = Math.ceil(height / 16);
  const blocks = across * down;
  const found = LEVELS.find(
    ([idc, rate, frame, kbps]) =>
      idc >= 30 &&
      blocks <= frame &&
      blocks * fps <= rate &&
      bitrate <= kbps * 1000 &&
      Math.max(across, down) <= Math.sqrt(8 * frame),
  );
  return found?.[0] ?? null;
}

/** Bits for each pixel of each frame at 720p: transparent for a moving still, by the measurements in the tests. */
const BITS_PER_PIXEL_720P = 0.16;
const PIXELS_720P = 1280 * 720;
/** Small frames hold more detail in each pixel; the rate grows with area to this power. */
const AREA_POWER = 0.75;
/** A clip stays under this many bytes, so that the smallest upload limit in use (10 MB) takes it. */
const SIZE_CEILING_BYTES = 9_000_000;
/** Even a long clip gets this. */
const BITRATE_MIN = 1_000_000;

/** Bits a second for a clip: by its area and rate, and never so many that the file passes 10 MB (V6). */
export function clipBitrate(width: number, height: number, fps: number, frames: number): number {
  const area = (width * height) / PIXELS_720P;
  const wanted = PIXELS_720P * BITS_PER_PIXEL_720P * fps * area ** AREA_POWER;
  const ceiling = (SIZE_CEILING_BYTES * 8 * fps) / frames;
  return Math.round(Math.max(BITRATE_MIN, Math.min(wanted, ceiling)));
}

/** One thing to try: the members of a WebCodecs configuration that differ from rung to rung. */
export interface Rung {
  readonly profile: 'High' | 'Main' | 'Baseline';
  readonly codec: string;
  readonly bitrateMode: 'variable' | 'constant';
  readonly hardwareAcceleration: 'no-preference' | 'prefer-software';
}

const PROFILES: readonly (readonly [Rung['profile'], string])[] = [
  ['High', '6400'],
  ['Main', '4d00'],
  ['Baseline', '42e0'],
];

/**
 * Encoder configurations in the order in which they are tried: High, Main, constrained Baseline; within each a
 * variable rate before a constant one (which some encoders know alone), and the browser's own choice of encoder (a
 * hardware one where that pays) before the software one, which is there when the hardware fails.
 */
export function ladder(level: number): Rung[] {
  return PROFILES.flatMap(([profile, code]) =>
    (['variable', 'constant'] as const).flatMap((bitrateMode) =>
      (['no-preference', 'prefer-software'] as const).map((hardwareAcceleration) => ({
        profile,
        codec: `avc1.${code}${level.toString(16).padStart(2, '0')}`,
        bitrateMode,
        hardwareAcceleration,
      })),
    ),
  );
}
