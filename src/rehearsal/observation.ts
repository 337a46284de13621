import type { ItemStats, RunError, RunEvent, RunResult, TaskStatus } from '../executor/events.ts';
import { pathOf, type Call } from './mocks.ts';

/** What became of one task, as far as rehearsals look at it. */
export interface ObservedTask {
  /** Of the latest execution. */
  readonly status: TaskStatus;
  readonly executions: number;
  readonly attempts: number;
  readonly stats?: ItemStats;
  /** Of the latest execution that completed. */
  readonly result: unknown;
}

/** What came out of a rehearsed run. */
export interface Observation {
  /** `running`: something never completed. */
  readonly status: 'succeeded' | 'failed' | 'cancelled' | 'running';
  /** Names of the tasks of the workflow itself, in the order in which they started. */
  readonly starts: readonly string[];
  /** Names of the tasks whose executions led to no other, in the order in which they ended. */
  readonly terminal: readonly string[];
  /** On how many routes tasks started. */
  readonly routes: number;
  /** Those that started or ended; the rest is pending. */
  readonly tasks: ReadonlyMap<string, ObservedTask>;
  /**
   * Rendered inputs by task, those of sub-workflows by the path to it, and by its name where no task
   * of the workflow itself has it; in the order of executions and iterations, of each its first attempt.
   */
  readonly inputs: ReadonlyMap<string, readonly unknown[]>;
  readonly output: unknown;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly errors: readonly RunError[];
  /** What the run took in virtual time. */
  readonly durationMs: number;
}

interface Progress {
  status: TaskStatus;
  executions: number;
  attempts: number;
  stats?: ItemStats;
  result: unknown;
}

interface ObservedCall {
  readonly execution: number;
  readonly index: number;
  readonly input: unknown;
}

/** Gathers what a run does while it goes on. */
export class Observer {
  readonly #starts: string[] = [];
  readonly #terminal: string[] = [];
  readonly #routes = new Set<number>();
  readonly #tasks = new Map<string, Progress>();
  /** By task, those of sub-workflows by the path to it. */
  readonly #calls = new Map<string, ObservedCall[]>();
  #variables: Readonly<Record<string, unknown>> = {};

  /** Takes an event of the views `events` and `values`; those of sub-workflows are not looked at. */
  onEvent(event: RunEvent): void {
    if (event.parent !== undefined) return;
    if (event.type === 'values') {
      this.#variables = event.variables;
    } else if (event.type === 'task.started') {
      this.#starts.push(event.task);
      this.#routes.add(event.route);
      const task = this.#task(event.task);
      task.executions++;
      task.status = 'running';
    } else if (event.type === 'task.completed') {
      if (event.terminal) this.#terminal.push(event.task);
      const task = this.#task(event.task);
      task.status = event.status;
      task.attempts += event.attempts;
      task.result = event.result;
      if (event.stats !== undefined) task.stats = event.stats;
    }
  }

  /** Takes a call of an action, whoever answers it. */
  onCall(call: Call): void {
    if (call.attempt > 1) return;
    const path = pathOf(call);
    const calls = this.#calls.get(path) ?? [];
    calls.push({ execution: call.execution, index: call.index ?? -1, input: call.input });
    this.#calls.set(path, calls);
  }

  /** @param result undefined where the run did not end. @param durationMs virtual milliseconds since its start. */
  observe(result: RunResult | undefined, durationMs: number): Observation {
    // Copies: a run that is ended afterwards goes on to tell what becomes of it.
    const tasks = new Map<string, ObservedTask>([...this.#tasks].map(([name, task]) => [name, { ...task }]));
    for (const [name, summary] of Object.entries(result?.tasks ?? {})) {
      if (summary.status !== 'pending') tasks.set(name, { ...summary, result: this.#tasks.get(name)?.result });
    }
    return {
      status: result === undefined || result.status === 'waiting' ? 'running' : result.status,
      starts: [...this.#starts],
      terminal: [...this.#terminal],
      routes: this.#routes.size,
      tasks,
      inputs: this.#inputs(),
      output: result?.output ?? {},
      variables: this.#variables,
      errors: result?.errors ?? [],
      durationMs,
    };
  }

  #inputs(): ReadonlyMap<string, readonly unknown[]> {
    const calls = new Map(this.#calls);
    for (const [path, own] of this.#calls) {
      const name = path.slice(path.lastIndexOf('/') + 1);
      if (name !== path && !this.#calls.has(name)) calls.set(name, [...(calls.get(name) ?? []), ...own]);
    }
    return new Map([...calls].map(([task, made]) => [task, [...made].sort(byPlace).map((call) => call.input)]));
  }

  #task(name: string): Progress {
    let task = this.#tasks.get(name);
    if (task === undefined) {
      task = { status: 'pending', executions: 0, attempts: 0, result: null };
      this.#tasks.set(name, task);
    }
    return task;
  }
}

function byPlace(a: ObservedCall, b: ObservedCall): number {
  return a.execution - b.execution || a.index - b.index;
}
