import type { ClipRecord, PictureRecord } from '../../contracts/records.ts';
import type { Database, Transaction } from './open.ts';
import type { ClipRow, PictureRow } from './schema.ts';

/** Rows with the blobs that belong to them; a row whose bytes are missing is left out (it can't be shown). */
export function join<Row extends { id: string }, Joined>(
  rows: readonly Row[],
  files: ReadonlyMap<string, Blob>,
  posters: ReadonlyMap<string, Blob>,
  make: (row: Row, file: Blob, poster: Blob) => Joined,
): Joined[] {
  return rows.flatMap((row) => {
    const file = files.get(row.id);
    const poster = posters.get(row.id);
    return file === undefined || poster === undefined ? [] : [make(row, file, poster)];
  });
}

/** Values by their keys. */
export const toMap = (keys: readonly string[], values: readonly Blob[]): Map<string, Blob> =>
  new Map(keys.flatMap((key, i) => (values[i] === undefined ? [] : [[key, values[i]] as const])));

/** A picture with its bytes. */
export const toPicture = (
  { digest: _digest, ...row }: PictureRow,
  blob: Blob,
  thumbnail: Blob,
): PictureRecord => ({
  ...row,
  blob,
  thumbnail,
});
/** A clip with its bytes. */
export const toClip = (row: ClipRow, file: Blob, poster: Blob): ClipRecord => ({ ...row, file, poster });

/** Removes clips with their bytes. Unknown ids are passed over. */
export async function removeClips(transaction: Transaction, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    // Only a clip's id: a picture's bytes lie in the same tables.
    if ((await transaction.objectStore('clips').getKey(id)) === undefined) continue;
    await transaction.objectStore('clips').delete(id);
    await transaction.objectStore('files').delete(id);
    await transaction.objectStore('posters').delete(id);
  }
}

/** A picture with its bytes, or null. */
export async function findPicture(database: Database, id: string): Promise<PictureRecord | null> {
  const transaction = database.transaction(['pictures', 'files', 'posters'], 'readonly');
  const [row, blob, thumbnail] = await Promise.all([
    transaction.objectStore('pictures').get(id),
    transaction.objectStore('files').get(id),
    transaction.objectStore('posters').get(id),
  ]);
  return row === undefined || blob === undefined || thumbnail === undefined
    ? null
    : toPicture(row, blob, thumbnail);
}
