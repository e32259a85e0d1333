/** What the file dialogue offers; whether a file can really be read is judged when it is opened. */
const ACCEPT = 'image/jpeg,image/png,image/webp,image/avif,image/gif,image/*';

/** Opens the system's file dialogue; null when it is closed without a choice. Needs a click. */
export function pickPicture(): Promise<File | null> {
  const input = document.createElement('input');
  input.type = 'file';
  input.accept = ACCEPT;
  return new Promise((resolve) => {
    input.addEventListener('change', () => resolve(input.files?.[0] ?? null), { once: true });
    input.addEventListener('cancel', () => resolve(null), { once: true });
    input.click();
  });
}

/** The first file of a drop or a paste; null when there is none. A dropped text named .jpg is a file and is judged later. */
export function transferredFile(data: DataTransfer | null): File | null {
  if (data === null) return null;
  const files = [...data.files];
  return files.find((file) => file.type.startsWith('image/')) ?? files[0] ?? null;
}
