/**
 * Reads single files out of an emscripten filesystem image: a `.data` file of LZ4 blocks and the
 * `.js` loader beside it, which holds the directory and the block table.
 *
 * @source https://emscripten.org/docs/porting/files/packaging_files.html (the `--lz4` option)
 */

/** Uncompressed size of every block but the last, fixed by the packager. */
const BLOCK_BYTES = 2048;

/** Where one file lies in the uncompressed image, in bytes. */
interface Entry {
  readonly filename: string;
  readonly start: number;
  readonly end: number;
}

/** A filesystem image, indexed. */
export interface FilesystemImage {
  /** Paths inside the image. */
  readonly paths: readonly string[];
  /**
   * One file's bytes, newly allocated.
   *
   * @throws Error when the path is not in the image or a block does not decode to its stated size
   */
  read(path: string): Uint8Array;
}

function numbersAfter(loader: string, key: string): number[] {
  const from = loader.indexOf(`${key}:[`);
  const to = loader.indexOf(']', from);
  if (from < 0 || to < 0) throw new Error(`the loader has no ${key}`);
  return loader
    .slice(from + key.length + 2, to)
    .split(',')
    .map(Number);
}

/**
 * Decodes one LZ4 block.
 *
 * @param block compressed bytes, read only
 * @param size uncompressed size in bytes
 * @returns new array of `size` bytes
 * @throws Error when the block does not give exactly `size` bytes
 * @source https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md
 */
export function decodeLz4Block(block: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(size);
  let read = 0;
  let write = 0;
  const byte = (): number => block[read++] ?? 0;
  const extend = (length: number): number => {
    if (length !== 15) return length;
    let more = 255;
    while (more === 255 && read < block.length) length += more = byte();
    return length;
  };
  while (read < block.length) {
    const token = byte();
    const literals = extend(token >> 4);
    out.set(block.subarray(read, read + literals), write);
    read += literals;
    write += literals;
    if (read >= block.length) break;
    const distance = byte() | (byte() << 8);
    if (distance === 0 || distance > write) throw new Error('bad LZ4 block: match before its start');
    const end = write + extend(token & 15) + 4;
    if (end > size) throw new Error('bad LZ4 block: longer than stated');
    for (; write < end; write++) out[write] = out[write - distance] ?? 0;
  }
  if (write !== size) throw new Error(`bad LZ4 block: ${write} of ${size} bytes`);
  return out;
}

/**
 * Opens a filesystem image.
 *
 * @param loader text of the `.js` loader
 * @param data bytes of the `.data` file; kept by the returned reader, not changed
 * @throws Error when the loader does not have the expected tables
 */
export function openFilesystemImage(loader: string, data: Uint8Array): FilesystemImage {
  const offsets = numbersAfter(loader, 'offsets');
  const compressed = numbersAfter(loader, 'successes');
  const entries = new Map<string, Entry>();
  for (const match of loader.matchAll(/filename:"([^"]+)",start:(\d+),end:(\d+)/g)) {
    const filename = match[1] ?? '';
    entries.set(filename, { filename, start: Number(match[2]), end: Number(match[3]) });
  }
  if (entries.size === 0) throw new Error('the loader has no directory');
  const total = Math.max(...[...entries.values()].map((entry) => entry.end));
  const sizes = numbersAfter(loader, 'sizes');

  const block = (index: number): Uint8Array => {
    const from = offsets[index];
    const size = sizes[index];
    if (from === undefined || size === undefined) throw new Error(`the image has no block ${index}`);
    const bytes = data.subarray(from, from + size);
    if (compressed[index] !== 1) return bytes;
    return decodeLz4Block(bytes, Math.min(BLOCK_BYTES, total - index * BLOCK_BYTES));
  };

  return {
    paths: [...entries.keys()],
    read(path) {
      const entry = entries.get(path);
      if (entry === undefined) throw new Error(`the image has no ${path}`);
      const out = new Uint8Array(entry.end - entry.start);
      let at = entry.start;
      while (at < entry.end) {
        const index = Math.floor(at / BLOCK_BYTES);
        const inside = at - index * BLOCK_BYTES;
        const bytes = block(index).subarray(inside, inside + entry.end - at);
        if (bytes.length === 0) throw new Error(`block ${index} is empty`);
        out.set(bytes, at - entry.start);
        at += bytes.length;
      }
      return out;
    },
  };
}
