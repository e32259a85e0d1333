/** An RGBA picture, 8 bits a channel, row by row; the same size as the analysed picture. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray | Uint8Array;
}

/** Luma (BT.709) 0 … 255 at a position in pixels, bilinear, clamped. */
export function lumaAt(pixels: Pixels, x: number, y: number): number {
  const [r, g, b] = colourAt(pixels, x, y);
  return 255 * (0.2126 * r + 0.7152 * g + 0.0722 * b);
}

/** Colour 0 … 1 at a position in pixels, bilinear, clamped. */
export function colourAt(pixels: Pixels, x: number, y: number): [number, number, number] {
  const { width, height, data } = pixels;
  const cx = Math.min(width - 1, Math.max(0, x - 0.5));
  const cy = Math.min(height - 1, Math.max(0, y - 0.5));
  const i = Math.floor(cx);
  const j = Math.floor(cy);
  const i1 = Math.min(width - 1, i + 1);
  const j1 = Math.min(height - 1, j + 1);
  const fx = cx - i;
  const fy = cy - j;
  const out: [number, number, number] = [0, 0, 0];
  for (let k = 0; k < 3; k++) {
    const a = (data[4 * (j * width + i) + k] ?? 0) * (1 - fx) + (data[4 * (j * width + i1) + k] ?? 0) * fx;
    const b = (data[4 * (j1 * width + i) + k] ?? 0) * (1 - fx) + (data[4 * (j1 * width + i1) + k] ?? 0) * fx;
    out[k] = (a * (1 - fy) + b * fy) / 255;
  }
  return out;
}
