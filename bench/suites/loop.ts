import { compare, type TimedWork } from '../harness/comparison.ts';
import { action, workflowWork } from './flow.ts';

const step = ({ x }: { x: number }): number => x + 1;

/** A task that transitions to itself until its result says that it is done. */
export function loopText(count: number): string {
  return `
vars: { x: 0 }
limits: { task-runs: 2000000 }
tasks:
  - name: step
    action: bench.step
    input: { x: << workflow.x >> }
    next:
      - { when: 'result() < ${count}', publish: { x: << result() >> }, do: step }
output: { x: << task.step >> }
`;
}

function byHand(count: number): TimedWork {
  return {
    run: async () => {
      const variables = { x: 0 };
      let result: number;
      do {
        result = step(variables);
        variables.x = result;
      } while (result < count);
      return { x: result };
    },
  };
}

export const loop = compare<number>({
  name: 'loop',
  title: 'A loop of n executions: render, run, evaluate a condition, publish',
  unit: 'ns',
  each: 'an execution',
  per: (count) => count,
  cases: { '100': 100, '1,000,000': 1_000_000 },
  variants: [
    { name: 'hand-written', role: 'limit', prepare: byHand },
    {
      name: 'heddle',
      role: 'heddle',
      prepare: (count) => ({ ...workflowWork(loopText(count), [action('step', step)]), warmupRuns: 1000 }),
    },
  ],
});

const route = ({ x }: { x: number }): string => ['a', 'b', 'c'][x % 3] as string;
const answer = (branch: string): ((input: { x: number }) => string) => {
  return ({ x }) => `${branch}${x}`;
};

export const branch = compare<null>({
  name: 'branch',
  title: 'Three branches, of which a condition picks one',
  unit: 'ns',
  each: 'a run',
  cases: { 'the last of three': null },
  variants: [
    {
      name: 'hand-written',
      role: 'limit',
      prepare: () => {
        const branches: Readonly<Record<string, (input: { x: number }) => string>> = {
          a: answer('a'),
          b: answer('b'),
          c: answer('c'),
        };
        return {
          run: async () => {
            const chosen = branches[route({ x: 5 })];
            return { text: chosen?.({ x: 5 }) };
          },
        };
      },
    },
    {
      name: 'heddle',
      role: 'heddle',
      prepare: () =>
        workflowWork(
          `
parameters: { x: { type: integer } }
tasks:
  - name: route
    action: bench.route
    input: { x: << parameters.x >> }
    next:
      - { when: result() == 'a', do: a }
      - { when: result() == 'b', do: b }
      - { when: result() == 'c', do: c }
  - { name: a, action: bench.a, input: { x: << parameters.x >> } }
  - { name: b, action: bench.b, input: { x: << parameters.x >> } }
  - { name: c, action: bench.c, input: { x: << parameters.x >> } }
output: { text: "<< task.c >>" }
`,
          [action('route', route), ...['a', 'b', 'c'].map((name) => action(name, answer(name)))],
          { x: 5 },
        ),
    },
  ],
});
