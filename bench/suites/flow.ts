import { defineAction, Executor, parseWorkflow, type Action } from '../../src/index.ts';
import type { TimedWork } from '../harness/comparison.ts';

/** An action that needs no description. */
export function action<I, R>(name: string, run: (input: I) => R): Action {
  return defineAction({ name: `bench.${name}`, run: (input: I) => run(input) });
}

/** Runs a workflow to its end, over and over; compared is its output. */
export function workflowWork(
  text: string,
  actions: readonly Action[],
  parameters: Readonly<Record<string, unknown>> = {},
): TimedWork {
  const workflow = parseWorkflow(text, { actions });
  const executor = new Executor();
  return {
    run: () => executor.run(workflow, parameters),
    result: (returned) => {
      const { status, output, errors } = returned as { status: string; output: unknown; errors: unknown };
      if (status !== 'succeeded') throw new Error(`the run ${status}: ${JSON.stringify(errors)}`);
      return output;
    },
  };
}
