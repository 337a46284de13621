import type { ActionContext } from '../actions/action.ts';
import { publishEntry, WorkflowContext, type ErrorRecord, type Outcome } from '../context/index.ts';
import { HeddleError } from '../errors/index.ts';
import type { Plan, TaskPlan } from '../plan/plan.ts';
import { childOutput, recordedChildOutput } from './child-run.ts';
import {
  begin,
  complete,
  completeSimply,
  conclude,
  failRun,
  lead,
  nextExecution,
  recordSuccess,
  type Completion,
} from './decide.ts';
import { describeError } from './error-record.ts';
import type { EventListeners, EventSink } from './event-sink.ts';
import type { RunResult } from './events.ts';
import { renderOutput, summarise } from './output.ts';
import { RecordedRun, type RunObserver } from './recorded-run.ts';
import { releaseUnread } from './release.ts';
import { readRun, type ReadRun } from './resume-run.ts';
import type { ParentRun, RunEnvironment } from './run-environment.ts';
import type { RecordingTerms, RunOrigin, RunRecording } from './run-recording.ts';
import { NONE } from './run-work.ts';
import { dropReady, sortByTask, type Execution } from './state.ts';

/** Runs a plan: starts what the decisions made ready, and tells them what became of it. */
export class RunDriver extends RecordedRun {
  /** Tasks at once. */
  readonly #taskConcurrency: number;

  /** @throws HEDDLE_PARAMETERS where the parameters do not fit; HEDDLE_SUBWORKFLOW_DEPTH where a tree is too deep. */
  constructor(
    plan: Plan,
    parameters: Readonly<Record<string, unknown>>,
    environment: RunEnvironment,
    parent: ParentRun | null,
    listeners: EventListeners | null,
    origin: RunOrigin | null = null,
  ) {
    super(plan, parameters, environment, parent, listeners, origin);
    this.#taskConcurrency = Math.min(plan.definition.concurrency ?? Infinity, environment.maxConcurrency);
  }

  /** What the run came to; null while it goes on. */
  get result(): RunResult | null {
    return this.ended;
  }

  /** Whether what it came to is not in the record yet. */
  get isUnwritten(): boolean {
    return this.recording !== null && !this.recording.isClosed;
  }

  /** Starts the run; `observer` is told when it has ended, possibly before this returns. */
  start(observer: RunObserver): void {
    this.observer = observer;
    this.openEvents();
    const { recording } = this;
    this.#setRunTimer();
    if (recording !== null && recording.resumed !== null && recording.resumed.hasBegun) this.goOn(recording.resumed);
    else {
      const error = this.#setVariables();
      if (recording !== null) this.recordBegin(recording, error);
      if (error === null && !this.state.cancelling) begin(this);
    }
    this.advance();
    if (recording !== null && this.ended === null) recording.recorder.listen();
  }

  #setRunTimer(): void {
    const { timeoutMs } = this.plan.definition;
    if (timeoutMs === undefined) return;
    const leftMs = Math.max(0, timeoutMs - (this.recording?.resumed?.workMs ?? 0));
    this.runDueAtMs = this.host.now() + leftMs;
    this.runTimer = this.host.setTimer(leftMs, () => this.#timeOut(timeoutMs));
  }

  /** Ends the run early, as its workflow's `on-cancel` says. */
  cancel(reason: string): void {
    if (this.ended !== null || this.state.cancelling) return;
    this.state.cancelling = true;
    if (this.observer === null) return;
    this.events?.emit({ type: 'run.cancelling', reason });
    this.recorder?.push({ type: 'cancelling', reason });
    dropReady(this.state);
    if (this.plan.definition.onCancel === 'abort') this.inFlight.abortAll(new HeddleError('HEDDLE_CANCELLED', reason));
    this.advance();
  }

  runChild(plan: Plan, parameters: unknown, context: ActionContext): unknown {
    const place = this.placeOfChild(context.task);
    const { recording } = this;
    if (recording !== null) return this.#runRecordedChild(recording, plan, parameters, context, place);
    const child = new RunDriver(plan, parameters as Record<string, unknown>, this.environment, place, place.listeners);
    return this.#follow(child, context);
  }

  /** Starts the run of a sub-workflow; gives its output, or a promise of it. */
  #follow(child: RunDriver, context: ActionContext): unknown {
    let settle: ((result: RunResult) => void) | null = null;
    let fail: ((error: HeddleError) => void) | null = null;
    child.start({ runEnded: (result) => settle?.(result), runHalted: (error) => fail?.(error) });
    if (child.result !== null && (this.recorder === null || !this.recorder.isStrict)) return childOutput(child.result);
    const { signal } = context;
    const cancel = (): void => child.cancel('the task that runs this sub-workflow was aborted');
    if (signal.aborted) cancel();
    else signal.addEventListener('abort', cancel, { once: true });
    return new Promise<unknown>((resolve, reject) => {
      fail = reject;
      settle = (result) => {
        signal.removeEventListener('abort', cancel);
        try {
          resolve(childOutput(result));
        } catch (error) {
          reject(error);
        }
      };
    });
  }

  /** A sub-workflow has a record of its own; where its task started before, it may be there. */
  #runRecordedChild(
    { resumed, terms, generation }: RunRecording,
    plan: Plan,
    parameters: unknown,
    context: ActionContext,
    place: ParentRun,
  ): unknown {
    const again = generation === 0 ? [] : [generation];
    const id = this.host.sha256(JSON.stringify([context.idempotencyKey, context.attempt, ...again])).slice(0, 32);
    const given = parameters as Record<string, unknown>;
    const start = (origin: RunOrigin, known: Readonly<Record<string, unknown>>): unknown =>
      this.#follow(new RunDriver(plan, known, this.environment, place, place.listeners, origin), context);
    if (resumed === null) return start({ id, resumed: null }, given);
    return this.#findChild(id, plan, given, terms).then((read) => {
      if (read === null) return start({ id, resumed: null }, given);
      if (read.ended !== null) return recordedChildOutput(read.ended, plan.name);
      return start({ id, resumed: read.resumed }, read.parameters);
    });
  }

  async #findChild(
    id: string,
    plan: Plan,
    given: Readonly<Record<string, unknown>>,
    terms: RecordingTerms,
  ): Promise<ReadRun | null> {
    const known = await terms.journal.run(id);
    if (known === null) return null;
    const secret = Object.entries(given).filter(([name]) => plan.parameters.secret.includes(name));
    const secrets = Object.fromEntries(secret);
    const resume = { plan, environment: this.environment, terms, secrets, selection: null };
    if (!terms.rerunsFailed || known.status !== 'failed') return readRun(known, resume);
    try {
      return await readRun(known, { ...resume, selection: { failed: true } });
    } catch (error) {
      if (error instanceof HeddleError && error.code === 'HEDDLE_RERUN') return readRun(known, resume);
      throw error;
    }
  }

  #setVariables(): ErrorRecord | null {
    if (this.plan.vars.length === 0) return null;
    const scope = new WorkflowContext(this.context.current, undefined, -1);
    for (const entry of this.plan.vars) {
      try {
        const value = entry.evaluate(scope);
        const version = this.context.writable();
        version.variables = publishEntry(version.variables, { slot: entry.slot, path: entry.path, value }, null);
      } catch (error) {
        const failed = describeError(entry.locate(error), '');
        failRun(this.state, failed, null);
        return failed;
      }
    }
    return null;
  }

  protected advance(): void {
    if (this.isAdvancing || this.isYielding || this.ended !== null || this.isHalted) return;
    this.isAdvancing = true;
    const { state } = this;
    while (this.landed.length > 0 || (this.#isReady() && !this.mustWait())) {
      const steps = this.#isStraight ? this.#runStraight(state.ready[state.head] as Execution) : 0;
      if (steps === 0) this.#runBatch();
      if (this.landed.length > 0) this.#completeLanded();
      // What has been started is dropped now and then, so that neither a long run nor a short one pays for it.
      if (state.head > 256) {
        state.ready = state.ready.slice(state.head);
        state.head = 0;
      }
      if (this.fairness.isDue(steps === 0 ? 1 : steps)) {
        this.isYielding = true;
        this.host.nextTurn(() => {
          this.isYielding = false;
          this.advance();
        });
        break;
      }
    }
    this.isAdvancing = false;
    this.readMs = null;
    if (!this.isYielding && this.inFlight.size === 0) this.#end();
    else if (this.recording !== null && (this.waits.size > 0 || this.recording.terms.leaves === 'idle')) {
      this.showWaiting();
    }
  }

  get #isQuiet(): boolean {
    return (
      this.events === null &&
      this.recording === null &&
      this.environment.intercept === null &&
      this.state.routes.length === 0
    );
  }

  /** Whether one execution is ready and nothing else is to be done. */
  get #isStraight(): boolean {
    const { state } = this;
    return state.ready.length - state.head === 1 && this.landed.length === 0 && this.#isQuiet && this.#hasRoom();
  }

  #isReady(): boolean {
    const { state } = this;
    return state.head < state.ready.length && this.#hasRoom() && !this.isLeaving;
  }

  #hasRoom(): boolean {
    return this.inFlight.size < this.#taskConcurrency;
  }

  /** Starts all that is ready; then completes, in the same order, what has ended at once. */
  #runBatch(): void {
    const { state } = this;
    const from = state.head;
    const end = Math.min(state.ready.length, from + this.batchLimit);
    this.batchLimit = Infinity;
    if (this.plan.repeats && end - from > 2) sortByTask(state.ready, from, end);
    const { tasks } = this.plan;
    const isQuiet = this.#isQuiet;
    while (state.head < state.ready.length && state.head < end && this.#hasRoom()) {
      const execution = state.ready[state.head++] as Execution;
      const task = tasks[execution.slot] as TaskPlan;
      if (isQuiet && task.isDirect && !execution.skip && this.tree.taskRuns < this.tree.limit) {
        this.tree.taskRuns++;
        this.workPlainly(task, execution, this.scopeOf(this.context.current));
      } else this.startExecution(execution);
    }
    const started = state.head;
    for (let at = from; at < started; at++) {
      const execution = state.ready[at] as Execution;
      // What was aborted while others were being started has landed, and has its turn after them.
      if (execution.outcome === null || (this.landed.length > 0 && this.landed.includes(execution))) continue;
      const { leadsTo } = tasks[execution.slot] as TaskPlan;
      if (isQuiet && leadsTo !== null && isPlainSuccess(execution.outcome) && state.routes.length === 0) {
        completeSimply(this, execution, leadsTo);
        if (!this.environment.keepResults) releaseUnread(this, execution, this.inFlight, at + 1);
      } else this.#complete(execution, at + 1);
    }
  }

  /**
   * Runs one task after the other as long as each simply leads to the next: what {@link #runBatch} would do, with one
   * execution at hand and no queue, until the clock is to be looked at. Gives how many it ran; 0: none is of that kind.
   */
  #runStraight(first: Execution): number {
    const { state, context, tree } = this;
    const { tasks } = this.plan;
    const { keepResults } = this.environment;
    let execution = first;
    let task = tasks[execution.slot] as TaskPlan;
    if (!task.isDirect || execution.skip) return 0;
    const steps = this.fairness.allowance;
    const place = state.head++;
    for (let step = 1; ; step++) {
      if (++tree.taskRuns > tree.limit) {
        this.exceedLimit(task);
        return step;
      }
      this.workPlainly(task, execution, this.scopeOf(context.current));
      const { outcome } = execution;
      if (outcome === null) return step;
      const { leadsTo } = task;
      const isSimple = leadsTo !== null && leadsTo.length === 1 && outcome.status === 'succeeded';
      if (!isSimple || this.landed.length > 0 || state.cancelling || state.failing) {
        // What was aborted by its own action has landed, and is completed with what else has.
        if (!this.landed.includes(execution)) this.#complete(execution, state.head);
        return step;
      }
      recordSuccess(this, execution);
      const slot = leadsTo[0] as number;
      task = tasks[slot] as TaskPlan;
      if (!task.isDirect || task.join > 0 || step === steps) {
        lead(this, slot, execution);
        if (!keepResults) releaseUnread(this, execution, this.inFlight, state.head);
        return step;
      }
      const next = nextExecution(state, slot, execution.route);
      state.ready[place] = next;
      if (!keepResults) releaseUnread(this, execution, this.inFlight, place);
      execution = next;
    }
  }

  #completeLanded(): void {
    const landed = this.landed;
    this.landed = NONE;
    for (const execution of landed) this.#complete(execution, this.state.head);
  }

  /** `rest`: where in `ready` those begin that have not completed. */
  #complete(execution: Execution, rest: number): void {
    const wasFailing = this.state.failing;
    const completion =
      this.recording === null
        ? complete(this, execution, this.events !== null)
        : this.completeRecorded(this.recording, execution);
    if (this.events !== null) this.#announce(this.events, execution, completion);
    if (!this.environment.keepResults) releaseUnread(this, execution, this.inFlight, rest);
    if (this.state.failing && !wasFailing && this.plan.definition.onRunFailure === 'abort') {
      dropReady(this.state);
      this.inFlight.abortAll(new HeddleError('HEDDLE_CANCELLED', 'aborted because the run failed'));
    }
  }

  #announce(events: EventSink, execution: Execution, completion: Completion): void {
    const { name } = this.plan.tasks[execution.slot] as TaskPlan;
    const durationMs = this.host.monotonic() - execution.startedMs;
    events.taskCompleted(name, execution.number, execution.outcome as Outcome, completion, durationMs);
    if (completion.patches !== null) events.published(name, execution.number, completion.patches);
    if (events.hasValuesListener) {
      const version = this.context.current;
      const variables = version.variables.toObject();
      events.emit({ type: 'values', task: name, execution: execution.number, variables, results: version.results() });
    }
  }

  protected exceedLimit(task: TaskPlan): void {
    if (this.isOverLimit) return;
    this.isOverLimit = true;
    const runs = this.state.tasks.executions
      .map((executions, slot) => ({ name: this.plan.tasks[slot]?.name ?? '', executions }))
      .sort((a, b) => b.executions - a.executions)
      .filter((entry, _, [most]) => entry.executions * 2 > (most?.executions ?? 0))
      .map((entry) => `'${entry.name}' (${entry.executions} times)`);
    const message = `the run started more than ${this.tree.limit} tasks; it goes round ${runs.slice(0, 10).join(' → ')}`;
    const error = { code: 'HEDDLE_TASK_RUN_LIMIT', message, task: task.name, index: null, attempt: null };
    failRun(this.state, error, null);
    this.recorder?.push({ type: 'failing', error, drops: false });
    if (this.plan.definition.onRunFailure === 'abort')
      this.inFlight.abortAll(new HeddleError('HEDDLE_TASK_RUN_LIMIT', message));
  }

  #timeOut(limitMs: number): void {
    this.runTimer = null;
    const message = `the run took longer than its timeout of ${limitMs} ms`;
    const error = { code: 'HEDDLE_RUN_TIMEOUT', message, task: '', index: null, attempt: null };
    failRun(this.state, error, null);
    this.recorder?.push({ type: 'failing', error, drops: true });
    dropReady(this.state);
    this.inFlight.abortAll(new HeddleError('HEDDLE_RUN_TIMEOUT', message));
    this.advance();
  }

  #end(): void {
    if (this.ended !== null || this.state.head < this.state.ready.length || this.landed.length > 0) return;
    if (this.runTimer !== null) this.host.clearTimer(this.runTimer);
    conclude(this);
    const output = renderOutput(this);
    const { recording } = this;
    const isResumed = recording !== null && recording.resumed !== null;
    const durationMs = isResumed ? this.host.now() - this.startedAtMs : this.host.monotonic() - this.startedMs;
    this.ended = summarise(this, output, durationMs);
    if (recording !== null) {
      void this.endRecorded(recording, this.ended);
      return;
    }
    this.events?.runCompleted(this.ended);
    this.observer?.runEnded(this.ended);
  }
}

function isPlainSuccess(outcome: Outcome): boolean {
  return outcome.status === 'succeeded' && outcome.items === null && outcome.attempts === 1;
}
