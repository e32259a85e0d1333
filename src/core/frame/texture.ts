/**
 * The size of a scene's texture: the whole picture, `across` pixels wide where the machine's textures are large enough.
 * Both sides are even, so that half-size chroma lies exactly over luma.
 *
 * @param picture size in pixels; only its shape counts.
 * @param longest longest side that a texture may have, in pixels.
 */
export function textureSize(
  picture: { readonly width: number; readonly height: number },
  across: number,
  longest: number,
): { readonly width: number; readonly height: number } {
  const ratio = picture.height / picture.width;
  const width = Math.min(across, longest, longest / ratio);
  const even = (side: number): number =>
    Math.max(2, Math.min(2 * Math.round(side / 2), 2 * Math.floor(longest / 2)));
  return { width: even(width), height: even(width * ratio) };
}
