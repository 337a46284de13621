import { WorkflowContext } from '../context/index.ts';
import type { Plan } from '../plan/plan.ts';
import { failRun, type Decided } from './decide.ts';
import { describeError } from './error-record.ts';
import type { RunResult, TaskSummary } from './events.ts';
import type { Masker } from './masker.ts';

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
  const { plan, state, masker } = run;
  const errors = state.errors.map((error) => ({ ...error, message: masker.text(error.message) }));
  return {
    id: run.runId,
    workflow: plan.name,
    status: state.status as RunResult['status'],
    output,
    error: errors.find((error) => !error.handled) ?? null,
    errors,
    tasks: summariseTasks(plan, run),
    startedAtMs: run.startedAtMs,
    durationMs,
  };
}

function summariseTasks(plan: Plan, { state, context }: Decided): Record<string, TaskSummary> {
  const tasks: Record<string, TaskSummary> = {};
  plan.tasks.forEach((task, slot) => {
    const { status, executions, attempts } = state.tasks[slot] as (typeof state.tasks)[number];
    const items = context.current.outcomes[slot]?.items ?? null;
    const cost = items?.cost === undefined ? {} : { cost: items.cost };
    const summary = items === null ? {} : { stats: items.stats, failureGroups: items.groups, ...cost };
    tasks[task.name] = { status, executions, attempts, ...summary };
  });
  return tasks;
}
