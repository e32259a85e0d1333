import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { AppError } from '../../../src/contracts/errors.ts';
import { PORTRAIT } from '../../../src/contracts/settings.ts';
import { projectPath } from '../paths.ts';

/** What `--pack` names, before any file was looked at. */
export type PackChoice =
  | { readonly kind: 'portrait' }
  /** Absolute, with a slash at the end. */
  | { readonly kind: 'address'; readonly url: string }
  /** Absolute. */
  | { readonly kind: 'folder'; readonly path: string }
  /** An id of a pack of the project's, or else a folder beside the person: then {@link path}. */
  | { readonly kind: 'name'; readonly name: string; readonly path: string };

/** Where a flow pack is taken from. */
export type PackPlace = Extract<PackChoice, { kind: 'address' | 'folder' }>;

const PACK_FILE = 'pack.json';
/** Folders of packs, from the project's root. */
const LIBRARIES = ['models/packs', 'models/tiny'] as const;

function wrong(say: string): AppError {
  return new AppError('ERR_INPUT_PACK', say, { details: { say } });
}

function addressOf(text: string): PackChoice {
  const url = URL.parse(text);
  if (url === null) throw wrong(`${text} is no address`);
  if (!/^https?:$/.test(url.protocol)) throw wrong(`${text} is no http or https address`);
  if (url.search !== '' || url.hash !== '' || url.username !== '' || url.password !== '') {
    throw wrong('the address of a pack has neither a query nor a name or password in it');
  }
  const folder = url.pathname.replace(/\/pack\.json$/, '');
  url.pathname = folder.endsWith('/') ? folder : `${folder}/`;
  return { kind: 'address', url: url.href };
}

/**
 * Reads the value of `--pack`; touches no file.
 *
 * @param text as given; left out: the portrait pack.
 * @param folder what relative paths are relative to, absolute.
 * @throws ERR_INPUT_PACK for nothing, and for an address that is none of a pack's folder.
 */
export function readPackChoice(text: string | undefined, folder: string): PackChoice {
  if (text === undefined || text === PORTRAIT) return { kind: 'portrait' };
  if (text.trim() === '' || text.includes('\0')) throw wrong('--pack names nothing');
  if (/^[a-z][a-z\d+.-]*:\/\//i.test(text)) return addressOf(text);
  const named = resolve(folder, text);
  const path = basename(named) === PACK_FILE ? dirname(named) : named;
  const isPath = /[\\/]/.test(text) || /^\.{1,2}$/.test(text) || path !== named;
  return isPath ? { kind: 'folder', path } : { kind: 'name', name: text, path };
}

interface Known {
  readonly id: string;
  readonly path: string;
}

/** The packs of one library by their ids; what can't be read is none. */
async function packsIn(library: string): Promise<Known[]> {
  const names = await readdir(library).catch(() => []);
  const found = await Promise.all(
    names.sort().map(async (name): Promise<Known | null> => {
      const path = join(library, name);
      try {
        const raw: unknown = JSON.parse(await readFile(join(path, PACK_FILE), 'utf8'));
        if (typeof raw !== 'object' || raw === null || !('id' in raw)) return null;
        return typeof raw.id === 'string' ? { id: raw.id, path } : null;
      } catch {
        return null;
      }
    }),
  );
  return found.filter((one) => one !== null);
}

const holdsPack = async (path: string): Promise<boolean> =>
  (await stat(join(path, PACK_FILE)).catch(() => null))?.isFile() === true;

async function checkedFolder(path: string): Promise<PackPlace> {
  if (await holdsPack(path)) return { kind: 'folder', path };
  const info = await stat(path).catch(() => null);
  if (info === null) throw wrong(`the folder ${path} does not exist`);
  throw wrong(info.isDirectory() ? `there is no pack.json in ${path}` : `${path} is not a folder`);
}

/**
 * Finds what `--pack` names on this machine; an address is taken as it is.
 *
 * @param libraries folders that packs are found in by their ids, absolute.
 * @returns null for the portrait pack.
 * @throws ERR_INPUT_PACK where there is none, or the id fits several.
 */
export async function findPack(
  choice: PackChoice,
  libraries: readonly string[] = LIBRARIES.map(projectPath),
): Promise<PackPlace | null> {
  switch (choice.kind) {
    case 'portrait':
      return null;
    case 'address':
      return choice;
    case 'folder':
      return checkedFolder(choice.path);
    case 'name': {
      const known = (await Promise.all(libraries.map(packsIn))).flat();
      const [found, ...more] = known.filter(({ id }) => id === choice.name);
      if (found !== undefined && more.length > 0) {
        const paths = [found, ...more].map(({ path }) => path);
        throw wrong(`${paths.join(' and ')} all hold ${choice.name}: name the folder`);
      }
      if (found !== undefined) return { kind: 'folder', path: found.path };
      if (await holdsPack(choice.path)) return { kind: 'folder', path: choice.path };
      const ids = known.map(({ id }) => id).join(', ') || 'none';
      throw wrong(`there is no pack ${choice.name}; known by their ids are ${ids}`);
    }
  }
}
