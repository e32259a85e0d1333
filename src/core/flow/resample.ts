/** Positions that differ by less are the same frame. */
const SAME = 1e-6;

/**
 * Turns a model's row of frames into a clip's at another rate: the clip's frame k lies at the model's frame
 * k·modelFps/fps, a linear mix of its neighbours.
 */
export class RateChanger {
  readonly #step: number;
  readonly #frames: number;
  #before: Float32Array | null = null;
  #arrived = 0;
  #given = 0;

  /** @param frames of the clip; later ones are not given. */
  constructor(modelFps: number, fps: number, frames: number) {
    if (!(modelFps > 0 && fps > 0)) throw new RangeError(`no frames at ${modelFps} or ${fps} a second`);
    this.#step = modelFps / fps;
    this.#frames = frames;
  }

  /**
   * Takes the model's next frame, which is kept until the one after it.
   * @returns the clip's frames that are known now, in order; may be none, may be the frame itself.
   */
  push(planes: Float32Array): Float32Array[] {
    const at = this.#arrived++;
    const before = this.#before;
    const known: Float32Array[] = [];
    while (this.#given < this.#frames) {
      const place = this.#given * this.#step;
      if (place > at + SAME) break;
      this.#given++;
      const share = place - (at - 1);
      if (!before || share > 1 - SAME) known.push(planes);
      else known.push(share < SAME ? before : mix(before, planes, share));
    }
    this.#before = planes;
    return known;
  }
}

function mix(a: Float32Array, b: Float32Array, share: number): Float32Array {
  const out = new Float32Array(a.length);
  for (let i = 0; i < out.length; i++) {
    const from = a[i] ?? 0;
    out[i] = from + share * ((b[i] ?? 0) - from);
  }
  return out;
}
