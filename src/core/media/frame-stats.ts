/** One 8-bit plane inside a buffer. */
export interface Plane {
  readonly data: Uint8Array;
  readonly offset: number;
  readonly stride: number;
  readonly width: number;
  readonly height: number;
}

/** Side of the blocks in which two frames are compared, in pixels. */
const BLOCK = 16;
/** Pixels between the samples of a block. */
const STEP = 2;
/**
 * Mean absolute luma difference of a block, in levels, up to which two frames show the same there. Skipped blocks
 * differ by nothing, requantised ones of a standing picture by a few tenths; an edge of 40 levels that moves by a
 * tenth of a pixel through a block differs by more.
 */
const SAME_LEVELS = 0.75;

/**
 * Whether two luma planes of one size show the same picture: no block differs by more than coding noise.
 * @param levels what a block may differ by, in levels.
 */
export function samePicture(a: Plane, b: Plane, levels = SAME_LEVELS): boolean {
  const samples = (BLOCK / STEP) ** 2;
  for (let top = 0; top < a.height; top += BLOCK) {
    for (let left = 0; left < a.width; left += BLOCK) {
      // Blocks at the far edges are moved inside, so that every block has all its samples.
      const y0 = Math.max(0, Math.min(top, a.height - BLOCK));
      const x0 = Math.max(0, Math.min(left, a.width - BLOCK));
      let sum = 0;
      for (let y = y0; y < y0 + BLOCK; y += STEP) {
        const rowA = a.offset + y * a.stride;
        const rowB = b.offset + y * b.stride;
        for (let x = x0; x < x0 + BLOCK; x += STEP) {
          sum += Math.abs((a.data[rowA + x] ?? 0) - (b.data[rowB + x] ?? 0));
        }
      }
      if (sum > levels * samples) return false;
    }
  }
  return true;
}

/** Luma (limited range) up to which a pixel counts as black: 16 is black, a little noise is allowed. */
const BLACK_LUMA = 24;
/** Part of a frame's pixels that may be brighter in a black frame. */
const BLACK_SPARE = 0.002;

/** Part of a plane's pixels, from every fourth of every fourth row, that are brighter than `luma`. */
function brighterShare(plane: Plane, luma: number): number {
  const step = 4;
  let bright = 0;
  let all = 0;
  for (let y = 0; y < plane.height; y += step) {
    const row = plane.offset + y * plane.stride;
    for (let x = 0; x < plane.width; x += step) {
      all += 1;
      if ((plane.data[row + x] ?? 0) > luma) bright += 1;
    }
  }
  return all === 0 ? 0 : bright / all;
}

/** Whether a limited-range luma plane is black all over. */
export function isBlack(plane: Plane): boolean {
  return brighterShare(plane, BLACK_LUMA) <= BLACK_SPARE;
}

/**
 * Whether a clip of a picture may be black: a night sky with a moon is, but for a few pixels. Wider than
 * {@link isBlack}, since coding may darken what is nearly black.
 */
export function mayBeBlack(picture: Plane): boolean {
  return brighterShare(picture, BLACK_LUMA + 8) <= 2 * BLACK_SPARE;
}

/** How far two luma planes differ on the whole: mean absolute difference in levels, from every eighth pixel. */
export function meanDifference(a: Plane, b: Plane): number {
  const step = 8;
  let sum = 0;
  let count = 0;
  for (let y = 0; y < a.height; y += step) {
    const rowA = a.offset + y * a.stride;
    const rowB = b.offset + y * b.stride;
    for (let x = 0; x < a.width; x += step) {
      sum += Math.abs((a.data[rowA + x] ?? 0) - (b.data[rowB + x] ?? 0));
      count += 1;
    }
  }
  return count === 0 ? 0 : sum / count;
}

/** How sharp a luma plane is: mean absolute step between neighbours, from every fourth pixel of every fourth row. */
export function sharpness(plane: Plane): number {
  const step = 4;
  let sum = 0;
  let count = 0;
  for (let y = 0; y < plane.height; y += step) {
    const row = plane.offset + y * plane.stride;
    for (let x = 1; x < plane.width; x += step) {
      sum += Math.abs((plane.data[row + x] ?? 0) - (plane.data[row + x - 1] ?? 0));
      count += 1;
    }
  }
  return count === 0 ? 0 : sum / count;
}

/** Counts the longest run of frames that show what the run's first frame shows; one frame is a run of 1. */
export class FrozenRuns {
  private anchor: Uint8Array | null = null;
  private run = 0;
  /** Longest run so far, in frames. */
  longest = 0;

  /**
   * Takes the next frame's luma; the plane is copied where it starts a run. Frames are compared with the run's first
   * one, not with the one before, so that a slow drift, however small from frame to frame, ends a run.
   */
  add(plane: Plane): void {
    const anchor: Plane | null =
      this.anchor === null ? null : { ...plane, data: this.anchor, offset: 0, stride: plane.stride };
    if (anchor !== null && samePicture(anchor, plane)) this.run += 1;
    else {
      const size = plane.stride * plane.height;
      if (this.anchor?.length !== size) this.anchor = new Uint8Array(size);
      this.anchor.set(plane.data.subarray(plane.offset, plane.offset + size));
      this.run = 1;
    }
    this.longest = Math.max(this.longest, this.run);
  }
}

/** A picture's luma (limited range) from RGBA of 8 bits a channel. */
export function lumaOf(rgba: Uint8ClampedArray | Uint8Array, width: number, height: number): Plane {
  const data = new Uint8Array(width * height);
  for (let i = 0; i < data.length; i++) {
    const n = 4 * i;
    const grey = 0.2126 * (rgba[n] ?? 0) + 0.7152 * (rgba[n + 1] ?? 0) + 0.0722 * (rgba[n + 2] ?? 0);
    data[i] = Math.round(16 + (219 / 255) * grey);
  }
  return { data, offset: 0, stride: width, width, height };
}

/** Part of the long side by which a picture is shifted to see whether motion would show. */
const EVEN_SHIFT = 1 / 64;

/**
 * Whether a picture is so even (one colour, a soft gradient) that a clip of it may seem to stand still: a shift either
 * way changes no block by much.
 */
export function mayStandStill(picture: Plane): boolean {
  const shift = Math.max(1, Math.round(EVEN_SHIFT * Math.max(picture.width, picture.height)));
  const { offset, stride, width, height } = picture;
  const across = { ...picture, width: width - shift };
  const down = { ...picture, height: height - shift };
  return (
    samePicture(across, { ...across, offset: offset + shift }, 2 * SAME_LEVELS) &&
    samePicture(down, { ...down, offset: offset + shift * stride }, 2 * SAME_LEVELS)
  );
}
