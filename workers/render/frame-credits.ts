import { AppError } from '../../src/contracts/errors.ts';
import { FRAMES_IN_FLIGHT } from '../../src/contracts/frame-port.ts';
import type { CreditMessage, FrameMessage } from '../../src/contracts/frame-port.ts';
import type { PlanarFrame } from '../../src/platform/gpu/renderer.ts';
import { toVideoFrame } from '../../src/platform/gpu/renderer.ts';
import { frameDurationUs, frameTimestampUs } from '../../src/platform/media/time.ts';
import { fromErrorRecord, toErrorRecord } from '../../src/platform/thread/error-record.ts';

/** Why a job ends that nobody wants any more. */
export const aborted = (): DOMException => new DOMException('the job was cancelled', 'AbortError');

/**
 * The way of a job's frames to the encoder (see frame-port.ts): waits for its credits, for its refusal, and for a
 * cancellation.
 */
export class FrameCredits {
  readonly #port: MessagePort;
  readonly #fps: number;
  readonly #ending = new AbortController();
  #credits = FRAMES_IN_FLIGHT;
  #wake: (() => void) | null = null;

  /** @param port becomes the job's. @param fps frames a second, for their times. */
  constructor(port: MessagePort, fps: number) {
    this.#port = port;
    this.#fps = fps;
    port.onmessage = ({ data }: MessageEvent<CreditMessage>) => {
      if (data.type === 'credit') this.#credits++;
      else this.stop(data.error ? fromErrorRecord(data.error) : aborted());
      this.#wake?.();
    };
    port.onmessageerror = () => this.stop(new AppError('ERR_WORKER_FAILED', 'a credit could not be read'));
  }

  /** Aborted with its reason once the job is to end. */
  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  stop(reason: Error): void {
    this.#ending.abort(reason);
    this.#wake?.();
  }

  /** Takes one credit, waiting for it if need be. @throws the reason of the end */
  async take(): Promise<void> {
    this.signal.throwIfAborted();
    while (this.#credits === 0) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
      this.#wake = null;
      this.signal.throwIfAborted();
    }
    this.#credits--;
  }

  /** Sends a frame that {@link take} made room for; its planes are copied. */
  send(index: number, planes: PlanarFrame): void {
    const frame = toVideoFrame(planes, frameTimestampUs(index, this.#fps), frameDurationUs(index, this.#fps));
    this.#port.postMessage({ type: 'frame', index, frame } satisfies FrameMessage, [frame]);
  }

  /** Says that all frames were sent. @throws the reason of the end, where it came before */
  end(frames: number): void {
    this.signal.throwIfAborted();
    this.#port.postMessage({ type: 'end', frames } satisfies FrameMessage);
  }

  /** Tells the encoder why there will be no more frames. */
  abort(error: unknown): void {
    this.#port.postMessage({ type: 'abort', error: toErrorRecord(error) } satisfies FrameMessage);
  }
}
