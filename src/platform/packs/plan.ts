import { AppError } from '../../contracts/errors.ts';
import { PACK_SIGNATURE_FILE, type Pack } from '../../contracts/pack.ts';

/** Name of the file that says what a pack is. */
export const PACK_FILE = 'pack.json';

/** A file that belongs to a pack, besides `pack.json` and its signature. */
export interface PlannedFile {
  /** Below the pack's folder, with forward slashes. */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  /**
   * SHA-256 of each chunk in order; a file that is no longer than one chunk is its own chunk. Null where a longer file has
   * no list: it can only be checked as a whole.
   */
  readonly chunks: readonly string[] | null;
}

/** Names that lead somewhere else, on any system. */
const CLIMBS = /(?:^|[\\/])\.\.?(?:[\\/]|$)|^[\\/]|^[a-z]:|\\|\0/i;

/**
 * Tells a name that leads out of the pack from one that is merely wrong.
 *
 * @param raw `pack.json`, parsed as JSON and nothing more.
 * @throws ERR_MODEL_UNSAFE
 */
export function refuseClimbing(raw: unknown): void {
  if (typeof raw !== 'object' || raw === null) return;
  for (const [key, value] of Object.entries(raw)) {
    if (key === 'constants') continue;
    if ((key === 'file' || key === 'path') && typeof value === 'string' && CLIMBS.test(value)) {
      throw unsafe(value.slice(0, 200), 'it leads out of the pack');
    }
    refuseClimbing(value);
  }
}

interface Listed {
  readonly file: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly chunks?: readonly string[] | undefined;
}

/** Number of chunks in so many bytes. */
export const chunkCount = (bytes: number, chunkBytes: number): number => Math.ceil(bytes / chunkBytes);

const contradiction = (path: string, why: string): AppError =>
  new AppError('ERR_MODEL_DAMAGED', `pack.json contradicts itself about ${path}: ${why}`, {
    details: { file: path, why },
  });

const unsafe = (path: string, why: string): AppError =>
  new AppError('ERR_MODEL_UNSAFE', `pack.json names ${path}: ${why}`, { details: { file: path, why } });

function chunksOf(one: Listed, chunkBytes: number): readonly string[] | null {
  const count = chunkCount(one.bytes, chunkBytes);
  if (one.chunks === undefined) return count === 1 ? [one.sha256] : null;
  if (one.chunks.length !== count) throw contradiction(one.file, `it has ${count} chunks`);
  if (count === 1 && one.chunks[0] !== one.sha256)
    throw contradiction(one.file, 'two hashes for the same bytes');
  return one.chunks;
}

/** @throws ERR_MODEL_UNSAFE when two names would meet in one place, on any kind of disk. */
function checkNames(files: Iterable<PlannedFile>): void {
  const seen = new Set([PACK_FILE, PACK_SIGNATURE_FILE]);
  const folders = new Set<string>();
  for (const { path } of files) {
    const folded = path.toLowerCase();
    if (seen.has(folded)) throw unsafe(path, 'another file has this name in other letters');
    seen.add(folded);
    for (let slash = folded.indexOf('/'); slash >= 0; slash = folded.indexOf('/', slash + 1)) {
      folders.add(folded.slice(0, slash));
    }
  }
  for (const folder of folders) if (seen.has(folder)) throw unsafe(folder, 'it is a file and a folder');
}

/**
 * Every file of a pack, once, in the order in which it is fetched.
 *
 * @param pack parsed, so that its paths can't climb.
 * @param chunkBytes CHUNK_BYTES, unless a test makes smaller packs.
 * @throws ERR_MODEL_DAMAGED where it contradicts itself, ERR_MODEL_UNSAFE where names meet.
 */
export function planPack(pack: Pack, chunkBytes: number): readonly PlannedFile[] {
  const listed: Listed[] = [...pack.files, ...pack.graphs.flatMap((graph) => [graph, ...graph.shards])];
  const plan = new Map<string, PlannedFile>();
  for (const one of listed) {
    const known = plan.get(one.file);
    const chunks = chunksOf(one, chunkBytes);
    if (known !== undefined) {
      if (known.sha256 !== one.sha256 || known.bytes !== one.bytes)
        throw contradiction(one.file, 'it is named twice and differs');
      if (known.chunks !== null && chunks !== null && known.chunks.join() !== chunks.join())
        throw contradiction(one.file, 'two lists of chunks');
      if (known.chunks !== null) continue;
    }
    plan.set(one.file, { path: one.file, bytes: one.bytes, sha256: one.sha256, chunks });
  }
  checkNames(plan.values());
  return [...plan.values()];
}

/** Bytes of all files of a plan together. */
export const planBytes = (plan: readonly PlannedFile[]): number =>
  plan.reduce((sum, { bytes }) => sum + bytes, 0);

/** First byte and the byte after the last one of a chunk. */
export function chunkSpan(file: PlannedFile, index: number, chunkBytes: number): readonly [number, number] {
  return [index * chunkBytes, Math.min((index + 1) * chunkBytes, file.bytes)];
}
