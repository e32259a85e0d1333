/**
 * A picture as luma and half-size chroma planes (BT.709, limited range), with its border pixels repeated `PAD` times on
 * every side, so that a bilinear sample just outside needs no test.
 */
export interface PaddedPicture {
  /** Size without the padding, in luma pixels; even. */
  readonly width: number;
  readonly height: number;
  readonly luma: PaddedPlane;
  readonly cb: PaddedPlane;
  readonly cr: PaddedPlane;
}

export interface PaddedPlane {
  readonly width: number;
  readonly height: number;
  /** Bytes from one row to the next: width + 2 × PAD. */
  readonly stride: number;
  readonly data: Uint8Array;
}

/** Repeated pixels on every side of a plane. */
export const PAD = 24;

function plane(width: number, height: number, at: (x: number, y: number) => number): PaddedPlane {
  const stride = width + 2 * PAD;
  const data = new Uint8Array(stride * (height + 2 * PAD));
  for (let y = 0; y < height; y++) {
    const row = (y + PAD) * stride + PAD;
    for (let x = 0; x < width; x++) data[row + x] = at(x, y);
    data.fill(data[row] as number, row - PAD, row);
    data.fill(data[row + width - 1] as number, row + width, row + width + PAD);
  }
  for (let k = 0; k < PAD; k++) {
    data.copyWithin(k * stride, PAD * stride, (PAD + 1) * stride);
    data.copyWithin((height + PAD + k) * stride, (height + PAD - 1) * stride, (height + PAD) * stride);
  }
  return { width, height, stride, data };
}

/**
 * Converts RGBA (8 bits a channel, opaque) to planes.
 * @source ITU-R BT.709: luma .2126 R + .7152 G + .0722 B on 16 … 235, chroma on 16 … 240.
 */
export function paddedPicture(
  rgba: Uint8ClampedArray | Uint8Array,
  width: number,
  height: number,
): PaddedPicture {
  const luma = plane(width, height, (x, y) => {
    const n = 4 * (y * width + x);
    return Math.round(
      16 +
        (219 / 255) *
          (0.2126 * (rgba[n] as number) +
            0.7152 * (rgba[n + 1] as number) +
            0.0722 * (rgba[n + 2] as number)),
    );
  });
  const halfWidth = Math.max(1, width >> 1);
  const halfHeight = Math.max(1, height >> 1);
  const mean = (x: number, y: number, k: number): number => {
    const n = 4 * (2 * y * width + 2 * x) + k;
    const below = 2 * y + 1 < height ? 4 * width : 0;
    return (
      ((rgba[n] as number) +
        (rgba[n + 4] as number) +
        (rgba[n + below] as number) +
        (rgba[n + below + 4] as number)) /
      4
    );
  };
  const chroma = (blue: boolean) => (x: number, y: number) => {
    const r = mean(x, y, 0);
    const b = mean(x, y, 2);
    const grey = 0.2126 * r + 0.7152 * mean(x, y, 1) + 0.0722 * b;
    return Math.round(128 + (224 / 255) * (blue ? (b - grey) / 1.8556 : (r - grey) / 1.5748));
  };
  return {
    width,
    height,
    luma,
    cb: plane(halfWidth, halfHeight, chroma(true)),
    cr: plane(halfWidth, halfHeight, chroma(false)),
  };
}

/** A frame being drawn: I420 planes in one buffer, rows `stride` (luma) and `stride / 2` (chroma) bytes apart. */
export interface FramePlanes {
  readonly width: number;
  readonly height: number;
  readonly stride: number;
  readonly offsets: readonly [number, number, number];
  readonly data: Uint8Array<ArrayBuffer>;
}

/** An empty frame. Width and height are even. */
export function createFramePlanes(width: number, height: number): FramePlanes {
  const stride = Math.ceil(width / 8) * 8;
  const chroma = (stride / 2) * (height / 2);
  return {
    width,
    height,
    stride,
    offsets: [0, stride * height, stride * height + chroma],
    data: new Uint8Array(stride * height + 2 * chroma),
  };
}

/** Writes a frame as opaque RGBA into `out` (width × height × 4). */
export function framePlanesToRgba(frame: FramePlanes, out: Uint8ClampedArray): void {
  const { width, height, stride, offsets, data } = frame;
  for (let y = 0, n = 0; y < height; y++) {
    const row = y * stride;
    const half = (y >> 1) * (stride / 2);
    for (let x = 0; x < width; x++, n += 4) {
      const luma = 1.164384 * ((data[row + x] as number) - 16);
      const cb = (data[offsets[1] + half + (x >> 1)] as number) - 128;
      const cr = (data[offsets[2] + half + (x >> 1)] as number) - 128;
      out[n] = luma + 1.792741 * cr;
      out[n + 1] = luma - 0.213249 * cb - 0.532909 * cr;
      out[n + 2] = luma + 2.112402 * cb;
      out[n + 3] = 255;
    }
  }
}
