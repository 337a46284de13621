/**
 * What to run next: functions of a run's state, its context and an event, without I/O, time or chance. The same
 * decisions serve a run in one process, a resumed run and workers on a queue.
 */
import type { ErrorRecord, ItemFailure, Outcome, Patch } from '../context/index.ts';
import { publishEntry } from '../context/index.ts';
import { truthy } from '../expression/index.ts';
import { STATUS_BITS, type Plan, type Scope, type TaskPlan, type TransitionPlan } from '../plan/plan.ts';
import type { Decision } from './entries.ts';
import { describeError } from './error-record.ts';
import { recordable } from './recordable.ts';
import type { RunContext } from './run-context.ts';
import { barrierKey, type BarrierState, type Execution, type RunState } from './state.ts';

/** A run as the decisions see it. */
export interface Decided {
  readonly plan: Plan;
  readonly state: RunState;
  readonly context: RunContext;
}

/** What the completion of an execution brought about, beside the executions that became ready. */
export interface Completion {
  /** For a failure: whether a transition handled it. */
  readonly handled: boolean;
  /** Whether it leads to another task: made it ready, or arrived at its barrier. */
  readonly leads: boolean;
  /** Null: nothing was published, or nobody asked. */
  readonly patches: readonly Patch[] | null;
}

/** For a run that is recorded: what was evaluated at a completion, to be kept or to be used in place of evaluating. */
export interface Trace {
  /** What the record says; null: it is to be evaluated. */
  readonly recorded: Decision | null;
  /** What was evaluated, if anything was. */
  decision: Decision | null;
}

const UNHANDLED: Completion = { handled: false, leads: false, patches: null };
const HANDLED: Completion = { handled: true, leads: false, patches: null };
const UNHANDLED_LEADING: Completion = { handled: false, leads: true, patches: null };
const HANDLED_LEADING: Completion = { handled: true, leads: true, patches: null };

/** The run starts: its first tasks become ready. */
export function begin({ plan, state }: Decided): void {
  state.status = 'running';
  for (const slot of plan.starts) makeReady(state, slot, 0, false);
}

/** An execution has ended: records its outcome, publishes, and makes ready what follows. */
export function complete(
  run: Decided,
  execution: Execution,
  wantPatches: boolean,
  trace: Trace | null = null,
): Completion {
  const { plan, state, context } = run;
  const { slot } = execution;
  const outcome = execution.outcome as Outcome;
  const { status } = outcome;
  const task = plan.tasks[slot] as TaskPlan;
  state.tasks.status[slot] = status;
  (state.tasks.attempts[slot] as number) += outcome.attempts;
  context.record(slot, outcome, state.routes[execution.route]);
  let completion = UNHANDLED;
  if (task.transitions.length > 0 && status !== 'cancelled' && !state.cancelling) {
    completion = transition(run, task, execution, outcome, wantPatches, trace);
  }
  if (status === 'failed' || status === 'timed_out') {
    const { handled } = completion;
    if (outcome.items !== null) recordItemFailures(run, execution, outcome.items.failures, handled);
    if (outcome.error !== null) recordError(run, execution, outcome.error, null, handled);
    if (!handled) state.failing = true;
  } else if (outcome.items !== null) {
    recordItemFailures(run, execution, outcome.items.failures, true);
  }
  if (state.cancelling || status === 'cancelled') return completion;
  for (let at = 0; at < task.neededBy.length; at++) {
    arriveNeed(run, task.neededBy[at] as number, execution, status === 'succeeded');
  }
  const isFollowed = task.following >= 0 && !state.failing;
  if (isFollowed) makeReady(state, task.following, execution.route, false);
  return isFollowed || task.neededBy.length > 0 ? leading(completion) : completion;
}

/** An execution whose iterations ran again has another outcome now; what followed it stays as it is. */
export function amend(run: Decided, execution: Execution, outcome: Outcome): void {
  const { state, context } = run;
  const { slot, number, route } = execution;
  state.tasks.status[slot] = outcome.status;
  context.record(slot, outcome, state.routes[route]);
  state.errors = state.errors.filter((error) => error.execution !== number);
  const fails = outcome.status === 'failed' || outcome.status === 'timed_out';
  if (outcome.items !== null) recordItemFailures(run, execution, outcome.items.failures, !fails);
  if (!fails) return;
  if (outcome.error !== null) recordError(run, execution, outcome.error, null, false);
  state.failing = true;
}

function leading(completion: Completion): Completion {
  if (completion.leads) return completion;
  if (completion.patches !== null) return { ...completion, leads: true };
  return completion.handled ? HANDLED_LEADING : UNHANDLED_LEADING;
}

/**
 * The same for a success that simply leads on, as most do, on the run's own route: what {@link complete} would do,
 * without looking at what cannot be.
 */
export function completeSimply(run: Decided, execution: Execution, leadsTo: readonly number[]): void {
  recordSuccess(run, execution);
  if (run.state.failing || run.state.cancelling) return;
  for (let at = 0; at < leadsTo.length; at++) lead(run, leadsTo[at] as number, execution);
}

/** The first half of {@link completeSimply}. */
export function recordSuccess({ state, context }: Decided, { slot, outcome }: Execution): void {
  state.tasks.status[slot] = 'succeeded';
  (state.tasks.attempts[slot] as number) += 1;
  context.record(slot, outcome as Outcome, undefined);
}

/** The second half: an execution leads to a task, which nothing else of its completion does. */
export function lead(run: Decided, slot: number, from: Execution): void {
  arrive(run, slot, from, null);
}

function transition(
  run: Decided,
  task: TaskPlan,
  execution: Execution,
  outcome: Outcome,
  wantPatches: boolean,
  trace: Trace | null,
): Completion {
  const { state, context } = run;
  const wasFailing = state.failing;
  const before = context.current.variables;
  const patches: Patch[] | null = wantPatches ? [] : null;
  const { transitions } = task;
  const recorded = trace === null ? null : trace.recorded;
  const published: unknown[] | null = trace === null ? null : recorded === null ? [] : [...recorded.published];
  // Of one transition, which is the usual case, no list is made.
  let fired: readonly TransitionPlan[] = transitions;
  let handled = false;
  try {
    const bit = STATUS_BITS[outcome.status];
    if (recorded !== null) {
      if (recorded.error !== undefined) {
        failRun(state, recorded.error, execution);
        return UNHANDLED;
      }
      fired = recorded.fired.map((index) => transitions[index] as TransitionPlan);
    } else if (transitions.length === 1) {
      if (!fires(run, transitions[0] as TransitionPlan, bit, execution, outcome)) {
        keep(trace, transitions, [], []);
        return UNHANDLED;
      }
    } else {
      fired = transitions.filter((candidate) => fires(run, candidate, bit, execution, outcome));
    }
    for (let at = 0; at < fired.length; at++) {
      const candidate = fired[at] as TransitionPlan;
      if (candidate.handles) handled = true;
      if (candidate.publish.length > 0)
        publish(run, candidate, execution, outcome, patches, published, recorded !== null);
    }
  } catch (error) {
    context.writable().variables = before;
    const failure = describeError(error, task.name);
    failRun(state, failure, execution);
    if (trace !== null) trace.decision = { fired: [], published: [], error: failure };
    return UNHANDLED;
  }
  if (published !== null && recorded === null) keep(trace, transitions, fired, published);
  let fails = false;
  let leads = false;
  // Tasks that this completion has led to, where one could be named again.
  const named: number[] | null = fired.length === 1 && (fired[0] as TransitionPlan).isDistinct ? null : [];
  for (let at = 0; at < fired.length; at++) {
    const candidate = fired[at] as TransitionPlan;
    if (candidate.fails) fails = true;
    if (wasFailing) continue;
    const { targets } = candidate;
    if (targets.length > 0) leads = true;
    for (let target = 0; target < targets.length; target++) arrive(run, targets[target] as number, execution, named);
  }
  if (fails && !wasFailing) {
    const message = `task '${task.name}' ended the run with the command 'fail'`;
    failRun(state, { code: 'HEDDLE_RUN_FAILED', message, task: task.name, index: null, attempt: null }, execution);
  }
  if (patches !== null && patches.length > 0) return { handled, leads, patches };
  if (leads) return handled ? HANDLED_LEADING : UNHANDLED_LEADING;
  return handled ? HANDLED : UNHANDLED;
}

/** Notes what was evaluated; nothing where it would come out the same at any time. */
function keep(
  trace: Trace | null,
  transitions: readonly TransitionPlan[],
  fired: readonly TransitionPlan[],
  published: readonly unknown[],
): void {
  if (trace === null || !transitions.some(({ condition, publish }) => condition !== null || publish.length > 0)) return;
  const indexes: number[] = [];
  transitions.forEach((candidate, index) => {
    if (fired.includes(candidate)) indexes.push(index);
  });
  trace.decision = { fired: indexes, published };
}

function fires(
  { state, context }: Decided,
  { statuses, condition }: TransitionPlan,
  bit: number,
  execution: Execution,
  outcome: Outcome,
): boolean {
  if ((statuses & bit) === 0) return false;
  if (condition === null) return true;
  return holds(condition, new CompletionScope(context.view(execution.route, state.routes, false), outcome));
}

function holds(condition: NonNullable<TransitionPlan['condition']>, scope: Scope): boolean {
  try {
    return truthy(condition.evaluate(scope));
  } catch (error) {
    throw condition.locate(error);
  }
}

/** `values`: what is published, noted here, or taken from here where it is recorded. */
function publish(
  run: Decided,
  fired: TransitionPlan,
  execution: Execution,
  outcome: Outcome,
  patches: Patch[] | null,
  values: unknown[] | null,
  areRecorded: boolean,
): void {
  const { context, state } = run;
  for (const entry of fired.publish) {
    try {
      const scope = new CompletionScope(context.view(execution.route, state.routes, false), outcome);
      let value = areRecorded ? values?.shift() : entry.evaluate(scope);
      if (values !== null && !areRecorded) {
        value = recordable(value === undefined ? null : value, 'publish');
        values.push(value);
      }
      const version = context.writable();
      version.variables = publishEntry(version.variables, { slot: entry.slot, path: entry.path, value }, patches);
    } catch (error) {
      throw entry.locate(error);
    }
  }
}

/** A transition leads to a task. `named` holds the tasks that this completion has already led to; null: it cannot matter. */
function arrive(run: Decided, slot: number, from: Execution, named: number[] | null): void {
  const { plan, state } = run;
  const task = plan.tasks[slot] as TaskPlan;
  if (task.splits) {
    makeReady(state, slot, openRoute(run, from.route), false);
    return;
  }
  if (named !== null) {
    if (named.includes(slot)) return;
    named.push(slot);
  }
  if (task.join > 0) {
    const barrier = barrierOf(run, slot, from.route);
    if (!enter(barrier, from.slot) || barrier.arrived.length < task.join) return;
    barrier.fired = true;
  }
  makeReady(state, slot, from.route, false);
}

/** A task that others need has ended. */
function arriveNeed(run: Decided, slot: number, from: Execution, succeeded: boolean): void {
  const task = run.plan.tasks[slot] as TaskPlan;
  const barrier = barrierOf(run, slot, 0);
  if (!enter(barrier, from.slot)) return;
  if (!succeeded) barrier.unmet = true;
  if (succeeded && barrier.arrived.length < task.needs.length) return;
  barrier.fired = true;
  // A failing run starts nothing more, but what will never run is told apart from what might have.
  if (barrier.unmet || !run.state.failing) makeReady(run.state, slot, from.route, barrier.unmet);
}

function barrierOf({ plan, state }: Decided, slot: number, route: number): BarrierState {
  const key = barrierKey(slot, route, plan.tasks.length);
  state.barriers ??= new Map();
  let barrier = state.barriers.get(key);
  if (barrier === undefined) {
    barrier = { slot, route, arrived: [], highest: -1, fired: false, unmet: false };
    state.barriers.set(key, barrier);
  }
  return barrier;
}

/** Counts an arrival; false: it has no effect. */
function enter(barrier: BarrierState, source: number): boolean {
  if (source > barrier.highest || !barrier.arrived.includes(source)) {
    barrier.arrived.push(source);
    if (source > barrier.highest) barrier.highest = source;
    return !barrier.fired;
  }
  if (!barrier.fired) return false;
  barrier.arrived = [source];
  barrier.highest = source;
  barrier.fired = false;
  barrier.unmet = false;
  return true;
}

function openRoute({ state, context }: Decided, parent: number): number {
  if (state.routes.length === 0) {
    // Until now every result belonged to the one route there was.
    const outcomes = new Map<number, Outcome>();
    context.current.outcomes.forEach((outcome, slot) => {
      if (outcome !== undefined) outcomes.set(slot, outcome);
    });
    state.routes.push({ parent: -1, outcomes });
  }
  state.routes.push({ parent, outcomes: new Map() });
  return state.routes.length - 1;
}

function makeReady(state: RunState, slot: number, route: number, skip: boolean): void {
  const execution = nextExecution(state, slot, route);
  execution.skip = skip;
  // A list made with its first element has room for no more; one that is pushed to has room for 17.
  if (state.ready.length === 0) state.ready = [execution];
  else state.ready.push(execution);
}

/** A further execution of a task, which is to be started or made ready at once. */
export function nextExecution(state: RunState, slot: number, route: number): Execution {
  const ordinal = ((state.tasks.executions[slot] as number) += 1);
  return { number: ++state.executions, slot, route, ordinal, skip: false, startedMs: 0, outcome: null };
}

function recordItemFailures(
  run: Decided,
  execution: Execution,
  failures: readonly ItemFailure[],
  handled: boolean,
): void {
  for (const failure of failures) {
    // A loop over a with-items task must not collect errors for ever; the task's own counts stay exact.
    if (run.state.errors.length >= run.plan.definition.limits.failures) return;
    recordError(run, execution, failure.error, failure.key, handled);
  }
}

function recordError(run: Decided, execution: Execution, error: ErrorRecord, key: unknown, handled: boolean): void {
  const { errors } = run.state;
  if (handled && errors.length >= run.plan.definition.limits.failures) return;
  const { task, index, code, message } = error;
  errors.push({ task, execution: execution.number, index, key, code, message, handled });
}

/** The run fails for a reason that is no task's failure, or that no transition can handle. */
export function failRun(state: RunState, error: ErrorRecord, execution: Execution | null): void {
  state.failing = true;
  state.errors.push({
    task: execution === null ? null : error.task,
    execution: execution?.number ?? null,
    index: null,
    key: null,
    code: error.code,
    message: error.message,
    handled: false,
  });
}

/** Nothing can run any more: barriers with some but too few arrivals fail a run that has not failed yet. */
export function conclude({ plan, state }: Decided): void {
  if (!state.failing && !state.cancelling && state.barriers !== null) {
    for (const barrier of state.barriers.values()) {
      const task = plan.tasks[barrier.slot] as TaskPlan;
      if (task.join === 0 || barrier.fired || barrier.arrived.length === 0) continue;
      const missing = task.joinSources.filter((source) => !barrier.arrived.includes(source));
      const nameOf = (slot: number): string => `'${plan.tasks[slot]?.name}'`;
      const message =
        `'${task.name}' waits for ${task.join} tasks and got ${barrier.arrived.length} ` +
        `(${barrier.arrived.map(nameOf).join(', ')}); nothing can run any more. ` +
        `Missing: ${missing.map(nameOf).join(', ')}`;
      failRun(state, { code: 'HEDDLE_JOIN_UNREACHABLE', message, task: task.name, index: null, attempt: null }, null);
      (state.errors[state.errors.length - 1] as { task: string | null }).task = task.name;
    }
  }
  state.status = state.cancelling ? 'cancelled' : state.failing ? 'failed' : 'succeeded';
}

/** What transitions see: the context at completion, and the execution that completed. */
class CompletionScope implements Scope {
  readonly base: Scope['base'];
  readonly item = undefined;
  readonly index = -1;
  readonly attempt: number;
  readonly outcome: Outcome;

  constructor(base: Scope['base'], outcome: Outcome) {
    this.base = base;
    this.attempt = outcome.attempts;
    this.outcome = outcome;
  }
}
