import { AppError } from '../../contracts/errors.ts';
import type { CreditMessage, FrameMessage } from '../../contracts/frame-port.ts';
import { fromErrorRecord, toErrorRecord } from '../thread/error-record.ts';

/**
 * The encode worker's end of a frame port: frames in order, credits back, and no frame left open. A port says nothing
 * when the thread at its other end dies: whoever started both cancels the job then.
 */
export class FrameReceiver {
  private readonly port: MessagePort;
  private readonly queue: { readonly index: number; readonly frame: VideoFrame }[] = [];
  private ended: number | null = null;
  /** Whether the sender has said its last word, the end or its failure. */
  private last = false;
  private failure: Error | null = null;
  private stopped = false;
  private wake: () => void = () => undefined;

  /** @param port changes owner; it is closed here. */
  constructor(port: MessagePort) {
    this.port = port;
    port.addEventListener('message', (event: MessageEvent<FrameMessage>) => this.take(event.data));
    port.addEventListener('messageerror', () => {
      this.fail(new AppError('ERR_WORKER_FAILED', 'a frame could not be read', { retryable: true }));
    });
    port.start();
  }

  private take(message: FrameMessage): void {
    if (this.stopped) {
      // What was under way when we said stop is closed here; the port goes with the sender's last word.
      if (message.type === 'frame') message.frame.close();
      else this.port.close();
      return;
    }
    if (message.type !== 'frame') this.last = true;
    if (message.type === 'frame') this.queue.push(message);
    else if (message.type === 'end') this.ended = message.frames;
    else this.failure ??= fromErrorRecord(message.error);
    this.wake();
  }

  private fail(error: Error): void {
    this.failure ??= error;
    this.wake();
  }

  private send(message: CreditMessage): void {
    this.port.postMessage(message);
  }

  /**
   * The next frame, which the caller closes, or the number of frames that the sender counted, at the end.
   *
   * @throws the sender's error, or ERR_WORKER_FAILED when a message can't be read, or the reason given to {@link interrupt}.
   */
  async next(): Promise<{ readonly index: number; readonly frame: VideoFrame } | number> {
    for (;;) {
      if (this.failure !== null) throw this.failure;
      const first = this.queue.shift();
      if (first !== undefined) return first;
      if (this.ended !== null) return this.ended;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }

  /** Makes a waiting or later {@link next} throw. */
  interrupt(reason: Error): void {
    this.fail(reason);
  }

  /** Tells the renderer that one more frame may come. */
  credit(): void {
    if (!this.stopped) this.send({ type: 'credit' });
  }

  /** Closes what is left. Without the sender's last word so far, it is told to stop, and why. */
  dispose(error?: unknown): void {
    if (this.stopped) return;
    this.stopped = true;
    for (const { frame } of this.queue.splice(0)) frame.close();
    if (this.last) {
      this.port.close();
      return;
    }
    this.send(error === undefined ? { type: 'stop' } : { type: 'stop', error: toErrorRecord(error) });
  }
}
