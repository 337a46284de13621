import { deepFreeze, Outcome, WorkflowContext, type ContextVersion } from '../context/index.ts';
import { HeddleError } from '../errors/index.ts';
import { truthy } from '../expression/index.ts';
import type { ActionPlan, ItemsPlan, NumberPlan, Plan, TaskPlan } from '../plan/plan.ts';
import { callAction } from './action-call.ts';
import { chunkBase } from './chunk-terms.ts';
import type { Distributor } from './distribution.ts';
import { progressOf } from './saved-replay.ts';
import type { RunRecording } from './run-recording.ts';
import { ONE_CALL, outcomeOfCall, sentWork, type SpreadTerms } from './sent-work.ts';
import { WorkAway, type AwayHost, type Sending } from './work-away.ts';
import { CallInFlight, type CallOwner } from './call-in-flight.ts';
import type { StartedEntry } from './entries.ts';
import { describeError } from './error-record.ts';
import type { EventListeners } from './event-sink.ts';
import { Fairness } from './fairness.ts';
import { InFlight, ItemsInFlight, WorkInFlight, type Flight } from './in-flight.ts';
import { Invocation } from './invocation.ts';
import { ItemsExecution, poison } from './items.ts';
import type { EndedIterable } from './iterable.ts';
import { numberOf } from './number.ts';
import type { ParentRun, RunEnvironment } from './run-environment.ts';
import { RunFrame } from './run-frame.ts';
import type { RunOrigin } from './run-recording.ts';
import type { Execution } from './state.ts';
import type { Unfinished } from './unfinished.ts';
import { Unit } from './unit.ts';

/** Nothing has landed. */
export const NONE: readonly Execution[] = [];
const SKIPPED = new Outcome('skipped', null, null, 0);

/** What an execution is given to do, and when it has ended. What follows from that is decided elsewhere. */
export abstract class RunWork extends RunFrame implements CallOwner {
  protected readonly fairness: Fairness;
  protected readonly inFlight = new InFlight();
  /** Asynchronous executions that have ended and are not completed yet. */
  protected landed: readonly Execution[] = NONE;
  /** The clock, where it was read since the last call of an action or the event loop; null: it has to be. */
  protected readMs: number | null = null;
  /** Reused as long as the version is the same. */
  #scope: WorkflowContext | null = null;

  protected constructor(
    plan: Plan,
    parameters: Readonly<Record<string, unknown>>,
    environment: RunEnvironment,
    parent: ParentRun | null,
    listeners: EventListeners | null,
    origin: RunOrigin | null,
  ) {
    super(plan, parameters, environment, parent, listeners, origin);
    this.fairness = new Fairness(environment.host, this.startedMs);
  }

  /** Goes on with whatever can be gone on with. */
  protected abstract advance(): void;

  /** The run has started more tasks than it may; `task` is not started. */
  protected abstract exceedLimit(task: TaskPlan): void;

  protected startExecution(execution: Execution): void {
    const task = this.plan.tasks[execution.slot] as TaskPlan;
    const { recording } = this;
    if (this.events !== null || recording !== null) {
      execution.startedMs = this.readMs ?? this.host.monotonic();
      this.readMs = null;
    }
    if (execution.skip) {
      execution.outcome = SKIPPED;
      return;
    }
    if (++this.tree.taskRuns > this.tree.limit) {
      this.exceedLimit(task);
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
    const isAborted = this.#wasAborting;
    const reason = new HeddleError('HEDDLE_CANCELLED', 'it was being aborted when its process ended');
    if (isAborted && unfinished.sending !== null) {
      this.#work(task, execution, unfinished);
      this.inFlight.of(execution)?.abort('cancelled', reason);
    } else if (isAborted) {
      execution.outcome = new Outcome('cancelled', null, describeError(reason, task.name), 0);
    } else if (dueAtMs !== null) this.#wait(task, execution, dueAtMs - this.host.now());
    else if (unfinished.items === null && interruptions >= this.maxInterruptions) {
      execution.outcome = failure(poison(interruptions, 'task'), task);
    } else this.#work(task, execution, unfinished);
  }

  /** Whether what had started before the run was resumed was being aborted then. */
  get #wasAborting(): boolean {
    const { state, plan } = this;
    if (state.cancelling) return plan.definition.onCancel === 'abort';
    if (!state.failing) return false;
    const hasTimedOut = state.errors.some(({ code }) => code === 'HEDDLE_RUN_TIMEOUT');
    return hasTimedOut || plan.definition.onRunFailure === 'abort';
  }

  protected startedEntry(task: TaskPlan, execution: Execution): StartedEntry {
    return { type: 'started', execution: execution.number, task: task.name, atMs: this.host.now() };
  }

  /** Records that an execution has started, unless that is known. */
  #recordStart(task: TaskPlan, execution: Execution): void {
    const { recording } = this;
    if (recording === null) return;
    if (recording.unfinished(execution.number)?.dueAtMs === null) return;
    recording.recorder.push(this.startedEntry(task, execution));
  }

  #workLater(task: TaskPlan, execution: Execution, delay: NumberPlan): void {
    let delayMs: number;
    try {
      delayMs = numberOf(delay, this.scopeOf(this.context.current));
    } catch (error) {
      execution.outcome = failure(error, task);
      return;
    }
    this.recorder?.push({ ...this.startedEntry(task, execution), dueAtMs: this.host.now() + delayMs });
    this.#wait(task, execution, Math.max(0, delayMs));
  }

  #wait(task: TaskPlan, execution: Execution, delayMs: number): void {
    const flight = new WorkInFlight(execution, {
      abort: (status, reason) => {
        this.host.clearTimer(timer);
        this.#land(flight, new Outcome(status, null, describeError(reason, task.name), 0));
      },
    });
    flight.dueAtMs = this.host.now() + delayMs;
    this.inFlight.add(flight);
    const timer = this.host.setTimer(delayMs, () => {
      this.inFlight.remove(this.host, flight);
      this.#work(task, execution);
      if (execution.outcome !== null) this.landed = [...this.landed, execution];
      this.advance();
    });
  }

  /** Does the work of an execution whose time has come. */
  #work(task: TaskPlan, execution: Execution, unfinished: Unfinished | null = null): void {
    const version =
      unfinished === null
        ? this.context.view(execution.route, this.state.routes, task.keepsContext)
        : unfinished.version;
    const scope = this.scopeOf(version);
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
    if (task.queue !== null && this.#sendCall(task, execution, unfinished)) return;
    const retry = unfinished === null ? null : unfinished.retry;
    if (retry !== null) this.#workInUnit(task, execution, scope, (unit) => unit.beginAgain(scope, -1, retry));
    else if (task.isPlain && this.intercept === null) this.workPlainly(task, execution, scope);
    else this.#workInUnit(task, execution, scope, (unit) => unit.begin(scope, -1));
  }

  /** Calls the action of a task that asks for nothing else; whatever is not simply a value is left to a unit. */
  protected workPlainly(task: TaskPlan, execution: Execution, scope: WorkflowContext): void {
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
      this.inFlight.add(call);
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
    this.inFlight.add(flight);
    this.#limit(task, flight, scope);
  }

  #workItems(
    task: TaskPlan,
    plan: ItemsPlan,
    execution: Execution,
    version: ContextVersion,
    unfinished: Unfinished | null,
    returned: WorkAway | null = null,
  ): void {
    let isStarting = true;
    let early: Outcome | null = null;
    const done = (outcome: Outcome): void => {
      if (isStarting) early = outcome;
      else this.#land(flight, outcome);
    };
    const resumed = returned?.sending.progress ?? (unfinished === null ? null : unfinished.items);
    const items = new ItemsExecution(this, task, plan, execution, version, this.fairness, done, resumed);
    const flight = new ItemsInFlight(execution, items);
    if (returned === null) this.#recordStart(task, execution);
    this.recording?.addItems(execution.number, items);
    let openError: { readonly error: unknown } | null = null;
    try {
      items.open();
    } catch (error) {
      openError = { error };
    }
    if (returned === null) {
      this.events?.emit({
        type: 'task.started',
        task: task.name,
        execution: execution.number,
        action: task.actionName,
        route: execution.route,
        items: items.total,
      });
    }
    if (openError !== null) {
      execution.outcome = failure(openError.error, task);
      return;
    }
    if (returned === null && this.#sendItems(task, plan, execution, version, items, unfinished)) return;
    // What others were told to stop has left holes, which are not to be filled here.
    if (returned?.aborted != null) items.abort(returned.aborted.status, returned.aborted.reason);
    else items.begin();
    isStarting = false;
    if (early !== null) {
      execution.outcome = early;
      return;
    }
    this.inFlight.add(flight);
    this.#limit(task, flight, new WorkflowContext(version, undefined, -1), unfinished);
  }

  /** Where work can be sent to; null: nowhere. */
  get #sender(): { readonly recording: RunRecording; readonly distributor: Distributor } | null {
    const { recording } = this;
    const distributor = recording === null || this.isChild ? null : recording.terms.distributor;
    return recording === null || distributor === null ? null : { recording, distributor };
  }

  /** Sends the iterations of a task to other processes; false: they are to be done here. */
  #sendItems(
    task: TaskPlan,
    plan: ItemsPlan,
    execution: Execution,
    version: ContextVersion,
    items: ItemsExecution,
    unfinished: Unfinished | null,
  ): boolean {
    if (this.#sender === null || unfinished?.isReopened === true) return false;
    const { total, concurrency, isShareable } = items;
    const { rate, continues, tolerate } = plan;
    const progress = unfinished?.items ?? progressOf(this.plan, task);
    if (progress === null) return false;
    const feed = isShareable ? null : items.feed(progress);
    if (feed === null && (!isShareable || total === null)) return false;
    if (feed === null) progress.total ??= total;
    const terms = { isCall: false, total, concurrency, rate, continues, tolerate };
    return this.#send(task, execution, { version, terms, feed, progress, unfinished });
  }

  /** Sends the one call of a task to another process; false: it is to be made here. */
  #sendCall(task: TaskPlan, execution: Execution, unfinished: Unfinished | null): boolean {
    const version = unfinished?.version ?? this.context.view(execution.route, this.state.routes, true);
    return this.#send(task, execution, { version, terms: ONE_CALL, feed: null, progress: null, unfinished });
  }

  #send(task: TaskPlan, execution: Execution, given: Omit<Sending, 'work'> & { readonly terms: SpreadTerms }): boolean {
    const sender = this.#sender;
    if (sender === null) return false;
    const { recording, distributor } = sender;
    const { version, terms, feed, progress, unfinished } = given;
    const sent = unfinished?.sending ?? null;
    if (sent === null) {
      // What was begun here is gone on with here.
      if (unfinished !== null) return false;
      if (!distributor.takes(task, terms.isCall ? null : (terms.total ?? Infinity))) return false;
    }
    const base = chunkBase(version, this.plan.baseReads(task.slot));
    if (base === null) return false;
    // Whoever takes a run up has an epoch of its own.
    const sending = sent ?? recording.resumed?.lease.epoch ?? 1;
    const work = sentWork({
      ...{ task, execution, sending, base, feed, terms },
      run: { id: this.runId, generation: this.generation, startedAtMs: this.startedAtMs },
      secrets: this.secretNames() ?? [],
      sealer: recording.sealer,
      like: { workflow: this.plan.name, definition: recording.terms.definition },
      now: () => this.host.now(),
    });
    const flight = new WorkAway(
      execution,
      { work, version, progress, feed, unfinished },
      this.awayHost(recording, distributor),
    );
    if (sent === null) {
      if (progress === null) this.#recordStart(task, execution);
      recording.recorder.push({ type: 'sent', execution: execution.number, sending, atMs: this.host.now() });
    }
    this.state.tasks.status[task.slot] = 'running';
    this.inFlight.add(flight);
    this.#limit(task, flight, new WorkflowContext(version, undefined, -1), unfinished);
    // The record says that it was sent before anybody can be at work on it.
    recording.recorder.whenWritten(() => flight.look());
    return true;
  }

  /** What work that is away tells the run. */
  protected abstract awayHost(recording: RunRecording, distributor: Distributor): AwayHost;

  /** Work that was away is done, or stopped. */
  protected workReturned(flight: WorkAway): void {
    if (!this.inFlight.remove(this.host, flight)) return;
    const { execution, sending, chunks } = flight;
    const task = this.plan.tasks[execution.slot] as TaskPlan;
    if (task.items !== null) {
      if (chunks.length > 0) {
        const folded = task.items.aggregate === null ? {} : ({ isFolded: true } as const);
        this.recorder?.push({ type: 'chunks', execution: execution.number, runs: chunks, ...folded });
      }
      this.#workItems(task, task.items, execution, sending.version, sending.unfinished, flight);
    } else execution.outcome = outcomeOfCall(flight, task);
    if (execution.outcome !== null) this.landed = [...this.landed, execution];
    this.advance();
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
      this.inFlight.limit(this.host, flight, Math.max(0, limitMs - spentMs), reason);
    } catch (error) {
      this.inFlight.limit(this.host, flight, 0, () => error as HeddleError);
    }
  }

  protected scopeOf(version: ContextVersion): WorkflowContext {
    if (this.#scope?.base !== version) this.#scope = new WorkflowContext(version, undefined, -1);
    return this.#scope;
  }

  /** Something in flight has ended. */
  #land(flight: Flight, outcome: Outcome): void {
    if (!this.inFlight.remove(this.host, flight)) return;
    const { execution } = flight;
    execution.outcome = outcome;
    if (this.landed.length === 0) this.landed = [execution];
    else (this.landed as Execution[]).push(execution);
    this.advance();
  }

  reopen({ execution, version }: EndedIterable): unknown {
    const task = this.plan.tasks[execution.slot] as TaskPlan;
    const scope = new WorkflowContext(version, undefined, -1);
    const input = this.freeze ? task.input.renderFrozen(scope, deepFreeze) : task.input.render(scope);
    return callAction(this, task, execution, input, new Invocation(this, task, execution, scope));
  }
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
