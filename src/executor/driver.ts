import type { ActionContext } from '../actions/action.ts';
import type { ContextVersion } from '../context/index.ts';
import { deepFreeze, Outcome, publishEntry, WorkflowContext, type ErrorRecord } from '../context/index.ts';
import { HeddleError } from '../errors/index.ts';
import { truthy } from '../expression/index.ts';
import type { ActionPlan, ItemsPlan, NumberPlan, Plan, TaskPlan } from '../plan/plan.ts';
import { callAction } from './action-call.ts';
import {
  amend,
  begin,
  complete,
  completeSimply,
  lead,
  nextExecution,
  recordSuccess,
  conclude,
  failRun,
  type Completion,
  type Trace,
} from './decide.ts';
import { RECORD_VERSION, type EndedEntry, type StartedEntry } from './entries.ts';
import { describeError } from './error-record.ts';
import { childOutput, recordedChildOutput } from './child-run.ts';
import type { EventListeners, EventSink } from './event-sink.ts';
import { CallInFlight, type CallOwner } from './call-in-flight.ts';
import { InFlight, ItemsInFlight, WorkInFlight, type Flight } from './in-flight.ts';
import type { RunResult } from './events.ts';
import { Fairness } from './fairness.ts';
import { Invocation } from './invocation.ts';
import { ItemsExecution, poison } from './items.ts';
import { isLazy, markReplayable, type EndedIterable } from './iterable.ts';
import { numberOf } from './number.ts';
import { renderOutput, summarise } from './output.ts';
import { recordable } from './recordable.ts';
import { releaseUnread } from './release.ts';
import type { Unfinished } from './unfinished.ts';
import { readRun, type ReadRun } from './resume-run.ts';
import type { ParentRun, RunEnvironment } from './run-environment.ts';
import { dropReady, sortByTask, type Execution } from './state.ts';
import { Unit } from './unit.ts';
import { RunFrame } from './run-frame.ts';
import type { RunRequest } from './run-journal.ts';
import type { RecordedDriver, RecordingTerms, ResumedRun, RunOrigin, RunRecording } from './run-recording.ts';
import type { WaitsHost } from './waits.ts';

const NONE: readonly Execution[] = [];
const NOTHING: Completion = { handled: false, leads: false, patches: null };
const SKIPPED = new Outcome('skipped', null, null, 0);

/** Who is told what a run came to. */
export interface RunObserver {
  runEnded(result: RunResult): void;
  /** The run is recorded and could not be recorded any further: another process may resume it. */
  runHalted(error: HeddleError): void;
}

/** Runs a plan: starts what the decisions made ready, and tells them what became of it. */
export class RunDriver extends RunFrame implements CallOwner {
  readonly #fairness: Fairness;
  readonly #inFlight: InFlight;
  /** Tasks at once. */
  readonly #taskConcurrency: number;
  /** Reused as long as the version is the same. */
  #scope: WorkflowContext | null = null;
  /** Asynchronous executions that have ended and are not completed yet. */
  #landed: readonly Execution[] = NONE;
  #advancing = false;
  #turn = false;
  #runTimer: unknown = null;
  #isOverLimit = false;
  #isBehind = false;
  /** How many of those that are ready belong to the batch that was begun before the run was resumed. */
  #batchLimit = Infinity;
  #result: RunResult | null = null;
  #observer: RunObserver | null = null;

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
    this.#fairness = new Fairness(environment.host, this.startedMs);
    this.#inFlight = new InFlight();
    this.#taskConcurrency = Math.min(plan.definition.concurrency ?? Infinity, environment.maxConcurrency);
  }

  /** What the run came to; null while it goes on. */
  get result(): RunResult | null {
    return this.#result;
  }

  /** Whether what it came to is not in the record yet. */
  get isUnwritten(): boolean {
    return this.recording !== null && !this.recording.isClosed;
  }

  /** Starts the run; `observer` is told when it has ended, possibly before this returns. */
  start(observer: RunObserver): void {
    this.#observer = observer;
    this.openEvents();
    const { recording } = this;
    this.#setRunTimer();
    if (recording !== null && recording.resumed !== null && recording.resumed.hasBegun) this.#goOn(recording.resumed);
    else {
      const error = this.#setVariables();
      if (recording !== null) this.#recordBegin(recording, error);
      if (error === null && !this.state.cancelling) begin(this);
    }
    this.#advance();
    if (recording !== null && this.#result === null) recording.recorder.listen();
  }

  #setRunTimer(): void {
    const { timeoutMs } = this.plan.definition;
    if (timeoutMs === undefined) return;
    const leftMs = Math.max(0, timeoutMs - (this.recording?.resumed?.workMs ?? 0));
    this.#runTimer = this.host.setTimer(leftMs, () => this.#timeOut(timeoutMs));
  }

  /** Ends the run early, as its workflow's `on-cancel` says. */
  cancel(reason: string): void {
    if (this.#result !== null || this.state.cancelling) return;
    this.state.cancelling = true;
    if (this.#observer === null) return;
    this.events?.emit({ type: 'run.cancelling', reason });
    this.recorder?.push({ type: 'cancelling', reason });
    dropReady(this.state);
    if (this.plan.definition.onCancel === 'abort') this.#inFlight.abortAll(new HeddleError('HEDDLE_CANCELLED', reason));
    this.#advance();
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

  reopen({ execution, version }: EndedIterable): unknown {
    const task = this.plan.tasks[execution.slot] as TaskPlan;
    const scope = new WorkflowContext(version, undefined, -1);
    const input = this.freeze ? task.input.renderFrozen(scope, deepFreeze) : task.input.render(scope);
    return callAction(this, task, execution, input, new Invocation(this, task, execution, scope));
  }

  protected recordedDriver(): RecordedDriver {
    return {
      plan: this.plan,
      host: this.host,
      halted: (error) => this.#halt(error),
      asked: (request, id) => this.#doAsked(request as RunRequest, () => this.recorder?.answered(id)),
    };
  }

  /** Does what another process asks of the run. */
  #doAsked(request: RunRequest, done: () => void): void {
    try {
      if (request.type === 'approve') this.waits.approveOnce(request.task, request.data, request.item, done);
      else {
        if (request.type === 'cancel') this.cancel(request.reason);
        else if (request.type === 'signal') this.waits.signal(request.name, request.data);
        done();
      }
    } catch (error) {
      // Whoever asked is gone; those who look at the run see that it still waits, and why.
      done();
      const message = error instanceof Error ? error.message : String(error);
      this.log('warn', message, {}, 'task' in request ? request.task : '', 0, null);
    }
  }

  /** The run can be recorded no further: nothing more is decided, and what is in flight is told to stop. */
  #halt(error: HeddleError): void {
    if (this.#result !== null) return;
    if (this.#runTimer !== null) this.host.clearTimer(this.#runTimer);
    this.#inFlight.abortAll(error);
    this.#observer?.runHalted(error);
  }

  get #isHalted(): boolean {
    return this.recording !== null && this.recording.isHalted;
  }

  protected waitsHost(): WaitsHost {
    return {
      clock: this.host,
      record: (entry) => this.recorder?.push(entry),
      changed: () => this.#showWaiting(),
    };
  }

  /** Tells whether anything but waiting goes on. */
  #showWaiting(): void {
    const { state } = this;
    if (this.#result !== null || this.#observer === null || this.#isHalted) return;
    for (const execution of this.#inFlight.executions()) {
      state.tasks.status[execution.slot] = this.waits.countOf(execution) > 0 ? 'waiting' : 'running';
    }
    state.status = this.waits.size > 0 && this.#isOnlyWaiting() ? 'waiting' : 'running';
    const { recording } = this;
    if (recording !== null && recording.isWaiting !== this.waits.size > 0) {
      recording.isWaiting = this.waits.size > 0;
      recording.recorder.listenAnew();
    }
    if (recording === null || recording.isShownWaiting === (state.status === 'waiting')) return;
    recording.isShownWaiting = state.status === 'waiting';
    recording.recorder.patch({ status: state.status });
    recording.recorder.flush();
    if (recording.isShownWaiting && recording.terms.leavesWhenWaiting) void this.#leave(recording);
  }

  #isOnlyWaiting(): boolean {
    if (this.#landed.length > 0 || this.#turn || this.#advancing || this.state.head < this.state.ready.length)
      return false;
    return this.#inFlight.every((flight) => this.waits.countOf(flight.execution) === flight.active);
  }

  /** Lets go of a run that only waits: whoever resumes it goes on. */
  async #leave(recording: RunRecording): Promise<void> {
    recording.recorder.push({ type: 'suspended', atMs: this.host.now() });
    recording.isHalted = true;
    if (this.#runTimer !== null) this.host.clearTimer(this.#runTimer);
    const waiting = this.waits.list();
    try {
      await recording.close({ status: 'waiting', summary: { waiting } });
    } catch (error) {
      this.#observer?.runHalted(error as HeddleError);
      return;
    }
    this.#result = summarise(this, {}, this.host.now() - this.startedAtMs);
    this.#inFlight.abortAll(new HeddleError('HEDDLE_CANCELLED', 'the process lets go of the run'));
    this.#observer?.runEnded(this.#result);
  }

  #recordBegin(recording: RunRecording, error: ErrorRecord | null): void {
    const secrets = this.secretNames();
    recording.recorder.push({
      type: 'begun',
      version: RECORD_VERSION,
      atMs: this.startedAtMs,
      variables: this.context.current.variables.toObject(),
      ...(secrets.length === 0 ? {} : { secrets }),
      ...(recording.sealer.isActive ? { sealed: true } : {}),
      ...(error === null ? {} : { error }),
    });
    recording.recorder.patch({ status: 'running', startedAtMs: this.startedAtMs });
  }

  /** Goes on from what a process before this one recorded. */
  #goOn({ entries, unfinished, signals, signalCount, cancelReason, batchSize }: ResumedRun): void {
    const { recorder, state } = this;
    for (const entry of entries) recorder?.push(entry);
    recorder?.patch({ status: 'running', endedAtMs: null });
    const waits = [...unfinished.values()].map((each) => [each.execution.number, each.waits] as const);
    this.waits.restore(waits, signals, signalCount);
    state.status = 'running';
    this.#batchLimit = batchSize;
    this.#isOverLimit = state.errors.some(({ code }) => code === 'HEDDLE_TASK_RUN_LIMIT');
    if (cancelReason !== null) this.events?.emit({ type: 'run.cancelling', reason: cancelReason });
  }

  /** Whether what had started before the run was resumed was being aborted then. */
  get #wasAborting(): boolean {
    const { state, plan } = this;
    if (state.cancelling) return plan.definition.onCancel === 'abort';
    if (!state.failing) return false;
    const hasTimedOut = state.errors.some(({ code }) => code === 'HEDDLE_RUN_TIMEOUT');
    return hasTimedOut || plan.definition.onRunFailure === 'abort';
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

  #advance(): void {
    if (this.#advancing || this.#turn || this.#result !== null || this.#isHalted) return;
    this.#advancing = true;
    const { state } = this;
    while (this.#landed.length > 0 || (state.head < state.ready.length && this.#hasRoom() && !this.#mustWait())) {
      const steps = this.#isStraight ? this.#runStraight(state.ready[state.head] as Execution) : 0;
      if (steps === 0) this.#runBatch();
      if (this.#landed.length > 0) this.#completeLanded();
      // What has been started is dropped now and then, so that neither a long run nor a short one pays for it.
      if (state.head > 256) {
        state.ready = state.ready.slice(state.head);
        state.head = 0;
      }
      if (this.#fairness.isDue(steps === 0 ? 1 : steps)) {
        this.#turn = true;
        this.host.nextTurn(() => {
          this.#turn = false;
          this.#advance();
        });
        break;
      }
    }
    this.#advancing = false;
    if (!this.#turn && this.#inFlight.size === 0) this.#end();
    else if (this.recording !== null && this.waits.size > 0) this.#showWaiting();
  }

  /** Whether what was recorded has to be written before anything else starts. */
  #mustWait(): boolean {
    const { recording } = this;
    if (recording === null) return false;
    if (this.#isBehind) return true;
    const { recorder } = recording;
    if (!this.#announceStarts(recording) && !recorder.isBehind) return false;
    this.#isBehind = true;
    recorder.whenWritten(() => {
      this.#isBehind = false;
      this.#advance();
    });
    return true;
  }

  /**
   * Records what is about to start and may be what ends the process: it then starts once that is written. False: there is
   * nothing of the kind.
   */
  #announceStarts(recording: RunRecording): boolean {
    const { state, plan } = this;
    const { isCautious, recorder } = recording;
    if (!isCautious && recording.resumed === null) return false;
    const announced = (recording.announced ??= new Set());
    let isNew = false;
    for (const execution of state.ready.slice(state.head, state.head + this.#batchLimit)) {
      const unfinished = recording.unfinished(execution.number);
      const isSuspect = unfinished === null ? isCautious : unfinished.interruptions > 0;
      if (execution.skip || !isSuspect || announced.has(execution.number)) continue;
      announced.add(execution.number);
      const task = plan.tasks[execution.slot] as TaskPlan;
      if (task.delayMs !== null || task.items !== null) continue;
      recorder.push(this.#startedEntry(task, execution));
      isNew = true;
    }
    return isNew;
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
    return state.ready.length - state.head === 1 && this.#landed.length === 0 && this.#isQuiet && this.#hasRoom();
  }

  #hasRoom(): boolean {
    return this.#inFlight.size < this.#taskConcurrency;
  }

  /** Starts all that is ready; then completes, in the same order, what has ended at once. */
  #runBatch(): void {
    const { state } = this;
    const from = state.head;
    const end = Math.min(state.ready.length, from + this.#batchLimit);
    this.#batchLimit = Infinity;
    if (this.plan.repeats && end - from > 2) sortByTask(state.ready, from, end);
    const { tasks } = this.plan;
    const isQuiet = this.#isQuiet;
    while (state.head < state.ready.length && state.head < end && this.#hasRoom()) {
      const execution = state.ready[state.head++] as Execution;
      const task = tasks[execution.slot] as TaskPlan;
      if (isQuiet && task.isDirect && !execution.skip && this.tree.taskRuns < this.tree.limit) {
        this.tree.taskRuns++;
        this.#workPlainly(task, execution, this.#scopeOf(this.context.current));
      } else this.#startExecution(execution);
    }
    const started = state.head;
    for (let at = from; at < started; at++) {
      const execution = state.ready[at] as Execution;
      // What was aborted while others were being started has landed, and has its turn after them.
      if (execution.outcome === null || (this.#landed.length > 0 && this.#landed.includes(execution))) continue;
      const { leadsTo } = tasks[execution.slot] as TaskPlan;
      if (isQuiet && leadsTo !== null && isPlainSuccess(execution.outcome) && state.routes.length === 0) {
        completeSimply(this, execution, leadsTo);
        if (!this.environment.keepResults) releaseUnread(this, execution, this.#inFlight, at + 1);
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
    const steps = this.#fairness.allowance;
    const place = state.head++;
    for (let step = 1; ; step++) {
      if (++tree.taskRuns > tree.limit) {
        this.#exceedLimit(task);
        return step;
      }
      this.#workPlainly(task, execution, this.#scopeOf(context.current));
      const { outcome } = execution;
      if (outcome === null) return step;
      const { leadsTo } = task;
      const isSimple = leadsTo !== null && leadsTo.length === 1 && outcome.status === 'succeeded';
      if (!isSimple || this.#landed.length > 0 || state.cancelling || state.failing) {
        // What was aborted by its own action has landed, and is completed with what else has.
        if (!this.#landed.includes(execution)) this.#complete(execution, state.head);
        return step;
      }
      recordSuccess(this, execution);
      const slot = leadsTo[0] as number;
      task = tasks[slot] as TaskPlan;
      if (!task.isDirect || task.join > 0 || step === steps) {
        lead(this, slot, execution);
        if (!keepResults) releaseUnread(this, execution, this.#inFlight, state.head);
        return step;
      }
      const next = nextExecution(state, slot, execution.route);
      state.ready[place] = next;
      if (!keepResults) releaseUnread(this, execution, this.#inFlight, place);
      execution = next;
    }
  }

  #completeLanded(): void {
    const landed = this.#landed;
    this.#landed = NONE;
    for (const execution of landed) this.#complete(execution, this.state.head);
  }

  #startExecution(execution: Execution): void {
    const task = this.plan.tasks[execution.slot] as TaskPlan;
    const { recording } = this;
    if (this.events !== null || recording !== null) execution.startedMs = this.host.monotonic();
    if (execution.skip) {
      execution.outcome = SKIPPED;
      return;
    }
    if (++this.tree.taskRuns > this.tree.limit) {
      this.#exceedLimit(task);
      return;
    }
    this.state.tasks.status[execution.slot] = 'running';
    const unfinished = recording === null ? null : recording.unfinished(execution.number);
    if (unfinished !== null) this.#workAgain(task, execution, unfinished);
    else if (task.delayMs !== null) this.#workLater(task, execution, task.delayMs);
    else this.#work(task, execution);
  }

  /** Goes on with an execution that had started in a process before this one. */
  #workAgain(task: TaskPlan, execution: Execution, unfinished: Unfinished): void {
    const { dueAtMs, interruptions } = unfinished;
    if (this.#wasAborting) {
      const reason = new HeddleError('HEDDLE_CANCELLED', 'it was being aborted when its process ended');
      execution.outcome = new Outcome('cancelled', null, describeError(reason, task.name), 0);
    } else if (dueAtMs !== null) this.#wait(task, execution, dueAtMs - this.host.now());
    else if (unfinished.items === null && interruptions >= this.maxInterruptions) {
      execution.outcome = failure(poison(interruptions, 'task'), task);
    } else this.#work(task, execution, unfinished);
  }

  #startedEntry(task: TaskPlan, execution: Execution): StartedEntry {
    return { type: 'started', execution: execution.number, task: task.name, atMs: this.host.now() };
  }

  /** Records that an execution has started, unless that is known. */
  #recordStart(task: TaskPlan, execution: Execution): void {
    const { recording } = this;
    if (recording === null) return;
    if (recording.unfinished(execution.number)?.dueAtMs === null) return;
    recording.recorder.push(this.#startedEntry(task, execution));
  }

  #workLater(task: TaskPlan, execution: Execution, delay: NumberPlan): void {
    let delayMs: number;
    try {
      delayMs = numberOf(delay, this.#scopeOf(this.context.current));
    } catch (error) {
      execution.outcome = failure(error, task);
      return;
    }
    this.recorder?.push({ ...this.#startedEntry(task, execution), dueAtMs: this.host.now() + delayMs });
    this.#wait(task, execution, Math.max(0, delayMs));
  }

  #wait(task: TaskPlan, execution: Execution, delayMs: number): void {
    const flight = new WorkInFlight(execution, {
      abort: (status, reason) => {
        this.host.clearTimer(timer);
        this.#land(flight, new Outcome(status, null, describeError(reason, task.name), 0));
      },
    });
    this.#inFlight.add(flight);
    const timer = this.host.setTimer(delayMs, () => {
      this.#inFlight.remove(this.host, flight);
      this.#work(task, execution);
      if (execution.outcome !== null) this.#landed = [...this.#landed, execution];
      this.#advance();
    });
  }

  /** Does the work of an execution whose time has come. */
  #work(task: TaskPlan, execution: Execution, unfinished: Unfinished | null = null): void {
    const version =
      unfinished === null
        ? this.context.view(execution.route, this.state.routes, task.keepsContext)
        : unfinished.version;
    const scope = this.#scopeOf(version);
    if (task.when !== null && unfinished === null) {
      try {
        if (!truthy(task.when.evaluate(scope))) {
          execution.outcome = SKIPPED;
          return;
        }
      } catch (error) {
        execution.outcome = failure(task.when.locate(error), task);
        return;
      }
    }
    if (task.items !== null) {
      this.#workItems(task, task.items, execution, version, unfinished);
      return;
    }
    this.events?.emit({
      type: 'task.started',
      task: task.name,
      execution: execution.number,
      action: task.actionName,
      route: execution.route,
    });
    const retry = unfinished === null ? null : unfinished.retry;
    if (retry !== null) this.#workInUnit(task, execution, scope, (unit) => unit.beginAgain(scope, -1, retry));
    else if (task.isPlain && this.intercept === null) this.#workPlainly(task, execution, scope);
    else this.#workInUnit(task, execution, scope, (unit) => unit.begin(scope, -1));
  }

  /** Calls the action of a task that asks for nothing else; whatever is not simply a value is left to a unit. */
  #workPlainly(task: TaskPlan, execution: Execution, scope: WorkflowContext): void {
    const { action, input } = task as TaskPlan & { action: ActionPlan & { kind: 'action' } };
    let isRendered = false;
    let value: unknown;
    let invocation: Invocation;
    try {
      const rendered =
        this.freeze && !input.sharesNothing ? input.renderFrozen(scope, deepFreeze) : input.render(scope);
      if (action.validate !== null) {
        const problem = action.validate(rendered);
        if (problem !== null) throw problem;
      }
      isRendered = true;
      invocation = new Invocation(this, task, execution, scope);
      value = action.action.run(rendered as never, invocation);
    } catch (thrown) {
      const error = isRendered ? thrown : input.locate(thrown);
      this.#workInUnit(task, execution, scope, (unit) => unit.adoptFailure(scope, -1, error, !isRendered));
      return;
    }
    const type = typeof value;
    if (
      type === 'object' ? value === null || !('then' in (value as object)) : type !== 'function' && type !== 'symbol'
    ) {
      execution.outcome = new Outcome('succeeded', value === undefined ? null : value);
      return;
    }
    if (type === 'object' && task.timeoutMs === null) {
      this.state.tasks.status[task.slot] = 'running';
      this.#recordStart(task, execution);
      const call = new CallInFlight(this, execution, invocation, promiseOf(value as PromiseLike<unknown>));
      this.#inFlight.add(call);
      this.#limit(task, call, scope);
    } else this.#workInUnit(task, execution, scope, (unit) => unit.adopt(invocation, value));
  }

  callKept(call: CallInFlight, value: unknown): void {
    if (typeof value === 'function' || typeof value === 'symbol') {
      const unit = this.unitOf(call);
      if (unit.adopt(call.invocation, value)) this.#land(call, outcomeOf(unit));
    } else this.#land(call, new Outcome('succeeded', value === undefined ? null : value));
  }

  callBroken(call: CallInFlight, error: unknown): void {
    const unit = this.unitOf(call);
    if (unit.adoptFailure(Invocation.scopeOf(call.invocation), -1, error, false)) this.#land(call, outcomeOf(unit));
  }

  unitOf(call: CallInFlight): Unit {
    const task = this.plan.tasks[call.execution.slot] as TaskPlan;
    return new Unit(this, task, call.execution, false, (ended) => this.#land(call, outcomeOf(ended)));
  }

  #workInUnit(task: TaskPlan, execution: Execution, scope: WorkflowContext, begin: (unit: Unit) => boolean): void {
    const unit = new Unit(this, task, execution, this.freeze && !task.input.sharesNothing, (ended) => {
      this.#land(flight, outcomeOf(ended));
    });
    const flight = new WorkInFlight(execution, unit);
    this.#recordStart(task, execution);
    if (begin(unit)) {
      execution.outcome = outcomeOf(unit);
      return;
    }
    this.state.tasks.status[task.slot] = 'running';
    this.#inFlight.add(flight);
    this.#limit(task, flight, scope);
  }

  #workItems(
    task: TaskPlan,
    plan: ItemsPlan,
    execution: Execution,
    version: ContextVersion,
    unfinished: Unfinished | null,
  ): void {
    let isStarting = true;
    let early: Outcome | null = null;
    const done = (outcome: Outcome): void => {
      if (isStarting) early = outcome;
      else this.#land(flight, outcome);
    };
    const resumed = unfinished === null ? null : unfinished.items;
    const items = new ItemsExecution(this, task, plan, execution, version, this.#fairness, done, resumed);
    const flight = new ItemsInFlight(execution, items);
    this.#recordStart(task, execution);
    this.recording?.addItems(execution.number, items);
    let openError: { readonly error: unknown } | null = null;
    try {
      items.open();
    } catch (error) {
      openError = { error };
    }
    this.events?.emit({
      type: 'task.started',
      task: task.name,
      execution: execution.number,
      action: task.actionName,
      route: execution.route,
      items: items.total,
    });
    if (openError !== null) {
      execution.outcome = failure(openError.error, task);
      return;
    }
    items.begin();
    isStarting = false;
    if (early !== null) {
      execution.outcome = early;
      return;
    }
    this.#inFlight.add(flight);
    this.#limit(task, flight, new WorkflowContext(version, undefined, -1), unfinished);
  }

  /** Sets the timer of a `task-timeout`. */
  #limit(
    { taskTimeoutMs }: TaskPlan,
    flight: Flight,
    scope: WorkflowContext,
    unfinished: Unfinished | null = null,
  ): void {
    if (taskTimeoutMs === null) return;
    try {
      const limitMs = numberOf(taskTimeoutMs, scope);
      const reason = (): HeddleError => new HeddleError('HEDDLE_TIMEOUT', `the task timed out after ${limitMs} ms`);
      const spentMs = unfinished === null ? 0 : (this.recording?.resumed?.workMs ?? 0) - unfinished.startedAtWorkMs;
      this.#inFlight.limit(this.host, flight, Math.max(0, limitMs - spentMs), reason);
    } catch (error) {
      this.#inFlight.limit(this.host, flight, 0, () => error as HeddleError);
    }
  }

  #scopeOf(version: ContextVersion): WorkflowContext {
    if (this.#scope?.base !== version) this.#scope = new WorkflowContext(version, undefined, -1);
    return this.#scope;
  }

  /** Something in flight has ended. */
  #land(flight: Flight, outcome: Outcome): void {
    if (!this.#inFlight.remove(this.host, flight)) return;
    const { execution } = flight;
    execution.outcome = outcome;
    if (this.#landed.length === 0) this.#landed = [execution];
    else (this.#landed as Execution[]).push(execution);
    this.#advance();
  }

  /** `rest`: where in `ready` those begin that have not completed. */
  #complete(execution: Execution, rest: number): void {
    const wasFailing = this.state.failing;
    const completion =
      this.recording === null
        ? complete(this, execution, this.events !== null)
        : this.#completeRecorded(this.recording, execution);
    if (this.events !== null) this.#announce(this.events, execution, completion);
    if (!this.environment.keepResults) releaseUnread(this, execution, this.#inFlight, rest);
    if (this.state.failing && !wasFailing && this.plan.definition.onRunFailure === 'abort') {
      dropReady(this.state);
      this.#inFlight.abortAll(new HeddleError('HEDDLE_CANCELLED', 'aborted because the run failed'));
    }
  }

  #completeRecorded(recording: RunRecording, execution: Execution): Completion {
    const task = this.plan.tasks[execution.slot] as TaskPlan;
    this.#settle(task, execution);
    const outcome = execution.outcome as Outcome;
    const unfinished = recording.unfinished(execution.number);
    const trace: Trace = { recorded: null, decision: null };
    let completion = NOTHING;
    if (unfinished?.isReopened === true) amend(this, execution, outcome);
    else completion = complete(this, execution, this.events !== null, trace);
    const { items } = outcome;
    const started = items === null ? 0 : recording.startedOf(execution.number);
    recording.recorder.completed(execution, task.name, outcome, {
      decision: trace.decision,
      items: items === null ? null : { total: items.stats.total, started },
      keepsResult: items === null || (task.items !== null && task.items.aggregate !== null),
      startedAtMs: unfinished?.startedAtMs ?? recording.timeOf(execution.startedMs),
      treeRuns: task.action.kind === 'action' ? null : this.tree.taskRuns,
    });
    recording.forget(execution.number);
    return completion;
  }

  /** Makes of an outcome one that can be recorded. */
  #settle(task: TaskPlan, execution: Execution): void {
    const { status, result, error, attempts, items } = execution.outcome as Outcome;
    if (items !== null || result === null || result === undefined) return;
    try {
      const settled = recordable(result, task.actionName);
      if (isLazy(settled) && task.action.kind === 'action' && task.action.action.replayable === true)
        markReplayable(settled);
      if (settled !== result) execution.outcome = new Outcome(status, settled, error, attempts);
    } catch (problem) {
      execution.outcome = new Outcome('failed', null, describeError(problem, task.name), attempts);
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

  #exceedLimit(task: TaskPlan): void {
    if (this.#isOverLimit) return;
    this.#isOverLimit = true;
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
      this.#inFlight.abortAll(new HeddleError('HEDDLE_TASK_RUN_LIMIT', message));
  }

  #timeOut(limitMs: number): void {
    this.#runTimer = null;
    const message = `the run took longer than its timeout of ${limitMs} ms`;
    const error = { code: 'HEDDLE_RUN_TIMEOUT', message, task: '', index: null, attempt: null };
    failRun(this.state, error, null);
    this.recorder?.push({ type: 'failing', error, drops: true });
    dropReady(this.state);
    this.#inFlight.abortAll(new HeddleError('HEDDLE_RUN_TIMEOUT', message));
    this.#advance();
  }

  #end(): void {
    if (this.#result !== null || this.state.head < this.state.ready.length || this.#landed.length > 0) return;
    if (this.#runTimer !== null) this.host.clearTimer(this.#runTimer);
    conclude(this);
    const output = renderOutput(this);
    const { recording } = this;
    const isResumed = recording !== null && recording.resumed !== null;
    const durationMs = isResumed ? this.host.now() - this.startedAtMs : this.host.monotonic() - this.startedMs;
    this.#result = summarise(this, output, durationMs);
    if (recording !== null) {
      void this.#endRecorded(recording, this.#result);
      return;
    }
    this.events?.runCompleted(this.#result);
    this.#observer?.runEnded(this.#result);
  }

  /** What the run came to is told once it is written. */
  async #endRecorded(recording: RunRecording, result: RunResult): Promise<void> {
    const { status, output, errors, error, durationMs } = result;
    const atMs = this.host.now();
    recording.recorder.push({
      type: 'ended',
      status: status as EndedEntry['status'],
      output,
      errors,
      durationMs,
      atMs,
    });
    try {
      await recording.close({ status, endedAtMs: atMs, summary: { error } });
    } catch (failure) {
      recording.halt(failure instanceof HeddleError ? failure : new HeddleError('HEDDLE_JOURNAL_IO', String(failure)));
      this.#observer?.runHalted(failure as HeddleError);
      return;
    }
    this.events?.runCompleted(result);
    this.#observer?.runEnded(result);
  }
}

function isPlainSuccess(outcome: Outcome): boolean {
  return outcome.status === 'succeeded' && outcome.items === null && outcome.attempts === 1;
}

/** Something like a promise is made one, which calls back once and later. */
function promiseOf(value: PromiseLike<unknown>): Promise<unknown> {
  return value instanceof Promise ? value : Promise.resolve(value);
}

function outcomeOf(unit: Unit): Outcome {
  return new Outcome(unit.status, unit.result, unit.error, unit.attempt);
}

function failure(error: unknown, task: TaskPlan): Outcome {
  return new Outcome('failed', null, describeError(error, task.name), 1);
}
