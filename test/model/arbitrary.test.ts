import fc from 'fast-check';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { scenario } from './arbitrary.ts';
import { interpret, type ModelRun } from './interpreter.ts';
import { toYaml } from './rendering.ts';
import type { ModelWorkflow } from './workflow.ts';

describe('scenarios', () => {
  const sample = fc.sample(scenario, { numRuns: 300, seed: 20261121 });
  const runs = sample.map(({ workflow, script }) => ({ workflow, run: interpret(workflow, script) }));

  function share(holds: (run: ModelRun, workflow: ModelWorkflow) => boolean): number {
    return runs.filter(({ run, workflow }) => holds(run, workflow)).length / runs.length;
  }

  // A property over scenarios that all end after one task would hold of anything.
  it.each<[string, number, (run: ModelRun, workflow: ModelWorkflow) => boolean]>([
    ['succeed', 0.3, ({ status }) => status === 'succeeded'],
    ['fail', 0.2, ({ status }) => status === 'failed'],
    ['start more than five tasks', 0.2, ({ starts }) => starts.length > 5],
    ['start a task again', 0.2, ({ starts }) => new Set(starts).size < starts.length],
    ['retry', 0.05, ({ calls, starts }) => calls.length > starts.length],
    ['skip', 0.1, ({ ends }) => ends.some(({ status }) => status === 'skipped')],
    ['handle a failure', 0.05, ({ errors }) => errors.some(({ handled }) => handled)],
    ['meet the command fail', 0.05, ({ errors }) => errors.some(({ code }) => code === 'HEDDLE_RUN_FAILED')],
    ['open a barrier', 0.1, ({ starts }, { tasks }) => tasks.some((task) => task.join && starts.includes(task.name))],
    ['leave a barrier shut', 0.05, ({ unreachable }) => unreachable.length > 0],
    [
      'start what needs others',
      0.1,
      ({ starts }, { tasks }) => tasks.some((task) => task.needs && starts.includes(task.name)),
    ],
    ['exceed the limit', 0.02, ({ limitExceeded }) => limitExceeded],
    ['run in sequence', 0.05, (_, { order }) => order === 'sequence'],
  ])('often enough %s', (_, least, holds) => {
    expect(share(holds)).toBeGreaterThan(least);
  });

  it('depend on when outcomes are known, now and then', () => {
    const differ = sample.filter(({ workflow, script }) => {
      const [atOnce, later] = [interpret(workflow, script, 'at once'), interpret(workflow, script, 'later')];
      return atOnce.starts.join() !== later.starts.join();
    });
    expect(differ.length).toBeGreaterThan(3);
  });

  it('render to YAML that says the same', () => {
    for (const { workflow } of sample) {
      expect(load(toYaml(workflow)), toYaml(workflow)).toEqual(asDocument(workflow));
    }
  });
});

/** The document that a workflow's YAML must hold; written without the text, from which a slip in quoting would show. */
function asDocument({ order, limit, variables, tasks }: ModelWorkflow): unknown {
  const present = (entries: readonly (readonly [string, unknown])[]): Record<string, unknown> =>
    Object.fromEntries(
      entries.filter(([, value]) => value !== undefined && (!Array.isArray(value) || value.length > 0)),
    );
  return {
    name: 'model',
    order,
    limits: { 'task-runs': limit },
    vars: variables,
    output: Object.fromEntries(Object.keys(variables).map((name) => [name, `<< workflow.${name} >>`])),
    tasks: tasks.map(({ name, join, needs, skipWhen, retry, next }) =>
      present([
        ['name', name],
        ['action', 'test.step'],
        ['input', { task: name }],
        ['join', join],
        ['needs', needs],
        ['when', skipWhen && (skipWhen === true ? '1 == 2' : `workflow.${skipWhen[0]} >= ${skipWhen[1]}`)],
        ['retry', retry && { count: retry }],
        [
          'next',
          next.map(({ when, publish = [], do: names }) => {
            const condition = typeof when === 'string' ? `${when}()` : `workflow.${when[1]} < ${when[2]}`;
            const prefix = when[0] === 'succeeded-and-below' ? 'succeeded() and ' : '';
            return present([
              ['when', when === 'always' ? undefined : prefix + condition],
              [
                'publish',
                publish.map(([name, change]) => ({
                  [name]: 'const' in change ? change.const : `<< workflow.${change.increment} + 1 >>`,
                })),
              ],
              ['do', names],
            ]);
          }),
        ],
      ]),
    ),
  };
}
