/** One run of the sampler in a longer clip. */
export interface FlowSegment {
  readonly index: number;
  /** The clip's frame that this part's frame 0 stands at. Above 0 it is a frame of the part before, encoded again. */
  readonly start: number;
  /** Frames of the part that stand beside frames of the part before, after its frame 0. */
  readonly overlap: number;
}

/** Share of a part that fades into the next one, and the most frames that do. */
const OVERLAP_SHARE = 1 / 4;
const OVERLAP_MOST = 8;

/**
 * The parts of a clip that is longer than the model makes at once. Each goes on from a frame a little before the end of
 * the one before, so that their last and first frames can fade into each other.
 *
 * @param total frames wanted.
 * @param frames frames of every part.
 * @throws RangeError when parts are too short to be continued and one is not enough.
 */
export function planSegments(total: number, frames: number): readonly FlowSegment[] {
  const first: FlowSegment = { index: 0, start: 0, overlap: 0 };
  if (total <= frames) return [first];
  if (frames < 3) throw new RangeError(`parts of ${frames} frames can’t be continued`);
  const overlap = Math.min(OVERLAP_MOST, Math.floor((frames - 1) * OVERLAP_SHARE));
  const step = frames - 1 - overlap;
  const more = Math.ceil((total - frames) / step);
  return [
    first,
    ...Array.from({ length: more }, (_, i) => ({ index: i + 1, start: (i + 1) * step, overlap })),
  ];
}

/** Per colour: value ← gain·value + offset. */
export type ColourMatch = readonly (readonly [gain: number, offset: number])[];

/** What a gain may be: a part that is that much off is not only off in colour. */
const GAIN_MOST = 1.25;

function meanAndDeviation(plane: Float32Array): readonly [number, number] {
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < plane.length; i++) {
    const value = plane[i] ?? 0;
    sum += value;
    squares += value * value;
  }
  const mean = sum / plane.length;
  return [mean, Math.sqrt(Math.max(0, squares / plane.length - mean * mean))];
}

/** The map that gives `from`, planes [3, …], the mean and the contrast of `to` in every colour. */
export function matchColours(from: Float32Array, to: Float32Array): ColourMatch {
  const size = from.length / 3;
  return [0, 1, 2].map((c) => {
    const [mean, deviation] = meanAndDeviation(from.subarray(c * size, (c + 1) * size));
    const [wanted, contrast] = meanAndDeviation(to.subarray(c * size, (c + 1) * size));
    const ratio = deviation > 1e-4 ? contrast / deviation : 1;
    const gain = Math.min(GAIN_MOST, Math.max(1 / GAIN_MOST, ratio));
    return [gain, wanted - gain * mean] as const;
  });
}

/** Applies a match to planes [3, …] of 0…1, in place. */
export function applyMatch(planes: Float32Array, match: ColourMatch): void {
  const size = planes.length / 3;
  for (const [c, [gain, offset]] of match.entries()) {
    for (let i = c * size; i < (c + 1) * size; i++) {
      planes[i] = Math.min(1, Math.max(0, gain * (planes[i] ?? 0) + offset));
    }
  }
}

/** Joins the parts of a clip to one row of frames. */
export class SegmentJoiner {
  readonly #segments: readonly FlowSegment[];
  readonly #total: number;
  #match: ColourMatch | null = null;
  /** Frames from the next part's frame 0 on, as they were before that part. */
  #held: Float32Array[] = [];
  /** The same of the part that is coming in. */
  #holding: Float32Array[] = [];

  /** @param total frames of the clip. */
  constructor(segments: readonly FlowSegment[], total: number) {
    this.#segments = segments;
    this.#total = total;
  }

  /**
   * Takes the next frame of a part, planes [3, H, W] of 0…1, which changes owner; parts and their frames come in order.
   * @returns the clip's next frame where it is final now, or null. Frames that may still change come out later, in
   * place of the next part's first ones.
   */
  push(segment: FlowSegment, local: number, planes: Float32Array): Float32Array | null {
    if (local === 0) {
      this.#held = this.#holding;
      this.#holding = [];
      const before = this.#held[0];
      this.#match = before ? matchColours(planes, before) : null;
    }
    if (this.#match) applyMatch(planes, this.#match);
    const before = this.#held[local];
    if (before && local <= segment.overlap) fade(planes, before, local / (segment.overlap + 1));
    const index = segment.start + local;
    const next = this.#segments[segment.index + 1];
    if (next && index >= next.start) {
      this.#holding.push(planes);
      return null;
    }
    return index < this.#total ? planes : null;
  }

  /** The frame that the next part starts from, once its place was reached; stays the joiner's. */
  get anchor(): Float32Array | null {
    return this.#holding[0] ?? null;
  }
}

/** planes ← before, eased into planes as `time` goes from 0 to 1; at 0 all is `before`. */
function fade(planes: Float32Array, before: Float32Array, time: number): void {
  const share = time * time * (3 - 2 * time);
  for (let i = 0; i < planes.length; i++) {
    const old = before[i] ?? 0;
    planes[i] = old + share * ((planes[i] ?? 0) - old);
  }
}
