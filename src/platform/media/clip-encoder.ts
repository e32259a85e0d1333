import { AppError } from '../../contracts/errors.ts';
import { FRAMES_IN_FLIGHT } from '../../contracts/frame-port.ts';
import {
  avcCodecString,
  readAvcConfig,
  readAvcSps,
  writeAvcConfigColour,
  writeSampleColour,
} from '../../core/media/avc.ts';
import { avcLevel, clipBitrate, ladder } from '../../core/media/ladder.ts';
import type { Rung } from '../../core/media/ladder.ts';
import { BT709_LIMITED } from '../../core/media/sps.ts';
import { looksLike } from './look-alike.ts';
import { frameDurationUs, frameTimestampUs } from './time.ts';

/** What is to be encoded. */
export interface ClipFormat {
  /** Even, in pixels. */
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  /** Frames in all: sets the rate that keeps the file small enough. */
  readonly frames: number;
}

/** One encoded frame, in the order of the frames. */
export interface EncodedFrame {
  readonly index: number;
  readonly key: boolean;
  /** Length-prefixed NAL units. */
  readonly data: Uint8Array;
}

/** What decodes the stream. */
export interface StreamConfig {
  /** What the stream is, from its own parameter set, e.g. `avc1.640c1f`. */
  readonly codec: string;
  /** The `avcC` record, with the colour written. */
  readonly avcConfig: Uint8Array<ArrayBuffer>;
  readonly rung: Rung;
}

/** Takes encoded frames as they come, in order, with what decodes them. */
export type FrameSink = (frame: EncodedFrame, stream: StreamConfig) => void;

/** Colour of every frame and stream. */
export const BT709: VideoColorSpaceInit = {
  primaries: 'bt709',
  transfer: 'bt709',
  matrix: 'bt709',
  fullRange: false,
};

/** Seconds between frames that decode alone, so that players can seek. */
const KEY_INTERVAL_S = 2;
/** Time without an answer, with all frames in flight, after which the encoder is told to give what it holds back. */
const HOLD_LIMIT_MS = 1000;

const configOf = (rung: Rung, format: ClipFormat, bitrate: number): VideoEncoderConfig => ({
  codec: rung.codec,
  width: format.width,
  height: format.height,
  framerate: format.fps,
  bitrate,
  bitrateMode: rung.bitrateMode,
  hardwareAcceleration: rung.hardwareAcceleration,
  // "realtime" lets an encoder drop frames; a clip needs every one.
  latencyMode: 'quality',
  avc: { format: 'avc' },
});

const encodeFailed = (
  message: string,
  details: Record<string, string | number> = {},
  cause?: unknown,
): AppError => new AppError('ERR_MEDIA_ENCODE_FAILED', message, { details, retryable: true, cause });

const bytesOf = (source: AllowSharedBufferSource): Uint8Array<ArrayBuffer> =>
  ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength).slice()
    : new Uint8Array(source).slice();

/** The configurations of the ladder that the browser says it can do, best first. @throws ERR_MEDIA_NO_ENCODER */
export async function supportedRungs(format: ClipFormat): Promise<Rung[]> {
  const { width, height, fps, frames } = format;
  const bitrate = clipBitrate(width, height, fps, frames);
  const level = avcLevel(width, height, fps, bitrate);
  const rungs: Rung[] = [];
  if (level !== null && typeof VideoEncoder !== 'undefined') {
    for (const rung of ladder(level)) {
      const { supported } = await VideoEncoder.isConfigSupported(configOf(rung, format, bitrate));
      if (supported === true) rungs.push(rung);
    }
  }
  if (rungs.length === 0) {
    throw new AppError('ERR_MEDIA_NO_ENCODER', 'no H.264 encoder takes this size', {
      details: { width, height, fps },
    });
  }
  return rungs;
}

/** Encodes the frames of one clip. Made by {@link openEncoder}, which has encoded the first frame already. */
export class ClipEncoder {
  private readonly format: ClipFormat;
  private readonly encoder: VideoEncoder;
  private readonly onFrame: FrameSink;
  private config: StreamConfig | null = null;
  private readonly rung: Rung;
  private lengthSize = 4;
  private given = 0;
  private got = 0;
  private failure: AppError | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private wake: () => void = () => undefined;

  /** @param onFrame takes the frames as they come, in order. */
  constructor(rung: Rung, format: ClipFormat, onFrame: FrameSink) {
    this.rung = rung;
    this.format = format;
    this.onFrame = onFrame;
    this.encoder = new VideoEncoder({
      output: (chunk, metadata) => {
        try {
          this.take(chunk, metadata);
        } catch (error) {
          this.fail(error);
        }
      },
      error: (error) => this.fail(error),
    });
    const bitrate = clipBitrate(format.width, format.height, format.fps, format.frames);
    this.encoder.configure(configOf(rung, format, bitrate));
  }

  /** What decodes the stream; known once a frame came out. @throws ERR_MEDIA_ENCODE_FAILED before that. */
  get stream(): StreamConfig {
    if (this.config === null) throw encodeFailed('the encoder did not describe its stream');
    return this.config;
  }

  /** Frames that went in and did not come out yet. */
  get inFlight(): number {
    return this.given - this.got;
  }

  private fail(error: unknown): void {
    this.failure ??=
      error instanceof AppError
        ? error
        : encodeFailed(
            error instanceof Error ? error.message : 'the encoder failed',
            { frame: this.got },
            error,
          );
    this.wake();
  }

  private take(chunk: EncodedVideoChunk, metadata: EncodedVideoChunkMetadata | undefined): void {
    const description = metadata?.decoderConfig?.description;
    if (description !== undefined) {
      const avcConfig = writeAvcConfigColour(bytesOf(description), BT709_LIMITED);
      this.lengthSize = readAvcConfig(avcConfig).lengthSize;
      this.config ??= { codec: avcCodecString(avcConfig), avcConfig, rung: this.rung };
    }
    const index = this.got;
    if (chunk.timestamp !== frameTimestampUs(index, this.format.fps)) {
      throw encodeFailed('the encoder reorders or drops frames', { frame: index });
    }
    const bytes = new Uint8Array(chunk.byteLength);
    chunk.copyTo(bytes);
    this.got += 1;
    clearTimeout(this.timer);
    const data = writeSampleColour(bytes, this.lengthSize, BT709_LIMITED);
    this.onFrame({ index, key: chunk.type === 'key', data }, this.stream);
    this.wake();
  }

  /**
   * Gives the next frame to the encoder; the caller still closes it.
   *
   * @throws ERR_MEDIA_ENCODE_FAILED when an earlier frame failed.
   */
  encode(frame: VideoFrame): void {
    if (this.failure !== null) throw this.failure;
    const index = this.given;
    const { fps } = this.format;
    const timestamp = frameTimestampUs(index, fps);
    const timed = new VideoFrame(frame, { timestamp, duration: frameDurationUs(index, fps) });
    try {
      this.encoder.encode(timed, { keyFrame: index % (KEY_INTERVAL_S * fps) === 0 });
      this.given += 1;
    } catch (error) {
      this.fail(error);
    } finally {
      timed.close();
    }
    if (this.inFlight < FRAMES_IN_FLIGHT) return;
    // An encoder that looks ahead further than the frames in flight would wait for a frame that never comes.
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      if (this.encoder.state === 'configured')
        this.encoder.flush().catch((error: unknown) => this.fail(error));
    }, HOLD_LIMIT_MS);
  }

  /** Waits until fewer than `count` frames are in flight. @throws ERR_MEDIA_ENCODE_FAILED */
  async below(count: number): Promise<void> {
    while (this.failure === null && this.inFlight >= count) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    if (this.failure !== null) throw this.failure;
  }

  /** Brings out what is still inside. @throws ERR_MEDIA_ENCODE_FAILED */
  async flush(): Promise<void> {
    if (this.failure === null) await this.encoder.flush().catch((error: unknown) => this.fail(error));
    if (this.failure === null && this.inFlight > 0) {
      this.fail(encodeFailed('the encoder dropped frames', { frame: this.got, missing: this.inFlight }));
    }
    if (this.failure !== null) throw this.failure;
  }

  /** Ends the encoder; fine at any time. */
  close(): void {
    clearTimeout(this.timer);
    if (this.encoder.state !== 'closed') this.encoder.close();
  }
}

/**
 * Opens the best encoder that gets the clip's first frame right: each rung of the ladder encodes it, the stream's own
 * parameter set is read, and the result is decoded and compared. The frame so encoded is the clip's first; the caller
 * goes on with the second.
 *
 * @param rungs from {@link supportedRungs}.
 * @param first stays open.
 * @param onFrame takes the frames, the first included, of the encoder that is returned.
 * @returns the encoder; the caller closes it.
 * @throws ERR_MEDIA_NO_ENCODER when none gets it right; `details.reason` is the last rung's.
 */
export async function openEncoder(
  rungs: readonly Rung[],
  format: ClipFormat,
  first: VideoFrame,
  onFrame: FrameSink,
): Promise<ClipEncoder> {
  let reason = 'no configuration is supported';
  let cause: unknown;
  for (const rung of rungs) {
    const trial: EncodedFrame[] = [];
    let chosen = false;
    const sink: FrameSink = (frame, stream) => {
      if (chosen) onFrame(frame, stream);
      else trial.push(frame);
    };
    let encoder: ClipEncoder | null = null;
    try {
      encoder = new ClipEncoder(rung, format, sink);
      encoder.encode(first);
      await encoder.flush();
      const { stream } = encoder;
      await checkTrial(trial[0], stream, format, first);
      chosen = true;
      trial.forEach((frame) => onFrame(frame, stream));
      return encoder;
    } catch (error) {
      encoder?.close();
      cause = error;
      reason = `${rung.profile}, ${rung.bitrateMode}, ${rung.hardwareAcceleration}: ${
        error instanceof Error ? error.message : String(error)
      }`;
    }
  }
  throw new AppError('ERR_MEDIA_NO_ENCODER', reason, {
    details: { width: format.width, height: format.height, fps: format.fps, reason },
    cause,
  });
}

async function checkTrial(
  trial: EncodedFrame | undefined,
  stream: StreamConfig,
  format: ClipFormat,
  source: VideoFrame,
): Promise<void> {
  if (trial?.key !== true) throw encodeFailed('the first frame is no key frame');
  const sps = readAvcSps(stream.avcConfig);
  if (![100, 77, 66].includes(sps.profileIdc)) throw encodeFailed(`profile ${sps.profileIdc}`);
  if (sps.chromaFormatIdc !== 1 || sps.bitDepth !== 8) throw encodeFailed('not 8-bit 4:2:0');
  if (!sps.progressive || sps.pixelAspect[0] !== sps.pixelAspect[1])
    throw encodeFailed('fields or oblong pixels');
  if (sps.width !== format.width || sps.height !== format.height) {
    throw encodeFailed(`size ${sps.width}×${sps.height}`);
  }
  if (!(await looksLike(trial.data, stream, format, source)))
    throw encodeFailed('the picture came out wrong');
}
