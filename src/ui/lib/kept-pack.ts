/** Where the portrait pack lies, from the page. */
const PACK = 'packs/portrait/';

/** What this browser holds of a pack. */
export interface KeptPack {
  /** Whether this browser can keep it at all (a service worker is in control). */
  readonly canKeep: boolean;
  /** Whether every file of it is kept. */
  readonly here: boolean;
  /** Size of all its files; null when its description can't be read now. */
  readonly sizeBytes: number | null;
}

interface PackFile {
  readonly path: string;
  readonly sizeBytes: number;
}

/** The files that a pack's description names, wherever in it they stand. */
function filesIn(value: unknown): PackFile[] {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap(filesIn);
  const record: Readonly<Record<string, unknown>> = { ...value };
  const path = record['file'] ?? record['path'];
  const size = record['sizeBytes'] ?? record['bytes'] ?? record['size'];
  if (typeof path === 'string' && typeof size === 'number') return [{ path, sizeBytes: size }];
  return Object.values(record).flatMap(filesIn);
}

/** Looks whether the portrait pack is kept for use without a connection. Reads only its description, no model. */
export async function keptPack(): Promise<KeptPack> {
  const canKeep = 'serviceWorker' in navigator && navigator.serviceWorker.controller !== null;
  const base = new URL(PACK, document.baseURI);
  try {
    const response = await fetch(new URL('pack.json', base));
    if (!response.ok) return { canKeep, here: false, sizeBytes: null };
    const files = filesIn(await response.json());
    const kept = await Promise.all(
      files.map(({ path }) => caches.match(new URL(path, base), { ignoreSearch: true })),
    );
    return {
      canKeep,
      here: canKeep && files.length > 0 && kept.every((one) => one !== undefined),
      sizeBytes: files.reduce((sum, file) => sum + file.sizeBytes, 0),
    };
  } catch {
    return { canKeep, here: false, sizeBytes: null };
  }
}
