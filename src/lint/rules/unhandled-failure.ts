import { STATUS_BITS, type Plan, type TaskPlan, type TransitionPlan } from '../../plan/plan.ts';
import type { Rule } from '../rule.ts';

const FAILURES = STATUS_BITS.failed | STATUS_BITS.timed_out;

/** These do not fail once their inputs are sound. */
const HARMLESS: ReadonlySet<string> = new Set(['core.noop', 'core.echo', 'core.log', 'core.set', 'core.sleep']);

/**
 * A task whose failure ends the run before a cleanup that the workflow wants after failures. A run that fails is what a
 * failure should lead to, so a task without a transition for it is no mistake by itself. It is one between two others: the
 * failure of an earlier task leads to a cleanup, success leads there as well, and only this task's failure does not.
 */
export const unhandledFailure: Rule = {
  code: 'HEDDLE_LINT_UNHANDLED_FAILURE',
  level: 'warning',
  check: ({ definition, plan }, report) => {
    const after = plan.tasks.map((task) => reachedOnSuccess(plan, task.slot));
    for (const { slot, name, actionName, transitions } of plan.tasks) {
      if (transitions.some(firesOnFailure) || HARMLESS.has(actionName)) continue;
      const cleanup = plan.tasks
        .filter((task) => task.slot !== slot && after[task.slot]?.has(slot) === true)
        .flatMap((task) => cleanupsOf(task, after).map((target) => ({ handled: task.name, target })))
        .find(({ target }) => target !== slot && after[slot]?.has(target) === true);
      const task = definition.tasks[slot];
      if (cleanup === undefined || task === undefined) continue;
      const target = plan.tasks[cleanup.target]?.name ?? '';
      report(
        {
          message: `When '${name}' fails, '${target}' does not run, to which a failure of '${cleanup.handled}' leads.`,
          hint: `Add a transition such as { when: failed(), do: ${target} }, or leave out the \`when\` of the one there is.`,
        },
        { path: task.namePath, what: 'value' },
      );
    }
  },
};

function firesOnFailure(transition: TransitionPlan): boolean {
  return (transition.statuses & FAILURES) !== 0 && (transition.targets.length > 0 || transition.handles);
}

/** What a task's failure leads to, and its success too, sooner or later. */
function cleanupsOf({ slot, transitions }: TaskPlan, after: readonly ReadonlySet<number>[]): number[] {
  const targets = transitions.filter(firesOnFailure).flatMap((transition) => transition.targets);
  return targets.filter((target) => after[slot]?.has(target) === true);
}

/** Tasks that run after one as long as all succeed. */
function reachedOnSuccess(plan: Plan, start: number): ReadonlySet<number> {
  const reached = new Set<number>();
  const work = [start];
  for (let slot = work.pop(); slot !== undefined; slot = work.pop()) {
    for (const { statuses, targets } of plan.tasks[slot]?.transitions ?? []) {
      if ((statuses & STATUS_BITS.succeeded) === 0) continue;
      for (const target of targets) {
        if (reached.has(target)) continue;
        reached.add(target);
        work.push(target);
      }
    }
  }
  return reached;
}
