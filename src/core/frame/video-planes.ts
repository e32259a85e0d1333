import { createFramePlanes, type FramePlanes } from '../draw/planes.ts';

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Which samples make up each sample of a line of another length, and how much each counts. */
interface Taps {
  readonly count: number;
  /** [n, count], inside the line. */
  readonly from: Int32Array;
  /** [n, count]; a sample's add up to 1. */
  readonly weights: Float32Array;
}

/** @source R. Keys, Cubic Convolution Interpolation for Digital Image Processing, 1981; a = −1/2 */
function cubic(distance: number): number {
  const x = Math.abs(distance);
  if (x < 1) return 1.5 * x ** 3 - 2.5 * x ** 2 + 1;
  return x < 2 ? -0.5 * x ** 3 + 2.5 * x ** 2 - 4 * x + 2 : 0;
}

/** Cubic both ways; where a line becomes shorter the filter is as much wider, so that nothing flickers. */
function tapsOf(given: number, wanted: number): Taps {
  const scale = given / wanted;
  if (scale === 1) {
    return {
      count: 1,
      from: Int32Array.from({ length: wanted }, (_, i) => i),
      weights: new Float32Array(wanted).fill(1),
    };
  }
  const wide = Math.max(1, scale);
  const count = Math.ceil(4 * wide) + 1;
  const from = new Int32Array(wanted * count);
  const weights = new Float32Array(wanted * count);
  for (let i = 0; i < wanted; i++) {
    const centre = (i + 0.5) * scale - 0.5;
    const first = Math.ceil(centre - 2 * wide);
    let sum = 0;
    for (let k = 0; k < count; k++) {
      const weight = cubic((first + k - centre) / wide);
      from[i * count + k] = Math.min(given - 1, Math.max(0, first + k));
      weights[i * count + k] = weight;
      sum += weight;
    }
    for (let k = 0; k < count; k++) weights[i * count + k] = (weights[i * count + k] ?? 0) / sum;
  }
  return { count, from, weights };
}

/** Scales one plane into bytes. */
class PlaneScaler {
  readonly #given: Size;
  readonly #wanted: Size;
  readonly #across: Taps;
  readonly #down: Taps;
  readonly #narrow: Float32Array;
  readonly #row: Float32Array;

  constructor(given: Size, wanted: Size) {
    this.#given = given;
    this.#wanted = wanted;
    this.#across = tapsOf(given.width, wanted.width);
    this.#down = tapsOf(given.height, wanted.height);
    this.#narrow = new Float32Array(wanted.width * given.height);
    this.#row = new Float32Array(wanted.width);
  }

  /** @param most the largest byte; 16 is the smallest. */
  write(plane: Float32Array, out: Uint8Array, offset: number, stride: number, most: number): void {
    const { width: gw, height: gh } = this.#given;
    const { width, height } = this.#wanted;
    const narrow = this.#narrow;
    const row = this.#row;
    const { count, from, weights } = this.#across;
    for (let y = 0; y < gh; y++) {
      for (let x = 0; x < width; x++) {
        let sum = 0;
        for (let k = x * count; k < (x + 1) * count; k++) {
          sum += (weights[k] as number) * (plane[y * gw + (from[k] as number)] as number);
        }
        narrow[y * width + x] = sum;
      }
    }
    const down = this.#down;
    for (let y = 0; y < height; y++) {
      row.fill(0.5);
      for (let k = y * down.count; k < (y + 1) * down.count; k++) {
        const weight = down.weights[k] as number;
        const at = (down.from[k] as number) * width;
        for (let x = 0; x < width; x++) row[x] = (row[x] as number) + weight * (narrow[at + x] as number);
      }
      const to = offset + y * stride;
      // Half was added before; a byte takes the whole part.
      for (let x = 0; x < width; x++) out[to + x] = Math.min(most, Math.max(16, row[x] as number));
    }
  }
}

/**
 * Makes video frames of a model's: colours to luma and chroma, then to the clip's size.
 * @source ITU-R BT.709-6, 3.2 to 3.5: luma .2126 R + .7152 G + .0722 B on 16 … 235, chroma on 16 … 240
 */
export class VideoPlanes {
  readonly #luma: PlaneScaler;
  readonly #chroma: PlaneScaler;
  readonly #planes: readonly [Float32Array, Float32Array, Float32Array];
  readonly #frame: FramePlanes;

  /** @param wanted even width and height. */
  constructor(given: Size, wanted: Size) {
    const size = given.width * given.height;
    this.#luma = new PlaneScaler(given, wanted);
    this.#chroma = new PlaneScaler(given, { width: wanted.width / 2, height: wanted.height / 2 });
    this.#planes = [new Float32Array(size), new Float32Array(size), new Float32Array(size)];
    this.#frame = createFramePlanes(wanted.width, wanted.height);
  }

  /**
   * @param rgb red, green and blue planes [3, H, W], 0…1.
   * @returns I420, limited range; holds until the next call.
   */
  draw(rgb: Float32Array): FramePlanes {
    const [luma, cb, cr] = this.#planes;
    const size = luma.length;
    if (rgb.length !== 3 * size) throw new RangeError('a frame has another size');
    for (let i = 0; i < size; i++) {
      const r = rgb[i] as number;
      const b = rgb[2 * size + i] as number;
      const grey = 0.2126 * r + 0.7152 * (rgb[size + i] as number) + 0.0722 * b;
      luma[i] = 16 + 219 * grey;
      cb[i] = 128 + (224 * (b - grey)) / 1.8556;
      cr[i] = 128 + (224 * (r - grey)) / 1.5748;
    }
    const { data, offsets, stride } = this.#frame;
    this.#luma.write(luma, data, offsets[0], stride, 235);
    this.#chroma.write(cb, data, offsets[1], stride / 2, 240);
    this.#chroma.write(cr, data, offsets[2], stride / 2, 240);
    return this.#frame;
  }
}
