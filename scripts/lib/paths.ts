import { fileURLToPath } from 'node:url';

/**
 * An absolute path in the project.
 *
 * @param path relative to the project's root, with forward slashes.
 */
export function projectPath(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url));
}
