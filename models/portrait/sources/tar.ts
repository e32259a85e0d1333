import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { AppError } from '../../../src/contracts/errors.ts';

const BLOCK = 512;

function field(header: Buffer, at: number, length: number): string {
  const end = header.indexOf(0, at);
  return header.toString('latin1', at, end < 0 || end > at + length ? at + length : end);
}

/**
 * Reads some regular files out of a gzip-compressed tar archive, streaming, so that an archive of any size
 * needs no more memory than the files wanted.
 * @param wanted paths inside the archive.
 * @returns contents by path; a path that the archive lacks is not in it.
 * @throws ERR_MODEL_DAMAGED when it is not such an archive.
 * @source POSIX.1-2017, pax, "ustar Interchange Format"
 */
export async function readFromTar(
  archive: string,
  wanted: ReadonlySet<string>,
): Promise<Map<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>();
  let header = Buffer.alloc(0);
  let path: string | null = null;
  let kept: Buffer[] | null = null;
  let left = 0;
  let padding = 0;
  const take = (input: Buffer): void => {
    let chunk = input;
    while (chunk.length > 0) {
      if (left > 0) {
        const part = chunk.subarray(0, left);
        kept?.push(part);
        left -= part.length;
        chunk = chunk.subarray(part.length);
        if (left === 0 && kept && path !== null) found.set(path, new Uint8Array(Buffer.concat(kept)));
        continue;
      }
      if (padding > 0) {
        const skipped = Math.min(padding, chunk.length);
        padding -= skipped;
        chunk = chunk.subarray(skipped);
        continue;
      }
      const part = chunk.subarray(0, BLOCK - header.length);
      header = Buffer.concat([header, part]);
      chunk = chunk.subarray(part.length);
      if (header.length < BLOCK) return;
      const current = header;
      header = Buffer.alloc(0);
      if (current.every((byte) => byte === 0)) continue;
      if (!field(current, 257, 6).startsWith('ustar'))
        throw new AppError('ERR_MODEL_DAMAGED', 'not a tar archive', { details: { archive } });
      const prefix = field(current, 345, 155);
      const type = field(current, 156, 1);
      path = (prefix && `${prefix}/`) + field(current, 0, 100);
      left = parseInt(field(current, 124, 12).trim(), 8);
      padding = (BLOCK - (left % BLOCK)) % BLOCK;
      kept = (type === '0' || type === '') && wanted.has(path) ? [] : null;
      if (left === 0 && kept) found.set(path, new Uint8Array(0));
    }
  };
  try {
    const gunzip = createReadStream(archive).pipe(createGunzip());
    for await (const chunk of gunzip) {
      if (!Buffer.isBuffer(chunk)) throw new TypeError('a stream of bytes was expected');
      take(chunk);
    }
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError('ERR_MODEL_DAMAGED', `${archive} cannot be unpacked`, { details: { archive }, cause });
  }
  if (left > 0)
    throw new AppError('ERR_MODEL_DAMAGED', `${archive} ends too early`, { details: { archive } });
  return found;
}
