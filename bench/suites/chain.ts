import { defineAction, Executor, parseWorkflow } from '../../src/index.ts';
import { compare, type ComparisonDefinition, type TimedWork } from '../harness/comparison.ts';
import { langgraphChain } from '../peers/langgraph.ts';
import { xstateChain } from '../peers/xstate.ts';

const LENGTHS: Readonly<Record<string, number>> = { '1': 1, '3': 3, '10': 10, '100': 100 };

const increment = ({ x }: { x: number }): number => x + 1;

const actions = [defineAction({ name: 'bench.increment', run: increment })];

function inHeddle(count: number, isGraph: boolean): TimedWork {
  const tasks = Array.from({ length: count }, (_, number) => {
    const input = number === 0 ? '0' : `<< task.t${number - 1} >>`;
    const next = isGraph && number < count - 1 ? `, next: [{ when: succeeded(), do: t${number + 1} }]` : '';
    return `  - { name: t${number}, action: bench.increment, input: { x: ${input} }${next} }`;
  });
  const workflow = parseWorkflow(
    `order: ${isGraph ? 'graph' : 'sequence'}\ntasks:\n${tasks.join('\n')}\noutput: { x: << task.t${count - 1} >> }\n`,
    { actions },
  );
  const executor = new Executor();
  return {
    run: () => executor.run(workflow),
    result: (returned) => (returned as { output: { x: number } }).output.x,
  };
}

/** The same functions called one after the other, each result kept by name. */
function byHand(count: number): TimedWork {
  const steps = Array.from({ length: count }, (_, number) => ({ name: `t${number}`, run: increment }));
  return {
    run: async () => {
      const results: number[] = [];
      let x = 0;
      for (const step of steps) {
        x = step.run({ x });
        results.push(x);
      }
      return results;
    },
    result: (returned) => (returned as number[]).at(-1),
  };
}

const definition = {
  unit: 'ns',
  each: 'a run',
  cases: LENGTHS,
  smokeCase: '3',
} as const satisfies Partial<ComparisonDefinition<number>>;

const limit = { name: 'hand-written', role: 'limit', prepare: byHand } as const;

export const chain = compare<number>({
  ...definition,
  name: 'chain',
  title: 'A chain of n synchronous tasks, in a sequence',
  variants: [limit, { name: 'heddle', role: 'heddle', prepare: (count) => inHeddle(count, false) }],
  note: 'Each task gets the result of the one before it through a template and adds one. Every result is kept until nothing can read it.',
});

export const chainGraph = compare<number>({
  ...definition,
  name: 'chain-graph',
  title: 'A chain of n synchronous tasks, by transitions `when: succeeded()`',
  variants: [
    limit,
    { name: 'heddle', role: 'heddle', prepare: (count) => inHeddle(count, true) },
    { name: 'xstate', role: 'peer', needs: 'xstate', prepare: xstateChain },
    { name: 'langgraph', role: 'peer', needs: '@langchain/langgraph', prepare: langgraphChain },
  ],
  note: 'xstate is sent one event for each task of a machine made once; langgraph invokes a graph compiled once.',
});
