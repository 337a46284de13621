import { WorkflowContext, type ItemsOutcome } from '../context/index.ts';
import type { Plan } from '../plan/plan.ts';
import { failRun, type Decided } from './decide.ts';
import { describeError } from './error-record.ts';
import type { RunResult, TaskSummary } from './events.ts';
import type { Masker } from './masker.ts';
import type { RunState } from './state.ts';

/**
 * Renders the output of a run that has ended. Where it failed or was cancelled, entries that cannot be rendered are
 * left out; where it had succeeded, such an entry fails it.
 */
export function renderOutput(run: Decided): Record<string, unknown> {
  const { plan, state, context } = run;
  const output: [string, unknown][] = [];
  const scope = new WorkflowContext(context.current, undefined, -1);
  for (const entry of plan.output) {
    try {
      const value = entry.evaluate(scope);
      output.push([entry.name, value === undefined ? null : value]);
    } catch (error) {
      if (state.status !== 'succeeded') continue;
      failRun(state, describeError(entry.locate(error), ''), null);
      state.status = 'failed';
    }
  }
  return Object.fromEntries(output);
}

/** What a run came to. */
export function summarise(
  run: Decided & { readonly runId: string; readonly startedAtMs: number; readonly masker: Masker },
  output: Readonly<Record<string, unknown>>,
  durationMs: number,
): RunResult {
  const { plan, state, masker, context } = run;
  const errors = masker.isActive
    ? state.errors.map((error) => ({ ...error, message: masker.text(error.message) }))
    : state.errors;
  // Only what the summary needs is held, not the context: results of a run end with it.
  const items = plan.hasItems ? context.current.outcomes.map((outcome) => outcome?.items ?? null) : [];
  const states = state.tasks;
  let tasks: Record<string, TaskSummary> | null = null;
  return {
    id: run.runId,
    workflow: plan.name,
    status: state.status as RunResult['status'],
    output,
    error: errors.find((error) => !error.handled) ?? null,
    errors,
    get tasks() {
      return (tasks ??= summariseTasks(plan, states, items));
    },
    startedAtMs: run.startedAtMs,
    durationMs,
  };
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
