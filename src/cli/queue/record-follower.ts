import type { CompletedEntry, RunEntry } from '../../executor/entries.ts';
import type { RunEvent, RunResult, TaskSummary } from '../../executor/events.ts';
import { readChunk } from '../../executor/read-record.ts';
import { Iterations } from '../../history/iterations.ts';
import { masked } from '../../history/masked.ts';
import type { Journal } from '../../journal/journal.ts';
import type { SpreadProgress } from '../../queue/index.ts';
import type { WorkflowDefinition } from '../../workflow/index.ts';

/** What a run came to, as its record says. */
export type FollowedResult = RunResult & { readonly status: 'succeeded' | 'failed' | 'cancelled' };

/** An event without what all of them have. */
type Told = RunEvent extends infer E ? (E extends RunEvent ? Omit<E, 'run' | 'seq' | 'atMs'> : never) : never;

const NONE = { from: 0, end: 0 };

/** An execution that goes on. */
interface Going {
  readonly task: string;
  readonly startedAtMs: number;
  /** Null: it has no items. */
  readonly iterations: Iterations | null;
}

/** Turns the record of a run, as other processes write it, into the events that they had. */
export class RecordFollower {
  readonly #journal: Pick<Journal, 'entries' | 'run'>;
  readonly #run: string;
  readonly #definition: WorkflowDefinition;
  readonly #going = new Map<number, Going>();
  #tasks: Record<string, TaskSummary> = {};
  #lastSeq = 0;
  #events = 0;
  #startedAtMs = 0;
  #ended: Extract<RunEntry, { readonly type: 'ended' }> | null = null;

  constructor(journal: Pick<Journal, 'entries' | 'run'>, run: string, definition: WorkflowDefinition) {
    this.#journal = journal;
    this.#run = run;
    this.#definition = definition;
  }

  /** Reads what has been recorded since; what others do for the run is told by `progress`. */
  async look(progress: readonly SpreadProgress[]): Promise<readonly RunEvent[]> {
    const events: RunEvent[] = [];
    for await (const page of this.#journal.entries(this.#run, { after: this.#lastSeq })) {
      for (const { seq, entry } of page) {
        this.#lastSeq = seq;
        for (const event of await this.#take(masked(entry) as RunEntry)) events.push(event);
      }
    }
    for (const { execution, total, ended, failed } of progress) {
      const going = this.#going.get(execution);
      if (going?.iterations === undefined || going.iterations === null) continue;
      const stats = { total, succeeded: Math.max(0, ended - failed), failed, skipped: 0 };
      events.push(this.#event({ type: 'items.progressed', task: going.task, execution, started: ended, stats }));
    }
    return events;
  }

  /** Null: it has not ended. */
  get result(): FollowedResult | null {
    if (this.#ended === null) return null;
    const { status, output, errors, durationMs } = this.#ended;
    return {
      id: this.#run,
      workflow: this.#definition.name,
      status,
      output,
      errors,
      error: errors.find(({ handled }) => !handled) ?? null,
      tasks: this.#tasks,
      startedAtMs: this.#startedAtMs,
      durationMs,
    };
  }

  async #take(entry: RunEntry): Promise<readonly RunEvent[]> {
    switch (entry.type) {
      case 'begun':
        this.#startedAtMs = entry.atMs;
        return [this.#event({ type: 'run.started', workflow: this.#definition.name, parameters: {} }, entry.atMs)];
      case 'started':
        return this.#start(entry.execution, entry.task, entry.atMs);
      case 'source':
      case 'items':
      case 'item': {
        const going = this.#going.get(entry.execution);
        if (going === undefined || going.iterations === null) return [];
        going.iterations.take(entry);
        const { stats, started } = going.iterations.summary(null);
        const { execution } = entry;
        return [this.#event({ type: 'items.progressed', task: going.task, execution, started, stats })];
      }
      case 'chunks': {
        const iterations = this.#going.get(entry.execution)?.iterations;
        if (iterations === undefined || iterations === null) return [];
        for (const chunk of entry.runs) {
          for await (const page of readChunk(this.#journal, chunk, false)) {
            for (const each of page) iterations.take(masked(each) as RunEntry);
          }
        }
        return [];
      }
      case 'completed':
        return this.#complete(entry);
      case 'cancelling':
        return [this.#event({ type: 'run.cancelling', reason: entry.reason })];
      case 'rerun':
        // What came before it no longer counts.
        this.#ended = null;
        this.#tasks = {};
        return [];
      case 'ended':
        this.#ended = entry;
        return [];
      default:
        return [];
    }
  }

  #start(execution: number, task: string, atMs: number): readonly RunEvent[] {
    if (this.#going.has(execution)) return [];
    const definition = this.#definition.tasks.find(({ name }) => name === task);
    const hasItems = definition?.withItems !== undefined;
    this.#going.set(execution, { task, startedAtMs: atMs, iterations: hasItems ? new Iterations(NONE) : null });
    const items = hasItems ? { items: null } : {};
    const action = definition?.action.value ?? '';
    return [this.#event({ type: 'task.started', task, execution, action, route: 0, ...items }, atMs)];
  }

  #complete(entry: CompletedEntry): readonly RunEvent[] {
    const { execution, task, status, error = null, attempts = 1, startedAtMs, atMs, items } = entry;
    const begun = this.#start(execution, task, startedAtMs);
    const going = this.#going.get(execution);
    this.#going.delete(execution);
    const summary = items === undefined ? undefined : going?.iterations?.summary(items);
    const found = summary === undefined ? {} : { stats: summary.stats, failureGroups: summary.failureGroups };
    const before = this.#tasks[task];
    this.#tasks[task] = {
      status,
      executions: (before?.executions ?? 0) + 1,
      attempts: (before?.attempts ?? 0) + attempts,
      ...found,
    };
    const told = {
      task,
      execution,
      status,
      result: null,
      error,
      attempts,
      durationMs: Math.max(0, atMs - startedAtMs),
      ...found,
    };
    const ended = this.#event(
      { type: 'task.completed', handled: this.#isHandled(entry), terminal: false, ...told },
      atMs,
    );
    return [...begun, ended];
  }

  /** Whether a transition that fired names a task or `noop`. */
  #isHandled({ task, decision, status }: CompletedEntry): boolean {
    if (status === 'succeeded') return false;
    const next = this.#definition.tasks.find(({ name }) => name === task)?.next ?? [];
    const fired = decision?.fired ?? [];
    return fired.some((at) => next[at]?.do.some(({ value }) => value !== 'fail' && value !== 'continue') === true);
  }

  #event(told: Told, atMs = Date.now()): RunEvent {
    this.#events += 1;
    return { ...told, run: this.#run, seq: this.#events, atMs };
  }
}
