import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TaskDefinition, WorkflowDefinition } from './definition.ts';
import { readWorkflow, readWorkflowObject } from './read.ts';

const brief = (text: string): string[] =>
  readWorkflow(text).diagnostics.map(
    ({ line, column, code, message, suggestion }) =>
      `${String(line)}:${String(column)} ${code.slice(7)} ${message}${suggestion === undefined ? '' : ` => ${suggestion}`}`,
  );
const clean = (text: string): WorkflowDefinition => {
  const { definition, diagnostics } = readWorkflow(text, { file: 'flows/my-flow.yaml' });
  expect(diagnostics).toEqual([]);
  if (definition === null) throw new Error('no definition');
  return definition;
};
const task = (keys: string): TaskDefinition => {
  const [only] = clean(`tasks:\n  - name: a\n${keys.replace(/^/gm, '    ')}\n`).tasks;
  if (only === undefined) throw new Error('no task');
  return only;
};
const mistakes = (keys: string): string[] => brief(`tasks:\n  - name: a\n${keys.replace(/^/gm, '    ')}\n`);

describe('a workflow', () => {
  it('has defaults for all it does not say', () => {
    expect(clean('tasks: [{ name: a }]')).toEqual({
      name: 'my-flow',
      tags: [],
      parameters: [],
      vars: [],
      tasks: [
        {
          name: 'a',
          path: ['tasks', 0],
          namePath: ['tasks', 0, 'name'],
          action: { value: 'core.noop', path: ['tasks', 0] },
          input: {},
          inputPath: ['tasks', 0, 'input'],
          needs: [],
          next: [],
          raw: [],
        },
      ],
      output: [],
      onCancel: 'abort',
      onRunFailure: 'finish',
      limits: { taskRuns: 100_000, failures: 1000, interruptions: 3 },
    });
    expect(readWorkflow('tasks: [{ name: a }]').definition?.name).toBe('workflow');
  });

  it('is read in full', () => {
    const definition = clean(`
name: x
version: 1.0
description: what for
tags: [a, b]
parameters:
  region: { type: string, default: eu, description: where, secret: true }
  who: { type: object, required: [id] }
  must: { required: true }
  any:
vars:
  - first: 1
  - second: << workflow.first >>
    third: [1]
output-map: { a: << x >>, b: 2 }
order: dataflow
timeout: 2m
concurrency: 3
on_cancel: finish
on-run-failure: abort
limits: { task_runs: 5, failures: 6, interruptions: 7, owned-bytes-per-item: 2KiB }
tasks: [{ name: a }]
`);
    expect(definition).toMatchObject({
      name: 'x',
      version: '1.0',
      description: 'what for',
      tags: ['a', 'b'],
      vars: [
        { name: 'first', value: 1, path: ['vars', 0, 'first'] },
        { name: 'second', value: '<< workflow.first >>', path: ['vars', 1, 'second'] },
        { name: 'third', value: [1], path: ['vars', 1, 'third'] },
      ],
      output: [
        { name: 'a', value: '<< x >>', path: ['output-map', 'a'] },
        { name: 'b', value: 2, path: ['output-map', 'b'] },
      ],
      order: 'dataflow',
      timeoutMs: 120_000,
      concurrency: 3,
      onCancel: 'finish',
      onRunFailure: 'abort',
      limits: { taskRuns: 5, failures: 6, interruptions: 7, ownedBytesPerItem: 2048 },
    });
    const schema = { type: 'string', default: 'eu', description: 'where' };
    expect(definition.parameters).toEqual([
      {
        name: 'region',
        path: ['parameters', 'region'],
        schema,
        required: false,
        secret: true,
        default: 'eu',
        description: 'where',
      },
      {
        name: 'who',
        path: ['parameters', 'who'],
        schema: { type: 'object', required: ['id'] },
        required: false,
        secret: false,
      },
      { name: 'must', path: ['parameters', 'must'], schema: {}, required: true, secret: false },
      { name: 'any', path: ['parameters', 'any'], schema: {}, required: false, secret: false },
    ]);
  });

  it('may sit under workflow:, and own keys under x-', () => {
    const text = 'x-mine: &m { count: 1 }\nworkflow:\n  name: w\n  x-more: 1\n  tasks: [{ name: a, retry: *m }]\n';
    const definition = clean(text);
    expect(definition.name).toBe('w');
    expect(definition.tasks[0]).toMatchObject({ path: ['workflow', 'tasks', 0], retry: { count: 1 } });
    expect(brief(`name: out\n${text}`)).toEqual([
      "1:1 UNKNOWN_KEY The key 'name' stands beside 'workflow'; move it below that key.",
    ]);
  });

  it('may have its tasks as a mapping', () => {
    const { tasks } = clean('tasks:\n  one: { action: core.echo }\n  two:\n');
    expect(tasks).toMatchObject([
      { name: 'one', path: ['tasks', 'one'], namePath: ['tasks', 'one'], action: { value: 'core.echo' } },
      { name: 'two', action: { value: 'core.noop' } },
    ]);
    expect(brief('tasks:\n  my-task: {}\n  one: { name: other }\n')).toEqual([
      "2:3 SCHEMA 'my-task' cannot name a task: templates reach it as task.NAME, so letters, digits and _ are expected. => my_task",
      "3:16 KEY_CONFLICT The task is called 'one' by its key and 'other' by 'name'.",
    ]);
  });

  it.each([
    ['', '1:1 SCHEMA The file is empty.'],
    ['# nothing\n', '1:1 SCHEMA The file is empty.'],
    ['- a\n', '1:1 SCHEMA A workflow is a mapping with the key tasks.'],
    ['just text\n', '1:1 SCHEMA A workflow is a mapping with the key tasks.'],
    ['name: x\n', "1:1 SCHEMA The workflow has no tasks: the key 'tasks' is missing or empty."],
    ['tasks: []\n', "1:1 SCHEMA The workflow has no tasks: the key 'tasks' is missing or empty."],
    ['tasks: abc\n', "1:8 SCHEMA 'tasks' should be a list of tasks with names, or a mapping of names to tasks, but is 'abc'."],
    ['tasks: [a]\n', "1:9 SCHEMA The entry should be a mapping with name, action, input and other keys of a task, but is 'a'."],
    ['tasks: [{ action: x }]\n', "1:9 SCHEMA The task has no name: the key 'name' is missing."],
    ['taks: [{ name: a }]\n', "1:1 UNKNOWN_KEY The key 'taks' is not known in a workflow. => tasks"],
    ['steps: [{ name: a }]\n', "1:1 UNKNOWN_KEY The key 'steps' is not known in a workflow. => tasks"],
    ['output: {}\noutput_map: {}\ntasks: [{ name: a }]\n', "2:1 KEY_CONFLICT 'output' and 'output-map' are the same key."],
    ['on-cancel: abort\non_cancel: abort\ntasks: [{ name: a }]\n', "2:1 KEY_CONFLICT 'on_cancel' and 'on-cancel' are the same key."],
    ['limits: { task_run: 5 }\ntasks: [{ name: a }]\n', "1:11 UNKNOWN_KEY The key 'task-run' is not known in 'limits'. => task-runs"],
    ['limits: { task_runs: x }\ntasks: [{ name: a }]\n', "1:22 SCHEMA 'task-runs' should be a whole number of at least 1, but is 'x'."],
    ['timeout: << x >>\ntasks: [{ name: a }]\n', "1:10 DURATION 'timeout' should be a duration: a number of seconds, or text such as 250ms, 5s, 2m, 1h, 1d (no template here), but is '<< x >>'."],
    ['parameters: { a: { type: strng } }\ntasks: [{ name: a }]\n', "1:26 SCHEMA 'type' should be one of string, number, integer, boolean, array, object, null, or a list of these, but is 'strng'."],
    ['parameters: { a: { defualt: 1 } }\ntasks: [{ name: a }]\n', "1:20 UNKNOWN_KEY The key 'defualt' is not known in 'a'. => default"],
    ['parameters: { a: string }\ntasks: [{ name: a }]\n', "1:18 SCHEMA 'a' should be a mapping such as { type: string, default: eu }, but is 'string'."],
  ])('%j', (text, message) => {
    expect(brief(text)).toEqual([message]);
  }); // prettier-ignore

  it('keeps a parameter that has one wrong key', () => {
    const { definition } = readWorkflow('parameters: { a: { type: string, defualt: 1 } }\ntasks: [{ name: a }]\n');
    expect(definition?.parameters).toMatchObject([{ name: 'a', schema: { type: 'string' } }]);
  });
});

describe('a task', () => {
  it('is read in full', () => {
    expect(
      task(`
description: d
action: http.get
input: { url: << item >>, deep: { a: [1] } }
when: true
needs: b, c
join: all
retry: { count: 2, delay: 200ms, backoff: exponential, max-delay: 1m, jitter: true, when: result().status > 1 }
timeout: 5s
task_timeout: 1h
delay: << parameters.wait >>
cache: { key: << item >>, ttl: 10m }
raw: [script]`),
    ).toEqual({
      name: 'a',
      description: 'd',
      path: ['tasks', 0],
      namePath: ['tasks', 0, 'name'],
      action: { value: 'http.get', path: ['tasks', 0, 'action'] },
      input: { url: '<< item >>', deep: { a: [1] } },
      inputPath: ['tasks', 0, 'input'],
      when: { value: 'true', path: ['tasks', 0, 'when'] },
      needs: [
        { value: 'b', path: ['tasks', 0, 'needs'], offset: 0 },
        { value: 'c', path: ['tasks', 0, 'needs'], offset: 3 },
      ],
      next: [],
      join: { value: 'all', path: ['tasks', 0, 'join'] },
      retry: {
        path: ['tasks', 0, 'retry'],
        count: 2,
        delayMs: { value: 200, path: ['tasks', 0, 'retry', 'delay'] },
        backoff: 'exponential',
        maxDelayMs: 60_000,
        jitter: 1,
        when: { value: 'result().status > 1', path: ['tasks', 0, 'retry', 'when'] },
      },
      timeoutMs: { value: 5000, path: ['tasks', 0, 'timeout'] },
      taskTimeoutMs: { value: 3_600_000, path: ['tasks', 0, 'task_timeout'] },
      delayMs: { value: '<< parameters.wait >>', path: ['tasks', 0, 'delay'] },
      cache: {
        path: ['tasks', 0, 'cache'],
        key: { value: '<< item >>', path: ['tasks', 0, 'cache', 'key'] },
        ttlMs: 600_000,
      },
      raw: ['script'],
    });
  });

  it('reads numbers as seconds and the short forms of raw', () => {
    expect(task('timeout: 1.5\nraw: true\ncache: { key: 1, ttl: 2 }')).toMatchObject({
      timeoutMs: { value: 1500 },
      raw: true,
      cache: { ttlMs: 2000 },
    });
    expect(task('raw: script').raw).toEqual(['script']);
    expect(task('raw: false\nretry: { count: 1, jitter: 0.5 }')).toMatchObject({ raw: [], retry: { jitter: 0.5 } });
  });

  it('takes an empty key for one that is not there', () => {
    expect(task('when:\ninput:\nnext:\ntimeout: ~')).toEqual(task(''));
  });

  it.each([
    ['acton: x', "3:5 UNKNOWN_KEY The key 'acton' is not known in a task. => action"],
    ['uses: x', "3:5 UNKNOWN_KEY The key 'uses' is not known in a task. => action"],
    ['if: x', "3:5 UNKNOWN_KEY The key 'if' is not known in a task. => when"],
    ['action: 5', "3:13 SCHEMA 'action' should be text, but is 5."],
    ['action: [x]', "3:13 SCHEMA 'action' should be text, but is a list."],
    ['input: x', "3:12 SCHEMA 'input' should be a mapping of input names to values, but is 'x'."],
    ['when: [x]', "3:11 SCHEMA 'when' should be an expression, but is a list."],
    ['needs: 5', "3:12 SCHEMA 'needs' should be a name or a list of names, but is 5."],
    ['needs: [b, 5]', '3:16 SCHEMA The entry should be text, but is 5.'],
    ['needs: << x >>', '3:12 SCHEMA A task is named here, and a template cannot name one.'],
    ['join: some', "3:11 SCHEMA 'join' should be `all` or a whole number of at least 1, but is 'some'."],
    ['join: 0', "3:11 SCHEMA 'join' should be `all` or a whole number of at least 1, but is 0."],
    ['timeout: 5 sec', "3:14 DURATION 'timeout' should be a duration: a number of seconds, or text such as 250ms, 5s, 2m, 1h, 1d, but is '5 sec'."],
    ['timeout: -1', "3:14 DURATION 'timeout' should be a duration: a number of seconds, or text such as 250ms, 5s, 2m, 1h, 1d, but is -1."],
    ['retry: 3', "3:12 SCHEMA 'retry' should be a mapping such as { count: 3, delay: 1s, backoff: exponential }, but is 3."],
    ['retry: { delay: 1s }', "3:5 SCHEMA The key 'count' is missing in a retry."],
    ['retry: { count: many }', "3:21 SCHEMA 'count' should be a whole number of at least 0, but is 'many'."],
    ['retry: { count: 1, attempts: 2 }', "3:24 UNKNOWN_KEY The key 'attempts' is not known in a retry. => count"],
    ['retry: { count: 1, backoff: linaer }', "3:33 SCHEMA 'backoff' should be one of constant, linear, exponential, but is 'linaer'. => linear"],
    ['retry: { count: 1, jitter: 2 }', "3:32 SCHEMA 'jitter' should be true, false or a share between 0 and 1, but is 2."],
    ['retry: { count: 1, max_delay: << x >> }', "3:35 DURATION 'max-delay' should be a duration: a number of seconds, or text such as 250ms, 5s, 2m, 1h, 1d (no template here), but is '<< x >>'."],
    ['cache: { ttl: 1s }', "3:5 SCHEMA The key 'key' is missing in 'cache'."],
    ['cache: x', "3:12 SCHEMA 'cache' should be a mapping such as { key: << parameters.region >>, ttl: 10m }, but is 'x'."],
    ['raw: 5', "3:10 SCHEMA 'raw' should be true or a list of input names, but is 5."],
    ['concurrency: 5', "3:5 SCHEMA 'concurrency' has no effect without 'with-items'."],
    ['with-items: task.b', "3:17 SCHEMA 'with-items' should be a template such as << task.fetch >>, a list, or a mapping such as { from: file, path: data/log.txt }, but is 'task.b'."],
    ['with-items:', "3:16 SCHEMA 'with-items' should be a template such as << task.fetch >>, a list, or a mapping such as { from: file, path: data/log.txt }, but is empty."],
    ['with-items: { form: file, path: x }', "3:5 SCHEMA The key 'from' is missing in 'with-items'."],
    ['next: b', "3:11 SCHEMA 'next' should be a list of transitions, each a mapping with when, publish, do, but is 'b'."],
    ['next: [{ doo: b }]', "3:14 UNKNOWN_KEY The key 'doo' is not known in a transition. => do"],
    ['next: [{ do: 5 }]', "3:18 SCHEMA 'do' should be a name or a list of names, but is 5."],
    ['next: [b]', "3:12 SCHEMA The entry should be a mapping with when, publish, do, but is 'b'."],
    ['next: [{ publish: x }]', "3:23 SCHEMA 'publish' should be a mapping of variable names to values, or a list of such mappings, but is 'x'."],
    ['next: [{ publish: [x] }]', "3:24 SCHEMA The entry should be a mapping of variable names to values, but is 'x'."],
    ['publish: { a..b: 1 }', "3:16 SCHEMA 'a..b' cannot be a variable: a name, or names joined by dots, is expected."],
    ['on-success: 5', "3:17 SCHEMA 'on-success' should be the name of a task or a mapping with when, publish, do, but is 5."],
    ['decision: [{ next: b }]', "3:16 SCHEMA A branch of 'decision' needs 'when', or 'default: true'."],
    ['decision: b', "3:15 SCHEMA 'decision' should be a list of branches, each with when (or default: true) and next, but is 'b'."],
  ])('%s', (keys, message) => {
    const found = mistakes(keys);
    expect(found[0]).toBe(message);
    expect(found.filter((line) => !line.includes("'path'") && !line.includes("'form'"))).toHaveLength(1);
  }); // prettier-ignore

  it.each([
    ['fail', "'fail' is a command of 'do' and cannot be the name of a task. => fail_task"],
    ['my task', "'my task' cannot name a task: templates reach it as task.NAME, so letters, digits and _ are expected. => my_task"],
    ['1st', "'1st' cannot name a task: templates reach it as task.NAME, so letters, digits and _ are expected. => _1st"],
    ['__proto__', "'__proto__' cannot name a task: templates reach it as task.NAME, so letters, digits and _ are expected."],
    ['é', "'é' cannot name a task: templates reach it as task.NAME, so letters, digits and _ are expected."],
  ])('cannot be called %s', (name, message) => {
    const text = `tasks:\n  - name: ${name}\n`;
    expect(brief(text)).toEqual([`2:11 SCHEMA ${message}`]);
    expect(readWorkflow(text).definition?.tasks).toHaveLength(1);
  }); // prettier-ignore

  it('is named once', () => {
    const text = 'tasks:\n  - name: a\n  - name: b\n  - name: a\n    action: x\n';
    expect(brief(text)).toEqual(["4:11 DUPLICATE_TASK Two tasks are called 'a', first in line 2."]);
    expect(readWorkflow(text).definition?.tasks.map(({ name }) => name)).toEqual(['a', 'b', 'a (3)']);
  });

  it('is still a task with a broken key', () => {
    const { definition } = readWorkflow(
      'tasks:\n  - name: a\n    timeout: x\n    acton: http.get\n    input: { a: 1 }\n',
    );
    expect(definition?.tasks).toMatchObject([{ name: 'a', action: { value: 'http.get' }, input: { a: 1 } }]);
    expect(definition?.tasks[0]?.timeoutMs).toBeUndefined();
  });

  it('has no input where its action is not known', () => {
    const { definition } = readWorkflow('tasks:\n  - name: a\n    uses: http.get\n    input: { a: 1 }\n');
    expect(definition?.tasks[0]?.input).toEqual({});
  });

  it('takes what defaults say', () => {
    const { tasks } = clean(`
defaults: { retry: { count: 2 }, timeout: 5s, concurrency: 10 }
tasks:
  - name: a
  - { name: b, retry: { count: 0 }, timeout: 1s, with-items: [1] }
  - { name: c, with-items: [1], concurrency: 3 }
  - { name: d, next: { when: failed(), do: retry } }
`);
    expect(
      tasks.map(({ retry, timeoutMs, withItems }) => [retry?.count, timeoutMs?.value, withItems?.concurrency?.value]),
    ).toEqual([
      [2, 5000, undefined],
      [0, 1000, 10],
      [2, 5000, 3],
      [3, 5000, undefined],
    ]);
    expect(tasks[0]?.retry?.path).toEqual(['defaults', 'retry']);
    expect(brief('defaults: { retry: { cont: 2 }, timout: 5 }\ntasks: [{ name: a }]')).toEqual([
      "1:22 UNKNOWN_KEY The key 'cont' is not known in a retry. => count",
      "1:33 UNKNOWN_KEY The key 'timout' is not known in 'defaults'. => timeout",
    ]);
  });
});

describe('with-items', () => {
  it('is read in full', () => {
    const { withItems } = task(`
with_items: << task.b >>
as: server
key: item.name
batch_size: 5
concurrency: << parameters.n >>
rate: 10/s
tolerate: 10%
aggregate: { total: count(), bytes: sum(item.bytes) }`);
    expect(withItems).toEqual({
      path: ['tasks', 0, 'with_items'],
      source: { kind: 'value', value: '<< task.b >>' },
      as: { value: 'server', path: ['tasks', 0, 'as'] },
      key: { value: 'item.name', path: ['tasks', 0, 'key'] },
      batchSize: 5,
      concurrency: { value: '<< parameters.n >>', path: ['tasks', 0, 'concurrency'] },
      rate: { count: 10, perMs: 1000 },
      onFailure: 'continue',
      tolerate: { share: 0.1 },
      results: 'all',
      aggregate: [
        { name: 'total', expression: { value: 'count()', path: ['tasks', 0, 'aggregate', 'total'] } },
        { name: 'bytes', expression: { value: 'sum(item.bytes)', path: ['tasks', 0, 'aggregate', 'bytes'] } },
      ],
    });
  });

  it('takes lists and files', () => {
    expect(task('with-items: [1, << x >>]\ntolerate: 3\nresults: none').withItems).toMatchObject({
      source: { kind: 'value', value: [1, '<< x >>'] },
      tolerate: { count: 3 },
      results: 'none',
    });
    expect(
      task('with-items: { from: file, path: a.csv, header: [x, y] }\non-item-failure: continue').withItems,
    ).toMatchObject({
      source: { kind: 'file', file: { from: 'file', path: 'a.csv', header: ['x', 'y'] } },
      onFailure: 'continue',
    });
    expect(task('with-items: []').withItems?.onFailure).toBe('stop');
  });

  it.each([
    ['batch-size: 0', "'batch-size' should be a whole number of at least 1, but is 0."],
    ['concurrency: many', "'concurrency' should be a whole number of at least 1, or a template, but is 'many'."],
    ['rate: 10', "'rate' should be a rate such as 10/s, 600/m or 1000/h, but is 10."],
    ['rate: 10/d', "'rate' should be a rate such as 10/s, 600/m or 1000/h, but is '10/d'."],
    ['tolerate: 120%', "'tolerate' should be a whole number or a percentage such as 10%, but is '120%'."],
    ['on-item-failure: stopp', "'on-item-failure' should be one of stop, continue, but is 'stopp'."],
    ['aggregate: { a: 5 }', "'a' should be an aggregation such as sum(item.bytes), but is 5."],
    ['as: my-item', "'my-item' cannot be a name: letters, digits and _ are expected."],
    ['as: task', "'task' has a meaning in every template already; choose another name."],
    ['results: all\naggregate: { a: count() }', "'results' and 'aggregate' exclude each other: with 'aggregate' the result is the aggregation."],
    ['tolerate: 5\non-item-failure: stop', "'tolerate' implies 'on-item-failure: continue', so it cannot be 'stop'."],
  ])('%s', (keys, message) => {
    const { diagnostics } = readWorkflow(`tasks:\n  - name: a\n    with-items: [1]\n${keys.replace(/^/gm, '    ')}\n`);
    expect(diagnostics.map((diagnostic) => diagnostic.message)).toEqual([message]);
  }); // prettier-ignore

  it('stays an iteration where its source is wrong', () => {
    const { definition, diagnostics } = readWorkflow('tasks: [{ name: a, with-items: task.b, concurrency: 2 }]');
    expect(diagnostics).toHaveLength(1);
    expect(definition?.tasks[0]?.withItems?.source).toEqual({ kind: 'value', value: '<< null >>' });
  });
});

describe('work for other machines', () => {
  it('a task names its queue, and says whether its iterations are spread', () => {
    expect(task('queue: gpu.zone-1')).toMatchObject({ queue: { value: 'gpu.zone-1', path: ['tasks', 0, 'queue'] } });
    expect(task('with-items: [1]\ndistribute: true')).toMatchObject({ distribute: true });
    expect(task('with-items: [1]\ndistribute: false').distribute).toBe(false);
    expect(task('with-items: { from: file, path: a.csv, shared: true }').withItems?.source).toEqual({
      kind: 'file',
      file: { from: 'file', path: 'a.csv', shared: true },
    });
  });

  it('a workflow has a priority and a schedule', () => {
    const definition = clean(`
workflow:
  priority: 5
  schedule: { cron: 0 6 * * *, timezone: Europe/Berlin, parameters: { region: eu }, overlap: replace }
  tasks: [{ name: a }]`);
    expect(definition.priority).toBe(5);
    expect(definition.schedule).toEqual({
      path: ['workflow', 'schedule'],
      cron: { value: '0 6 * * *', path: ['workflow', 'schedule', 'cron'] },
      timezone: { value: 'Europe/Berlin', path: ['workflow', 'schedule', 'timezone'] },
      parameters: { region: 'eu' },
      overlap: 'replace',
    });
    const path = ['schedule', 'cron'];
    expect(clean('schedule: { cron: "@daily", timezone: }\ntasks: [{ name: a }]').schedule).toEqual({
      path: ['schedule'],
      cron: { value: '@daily', path },
      parameters: {},
      overlap: 'skip',
    });
  });

  it.each([
    ['queue: my queue', "'queue' should be the name of a queue: letters, digits, '.', '_' and '-', but is 'my queue'."],
    ['queue: a:b', "'queue' should be the name of a queue: letters, digits, '.', '_' and '-', but is 'a:b'."],
    ['distribute: 5', "'distribute' should be true or false, but is 5."],
    ['distribute: true', "'distribute: true' spreads iterations over workers, and there is no 'with-items'."],
    ['distribute: false', "'distribute' has no effect without 'with-items'."],
  ])('%s', (keys, message) => {
    const { diagnostics } = readWorkflow(`tasks:\n  - name: a\n    ${keys}\n`);
    expect(diagnostics.map((diagnostic) => diagnostic.message)).toEqual([message]);
  });

  it.each([
    ['priority: 0', "'priority' should be a whole number between 1 and 2000000, but is 0."],
    ['schedule: daily', "'schedule' should be a mapping such as { cron: \"0 6 * * *\", timezone: Europe/Berlin }, but is 'daily'."],
    ['schedule: { timezone: UTC }', "The key 'cron' is missing in 'schedule'."],
    ['schedule: { cron: 5 }', "'cron' should be text, but is 5."],
    ['schedule: { cron: "@daily", overlap: wait }', "'overlap' should be one of skip, queue, replace, but is 'wait'."],
  ])('%s', (line, message) => {
    const { definition, diagnostics } = readWorkflow(`${line}\ntasks: [{ name: a }]\n`);
    expect(diagnostics.map((diagnostic) => diagnostic.message)).toEqual([message]);
    expect(definition?.tasks).toHaveLength(1);
  }); // prettier-ignore
});

describe('transitions', () => {
  const next = (keys: string) =>
    task(keys).next.map(({ when, also, not, publish, do: names }) => ({
      when: when?.value,
      ...(also === undefined ? {} : { also: also.map(({ value }) => value) }),
      ...(not === undefined ? {} : { not: not.map(({ value }) => value) }),
      publish: publish.map(({ name }) => name),
      do: names.map(({ value }) => value),
    }));

  it('may be one or a list, do a string or a list, publish a mapping or a list', () => {
    expect(next('next: { do: "b, c,b" }')).toEqual([{ when: undefined, publish: [], do: ['b', 'c'] }]);
    expect(
      next(
        'next:\n  - { when: failed(), publish: { x: 1, settings.region: 2 }, do: [b, "c, d"] }\n  - { publish: [{ y: 1 }, { z: 2 }] }',
      ),
    ).toEqual([
      { when: 'failed()', publish: ['x', 'settings.region'], do: ['b', 'c', 'd'] },
      { when: undefined, publish: ['y', 'z'], do: [] },
    ]);
  });

  it('lead back to where they were written', () => {
    const [first] = task('next:\n  - do: b, c\n    publish: [{ x: 1 }]').next;
    expect(first?.do[1]).toEqual({ value: 'c', path: ['tasks', 0, 'next', 0, 'do'], offset: 3 });
    expect(first?.publish[0]?.path).toEqual(['tasks', 0, 'next', 0, 'publish', 0, 'x']);
  });

  it('come from older forms, too', () => {
    expect(
      next(
        'publish: { p: 1 }\nnext: { do: n }\non-success: b\non_failure: [c, { when: x, do: d }, { do: e }]\non-timeout: { do: f }\non-complete: [g, h]',
      ),
    ).toEqual([
      { when: 'succeeded()', publish: ['p'], do: [] },
      { when: undefined, publish: [], do: ['n'] },
      { when: 'succeeded()', publish: [], do: ['b'] },
      { when: 'failed()', publish: [], do: ['c'] },
      { when: 'x', also: ['failed()'], publish: [], do: ['d'] },
      { when: 'failed()', publish: [], do: ['e'] },
      { when: 'timed_out()', publish: [], do: ['f'] },
      { when: undefined, publish: [], do: ['g', 'h'] },
    ]);
  });

  it('come from a decision: the first branch that holds', () => {
    expect(
      next(
        'decision:\n  - { when: x, next: b }\n  - { when: y, do: [c], publish: { p: 1 } }\n  - { default: true, next: d }',
      ),
    ).toEqual([
      { when: 'x', publish: [], do: ['b'] },
      { when: 'y', not: ['x'], publish: ['p'], do: ['c'] },
      { when: undefined, not: ['x', 'y'], publish: [], do: ['d'] },
    ]);
  });

  it('that do retry are a retry', () => {
    const retrying = task('next:\n  - { when: failed(), do: retry }\n  - { do: b }');
    expect(retrying.retry).toMatchObject({ count: 3, delayMs: { value: 0 }, when: { value: 'failed()' } });
    expect(retrying.next).toHaveLength(1);
    expect(task('next: { do: retry }').retry?.when).toBeUndefined();
    expect(task('on-failure: retry').retry?.when?.value).toBe('failed()');
  });

  it.each([
    ['retry: { count: 1 }\nnext: { do: retry }', "'retry' and a transition that does 'retry' exclude each other; keep one."],
    ['next: [{ do: retry }, { do: retry }]', "Two transitions do 'retry'; join their conditions with `or`, or write `retry:`."],
    ['next: { do: [retry, b] }', "A transition that does 'retry' never fires, so it cannot publish or start tasks."],
    ['on-failure: { when: x, do: retry }', "'retry' cannot stand under another condition here; write `retry: { count: 3, when: … }`."],
  ])('%s', (keys, message) => {
    expect(mistakes(keys)).toEqual([expect.stringContaining(`KEY_CONFLICT ${message}`)]);
  }); // prettier-ignore
});

describe('a file with ten mistakes', () => {
  it('gets ten diagnostics, each in its place, and a definition for later checks', () => {
    const text = `name: ten
parameters: { n: { type: integr } }
tasks:
  - name: one
    acton: http.get
    timeout: 5 sec
    input: { url: << xs[0] >> }
  - name: two-b
    when: !item.ok
    with-items: << task.one >>
    concurrency: 0
    input:
      a: << x ? 1 : 2 >>
      b: "<< item["n"] >>"
  - name: one
    retry: { count: 3, backof: linear }
    next: { when: failed(), do: three }
  - name: three
`;
    const { diagnostics, definition } = readWorkflow(text, { file: 'ten.yaml' });
    expect(diagnostics.map(({ line, column, code }) => `${String(line)}:${String(column)} ${code}`)).toEqual([
      '2:26 HEDDLE_SCHEMA',
      '5:5 HEDDLE_UNKNOWN_KEY',
      '6:14 HEDDLE_DURATION',
      '7:19 HEDDLE_YAML_TEMPLATE_QUOTES',
      '8:11 HEDDLE_SCHEMA',
      '9:11 HEDDLE_YAML_TEMPLATE_QUOTES',
      '11:18 HEDDLE_SCHEMA',
      '13:10 HEDDLE_YAML_TEMPLATE_QUOTES',
      '14:10 HEDDLE_YAML_TEMPLATE_QUOTES',
      '15:11 HEDDLE_DUPLICATE_TASK',
      '16:24 HEDDLE_UNKNOWN_KEY',
    ]);
    expect(definition?.tasks.map(({ name }) => name)).toEqual(['one', 'two-b', 'one (3)', 'three']);
    expect(definition?.tasks[0]).toMatchObject({ action: { value: 'http.get' }, input: { url: '<< null >>' } });
  });
});

describe('readWorkflowObject', () => {
  it('gives the same definition as text', () => {
    const value = { name: 'x', tasks: [{ name: 'a', 'with-items': [1], timeout: '5s', next: [{ do: 'a' }] }] };
    const fromText = readWorkflow(JSON.stringify(value));
    const fromObject = readWorkflowObject(value);
    expect(fromObject.diagnostics).toEqual([]);
    expect(fromObject.definition).toEqual(fromText.definition);
  });

  it('names the path, having no lines', () => {
    const { diagnostics } = readWorkflowObject(
      { limits: { 'task-runs': 0 }, tasks: [{ name: 'a', timeout: 'x' }, { name: 'a' }] },
      { file: 'w.ts' },
    );
    expect(diagnostics.map(({ file, line, column, message }) => [file, line, column, message])).toEqual([
      ['w.ts', 0, 0, "limits.task-runs: 'task-runs' should be a whole number of at least 1, but is 0."],
      [
        'w.ts',
        0,
        0,
        "tasks[0].timeout: 'timeout' should be a duration: a number of seconds, or text such as 250ms, 5s, 2m, 1h, 1d, but is 'x'.",
      ],
      ['w.ts', 0, 0, "tasks[1].name: Two tasks are called 'a'."],
    ]);
  });

  it('takes anything', () => {
    const circular: Record<string, unknown> = { tasks: [{ name: 'a', input: {} }] };
    circular['vars'] = circular;
    expect(readWorkflowObject(circular).definition?.tasks).toHaveLength(1);
    for (const value of [
      undefined,
      null,
      5,
      'text',
      [],
      () => 1,
      new Map(),
      Symbol('x'),
      { tasks: () => 1 },
      { tasks: [() => 1, 1n] },
    ]) {
      expect(readWorkflowObject(value).diagnostics.length).toBeGreaterThan(0);
    }
  });
});

describe('anything', () => {
  const key = fc.constantFrom(
    'name', 'tasks', 'workflow', 'vars', 'output', 'limits', 'defaults', 'parameters', 'action', 'input', 'when', 'next', 'do', 'publish', 'retry',
    'count', 'with-items', 'with_items', 'aggregate', 'decision', 'on-success', 'cache', 'needs', 'join', 'raw', 'constructor', 'toString', 'x',
  ); // prettier-ignore
  const leaf = fc.oneof(
    fc.constantFrom(null, true, 0, -1, 1.5, '', 'a', 'retry', '<< x >>', '5s', 'all', 'file'),
    fc.string(),
  );
  const tree = fc.letrec<{ node: unknown }>((tie) => ({
    node: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      leaf,
      fc.array(tie('node'), { maxLength: 4 }),
      fc.array(fc.tuple(key, tie('node')), { maxLength: 6 }).map((entries) => Object.fromEntries(entries)),
    ),
  })).node;

  it('is read without throwing, as text and as an object alike', () => {
    fc.assert(
      fc.property(tree, (value) => {
        const fromObject = readWorkflowObject({ tasks: { a: value }, ...(value as object) });
        const fromText = readWorkflow(JSON.stringify({ tasks: { a: value }, ...(value as object) }));
        expect(fromText.diagnostics.length === 0).toBe(fromObject.diagnostics.length === 0);
        if (fromText.diagnostics.length === 0) expect(fromText.definition?.tasks).toEqual(fromObject.definition?.tasks);
      }),
      { numRuns: 300 },
    );
  }, 30_000);
});
