import { BufferTarget, EncodedPacket, EncodedVideoPacketSource, Mp4OutputFormat, Output } from 'mediabunny';
import { AppError } from '../../contracts/errors.ts';
import { insertBeforeMedia, xmpBox } from '../../core/media/mp4.ts';
import { clipXmp } from '../../core/media/xmp.ts';
import type { ClipMark } from '../../core/media/xmp.ts';
import { BT709 } from './clip-encoder.ts';
import type { ClipFormat, EncodedFrame, StreamConfig } from './clip-encoder.ts';

/**
 * Writes an MP4 of one H.264 track: `moov` before `mdat`, one tick of the timescale a frame, no edit list, colour in
 * `colr`, and the mark that it was generated, as XMP, between `moov` and `mdat`. The same frames give the same bytes.
 *
 * @param frames in order, from index 0.
 * @throws ERR_MEDIA_ENCODE_FAILED when the frames can't be put into a file.
 */
export async function writeMp4(
  frames: readonly EncodedFrame[],
  stream: StreamConfig,
  format: ClipFormat,
  mark: ClipMark,
): Promise<Uint8Array<ArrayBuffer>> {
  const target = new BufferTarget();
  const output = new Output({ format: new Mp4OutputFormat({ fastStart: 'in-memory' }), target });
  const source = new EncodedVideoPacketSource('avc');
  try {
    output.addVideoTrack(source, { frameRate: format.fps });
    await output.start();
    for (const { data, key, index } of frames) {
      const packet = new EncodedPacket(data, key ? 'key' : 'delta', index / format.fps, 1 / format.fps);
      await source.add(packet, {
        decoderConfig: {
          codec: stream.codec,
          codedWidth: format.width,
          codedHeight: format.height,
          description: stream.avcConfig,
          colorSpace: BT709,
        },
      });
    }
    await output.finalize();
  } catch (cause) {
    throw new AppError('ERR_MEDIA_ENCODE_FAILED', 'the file could not be written', {
      retryable: true,
      cause,
    });
  }
  if (target.buffer === null) {
    throw new AppError('ERR_MEDIA_ENCODE_FAILED', 'the file came out empty', { retryable: true });
  }
  const packet = new TextEncoder().encode(clipXmp(mark));
  return insertBeforeMedia(new Uint8Array(target.buffer), xmpBox(packet));
}
