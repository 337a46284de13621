/** The workflows of the Orquesta rehearsals, by the names of their fixtures. */
import type { ModelTask, ModelTransition, ModelWorkflow, When } from './workflow.ts';

function on(when: When, names: string, publish: ModelTransition['publish'] = []): ModelTransition {
  return { when, publish, do: names.split(' ').filter((name) => name !== '') };
}

type Next = Readonly<Record<string, readonly ModelTransition[]>>;

function graph(next: Next, extra: Readonly<Record<string, Partial<ModelTask>>> = {}, variables = {}): ModelWorkflow {
  const tasks = Object.entries(next).map(([name, transitions]) => ({ name, next: transitions, ...extra[name] }));
  return { order: 'graph', tasks, variables };
}

/** What the fixtures publish when all went well. */
export const WELL = 'hooray!!!';
/** What the fixtures publish when all went wrong. */
export const ILL = '$%#&@#$!!!';

export const sequential = graph(
  {
    task1: [on('succeeded', 'task2', [['greeting', { const: 'Stanley' }]])],
    task2: [on('succeeded', 'task3', [['greeting', { const: 'Stanley, All your base are belong to us!' }]])],
    task3: [on('succeeded', '', [['greeting', { const: 'Stanley, All your base are belong to us!' }]])],
  },
  {},
  { greeting: '' },
);
export const branching = graph({
  task1: [on('succeeded', 'task2 task4')],
  task2: [on('succeeded', 'task3')],
  task3: [],
  task4: [on('succeeded', 'task5')],
  task5: [],
});
export const cycle = graph(
  {
    prep: [on('succeeded', 'task1')],
    task1: [on('succeeded', 'task2')],
    task2: [on('succeeded', 'task3')],
    task3: [on(['succeeded-and-below', 'count', 2], 'task1', [['count', { increment: 'count' }]])],
  },
  {},
  { count: 0 },
);
// There is no `not` here: `hold` is the opposite of the fixture's `proceed`.
export const cycles = graph(
  {
    prep: [on('succeeded', 'task1')],
    task1: [
      on('succeeded', 'task2', [
        ['proceed', { const: 0 }],
        ['hold', { const: 1 }],
      ]),
    ],
    task2: [on(['succeeded-and-below', 'proceed', 1], 'task3'), on(['succeeded-and-below', 'hold', 1], 'task5')],
    task3: [on('succeeded', 'task4')],
    task4: [
      on('succeeded', 'task2', [
        ['proceed', { const: 1 }],
        ['hold', { const: 0 }],
      ]),
    ],
    task5: [on(['succeeded-and-below', 'count', 2], 'task1', [['count', { increment: 'count' }]])],
  },
  {},
  { count: 0, proceed: 0, hold: 0 },
);
export const cycleRetry = graph({
  init: [on('succeeded', 'task1')],
  task1: [on('failed', 'task1'), on('succeeded', 'task2')],
  task2: [],
});
export const errorContinue = graph(
  {
    task1: [on('succeeded', 'task2'), on('failed', 'continue', [['message', { const: ILL }]])],
    task2: [on('succeeded', '', [['message', { const: WELL }]])],
  },
  {},
  { message: '' },
);
export const errorFail = graph(
  {
    task1: [on('succeeded', 'task2'), on('failed', 'task3')],
    task2: [on('succeeded', '', [['message', { const: WELL }]])],
    task3: [on('succeeded', 'fail', [['message', { const: ILL }]])],
  },
  {},
  { message: '' },
);
export const errorHandling = graph({ task1: [on('succeeded', 'task2'), on('failed', 'task3')], task2: [], task3: [] });

function twoBranches(...before: readonly ModelTransition[]): ModelWorkflow {
  return graph(
    {
      task1: [on('succeeded', 'task2 task4')],
      task2: [on('succeeded', 'task3')],
      task3: before,
      task4: [on('succeeded', 'task5')],
      task5: before,
      task6: [on('succeeded', 'task7')],
      task7: [],
    },
    { task6: { join: 'all' } },
  );
}
export const join = twoBranches(on('succeeded', 'task6'));
export const joinOnComplete = twoBranches(on('completed', 'task6'));
export const joinAllComplex = twoBranches(on('succeeded', 'task6'), on('failed', 'task6'), on('completed', 'task6'));
export const joinCount = graph(
  {
    task1: [on('succeeded', 'task2 task4 task6')],
    task2: [on('succeeded', 'task3')],
    task3: [on('succeeded', 'task8')],
    task4: [on('succeeded', 'task5'), on('failed', 'noop')],
    task5: [on('succeeded', 'task8'), on('failed', 'noop')],
    task6: [on('succeeded', 'task7'), on('failed', 'noop')],
    task7: [on('succeeded', 'task8'), on('failed', 'noop')],
    task8: [],
  },
  { task8: { join: 2 } },
);
export const split = graph(
  {
    task1: [on('succeeded', 'task2 task3')],
    task2: [on('succeeded', 'task4')],
    task3: [on('succeeded', 'task4')],
    task4: [on('succeeded', 'task5 task6')],
    task5: [on('succeeded', 'task7')],
    task6: [on('succeeded', 'task7')],
    task7: [],
  },
  { task7: { join: 'all' } },
);
export const splits = graph(
  {
    task1: [on('succeeded', 'task2 task3 task8')],
    task2: [on('succeeded', 'task4')],
    task3: [on('succeeded', 'task4')],
    task4: [on('succeeded', 'task5 task6')],
    task5: [on('succeeded', 'task7')],
    task6: [on('succeeded', 'task7')],
    task7: [on('succeeded', 'task8')],
    task8: [],
  },
  { task7: { join: 'all' } },
);
export const splitsMixed = graph({
  task1: [on('succeeded', 'task3')],
  task2: [on('succeeded', 'task3')],
  task3: [on('succeeded', 'task4'), on('failed', 'task4')],
  task4: [on('succeeded', 'task5')],
  task5: [],
});
export const splitsTransition = graph(
  {
    task1: [on('succeeded', 'task3')],
    task2: [on('succeeded', 'task3')],
    task3: [on('succeeded', 'task4'), on('succeeded', 'task4')],
    task4: [on('succeeded', 'task5 task6')],
    task5: [on('succeeded', 'task7')],
    task6: [on('succeeded', 'task7')],
    task7: [],
  },
  { task7: { join: 'all' } },
);
export const taskOnComplete = graph({
  task1: [on('succeeded', 'task2'), on('failed', 'task3'), on('always', 'task4')],
  task2: [],
  task3: [],
  task4: [],
});
export const itemsTransition = graph({ task1: [on('succeeded', 'task2')], task2: [] });
export const itemsRemediate = graph({ task1: [on('failed', 'task2')], task2: [] });
