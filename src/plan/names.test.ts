import { describe, expect, it } from 'vitest';
import { Executor } from '../node/executor.ts';
import { parseWorkflow } from '../node/load-workflow.ts';

/** What an expression gives in the output of a run. */
async function outputOf(expression: string): Promise<unknown> {
  const workflow = parseWorkflow(
    `
name: names
parameters: { region: { type: string, default: eu } }
vars: { counter: 1, settings: { deep: [5] } }
tasks:
  - { name: fetch, action: core.set, input: { rows: [1, 2], result: own } }
  - { name: plain, action: core.set, input: { rows: [3] } }
  - name: each
    with-items: [a, b, x]
    as: letter
    key: letter
    on-item-failure: continue
    action: core.assert
    input: { that: << letter != 'x' >>, message: no x }
    next: [{ when: failed(), publish: { counter: << counter + 1 >>, status: << error().code >> }, do: skipped }]
  - { name: skipped, when: counter > 99 }
  - { name: never, join: 1 }
  - { name: leads, when: false, next: { when: succeeded(), do: never } }
output: { value: ${JSON.stringify(`<< ${expression} >>`)} }
`,
    { actions: [] },
  );
  const executor = new Executor({ config: { level: 7 }, keystore: { token: 't0ken' } });
  const { output, errors, status } = await executor.run(workflow, {});
  expect(status, JSON.stringify(errors)).toBe('succeeded');
  return output['value'];
}

describe('the names of DESIGN 3', () => {
  it.each<[string, unknown]>([
    ['parameters.region', 'eu'],
    ['parameters', { region: 'eu' }],
    ['workflow.counter', 2],
    ['vars.counter', 2],
    ['variables.counter', 2],
    ['counter', 2],
    ['vars', { counter: 2, settings: { deep: [5] }, status: 'HEDDLE_ITEMS_FAILED' }],
    ['settings.deep[0]', 5],
    ['task.fetch.rows', [1, 2]],
    ['tasks.fetch.rows', [1, 2]],
    ["task['fetch'].rows[1]", 2],
    ['task.fetch.result', 'own'],
    ['task.plain.result', { rows: [3] }],
    ['task.plain.data.rows', [3]],
    ['task.never ?? "none"', 'none'],
    ['keys(task)', ['fetch', 'plain', 'each']],
    ['config.level', 7],
    ['config', { level: 7 }],
    ["keystore['to' + 'ken'] == 't0ken'", true],
    ["secrets.token == 't0ken'", true],
    ['type_of(system.run_id)', 'string'],
    ['system.workflow', 'names'],
    ['type_of(system.started_at)', 'string'],
    ['system.task', null],
    ['system.attempt', 1],
    ['sort(keys(system))', ['attempt', 'run_id', 'started_at', 'task', 'workflow']],
    ["status('fetch')", 'succeeded'],
    ["status('each')", 'failed'],
    ["status('skipped')", 'skipped'],
    ["status('never')", 'pending'],
    ["attempts('each')", 3],
    ["attempts('never')", 0],
    ["stats('each')", { total: 3, succeeded: 2, failed: 1, skipped: 0 }],
    ["stats('fetch')", { total: 0, succeeded: 0, failed: 0, skipped: 0 }],
    [
      "map(failures('each'), f => [f.index, f.key, f.item, f.error.code, f.attempts])",
      [[2, 'x', 'x', 'HEDDLE_ASSERTION', 1]],
    ],
    ["failures('never')", []],
  ])('%s', async (expression, value) => {
    const found = await outputOf(expression);
    if (expression === 'keys(task)') expect(found).toEqual(expect.arrayContaining(value as unknown[]));
    else expect(found).toEqual(value);
  });
});

describe('names of a completed execution', () => {
  /** What an expression in a transition gives, of a task that ends in a status. */
  async function inTransition(task: string, expression: string): Promise<unknown> {
    const text = `tasks: [{ name: t, ${task}, next: [{ when: completed(), publish: { v: ${JSON.stringify(`<< ${expression} >>`)} }, do: noop }] }]
output: { v: << v >> }`;
    const { output } = await new Executor().run(parseWorkflow(text, { actions: [] }));
    return output['v'];
  }
  const every = '[succeeded(), failed(), timed_out(), cancelled(), skipped(), completed(), status()]';

  it.each([
    ['action: core.noop', [true, false, false, false, false, true, 'succeeded']],
    ['action: core.fail', [false, true, false, false, false, true, 'failed']],
    [
      'action: core.sleep, input: { duration: 60 }, timeout: 1ms',
      [false, false, true, false, false, true, 'timed_out'],
    ],
    ['when: 1 > 2', [false, false, false, false, true, true, 'skipped']],
  ])('{ %s }: exactly one status', async (task, expected) => {
    expect(await inTransition(task, every)).toEqual(expected);
  });

  it('result and error', async () => {
    const fail = 'action: core.fail, input: { message: why, code: MINE, result: { n: 1 } }';
    expect(await inTransition(fail, '[result(), error()]')).toEqual([
      { n: 1 },
      { code: 'MINE', message: 'why', task: 't', index: null, attempt: 1 },
    ]);
    expect(await inTransition('action: core.set, input: { a: 1 }', '[result().a, error()]')).toEqual([1, null]);
  });
});

describe('names that are computed', () => {
  it('of tasks are looked up while it runs', async () => {
    expect(await outputOf("status('fe' + 'tch')")).toBe('succeeded');
    const workflow = parseWorkflow(`tasks: [{ name: a }]\noutput: { v: "<< status('b' + '') >>" }`);
    const { errors } = await new Executor().run(workflow);
    expect(errors).toMatchObject([
      {
        code: 'HEDDLE_EXPRESSION_VALUE',
        message: expect.stringContaining('there is no task "b"; there are: a') as string,
      },
    ]);
  });
});
