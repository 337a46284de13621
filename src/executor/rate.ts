/**
 * Starts per unit of time, evenly spaced: never more than `count` in any stretch of `perMs`, and never more than a few
 * at once. A timer that comes late is made up for by at most 20 ms worth of starts.
 */
export class RateLimiter {
  readonly #count: number;
  readonly #perMs: number;
  readonly #spacingMs: number;
  readonly #slackMs: number;
  /** Times of the last `count` starts, as a ring. */
  readonly #starts: Float64Array;
  #started = 0;
  #nextMs = -Infinity;

  constructor(rate: { readonly count: number; readonly perMs: number }) {
    this.#count = rate.count;
    this.#perMs = rate.perMs;
    this.#spacingMs = rate.perMs / rate.count;
    this.#slackMs = Math.max(20, this.#spacingMs);
    this.#starts = new Float64Array(rate.count);
  }

  /** Takes a start at `nowMs`; gives 0, or the milliseconds to wait before asking again. */
  take(nowMs: number): number {
    const slot = this.#started % this.#count;
    const oldest = this.#started < this.#count ? -Infinity : (this.#starts[slot] as number) + this.#perMs;
    const earliest = Math.max(oldest, this.#nextMs);
    if (earliest > nowMs) return earliest - nowMs;
    this.#starts[slot] = nowMs;
    this.#started++;
    this.#nextMs = Math.max(this.#nextMs, nowMs - this.#slackMs) + this.#spacingMs;
    return 0;
  }
}
