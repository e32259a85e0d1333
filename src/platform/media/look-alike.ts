import { compareSmall, smallFromYuv, smallSize } from '../../core/media/compare.ts';
import type { SmallPicture } from '../../core/media/compare.ts';
import type { ClipFormat, StreamConfig } from './clip-encoder.ts';
import { PlaneReader } from './planes.ts';

/** Long side of the pictures that are compared. */
const SMALL_PX = 64;
/**
 * PSNR at that size from which an encoded frame is taken for its source. A scaled-down key frame keeps 35 dB even at a
 * poor rate; a black, shifted, green or mirrored one has less than 20.
 */
const ALIKE_DB = 26;

/** The same decoder settings, with the software decoder where there is one: the frames are read back into memory. */
export async function softwareFirst(config: VideoDecoderConfig): Promise<VideoDecoderConfig> {
  const software: VideoDecoderConfig = { ...config, hardwareAcceleration: 'prefer-software' };
  const { supported } = await VideoDecoder.isConfigSupported(software);
  return supported === true ? software : { ...config, hardwareAcceleration: 'no-preference' };
}

/** A frame scaled down for comparison. The frame stays open. */
export async function smallOf(frame: VideoFrame, longPx: number): Promise<SmallPicture> {
  const { width, height } = smallSize(frame.displayWidth, frame.displayHeight, longPx);
  return smallFromYuv(await new PlaneReader().read(frame), width, height);
}

/** Decodes one key frame and says whether it shows what `source` shows. Nothing stays open but `source`. */
export async function looksLike(
  data: Uint8Array,
  stream: StreamConfig,
  format: ClipFormat,
  source: VideoFrame,
): Promise<boolean> {
  const decoded: VideoFrame[] = [];
  let failed = false;
  const decoder = new VideoDecoder({
    output: (frame) => decoded.push(frame),
    error: () => {
      failed = true;
    },
  });
  try {
    decoder.configure(await softwareFirst({ codec: stream.codec, description: stream.avcConfig }));
    decoder.decode(new EncodedVideoChunk({ type: 'key', timestamp: 0, data }));
    await decoder.flush().catch(() => {
      failed = true;
    });
    const frame = decoded[0];
    if (failed || frame?.displayWidth !== format.width || frame.displayHeight !== format.height) return false;
    return compareSmall(await smallOf(source, SMALL_PX), await smallOf(frame, SMALL_PX)).db >= ALIKE_DB;
  } finally {
    for (const frame of decoded) frame.close();
    if (decoder.state !== 'closed') decoder.close();
  }
}
