import type { JsonSchema } from '../actions/action.ts';
import type { Plan } from '../plan/plan.ts';

/** What rehearsals need to know of a workflow and of all its sub-workflows. */
export interface Outline {
  /** Names of the workflow's own tasks, in the order of the file. */
  readonly tasks: readonly string[];
  /** Names of all tasks, those of sub-workflows included. */
  readonly allTasks: ReadonlySet<string>;
  /** Whether `caller/…/task` leads from the top to a task. */
  readonly leadsToTask: (path: string) => boolean;
  /** Actions that are workflows, as tasks name them. */
  readonly workflows: ReadonlySet<string>;
  /** Names of the workflows that are meant by a name: their own, and what tasks call them by. */
  readonly workflowsByName: ReadonlyMap<string, ReadonlySet<string>>;
  /** Tasks that have a timeout for each attempt. */
  readonly withTimeout: ReadonlySet<string>;
  /** Schemas of the results of actions, by the name of the action. */
  readonly outputs: ReadonlyMap<string, JsonSchema>;
  /** Whether a task names the workflow that it runs only while it runs, so that there may be more tasks. */
  readonly isOpen: boolean;
}

/** Looks through a plan and all plans it leads to. */
export function outlineOf(plan: Plan): Outline {
  const allTasks = new Set<string>();
  const workflows = new Set<string>(['workflow.run']);
  const workflowsByName = new Map<string, Set<string>>();
  const withTimeout = new Set<string>();
  const outputs = new Map<string, JsonSchema>();
  let isOpen = false;

  function name(called: string, workflow: string): void {
    const meant = workflowsByName.get(called);
    if (meant === undefined) workflowsByName.set(called, new Set([workflow]));
    else meant.add(workflow);
  }

  const seen = new Set<Plan>([plan]);
  for (const current of seen) {
    name(current.name, current.name);
    for (const task of current.tasks) {
      const { action, actionName } = task;
      allTasks.add(task.name);
      if (task.timeoutMs !== null) withTimeout.add(task.name);
      if (action.kind === 'dynamic-workflow') isOpen = true;
      else if (action.kind === 'action') {
        if (action.action.output !== undefined) outputs.set(actionName, action.action.output);
      } else {
        const child = action.plan();
        workflows.add(actionName);
        name(actionName, child.name);
        seen.add(child);
      }
    }
  }
  return {
    tasks: plan.tasks.map((task) => task.name),
    allTasks,
    leadsToTask: (path) => leadsToTask(plan, path.split('/')),
    workflows,
    workflowsByName,
    withTimeout,
    outputs,
    isOpen,
  };
}

function leadsToTask(plan: Plan, [name, ...rest]: readonly string[]): boolean {
  const task = plan.tasks.find((candidate) => candidate.name === name);
  if (task === undefined || rest.length === 0) return task !== undefined;
  // Which workflow it runs is known only while it runs.
  if (task.action.kind === 'dynamic-workflow') return true;
  return task.action.kind === 'workflow' && leadsToTask(task.action.plan(), rest);
}
