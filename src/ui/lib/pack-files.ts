import type { PackOrigin } from '../../contracts/packs.api.ts';

const isZip = (file: File): boolean => /\.zip$/i.test(file.name) || file.type === 'application/zip';

/** Opens the system's dialogue for a pack's folder or archive; null when it is closed without a choice. Needs a click. */
export function pickPack(kind: 'folder' | 'zip'): Promise<PackOrigin | null> {
  const input = document.createElement('input');
  input.type = 'file';
  if (kind === 'folder') input.webkitdirectory = true;
  else input.accept = '.zip,application/zip';
  return new Promise((resolve) => {
    const chosen = (): void => {
      const files = [...(input.files ?? [])];
      const [first] = files;
      if (first === undefined) resolve(null);
      else if (kind === 'zip') resolve({ kind: 'zip', file: first });
      else
        resolve({
          kind: 'folder',
          files: files.map((file) => ({ path: file.webkitRelativePath || file.name, file })),
        });
    };
    input.addEventListener('change', chosen, { once: true });
    input.addEventListener('cancel', () => resolve(null), { once: true });
    input.click();
  });
}

function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const batch = (): Promise<FileSystemEntry[]> =>
    new Promise((resolve, reject) => reader.readEntries(resolve, reject));
  // It answers with some at a time, and with none at the end.
  const rest = async (found: FileSystemEntry[]): Promise<FileSystemEntry[]> => {
    const more = await batch();
    return more.length === 0 ? found : rest([...found, ...more]);
  };
  return rest([]);
}

const isFolder = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory;
const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile;

async function filesBelow(entry: FileSystemEntry, path: string): Promise<{ path: string; file: File }[]> {
  const here = `${path}${entry.name}`;
  if (isFolder(entry)) {
    const found: { path: string; file: File }[] = [];
    for (const inner of await entriesOf(entry)) found.push(...(await filesBelow(inner, `${here}/`)));
    return found;
  }
  if (!isFile(entry)) return [];
  const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
  return [{ path: here, file }];
}

/**
 * What of a drop may be a pack: a folder, or a ZIP file. Must be called while the event is handled.
 *
 * @returns null where the drop is a picture or nothing, which others deal with; `other` for anything else.
 */
export function droppedPack(data: DataTransfer | null): Promise<PackOrigin | 'other'> | null {
  if (data === null) return null;
  const entries = [...data.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  const folder = entries.find(isFolder);
  if (folder !== undefined) {
    return filesBelow(folder, '').then((files) => ({ kind: 'folder', files }));
  }
  const [file] = [...data.files];
  if (file === undefined || file.type.startsWith('image/')) return null;
  return Promise.resolve(isZip(file) ? { kind: 'zip', file } : 'other');
}

/** The address of a pack's folder as a person types it, with a slash at the end; null when it is none. */
export function packAddress(text: string): string | null {
  const typed = text.trim();
  const url = URL.parse(/^[a-z][\w+.-]*:/i.test(typed) ? typed : `https://${typed}`);
  if (url === null || !/^https?:$/.test(url.protocol) || typed === '') return null;
  if (url.hostname !== 'localhost' && !/[.:\]]/.test(url.hostname)) return null;
  url.search = '';
  url.hash = '';
  url.pathname = url.pathname.replace(/\/?(pack\.json)?$/, '/');
  return url.href;
}
