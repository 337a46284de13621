import { load as parseYaml } from 'js-yaml';
import { parseWorkflow } from '../../src/index.ts';
import { compare, type TimedWork } from '../harness/comparison.ts';
import { hundredTasks } from './hundred-tasks.ts';

const text = hundredTasks();

export const load = compare<null>({
  name: 'load',
  title: 'Load, validate and plan a workflow of 100 tasks',
  unit: 'ns',
  each: 'a workflow',
  cases: { '100 tasks': null },
  warmUpMs: 5000,
  variants: [
    {
      name: 'js-yaml alone',
      role: 'limit',
      prepare: (): TimedWork => ({
        run: () => parseYaml(text),
        result: (returned) => (returned as { tasks: unknown[] }).tasks.length,
      }),
    },
    {
      name: 'heddle',
      role: 'heddle',
      prepare: (): TimedWork => ({
        run: () => parseWorkflow(text),
        result: (returned) => (returned as ReturnType<typeof parseWorkflow>).plan.tasks.length,
      }),
    },
  ],
  note: `The file has ${text.length.toLocaleString('en-US')} characters: transitions, conditions, items, retries, inputs of three templates.`,
});

export const loadFirst = compare<null>({
  name: 'load-first',
  title: 'The same, the first time in a process',
  unit: 'ns',
  each: 'a workflow',
  cases: { '100 tasks': null },
  variants: [
    { name: 'js-yaml alone', role: 'limit', prepare: () => first(() => parseYaml(text)) },
    { name: 'heddle', role: 'heddle', prepare: () => first(() => parseWorkflow(text)) },
  ],
});

function first(run: () => unknown): { measure: () => number } {
  return {
    measure: () => {
      const startedMs = performance.now();
      run();
      return (performance.now() - startedMs) * 1e6;
    },
  };
}
