import type { PackProgress } from '../../contracts/packs.api.ts';
import type { Waiting } from './patience.ts';
import type { PackTime } from './time.ts';

const TELL_EVERY_MS = 100;
const SPEED_OVER_MS = 5_000;

/** Counts bytes and tells of them, not more often than somebody can read. */
export class Meter {
  readonly #time: PackTime;
  readonly #tell: (progress: PackProgress) => void;
  readonly #seen: { readonly atMs: number; readonly bytes: number }[] = [];
  #phase: PackProgress['phase'] = 'verify';
  #done = 0;
  #total = 0;
  #waiting: Waiting | null = null;
  #toldMs = Number.NEGATIVE_INFINITY;

  constructor(time: PackTime, tell: (progress: PackProgress) => void) {
    this.#time = time;
    this.#tell = tell;
  }

  /** Starts a phase of which some is done already. */
  begin(phase: PackProgress['phase'], doneBytes: number, totalBytes: number): void {
    this.#phase = phase;
    this.#done = doneBytes;
    this.#total = totalBytes;
    this.#seen.length = 0;
    this.#say(true);
  }

  /** So many bytes more; fewer where some have to be fetched again. */
  add(bytes: number): void {
    this.#done += bytes;
    this.#say(this.#done >= this.#total);
  }

  /** A wait begins, or is over. */
  wait(waiting: Waiting | null): void {
    this.#waiting = waiting;
    this.#say(true);
  }

  #say(atOnce: boolean): void {
    const nowMs = this.#time.nowMs();
    if (!atOnce && nowMs - this.#toldMs < TELL_EVERY_MS) return;
    this.#toldMs = nowMs;
    this.#seen.push({ atMs: nowMs, bytes: this.#done });
    while (this.#seen.length > 2 && nowMs - (this.#seen[0]?.atMs ?? nowMs) > SPEED_OVER_MS)
      this.#seen.shift();
    const [first] = this.#seen;
    const spanMs = first === undefined ? 0 : nowMs - first.atMs;
    this.#tell({
      phase: this.#phase,
      doneBytes: this.#done,
      totalBytes: this.#total,
      bytesPerSecond:
        first !== undefined && spanMs > 0 ? Math.max(0, ((this.#done - first.bytes) * 1000) / spanMs) : null,
      waiting: this.#waiting,
    });
  }
}
