import type {
  CharacterRecord,
  ClipRecord,
  JobRecord,
  PictureRecord,
} from '../../../src/contracts/records.ts';
import { DEFAULT_SETTINGS } from '../../../src/contracts/settings.ts';

let serial = 0;

/** A name of a database that no other test uses. */
export function freshName(): string {
  return `test-${crypto.randomUUID()}`;
}

/** Bytes that don't compress, so that a quota feels them. */
export function noise(sizeBytes: number, type = 'application/octet-stream'): Blob {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for (let left = sizeBytes; left > 0; left -= 65536) {
    parts.push(crypto.getRandomValues(new Uint8Array(Math.min(left, 65536))));
  }
  return new Blob(parts, { type });
}

export function character(change: Partial<CharacterRecord> = {}): CharacterRecord {
  serial += 1;
  return { id: `character-${serial}`, name: `Character ${serial}`, createdAtMs: serial, ...change };
}

export function picture(characterId: string, change: Partial<PictureRecord> = {}): PictureRecord {
  serial += 1;
  return {
    id: `picture-${serial}`,
    characterId,
    name: `picture ${serial}.png`,
    blob: new Blob([`picture ${serial}`], { type: 'image/png' }),
    width: 640,
    height: 480,
    thumbnail: new Blob([`thumbnail ${serial}`], { type: 'image/jpeg' }),
    matte: '#ffffff',
    createdAtMs: serial,
    ...change,
  };
}

export function clip(of: PictureRecord, change: Partial<ClipRecord> = {}): ClipRecord {
  serial += 1;
  const file = change.file ?? new Blob([`clip ${serial}`], { type: 'video/mp4' });
  return {
    id: `clip-${serial}`,
    characterId: of.characterId,
    pictureId: of.id,
    name: `Clip ${serial}`,
    file,
    poster: new Blob([`poster ${serial}`], { type: 'image/jpeg' }),
    width: 640,
    height: 480,
    frames: 90,
    durationS: 3,
    sizeBytes: file.size,
    settings: DEFAULT_SETTINGS,
    notices: [],
    createdAtMs: serial,
    ...change,
  };
}

export function job(of: PictureRecord, change: Partial<JobRecord> = {}): JobRecord {
  serial += 1;
  return {
    id: `job-${serial}`,
    pictureId: of.id,
    characterId: of.characterId,
    settings: DEFAULT_SETTINGS,
    state: 'queued',
    order: serial,
    createdAtMs: serial,
    ...change,
  };
}
