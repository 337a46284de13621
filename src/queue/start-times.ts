import type { Coordination, TaskKey } from './coordination/coordination.ts';

/** What {@link StartTimes} works with. */
export interface StartTimesOptions {
  readonly coordination: Coordination;
  readonly task: TaskKey;
  /** Starts that can be used at all. */
  readonly count: number;
  readonly onError: (error: unknown) => void;
}

/** Starts are reserved for about so long ahead, in milliseconds: what is not used is lost to others. */
const AHEAD_MS = 250;
/** How much later than reserved an iteration may start, in milliseconds. */
const LATE_MS = 20;
/** When it is looked again whether starts were reserved, in milliseconds. */
const LOOK_MS = 1000;

/** Starts of iterations, reserved in batches from what all workers share. */
export class StartTimes {
  readonly #options: StartTimesOptions;
  readonly #reserved: () => void;
  /** Of the next start, in milliseconds of `performance.now`. */
  #nextAtMs = 0;
  #spacingMs = 0;
  #left = 0;
  #unused: number;
  #isAsking = false;

  /** `reserved`: called when starts have come. */
  constructor(options: StartTimesOptions, reserved: () => void) {
    this.#options = options;
    this.#unused = options.count;
    this.#reserved = reserved;
  }

  /** Milliseconds until the next iteration may start; 0: now, and it counts as started. */
  take(): number {
    if (this.#left === 0) {
      this.#ask();
      return LOOK_MS;
    }
    const waitMs = this.#nextAtMs - performance.now();
    // Timers come up to a millisecond early.
    if (waitMs > 1) return Math.ceil(waitMs);
    if (this.#miss(-waitMs)) return this.take();
    this.#left -= 1;
    this.#unused -= 1;
    this.#nextAtMs += this.#spacingMs;
    if (this.#left === 0) this.#ask();
    return 0;
  }

  /** Starts whose time is long over are others' by now. */
  #miss(lateMs: number): boolean {
    if (lateMs <= LATE_MS) return false;
    const missed = this.#spacingMs === 0 ? this.#left : Math.ceil((lateMs - LATE_MS) / this.#spacingMs);
    const lost = Math.min(missed, this.#left);
    this.#left -= lost;
    this.#nextAtMs += lost * this.#spacingMs;
    return true;
  }

  #ask(): void {
    if (this.#isAsking || this.#unused <= 0) return;
    this.#isAsking = true;
    const ahead = this.#spacingMs > 0 ? Math.floor(AHEAD_MS / this.#spacingMs) : 1;
    const count = Math.min(Math.max(1, ahead), this.#unused);
    const { coordination, task, onError } = this.#options;
    coordination
      .reserve(task, count)
      .then(({ inMs, spacingMs }) => {
        this.#nextAtMs = performance.now() + inMs;
        this.#spacingMs = spacingMs;
        this.#left = count;
        this.#isAsking = false;
        this.#reserved();
      })
      .catch((error: unknown) => {
        onError(error);
        setTimeout(() => (this.#isAsking = false), LOOK_MS).unref();
      });
  }
}
