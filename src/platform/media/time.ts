/** Time of a frame in microseconds, the unit of WebCodecs; rounded once, from the index, so that no error adds up. */
export function frameTimestampUs(index: number, fps: number): number {
  return Math.round((index * 1e6) / fps);
}

/** Length of a frame in microseconds, such that it ends where the next one starts. */
export function frameDurationUs(index: number, fps: number): number {
  return frameTimestampUs(index + 1, fps) - frameTimestampUs(index, fps);
}
