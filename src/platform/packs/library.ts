import { AppError } from '../../contracts/errors.ts';
import { PACK_SIGNATURE_FILE, type Pack } from '../../contracts/pack.ts';
import type { KeptPack, PackKey } from '../../contracts/packs.api.ts';
import { findFile, findFolder, namesIn, removeEntry } from './disk.ts';
import { PACK_FILE, planBytes, planPack, type PlannedFile } from './plan.ts';
import { judgeSignature, type Trust } from './signature.ts';
import { packOfText, readState, type KeptState } from './state.ts';

/** A pack's folder and what is remembered of it. */
export interface KeptFolder {
  readonly folder: FileSystemDirectoryHandle;
  readonly state: KeptState;
  readonly pack: Pack;
  readonly plan: readonly PlannedFile[];
}

const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

/** A version that is kept in any state; null where there is none. */
export async function findKept(
  root: FileSystemDirectoryHandle,
  packId: string,
  version: string,
  chunkBytes: number,
): Promise<KeptFolder | null> {
  const folder = await findFolder(root, packId, version);
  if (folder === null) return null;
  const state = await readState(folder);
  const pack = state === null ? null : packOfText(state.packText);
  if (state === null || pack === null || pack.id !== packId || pack.version !== version) return null;
  try {
    return { folder, state, pack, plan: planPack(pack, chunkBytes) };
  } catch {
    return null;
  }
}

/** What a kept pack's signature is worth today; null where it is by a trusted key and doesn't hold. */
async function trustOf({ packText, signature }: KeptState, keys: readonly PackKey[]): Promise<Trust | null> {
  try {
    return await judgeSignature(bytesOf(packText), signature === null ? null : bytesOf(signature), keys);
  } catch {
    return null;
  }
}

/** A kept pack as it is shown. An installed one whose files have other lengths by now is damaged, without reading them. */
export async function describeKept(
  kept: KeptFolder,
  keys: readonly PackKey[],
  chunkBytes: number,
): Promise<KeptPack> {
  const { folder, state, pack, plan } = kept;
  let haveBytes = 0;
  const wrong: string[] = [];
  for (const file of plan) {
    const bytes = (await findFile(folder, file.path))?.size ?? 0;
    if (bytes === file.bytes) haveBytes += bytes;
    else {
      haveBytes += Math.min(file.bytes, Math.floor(bytes / chunkBytes) * chunkBytes);
      wrong.push(file.path);
    }
  }
  const trust = await trustOf(state, keys);
  if (trust === null) wrong.push(PACK_SIGNATURE_FILE);
  const own = bytesOf(state.packText).length + (state.signature?.length ?? 0);
  const { from } = state;
  return {
    pack,
    state: state.state === 'installed' && wrong.length > 0 ? 'damaged' : state.state,
    trust: trust?.trust ?? 'unsigned',
    keyId: trust?.keyId ?? null,
    bytes: planBytes(plan) + own,
    haveBytes: haveBytes + own,
    from: 'url' in from ? { kind: 'url', url: from.url } : { kind: from.kind },
    installedAtMs: state.installedAtMs,
    verifiedAtMs: state.verifiedAtMs,
    damagedFiles: state.state === 'partial' ? [] : [...new Set([...state.damagedFiles, ...wrong])].sort(),
  };
}

/** Versions of one pack that have a folder, whatever is in them. */
export async function versionsOf(root: FileSystemDirectoryHandle, packId: string): Promise<string[]> {
  const folder = await findFolder(root, packId);
  return folder === null ? [] : namesIn(folder, 'directory');
}

/** Takes away a version, and the pack's folder when that was the last one. */
export async function removeVersion(
  root: FileSystemDirectoryHandle,
  packId: string,
  version: string,
): Promise<void> {
  const folder = await findFolder(root, packId);
  if (folder === null) return;
  await removeEntry(folder, version);
  const left = [...(await namesIn(folder, 'directory')), ...(await namesIn(folder, 'file'))];
  if (left.length === 0) await removeEntry(root, packId);
}

/** Names of all files that a pack may be asked for. */
export function filesOf(pack: Pack): ReadonlySet<string> {
  return new Set([
    ...pack.files.map(({ file }) => file),
    ...pack.graphs.flatMap((graph) => [graph.file, ...graph.shards.map(({ file }) => file)]),
  ]);
}

/** Whether `pack.json` and its signature on disk are what is remembered of them. */
export async function ownFilesDamaged({ folder, state }: KeptFolder): Promise<string[]> {
  const wrong: string[] = [];
  for (const [path, text] of [
    [PACK_FILE, state.packText],
    [PACK_SIGNATURE_FILE, state.signature],
  ] as const) {
    if (text !== null && (await (await findFile(folder, path))?.text()) !== text) wrong.push(path);
  }
  return wrong;
}

/** Name of the Web Lock of a pack: whoever changes it holds it alone, whoever makes clips with it shares it. */
export const lockName = (root: string, packId: string): string => `stillwake-${root}-${packId}`;

/** @throws ERR_MODEL_BUSY when somebody else works on the pack, in this tab or another */
export async function alone<T>(root: string, packId: string, work: () => Promise<T>): Promise<T> {
  return navigator.locks.request(lockName(root, packId), { ifAvailable: true }, (lock) => {
    if (lock !== null) return work();
    throw new AppError('ERR_MODEL_BUSY', `somebody else is working on ${packId}`, {
      retryable: true,
      details: { pack: packId },
    });
  });
}
