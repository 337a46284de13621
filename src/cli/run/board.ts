import type { ItemsProgressed, RunEvent, TaskCompleted, TaskStarted } from '../../executor/events.ts';

/** A task that is running, as the live display needs it. */
export interface ActiveTask {
  /** With the tasks of the sub-workflows that lead to it: `deploy › build`. */
  readonly label: string;
  readonly startedAtMs: number;
  /** Of the latest attempt; 1 until a retry. */
  attempt: number;
  /** Present for a with-items task. */
  readonly items?: ActiveItems;
}

/** How far a with-items task is. */
export interface ActiveItems {
  /** Null while its number is not known. */
  total: number | null;
  succeeded: number;
  failed: number;
  /** Ends per second over the last seconds; 0 until there are two readings. */
  perSecond: number;
  readonly readings: { readonly atMs: number; readonly done: number }[];
}

/** What an event means for the display. */
export type Notice =
  | { readonly kind: 'completed'; readonly label: string; readonly nth: number; readonly event: TaskCompleted }
  | { readonly kind: 'log'; readonly label: string; readonly event: Extract<RunEvent, { type: 'log' }> };

/** The rate is that of the last five seconds: long enough to be calm, short enough to see a slowdown. */
const RATE_WINDOW_MS = 5000;

/** What a display of a run knows: which tasks are running, and how far. It only reads events; it draws nothing. */
export class Board {
  readonly #active = new Map<string, ActiveTask>();
  readonly #executions = new Map<string, number>();
  /** Labels of the runs of sub-workflows; null for those inside iterations, which are counted, not shown. */
  readonly #prefixes = new Map<string, string | null>();
  readonly #separator: string;

  /** @param separator between the tasks of a label, e.g. ` › `. */
  constructor(separator: string) {
    this.#separator = separator;
  }

  /** The running tasks, longest first. */
  get active(): readonly ActiveTask[] {
    return [...this.#active.values()];
  }

  /** How often each task that completed did so, by label. */
  get executions(): ReadonlyMap<string, number> {
    return this.#executions;
  }

  /** Takes an event in; answers what should be told about it, if anything. */
  take(event: RunEvent): Notice | undefined {
    if (event.type === 'run.started') {
      this.#enter(event);
      return undefined;
    }
    const prefix = this.#prefixes.get(event.run);
    if (prefix === null) return undefined;
    if (!('task' in event)) return undefined;
    const label = `${prefix ?? ''}${event.task}`;
    const id = identityOf(event.run, event.execution);
    switch (event.type) {
      case 'task.started':
        this.#active.set(id, startedTask(label, event));
        return undefined;
      case 'task.retrying': {
        const active = this.#active.get(id);
        if (active !== undefined && event.index === null) active.attempt = event.attempt + 1;
        return undefined;
      }
      case 'items.progressed':
        progress(this.#active.get(id)?.items, event);
        return undefined;
      case 'log':
        return { kind: 'log', label, event };
      case 'task.completed': {
        this.#active.delete(id);
        const nth = (this.#executions.get(label) ?? 0) + 1;
        this.#executions.set(label, nth);
        return { kind: 'completed', label, nth, event };
      }
      default:
        return undefined;
    }
  }

  #enter(event: RunEvent): void {
    if (event.parent === undefined) {
      this.#prefixes.set(event.run, '');
      return;
    }
    const { run, task } = event.parent;
    const outer = this.#prefixes.get(run);
    const inIteration = [...this.#active].some(
      ([id, active]) =>
        id.startsWith(`${run} `) && active.items !== undefined && active.label === `${outer ?? ''}${task}`,
    );
    const hidden = outer === null || inIteration;
    this.#prefixes.set(event.run, hidden ? null : `${outer ?? ''}${task}${this.#separator}`);
  }
}

function identityOf(run: string, execution: number): string {
  return `${run} ${execution}`;
}

function startedTask(label: string, event: TaskStarted): ActiveTask {
  const base = { label, startedAtMs: event.atMs, attempt: 1 };
  if (event.items === undefined) return base;
  const readings = [{ atMs: event.atMs, done: 0 }];
  return { ...base, items: { total: event.items, succeeded: 0, failed: 0, perSecond: 0, readings } };
}

function progress(items: ActiveItems | undefined, event: ItemsProgressed): void {
  if (items === undefined) return;
  items.total = event.stats.total;
  items.succeeded = event.stats.succeeded;
  items.failed = event.stats.failed;
  const done = items.succeeded + items.failed;
  items.readings.push({ atMs: event.atMs, done });
  while (items.readings.length > 2 && (items.readings[1]?.atMs ?? 0) <= event.atMs - RATE_WINDOW_MS)
    items.readings.shift();
  const oldest = items.readings[0];
  if (oldest !== undefined && event.atMs > oldest.atMs) {
    items.perSecond = ((done - oldest.done) * 1000) / (event.atMs - oldest.atMs);
  }
}
