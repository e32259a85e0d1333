import { AppError } from '../../contracts/errors.ts';
import { CHUNK_BYTES, type Pack } from '../../contracts/pack.ts';
import { checkFile, type PackSource } from '../ort/pack-source.ts';
import { diskError, findFile, packsFolder } from './disk.ts';
import { filesOf, findKept, versionsOf } from './library.ts';
import { PACK_FILE } from './plan.ts';
import { missing } from './reader.ts';

/** Folder of all packs in the private file system. */
export const PACKS_FOLDER = 'packs';

/** A pack of the private file system whose every file was verified when it was installed. */
export interface InstalledPack extends PackSource {
  readonly pack: Pack;
  /**
   * A file as it lies on disk, without reading it: weights go from there to the graphics processor piece by piece.
   *
   * @param path as `pack.json` names the file (`file`, not a shard's `path`).
   * @throws ERR_MODEL_MISSING, ERR_MODEL_DAMAGED when its length is another by now.
   */
  blob(path: string): Promise<File>;
}

/** Where and how packs are kept; what isn't given is the application's own. */
export interface OpfsOptions {
  readonly folder?: string;
  readonly chunkBytes?: number;
}

/**
 * Opens an installed pack; works in pages and workers. What is partial or damaged is not there.
 *
 * @param version null for the one that is installed.
 * @throws ERR_MODEL_MISSING when none is installed.
 */
export async function openInstalledPack(
  packId: string,
  version: string | null = null,
  { folder = PACKS_FOLDER, chunkBytes = CHUNK_BYTES }: OpfsOptions = {},
): Promise<InstalledPack> {
  const root = await packsFolder(folder);
  for (const candidate of version === null ? await versionsOf(root, packId) : [version]) {
    const kept = await findKept(root, packId, candidate, chunkBytes);
    if (kept?.state.state === 'installed') return sourceOf(kept.folder, kept.pack, kept.state.packText);
  }
  throw new AppError('ERR_MODEL_MISSING', `${packId} is not installed`, { details: { pack: packId } });
}

function sourceOf(folder: FileSystemDirectoryHandle, pack: Pack, packText: string): InstalledPack {
  const sizes = new Map<string, number>();
  const paths = filesOf(pack);
  for (const { file, bytes } of [
    ...pack.files,
    ...pack.graphs,
    ...pack.graphs.flatMap(({ shards }) => shards),
  ]) {
    sizes.set(file, bytes);
  }
  const blob = async (path: string): Promise<File> => {
    if (!paths.has(path)) throw missing(path, 'the pack does not name it');
    const file = await findFile(folder, path);
    if (file === null) throw missing(path, 'it is gone');
    if (file.size === sizes.get(path)) return file;
    throw new AppError('ERR_MODEL_DAMAGED', `${path} has another length than when it was installed`, {
      details: { file: path, bytes: file.size, expectedBytes: sizes.get(path) ?? 0 },
    });
  };
  return {
    pack,
    blob,
    async read(path, check) {
      if (path === PACK_FILE) return new TextEncoder().encode(packText);
      const file = await blob(path);
      let bytes: Uint8Array<ArrayBuffer>;
      try {
        bytes = new Uint8Array(await file.arrayBuffer());
      } catch (cause) {
        throw diskError(cause, path);
      }
      if (check) await checkFile(path, bytes, check);
      return bytes;
    },
  };
}
