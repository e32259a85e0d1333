const scratch = new DataView(new ArrayBuffer(4));

/** Bits of the IEEE half nearest to `value` (ties to even), overflow to infinity. */
export function toHalf(value: number): number {
  scratch.setFloat32(0, value);
  const bits = scratch.getUint32(0);
  const sign = (bits >>> 16) & 0x8000;
  const exponent = (bits >>> 23) & 0xff;
  const mantissa = bits & 0x7fffff;
  if (exponent === 0xff) return sign | 0x7c00 | (mantissa ? 0x200 : 0);
  const shift = exponent - 112;
  if (shift >= 31) return sign | 0x7c00;
  if (shift < -10) return sign;
  const full = mantissa | 0x800000;
  const drop = shift > 0 ? 13 : 14 - shift;
  const kept = shift > 0 ? (shift << 10) | (mantissa >>> 13) : full >>> drop;
  const rest = full & ((1 << drop) - 1);
  const half = 1 << (drop - 1);
  return sign | (kept + (rest > half || (rest === half && (kept & 1) === 1) ? 1 : 0));
}

/** Value of IEEE half `bits`. */
export function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const mantissa = bits & 0x3ff;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  if (exponent === 31) return mantissa ? NaN : sign * Infinity;
  return sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
}

/** Little-endian halves as floats. */
export function halvesToFloats(bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float32Array.from({ length: bytes.byteLength >> 1 }, (_, i) =>
    fromHalf(view.getUint16(2 * i, true)),
  );
}

/** Floats as little-endian halves. */
export function floatsToHalves(values: Float32Array): Uint8Array {
  const bytes = new Uint8Array(2 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => view.setUint16(2 * i, toHalf(value), true));
  return bytes;
}

/** Little-endian 32-bit floats, copied so that alignment never matters. */
export function bytesToFloats(bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float32Array.from({ length: bytes.byteLength >> 2 }, (_, i) => view.getFloat32(4 * i, true));
}

/** Little-endian 32-bit integers, copied. */
export function bytesToInts(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.byteLength >> 2 }, (_, i) => view.getInt32(4 * i, true));
}
