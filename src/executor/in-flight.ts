import type { HeddleError } from '../errors/index.ts';
import type { Clock } from './host.ts';
import type { Execution } from './state.ts';
import type { AbortStatus } from './unit.ts';

/** Ends an execution early. */
export type Abort = (status: AbortStatus, reason: unknown) => void;

/** An execution that has started and not ended. */
export abstract class Flight {
  readonly execution: Execution;
  /** Of its `task-timeout`. */
  timer: unknown = null;
  /** When what it waits for is due, in milliseconds since the epoch; null: it is at work. */
  dueAtMs: number | null = null;
  previous: Flight | null = null;
  next: Flight | null = null;
  isAdded = false;

  constructor(execution: Execution) {
    this.execution = execution;
  }

  /** How many units of work it has in flight. */
  get active(): number {
    return 1;
  }

  /** Ends it early, as soon as what it does lets it. */
  abstract abort(status: AbortStatus, reason: unknown): void;
}

/** One whose work can be aborted by itself. */
export class WorkInFlight extends Flight {
  readonly #work: { readonly abort: Abort };

  constructor(execution: Execution, work: { readonly abort: Abort }) {
    super(execution);
    this.#work = work;
  }

  abort(status: AbortStatus, reason: unknown): void {
    this.#work.abort(status, reason);
  }
}

/** One with items. */
export class ItemsInFlight extends WorkInFlight {
  readonly #items: { readonly abort: Abort; readonly inFlight: number };

  constructor(execution: Execution, items: { readonly abort: Abort; readonly inFlight: number }) {
    super(execution, items);
    this.#items = items;
  }

  override get active(): number {
    return this.#items.inFlight;
  }
}

/** Executions that have started and not ended, in the order in which they started: those of asynchronous actions. */
export class InFlight {
  #first: Flight | null = null;
  #last: Flight | null = null;
  /** Set once everything is to be aborted. */
  #reason: HeddleError | null = null;
  size = 0;

  executions(): Execution[] {
    const executions: Execution[] = [];
    for (let flight = this.#first; flight !== null; flight = flight.next) executions.push(flight.execution);
    return executions;
  }

  every(predicate: (flight: Flight) => boolean): boolean {
    for (let flight = this.#first; flight !== null; flight = flight.next) if (!predicate(flight)) return false;
    return true;
  }

  /** That of an execution; null: it is not in flight. */
  of(execution: Execution): Flight | null {
    for (let flight = this.#first; flight !== null; flight = flight.next) {
      if (flight.execution === execution) return flight;
    }
    return null;
  }

  /** The earliest time that one of those is due which wait for a time; null: none does. */
  get dueAtMs(): number | null {
    let dueAtMs = Infinity;
    for (let flight = this.#first; flight !== null; flight = flight.next) {
      if (flight.dueAtMs !== null) dueAtMs = Math.min(dueAtMs, flight.dueAtMs);
    }
    return dueAtMs === Infinity ? null : dueAtMs;
  }

  add(flight: Flight): void {
    flight.previous = this.#last;
    if (this.#last === null) this.#first = flight;
    else this.#last.next = flight;
    this.#last = flight;
    flight.isAdded = true;
    this.size++;
    // A listener may have cancelled the run while this was being started.
    if (this.#reason !== null) queueMicrotask(() => flight.abort('cancelled', this.#reason));
  }

  /** Ends `flight` with `reason` unless it has ended within `limitMs`. */
  limit(clock: Clock, flight: Flight, limitMs: number, reason: () => HeddleError): void {
    flight.timer = clock.setTimer(limitMs, () => {
      flight.timer = null;
      flight.abort('timed_out', reason());
    });
  }

  /** False: it was not in flight. */
  remove(clock: Clock, flight: Flight): boolean {
    if (!flight.isAdded) return false;
    flight.isAdded = false;
    if (flight.timer !== null) clock.clearTimer(flight.timer);
    const { previous, next } = flight;
    if (previous === null) this.#first = next;
    else previous.next = next;
    if (next === null) this.#last = previous;
    else next.previous = previous;
    this.size--;
    return true;
  }

  /** Aborts what is in flight, and whatever is added later. */
  abortAll(reason: HeddleError): void {
    this.#reason = reason;
    const flights: Flight[] = [];
    for (let flight = this.#first; flight !== null; flight = flight.next) flights.push(flight);
    for (const flight of flights) flight.abort('cancelled', reason);
  }
}
