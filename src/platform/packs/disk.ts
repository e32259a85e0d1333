import { AppError } from '../../contracts/errors.ts';

/** What a worker may do with an open file of the private file system; one of them at a time may. */
interface SyncHandle {
  read(buffer: Uint8Array<ArrayBuffer>, options: { at: number }): number;
  write(buffer: Uint8Array<ArrayBuffer>, options: { at: number }): number;
  truncate(bytes: number): void;
  getSize(): number;
  flush(): void;
  close(): void;
}

/** Only workers have it, so that page and worker know different types. */
interface SyncOpening {
  createSyncAccessHandle(): Promise<SyncHandle>;
}
const opensSync = (handle: FileSystemFileHandle): handle is FileSystemFileHandle & SyncOpening =>
  'createSyncAccessHandle' in handle;

const nameOf = (cause: unknown): string =>
  cause instanceof Error || cause instanceof DOMException ? cause.name : '';

/** Whether something isn't there. */
export const isNotFound = (cause: unknown): boolean => nameOf(cause) === 'NotFoundError';

/** An error of the private file system as ours; AppErrors and AbortErrors pass unchanged. */
export function diskError(cause: unknown, path: string): Error {
  if (cause instanceof AppError) return cause;
  if (cause instanceof DOMException && cause.name === 'AbortError') return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  const options = { cause, retryable: true, details: { file: path } };
  switch (nameOf(cause)) {
    case 'QuotaExceededError':
      return new AppError('ERR_STORE_QUOTA', `no room left for ${path}: ${message}`, options);
    case 'NoModificationAllowedError':
      return new AppError('ERR_MODEL_BUSY', `${path} is open elsewhere: ${message}`, options);
    case 'NotFoundError':
      return new AppError('ERR_MODEL_MISSING', `${path} isn't there any more: ${message}`, options);
    default:
      return new AppError('ERR_STORE_FAILED', `${path} could not be read or written: ${message}`, options);
  }
}

/** The folder of all packs. @throws ERR_STORE_FAILED where the browser keeps nothing */
export async function packsFolder(name: string): Promise<FileSystemDirectoryHandle> {
  try {
    const root = await navigator.storage.getDirectory();
    return await root.getDirectoryHandle(name, { create: true });
  } catch (cause) {
    throw diskError(cause, name);
  }
}

/** A folder below another; null where there is none. */
export async function findFolder(
  from: FileSystemDirectoryHandle,
  ...names: readonly string[]
): Promise<FileSystemDirectoryHandle | null> {
  try {
    let folder = from;
    for (const name of names) folder = await folder.getDirectoryHandle(name);
    return folder;
  } catch (cause) {
    if (isNotFound(cause) || nameOf(cause) === 'TypeMismatchError' || cause instanceof TypeError) return null;
    throw diskError(cause, names.join('/'));
  }
}

/** A folder below another, made where there is none. */
export async function makeFolder(
  from: FileSystemDirectoryHandle,
  ...names: readonly string[]
): Promise<FileSystemDirectoryHandle> {
  try {
    let folder = from;
    for (const name of names) folder = await folder.getDirectoryHandle(name, { create: true });
    return folder;
  } catch (cause) {
    throw diskError(cause, names.join('/'));
  }
}

/** Names in a folder, of its own files and folders. */
export async function namesIn(
  folder: FileSystemDirectoryHandle,
  kind: 'file' | 'directory',
): Promise<string[]> {
  const names: string[] = [];
  for await (const [name, handle] of folder.entries()) if (handle.kind === kind) names.push(name);
  return names.sort();
}

/** A file as it is on disk now; null where there is none. Reading it costs nothing until its bytes are asked for. */
export async function findFile(folder: FileSystemDirectoryHandle, path: string): Promise<File | null> {
  const segments = path.split('/');
  const name = segments.pop() ?? '';
  const parent = await findFolder(folder, ...segments);
  if (parent === null) return null;
  try {
    return await (await parent.getFileHandle(name)).getFile();
  } catch (cause) {
    if (isNotFound(cause) || nameOf(cause) === 'TypeMismatchError') return null;
    throw diskError(cause, path);
  }
}

/** Takes away a file or a folder with all it holds; fine where there is none. */
export async function removeEntry(folder: FileSystemDirectoryHandle, name: string): Promise<void> {
  try {
    await folder.removeEntry(name, { recursive: true });
  } catch (cause) {
    if (!isNotFound(cause)) throw diskError(cause, name);
  }
}

/** Takes away every file that isn't named, and every folder that is empty then. Resolves with whether nothing is left. */
export async function keepOnly(
  folder: FileSystemDirectoryHandle,
  paths: ReadonlySet<string>,
  below = '',
): Promise<boolean> {
  let empty = true;
  for (const name of await namesIn(folder, 'file')) {
    if (paths.has(below + name)) empty = false;
    else await removeEntry(folder, name);
  }
  for (const name of await namesIn(folder, 'directory')) {
    const inner = await folder.getDirectoryHandle(name);
    if (await keepOnly(inner, paths, `${below}${name}/`)) await removeEntry(folder, name);
    else empty = false;
  }
  return empty;
}

const LET_GO_TRIES = 40;
const LET_GO_MS = 50;

/** The one writer of a file; nobody else can open it for writing until it is closed. */
export class FileWriter {
  readonly path: string;
  readonly #handle: SyncHandle;

  private constructor(path: string, handle: SyncHandle) {
    this.path = path;
    this.#handle = handle;
  }

  /** @throws ERR_MODEL_BUSY when another one writes it; ERR_STORE_QUOTA, ERR_STORE_FAILED */
  static async open(folder: FileSystemDirectoryHandle, path: string): Promise<FileWriter> {
    const segments = path.split('/');
    const name = segments.pop() ?? '';
    const parent = await makeFolder(folder, ...segments);
    for (let tries = 1; ; tries += 1) {
      try {
        const handle = await parent.getFileHandle(name, { create: true });
        if (!opensSync(handle)) throw new TypeError('only a worker can write here');
        return new FileWriter(path, await handle.createSyncAccessHandle());
      } catch (cause) {
        // The pack's lock is ours: whoever has the file open is a tab that has just died, and lets go of it in a moment.
        if (nameOf(cause) !== 'NoModificationAllowedError' || tries >= LET_GO_TRIES)
          throw diskError(cause, path);
        await new Promise((resolve) => setTimeout(resolve, LET_GO_MS));
      }
    }
  }

  get bytes(): number {
    return this.#handle.getSize();
  }

  /** All of the bytes or an error; what a full disk took of them is not part of any chunk. @throws ERR_STORE_QUOTA */
  write(at: number, bytes: Uint8Array<ArrayBuffer>): void {
    let written: number;
    try {
      written = this.#handle.write(bytes, { at });
    } catch (cause) {
      throw diskError(cause, this.path);
    }
    if (written === bytes.length) return;
    throw new AppError(
      'ERR_STORE_QUOTA',
      `only ${written} of ${bytes.length} bytes of ${this.path} were kept`,
      {
        retryable: true,
        details: { file: this.path },
      },
    );
  }

  truncate(bytes: number): void {
    try {
      this.#handle.truncate(bytes);
    } catch (cause) {
      throw diskError(cause, this.path);
    }
  }

  /** Makes what was written safe against a crash and lets go of the file. */
  close(): void {
    try {
      this.#handle.flush();
    } catch (cause) {
      throw diskError(cause, this.path);
    } finally {
      this.#handle.close();
    }
  }
}

/** Writes a whole small file. @throws ERR_STORE_QUOTA, ERR_STORE_FAILED, ERR_MODEL_BUSY */
export async function writeFile(
  folder: FileSystemDirectoryHandle,
  path: string,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<void> {
  const writer = await FileWriter.open(folder, path);
  try {
    writer.write(0, bytes);
    writer.truncate(bytes.length);
  } finally {
    writer.close();
  }
}
