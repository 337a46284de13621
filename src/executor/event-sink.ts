import type { EndStatus, ErrorRecord, ItemStats, Outcome, Patch } from '../context/index.ts';
import type { Completion } from './decide.ts';
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

/** Options of listening. */
export interface ListenOptions {
  /**
   * Whether the view `events` has an event for the start and the end of every iteration. Default true; without them
   * a with-items task costs those who listen next to nothing.
   */
  readonly items?: boolean;
}

/** Those who listen to a run, by view. */
export class EventListeners {
  #byView: Record<EventView | 'tasks', Set<EventListener>> | null = null;

  /** Adds a listener; gives a function that takes it off again. */
  add(view: EventView, listener: EventListener, options: ListenOptions = {}): () => void {
    this.#byView ??= { events: new Set(), tasks: new Set(), updates: new Set(), values: new Set() };
    const listeners = this.#byView[view === 'events' && options.items === false ? 'tasks' : view];
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /** Whether anybody wants the events of every iteration. */
  get wantItems(): boolean {
    return this.#byView !== null && this.#byView.events.size > 0;
  }

  /** Whether anybody wants to know how far with-items tasks are. */
  get wantProgress(): boolean {
    return this.wantItems || (this.#byView !== null && this.#byView.tasks.size > 0);
  }

  get wantValues(): boolean {
    return this.#byView !== null && this.#byView.values.size > 0;
  }

  get isEmpty(): boolean {
    return this.#byView === null || Object.values(this.#byView).every((listeners) => listeners.size === 0);
  }

  dispatch(event: RunEvent): void {
    if (this.#byView === null) return;
    const { events, tasks, updates, values } = this.#byView;
    if (event.type === 'values') {
      deliver(values, event);
      return;
    }
    deliver(events, event);
    if (event.type === 'item.started' || event.type === 'item.completed') return;
    deliver(tasks, event);
    if (UPDATES.has(event.type)) deliver(updates, event);
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
    return this.#listeners.wantItems;
  }

  get hasValuesListener(): boolean {
    return this.#listeners.wantValues;
  }

  emit(body: EventBody): void {
    const event = {
      ...this.#masker.value(body),
      run: this.#run,
      seq: ++this.#seq,
      atMs: this.#clock.now(),
      ...(this.#parent === null ? {} : { parent: this.#parent }),
    };
    this.#listeners.dispatch(event);
  }

  taskCompleted(
    task: string,
    execution: number,
    outcome: Outcome,
    { handled, leads }: Completion,
    durationMs: number,
  ): void {
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
      terminal: !leads,
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
    if (!this.#listeners.wantProgress) return;
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
    if (status === 'waiting') return;
    this.emit({ type: 'run.completed', status, output, errors, durationMs });
  }
}
