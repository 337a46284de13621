import { closed } from './fencing.ts';

/** What a journal does at the moment, so that it is closed when that is done. */
export class UnderWay {
  readonly #calls = new Set<Promise<unknown>>();
  #isClosed = false;

  /** Does something that a close waits for. @throws HEDDLE_JOURNAL_CLOSED */
  track<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isClosed) return Promise.reject(closed());
    const done = work();
    this.#calls.add(done);
    const forget = (): void => void this.#calls.delete(done);
    done.then(forget, forget);
    return done;
  }

  /** Takes no further calls; closes by `end`, once, when those before are done. */
  async close(end: () => void | Promise<void>): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    while (this.#calls.size > 0) await Promise.allSettled(this.#calls);
    await end();
  }
}
