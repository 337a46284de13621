import { isBusy } from './sqlite-error.ts';

/** Tries that only let the event loop turn in between: most locks are held for less than a millisecond. */
const IMMEDIATE_TRIES = 5;
const MAX_DELAY_MS = 50;

/** The times between tries for a lock that somebody else holds. */
export class Backoff {
  readonly #timeoutMs: number;
  #tries = 0;
  #sinceMs = 0;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /** Calls back when it is time for another try; false, without a call, where it has taken too long. */
  again(callback: () => void): boolean {
    const nowMs = performance.now();
    if (this.#tries === 0) this.#sinceMs = nowMs;
    else if (nowMs - this.#sinceMs > this.#timeoutMs) return false;
    const tries = this.#tries++;
    if (tries < IMMEDIATE_TRIES) setImmediate(callback);
    else {
      // Two processes that met once must not meet for ever.
      const delayMs = Math.min(MAX_DELAY_MS, 2 ** Math.min(tries - IMMEDIATE_TRIES, 10)) * (0.5 + Math.random() / 2);
      setTimeout(callback, delayMs);
    }
    return true;
  }

  /** The lock was had. */
  reset(): void {
    this.#tries = 0;
  }
}

/** What `work` gives once nobody else holds the lock it needs. Rejects with what it throws else, or when time is over. */
export function waitedFor<T>(work: () => T, timeoutMs: number): Promise<T> {
  const backoff = new Backoff(timeoutMs);
  return new Promise((resolve, reject) => {
    const attempt = (): void => {
      try {
        resolve(work());
      } catch (error) {
        if (!isBusy(error) || !backoff.again(attempt)) reject(error);
      }
    };
    attempt();
  });
}
