import type { CompletedEntry, EndedEntry, RerunEntry, RunEntry, WaitingEntry } from '../executor/entries.ts';
import type { RunError, TaskStatus } from '../executor/events.ts';
import { Iterations, type Window } from './iterations.ts';
import { masked } from './masked.ts';
import type { ExecutionHistory, IterationHistory, RunHistory, WaitHistory } from './run-history.ts';

/** What the entries of a run tell, beside what stands in its row. */
export type Told = Pick<RunHistory, 'recordedAtMs' | 'resumes' | 'executions' | 'waits' | 'output' | 'errors'>;

/** Which iterations are kept one by one. */
export interface KeptIterations {
  readonly task: string;
  readonly window: Window;
}

/** An execution that the record has told something of. */
interface Known {
  readonly execution: number;
  readonly task: string;
  startedAtMs: number;
  completed: CompletedEntry | null;
  attempts: number;
  iterations: Iterations | null;
  readonly waits: Map<number, WaitingEntry>;
}

const NONE: Window = { from: 0, end: 0 };

/** Reads the record of one run, entry by entry. Needs no plan, so that it can be read wherever the journal is. */
export class HistoryReader {
  readonly #kept: KeptIterations | null;
  readonly #known = new Map<number, Known>();
  #sealed = false;
  #resumes = 0;
  /** Of the whole record; null: this reads it. */
  #resumesBefore: number | null = null;
  #output: Readonly<Record<string, unknown>> | null = null;
  #errors: readonly RunError[] | null = null;
  /** Errors of the run itself up to now. */
  #failing: RunError[] = [];
  #recordedAtMs: number | null = null;

  constructor(kept: KeptIterations | null = null) {
    this.#kept = kept;
  }

  /** One for the same record with its reruns carried out, which no longer says how often it was taken up. */
  again(): HistoryReader {
    const reader = new HistoryReader(this.#kept);
    reader.#resumesBefore = this.#resumes;
    return reader;
  }

  take(entry: RunEntry): void {
    if ('atMs' in entry) this.#recordedAtMs = entry.atMs;
    switch (entry.type) {
      case 'begun':
        this.#sealed = entry.sealed === true;
        if (entry.error !== undefined) this.#fail(entry.error.code, entry.error.message);
        return;
      case 'started':
        this.#start(entry.execution, entry.task, entry.atMs);
        return;
      case 'completed':
        this.#complete(entry);
        return;
      case 'waiting':
        this.#known.get(entry.execution)?.waits.set(entry.index, entry);
        this.#iterate(entry.execution, entry);
        return;
      case 'answered':
        this.#known.get(entry.execution)?.waits.delete(entry.index);
        this.#iterate(entry.execution, entry);
        return;
      case 'retrying':
        this.#retry(entry.execution, entry.index, entry.attempt);
        return;
      case 'items':
      case 'item':
      case 'running':
      case 'source':
        this.#iterate(entry.execution, entry);
        return;
      case 'failing':
        this.#fail(entry.error.code, entry.error.message);
        return;
      case 'resumed':
        this.#resumes++;
        return;
      case 'rerun':
        this.#rerun(entry);
        return;
      case 'reopened':
        this.#reopen(entry.execution);
        return;
      case 'ended':
        this.#end(entry);
        return;
      case 'sent':
      case 'chunks':
      case 'folded':
      case 'position':
      case 'elements':
      case 'signalled':
      case 'cancelling':
      case 'suspended':
      case 'changed':
    }
  }

  tell(): Told {
    const executions = this.#inOrder().map((known) => this.#executionOf(known));
    return {
      recordedAtMs: this.#recordedAtMs,
      resumes: this.#resumesBefore ?? this.#resumes,
      executions,
      waits: this.#inOrder().flatMap(({ completed, waits }) =>
        completed === null ? [...waits.values()].map((wait) => this.#waitOf(wait)) : [],
      ),
      output: this.#shown(this.#output),
      errors: this.#shown(this.#errors ?? [...this.#failing, ...executions.flatMap(errorsOf)]),
    };
  }

  /** The iterations that were kept, of the latest execution of their task; null: it did not run, or has no items. */
  iterations(): { readonly execution: ExecutionHistory; readonly list: readonly IterationHistory[] } | null {
    const known = this.#inOrder().findLast(({ task }) => task === this.#kept?.task);
    if (known === undefined || known.iterations === null) return null;
    return { execution: this.#executionOf(known), list: this.#shown(known.iterations.list()) };
  }

  #start(execution: number, task: string, atMs: number): Known {
    const before = this.#known.get(execution);
    if (before !== undefined && before.completed === null) return before;
    const known = {
      execution,
      task,
      startedAtMs: atMs,
      completed: null,
      attempts: 1,
      iterations: null,
      waits: new Map<number, WaitingEntry>(),
    };
    this.#known.set(execution, known);
    return known;
  }

  #complete(entry: CompletedEntry): void {
    const known = this.#start(entry.execution, entry.task, entry.startedAtMs);
    known.completed = entry;
    known.waits.clear();
    if (entry.items !== undefined) known.iterations ??= this.#iterationsOf(known);
  }

  #retry(execution: number, index: number, attempt: number): void {
    const known = this.#known.get(execution);
    known?.waits.delete(index);
    if (known !== undefined && index < 0) known.attempts = attempt + 1;
  }

  #iterate(execution: number, entry: RunEntry): void {
    const known = this.#known.get(execution);
    if (known === undefined) return;
    if (known.iterations === null && !isOfIterations(entry)) return;
    known.iterations ??= this.#iterationsOf(known);
    known.iterations.take(entry);
    if (entry.type === 'item') known.waits.delete(entry.index);
  }

  #iterationsOf({ task }: Known): Iterations {
    return new Iterations(task === this.#kept?.task ? this.#kept.window : NONE);
  }

  /** What runs again is taken out by what it is called: which executions that are exactly, only the plan knows. */
  #rerun({ selection }: RerunEntry): void {
    this.#output = this.#errors = null;
    this.#failing = [];
    const from = 'from' in selection ? [selection.from].flat() : [];
    const first = this.#inOrder().find(({ task }) => from.includes(task));
    for (const known of this.#inOrder()) {
      const { completed } = known;
      const isRemoved =
        'from' in selection
          ? first !== undefined && known.execution >= first.execution
          : completed !== null && !['succeeded', 'skipped'].includes(completed.status);
      if (!isRemoved) continue;
      if ('from' in selection) this.#known.delete(known.execution);
      else this.#reopen(known.execution);
    }
  }

  #reopen(execution: number): void {
    const known = this.#known.get(execution);
    if (known === undefined) return;
    known.completed = null;
    known.iterations?.forgetFailures();
  }

  /** What was still open was cut off; a rerun opens it again, with what it waits for. */
  #end({ output, errors, atMs }: EndedEntry): void {
    this.#output = output;
    this.#errors = errors;
    for (const known of this.#known.values()) {
      if (known.completed !== null) continue;
      const { execution, task, startedAtMs } = known;
      known.completed = { type: 'completed', execution, task, status: 'cancelled', startedAtMs, atMs };
    }
  }

  #fail(code: string, message: string): void {
    this.#failing.push({ task: null, execution: null, index: null, key: null, code, message, handled: false });
  }

  #inOrder(): Known[] {
    return [...this.#known.values()].sort((a, b) => a.execution - b.execution);
  }

  #executionOf({ execution, task, startedAtMs, completed, attempts, iterations, waits }: Known): ExecutionHistory {
    const open: TaskStatus = waits.size > 0 ? 'waiting' : 'running';
    return {
      execution,
      task,
      status: completed?.status ?? open,
      startedAtMs,
      // The two are read from clocks of their own, which may differ by a millisecond.
      endedAtMs: completed === null ? null : Math.max(startedAtMs, completed.atMs),
      attempts: completed === null ? attempts : (completed.attempts ?? (completed.status === 'skipped' ? 0 : 1)),
      error: this.#shown(completed?.error ?? null),
      result: this.#shown(completed?.result ?? null),
      items: iterations === null ? null : this.#shown(iterations.summary(completed?.items ?? null)),
    };
  }

  #waitOf({ task, execution, index, key, wait, atMs }: WaitingEntry): WaitHistory {
    const { kind, name, prompt, schema, untilMs } = wait;
    return this.#shown({
      task,
      execution,
      index: index < 0 ? null : index,
      key: index < 0 ? null : key,
      kind,
      ...(name === undefined ? {} : { name }),
      ...(prompt === undefined ? {} : { prompt }),
      ...(schema === undefined ? {} : { schema }),
      ...(untilMs === undefined ? {} : { untilMs }),
      sinceMs: atMs,
    });
  }

  #shown<T>(value: T): T {
    return this.#sealed ? (masked(value) as T) : value;
  }
}

function isOfIterations(entry: RunEntry): boolean {
  switch (entry.type) {
    case 'source':
    case 'items':
    case 'item':
      return true;
    case 'running':
      return entry.indexes.some((index) => index >= 0);
    case 'waiting':
      return entry.index >= 0;
    default:
      return false;
  }
}

function errorsOf({ execution, task, error }: ExecutionHistory): RunError[] {
  if (error === null) return [];
  const { index, code, message } = error;
  return [{ task, execution, index, key: index, code, message, handled: false }];
}
