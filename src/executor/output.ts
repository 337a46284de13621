import { WorkflowContext, type ItemsOutcome } from '../context/index.ts';
import type { Plan } from '../plan/plan.ts';
import { failRun, type Decided } from './decide.ts';
import { describeError } from './error-record.ts';
import type { RunError, RunResult, TaskSummary } from './events.ts';
import type { Masker } from './masker.ts';
import type { Identity } from './run-identity.ts';
import type { RunState } from './state.ts';

/**
 * Renders the output of a run that has ended. Where it failed or was cancelled, entries that cannot be rendered are
 * left out; where it had succeeded, such an entry fails it.
 */
export function renderOutput(run: Decided): Record<string, unknown> {
  const { plan, state, context } = run;
  const output: Record<string, unknown> = {};
  if (plan.output.length === 0) return output;
  const scope = new WorkflowContext(context.current, undefined, -1);
  for (const entry of plan.output) {
    try {
      const value = entry.evaluate(scope);
      output[entry.name] = value === undefined ? null : value;
    } catch (error) {
      if (state.status !== 'succeeded') continue;
      failRun(state, describeError(entry.locate(error), ''), null);
      state.status = 'failed';
    }
  }
  return output;
}

/** What `summarise` needs of a run that has ended. */
export interface EndedRun extends Decided {
  readonly identity: Identity;
  readonly startedAtMs: number;
  readonly masker: Masker;
}

/** What a run came to. */
export function summarise(run: EndedRun, output: Readonly<Record<string, unknown>>, durationMs: number): RunResult {
  return new EndedRunResult(run, output, durationMs);
}

/**
 * A result whose id and summary of tasks are made when they are first read, since most who run a small workflow read
 * neither. A getter in an object literal would cost more than the rest of a small run; hence a class, and `toJSON`.
 */
class EndedRunResult implements RunResult {
  readonly #identity: Identity;
  readonly #plan: Plan;
  readonly #states: RunState['tasks'];
  readonly #items: readonly (ItemsOutcome | null)[];
  #tasks: Record<string, TaskSummary> | null = null;
  readonly workflow: string;
  readonly status: RunResult['status'];
  readonly output: Readonly<Record<string, unknown>>;
  readonly error: RunError | null;
  readonly errors: readonly RunError[];
  readonly startedAtMs: number;
  readonly durationMs: number;

  constructor(run: EndedRun, output: Readonly<Record<string, unknown>>, durationMs: number) {
    const { plan, state, masker, context, identity, startedAtMs } = run;
    this.#identity = identity;
    this.#plan = plan;
    // Only what the summary needs is held, not the context: results of a run end with it.
    this.#states = state.tasks;
    this.#items = plan.hasItems ? context.current.outcomes.map((outcome) => outcome?.items ?? null) : [];
    this.workflow = plan.name;
    this.status = state.status as RunResult['status'];
    this.output = output;
    this.errors = masker.isActive
      ? state.errors.map((error) => ({ ...error, message: masker.text(error.message) }))
      : state.errors;
    this.error = this.errors.find((error) => !error.handled) ?? null;
    this.startedAtMs = startedAtMs;
    this.durationMs = durationMs;
  }

  get id(): string {
    return this.#identity.id;
  }

  get tasks(): Readonly<Record<string, TaskSummary>> {
    return (this.#tasks ??= summariseTasks(this.#plan, this.#states, this.#items));
  }

  /** The result as a plain object. */
  toJSON(): RunResult {
    const { id, workflow, status, output, error, errors, tasks, startedAtMs, durationMs } = this;
    return { id, workflow, status, output, error, errors, tasks, startedAtMs, durationMs };
  }
}

function summariseTasks(
  plan: Plan,
  states: RunState['tasks'],
  items: readonly (ItemsOutcome | null)[],
): Record<string, TaskSummary> {
  const entries = plan.tasks.map((task, slot) => {
    const own = items[slot] ?? null;
    const cost = own?.cost === undefined ? {} : { cost: own.cost };
    const counts = own === null ? {} : { stats: own.stats, failureGroups: own.groups, ...cost };
    const summary: TaskSummary = {
      status: states.status[slot] as TaskSummary['status'],
      executions: states.executions[slot] as number,
      attempts: states.attempts[slot] as number,
      ...counts,
    };
    return [task.name, summary] as const;
  });
  return Object.fromEntries(entries);
}
