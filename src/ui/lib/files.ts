import type { ClipRecord } from '../../contracts/records.ts';

/** A file name that every system takes, from a clip's name. */
export function fileName(clip: ClipRecord): string {
  const safe = clip.name
    .normalize('NFKC')
    .replace(/[\p{Cc}<>:"/\\|?*]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .replace(/^[ .]+|[ .]+$/g, '')
    .slice(0, 80);
  return `${safe === '' ? 'stillwake' : safe}.mp4`;
}

/** Saves a clip as a file through the browser's own download. */
export function downloadClip(clip: ClipRecord): void {
  const url = URL.createObjectURL(clip.file);
  const link = document.createElement('a');
  link.href = url;
  link.download = fileName(clip);
  link.click();
  // The download has taken its own hold of the blob by the next task.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** Hands a clip to the system's share sheet. False when that isn't possible here; closing the sheet counts as done. */
export async function shareClip(clip: ClipRecord): Promise<boolean> {
  const file = new File([clip.file], fileName(clip), { type: 'video/mp4' });
  if (typeof navigator.canShare !== 'function' || !navigator.canShare({ files: [file] })) return false;
  try {
    await navigator.share({ files: [file], title: clip.name });
    return true;
  } catch (error) {
    return error instanceof DOMException && error.name === 'AbortError';
  }
}
