import type { Files } from './harness.ts';

/** An entry of an archive and what it lies about. */
export interface Entry {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Stored as it is when left out. */
  readonly deflate?: boolean;
  /** Length that the directory claims. */
  readonly says?: number;
  readonly encrypted?: boolean;
}

async function deflated(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream('deflate-raw'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** CRC-32 of bytes. @source PKWARE APPNOTE 4.4.7 */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb8_8320 : crc >>> 1;
  }
  return (crc ^ 0xffff_ffff) >>> 0;
}

/** Numbers of 2 (lower case) or 4 bytes, little-endian. */
function record(...fields: readonly (readonly ['2' | '4', number])[]): Uint8Array<ArrayBuffer> {
  const out: number[] = [];
  for (const [size, value] of fields) {
    for (let byte = 0; byte < Number(size); byte += 1) out.push(Math.floor(value / 256 ** byte) & 0xff);
  }
  return new Uint8Array(out);
}

/** An archive, byte by byte, so that it can say what no good one says. @source PKWARE APPNOTE 4.3 */
export async function writeZip(entries: readonly Entry[]): Promise<File> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const directory: Uint8Array<ArrayBuffer>[] = [];
  let at = 0;
  for (const { name, bytes, deflate = false, says = bytes.length, encrypted = false } of entries) {
    const encoded = new TextEncoder().encode(name);
    const data = deflate ? await deflated(bytes) : bytes;
    const common = record(
      ['2', 20],
      ['2', 0x800 | (encrypted ? 1 : 0)],
      ['2', deflate ? 8 : 0],
      ['4', 0x5a21_0000],
      ['4', crc32(bytes)],
      ['4', data.length],
      ['4', says],
      ['2', encoded.length],
      ['2', 0],
    );
    parts.push(record(['4', 0x0403_4b50]), common, encoded, data);
    directory.push(
      record(['4', 0x0201_4b50], ['2', 20]),
      common,
      record(['2', 0], ['2', 0], ['2', 0], ['4', 0], ['4', at]),
      encoded,
    );
    at += 4 + common.length + encoded.length + data.length;
  }
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  const count = entries.length;
  const end = record(
    ['4', 0x0605_4b50],
    ['2', 0],
    ['2', 0],
    ['2', count],
    ['2', count],
    ['4', size],
    ['4', at],
    ['2', 0],
  );
  return new File([...parts, ...directory, end], 'pack.zip');
}

/** A pack's files as entries, packed. */
export const entriesOf = (files: Files, below = ''): Entry[] =>
  [...files].map(([path, bytes]) => ({ name: below + path, bytes, deflate: true }));
