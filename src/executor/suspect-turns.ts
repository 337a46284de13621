import type { Clock } from './host.ts';
import type { Unfinished } from './unfinished.ts';

/** How long a turn is waited for, in milliseconds: who has it may take as long as it likes. */
const MOST_WAIT_MS = 30_000;

/**
 * Turns of runs that may be what ends the process: of several that are worked on at once, whatever ends it would have all
 * of them blamed.
 */
export class SuspectTurns {
  #last: Promise<void> = Promise.resolve();

  /**
   * Waits until those that came before have given their turns up, for 30 s at most, or until one of `signals` is aborted.
   * Gives what gives the turn up.
   */
  async take(clock: Clock, signals: readonly AbortSignal[]): Promise<() => void> {
    const before = this.#last;
    let giveUp = (): void => {};
    this.#last = new Promise((resolve) => (giveUp = resolve));
    let stop = (): void => {};
    const stopped = new Promise<void>((resolve) => (stop = resolve));
    const timer = clock.setTimer(MOST_WAIT_MS, stop, true);
    for (const signal of signals) {
      if (signal.aborted) stop();
      else signal.addEventListener('abort', stop, { once: true });
    }
    await Promise.race([before, stopped]);
    clock.clearTimer(timer);
    for (const signal of signals) signal.removeEventListener('abort', stop);
    return giveUp;
  }
}

/** Whether there is work that is not started again if it is cut off once more, of `limit` times. */
export function hasSuspect(unfinished: Iterable<Unfinished>, limit: number): boolean {
  const most = limit - 1;
  if (most < 1) return false;
  for (const { sending, items, interruptions } of unfinished) {
    if (sending !== null) continue;
    if (interruptions >= most) return true;
    for (const times of items?.interruptions.values() ?? []) if (times >= most) return true;
  }
  return false;
}
