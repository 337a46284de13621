import type { Clock } from './host.ts';

/** A long synchronous stretch gives the event loop a turn after this many milliseconds; DESIGN asks for 10 at most. */
const STRETCH_MS = 8;
const CHECK_EVERY_MS = 0.5;

/** Tells a synchronous loop when to let the event loop have a turn; asks the clock about twice a millisecond. */
export class Fairness {
  readonly #clock: Clock;
  /** -1: the clock was not read yet. */
  #stretchStartMs = -1;
  #lastCheckMs = 0;
  #stride = 1;
  /** The first steps are few where a run is short, and then nothing is asked at all. */
  #countdown = 4;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** To be asked once per step of the loop. True: yield now; the next stretch begins with this call. */
  isDue(): boolean {
    if (--this.#countdown > 0) return false;
    const nowMs = this.#clock.monotonic();
    if (this.#stretchStartMs < 0) {
      this.#stretchStartMs = this.#lastCheckMs = nowMs;
      this.#countdown = 1;
      return false;
    }
    const perStepMs = Math.max((nowMs - this.#lastCheckMs) / this.#stride, 1e-6);
    this.#stride = Math.max(1, Math.min(4096, this.#stride * 2, Math.floor(CHECK_EVERY_MS / perStepMs)));
    this.#countdown = this.#stride;
    this.#lastCheckMs = nowMs;
    if (nowMs - this.#stretchStartMs < STRETCH_MS) return false;
    this.#stretchStartMs = nowMs;
    return true;
  }
}
