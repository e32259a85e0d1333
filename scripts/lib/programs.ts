import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * The first of some programs that lies on the search path.
 *
 * @param names program names without an extension, in order of preference.
 */
export function findOnPath(names: readonly string[]): string | null {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const ending = process.platform === 'win32' ? '.exe' : '';
  for (const name of names) {
    for (const folder of folders) {
      const path = join(folder, name + ending);
      if (existsSync(path)) return path;
    }
  }
  return null;
}
