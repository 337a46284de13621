/**
 * A reference interpreter of DESIGN section 4, written to be read: no indexes, no caches, every rule where it is used.
 * It shares no code with `src/`, so that the two can disagree.
 */
import { Graph } from './graph.ts';
import {
  isCommand,
  outcomeOf,
  type ModelTask,
  type ModelTransition,
  type ModelWorkflow,
  type Script,
  type When,
} from './workflow.ts';

/** How an execution ended. */
export type ModelStatus = 'succeeded' | 'failed' | 'timed_out' | 'skipped';

/** An error of the run; `task` is null where it belongs to the run as a whole. */
export interface ModelError {
  readonly task: string | null;
  readonly handled: boolean;
  readonly code: string;
}

/** All that a run lets an observer see. */
export interface ModelRun {
  readonly status: 'succeeded' | 'failed';
  /** Tasks in the order in which their executions started; skipped ones never do. */
  readonly starts: readonly string[];
  /** Tasks in the order in which their action was called, retries included. */
  readonly calls: readonly string[];
  /** Executions in the order in which they ended. */
  readonly ends: readonly { readonly task: string; readonly status: ModelStatus }[];
  readonly errors: readonly ModelError[];
  readonly variables: Readonly<Record<string, number | string>>;
  /** Barriers that got some but too few arrivals. */
  readonly unreachable: readonly string[];
  readonly limitExceeded: boolean;
}

/**
 * When an action's outcome is known: `at once` while it is called, or `later`, one at a time, in the order of the
 * calls. A skipped execution always ends at once.
 */
export type Timing = 'at once' | 'later';

const DEFAULT_LIMIT = 100_000;

/** Something that is to start in the next step. */
interface Ready {
  readonly task: ModelTask;
  readonly route: number;
  /** A source of its `needs` did not succeed. */
  readonly skip: boolean;
}

/** Something that started. */
interface Execution {
  readonly task: ModelTask;
  readonly route: number;
  attempts: number;
  /** Of the latest attempt. */
  outcome: ModelStatus;
}

/** Counts distinct sources; once fired it stays fired until a source that it has seen comes again. */
class Barrier {
  readonly task: string;
  arrived = new Set<string>();
  fired = false;
  readonly #needed: number;

  constructor(task: string, needed: number) {
    this.task = task;
    this.#needed = needed;
  }

  /** Says whether this arrival fires the round. One that `spoils` the round fires it alone. */
  arrive(source: string, spoils = false): boolean {
    if (this.arrived.has(source)) {
      if (!this.fired) return false;
      this.arrived = new Set();
      this.fired = false;
    }
    this.arrived.add(source);
    if (this.fired || (!spoils && this.arrived.size < this.#needed)) return false;
    this.fired = true;
    return true;
  }
}

class Interpreter {
  readonly #workflow: ModelWorkflow;
  readonly #script: Script;
  readonly #timing: Timing;
  readonly #graph: Graph;
  readonly #variables: Record<string, number | string>;
  readonly #joins = new Map<string, Barrier>();
  readonly #needs = new Map<string, Barrier>();
  readonly #starts: string[] = [];
  readonly #calls: string[] = [];
  readonly #ends: { task: string; status: ModelStatus }[] = [];
  readonly #errors: ModelError[] = [];
  readonly #inFlight: Execution[] = [];
  #ready: Ready[] = [];
  #routes = 0;
  /** Without those that `needs` skipped. */
  #executions = 0;
  #failing = false;

  constructor(workflow: ModelWorkflow, script: Script, timing: Timing) {
    this.#workflow = workflow;
    this.#script = script;
    this.#timing = timing;
    this.#graph = new Graph(workflow.tasks);
    this.#variables = { ...workflow.variables };
  }

  run(): ModelRun {
    const { tasks, order } = this.#workflow;
    const first = order === 'sequence' ? tasks.slice(0, 1) : this.#graph.entries();
    for (const task of first) this.#makeReady(task, 0);
    this.#runSteps();
    for (let next = this.#inFlight.shift(); next !== undefined; next = this.#inFlight.shift()) {
      this.#settle(next);
      this.#runSteps();
    }
    const unreachable = this.#failing ? [] : this.#unreachable();
    return {
      status: this.#failing ? 'failed' : 'succeeded',
      starts: this.#starts,
      calls: this.#calls,
      ends: this.#ends,
      errors: this.#errors,
      variables: this.#variables,
      unreachable,
      limitExceeded: this.#errors.some(({ code }) => code === 'HEDDLE_TASK_RUN_LIMIT'),
    };
  }

  /** All that is ready starts, then what is known to have ended completes in the same order; and again. */
  #runSteps(): void {
    while (this.#ready.length > 0) {
      // Executions of one task that are ready together start together, where the first of them stood.
      const first = (task: ModelTask): number => this.#ready.findIndex((ready) => ready.task === task);
      const batch = [...this.#ready].sort((a, b) => first(a.task) - first(b.task));
      this.#ready = [];
      const started = batch.map((ready) => this.#start(ready));
      for (const execution of started) {
        if (execution === undefined) continue;
        if (execution.outcome === 'skipped' || this.#timing === 'at once') this.#complete(execution, execution.outcome);
      }
    }
  }

  #makeReady(task: ModelTask, route: number, skip = false): void {
    // A failing run starts nothing more; to be skipped is not to start.
    if (!this.#failing || skip) this.#ready.push({ task, route, skip });
  }

  #start({ task, route, skip }: Ready): Execution | undefined {
    const execution: Execution = { task, route, attempts: 0, outcome: 'skipped' };
    if (skip) return execution;
    if (this.#executions === (this.#workflow.limit ?? DEFAULT_LIMIT)) {
      const code = 'HEDDLE_TASK_RUN_LIMIT';
      if (!this.#errors.some((error) => error.code === code)) this.#errors.push({ task: null, handled: false, code });
      this.#failing = true;
      return undefined;
    }
    this.#executions += 1;
    const condition = task.skipWhen;
    if (condition === true || (condition !== undefined && this.#isBelow(...condition))) return execution;
    this.#starts.push(task.name);
    this.#attempt(execution);
    if (this.#timing === 'at once') while (this.#retries(execution)) this.#attempt(execution);
    return execution;
  }

  #attempt(execution: Execution): void {
    const { name } = execution.task;
    this.#calls.push(name);
    execution.attempts += 1;
    execution.outcome = outcomeOf(this.#script, name, this.#calls.filter((call) => call === name).length);
    if (this.#timing === 'later') this.#inFlight.push(execution);
  }

  #settle(execution: Execution): void {
    if (this.#retries(execution)) this.#attempt(execution);
    else this.#complete(execution, execution.outcome);
  }

  /** The command `retry` is a `retry` of three with the transition's `when`. */
  #retries({ task, attempts, outcome }: Execution): boolean {
    if (task.retry !== undefined && attempts <= task.retry) return outcome === 'failed' || outcome === 'timed_out';
    const command = task.next.find((transition) => transition.do.includes('retry'));
    return command !== undefined && attempts <= 3 && this.#holds(command.when, outcome);
  }

  #complete({ task, route }: Execution, status: ModelStatus): void {
    this.#ends.push({ task: task.name, status });
    const fired = task.next.filter(({ when, do: names }) => !names.includes('retry') && this.#holds(when, status));
    this.#publish(fired);
    const named = fired.flatMap((transition) => transition.do);
    const wasFailing = this.#failing;
    this.#follow(fired, task, route);
    if (status === 'failed' || status === 'timed_out') {
      const handled = named.some((name) => name === 'noop' || !isCommand(name));
      const code = status === 'failed' ? 'HEDDLE_ACTION_FAILED' : 'HEDDLE_TIMEOUT';
      this.#errors.push({ task: task.name, handled, code });
      if (!handled) this.#failing = true;
    }
    if (named.includes('fail') && !wasFailing) {
      this.#errors.push({ task: task.name, handled: false, code: 'HEDDLE_RUN_FAILED' });
      this.#failing = true;
    }
    this.#tellNeeds(task, route, status);
    const next = this.#workflow.tasks[this.#workflow.tasks.indexOf(task) + 1];
    if (this.#workflow.order === 'sequence' && next !== undefined) this.#makeReady(next, route);
  }

  #holds(when: When, status: ModelStatus): boolean {
    if (when === 'always' || when === 'completed') return true;
    if (typeof when === 'string') return when === status;
    const [test, variable, bound] = when;
    return (test === 'counter-below' ? status !== 'skipped' : status === 'succeeded') && this.#isBelow(variable, bound);
  }

  #isBelow(variable: string, bound: number): boolean {
    return Number(this.#variables[variable]) < bound;
  }

  #publish(fired: readonly ModelTransition[]): void {
    for (const [variable, change] of fired.flatMap((transition) => transition.publish ?? [])) {
      this.#variables[variable] = 'const' in change ? change.const : Number(this.#variables[change.increment]) + 1;
    }
  }

  #follow(fired: readonly ModelTransition[], source: ModelTask, route: number): void {
    const started = new Set<string>();
    for (const name of fired.flatMap((transition) => transition.do)) {
      if (isCommand(name)) continue;
      const target = this.#graph.task(name);
      if (this.#graph.isSplit(target)) {
        this.#routes += 1;
        this.#makeReady(target, this.#routes);
      } else if (!started.has(name)) {
        started.add(name);
        if (target.join === undefined || this.#joinOf(target, route).arrive(source.name))
          this.#makeReady(target, route);
      }
    }
  }

  #joinOf(task: ModelTask, route: number): Barrier {
    const key = `${task.name} on ${route}`;
    const needed = typeof task.join === 'number' ? task.join : this.#graph.sources(task).length;
    const barrier = this.#joins.get(key) ?? new Barrier(task.name, needed);
    this.#joins.set(key, barrier);
    return barrier;
  }

  #tellNeeds(source: ModelTask, route: number, status: ModelStatus): void {
    for (const task of this.#workflow.tasks) {
      if (!task.needs?.includes(source.name)) continue;
      const barrier = this.#needs.get(task.name) ?? new Barrier(task.name, task.needs.length);
      this.#needs.set(task.name, barrier);
      const spoils = status !== 'succeeded';
      if (barrier.arrive(source.name, spoils)) this.#makeReady(task, route, spoils);
    }
  }

  #unreachable(): readonly string[] {
    const waiting = [...this.#joins.values()].filter(({ fired }) => !fired);
    for (const { task } of waiting) {
      this.#errors.push({ task, handled: false, code: 'HEDDLE_JOIN_UNREACHABLE' });
      this.#failing = true;
    }
    return waiting.map(({ task }) => task);
  }
}

/** Runs a workflow on paper. */
export function interpret(workflow: ModelWorkflow, script: Script = {}, timing: Timing = 'at once'): ModelRun {
  return new Interpreter(workflow, script, timing).run();
}
