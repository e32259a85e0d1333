import type { Aspect, Resolution } from '../../contracts/settings.ts';

/** A clip's frame in pixels (both even) and the part of the picture that fills it. */
export interface OutputFrame {
  readonly width: number;
  readonly height: number;
  /** Crop in fractions of the picture `[x, y, width, height]`. */
  readonly crop: readonly [number, number, number, number];
}

const SHORT_SIDE: Readonly<Record<Resolution, number>> = { '480p': 480, '720p': 720, '1080p': 1080 };
const RATIO: Readonly<Record<Exclude<Aspect, 'source'>, number>> = {
  '9:16': 9 / 16,
  '1:1': 1,
  '16:9': 16 / 9,
};
/** Longest side an H.264 level 5.1 encoder takes everywhere. */
const LONG_SIDE_MAX = 4096;

const even = (value: number): number => Math.max(2, 2 * Math.round(value / 2));
const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

/**
 * The size of a clip and its crop.
 *
 * The short side is the resolution's; the long side follows the shape, is even and at most 4096 px (a longer picture
 * is cropped). A crop keeps the subject: it is centred on the subject box, then pushed inside the picture.
 *
 * @param source oriented picture size in pixels.
 * @param subject subject box in fractions `[x, y, width, height]`; null means the middle.
 */
export function outputFrame(
  source: { readonly width: number; readonly height: number },
  resolution: Resolution,
  aspect: Aspect,
  subject: readonly [number, number, number, number] | null,
): OutputFrame {
  const short = SHORT_SIDE[resolution];
  const sourceRatio = source.width / source.height;
  const limit = LONG_SIDE_MAX / short;
  const ratio = aspect === 'source' ? clamp(sourceRatio, 1 / limit, limit) : RATIO[aspect];
  const width = ratio >= 1 ? even(short * ratio) : short;
  const height = ratio >= 1 ? short : even(short / ratio);
  const exact = width / height;
  let w = 1;
  let h = 1;
  if (exact < sourceRatio) w = exact / sourceRatio;
  else h = sourceRatio / exact;
  const [sx, sy, sw, sh] = subject ?? [0, 0, 1, 1];
  const x = clamp(sx + sw / 2 - w / 2, 0, 1 - w);
  // A subject taller than the crop keeps its top (the face), not its middle.
  const y = clamp(sh > h ? sy : sy + sh / 2 - h / 2, 0, 1 - h);
  return { width, height, crop: [x, y, w, h] };
}
