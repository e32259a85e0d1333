import { BufferSource, EncodedPacketSink, Input, MP4 } from 'mediabunny';
import type { EncodeJobRequest, VerifyReport } from '../../contracts/encode.api.ts';
import { AppError } from '../../contracts/errors.ts';
import { avcCodecString, readAvcSps } from '../../core/media/avc.ts';
import type { SmallPicture } from '../../core/media/compare.ts';
import { FrozenRuns, isBlack, lumaOf, mayBeBlack, mayStandStill } from '../../core/media/frame-stats.ts';
import { readMp4Facts, readXmp } from '../../core/media/mp4.ts';
import { BT709_LIMITED } from '../../core/media/sps.ts';
import type { StreamColour } from '../../core/media/sps.ts';
import { SOURCE_TYPE_BASE } from '../../core/media/xmp.ts';
import type { EncodedFrame, StreamConfig } from './clip-encoder.ts';
import { checkFirst, smallFirst } from './first-frame.ts';
import { softwareFirst } from './look-alike.ts';
import { PlaneReader } from './planes.ts';
import { PosterPicker } from './poster.ts';
import { frameDurationUs, frameTimestampUs } from './time.ts';
import { failed } from './verify-failure.ts';

/** What a file is checked against. */
export type VerifyExpectation = Pick<
  EncodeJobRequest,
  'width' | 'height' | 'fps' | 'frames' | 'reference' | 'sourceType' | 'fidelityDb'
>;

/** Seconds that a clip may stand still. */
const FROZEN_MAX_S = 1;
/** Frames that may wait for the decoder at once. */
const DECODE_AHEAD = 6;

/** The verifier's answer: what was read, and the poster. */
export interface Verified {
  readonly report: VerifyReport;
  readonly poster: Blob;
}

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

/** Structure, timing, colour and mark, from the bytes alone. Returns what decodes the stream. */
function checkStructure(
  bytes: Uint8Array,
  expected: VerifyExpectation,
): Pick<StreamConfig, 'codec' | 'avcConfig'> {
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
  return { codec: avcCodecString(facts.avcConfig), avcConfig: facts.avcConfig.slice() };
}

/** A packet that the demuxer read from a file. */
interface FilePacket {
  readonly key: boolean;
  readonly timestampUs: number;
  readonly data: Uint8Array;
}

/** Every packet of a file's video track, in order, by the demuxer. */
async function* filePackets(bytes: Uint8Array<ArrayBuffer>): AsyncGenerator<FilePacket> {
  const input = new Input({ source: new BufferSource(bytes), formats: [MP4] });
  try {
    const track = await input.getPrimaryVideoTrack();
    if (track === null) throw new RangeError('The file has no video track');
    for await (const { type, timestamp, data } of new EncodedPacketSink(track).packets()) {
      yield { key: type === 'key', timestampUs: Math.round(timestamp * 1e6), data };
    }
  } finally {
    input.dispose();
  }
}

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((value, i) => value === b[i]);

/**
 * Verified export (V5): reads a finished file back, byte by byte and frame by frame.
 *
 * Packets are decoded as soon as they are fed, while later frames are still being drawn and encoded; `finish` then
 * takes the file apart with the demuxer and compares every packet and the decoder's settings with what was decoded.
 * A file that passes holds exactly the bytes whose decoded frames were looked at.
 *
 * Checked: the structure of V1 (order of boxes, no fragments, no edit list, one track, constant rate, square pixels),
 * colour in `colr` and in the stream, the mark of V4, the size and number of *decoded* frames and their times, the
 * first frame against the picture, no black run (a frame is black when all but 0.2% of it is darker than luma 24; none
 * may be, unless the picture is) and no frozen run (more than a second in which no 16×16 block differs from the run's
 * first frame by more than 0.75 levels on average, which is coding noise), unless the picture is too even to show any
 * motion.
 */
export class ClipVerifier {
  private readonly expected: VerifyExpectation;
  private readonly mayBeBlack: boolean;
  private readonly mayStandStill: boolean;
  private readonly packets: EncodedFrame[] = [];
  private readonly out: VideoFrame[] = [];
  private readonly reader = new PlaneReader();
  private readonly frozen = new FrozenRuns();
  private readonly poster = new PosterPicker();
  private readonly decoder: VideoDecoder;
  private avcConfig: Uint8Array<ArrayBuffer> | null = null;
  private configured = false;
  private looking = false;
  private decoded = 0;
  private failure: AppError | null = null;
  private disposed = false;
  private own: SmallPicture | null = null;
  private firstFrameDb: number | null = null;
  private blackRun = 0;
  private blackNow = 0;
  private endUs = 0;
  private wake: () => void = () => undefined;
  /** Frames that were decoded and looked at. */
  looked = 0;

  constructor(expected: VerifyExpectation) {
    this.expected = expected;
    const { reference } = expected;
    const luma = reference === null ? null : lumaOf(reference.rgba, reference.width, reference.height);
    this.mayBeBlack = luma !== null && mayBeBlack(luma);
    this.mayStandStill = luma !== null && mayStandStill(luma);
    this.decoder = new VideoDecoder({
      output: (frame) => {
        this.out.push(frame);
        void this.look();
      },
      error: (error) => this.fail(error),
    });
    this.decoder.addEventListener('dequeue', () => this.pump());
  }

  private fail(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.failure ??=
      error instanceof AppError ? error : failed('decode', { reason, frame: this.looked }, error);
    this.wake();
  }

  /** Keeps what the first frame looked like before it was encoded; comes before the first packet. It stays open. */
  async expectFirst(frame: VideoFrame): Promise<void> {
    this.own = await smallFirst(frame);
  }

  /**
   * Takes the next packet, in order. Never throws: what is wrong comes out in {@link finish}.
   *
   * @param stream the same for all packets of a clip.
   */
  feed(packet: EncodedFrame, stream: Pick<StreamConfig, 'codec' | 'avcConfig'>): void {
    this.packets.push(packet);
    if (this.avcConfig === null) {
      this.avcConfig = stream.avcConfig;
      softwareFirst({ codec: stream.codec, description: stream.avcConfig })
        .then((config) => {
          if (this.disposed) return;
          this.decoder.configure(config);
          this.configured = true;
          this.pump();
        })
        .catch((error: unknown) => this.fail(error));
    } else this.pump();
  }

  /** Gives the decoder what it may have: never so much that decoded frames pile up. */
  private pump(): void {
    try {
      while (this.configured && !this.disposed && this.failure === null) {
        const packet = this.packets[this.decoded];
        if (packet === undefined || this.decoder.decodeQueueSize + this.out.length >= DECODE_AHEAD) break;
        const { index, key, data } = packet;
        this.decoder.decode(
          new EncodedVideoChunk({
            type: key ? 'key' : 'delta',
            timestamp: frameTimestampUs(index, this.expected.fps),
            duration: frameDurationUs(index, this.expected.fps),
            data,
          }),
        );
        this.decoded += 1;
      }
    } catch (error) {
      this.fail(error);
    }
    this.wake();
  }

  /** Looks at the frames that are there, one after the other. */
  private async look(): Promise<void> {
    if (this.looking) return;
    this.looking = true;
    for (let frame = this.out.shift(); frame !== undefined; frame = this.out.shift()) {
      try {
        if (this.failure === null && !this.disposed) await this.lookAt(frame);
      } catch (error) {
        this.fail(error);
      } finally {
        frame.close();
      }
      this.pump();
    }
    this.looking = false;
    this.wake();
  }

  private async lookAt(frame: VideoFrame): Promise<void> {
    const { expected } = this;
    expectSame('time of a frame', frameTimestampUs(this.looked, expected.fps), frame.timestamp);
    expectSame('decoded width', expected.width, frame.displayWidth);
    expectSame('decoded height', expected.height, frame.displayHeight);
    const planes = await this.reader.read(frame);
    if (this.disposed) return;
    if (this.looked === 0) this.firstFrameDb = checkFirst(planes, expected, this.own);
    this.blackNow = !this.mayBeBlack && isBlack(planes[0]) ? this.blackNow + 1 : 0;
    this.blackRun = Math.max(this.blackRun, this.blackNow);
    this.frozen.add(planes[0]);
    this.poster.add(frame, planes[0]);
    this.endUs = frame.timestamp + (frame.duration ?? 0);
    this.looked += 1;
  }

  private async until(done: () => boolean, signal: AbortSignal): Promise<void> {
    const stop = (): void => this.wake();
    signal.addEventListener('abort', stop);
    try {
      while (this.failure === null && !signal.aborted && !done()) {
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
      }
    } finally {
      signal.removeEventListener('abort', stop);
    }
    signal.throwIfAborted();
    if (this.failure !== null) throw this.failure;
  }

  /**
   * Checks the finished file against the request and against what was fed.
   *
   * @param signal ends it with its reason.
   * @throws ERR_MEDIA_VERIFY_FAILED with `details.check`, and `expected` and `actual` where there are such.
   */
  async finish(bytes: Uint8Array<ArrayBuffer>, signal: AbortSignal): Promise<Verified> {
    const { expected } = this;
    try {
      const codec = await this.checkFile(bytes);
      await this.until(() => this.configured && this.decoded === this.packets.length, signal);
      await this.decoder.flush();
      await this.until(() => !this.looking && this.out.length === 0, signal);
      expectSame('decoded frames', expected.frames, this.looked);
      const durationS = expected.frames / expected.fps;
      if (Math.abs(this.endUs / 1e6 - durationS) > 0.5 / expected.fps) {
        throw failed('duration', { expected: durationS, actual: this.endUs / 1e6 });
      }
      const { blackRun, firstFrameDb } = this;
      const frozenRun = this.frozen.longest;
      if (blackRun > 0) throw failed('no black frame', { blackRun });
      if (!this.mayStandStill && frozenRun > FROZEN_MAX_S * expected.fps)
        throw failed('no frozen run', { frozenRun });
      const { width, height } = expected;
      return {
        report: { frames: this.looked, durationS, width, height, codec, firstFrameDb, frozenRun, blackRun },
        poster: await this.poster.toJpeg(),
      };
    } catch (error) {
      if (signal.aborted) throw error;
      this.fail(error);
      throw this.failure ?? error;
    }
  }

  /** The file's structure, and that it holds what was fed. Returns the codec string. */
  private async checkFile(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
    let at = 0;
    try {
      const { codec, avcConfig } = checkStructure(bytes, this.expected);
      expectSame('decoder settings', true, this.avcConfig !== null && sameBytes(avcConfig, this.avcConfig));
      for await (const { key, timestampUs, data } of filePackets(bytes)) {
        const fed = this.packets[at];
        expectSame('time of a frame', frameTimestampUs(at, this.expected.fps), timestampUs);
        if (fed?.key !== key || !sameBytes(fed.data, data)) throw failed('bytes of a frame', { frame: at });
        at += 1;
      }
      expectSame('frames', this.packets.length, at);
      return codec;
    } catch (error) {
      if (error instanceof AppError) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw failed('structure', { reason, frame: at }, error);
    }
  }

  /** Closes everything; fine at any time. */
  dispose(): void {
    this.disposed = true;
    for (const frame of this.out.splice(0)) frame.close();
    if (this.decoder.state !== 'closed') this.decoder.close();
    this.poster.dispose();
    this.wake();
  }
}

/**
 * Verifies a file that lies there: feeds a {@link ClipVerifier} from the file itself.
 *
 * @throws ERR_MEDIA_VERIFY_FAILED as {@link ClipVerifier.finish} does; the signal's reason.
 */
export async function verifyClip(
  bytes: Uint8Array<ArrayBuffer>,
  expected: VerifyExpectation,
  signal: AbortSignal,
): Promise<Verified> {
  const verifier = new ClipVerifier(expected);
  try {
    const stream = checkStructure(bytes, expected);
    let index = 0;
    for await (const { key, data } of filePackets(bytes)) {
      verifier.feed({ index, key, data }, stream);
      index += 1;
    }
    return await verifier.finish(bytes, signal);
  } catch (error) {
    if (error instanceof AppError || signal.aborted) throw error;
    throw failed('structure', { reason: error instanceof Error ? error.message : String(error) }, error);
  } finally {
    verifier.dispose();
  }
}
