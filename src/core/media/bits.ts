/** Reads a bit string, most significant bit first, with the codes of H.264 (fixed length and Exp-Golomb). */
export class BitReader {
  private readonly bytes: Uint8Array;
  /** Next bit to read, from the start of the bytes. */
  position = 0;

  /** @param bytes a raw byte sequence payload, without emulation prevention bytes. */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** Bits in all. */
  get length(): number {
    return this.bytes.length * 8;
  }

  /** One bit. @throws RangeError past the end. */
  bit(): number {
    const byte = this.bytes[this.position >> 3];
    if (byte === undefined) throw new RangeError('The bit string is too short');
    const value = (byte >> (7 - (this.position & 7))) & 1;
    this.position += 1;
    return value;
  }

  /** An unsigned number of `count` bits, 0…32. */
  u(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i += 1) value = value * 2 + this.bit();
    return value;
  }

  /** An unsigned Exp-Golomb number. @source ITU-T H.264, 9.1 */
  ue(): number {
    let zeros = 0;
    while (this.bit() === 0) {
      zeros += 1;
      if (zeros > 32) throw new RangeError('An Exp-Golomb code is too long');
    }
    return 2 ** zeros - 1 + this.u(zeros);
  }

  /** A signed Exp-Golomb number. @source ITU-T H.264, 9.1.1 */
  se(): number {
    const k = this.ue();
    return k % 2 === 0 ? -k / 2 : (k + 1) / 2;
  }
}

/** Writes a bit string, most significant bit first. */
export class BitWriter {
  private readonly bits: number[] = [];

  /** Appends `count` bits of an unsigned number. */
  u(value: number, count: number): this {
    for (let i = count - 1; i >= 0; i -= 1) this.bits.push(Math.floor(value / 2 ** i) & 1);
    return this;
  }

  /** Appends an unsigned Exp-Golomb number. */
  ue(value: number): this {
    const length = Math.floor(Math.log2(value + 1));
    return this.u(0, length).u(value + 1, length + 1);
  }

  /** Appends the bits `[from, to)` of a reader's string. */
  copy(reader: BitReader, from: number, to: number): this {
    const kept = reader.position;
    reader.position = from;
    for (let i = from; i < to; i += 1) this.bits.push(reader.bit());
    reader.position = kept;
    return this;
  }

  /** Appends the stop bit of an H.264 payload and zeros up to a whole byte. */
  stop(): this {
    this.bits.push(1);
    while (this.bits.length % 8 !== 0) this.bits.push(0);
    return this;
  }

  /** The bytes; a last partial byte is filled with zeros. */
  bytes(): Uint8Array<ArrayBuffer> {
    const out = new Uint8Array(Math.ceil(this.bits.length / 8));
    this.bits.forEach((bit, i) => {
      out[i >> 3] = (out[i >> 3] ?? 0) | (bit << (7 - (i & 7)));
    });
    return out;
  }
}
