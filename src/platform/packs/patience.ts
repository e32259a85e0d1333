import { AppError, type ErrorCode } from '../../contracts/errors.ts';
import { wait, type PackTime } from './time.ts';

/** How often, and how long, a server that doesn't answer is waited for. */
export interface PatienceOptions {
  readonly time: PackTime;
  /** Tries in a row without a single new chunk. */
  readonly triesMax: number;
  readonly firstMs: number;
  readonly longestMs: number;
  /** The longest `Retry-After` that is waited for while somebody looks on. */
  readonly askedMs: number;
}

/** A wait as it is shown. */
export interface Waiting {
  readonly tries: number;
  readonly nextMs: number;
  readonly why: ErrorCode;
}

/**
 * The waits of one installation, shared by all files that come at once: a server that asks for a pause gets it from all of
 * them, and what fails together counts as one try. Twice as long each time, with some chance in it.
 */
export class Patience {
  readonly #options: PatienceOptions;
  readonly #tell: (waiting: Waiting | null) => void;
  #tries = 0;
  #gate: Promise<void> | null = null;

  constructor(options: PatienceOptions, tell: (waiting: Waiting | null) => void) {
    this.#options = options;
    this.#tell = tell;
  }

  /** Something new has come: the next trouble is the first again. */
  progress(): void {
    this.#tries = 0;
  }

  /** Resolves when nobody is waiting. */
  async ready(): Promise<void> {
    while (this.#gate !== null) await this.#gate;
  }

  /**
   * Waits before another try.
   * @throws the error itself when it isn't worth one, or there were enough.
   */
  async after(error: unknown, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (!(error instanceof AppError) || error.code !== 'ERR_MODEL_UNREACHABLE' || !error.retryable)
      throw error;
    if (this.#gate !== null) return this.ready();
    const { time, triesMax, firstMs, longestMs, askedMs } = this.#options;
    const asked = error.details['retryAfterMs'];
    this.#tries += 1;
    if (this.#tries >= triesMax || (typeof asked === 'number' && asked > askedMs)) throw error;
    const own = Math.min(longestMs, firstMs * 2 ** (this.#tries - 1)) * (0.75 + Math.random() / 4);
    const nextMs = Math.round(Math.max(own, typeof asked === 'number' ? asked : 0));
    const gate = wait(time, nextMs, signal);
    this.#gate = gate.catch(() => undefined).then(() => void (this.#gate = null));
    this.#tell({ tries: this.#tries, nextMs, why: error.code });
    await gate;
    this.#tell(null);
  }
}
