import { ContextVersion, Outcome, WorkflowContext, type ContextPorts } from '../context/index.ts';
import { HeddleError } from '../errors/index.ts';
import { truthy } from '../expression/index.ts';
import type { Plan, TaskPlan } from '../plan/plan.ts';
import { begin, complete, conclude, failRun } from './decide.ts';
import { describeError } from './error-record.ts';
import { EventSink, type EventListeners } from './event-sink.ts';
import type { RunResult } from './events.ts';
import { Fairness } from './fairness.ts';
import type { Host } from './host.ts';
import type { Invocation } from './invocation.ts';
import { ItemsExecution } from './items.ts';
import { Masker } from './masker.ts';
import { numberOf } from './number.ts';
import { renderOutput, summarise } from './output.ts';
import { releaseUnread } from './release.ts';
import type { ResultCache } from './result-cache.ts';
import { RunContext } from './run-context.ts';
import type { Interceptor, RunServices } from './services.ts';
import { createState, type Execution, type RunState } from './state.ts';
import { Unit } from './unit.ts';
import { publishEntry } from '../context/index.ts';

/** What a run is given beside its plan and parameters; the same for it and its sub-workflows. */
export interface RunEnvironment {
  readonly host: Host;
  readonly ports: ContextPorts;
  readonly config: Readonly<Record<string, unknown>>;
  readonly keystore: Readonly<Record<string, unknown>>;
  readonly freeze: boolean;
  readonly intercept: Interceptor | null;
  readonly cache: ResultCache;
  readonly maxConcurrency: number;
  readonly keepResults: boolean;
  readonly measuresCost: boolean;
  readonly listeners: EventListeners;
}

/** Where a sub-workflow's run hangs. */
export interface ParentRun {
  readonly run: string;
  readonly task: string;
  /** Names of the workflows from the outermost one down. */
  readonly chain: readonly string[];
  /** Task executions of the whole tree. */
  readonly tree: { taskRuns: number; readonly limit: number };
  readonly masker: Masker;
}

/** Something in flight that can be aborted. */
interface InFlight {
  readonly execution: Execution;
  readonly startedMs: number;
  abort: (status: 'timed_out' | 'cancelled', reason: unknown) => void;
  timer: unknown;
}

interface Finished {
  readonly execution: Execution;
  readonly outcome: Outcome;
  readonly startedMs: number;
}

const MAX_DEPTH = 50;
const SKIPPED = new Outcome('skipped', null, null, 0);

/** Runs a plan: starts what the decisions made ready, and tells them what became of it. */
export class RunDriver implements RunServices {
  readonly plan: Plan;
  readonly runId: string;
  readonly startedAtMs: number;
  readonly state: RunState;
  readonly context: RunContext;
  readonly masker: Masker;
  readonly #environment: RunEnvironment;
  readonly #parent: ParentRun | null;
  readonly #startedMs: number;
  readonly #fairness: Fairness;
  readonly #inFlight = new Map<Execution, InFlight>();
  readonly #tree: { taskRuns: number; readonly limit: number };
  #events: EventSink | null = null;
  #finished: Finished[] = [];
  #advancing = false;
  #turn = false;
  #runTimer: unknown = null;
  #isOverLimit = false;
  /** Set once everything in flight is to be aborted. */
  #abortReason: HeddleError | null = null;
  #result: RunResult | null = null;
  #onEnd: ((result: RunResult) => void) | null = null;

  /** @throws HEDDLE_PARAMETERS where the parameters do not fit; HEDDLE_SUBWORKFLOW_DEPTH where a tree is too deep. */
  constructor(
    plan: Plan,
    given: Readonly<Record<string, unknown>>,
    environment: RunEnvironment,
    parent: ParentRun | null,
  ) {
    const { host } = environment;
    this.plan = plan;
    this.#environment = environment;
    this.#parent = parent;
    if (parent !== null && parent.chain.length > MAX_DEPTH) throw tooDeep(parent.chain, plan.name);
    const parameters = plan.parameters.complete(given);
    this.runId = host.uuid();
    this.startedAtMs = host.now();
    this.#startedMs = host.monotonic();
    this.#fairness = new Fairness(host);
    this.#tree = parent?.tree ?? { taskRuns: 0, limit: plan.definition.limits.taskRuns };
    this.state = createState(plan.tasks.length);
    const { config, keystore, ports } = environment;
    const constants = {
      parameters,
      config,
      keystore,
      runId: this.runId,
      workflow: plan.name,
      startedAtMs: this.startedAtMs,
      ports,
    };
    this.context = new RunContext(new ContextVersion(plan.shape, constants));
    const secrets = plan.parameters.secret.map((name) => parameters[name]);
    this.masker = parent !== null && secrets.length === 0 ? parent.masker : new Masker([keystore, secrets]);
  }

  get host(): Host {
    return this.#environment.host;
  }

  get directory(): string {
    return this.plan.directory;
  }

  get keystore(): Readonly<Record<string, unknown>> {
    return this.#environment.keystore;
  }

  get freeze(): boolean {
    return this.#environment.freeze;
  }

  get intercept(): Interceptor | null {
    return this.#environment.intercept;
  }

  get cache(): ResultCache {
    return this.#environment.cache;
  }

  get maxConcurrency(): number {
    return this.#environment.maxConcurrency;
  }

  get measuresCost(): boolean {
    return this.#environment.measuresCost || this.maxOwnedBytes !== Infinity;
  }

  get maxOwnedBytes(): number {
    return this.plan.definition.limits.ownedBytesPerItem ?? Infinity;
  }

  get maxFailures(): number {
    return this.plan.definition.limits.failures;
  }

  get events(): EventSink | null {
    return this.#events;
  }

  /** What the run came to; null while it goes on. */
  get result(): RunResult | null {
    return this.#result;
  }

  /** Starts the run; `onEnd` is called when it has ended, possibly before this returns. */
  start(onEnd: (result: RunResult) => void): void {
    this.#onEnd = onEnd;
    const { listeners } = this.#environment;
    if (!listeners.isEmpty) {
      const parent = this.#parent === null ? null : { run: this.#parent.run, task: this.#parent.task };
      this.#events = new EventSink(this.runId, this.host, listeners, this.masker, parent);
      const { parameters } = this.context.current.constants;
      this.#events.emit({ type: 'run.started', workflow: this.plan.name, parameters });
    }
    const { timeoutMs } = this.plan.definition;
    if (timeoutMs !== undefined) this.#runTimer = this.host.setTimer(timeoutMs, () => this.#timeOut(timeoutMs));
    if (this.#setVariables() && !this.state.cancelling) begin(this);
    this.#advance();
  }

  /** Ends the run early, as its workflow's `on-cancel` says. */
  cancel(reason: string): void {
    if (this.#result !== null || this.state.cancelling) return;
    this.state.cancelling = true;
    if (this.#onEnd === null) return;
    this.#events?.emit({ type: 'run.cancelling', reason });
    this.state.ready = [];
    if (this.plan.definition.onCancel === 'abort') this.#abortAll(new HeddleError('HEDDLE_CANCELLED', reason));
    this.#advance();
  }

  log(
    level: 'debug' | 'info' | 'warn' | 'error',
    message: string,
    fields: Readonly<Record<string, unknown>>,
    task: string,
    execution: number,
    index: number | null,
  ): void {
    this.#events?.emit({ type: 'log', level, message, fields, task, execution, index });
  }

  runNamed(input: unknown, invocation: Invocation, task: TaskPlan): unknown {
    const { workflow, parameters } = input as { workflow: string; parameters?: unknown };
    const plan = this.plan.resolveWorkflow(workflow);
    if (plan === null) {
      throw new HeddleError('HEDDLE_UNKNOWN_ACTION', `task '${task.name}': there is no workflow '${workflow}'`);
    }
    return this.runChild(plan, parameters ?? {}, invocation);
  }

  runChild(plan: Plan, parameters: unknown, invocation: Invocation): unknown {
    const child = new RunDriver(plan, parameters as Record<string, unknown>, this.#environment, {
      run: this.runId,
      task: invocation.task,
      chain: [...(this.#parent?.chain ?? []), this.plan.name],
      tree: this.#tree,
      masker: this.masker,
    });
    let settle: ((result: RunResult) => void) | null = null;
    child.start((result) => settle?.(result));
    if (child.result !== null) return childOutput(child.result);
    const { signal } = invocation;
    const cancel = (): void => child.cancel('the task that runs this sub-workflow was aborted');
    if (signal.aborted) cancel();
    else signal.addEventListener('abort', cancel, { once: true });
    return new Promise<unknown>((resolve, reject) => {
      settle = (result) => {
        signal.removeEventListener('abort', cancel);
        try {
          resolve(childOutput(result));
        } catch (error) {
          reject(error as Error);
        }
      };
    });
  }

  #setVariables(): boolean {
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
    while (this.#finished.length > 0 || this.#mayStart()) {
      this.#startReady();
      const finished = this.#finished;
      this.#finished = [];
      for (let number = 0; number < finished.length; number++)
        this.#complete(finished[number] as Finished, finished, number);
      if (this.#fairness.isDue()) {
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

  #mayStart(): boolean {
    return this.state.ready.length > 0 && this.#inFlight.size < this.#taskConcurrency;
  }

  get #taskConcurrency(): number {
    return Math.min(this.plan.definition.concurrency ?? Infinity, this.maxConcurrency);
  }

  #startReady(): void {
    const ready = this.state.ready.length > 2 ? byTask(this.state.ready) : this.state.ready;
    if (ready.length === 0) return;
    this.state.ready = [];
    for (let number = 0; number < ready.length; number++) {
      if (this.#inFlight.size >= this.#taskConcurrency) {
        this.state.ready = [...ready.slice(number), ...this.state.ready];
        return;
      }
      this.#startExecution(ready[number] as Execution);
      if (this.state.cancelling) return;
    }
  }

  #startExecution(execution: Execution): void {
    const task = this.plan.tasks[execution.slot] as TaskPlan;
    const startedMs = this.#events === null ? 0 : this.host.monotonic();
    if (execution.skip) {
      this.#finished.push({ execution, outcome: SKIPPED, startedMs });
      return;
    }
    if (++this.#tree.taskRuns > this.#tree.limit) {
      this.#exceedLimit(task);
      return;
    }
    (this.state.tasks[execution.slot] as RunState['tasks'][number]).status = 'running';
    if (task.delayMs === null) {
      this.#work(task, execution, startedMs);
      return;
    }
    let delayMs: number;
    try {
      delayMs = numberOf(task.delayMs, new WorkflowContext(this.context.current, undefined, -1));
    } catch (error) {
      this.#finished.push({ execution, outcome: failure(error, task), startedMs });
      return;
    }
    const flight = this.#fly(execution, startedMs, (status, reason) => {
      this.host.clearTimer(timer);
      this.#land(flight, new Outcome(status, null, describeError(reason, task.name), 0));
    });
    const timer = this.host.setTimer(delayMs, () => {
      this.#inFlight.delete(execution);
      this.#work(task, execution, startedMs);
      this.#advance();
    });
  }

  /** Does the work of an execution whose time has come. */
  #work(task: TaskPlan, execution: Execution, startedMs: number): void {
    const keep = task.items !== null || task.retry !== null;
    const version = this.context.view(execution.route, this.state.routes, keep);
    const scope = new WorkflowContext(version, undefined, -1);
    try {
      if (task.when !== null && !truthy(task.when.evaluate(scope))) {
        this.#finished.push({ execution, outcome: SKIPPED, startedMs });
        return;
      }
    } catch (error) {
      this.#finished.push({ execution, outcome: failure(task.when?.locate(error), task), startedMs });
      return;
    }
    if (task.items !== null) {
      this.#workItems(task, execution, version, startedMs);
      return;
    }
    this.#events?.emit({
      type: 'task.started',
      task: task.name,
      execution: execution.number,
      action: task.actionName,
      route: execution.route,
    });
    let flight: InFlight | null = null;
    const unit = new Unit(this, task, execution, this.freeze && !task.input.sharesNothing, (ended) => {
      if (flight !== null) this.#land(flight, outcomeOf(ended));
    });
    if (unit.begin(scope, -1)) {
      this.#finished.push({ execution, outcome: outcomeOf(unit), startedMs });
      return;
    }
    flight = this.#fly(execution, startedMs, (status, reason) => unit.abort(status, reason));
    this.#limit(flight, task, scope);
  }

  #workItems(task: TaskPlan, execution: Execution, version: ContextVersion, startedMs: number): void {
    let flight: InFlight | null = null;
    let early: Outcome | null = null;
    const items = new ItemsExecution(
      this,
      task,
      task.items as NonNullable<TaskPlan['items']>,
      execution,
      version,
      this.#fairness,
      (outcome) => {
        if (flight === null) early = outcome;
        else this.#land(flight, outcome);
      },
    );
    let openError: { readonly error: unknown } | null = null;
    try {
      items.open();
    } catch (error) {
      openError = { error };
    }
    this.#events?.emit({
      type: 'task.started',
      task: task.name,
      execution: execution.number,
      action: task.actionName,
      route: execution.route,
      items: items.total,
    });
    if (openError !== null) {
      this.#finished.push({ execution, outcome: failure(openError.error, task), startedMs });
      return;
    }
    items.begin();
    if (early !== null) {
      this.#finished.push({ execution, outcome: early, startedMs });
      return;
    }
    flight = this.#fly(execution, startedMs, (status, reason) => items.abort(status, reason));
    this.#limit(flight, task, new WorkflowContext(version, undefined, -1));
  }

  #fly(execution: Execution, startedMs: number, abort: InFlight['abort']): InFlight {
    const flight: InFlight = { execution, startedMs, abort, timer: null };
    this.#inFlight.set(execution, flight);
    // A listener may have cancelled the run while this was being started.
    if (this.#abortReason !== null) queueMicrotask(() => abort('cancelled', this.#abortReason));
    return flight;
  }

  /** Sets the timer of a `task-timeout`. */
  #limit(flight: InFlight, task: TaskPlan, scope: WorkflowContext): void {
    if (task.taskTimeoutMs === null || !this.#inFlight.has(flight.execution)) return;
    let limitMs: number;
    try {
      limitMs = numberOf(task.taskTimeoutMs, scope);
    } catch (error) {
      flight.abort('cancelled', error);
      return;
    }
    flight.timer = this.host.setTimer(limitMs, () => {
      flight.timer = null;
      flight.abort('timed_out', new HeddleError('HEDDLE_TIMEOUT', `the task timed out after ${limitMs} ms`));
    });
  }

  /** Something in flight has ended. */
  #land(flight: InFlight, outcome: Outcome): void {
    if (!this.#inFlight.delete(flight.execution)) return;
    if (flight.timer !== null) this.host.clearTimer(flight.timer);
    this.#finished.push({ execution: flight.execution, outcome, startedMs: flight.startedMs });
    this.#advance();
  }

  #complete(finished: Finished, batch: readonly Finished[], number: number): void {
    const { execution, outcome, startedMs } = finished;
    const wasFailing = this.state.failing;
    const completion = complete(this, execution, outcome, this.#events !== null);
    if (this.#events !== null) this.#announce(this.#events, execution, outcome, completion, startedMs);
    if (!this.#environment.keepResults) releaseUnread(this, execution, outcome, this.#inFlight.keys(), batch, number);
    if (this.state.failing && !wasFailing && this.plan.definition.onRunFailure === 'abort') {
      this.state.ready = [];
      this.#abortAll(new HeddleError('HEDDLE_CANCELLED', 'aborted because the run failed'));
    }
  }

  #announce(
    events: EventSink,
    execution: Execution,
    outcome: Outcome,
    completion: ReturnType<typeof complete>,
    startedMs: number,
  ): void {
    const { name } = this.plan.tasks[execution.slot] as TaskPlan;
    const durationMs = this.host.monotonic() - startedMs;
    events.taskCompleted(name, execution.number, outcome, completion.handled, durationMs);
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
    const runs = this.state.tasks
      .map((state, slot) => ({ name: this.plan.tasks[slot]?.name ?? '', executions: state.executions }))
      .sort((a, b) => b.executions - a.executions)
      .filter((entry, _, [most]) => entry.executions * 2 > (most?.executions ?? 0))
      .map((entry) => `'${entry.name}' (${entry.executions} times)`);
    const message = `the run started more than ${this.#tree.limit} tasks; it goes round ${runs.slice(0, 10).join(' → ')}`;
    const error = { code: 'HEDDLE_TASK_RUN_LIMIT', message, task: task.name, index: null, attempt: null };
    failRun(this.state, error, null);
    if (this.plan.definition.onRunFailure === 'abort')
      this.#abortAll(new HeddleError('HEDDLE_TASK_RUN_LIMIT', message));
  }

  #timeOut(limitMs: number): void {
    this.#runTimer = null;
    const message = `the run took longer than its timeout of ${limitMs} ms`;
    const error = { code: 'HEDDLE_RUN_TIMEOUT', message, task: '', index: null, attempt: null };
    failRun(this.state, error, null);
    this.state.ready = [];
    this.#abortAll(new HeddleError('HEDDLE_RUN_TIMEOUT', message));
    this.#advance();
  }

  #abortAll(reason: HeddleError): void {
    this.#abortReason = reason;
    for (const flight of [...this.#inFlight.values()]) flight.abort('cancelled', reason);
  }

  #end(): void {
    if (this.#result !== null || this.state.ready.length > 0 || this.#finished.length > 0) return;
    if (this.#runTimer !== null) this.host.clearTimer(this.#runTimer);
    conclude(this);
    const output = renderOutput(this);
    this.#result = summarise(this, output, this.host.monotonic() - this.#startedMs);
    this.#events?.runCompleted(this.#result);
    this.#onEnd?.(this.#result);
  }
}

/** Executions of one task that are ready together start together, where the first of them stood. */
function byTask(ready: readonly Execution[]): Execution[] {
  const groups = new Map<number, Execution[]>();
  for (const execution of ready) {
    const group = groups.get(execution.slot);
    if (group === undefined) groups.set(execution.slot, [execution]);
    else group.push(execution);
  }
  return [...groups.values()].flat();
}

function outcomeOf(unit: Unit): Outcome {
  return new Outcome(unit.status, unit.result, unit.error, unit.attempt);
}

function failure(error: unknown, task: TaskPlan): Outcome {
  return new Outcome('failed', null, describeError(error, task.name), 1);
}

function childOutput(result: RunResult): unknown {
  if (result.status === 'succeeded') return result.output;
  const cause = result.error;
  const reason = cause === null ? result.status : cause.message;
  const where = cause === null || cause.task === null ? '' : ` in task '${cause.task}'`;
  throw new HeddleError(
    'HEDDLE_SUBWORKFLOW_FAILED',
    `sub-workflow '${result.workflow}' ${result.status}${where}: ${reason}`,
    {
      cause:
        cause === null
          ? undefined
          : new HeddleError(cause.code, cause.message, cause.task === null ? {} : { task: cause.task }),
    },
  );
}

function tooDeep(chain: readonly string[], name: string): HeddleError {
  const last = [...chain.slice(-4), name].map((entry) => `'${entry}'`).join(' → ');
  return new HeddleError(
    'HEDDLE_SUBWORKFLOW_DEPTH',
    `sub-workflows call each other more than ${MAX_DEPTH} levels deep: … ${last}`,
  );
}
