/** Kinds of picture that can have transparent parts. */
const MAYBE = new Set(['image/png', 'image/webp', 'image/avif', 'image/gif']);
const SIDE_PX = 48;

/** Whether a picture has transparent parts, judged on a small copy. False where it can't be read. */
export async function hasAlpha(blob: Blob): Promise<boolean> {
  if (!MAYBE.has(blob.type)) return false;
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(blob, { resizeWidth: SIDE_PX, resizeHeight: SIDE_PX });
  } catch {
    return false;
  }
  try {
    const context = new OffscreenCanvas(SIDE_PX, SIDE_PX).getContext('2d', { willReadFrequently: true });
    if (context === null) return false;
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(0, 0, SIDE_PX, SIDE_PX);
    for (let at = 3; at < data.length; at += 4) if ((data[at] ?? 255) < 250) return true;
    return false;
  } finally {
    bitmap.close();
  }
}
