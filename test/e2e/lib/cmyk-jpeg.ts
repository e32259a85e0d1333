const SIDE = 8;
const BLOCK = SIDE * SIDE;
/** One step for every coefficient: simple, and fine enough to compare with the original. */
const QUANT = 4;

/** Order in which a block's coefficients are written. @source ITU-T T.81, figure A.6 */
const ZIGZAG: readonly number[] = Array.from({ length: BLOCK }, (_, index) => index).sort((a, b) => {
  const diagonal = (n: number): number => Math.floor(n / SIDE) + (n % SIDE);
  if (diagonal(a) !== diagonal(b)) return diagonal(a) - diagonal(b);
  return diagonal(a) % 2 === 0 ? b - a : a - b;
});

/** Cosines of the transform, `[frequency][sample]`. @source ITU-T T.81, A.3.3 */
const COSINES: readonly (readonly number[])[] = Array.from({ length: SIDE }, (_f, frequency) =>
  Array.from(
    { length: SIDE },
    (_s, sample) =>
      (frequency === 0 ? Math.SQRT1_2 : 1) * 0.5 * Math.cos(((2 * sample + 1) * frequency * Math.PI) / 16),
  ),
);

/** Symbols of the two Huffman tables; each symbol's code is its index, of a fixed length. */
const DC = { bits: 4, symbols: Array.from({ length: 12 }, (_, category) => category) };
const AC = {
  bits: 8,
  symbols: [
    0x00,
    0xf0,
    ...Array.from({ length: 160 }, (_, index) => (Math.floor(index / 10) << 4) | ((index % 10) + 1)),
  ],
};

class BitWriter {
  readonly #bytes: number[] = [];
  #held = 0;
  #count = 0;

  write(value: number, bits: number): void {
    for (let bit = bits - 1; bit >= 0; bit--) {
      this.#held = (this.#held << 1) | ((value >> bit) & 1);
      if (++this.#count === 8) {
        this.#bytes.push(this.#held);
        if (this.#held === 0xff) this.#bytes.push(0);
        this.#held = 0;
        this.#count = 0;
      }
    }
  }

  finish(): Buffer {
    while (this.#count !== 0) this.write(1, 1);
    return Buffer.from(this.#bytes);
  }
}

function transform(samples: readonly number[]): number[] {
  const rows = Array.from({ length: BLOCK }, (_, at) => {
    const [y, u] = [Math.floor(at / SIDE), at % SIDE];
    return (COSINES[u] ?? []).reduce((sum, cosine, x) => sum + cosine * (samples[y * SIDE + x] ?? 0), 0);
  });
  return Array.from({ length: BLOCK }, (_, at) => {
    const [v, u] = [Math.floor(at / SIDE), at % SIDE];
    return (COSINES[v] ?? []).reduce((sum, cosine, y) => sum + cosine * (rows[y * SIDE + u] ?? 0), 0);
  });
}

const category = (value: number): number => 32 - Math.clz32(Math.abs(value));
const magnitude = (value: number): number => (value < 0 ? value + (1 << category(value)) - 1 : value);

/** Writes one block. @returns its DC coefficient, which the next one is relative to. */
function writeBlock(out: BitWriter, samples: readonly number[], previousDc: number): number {
  const coefficients = transform(samples).map((value) => Math.round(value / QUANT));
  const dc = coefficients[0] ?? 0;
  out.write(DC.symbols.indexOf(category(dc - previousDc)), DC.bits);
  out.write(magnitude(dc - previousDc), category(dc - previousDc));
  let run = 0;
  for (const at of ZIGZAG.slice(1)) {
    const value = coefficients[at] ?? 0;
    if (value === 0) {
      run++;
      continue;
    }
    for (; run > 15; run -= 16) out.write(AC.symbols.indexOf(0xf0), AC.bits);
    out.write(AC.symbols.indexOf((run << 4) | category(value)), AC.bits);
    out.write(magnitude(value), category(value));
    run = 0;
  }
  if (run > 0) out.write(AC.symbols.indexOf(0), AC.bits);
  return dc;
}

function segment(marker: number, data: readonly number[]): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(data.length + 2, 2);
  return Buffer.concat([head, Buffer.from(data)]);
}

function huffman(place: number, table: typeof DC): Buffer {
  const lengths = Array.from({ length: 16 }, (_, index) =>
    index + 1 === table.bits ? table.symbols.length : 0,
  );
  return segment(0xc4, [place, ...lengths, ...table.symbols]);
}

/**
 * Encodes a picture as a CMYK JPEG with Adobe's marker, as layout programs write them: ink stored inverted, no black.
 *
 * @param rgb `[H, W, 3]`, 0 to 255; width and height are multiples of 8.
 * @source ITU-T T.81, annexes A, B and F; Adobe Technical Note 5116 (APP14, transform 0)
 */
export function encodeCmykJpeg(rgb: Uint8Array, width: number, height: number): Buffer {
  const out = new BitWriter();
  const previous = [0, 0, 0, 0];
  for (let top = 0; top < height; top += SIDE) {
    for (let left = 0; left < width; left += SIDE) {
      for (let component = 0; component < 4; component++) {
        const samples = Array.from({ length: BLOCK }, (_, at) => {
          const pixel = (top + Math.floor(at / SIDE)) * width + left + (at % SIDE);
          return (component === 3 ? 255 : (rgb[pixel * 3 + component] ?? 0)) - 128;
        });
        previous[component] = writeBlock(out, samples, previous[component] ?? 0);
      }
    }
  }
  const size = [height >> 8, height & 255, width >> 8, width & 255];
  const ids = [1, 2, 3, 4];
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    segment(0xee, [...Buffer.from('Adobe', 'latin1'), 0, 100, 0, 0, 0, 0, 0]),
    segment(0xdb, [0, ...Array.from({ length: BLOCK }, () => QUANT)]),
    segment(0xc0, [8, ...size, 4, ...ids.flatMap((id) => [id, 0x11, 0])]),
    huffman(0x00, DC),
    huffman(0x10, AC),
    segment(0xda, [4, ...ids.flatMap((id) => [id, 0x00]), 0, 63, 0]),
    out.finish(),
    Buffer.from([0xff, 0xd9]),
  ]);
}
