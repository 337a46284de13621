import type { EndStatus, ErrorRecord, ItemStats, Outcome, Patch } from '../context/index.ts';
import type { EventView, RunEvent, RunResult } from './events.ts';
import type { Clock } from './host.ts';
import type { Masker } from './masker.ts';

/** Receives events; whatever it throws is not the run's business. */
export type EventListener = (event: RunEvent) => void;

type WithoutBase<E> = E extends RunEvent ? Omit<E, 'run' | 'seq' | 'atMs' | 'parent'> : never;
type EventBody = WithoutBase<RunEvent>;

const PROGRESS_EVERY_MS = 100;
const UPDATES: ReadonlySet<RunEvent['type']> = new Set([
  'run.started',
  'run.completed',
  'run.cancelling',
  'task.completed',
  'published',
]);

/** Those who listen to a run, by view. */
export class EventListeners {
  readonly #byView: Record<EventView, Set<EventListener>> = {
    events: new Set(),
    updates: new Set(),
    values: new Set(),
  };

  /** Adds a listener; gives a function that takes it off again. */
  add(view: EventView, listener: EventListener): () => void {
    this.#byView[view].add(listener);
    return () => this.#byView[view].delete(listener);
  }

  has(view: EventView): boolean {
    return this.#byView[view].size > 0;
  }

  get isEmpty(): boolean {
    return !this.has('events') && !this.has('updates') && !this.has('values');
  }

  dispatch(event: RunEvent): void {
    if (event.type === 'values') {
      deliver(this.#byView.values, event);
      return;
    }
    deliver(this.#byView.events, event);
    if (UPDATES.has(event.type)) deliver(this.#byView.updates, event);
  }
}

function deliver(listeners: ReadonlySet<EventListener>, event: RunEvent): void {
  for (const listener of listeners) {
    try {
      listener(event);
    } catch (error) {
      // A listener that fails must not change what the run does; it surfaces as an uncaught error of its own.
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}

/** Makes the events of one run. There is none where nobody listens. */
export class EventSink {
  readonly #run: string;
  readonly #clock: Clock;
  readonly #listeners: EventListeners;
  readonly #masker: Masker;
  readonly #parent: { readonly run: string; readonly task: string } | null;
  readonly #progressAtMs = new Map<number, number>();
  #seq = 0;

  constructor(
    run: string,
    clock: Clock,
    listeners: EventListeners,
    masker: Masker,
    parent: { readonly run: string; readonly task: string } | null,
  ) {
    this.#run = run;
    this.#clock = clock;
    this.#listeners = listeners;
    this.#masker = masker;
    this.#parent = parent;
  }

  get hasItemListener(): boolean {
    return this.#listeners.has('events');
  }

  get hasValuesListener(): boolean {
    return this.#listeners.has('values');
  }

  emit(body: EventBody): void {
    const event = {
      ...this.#masker.value(body),
      run: this.#run,
      seq: ++this.#seq,
      atMs: this.#clock.now(),
      ...(this.#parent === null ? {} : { parent: this.#parent }),
    };
    this.#listeners.dispatch(event as RunEvent);
  }

  taskCompleted(task: string, execution: number, outcome: Outcome, handled: boolean, durationMs: number): void {
    const { status, result, error, attempts, items } = outcome;
    this.#progressAtMs.delete(execution);
    this.emit({
      type: 'task.completed',
      task,
      execution,
      status,
      result: result === undefined ? null : result,
      error,
      handled,
      attempts,
      durationMs,
      ...(items === null ? {} : { stats: items.stats, failureGroups: items.groups }),
    });
  }

  retrying(
    task: string,
    execution: number,
    index: number | null,
    attempt: number,
    status: EndStatus,
    error: ErrorRecord | null,
    delayMs: number,
  ): void {
    this.emit({ type: 'task.retrying', task, execution, index, attempt, status, error, delayMs });
  }

  itemStarted(task: string, execution: number, index: number): void {
    if (this.hasItemListener) this.emit({ type: 'item.started', task, execution, index });
  }

  itemCompleted(
    task: string,
    execution: number,
    index: number,
    key: unknown,
    status: EndStatus,
    result: unknown,
    error: ErrorRecord | null,
    attempts: number,
  ): void {
    if (!this.hasItemListener) return;
    this.emit({ type: 'item.completed', task, execution, index, key, status, result, error, attempts });
  }

  /** Tells how far a with-items task is, at most every 100 ms unless it is `final`. */
  progressed(task: string, execution: number, started: number, stats: () => ItemStats, final = false): void {
    if (!this.hasItemListener) return;
    const nowMs = this.#clock.monotonic();
    const lastMs = this.#progressAtMs.get(execution);
    if (!final && lastMs !== undefined && nowMs - lastMs < PROGRESS_EVERY_MS) return;
    this.#progressAtMs.set(execution, nowMs);
    this.emit({ type: 'items.progressed', task, execution, started, stats: stats() });
  }

  published(task: string, execution: number, patches: readonly Patch[]): void {
    this.emit({ type: 'published', task, execution, patches });
  }

  runCompleted(result: RunResult): void {
    const { status, output, errors, durationMs } = result;
    this.emit({ type: 'run.completed', status, output, errors, durationMs });
  }
}
