import type { EncodeJobRequest, EncodeJobResult, EncodeProgress } from '../../contracts/encode.api.ts';
import { AppError } from '../../contracts/errors.ts';
import { FRAMES_IN_FLIGHT } from '../../contracts/frame-port.ts';
import { openEncoder, supportedRungs } from './clip-encoder.ts';
import type { ClipEncoder, ClipFormat, EncodedFrame, FrameSink, StreamConfig } from './clip-encoder.ts';
import { FrameReceiver } from './frame-receiver.ts';
import { writeMp4 } from './mp4-writer.ts';
import { ClipVerifier } from './verify.ts';

/** What an encode job needs besides its request. */
export interface EncodeJobOptions {
  readonly onProgress: EncodeProgress;
  /** Ends the job with its reason; nothing is kept. */
  readonly signal: AbortSignal;
  /** Written into the file as the tool that made it. */
  readonly creatorTool: string;
}

const badFrame = (reason: string, frame: number, details: Record<string, string | number> = {}): AppError =>
  new AppError('ERR_MEDIA_ENCODE_FAILED', reason, { details: { reason, frame, ...details } });

/** @throws ERR_MEDIA_ENCODE_FAILED unless a frame is what frame-port.ts promises. */
function checkFrame(frame: VideoFrame, index: number, expectedIndex: number, format: ClipFormat): void {
  if (index !== expectedIndex) throw badFrame('a frame is missing or came twice', expectedIndex, { index });
  if (frame.format !== 'I420')
    throw badFrame('a frame is not I420', index, { format: frame.format ?? 'none' });
  if (frame.displayWidth !== format.width || frame.displayHeight !== format.height) {
    throw badFrame('a frame has another size', index, {
      width: frame.displayWidth,
      height: frame.displayHeight,
    });
  }
  const { primaries, transfer, matrix, fullRange } = frame.colorSpace;
  if (primaries !== 'bt709' || transfer !== 'bt709' || matrix !== 'bt709' || fullRange !== false) {
    const colour = [primaries, transfer, matrix, fullRange === false ? 'limited' : 'full'].join(' ');
    throw badFrame('a frame is not limited-range BT.709', index, { colour });
  }
}

/** @throws RangeError for a format that a caller must not ask for. */
function checkFormat({ width, height, fps, frames }: ClipFormat): void {
  const whole = [width, height, fps, frames].every((value) => Number.isInteger(value) && value > 0);
  if (!whole || width % 2 !== 0 || height % 2 !== 0) {
    throw new RangeError(`No clip has ${width}×${height} px, ${fps} fps and ${frames} frames`);
  }
}

/** Takes every frame of a job from its port and encodes it. */
async function encodeFrames(
  request: EncodeJobRequest,
  receiver: FrameReceiver,
  verifier: ClipVerifier,
  onProgress: EncodeProgress,
): Promise<{ readonly encoded: EncodedFrame[]; readonly stream: StreamConfig }> {
  const rungs = await supportedRungs(request);
  const encoded: EncodedFrame[] = [];
  const onFrame: FrameSink = (frame, stream) => {
    encoded.push(frame);
    verifier.feed(frame, stream);
    // A credit for a frame that has left the encoder: what is inside it counts as in flight.
    receiver.credit();
    onProgress('encode', encoded.length, request.frames);
  };
  let encoder: ClipEncoder | null = null;
  let given = 0;
  try {
    for (;;) {
      const next = await receiver.next();
      if (typeof next === 'number') {
        if (next !== request.frames || given !== request.frames) {
          throw badFrame('the number of frames is wrong', given, { expected: request.frames, said: next });
        }
        break;
      }
      try {
        checkFrame(next.frame, next.index, given, request);
        if (given >= request.frames) throw badFrame('there are too many frames', given);
        if (given === 0 && request.fidelityDb !== undefined) await verifier.expectFirst(next.frame);
        if (encoder === null) encoder = await openEncoder(rungs, request, next.frame, onFrame);
        else encoder.encode(next.frame);
        given += 1;
      } finally {
        next.frame.close();
      }
    }
    if (encoder === null) throw badFrame('there is no frame', 0);
    await encoder.flush();
    return { encoded, stream: encoder.stream };
  } finally {
    encoder?.close();
  }
}

/**
 * Makes one clip: takes its frames from `port` (closing each), encodes them, writes the MP4 and verifies it.
 *
 * @param port changes owner; see frame-port.ts.
 * @throws ERR_MEDIA_NO_ENCODER, ERR_MEDIA_ENCODE_FAILED, ERR_MEDIA_VERIFY_FAILED; the renderer's own error when it
 * aborts; the signal's reason; RangeError for an impossible size.
 */
export async function encodeClip(
  request: EncodeJobRequest,
  port: MessagePort,
  options: EncodeJobOptions,
): Promise<EncodeJobResult> {
  const { signal, onProgress } = options;
  const receiver = new FrameReceiver(port);
  const verifier = new ClipVerifier(request);
  const interrupt = (): void =>
    receiver.interrupt(signal.reason instanceof Error ? signal.reason : aborted());
  signal.addEventListener('abort', interrupt);
  try {
    checkFormat(request);
    signal.throwIfAborted();
    const startMs = performance.now();
    const { encoded, stream } = await encodeFrames(request, receiver, verifier, onProgress);
    signal.throwIfAborted();
    const bytes = await writeMp4(encoded, stream, request, {
      sourceType: request.sourceType,
      creatorTool: options.creatorTool,
      title: request.title,
      settings: request.settings.embedSettings ? JSON.stringify(request.settings) : null,
    });
    const encodedMs = performance.now();
    onProgress('verify', verifier.looked, request.frames);
    const verified = await verifier.finish(bytes, signal);
    onProgress('verify', verifier.looked, request.frames);
    signal.throwIfAborted();
    return {
      file: new Blob([bytes], { type: 'video/mp4' }),
      poster: verified.poster,
      codec: verified.report.codec,
      verify: verified.report,
      encodeMs: encodedMs - startMs,
      verifyMs: performance.now() - encodedMs,
    };
  } catch (error) {
    const reason: unknown = signal.aborted ? signal.reason : error;
    receiver.dispose(signal.aborted ? undefined : error);
    throw reason;
  } finally {
    signal.removeEventListener('abort', interrupt);
    verifier.dispose();
    receiver.dispose();
  }
}

const aborted = (): DOMException => new DOMException('The job was cancelled', 'AbortError');

/** What encoding alone takes, for comparison (X1). */
export interface EncodeAloneResult {
  readonly encodeMs: number;
  readonly sizeBytes: number;
  readonly codec: string;
}

/**
 * Encodes frames that are there already and does nothing else: no file, no verifying. The same encoder, settings and
 * frames in flight as a job, so that a job's time can be set against it.
 *
 * @param frames I420, limited-range BT.709, of the format's size; they stay open.
 * @throws ERR_MEDIA_NO_ENCODER, ERR_MEDIA_ENCODE_FAILED
 */
export async function encodeAlone(
  format: ClipFormat,
  frames: readonly VideoFrame[],
): Promise<EncodeAloneResult> {
  checkFormat(format);
  const [first, ...rest] = frames;
  if (first === undefined || frames.length !== format.frames)
    throw new RangeError('The frames are not all there');
  const startMs = performance.now();
  let sizeBytes = 0;
  const encoder = await openEncoder(await supportedRungs(format), format, first, ({ data }) => {
    sizeBytes += data.length;
  });
  try {
    for (const frame of rest) {
      await encoder.below(FRAMES_IN_FLIGHT);
      encoder.encode(frame);
    }
    await encoder.flush();
    return { encodeMs: performance.now() - startMs, sizeBytes, codec: encoder.stream.codec };
  } finally {
    encoder.close();
  }
}
