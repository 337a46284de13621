import type { TaskPlan } from '../plan/plan.ts';
import type { Invocation } from './invocation.ts';
import type { RunServices } from './services.ts';
import type { Execution } from './state.ts';

/** Calls what a task runs, an action or a sub-workflow, through the interceptor where there is one. */
export function callAction(
  services: RunServices,
  task: TaskPlan,
  execution: Execution,
  input: unknown,
  invocation: Invocation,
): unknown {
  if (services.intercept === null) return run(services, task, input, invocation);
  const call = {
    workflow: services.plan.name,
    callers: services.callers,
    task: task.name,
    action: task.actionName,
    execution: execution.ordinal,
    index: invocation.index ?? null,
    attempt: invocation.attempt,
    input,
    get signal() {
      return invocation.signal;
    },
  };
  return services.intercept(call, () => run(services, task, input, invocation));
}

function run(services: RunServices, task: TaskPlan, input: unknown, invocation: Invocation): unknown {
  const { action } = task;
  if (action.kind === 'action') return action.action.run(input as never, invocation);
  if (action.kind === 'workflow') return services.runChild(action.plan(), input, invocation);
  return services.runNamed(input, invocation, task);
}
