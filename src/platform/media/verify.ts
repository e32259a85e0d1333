import { BufferSource, EncodedPacketSink, Input, MP4 } from 'mediabunny';
import type { EncodeJobRequest, VerifyReport } from '../../contracts/encode.api.ts';
import { AppError } from '../../contracts/errors.ts';
import type { ErrorDetails } from '../../contracts/errors.ts';
import { avcCodecString, readAvcSps } from '../../core/media/avc.ts';
import { compareSmall, smallFromRgba, smallFromYuv, smallSize } from '../../core/media/compare.ts';
import { FrozenRuns, isBlack } from '../../core/media/frame-stats.ts';
import { readMp4Facts, readXmp } from '../../core/media/mp4.ts';
import { BT709_LIMITED } from '../../core/media/sps.ts';
import type { StreamColour } from '../../core/media/sps.ts';
import { SOURCE_TYPE_BASE } from '../../core/media/xmp.ts';
import { softwareFirst } from './look-alike.ts';
import { PlaneReader } from './planes.ts';
import type { YuvPlanes } from './planes.ts';
import { PosterPicker } from './poster.ts';
import { frameTimestampUs } from './time.ts';

/** What a file is checked against. */
export type VerifyExpectation = Pick<
  EncodeJobRequest,
  'width' | 'height' | 'fps' | 'frames' | 'reference' | 'sourceType'
>;

/** Long side of the comparison with the picture: small enough that grain and coding noise average out. */
const COMPARE_PX = 96;
/**
 * PSNR of the first frame against the picture, both scaled to 96 px, from which they count as alike. Coding alone
 * leaves 35 dB and more at this size; a subject that has moved by one of the 96 pixels before the first frame leaves
 * about 26. The picture upside down, mirrored, one of another job, washed out or in swapped colours has 8 to 20.
 */
const FIRST_FRAME_DB = 23;
/** Mean of a channel, in levels, that may differ: a swapped matrix or a lost channel moves one by more. */
const MEAN_SHIFT_MAX = 10;
/** Contrast that may be gained or lost; full range taken for limited, or the other way, is 1.16 or 0.86. */
const CONTRAST_RANGE = [0.9, 1.1] as const;
/** Seconds that a clip may stand still. */
const FROZEN_MAX_S = 1;
/** Frames that may wait for the decoder at once. */
const DECODE_AHEAD = 6;

/** The verifier's answer: what was read, and the poster. */
export interface Verified {
  readonly report: VerifyReport;
  readonly poster: Blob;
}

const failed = (check: string, details: ErrorDetails = {}, cause?: unknown): AppError =>
  new AppError('ERR_MEDIA_VERIFY_FAILED', `the finished file fails the check "${check}"`, {
    details: { check, ...details },
    retryable: true,
    cause,
  });

const expectSame = (
  check: string,
  expected: string | number | boolean,
  actual: string | number | boolean,
): void => {
  if (expected !== actual) throw failed(check, { expected, actual });
};

const colourText = (colour: StreamColour | null): string =>
  colour === null
    ? 'none'
    : `${colour.primaries}-${colour.transfer}-${colour.matrix}-${colour.fullRange ? 'full' : 'limited'}`;

/** Structure, timing, colour and mark, from the bytes alone. Returns the codec string. */
function checkStructure(bytes: Uint8Array, expected: VerifyExpectation): string {
  const facts = readMp4Facts(bytes);
  expectSame('moov before mdat', true, facts.moovBeforeMdat);
  expectSame('fragmented', false, facts.fragmented);
  expectSame('edit list', false, facts.hasEditList);
  expectSame('tracks', 1, facts.tracks);
  expectSame('frames', expected.frames, facts.samples);
  expectSame('reordered', false, facts.reordered);
  expectSame('constant rate', 1, facts.sampleTicks.length);
  expectSame('rate', expected.fps, facts.timescale / (facts.sampleTicks[0] ?? 0));
  expectSame('width', expected.width, facts.width);
  expectSame('height', expected.height, facts.height);
  expectSame('square pixels', facts.pixelAspect[0], facts.pixelAspect[1]);
  expectSame('colour in colr', colourText(BT709_LIMITED), colourText(facts.colour));
  if (facts.avcConfig === null) throw failed('codec', { expected: 'avc1' });
  const sps = readAvcSps(facts.avcConfig);
  expectSame('colour in the stream', colourText(BT709_LIMITED), colourText(sps.colour));
  expectSame('coded width', expected.width, sps.width);
  expectSame('coded height', expected.height, sps.height);
  expectSame('8-bit 4:2:0', true, sps.bitDepth === 8 && sps.chromaFormatIdc === 1);
  const mark = new TextDecoder().decode(readXmp(bytes) ?? new Uint8Array(0));
  expectSame('mark', true, mark.includes(`>${SOURCE_TYPE_BASE}${expected.sourceType}<`));
  return avcCodecString(facts.avcConfig);
}

/** PSNR of the first frame against the picture. @throws ERR_MEDIA_VERIFY_FAILED when they don't look alike. */
function checkFirst(planes: YuvPlanes, expected: VerifyExpectation): number | null {
  const { reference } = expected;
  if (reference === null) return null;
  const size = smallSize(expected.width, expected.height, COMPARE_PX);
  const likeness = compareSmall(
    smallFromRgba(reference, size.width, size.height),
    smallFromYuv(planes, size.width, size.height),
  );
  const { db, meanShift, contrast } = likeness;
  const details = { db, meanShift, contrast };
  if (db < FIRST_FRAME_DB)
    throw failed('first frame like the picture', { ...details, least: FIRST_FRAME_DB });
  if (meanShift > MEAN_SHIFT_MAX)
    throw failed('colour of the first frame', { ...details, most: MEAN_SHIFT_MAX });
  if (contrast !== null && (contrast < CONTRAST_RANGE[0] || contrast > CONTRAST_RANGE[1])) {
    throw failed('contrast of the first frame', details);
  }
  return db;
}

/** A picture that is black itself may have black frames. */
function pictureIsBlack({ reference }: VerifyExpectation): boolean {
  if (reference === null) return false;
  const { rgb } = smallFromRgba(reference, 32, 32);
  return rgb.every((value) => value < 10);
}

/**
 * Verified export (V5): reads a finished file back, byte by byte and frame by frame.
 *
 * Checked: the structure of V1 (order of boxes, no fragments, no edit list, one track, constant rate, square pixels),
 * colour in `colr` and in the stream, the mark of V4, the size and number of *decoded* frames and their times, the
 * first frame against the picture, no black run (a frame is black when all but 0.2% of it is darker than luma 24; none
 * may be, unless the picture is) and no frozen run (more than a second in which no 16×16 block differs from the run's
 * first frame by more than 0.75 levels on average, which is coding noise).
 *
 * @param onFrame called after each frame that was looked at.
 * @param signal ends it with its reason.
 * @throws ERR_MEDIA_VERIFY_FAILED with `details.check`, and `expected` and `actual` where there are such.
 */
export async function verifyClip(
  bytes: Uint8Array<ArrayBuffer>,
  expected: VerifyExpectation,
  onFrame: (done: number) => void,
  signal: AbortSignal,
): Promise<Verified> {
  let codec: string;
  try {
    codec = checkStructure(bytes, expected);
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw failed('structure', { reason: error instanceof Error ? error.message : String(error) }, error);
  }
  const reader = new PlaneReader();
  const frozen = new FrozenRuns();
  const poster = new PosterPicker();
  const mayBeBlack = pictureIsBlack(expected);
  let firstFrameDb: number | null = null;
  let blackRun = 0;
  let blackNow = 0;
  let frames = 0;
  let endS = 0;
  try {
    for await (const frame of decodeAll(bytes, signal)) {
      try {
        expectSame('time of a frame', frameTimestampUs(frames, expected.fps), frame.timestamp);
        expectSame('decoded width', expected.width, frame.displayWidth);
        expectSame('decoded height', expected.height, frame.displayHeight);
        const planes = await reader.read(frame);
        if (frames === 0) firstFrameDb = checkFirst(planes, expected);
        blackNow = !mayBeBlack && isBlack(planes[0]) ? blackNow + 1 : 0;
        blackRun = Math.max(blackRun, blackNow);
        frozen.add(planes[0]);
        poster.add(frame, planes[0]);
        frames += 1;
        endS = (frame.timestamp + (frame.duration ?? 0)) / 1e6;
      } finally {
        frame.close();
      }
      onFrame(frames);
    }
    expectSame('decoded frames', expected.frames, frames);
    const durationS = expected.frames / expected.fps;
    if (Math.abs(endS - durationS) > 0.5 / expected.fps) {
      throw failed('duration', { expected: durationS, actual: endS });
    }
    if (blackRun > 0) throw failed('no black frame', { blackRun });
    if (frozen.longest > FROZEN_MAX_S * expected.fps)
      throw failed('no frozen run', { frozenRun: frozen.longest });
    const { width, height } = expected;
    return {
      report: { frames, durationS, width, height, codec, firstFrameDb, frozenRun: frozen.longest, blackRun },
      poster: await poster.toJpeg(),
    };
  } catch (error) {
    if (error instanceof AppError || signal.aborted) throw error;
    throw failed(
      'decode',
      { reason: error instanceof Error ? error.message : String(error), frame: frames },
      error,
    );
  } finally {
    poster.dispose();
  }
}

/** Every frame of a file's video track, in order, by the demuxer and the browser's decoder. The caller closes them. */
async function* decodeAll(bytes: Uint8Array<ArrayBuffer>, signal: AbortSignal): AsyncGenerator<VideoFrame> {
  const input = new Input({ source: new BufferSource(bytes), formats: [MP4] });
  const out: VideoFrame[] = [];
  let failure: Error | null = null;
  let wake = (): void => undefined;
  const decoder = new VideoDecoder({
    output: (frame) => {
      out.push(frame);
      wake();
    },
    error: (error) => {
      failure ??= error;
      wake();
    },
  });
  const check = (): void => {
    signal.throwIfAborted();
    if (failure !== null) throw failure;
  };
  try {
    const track = await input.getPrimaryVideoTrack();
    const config = await track?.getDecoderConfig();
    if (track === null || !config) throw new RangeError('The file has no video track');
    decoder.configure(await softwareFirst(config));
    decoder.addEventListener('dequeue', () => wake());
    for await (const packet of new EncodedPacketSink(track).packets()) {
      check();
      decoder.decode(
        new EncodedVideoChunk({
          type: packet.type,
          timestamp: Math.round(packet.timestamp * 1e6),
          duration: Math.round(packet.duration * 1e6),
          data: packet.data,
        }),
      );
      while (decoder.decodeQueueSize > DECODE_AHEAD && out.length === 0 && failure === null) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      for (let frame = out.shift(); frame !== undefined; frame = out.shift()) {
        check();
        yield frame;
      }
    }
    await decoder.flush();
    check();
    for (let frame = out.shift(); frame !== undefined; frame = out.shift()) {
      check();
      yield frame;
    }
  } finally {
    for (const frame of out) frame.close();
    if (decoder.state !== 'closed') decoder.close();
    input.dispose();
  }
}
