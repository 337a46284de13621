import type { HeddleError } from '../errors/index.ts';
import type { Clock } from './host.ts';
import type { Execution } from './state.ts';
import type { AbortStatus } from './unit.ts';

/** Ends an execution early. */
export type Abort = (status: AbortStatus, reason: unknown) => void;

interface Flight {
  readonly abort: Abort;
  /** Of its `task-timeout`. */
  timer: unknown;
}

/** Executions that have started and not ended: those of asynchronous actions. */
export class InFlight {
  readonly #clock: Clock;
  #flights: Map<Execution, Flight> | null = null;
  /** Set once everything is to be aborted. */
  #reason: HeddleError | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#flights === null ? 0 : this.#flights.size;
  }

  executions(): Iterable<Execution> {
    return this.#flights === null ? [] : this.#flights.keys();
  }

  add(execution: Execution, abort: Abort): void {
    this.#flights ??= new Map();
    this.#flights.set(execution, { abort, timer: null });
    // A listener may have cancelled the run while this was being started.
    if (this.#reason !== null) queueMicrotask(() => abort('cancelled', this.#reason));
  }

  /** Ends `execution` with `reason` unless it has ended within `limitMs`. */
  limit(execution: Execution, limitMs: number, reason: () => HeddleError): void {
    const flight = this.#flights?.get(execution);
    if (flight === undefined) return;
    flight.timer = this.#clock.setTimer(limitMs, () => {
      flight.timer = null;
      flight.abort('timed_out', reason());
    });
  }

  /** False: it was not in flight. */
  remove(execution: Execution): boolean {
    const flight = this.#flights?.get(execution);
    if (flight === undefined) return false;
    if (flight.timer !== null) this.#clock.clearTimer(flight.timer);
    return this.#flights?.delete(execution) ?? false;
  }

  /** Aborts what is in flight, and whatever is added later. */
  abortAll(reason: HeddleError): void {
    this.#reason = reason;
    for (const flight of [...(this.#flights?.values() ?? [])]) flight.abort('cancelled', reason);
  }
}
