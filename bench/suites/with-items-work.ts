import { defineAction, Executor, parseWorkflow, type ExecutorOptions } from '../../src/index.ts';
import type { TimedWork } from '../harness/comparison.ts';
import { ballast, items, type Item } from './data.ts';

/** A with-items task over so many items, while the context holds so many bytes. */
export interface Size {
  readonly items: number;
  readonly bytes: number;
}

/** What an iteration calls; the hand-written loop calls the same function. */
export interface Work<I, R> {
  readonly input: string;
  readonly run: (input: I) => R;
  /** Further keys of the task. */
  readonly rest?: string;
}

export interface Scalars {
  readonly value: number;
  readonly factor: number;
}

export const FACTOR = 3;

/** Two scalars, one of the item and one of the context. */
export const SCALARS = 'value: << item.value >>, factor: << workflow.factor >>';

export const multiply = ({ value, factor }: Scalars): number => value * factor;

/** The work in heddle: two tasks fill the context, a third iterates. */
export function inHeddle<I, R>(
  size: Size,
  work: Work<I, R>,
  options: ExecutorOptions = {},
  setUp?: (executor: Executor) => void,
): TimedWork {
  const context = ballast(size.bytes);
  const list = items(size.items);
  const actions = [
    defineAction({ name: 'bench.context', run: () => context }),
    defineAction({ name: 'bench.items', run: () => list }),
    defineAction({ name: 'bench.work', run: (input: I) => work.run(input) }),
  ];
  const workflow = parseWorkflow(
    `
vars: { factor: ${FACTOR} }
tasks:
  - { name: fetch, action: bench.context }
  - { name: list, action: bench.items }
  - name: work
    action: bench.work
    with-items: << task.list >>
    input: { ${work.input} }
    ${work.rest ?? ''}
output: { results: << task.work >>, size: << length(task.fetch) >> }
`,
    { actions },
  );
  const executor = new Executor(options);
  setUp?.(executor);
  return {
    run: () => executor.run(workflow),
    result: (returned) => (returned as { output: { results: unknown } }).output.results,
  };
}

/** The limit: a plain loop over the same functions. */
export function byHand<I, R>(
  size: Size,
  input: (item: Item, variables: { factor: number }) => I,
  work: Work<I, R>,
): TimedWork {
  const list = items(size.items);
  const variables = { factor: FACTOR };
  const { run } = work;
  return {
    run: () => {
      const results: R[] = [];
      for (let index = 0; index < list.length; index++) results.push(run(input(list[index] as Item, variables)));
      return results;
    },
  };
}
