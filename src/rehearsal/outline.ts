import type { Plan } from '../plan/plan.ts';

/** What rehearsals need to know of a workflow and of all its sub-workflows. */
export interface Outline {
  /** Names of the workflow's own tasks, in the order of the file. */
  readonly tasks: readonly string[];
  /** Names of all tasks, those of sub-workflows included. */
  readonly allTasks: ReadonlySet<string>;
  /** Actions that are workflows, as tasks name them. */
  readonly workflows: ReadonlySet<string>;
  /** Tasks that have a timeout for each attempt. */
  readonly withTimeout: ReadonlySet<string>;
  /** Whether a task names the workflow that it runs only while it runs, so that there may be more tasks. */
  readonly isOpen: boolean;
}

/** Looks through a plan and all plans it leads to. */
export function outlineOf(plan: Plan): Outline {
  const allTasks = new Set<string>();
  const workflows = new Set<string>(['workflow.run']);
  const withTimeout = new Set<string>();
  let isOpen = false;
  const seen = new Set<Plan>([plan]);
  for (const current of seen) {
    for (const task of current.tasks) {
      allTasks.add(task.name);
      if (task.timeoutMs !== null) withTimeout.add(task.name);
      if (task.action.kind === 'dynamic-workflow') isOpen = true;
      if (task.action.kind !== 'workflow') continue;
      workflows.add(task.actionName);
      seen.add(task.action.plan());
    }
  }
  return { tasks: plan.tasks.map((task) => task.name), allTasks, workflows, withTimeout, isOpen };
}
