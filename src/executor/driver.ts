import type { ActionContext } from '../actions/action.ts';
import type { ContextVersion } from '../context/index.ts';
import { deepFreeze, Outcome, publishEntry, WorkflowContext } from '../context/index.ts';
import { HeddleError } from '../errors/index.ts';
import { truthy } from '../expression/index.ts';
import type { ActionPlan, ItemsPlan, NumberPlan, Plan, TaskPlan } from '../plan/plan.ts';
import {
  begin,
  complete,
  completeSimply,
  lead,
  nextExecution,
  recordSuccess,
  conclude,
  failRun,
  type Completion,
} from './decide.ts';
import { describeError } from './error-record.ts';
import { childOutput } from './child-run.ts';
import type { EventListeners, EventSink } from './event-sink.ts';
import { CallInFlight, type CallOwner } from './call-in-flight.ts';
import { InFlight, WorkInFlight, type Flight } from './in-flight.ts';
import type { RunResult } from './events.ts';
import { Fairness } from './fairness.ts';
import { Invocation } from './invocation.ts';
import { ItemsExecution } from './items.ts';
import { numberOf } from './number.ts';
import { renderOutput, summarise } from './output.ts';
import { releaseUnread } from './release.ts';
import type { ParentRun, RunEnvironment } from './run-environment.ts';
import { dropReady, type Execution } from './state.ts';
import { Unit } from './unit.ts';
import { RunFrame } from './run-frame.ts';
import type { WaitsHost } from './waits.ts';

const NONE: readonly Execution[] = [];
const SKIPPED = new Outcome('skipped', null, null, 0);

/** Who is told what a run came to. */
export interface RunObserver {
  runEnded(result: RunResult): void;
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
  #result: RunResult | null = null;
  #observer: RunObserver | null = null;

  /** @throws HEDDLE_PARAMETERS where the parameters do not fit; HEDDLE_SUBWORKFLOW_DEPTH where a tree is too deep. */
  constructor(
    plan: Plan,
    parameters: Readonly<Record<string, unknown>>,
    environment: RunEnvironment,
    parent: ParentRun | null,
    listeners: EventListeners | null,
  ) {
    super(plan, parameters, environment, parent, listeners);
    this.#fairness = new Fairness(environment.host, this.startedMs);
    this.#inFlight = new InFlight();
    this.#taskConcurrency = Math.min(plan.definition.concurrency ?? Infinity, environment.maxConcurrency);
  }

  /** What the run came to; null while it goes on. */
  get result(): RunResult | null {
    return this.#result;
  }

  /** Starts the run; `observer` is told when it has ended, possibly before this returns. */
  start(observer: RunObserver): void {
    this.#observer = observer;
    this.openEvents();
    const { timeoutMs } = this.plan.definition;
    if (timeoutMs !== undefined) this.#runTimer = this.host.setTimer(timeoutMs, () => this.#timeOut(timeoutMs));
    if (this.#setVariables() && !this.state.cancelling) begin(this);
    this.#advance();
  }

  /** Ends the run early, as its workflow's `on-cancel` says. */
  cancel(reason: string): void {
    if (this.#result !== null || this.state.cancelling) return;
    this.state.cancelling = true;
    if (this.#observer === null) return;
    this.events?.emit({ type: 'run.cancelling', reason });
    dropReady(this.state);
    if (this.plan.definition.onCancel === 'abort') this.#inFlight.abortAll(new HeddleError('HEDDLE_CANCELLED', reason));
    this.#advance();
  }

  runChild(plan: Plan, parameters: unknown, context: ActionContext): unknown {
    const place = this.placeOfChild(context.task);
    const child = new RunDriver(plan, parameters as Record<string, unknown>, this.environment, place, place.listeners);
    let settle: ((result: RunResult) => void) | null = null;
    child.start({ runEnded: (result) => settle?.(result) });
    if (child.result !== null) return childOutput(child.result);
    const { signal } = context;
    const cancel = (): void => child.cancel('the task that runs this sub-workflow was aborted');
    if (signal.aborted) cancel();
    else signal.addEventListener('abort', cancel, { once: true });
    return new Promise<unknown>((resolve, reject) => {
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

  protected waitsHost(): WaitsHost {
    return { clock: this.host, record: () => undefined, changed: () => undefined };
  }

  #setVariables(): boolean {
    if (this.plan.vars.length === 0) return true;
    const scope = new WorkflowContext(this.context.current, undefined, -1);
    for (const entry of this.plan.vars) {
      try {
        const value = entry.evaluate(scope);
        const version = this.context.writable();
        version.variables = publishEntry(version.variables, { slot: entry.slot, path: entry.path, value }, null);
      } catch (error) {
        failRun(this.state, describeError(entry.locate(error), ''), null);
        return false;
      }
    }
    return true;
  }

  #advance(): void {
    if (this.#advancing || this.#turn || this.#result !== null) return;
    this.#advancing = true;
    const { state } = this;
    while (this.#landed.length > 0 || (state.head < state.ready.length && this.#hasRoom())) {
      const steps = this.#isStraight ? this.#runStraight(state.ready[state.head] as Execution) : 0;
      if (steps === 0) this.#runBatch();
      if (this.#landed.length > 0) this.#completeLanded();
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
  }

  get #isQuiet(): boolean {
    return this.events === null && this.environment.intercept === null && this.state.routes.length === 0;
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
    const end = state.ready.length;
    if (this.plan.repeats && end - from > 2) sortByTask(state.ready, from);
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
    // What has been started is dropped now and then, so that neither a long run nor a short one pays for it.
    if (state.head > 256) {
      state.ready = state.ready.slice(state.head);
      state.head = 0;
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
    if (this.events !== null) execution.startedMs = this.host.monotonic();
    if (execution.skip) {
      execution.outcome = SKIPPED;
      return;
    }
    if (++this.tree.taskRuns > this.tree.limit) {
      this.#exceedLimit(task);
      return;
    }
    this.state.tasks.status[execution.slot] = 'running';
    if (task.delayMs === null) this.#work(task, execution);
    else this.#workLater(task, execution, task.delayMs);
  }

  #workLater(task: TaskPlan, execution: Execution, delay: NumberPlan): void {
    let delayMs: number;
    try {
      delayMs = numberOf(delay, this.#scopeOf(this.context.current));
    } catch (error) {
      execution.outcome = failure(error, task);
      return;
    }
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
  #work(task: TaskPlan, execution: Execution): void {
    const version = this.context.view(execution.route, this.state.routes, task.keepsContext);
    const scope = this.#scopeOf(version);
    if (task.when !== null) {
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
      this.#workItems(task, task.items, execution, version);
      return;
    }
    this.events?.emit({
      type: 'task.started',
      task: task.name,
      execution: execution.number,
      action: task.actionName,
      route: execution.route,
    });
    if (task.isPlain && this.intercept === null) this.#workPlainly(task, execution, scope);
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
    if (begin(unit)) {
      execution.outcome = outcomeOf(unit);
      return;
    }
    this.state.tasks.status[task.slot] = 'running';
    this.#inFlight.add(flight);
    this.#limit(task, flight, scope);
  }

  #workItems(task: TaskPlan, plan: ItemsPlan, execution: Execution, version: ContextVersion): void {
    let isStarting = true;
    let early: Outcome | null = null;
    const items = new ItemsExecution(this, task, plan, execution, version, this.#fairness, (outcome) => {
      if (isStarting) early = outcome;
      else this.#land(flight, outcome);
    });
    const flight = new WorkInFlight(execution, items);
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
    this.#limit(task, flight, new WorkflowContext(version, undefined, -1));
  }

  /** Sets the timer of a `task-timeout`. */
  #limit({ taskTimeoutMs }: TaskPlan, flight: Flight, scope: WorkflowContext): void {
    if (taskTimeoutMs === null) return;
    try {
      const limitMs = numberOf(taskTimeoutMs, scope);
      const reason = (): HeddleError => new HeddleError('HEDDLE_TIMEOUT', `the task timed out after ${limitMs} ms`);
      this.#inFlight.limit(this.host, flight, limitMs, reason);
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
    const completion = complete(this, execution, this.events !== null);
    if (this.events !== null) this.#announce(this.events, execution, completion);
    if (!this.environment.keepResults) releaseUnread(this, execution, this.#inFlight, rest);
    if (this.state.failing && !wasFailing && this.plan.definition.onRunFailure === 'abort') {
      dropReady(this.state);
      this.#inFlight.abortAll(new HeddleError('HEDDLE_CANCELLED', 'aborted because the run failed'));
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
    if (this.plan.definition.onRunFailure === 'abort')
      this.#inFlight.abortAll(new HeddleError('HEDDLE_TASK_RUN_LIMIT', message));
  }

  #timeOut(limitMs: number): void {
    this.#runTimer = null;
    const message = `the run took longer than its timeout of ${limitMs} ms`;
    const error = { code: 'HEDDLE_RUN_TIMEOUT', message, task: '', index: null, attempt: null };
    failRun(this.state, error, null);
    dropReady(this.state);
    this.#inFlight.abortAll(new HeddleError('HEDDLE_RUN_TIMEOUT', message));
    this.#advance();
  }

  #end(): void {
    if (this.#result !== null || this.state.head < this.state.ready.length || this.#landed.length > 0) return;
    if (this.#runTimer !== null) this.host.clearTimer(this.#runTimer);
    conclude(this);
    const output = renderOutput(this);
    this.#result = summarise(this, output, this.host.monotonic() - this.startedMs);
    this.events?.runCompleted(this.#result);
    this.#observer?.runEnded(this.#result);
  }
}

/** Executions of one task that are ready together start together, where the first of them stood. */
function sortByTask(ready: Execution[], from: number): void {
  const batch = ready.slice(from);
  const first = new Map<number, number>();
  batch.forEach(({ slot }, at) => {
    if (!first.has(slot)) first.set(slot, at);
  });
  if (first.size === batch.length) return;
  batch.sort((a, b) => (first.get(a.slot) as number) - (first.get(b.slot) as number));
  ready.splice(from, batch.length, ...batch);
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
