import type { Clock } from './host.ts';

/**
 * A long synchronous stretch gives the event loop a turn after this many milliseconds. The promise is 10 at most; what
 * is left is for a step that takes long and for a collection of garbage.
 */
const STRETCH_MS = 5;
const CHECK_EVERY_MS = 0.5;
/** Steps before the clock is looked at first: what has fewer is not asked at all. */
const FIRST_STRIDE = 4;

/** Tells a synchronous loop when to let the event loop have a turn; asks the clock about twice a millisecond. */
export class Fairness {
  readonly #clock: Clock;
  #stretchStartMs: number;
  #lastCheckMs: number;
  #stride = FIRST_STRIDE;
  #countdown = FIRST_STRIDE;

  /** `startMs`: when the loop began, on the clock. */
  constructor(clock: Clock, startMs: number) {
    this.#clock = clock;
    this.#stretchStartMs = this.#lastCheckMs = startMs;
  }

  /** Steps that may be taken before the next question. */
  get allowance(): number {
    return this.#countdown;
  }

  /** To be asked after every step of the loop, or some. True: yield now; the next stretch begins with this call. */
  isDue(steps = 1): boolean {
    this.#countdown -= steps;
    if (this.#countdown > 0) return false;
    const nowMs = this.#clock.monotonic();
    const perStepMs = Math.max((nowMs - this.#lastCheckMs) / this.#stride, 1e-6);
    this.#stride = Math.max(1, Math.min(4096, this.#stride * 2, Math.floor(CHECK_EVERY_MS / perStepMs)));
    this.#countdown = this.#stride;
    this.#lastCheckMs = nowMs;
    if (nowMs - this.#stretchStartMs < STRETCH_MS) return false;
    this.#stretchStartMs = nowMs;
    return true;
  }
}
