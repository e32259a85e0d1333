import type { FlowSize } from '../../contracts/flow.ts';

/** Part of a picture that fills a clip's frame, to be scaled to it: fractions `[x, y, width, height]`. */
export type PictureCrop = readonly [number, number, number, number];

const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

/**
 * The crop that fills `size` without bars or stretching: as much of the picture as there can be, around the subject, whose
 * top is kept where it is too tall.
 * @param source oriented picture size in pixels.
 * @param subject box in fractions `[x, y, width, height]`; null means the middle.
 */
export function pictureCrop(
  source: { readonly width: number; readonly height: number },
  size: { readonly width: number; readonly height: number },
  subject: PictureCrop | null,
): PictureCrop {
  const wanted = size.width / size.height;
  const given = source.width / source.height;
  const w = Math.min(1, wanted / given);
  const h = Math.min(1, given / wanted);
  const [sx, sy, sw, sh] = subject ?? [0, 0, 1, 1];
  const x = clamp(sx + sw / 2 - w / 2, 0, 1 - w);
  const y = clamp(subject && sh > h ? sy : sy + sh / 2 - h / 2, 0, 1 - h);
  return [x, y, w, h];
}

/**
 * What a crop is placed around: the subject, or the middle where the whole picture counts as one since nobody was found.
 * @param seen boxes in fractions, as the picture's report has them.
 */
export function cropSubject(seen: {
  readonly subjectBox: PictureCrop;
  readonly faceBox: PictureCrop | null;
}): PictureCrop | null {
  const [, , width, height] = seen.subjectBox;
  return seen.faceBox === null && width >= 1 && height >= 1 ? null : seen.subjectBox;
}

/**
 * The size of a pack that suits a shape: the nearest in aspect, and among those that are equally near the first.
 * @param ratio width over height that the clip shall have.
 * @param frames frames that one part needs at most; sizes that make more at once are left out where others are.
 */
export function nearestSize(sizes: readonly FlowSize[], ratio: number, frames: number): FlowSize {
  const off = (size: FlowSize): number => Math.abs(Math.log(size.width / size.height / ratio));
  const enough = sizes.filter((size) => size.frames >= frames).map((size) => size.frames);
  // The shortest that makes the clip in one go, or else the longest.
  const length = enough.length > 0 ? Math.min(...enough) : Math.max(...sizes.map((size) => size.frames));
  const [first, ...others] = [...sizes.filter((size) => size.frames === length), ...sizes];
  if (!first) throw new RangeError('a pack has sizes');
  return others.reduce((best, size) => (off(size) < off(best) - 0.05 ? size : best), first);
}

/** RGBA bytes as planes [3, H, W] of 0…1; alpha is left out. A new array. */
export function planesFromRgba(pixels: Uint8ClampedArray | Uint8Array): Float32Array {
  const size = pixels.length / 4;
  const planes = new Float32Array(3 * size);
  for (let i = 0; i < size; i++) {
    for (let c = 0; c < 3; c++) planes[c * size + i] = (pixels[4 * i + c] ?? 0) / 255;
  }
  return planes;
}

/** Planes [3, H, W] of 0…1 as opaque RGBA bytes. A new array. */
export function rgbaFromPlanes(planes: Float32Array): Uint8ClampedArray<ArrayBuffer> {
  const size = planes.length / 3;
  const pixels = new Uint8ClampedArray(4 * size).fill(255);
  for (let c = 0; c < 3; c++) {
    for (let i = 0; i < size; i++) pixels[4 * i + c] = 255 * (planes[c * size + i] ?? 0);
  }
  return pixels;
}
