import { AppError } from '../../contracts/errors.ts';
import { PACK_FILE } from './plan.ts';

const unsafe = (path: string, why: string): AppError =>
  new AppError('ERR_MODEL_UNSAFE', `refused ${JSON.stringify(path.slice(0, 200))}: ${why}`, {
    details: { file: path.slice(0, 200), why },
  });

/** @throws ERR_MODEL_UNSAFE when a name could mean anything but a place below where it is. */
function checkName(path: string): void {
  if (path.includes('\\')) throw unsafe(path, 'a backslash');
  if (path.startsWith('/') || /^[a-z]:/i.test(path)) throw unsafe(path, 'an absolute path');
  if (path.includes('\0')) throw unsafe(path, 'a zero byte');
  for (const segment of path.split('/')) {
    if (segment === '..' || segment === '.') throw unsafe(path, 'a path that climbs');
    if (segment === '') throw unsafe(path, 'an empty part');
  }
}

/** `pack.json` in the folder itself, or in the only folder that it holds. Null where there is none, or more than one. */
function rootOf(paths: readonly string[]): string | null {
  if (paths.includes(PACK_FILE)) return '';
  const roots = paths.filter((path) => path.split('/').length === 2 && path.endsWith(`/${PACK_FILE}`));
  const [only] = roots;
  return roots.length === 1 && only !== undefined ? only.slice(0, -PACK_FILE.length) : null;
}

/**
 * What a chosen folder or archive holds, by path below the pack's folder. Files beside that folder are left out.
 *
 * @param entries each with its path, as the folder or archive names it; directories left out.
 * @throws ERR_MODEL_UNSAFE for a path that climbs, is absolute, has a backslash, comes twice or differs only in its letters'
 * size; ERR_MODEL_MISSING when there is no `pack.json` or more than one.
 */
export function entriesByPath<Entry>(
  entries: readonly (readonly [path: string, entry: Entry])[],
): ReadonlyMap<string, Entry> {
  const seen = new Map<string, string>();
  for (const [path] of entries) {
    checkName(path);
    const folded = path.normalize('NFC').toLowerCase();
    const other = seen.get(folded);
    if (other !== undefined)
      throw unsafe(path, other === path ? 'it comes twice' : 'it differs from another only in case');
    seen.set(folded, path);
  }
  const root = rootOf(entries.map(([path]) => path));
  if (root === null) {
    throw new AppError('ERR_MODEL_MISSING', 'there is no pack.json, or more than one', {
      details: { file: PACK_FILE },
    });
  }
  return new Map(
    entries
      .filter(([path]) => path.startsWith(root))
      .map(([path, entry]) => [path.slice(root.length), entry]),
  );
}
