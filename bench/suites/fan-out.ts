import { compare, type TimedWork } from '../harness/comparison.ts';
import { langgraphFanOut } from '../peers/langgraph.ts';
import { action, workflowWork } from './flow.ts';

const square = ({ x }: { x: number }): number => x * x;
const total = ({ values }: { values: readonly number[] }): number => values.reduce((sum, value) => sum + value, 0);

const numbers = (count: number): number[] => Array.from({ length: count }, (_, number) => number);

function inHeddle(count: number): TimedWork {
  const names = numbers(count).map((number) => `t${number}`);
  const branches = names.map(
    (name, number) => `  - { name: ${name}, action: bench.square, input: { x: ${number} }, next: [{ do: end }] }`,
  );
  return workflowWork(
    `
tasks:
  - { name: start, next: [{ do: [${names.join(', ')}] }] }
${branches.join('\n')}
  - name: end
    join: all
    action: bench.total
    input: { values: '<< [${names.map((name) => `task.${name}`).join(', ')}] >>' }
output: { total: << task.end >> }
`,
    [action('square', square), action('total', total)],
  );
}

export const fanOut = compare<number>({
  name: 'fan-out',
  title: 'Fan-out to n synchronous tasks and a join that adds up their results',
  unit: 'ns',
  each: 'a run',
  cases: { '3': 3, '50': 50 },
  variants: [
    {
      name: 'hand-written',
      role: 'limit',
      prepare: (count) => {
        const list = numbers(count);
        return { run: async () => ({ total: total({ values: list.map((x) => square({ x })) }) }) };
      },
    },
    { name: 'heddle', role: 'heddle', prepare: inHeddle },
    { name: 'langgraph', role: 'peer', needs: '@langchain/langgraph', prepare: langgraphFanOut },
  ],
});
