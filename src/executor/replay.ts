import { Outcome, publishEntry, ContextVersion, type ContextConstants } from '../context/index.ts';
import { HeddleError } from '../errors/index.ts';
import type { Plan, TaskPlan } from '../plan/plan.ts';
import { amend, begin, complete, failRun, type Decided } from './decide.ts';
import {
  RECORD_VERSION,
  type AnsweredEntry,
  type BegunEntry,
  type ChangedEntry,
  type CompletedEntry,
  type EndedEntry,
  type RunEntry,
  type SentEntry,
  type StartedEntry,
} from './entries.ts';
import { EndedIterable } from './iterable.ts';
import type { DueRetry } from './items-progress.ts';
import { releaseUnless } from './release.ts';
import { setIn } from './set-in.ts';
import { RunContext } from './run-context.ts';
import { isData, progressOf, restoreUnfinished, saveUnfinished, type SavedReplay } from './saved-replay.ts';
import { restoreRun, saveRun } from './snapshot.ts';
import type { KeptSignal, Unfinished } from './unfinished.ts';
import { createState, sortByTask, type Execution } from './state.ts';

/** Options of a {@link Replay}. */
export interface ReplayOptions {
  /** Keeps results that nothing can read any more. Default false. */
  readonly keepResults?: boolean;
  /** Executions that `reopened` entries name. Default none. */
  readonly reopened?: readonly number[];
  /** Told what became ready at the beginning (`execution` null) and with every completion. */
  readonly observe?: (event: Observed) => void;
  /** What an earlier replay had come to. Default: nothing has happened. */
  readonly saved?: SavedReplay;
}

/** A completion that was replayed. */
export interface Observed {
  readonly execution: Execution | null;
  readonly handled: boolean;
  readonly ready: readonly Execution[];
}

/** Makes a run's state of its record: the same decisions over the same events. */
export class Replay {
  readonly run: Decided;
  /** By number. */
  readonly unfinished = new Map<number, Unfinished>();
  readonly signals: KeptSignal[] = [];
  /** Signals that ever came. */
  signalCount = 0;
  cancelReason: string | null = null;
  ended: EndedEntry | null = null;
  /** Task executions that were started, as `limits.task-runs` counts them. */
  taskRuns = 0;
  /** Milliseconds that processes have worked on the run, time in which it was left waiting included. */
  workMs = 0;
  /** Whether anything was brought to an end since a process last took the run up. */
  hasProgressed = false;
  /** Why the last process left the run in an orderly way, if it did: it only waited, or could not be recorded. */
  suspension: SavedReplay['suspension'] = null;
  /** How the run began; null: it has not. */
  begun: SavedReplay['begun'] = null;
  readonly #keepsResults: boolean;
  readonly #observe: ((event: Observed) => void) | null;
  /** Ready, by number. */
  readonly #ready = new Map<number, Execution>();
  /** Were ready when it was decided that nothing more starts; some of them had started and ended at once. */
  readonly #dropped = new Map<number, Execution>();
  /** Executions that will be reopened, as they were. */
  readonly #kept: Map<number, Unfinished | null>;
  #atMs = 0;
  /** Executions that start together, and end in this order where they do so at once. */
  #batch = new Map<number, Execution>();

  /** `constants`: what is the same for every version of the context, secrets included. */
  constructor(plan: Plan, constants: ContextConstants, options: ReplayOptions = {}) {
    const { keepResults = false, observe = null, reopened = [], saved } = options;
    this.#keepsResults = keepResults;
    this.#observe = observe;
    this.#kept = new Map(reopened.map((number) => [number, null]));
    if (saved === undefined) {
      const context = new RunContext(new ContextVersion(plan.shape, constants));
      this.run = { plan, state: createState(plan.tasks.length), context };
      return;
    }
    this.run = restoreRun(plan, saved.run, constants);
    this.#restore(saved);
  }

  /** Whether nothing of the run has been recorded. */
  get hasBegun(): boolean {
    return this.begun !== null;
  }

  /**
   * What was come to so far, as data that later entries do not change; values are shared. Null while a result is an
   * iterable, which is no data.
   */
  save(): SavedReplay | null {
    const { run, unfinished, signalCount, cancelReason, taskRuns, workMs, hasProgressed, suspension, begun } = this;
    const { current } = run.context;
    const started = [...unfinished.values()];
    if (!isData(current) || !started.every(({ version }) => isData(version))) return null;
    const open = new Map([...this.#dropped, ...this.#ready]);
    for (const { execution } of started) open.set(execution.number, execution);
    return {
      run: saveRun(run),
      executions: [...open.values()].map((execution) => ({ ...execution, outcome: null })),
      ready: [...this.#ready.keys()],
      dropped: [...this.#dropped.keys()],
      batch: [...this.#batch.keys()].filter((number) => open.has(number)),
      unfinished: started.map((each) => saveUnfinished(each, current)),
      signals: [...this.signals],
      signalCount,
      cancelReason,
      taskRuns,
      workMs,
      atMs: this.#atMs,
      hasProgressed,
      suspension,
      begun,
    };
  }

  #restore(saved: SavedReplay): void {
    const { plan, context } = this.run;
    const current = context.handOut();
    const made = new Map(saved.executions.map((execution) => [execution.number, { ...execution }]));
    const fill = (map: Map<number, Execution>, numbers: readonly number[]): void => {
      for (const number of numbers) map.set(number, made.get(number) as Execution);
    };
    fill(this.#ready, saved.ready);
    fill(this.#dropped, saved.dropped);
    fill(this.#batch, saved.batch);
    for (const each of saved.unfinished) {
      const execution = made.get(each.execution) as Execution;
      this.unfinished.set(each.execution, restoreUnfinished(plan, each, execution, current));
    }
    this.signals.push(...saved.signals);
    this.signalCount = saved.signalCount;
    this.cancelReason = saved.cancelReason;
    this.taskRuns = saved.taskRuns;
    this.workMs = saved.workMs;
    this.#atMs = saved.atMs;
    this.hasProgressed = saved.hasProgressed;
    this.suspension = saved.suspension;
    this.begun = saved.begun;
  }

  /** Takes the next entry. @throws HEDDLE_STATE_VERSION for a record of another version. */
  feed(entry: RunEntry): void {
    switch (entry.type) {
      case 'begun':
        this.#begin(entry);
        return;
      case 'started':
        this.#start(entry);
        return;
      case 'sent':
        this.#pass(entry.atMs);
        this.#send(entry);
        return;
      case 'completed':
        this.#complete(entry);
        return;
      case 'waiting':
        this.#pass(entry.atMs);
        this.unfinished.get(entry.execution)?.waits.set(entry.index, { entry, answer: null });
        this.#feedItems(entry.execution, entry);
        return;
      case 'answered':
        this.#answer(entry);
        return;
      case 'signalled':
        this.signalCount = entry.number;
        this.signals.push(entry);
        return;
      case 'retrying':
        this.hasProgressed = true;
        this.#retry(entry.execution, entry.index, entry);
        return;
      case 'items':
      case 'item':
      case 'folded':
        this.hasProgressed = true;
        this.#feedItems(entry.execution, entry);
        return;
      case 'running':
        this.#pass(entry.atMs);
        this.#feedItems(entry.execution, entry);
        return;
      case 'source':
      case 'position':
      case 'elements':
        this.#feedItems(entry.execution, entry);
        return;
      case 'cancelling':
        this.cancelReason = entry.reason;
        this.run.state.cancelling = true;
        this.#drop();
        return;
      case 'failing':
        failRun(this.run.state, entry.error, null);
        if (entry.drops) this.#drop();
        return;
      case 'suspended':
        // Nobody worked on it while the journal could not be written to.
        if (entry.unwritten !== true) this.#pass(entry.atMs);
        this.suspension = entry.unwritten === true ? 'unwritten' : 'waiting';
        return;
      case 'resumed':
        this.#resume(entry.atMs);
        return;
      case 'reopened':
        this.#reopen(entry.execution);
        return;
      case 'changed':
        this.#change(entry);
        return;
      case 'ended':
        this.ended = entry;
        return;
      case 'chunks':
        throw new HeddleError('HEDDLE_INTERNAL', 'chunks are to be read in the place of the entry that names them');
      case 'rerun':
        throw new HeddleError('HEDDLE_INTERNAL', 'a record that was rerun is to be resolved before it is replayed');
    }
  }

  /**
   * The state as it is after the last entry: first what had started, then what was to start with it or end after it, then
   * what became ready since. `batchSize`: how many come before the last.
   */
  finish(): { readonly run: Decided; readonly batchSize: number } {
    const { state } = this.run;
    const isOpen = (execution: Execution): boolean => this.#isOpen(execution);
    if (![...this.#batch.values()].some(isOpen)) this.#refillBatch();
    const batch = [...this.#batch.values()].filter(isOpen);
    const earlier = [...this.unfinished.values()].map((each) => each.execution).filter((each) => !batch.includes(each));
    const later = [...this.#ready.values()].filter((execution) => !batch.includes(execution));
    state.ready = [...earlier, ...batch, ...later];
    state.head = 0;
    return { run: this.run, batchSize: earlier.length + batch.length };
  }

  #isOpen({ number }: Execution): boolean {
    return this.#ready.has(number) || this.unfinished.has(number);
  }

  /** An execution starts, or ends at once: with it all that is ready, unless it was ready before. */
  #joinBatch(number: number): void {
    if (this.#ready.has(number) && !this.#batch.has(number)) this.#refillBatch();
  }

  #refillBatch(): void {
    const batch = [...this.#ready.values()];
    if (this.run.plan.repeats && batch.length > 2) sortByTask(batch, 0, batch.length);
    this.#batch = new Map(batch.map((execution) => [execution.number, execution]));
  }

  #begin({ variables, ...begun }: BegunEntry): void {
    const { version, error, atMs } = begun;
    const found: unknown = version;
    if (found !== RECORD_VERSION) {
      const message = `expected a record of version ${RECORD_VERSION}, found ${JSON.stringify(found)}`;
      throw new HeddleError('HEDDLE_STATE_VERSION', message);
    }
    const { plan, context, state } = this.run;
    this.begun = begun;
    this.#atMs = atMs;
    const writable = context.writable();
    for (const [name, value] of Object.entries(variables)) {
      writable.variables = writable.variables.with(plan.shape.variables.slot(name), value);
    }
    if (error === undefined) begin(this.run);
    else failRun(state, error, null);
    this.#observe?.({ execution: null, handled: false, ready: state.ready });
    this.#collectReady();
  }

  #start({ execution: number, atMs, dueAtMs }: StartedEntry): void {
    this.#pass(atMs);
    this.#joinBatch(number);
    const known = this.unfinished.get(number);
    // It was announced again, after a process before had started it.
    if (known?.dueAtMs === null) return;
    const execution = known?.execution ?? this.#take(number);
    const { state, context, plan } = this.run;
    const task = plan.tasks[execution.slot] as TaskPlan;
    state.tasks.status[execution.slot] = 'running';
    this.unfinished.set(number, {
      execution,
      startedAtMs: known?.startedAtMs ?? atMs,
      startedAtWorkMs: known?.startedAtWorkMs ?? this.workMs,
      version: context.view(execution.route, state.routes, true),
      dueAtMs: dueAtMs ?? null,
      retry: null,
      interruptions: 0,
      waits: new Map(),
      items: progressOf(this.run.plan, task),
      isReopened: false,
      sending: null,
    });
  }

  #send({ execution, sending }: SentEntry): void {
    const unfinished = this.unfinished.get(execution);
    if (unfinished !== undefined) unfinished.sending = sending;
  }

  #complete(entry: CompletedEntry): void {
    this.#pass(entry.atMs);
    this.#joinBatch(entry.execution);
    this.hasProgressed = true;
    const { run } = this;
    const { state } = run;
    const unfinished = this.unfinished.get(entry.execution);
    if (unfinished?.isReopened === true) {
      this.#amend(unfinished, entry);
      return;
    }
    const execution = unfinished?.execution ?? this.#take(entry.execution);
    this.unfinished.delete(entry.execution);
    if (!execution.skip) this.taskRuns = Math.max(this.taskRuns + 1, entry.treeRuns ?? 0);
    execution.outcome = this.#outcomeOf(entry, execution, unfinished);
    if (unfinished !== undefined && this.#kept.has(entry.execution)) this.#kept.set(entry.execution, unfinished);
    const wasFailing = state.failing;
    const { handled } = complete(run, execution, false, { recorded: entry.decision ?? null, decision: null });
    this.#observe?.({ execution, handled, ready: state.ready });
    this.#collectReady();
    if (!this.#keepsResults) {
      const open = this.unfinished;
      releaseUnless(run, execution, () => [
        ...[...open.values()].map((each) => each.execution),
        ...this.#ready.values(),
      ]);
    }
    if (state.failing && !wasFailing && run.plan.definition.onRunFailure === 'abort') this.#drop();
  }

  #amend({ execution, items }: Unfinished, entry: CompletedEntry): void {
    this.unfinished.delete(entry.execution);
    if (items !== null) amend(this.run, execution, items.outcome(entry));
  }

  #outcomeOf(entry: CompletedEntry, execution: Execution, unfinished: Unfinished | undefined): Outcome {
    const { status, result = null, error = null, attempts = status === 'skipped' ? 0 : 1 } = entry;
    if (entry.items !== undefined) {
      const task = this.run.plan.tasks[execution.slot] as TaskPlan;
      const progress = unfinished?.items ?? progressOf(this.run.plan, task);
      if (progress !== null) return progress.outcome(entry);
    }
    if (entry.iterable !== true) return new Outcome(status, result, error, attempts);
    const { context, state } = this.run;
    const version = unfinished?.version ?? context.view(execution.route, state.routes, true);
    return new Outcome(status, new EndedIterable(execution, version), error, attempts);
  }

  #retry(number: number, index: number, entry: RunEntry & DueRetry): void {
    const unfinished = this.unfinished.get(number);
    if (unfinished === undefined) return;
    unfinished.waits.delete(index);
    if (index >= 0) unfinished.items?.feed(entry);
    else unfinished.retry = { attempt: entry.attempt, dueAtMs: entry.dueAtMs };
  }

  #answer({ execution, index, data, signal }: AnsweredEntry): void {
    const wait = this.unfinished.get(execution)?.waits.get(index);
    if (wait !== undefined) wait.answer = { data };
    const at = this.signals.findIndex(({ number }) => number === signal);
    if (at >= 0) this.signals.splice(at, 1);
  }

  #feedItems(number: number, entry: RunEntry): void {
    this.unfinished.get(number)?.items?.feed(entry);
  }

  /** A process took the run up: what ran when the one before it ended was cut off. */
  #resume(atMs: number): void {
    if (this.suspension === 'waiting') this.#pass(atMs);
    else if (this.suspension === null) {
      for (const unfinished of this.unfinished.values()) {
        const { items, waits, dueAtMs, retry, sending } = unfinished;
        // Other processes work on it, whatever becomes of this one.
        if (sending !== null) continue;
        if (items !== null) items.interrupt(waits, this.#atMs);
        else if (dueAtMs === null && (retry?.dueAtMs ?? 0) <= this.#atMs && !waits.has(-1)) unfinished.interruptions++;
      }
    }
    for (const { items } of this.unfinished.values()) items?.takeUp();
    this.#atMs = atMs;
    this.suspension = null;
    this.hasProgressed = false;
  }

  #reopen(number: number): void {
    const kept = this.#kept.get(number) ?? null;
    if (kept === null) return;
    const task = this.run.plan.tasks[kept.execution.slot] as TaskPlan;
    this.unfinished.set(number, {
      ...kept,
      execution: { ...kept.execution, outcome: null },
      startedAtWorkMs: this.workMs,
      waits: new Map(),
      items: progressOf(this.run.plan, task),
      isReopened: true,
      sending: null,
    });
  }

  #change({ path, value }: ChangedEntry): void {
    const { plan, context } = this.run;
    const [root, name, ...rest] = path as [string, string, ...string[]];
    const version = context.writable();
    if (root !== 'task') {
      const slot = plan.shape.variables.slot(name);
      version.variables = publishEntry(version.variables, { slot, path: rest, value }, null);
      return;
    }
    const slot = plan.shape.tasks.slot(name);
    const before = version.outcomes[slot] ?? new Outcome('succeeded', null);
    const result = rest.length === 0 ? value : setIn(before.result, rest, value);
    context.record(slot, new Outcome(before.status, result, before.error, before.attempts, before.items), undefined);
  }

  #take(number: number): Execution {
    const execution = this.#ready.get(number) ?? this.#dropped.get(number);
    if (execution === undefined) {
      const message = `the record names execution ${number}, which cannot have been made; was the definition changed?`;
      throw new HeddleError('HEDDLE_INTERNAL', message);
    }
    this.#ready.delete(number);
    this.#dropped.delete(number);
    return execution;
  }

  #collectReady(): void {
    const { state } = this.run;
    for (const execution of state.ready) this.#ready.set(execution.number, execution);
    state.ready = [];
  }

  #drop(): void {
    for (const [number, execution] of this.#ready) this.#dropped.set(number, execution);
    this.#ready.clear();
  }

  /** Time passed in which a process worked on the run. */
  #pass(atMs: number): void {
    if (this.#atMs > 0 && atMs > this.#atMs) this.workMs += atMs - this.#atMs;
    this.#atMs = Math.max(this.#atMs, atMs);
  }
}
