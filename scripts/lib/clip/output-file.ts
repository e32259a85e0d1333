import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { access, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { AppError } from '../../../src/contracts/errors.ts';

/** A file that comes into being whole or not at all. */
export interface OutputFile {
  /** Where the bytes are written, beside the wanted place. */
  readonly partPath: string;
  /** Puts the part in its place. @throws ERR_INPUT_OUTPUT */
  commit(): Promise<void>;
  /** Removes the part; harmless after {@link commit}. */
  discard(): Promise<void>;
}

function unwritable(out: string, say: string, cause?: unknown): AppError {
  return new AppError('ERR_INPUT_OUTPUT', say, { details: { path: out, say }, cause });
}

/**
 * Makes sure that a clip can be written before any work is done for it.
 *
 * @param out absolute path of the wanted file.
 * @param picture absolute path of the picture, which must not be overwritten.
 * @throws ERR_INPUT_OUTPUT when the folder is missing or not writable, or the place is taken by something else.
 */
export async function openOutput(out: string, picture: string): Promise<OutputFile> {
  if (extname(out).toLowerCase() !== '.mp4') throw unwritable(out, `${out} does not end in .mp4`);
  const folder = dirname(out);
  const there = await stat(folder).catch(() => null);
  if (there === null) throw unwritable(out, `the folder ${folder} does not exist`);
  if (!there.isDirectory()) throw unwritable(out, `${folder} is not a folder`);
  const old = await stat(out).catch(() => null);
  if (old !== null) {
    if (!old.isFile()) throw unwritable(out, `${out} is not a file`);
    const same = (await realpath(out)) === (await realpath(picture).catch(() => ''));
    if (same) throw unwritable(out, `${out} is the picture itself`);
    await access(out, constants.W_OK).catch((error: unknown) => {
      throw unwritable(out, `${out} may not be replaced`, error);
    });
  }
  const partPath = join(folder, `.${basename(out)}.${randomBytes(6).toString('hex')}.part`);
  try {
    await (await open(partPath, 'wx')).close();
  } catch (error) {
    throw unwritable(out, `nothing can be written in ${folder}`, error);
  }
  return {
    partPath,
    async commit() {
      try {
        await rename(partPath, out);
      } catch (error) {
        throw unwritable(out, `${out} can't be put in its place`, error);
      }
    },
    discard: () => rm(partPath, { force: true }),
  };
}
